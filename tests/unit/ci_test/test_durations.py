"""Times of tests as pytest-split keeps them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_test.durations import read, written


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("{}", {}),
        ('{"a.py::test_1": 0.5, "b.py::test_2": 1}', {"a.py::test_1": 0.5, "b.py::test_2": 1.0}),
        ('[["a.py::test_1", 0.5], ["b.py::test_2", 1]]', {"a.py::test_1": 0.5, "b.py::test_2": 1.0}),
    ],
)
def test_both_formats(text: str, seconds: dict[str, float]) -> None:
    assert read(text).seconds == seconds
    assert not read(text).problem


@pytest.mark.parametrize(
    "text",
    ["", "{", "3", "null", '"x"', '{"a": "x"}', '{"a": null}', '{"a": {}}', "[1]", '{"a": NaN}', '{"a": -1}',
     '{"a": Infinity}', '{"a": 1e300}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_time_makes_all_of_it_unusable(text: str) -> None:
    assert read(text).problem
    assert read(text).seconds == {}


@given(st.dictionaries(st.text(), st.floats(0, 1e6)))
def test_what_is_written_is_read(seconds: dict[str, float]) -> None:
    assert read(written(seconds)).seconds == seconds
    assert json.loads(written(seconds)) == seconds
