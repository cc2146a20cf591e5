"""What people and the next job read: nothing in it is markup, too long, or another test's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ci_actions.ci_test.config import Config, Shard
from ci_actions.ci_test.decide import decide
from ci_actions.ci_test.model import Collection, Facts, Recorded, State, Test, Trouble
from ci_actions.ci_test.report import report
from ci_actions.kit import emit
from ci_actions.kit.report import Level, Report


def facts(*tests: Test, code: int = 0, count: int = 0, **more: Any) -> Facts:
    mine = tuple(each.id for each in tests)
    collection = Collection(
        count=count or len(mine), sha256="ab" * 32, mine=mine, shares=((len(mine), 1.0), (2, 1.5))
    )
    recorded = Recorded(
        started=True, finished=True, python="3.12", interpreter="CPython 3.12.1", pytest="8.3.2", coverage="7.6.1",
        collections=(replace(collection, **more),), tests={each.id: each for each in tests},
    )  # fmt: skip
    return Facts(
        id="3.12-1", python="3.12", how=".venv", command="", code=code, seconds=12.34, recorded=recorded,
        data_files=(".coverage",), folder="/left", junit="<testsuites/>",
    )  # fmt: skip


def reported(found: Facts, config: Config | None = None) -> Report:
    config = config or Config()
    return report(config, decide(config, found))


def failed(name: str, text: str = "", line: int = 7) -> Test:
    trouble = Trouble(id=name, message=f"assert {name}", text=text, file="test_a.py", line=line)
    return Test(id=name, state=State.FAILED, seconds=0.5, trouble=trouble)


def passed(name: str, seconds: float = 0.1) -> Test:
    return Test(id=name, state=State.PASSED, seconds=seconds)


def left(found: Report) -> dict[str, str]:
    return {each.output: each.render() for each in found.products}


def test_the_record_of_a_shard() -> None:
    tests = (passed("a"), failed("b"), Test(id="c", state=State.SKIPPED))
    made = left(reported(facts(*tests, code=1, count=9), Config(shard=Shard(1, 2))))
    assert json.loads(made["shard-file"]) == {
        "format": "ci-actions-shard", "version": 1, "id": "3.12-1", "python": "3.12", "shard": "1/2",
        "collected": {"count": 9, "sha256": "ab" * 32},
        "tests": {
            "a": {"outcome": "passed", "seconds": 0.1}, "b": {"outcome": "failed", "seconds": 0.5, "message": "assert b"},
            "c": {"outcome": "skipped", "seconds": 0.0},
        },
        "seconds": 12.34, "exit": 1, "interpreter": "CPython 3.12.1", "pytest": "8.3.2", "runner": "pytest",
    }  # fmt: skip
    # A failure ends a test early: how long it took says nothing of the next time.
    assert json.loads(made["durations-file"]) == {"a": 0.1, "c": 0.0}
    assert made["junit-file"] == "<testsuites/>"


def test_without_a_collection_there_is_no_record() -> None:
    found = facts()
    found = replace(found, recorded=replace(found.recorded, collections=()), junit="")
    assert left(reported(found)) == {}
    assert reported(found).outputs["shard-file"] == ""


def test_a_run_that_was_stopped_ends_as_if_killed() -> None:
    made = left(reported(replace(facts(passed("a")), code=None)))
    assert json.loads(made["shard-file"])["exit"] == -9


def test_outputs() -> None:
    outputs = reported(facts(passed("a"), failed("b"), Test(id="c", state=State.SKIPPED), code=1)).outputs
    assert outputs == {
        "shard-file": "", "junit-file": "", "durations-file": "", "tests": "3", "failed": "1", "skipped": "1",
            "flaky": "0",
        "coverage-measured": "true", "report-dir": "/left",
    }  # fmt: skip
    command = reported(facts(), Config(command="make test")).outputs
    assert (command["tests"], command["failed"], command["skipped"]) == ("n/a", "n/a", "n/a")


@pytest.mark.parametrize(
    ("found", "headline"),
    [
        (facts(passed("a"), passed("b")), "2 passed in 12.3 s"),
        (facts(passed("a"), Test(id="b", state=State.SKIPPED)), "1 passed, 1 skipped in 12.3 s"),
        (facts(Test(id="b", state=State.SKIPPED)), "0 passed, 1 skipped in 12.3 s"),
        (facts(passed("a"), failed("b"), code=1), "1 of 2 tests failed in 12.3 s"),
        (facts(passed("a"), code=1), "pytest failed, no test did, in 12.3 s"),
        (facts(passed("a"), code=2), "cannot judge"),
        (facts(count=3, code=5), "none of 3 tests is in part 1/1"),
        (facts(Test(id="b", state=State.RERUN_PASSED)), "0 passed, 1 flaky in 12.3 s"),
    ],
)
def test_headlines(found: Facts, headline: str) -> None:
    assert reported(found).headline == f"ci-test 3.12-1: {headline}"


def test_failures_are_annotated_where_they_are() -> None:
    found = facts(*(failed(f"test_{n}", line=n) for n in range(5)), code=1)
    some = reported(found, Config(annotations=2)).annotations
    assert [(each.file, each.line, each.level) for each in some] == [
        ("test_a.py", 0, Level.ERROR), ("test_a.py", 1, Level.ERROR), ("", 0, Level.ERROR)
    ]  # fmt: skip
    assert "3 more tests failed" in some[2].message
    assert len(reported(found, Config(annotations=5)).annotations) == 5


def test_nothing_in_a_failure_becomes_markup() -> None:
    text = "one\n````\n</details><script>@someone\n" + "\n".join(str(n) for n in range(100))
    found = facts(failed("test_a.py::test[</summary>@x|`]", text), code=1)
    summary = emit.summary(reported(found))
    (fence,) = {line for line in summary.splitlines() if line.startswith("```") and line.endswith("text")}
    assert fence == "```text", "the run of four is among the lines that are left out"
    summary = emit.summary(reported(facts(failed("a", "one\n````\n"), code=1)))
    assert "`````text\none\n````\n`````" in summary
    assert "… 43 lines above" in emit.summary(reported(found))
    assert "<summary>test_a.py::test[&lt;/summary&gt;" in emit.summary(reported(found))


def test_many_failures_fit() -> None:
    found = facts(*(failed(f"test_{n}", "x" * 20_000) for n in range(2_000)), code=1)
    summary = emit.summary(reported(found))
    assert len(summary.encode()) <= emit.SUMMARY_BYTES
    assert "1,980 more tests that failed" in summary


def test_the_slowest_come_first() -> None:
    tests = [passed(f"test_{n:02}", n / 10) for n in range(20)]
    summary = emit.summary(reported(facts(*tests)))
    table = summary.partition("The slowest tests")[2]
    assert table.index("test_19") < table.index("test_10")
    assert "test_09" not in table


def test_shares_are_told_where_there_are_several() -> None:
    found = facts(passed("a"), count=3, divided=("tests/test_large.py",), unknown=1)
    assert "Share against" not in emit.summary(reported(found))
    summary = emit.summary(reported(found, Config(shard=Shard(1, 2))))
    assert "recorded times of 2 of 3 tests" in summary
    assert "tests/test_large.py" in summary
    assert "| 1/2 (here) | 1 | 1.0 |" in summary
    assert "| 2/2 | 2 | 1.5 |" in summary


def test_what_to_do_next() -> None:
    found = facts(failed("test_a.py::test[a b]"), code=1)
    assert reported(found).next_step == "run it alone: python -m pytest 'test_a.py::test[a b]'"
    assert reported(found, Config(working_directory="api")).next_step.endswith(
        "'test_a.py::test[a b]', in api"
    )
    assert reported(facts(passed("a"))).next_step == ""


def test_reasons_of_skips_are_counted() -> None:
    tests = [
        Test(id=f"test_{n}", state=State.SKIPPED, reason=f"Skipped: no {'server' if n % 3 else 'disk'}")
        for n in range(9)
    ]
    summary = emit.summary(reported(facts(*tests)))
    assert "| no server | 6 |" in summary
    assert "| no disk | 3 |" in summary
