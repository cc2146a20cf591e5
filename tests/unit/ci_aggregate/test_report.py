from __future__ import annotations

import json

from tests.unit.ci_aggregate.runs import TESTS, files, needs, plan, record, shard, told

from ci_actions.ci_aggregate.config import OUTPUTS, Config
from ci_actions.kit import emit
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Result

RED = told(needs=needs(quality="failure", test="skipped", build="skipped", coverage="skipped"), files=None)
BROKEN = told(files=files(record(tests=TESTS[:4])))


def test_green_says_what_it_stands_on() -> None:
    found = told(plan=plan(off=("docs", "frontend")), needs=needs(docs="skipped", frontend="skipped"))
    assert (found.result, found.exit_code) == (Result.PASSED, Exit.PASSED)
    assert found.headline == (
        "ci-aggregate: green. All jobs that were asked for succeeded (5), 2 had nothing to do; 6 tests"
    )
    assert found.outputs == {"failed-jobs-json": "[]"}
    assert not found.annotations
    assert not found.next_step


def test_red_names_the_first_cause() -> None:
    assert (RED.result, RED.exit_code) == (Result.FAILED, Exit.NOT_MET)
    assert RED.headline == "ci-aggregate: not green. quality failed (and 3 more reasons)"
    assert json.loads(RED.outputs["failed-jobs-json"]) == ["quality", "test", "build", "coverage"]
    assert RED.next_step == "look at the job quality: its summary says what it needs"


def test_only_what_went_wrong_by_itself_is_annotated() -> None:
    assert [each.message for each in RED.annotations] == ["quality failed."]


def test_no_proof_is_no_verdict() -> None:
    assert (BROKEN.result, BROKEN.exit_code) == (Result.ERROR, Exit.CANNOT_JUDGE)
    assert BROKEN.headline == "ci-aggregate: not green. 2 tests of 6 on Python 3.12 ran in no shard"
    assert json.loads(BROKEN.outputs["failed-jobs-json"]) == ["test"]
    assert "run all jobs again" in BROKEN.next_step


def test_the_summary_has_a_row_a_job() -> None:
    text = emit.summary(RED)
    assert "| quality | yes | ❌ failure | quality failed |" in text
    assert "| test | yes | ❌ skipped | test did not run, because quality failed |" in text
    assert "| docs | yes | ✅ success | src/a.py changed |" in text
    assert "| plan |  | ✅ success |  |" in text


def test_the_summary_names_failed_and_slow_tests() -> None:
    slow = record(outcomes={TESTS[2]: "failed"})
    slow["tests"][TESTS[4]]["seconds"] = 61.5
    text = emit.summary(told(needs=needs(test="failure", coverage="skipped"), files=files(slow)))
    assert f"| `{TESTS[2]}` | 3.12-1 |" in text
    assert f"| `{TESTS[4]}` | 61.50 |" in text
    assert "| 3.12-1 | CPython 3.12.6 | 6 | 1 | 12.5 |" in text


def test_a_name_of_a_test_is_no_markup() -> None:
    name = "tests/a.py::test[<img src=x>|`@team`]"
    text = emit.summary(told(files=files(record(tests=[name], collected=[name], outcomes={name: "failed"}))))
    assert "<img" not in text
    assert "@team" not in text


def test_versions_are_counted() -> None:
    found = told(
        plan=plan(shard("3.11-1", "3.11"), shard("3.12-1")),
        files=files(record("3.11-1", python="3.11"), record()),
    )
    assert found.headline.endswith("; 6 tests on 2 versions of Python")


def test_durations_are_written_where_they_were_asked_for() -> None:
    assert set(told().outputs) <= set(OUTPUTS)
    assert not told().products
    (product,) = told(Config(durations_out="d/x.json")).products
    assert (product.output, product.path) == ("durations-file", "d/x.json")
    assert json.loads(product.render()) == dict.fromkeys(TESTS, 1.0)


def test_the_json_report_can_be_written() -> None:
    for each in (RED, BROKEN, told()):
        document = json.loads(emit.as_json(each, {}))
        assert document["details"]["failed-jobs"] == json.loads(each.outputs["failed-jobs-json"])
    assert json.loads(emit.as_json(BROKEN, {}))["details"]["shards"][0]["tests"] == 4


def test_a_flaky_test_is_in_the_headline_of_a_green_run() -> None:
    given = files(record(outcomes={TESTS[0]: "rerun-passed"}))
    green = told(needs=needs(), plan=plan(shard("3.12-1")), files=given)
    assert green.exit_code is Exit.PASSED
    assert "6 tests, 1 of them flaky" in green.headline
    assert green.details["flaky"] == [TESTS[0]]
    assert "Flaky: passed only when run again" in emit.summary(green)
