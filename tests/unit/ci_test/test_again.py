"""Which failures run again, and what that proves: a table of everything that could make a red run green by accident."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_test import again
from ci_actions.ci_test.config import Config
from ci_actions.ci_test.decide import decide
from ci_actions.ci_test.model import Again, Collection, Facts, Recorded, State, Test, Trouble
from ci_actions.ci_test.report import report
from ci_actions.kit.errors import Exit


def made(name: str, state: State, *, ran: bool = True) -> Test:
    bad = state in (State.FAILED, State.ERROR)
    return Test(
        id=name, state=state, ran=ran, seconds=0.5, trouble=Trouble(id=name, message="m") if bad else None
    )


def collected(*names: str, sha256: str = "ab" * 32) -> Collection:
    return Collection(count=len(names), sha256=sha256, mine=names)


def recorded(**states: State) -> Recorded:
    return Recorded(
        started=True, python="3.12", interpreter="CPython 3.12.1", pytest="9", finished=True, exited=True,
        collections=(collected(*states),), tests={name: made(name, state) for name, state in states.items()},
    )  # fmt: skip


RED = recorded(a=State.FAILED, b=State.ERROR, c=State.PASSED)


def facts(of: Recorded = RED, code: int | None = 1, *runs: Again) -> Facts:
    return Facts(
        id="3.12-1",
        python="3.12",
        how="x",
        command="",
        code=code,
        seconds=1.0,
        recorded=of,
        again=runs,
        folder="/left",
    )


def run(code: int | None = 0, asked: tuple[str, ...] = ("a", "b"), **states: State) -> Again:
    found = recorded(**(states or dict.fromkeys(asked, State.PASSED)))
    return Again(asked=asked, code=code, recorded=found)


def test_what_failed_runs_again() -> None:
    assert again.failed(facts()) == ("a", "b")
    assert again.refusal(facts()) == ""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (facts(code=None), "stopped after the timeout"),
        (facts(code=-11), "killed by signal 11"),
        (facts(code=2), "exit code 2"),
        (facts(code=3), "exit code 3"),
        (facts(code=4), "exit code 4"),
        (facts(replace(RED, finished=False)), "before its end"),
        (facts(replace(RED, exited=False)), "failed after the last test"),
        (facts(replace(RED, internal_error="x")), "before its end"),
        (facts(replace(RED, uncollected=(Trouble(id="x.py"),))), "could not collect every file"),
        (facts(replace(RED, collections=())), "collected nothing"),
        (
            facts(
                replace(
                    RED, collections=(collected("a", "b", "c"), collected("a", "b", "c", sha256="cd" * 32))
                )
            ),
            "different",
        ),
        (facts(replace(RED, collections=(collected("a", "b", "c", "d"),))), "not every test was run"),
        (
            facts(replace(RED, tests={**RED.tests, "c": made("c", State.ERROR, ran=False)})),
            "not every test was run",
        ),
        (facts(replace(RED, collections=(collected("a", "c"),))), "a test failed that was not collected"),
        (facts(replace(RED, beside=1)), "something beside the tests"),
    ],
)
def test_what_is_more_than_a_failed_test_is_not_run_again(given: Facts, why: str) -> None:
    assert again.failed(given) == ()
    assert why in again.refusal(given)
    outcome = decide(Config(retries=2), given)
    assert report(Config(retries=2), outcome).exit_code is not Exit.PASSED


FINE = run().recorded


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (run(code=None), "stopped after the timeout"),
        (run(code=-9), "killed by signal 9"),
        (run(code=3), "exit code 3"),
        (run(code=1), "pytest failed although no test did"),
        (run(code=5), "pytest failed although no test did"),
        (replace(run(), recorded=replace(FINE, finished=False)), "before its end"),
        (replace(run(), recorded=replace(FINE, exited=False)), "failed after the last test"),
        (replace(run(), recorded=replace(FINE, collections=())), "collected nothing"),
        (replace(run(), recorded=replace(FINE, collections=(collected("a"),))), "collected 1 of the 2 tests"),
        (
            replace(run(), recorded=replace(FINE, collections=(collected("a", "b"), collected("a")))),
            "that had failed",
        ),
        (replace(run(), recorded=replace(FINE, collections=(collected("a", "b", "c"),))), "that had failed"),
        (replace(run(), recorded=replace(FINE, uncollected=(Trouble(id="x"),))), "could not collect"),
    ],
)
def test_a_run_that_did_not_do_what_it_was_asked_proves_nothing(one: Again, why: str) -> None:
    assert why in again.unproven(one)
    assert again.passed(one) == ()
    config = Config(retries=1)
    outcome = decide(config, facts(RED, 1, one))
    assert [each.id for each in outcome.bad] == ["a", "b"]
    assert report(config, outcome).exit_code is Exit.NOT_MET
    assert any("proves nothing" in each for each in outcome.warnings)


@pytest.mark.parametrize(
    ("state", "is_pass"),
    [(each, each in (State.PASSED, State.RERUN_PASSED)) for each in State],
    ids=[each.value for each in State],
)
def test_only_a_pass_is_a_pass(state: State, *, is_pass: bool) -> None:
    code = 1 if state in (State.FAILED, State.ERROR) else 0
    one = run(code, ("a", "b"), a=state, b=State.PASSED)
    assert again.passed(one) == (("a", "b") if is_pass else ("b",))


def test_a_test_that_is_cut_off_has_not_passed() -> None:
    one = run()
    cut = replace(one.recorded, tests={**one.recorded.tests, "a": made("a", State.PASSED, ran=False)})
    assert again.passed(replace(one, recorded=cut)) == ("b",)


def test_all_that_failed_pass_later() -> None:
    first = run(1, ("a", "b"), a=State.FAILED, b=State.PASSED)
    outcome = decide(Config(retries=2), facts(RED, 1, first, run(0, ("a",), a=State.PASSED)))
    assert {each.id: (each.state, each.times) for each in outcome.tests} == {
        "a": (State.RERUN_PASSED, 3), "b": (State.RERUN_PASSED, 2), "c": (State.PASSED, 1),
    }  # fmt: skip
    said = report(Config(retries=2), outcome)
    assert (said.exit_code, outcome.facts.code) == (Exit.PASSED, 0)
    assert "2 flaky" in said.headline
    assert said.outputs["flaky"] == "2"


STATES = st.sampled_from(list(State))


@given(st.lists(st.tuples(STATES, st.booleans()), max_size=4))
def test_green_needs_a_pass_of_every_test(states: list[tuple[State, bool]]) -> None:
    """Whatever further runs of one failed test come to: green is only what passed in one that can be believed."""
    runs = []
    for state, is_whole in states:
        code = 1 if state in (State.FAILED, State.ERROR) else 0
        one = run(code, ("a",), a=state)
        runs.append(one if is_whole else replace(one, recorded=replace(one.recorded, exited=False)))
    given: Any = facts(recorded(a=State.FAILED, c=State.PASSED), 1, *runs)
    code = report(Config(retries=4), decide(Config(retries=4), given)).exit_code
    passes = any(is_whole and state in (State.PASSED, State.RERUN_PASSED) for state, is_whole in states)
    assert (code is Exit.PASSED) is passes
