from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.project import durations


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{}", {}),
        (b'{"tests/a.py::t": 1}', {"tests/a.py::t": 1.0}),
        (b'{"tests/a.py::t[x-1]": 0.25, "b::t": 0}', {"tests/a.py::t[x-1]": 0.25, "b::t": 0.0}),
        (b'[["tests/a.py::t", 1.5]]', {"tests/a.py::t": 1.5}),
    ],
)
def test_what_pytest_split_writes_is_read(content: bytes, expected: dict[str, float]) -> None:
    assert durations.parse(content) == expected


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b"3", "it holds no JSON object"),
        (b'[["a", 1], ["b"]]', "it holds no JSON object"),
        (b"[[1, 1]]", "it holds no JSON object"),
        (b'{"a": "1"}', "the duration of a is no number"),
        (b'{"a": true}', "the duration of a is no number"),
        (b'{"a": null}', "the duration of a is no number"),
        (b'{"a": -1}', "the duration of a is -1"),
        (b'{"a": NaN}', "the duration of a is nan"),
        (b'{"a": 1e999}', "the duration of a is inf"),
    ],
)
def test_anything_else_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        durations.parse(content)


@given(st.dictionaries(st.text(), st.floats(min_value=0, max_value=1e6), max_size=20))
def test_what_is_written_is_read_again_to_a_tenth_of_a_millisecond(found: dict[str, float]) -> None:
    again = durations.parse(durations.render(found).encode())
    assert again.keys() == found.keys()
    assert all(abs(again[test] - found[test]) <= 0.0001 for test in found)
    assert list(json.loads(durations.render(found))) == sorted(found)
