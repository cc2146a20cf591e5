"""Which runs are a verdict, and which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ci_actions.ci_test.config import Config, Shard
from ci_actions.ci_test.decide import decide
from ci_actions.ci_test.model import Collection, Facts, Outcome, Recorded, State, Test, Trouble
from ci_actions.ci_test.report import report
from ci_actions.kit.errors import Exit


def passed(name: str) -> Test:
    return Test(id=name, state=State.PASSED, seconds=0.1)


def failed(name: str, *, state: State = State.FAILED, ran: bool = True) -> Test:
    return Test(id=name, state=state, ran=ran, trouble=Trouble(id=name, message="assert 0"))


def facts(*tests: Test, code: int | None = 0, mine: tuple[str, ...] | None = None, **more: Any) -> Facts:
    """A run that came to its end, with nothing missing."""
    names = tuple(sorted(each.id for each in tests)) if mine is None else mine
    of_record: dict[str, Any] = {
        "started": True, "finished": True, "python": "3.12", "interpreter": "CPython 3.12.1", "pytest": "8.3.2",
        "coverage": "7.6.1", "collections": (Collection(count=len(names), sha256="ab", mine=names),),
    }  # fmt: skip
    of_record |= {name: more.pop(name) for name in list(more) if name in Recorded.__dataclass_fields__}
    recorded = Recorded(tests={each.id: each for each in tests}, **of_record)
    given = {
        "id": "3.12-1",
        "python": "3.12",
        "how": ".venv",
        "command": "",
        "seconds": 1.0,
        "data_files": (".coverage",),
    }
    return Facts(code=code, recorded=recorded, **{**given, **more})


def verdict(found: Facts, config: Config | None = None) -> tuple[Exit, Outcome]:
    config = config or Config()
    outcome = decide(config, found)
    return report(config, outcome).exit_code, outcome


ROWS: Mapping[str, tuple[Facts, Exit, str]] = {
    "every test passed": (facts(passed("a")), Exit.PASSED, ""),
    "a test failed": (facts(failed("a"), passed("b"), code=1), Exit.NOT_MET, ""),
    "a test failed and pytest says it did not": (facts(failed("a"), code=0), Exit.NOT_MET, ""),
    "an error": (facts(failed("a", state=State.ERROR), code=1), Exit.NOT_MET, ""),
    "no test failed and pytest says one did": (facts(passed("a"), code=1), Exit.NOT_MET, "no test failed"),
    "a test that nobody saw": (facts(passed("a"), mine=("a", "b")), Exit.CANNOT_JUDGE, "1 of 2 tests were not run"),
    "stopped at the first failure": (facts(failed("a"), mine=("a", "b"), code=1), Exit.NOT_MET, "were not run"),
    "a test that did not end": (
        facts(failed("a", state=State.ERROR, ran=False), code=0), Exit.CANNOT_JUDGE, "in the middle of a"
    ),
    "a test that did not end, and one failed": (
        facts(failed("a", state=State.ERROR, ran=False), failed("b"), code=1), Exit.CANNOT_JUDGE, "in the middle of a"
    ),
    "interrupted": (facts(passed("a"), code=2), Exit.CANNOT_JUDGE, "interrupted"),
    "internal error": (facts(code=3, internal_error="x\nValueError: y"), Exit.CANNOT_JUDGE, "itself: ValueError: y"),
    "internal error of a worker": (facts(passed("a"), internal_error="boo"), Exit.CANNOT_JUDGE, "failed itself: boo"),
    "usage": (facts(code=4, tail=("ERROR: no such option",)), Exit.CANNOT_JUDGE, "It said: ERROR: no such option"),
    "no tests at all": (facts(code=5), Exit.CANNOT_JUDGE, "collected no tests"),
    "no tests at all, called success": (facts(code=0), Exit.CANNOT_JUDGE, "collected no tests"),
    "all deselected": (
        facts(code=5, collections=(Collection(count=0, sha256="", mine=(), deselected=7),)),
        Exit.CANNOT_JUDGE,
        "All 7 tests that pytest collected are deselected",
    ),
    "an empty part": (
        facts(code=5, collections=(Collection(count=3, sha256="", mine=()),)), Exit.PASSED, "part 1/1 has none"
    ),
    "nothing collected was recorded": (facts(code=0, collections=()), Exit.CANNOT_JUDGE, "without collecting tests"),
    "workers differ": (
        facts(passed("a"), collections=tuple(Collection(count=1, sha256=each, mine=("a",)) for each in "ab")),
        Exit.CANNOT_JUDGE,
        "did not collect the same tests",
    ),
    "an exit code of a plugin": (facts(passed("a"), code=17), Exit.CANNOT_JUDGE, "exit code 17"),
    "killed": (
        facts(passed("a"), code=-11, finished=False, running=("b",)),
        Exit.CANNOT_JUDGE,
        "by SIGSEGV before its end while it ran b",
    ),
    "killed as a shell says it": (facts(code=137, finished=False), Exit.CANNOT_JUDGE, "by SIGKILL before its end"),
    "ended with success in the middle": (facts(passed("a"), finished=False), Exit.CANNOT_JUDGE, "exit code 0 before its end"),
    "too late": (
        facts(passed("a"), code=None, running=("b", "c")),
        Exit.CANNOT_JUDGE,
        "within 60 minutes and were stopped while it ran b, c",
    ),
    "no start": (
        facts(code=1, started=False, finished=False, tail=("No module named encodings",)),
        Exit.CANNOT_JUDGE,
        "No module named encodings",
    ),
    "no pytest": (facts(code=97, has_pytest=False, finished=False), Exit.CANNOT_JUDGE, "There is no pytest"),
    "not collected": (
        facts(passed("a"), code=1, uncollected=(Trouble(id="b.py", text="x\nE   ImportError: y"),)),
        Exit.CANNOT_JUDGE,
        "cannot collect b.py: the tests in there have not run. E   ImportError: y",
    ),
    "all skipped": (facts(Test(id="a", state=State.SKIPPED)), Exit.PASSED, "nothing was tested"),
    "passed when run again": (facts(Test(id="a", state=State.RERUN_PASSED)), Exit.PASSED, "1 test passed only when run again"),
    "coverage refused": (facts(passed("a"), data_files=(), coverage_problem="no"), Exit.PASSED, "Coverage was not measured: no"),
    "no coverage": (facts(passed("a"), data_files=(), coverage=""), Exit.PASSED, ""),
    "a threshold that is not applied": (facts(passed("a"), fail_under_ignored=True), Exit.PASSED, "fail-under"),
    "a report that is missing": (facts(passed("a"), missing=("lcov.info",)), Exit.CANNOT_JUDGE, "'lcov.info'"),
    "a report that is missing after a failure": (facts(failed("a"), code=1, missing=("lcov.info",)), Exit.NOT_MET, "'lcov.info'"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_verdicts(name: str) -> None:
    found, code, says = ROWS[name]
    exit_code, outcome = verdict(found)
    said = " ".join((*outcome.problems, *outcome.complaints, *outcome.warnings))
    assert exit_code is code, said
    assert says in said
    assert bool(said) == bool(says), said


COVERAGE: Mapping[str, tuple[Facts, Exit, str]] = {
    "measured": (facts(passed("a")), Exit.PASSED, ""),
    "not there": (facts(passed("a"), data_files=(), coverage=""), Exit.CANNOT_JUDGE, "no coverage.py in the environment"),
    "refused": (facts(passed("a"), data_files=(), coverage_problem="no"), Exit.CANNOT_JUDGE, "could not measure: no"),
    "off": (facts(passed("a"), data_files=(), no_cov=True), Exit.CANNOT_JUDGE, "--no-cov"),
    "left nothing": (facts(passed("a"), data_files=()), Exit.CANNOT_JUDGE, "no data file"),
    "an empty part": (
        facts(code=5, data_files=(), collections=(Collection(count=3, sha256="", mine=()),)), Exit.PASSED, "has none"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COVERAGE)
def test_coverage_that_is_asked_for(name: str) -> None:
    found, code, says = COVERAGE[name]
    exit_code, outcome = verdict(found, Config(coverage="true"))
    assert exit_code is code
    assert says in " ".join((*outcome.problems, *outcome.warnings))


COMMAND = Config(command="make test")
COMMANDS: Mapping[str, tuple[Mapping[str, Any], Config, Exit, str]] = {
    "success": ({"code": 0}, COMMAND, Exit.PASSED, ""),
    "failure": ({"code": 2, "tail": ("two failed",)}, COMMAND, Exit.NOT_MET, "exit code 2. It said: two failed"),
    "not found": ({"code": 127}, COMMAND, Exit.CANNOT_JUDGE, "could not be run"),
    "not allowed": ({"code": 126}, COMMAND, Exit.CANNOT_JUDGE, "could not be run"),
    "killed": ({"code": -9}, COMMAND, Exit.CANNOT_JUDGE, "killed by SIGKILL"),
    "killed in the shell": ({"code": 139}, COMMAND, Exit.CANNOT_JUDGE, "killed by SIGSEGV"),
    "late": ({"code": None}, COMMAND, Exit.CANNOT_JUDGE, "within 60 minutes"),
    "missing": ({"code": 0, "missing": ("x",)}, COMMAND, Exit.CANNOT_JUDGE, "'x'"),
    "no coverage": (
        {"code": 0, "data_files": ()}, Config(command="x", coverage="true"), Exit.CANNOT_JUDGE, "left no `.coverage`"
    ),
    "its own coverage": ({"code": 0}, Config(command="x", coverage="true"), Exit.PASSED, ""),
    "copied coverage": (
        {"code": 0, "data_files": (), "copied": ("a",)}, Config(command="x", coverage="true"), Exit.PASSED, ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name: str) -> None:
    given, config, code, says = COMMANDS[name]
    found = replace(facts(), recorded=Recorded(started=True, finished=True), **given)
    exit_code, outcome = verdict(found, config)
    assert exit_code is code
    assert says in " ".join((*outcome.problems, *outcome.complaints))
    assert outcome.tests == ()


def test_tests_are_exactly_those_of_this_part() -> None:
    """What another part has to run, and a plugin ran here all the same, is not ours to tell."""
    _, outcome = verdict(facts(passed("a"), passed("z"), mine=("a", "b"), code=1))
    assert [each.id for each in outcome.tests] == ["a", "b"]


def test_the_part_is_named() -> None:
    found = facts(code=5, collections=(Collection(count=3, sha256="", mine=()),))
    _, outcome = verdict(found, Config(shard=Shard(3, 3)))
    assert "part 3/3 has none" in outcome.warnings[0]
