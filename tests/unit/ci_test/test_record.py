"""What the agent wrote down, and what became of each test by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci_actions.ci_test import record
from ci_actions.ci_test.model import Collection, Recorded, State

NAME = "test_a.py::test_it"


def begin(name: str = NAME) -> dict[str, Any]:
    return {"event": "begin", "id": name}


def end(name: str = NAME) -> dict[str, Any]:
    return {"event": "end", "id": name}


def phase(when: str, outcome: str = "passed", name: str = NAME, **more: Any) -> dict[str, Any]:
    return {
        "event": "phase", "id": name, "when": when, "outcome": outcome, "seconds": 0.25, "expected": False, "part": False,
        **more,
    }  # fmt: skip


def whole(*calls: dict[str, Any]) -> list[dict[str, Any]]:
    return [begin(), phase("setup"), *calls, phase("teardown"), end()]


def read(events: list[dict[str, Any]], *collections: Collection) -> Recorded:
    return record.recorded(events, collections, lambda text: text.replace("hunter2", "***"))


@pytest.mark.parametrize(
    ("events", "state", "ran"),
    [
        (whole(phase("call")), State.PASSED, True),
        (whole(phase("call", "failed")), State.FAILED, True),
        (whole(phase("call", "skipped")), State.SKIPPED, True),
        (whole(phase("call", "skipped", expected=True)), State.XFAILED, True),
        (whole(phase("call", "passed", expected=True)), State.XPASSED, True),
        ([begin(), phase("setup", "skipped"), phase("teardown"), end()], State.SKIPPED, True),
        ([begin(), phase("setup", "skipped", expected=True), phase("teardown"), end()], State.XFAILED, True),
        ([begin(), phase("setup", "failed"), phase("teardown"), end()], State.ERROR, True),
        ([begin(), phase("setup"), phase("call"), phase("teardown", "failed"), end()], State.ERROR, True),
        ([begin(), phase("setup"), phase("call", "failed"), phase("teardown", "failed"), end()], State.FAILED, True),
        # Subtests: a part that fails fails the whole, one that is skipped says nothing of it.
        (whole(phase("call", "failed", part=True), phase("call")), State.FAILED, True),
        (whole(phase("call", "skipped", part=True), phase("call")), State.PASSED, True),
        (whole(phase("call", "passed", part=True), phase("call", "skipped")), State.SKIPPED, True),
        # Run again.
        ([begin(), phase("setup"), phase("call", "rerun"), *whole(phase("call"))[1:]], State.RERUN_PASSED, True),
        ([begin(), phase("setup", "rerun"), *whole(phase("call"))[1:]], State.RERUN_PASSED, True),
        ([begin(), phase("setup"), phase("call", "rerun"), *whole(phase("call", "failed"))[1:]], State.FAILED, True),
        ([begin(), phase("setup"), phase("call", "rerun"), begin(), *whole(phase("call"))[1:]], State.RERUN_PASSED, True),
        # Twice under one name: the worse one counts.
        ([*whole(phase("call")), *whole(phase("call", "failed"))], State.FAILED, True),
        ([*whole(phase("call", "failed")), *whole(phase("call"))], State.FAILED, True),
        ([*whole(phase("call", "skipped")), *whole(phase("call"))], State.PASSED, True),
        # What began and did not end is no pass.
        ([begin()], State.ERROR, False),
        ([begin(), phase("setup")], State.ERROR, False),
        ([begin(), phase("setup"), phase("call")], State.ERROR, False),
        ([begin(), phase("setup"), phase("call", "skipped")], State.ERROR, False),
        ([begin(), phase("setup"), phase("call", "rerun")], State.ERROR, False),
        ([begin(), phase("setup"), phase("call", "failed")], State.FAILED, False),
        # A worker of pytest-xdist that crashed.
        ([begin(), phase("???", "failed")], State.ERROR, True),
    ],
)  # fmt: skip
def test_what_became_of_a_test(events: list[dict[str, Any]], state: State, *, ran: bool) -> None:
    found = read(events).tests[NAME]
    assert (found.state, found.ran) == (state, ran)
    assert (found.trouble is not None) == (state in (State.FAILED, State.ERROR))


def test_what_is_still_running() -> None:
    one, two, three = (f"a.py::test_{n}" for n in (1, 2, 3))
    events = [
        begin(one),
        phase("setup", name=one),
        begin(two),
        phase("setup", name=two),
        phase("teardown", name=two),
        end(two),
    ]
    assert read([*events, begin(three)]).running == (one, three)


def test_seconds_are_those_of_the_last_attempt() -> None:
    events = [begin(), phase("setup"), phase("call", "rerun"), *whole(phase("call"))[1:]]
    assert read(events).tests[NAME].seconds == 0.75
    assert read([*whole(phase("call")), *whole(phase("call"))]).tests[NAME].seconds == 1.5


def test_secrets_are_taken_out_of_every_text() -> None:
    failed = phase(
        "call", "failed", message="is hunter2", text="hunter2\nhunter2", file="/a/test_a.py", line=3
    )
    found = read(
        [
            *whole(failed),
            *whole(phase("call", "skipped", name="b", message="Skipped: hunter2")),
            {
                "event": "uncollected",
                "id": "c.py",
                "message": "hunter2",
                "text": "hunter2",
                "file": None,
                "line": 0,
            },
            {"event": "internal-error", "text": "hunter2"},
            {"event": "coverage-refused", "why": "hunter2"},
        ]
    )
    assert "hunter2" not in str(found)
    trouble = found.tests[NAME].trouble
    assert trouble
    assert (trouble.message, trouble.text, trouble.file, trouble.line) == (
        "is ***",
        "***\n***",
        "/a/test_a.py",
        3,
    )


def test_the_same_file_is_uncollected_once() -> None:
    event = {"event": "uncollected", "id": "c.py", "message": "no", "text": "", "file": None, "line": 0}
    assert len(read([event, event]).uncollected) == 1


def test_names_that_pytest_xdist_has_changed_are_ours_again() -> None:
    collection = Collection(
        count=1, sha256="", mine=("a.py::test",), aliases={"a.py::test@group": "a.py::test"}
    )
    events = [{**each, "id": "a.py::test@group"} for each in whole(phase("call"))]
    assert list(read(events, collection).tests) == ["a.py::test"]


def test_the_rest_is_what_was_said_last() -> None:
    start = {
        "event": "start",
        "python": "3.8",
        "interpreter": "CPython 3.8.18",
        "pytest": True,
        "coverage": "7.6.1",
    }
    found = read([start, {"event": "configured", "pytest": "7.4.4"}, {"event": "pytest-cov", "off": True},
                  {"event": "fail-under-ignored"}, {"event": "finish"}])  # fmt: skip
    assert found == Recorded(
        started=True, python="3.8", interpreter="CPython 3.8.18", pytest="7.4.4", coverage="7.6.1", no_cov=True,
        fail_under_ignored=True, finished=True,
    )  # fmt: skip
    assert read([]) == Recorded()


def test_a_record_that_a_crash_cut_off_is_read_as_far_as_it_goes() -> None:
    text = json.dumps(begin()) + "\n[1]\n{}\n" + json.dumps(end())[:20]
    assert list(record.events(text)) == [begin()]


def test_a_collection_is_read() -> None:
    text = json.dumps(
        {"count": 3, "sha256": "ab", "mine": ["a", "b"], "aliases": {}, "deselected": 1, "divided": ["a.py"], "unknown": 2,
         "shares": [[2, 1.5], [1, 0.5]]}
    )  # fmt: skip
    assert record.collection(text) == Collection(
        count=3,
        sha256="ab",
        mine=("a", "b"),
        deselected=1,
        divided=("a.py",),
        unknown=2,
        shares=((2, 1.5), (1, 0.5)),
    )
