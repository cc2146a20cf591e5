from __future__ import annotations

import json

import pytest

from ci_actions.project.marker import Distribution, Marker, NotAMarker, Origin, decoded, encoded

MARKER = Marker(
    made_at="/srv/é/.venv",
    interpreter={"full_version": "3.12.6", "free_threaded": False},
    origin=Origin(manager="uv", manager_version="0.9", inputs={"uv.lock": "ab"}, selection={"groups": "dev"}),
    distributions={"requests": Distribution(version="2.32", record="sha256=x")},
    files={"pyvenv.cfg": "sha256=y"},
    links={"bin/python": "/usr/bin/python3"},
    absent=("bin/gone",),
)


def test_what_is_written_is_read() -> None:
    assert decoded(encoded(MARKER)) == MARKER
    assert encoded(MARKER).isascii()


def changed(**more: object) -> str:
    return json.dumps({**json.loads(encoded(MARKER)), **more})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not readable"),
        ("[]", "not readable"),
        ("[" * 100_000, "not readable"),
        ("{}", "not readable"),
        (
            changed(version=2),
            "of format ci-actions-environment 2, this version writes ci-actions-environment 1",
        ),
        (changed(format="other"), "of format other 1"),
        (changed(made_at=3), "not readable"),
        (changed(files={"a": 1}), "not readable"),
        (changed(distributions={"requests": "2.32"}), "not readable"),
        (changed(origin={}), "not readable"),
    ],
    ids=["empty", "list", "deep", "nothing", "newer", "other", "number", "file", "distribution", "origin"],
)
def test_what_is_no_marker_says_why(text: str, reason: str) -> None:
    with pytest.raises(NotAMarker, match=reason):
        decoded(text)
