"""Every gate of coverage-gate green and red under real act: job outcome, outputs, annotations, summary."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.e2e.acting import IN_SOURCE, MEASURE, Repository, Run, World, always, gate, job

pytestmark = pytest.mark.e2e

ALL = f"{MEASURE} money ledger refund"
OFF = {"min_overall": "off", "min_new_code": "off"}
TELL = always(
    'echo "told: ${{ steps.gate.outcome }} ${{ steps.gate.outputs.result }} ${{ steps.gate.outputs.overall }}"'
)
NAMED = """\
[coverage-gate]
min-overall = "off"
min-new-code = "off"

[[coverage-gate.gate]]
name = "{name}"
min = 90
scope = "{scope}"
paths = {paths}
"""
#: 4 of 4 lines of money, 8 of 8 lines and 2 of 2 branches in ledger: what main had with all its tests.
BASELINE = json.dumps(
    {
        "schema": "ci-actions-coverage-baseline/1",
        "totals": {"lines": {"covered": 9, "total": 9}, "combined": {"covered": 11, "total": 11}},
    }
)


def named(name: str, scope: str, *paths: str) -> tuple[str, str]:
    return f"settings/{name}.toml", NAMED.format(name=name, scope=scope, paths=json.dumps(paths))


SETTINGS = dict(
    (
        named("the-ledger", "overall", "src/pay/ledger.py"),
        named("each-file", "per-file"),
        named("each-new-file", "per-new-file"),
        named("new-money", "new-code", "src/pay/refund.py"),
    )
)


def with_settings(name: str) -> str:
    return f"cp settings/{name}.toml ci-actions.toml"


JOBS = {
    "green": job(
        ALL,
        gate(critical_paths="src/pay/ledger.py", html="true", badge="badge.svg", cobertura_out="merged.xml"),
        TELL,
        'test -s "${{ steps.gate.outputs.html }}" && test -s badge.svg && test -s merged.xml',
        'test -s "${{ steps.gate.outputs.report }}" && test -s "${{ steps.gate.outputs.comment-payload }}"',
        outputs={
            "overall": "${{ steps.gate.outputs.overall }}",
            "result": "${{ steps.gate.outputs.result }}",
        },
    ),
    "after-green": job(
        'echo "handed on: ${{ needs.green.outputs.result }} ${{ needs.green.outputs.overall }}"',
        needs="green",
    ),
    "overall": job(f"{MEASURE} refund", gate(min_new_code="off"), TELL),
    "critical": job(
        f"{MEASURE} money refund", gate(**OFF, min_critical="90", critical_paths="src/pay/ledger.py"), TELL
    ),
    "new-code": job(f"{MEASURE} money ledger", gate(min_overall="50"), TELL),
    "dry-run": job(f"{MEASURE} money ledger", gate(min_overall="50", dry_run="true"), TELL),
    "ratchet": job(f"{MEASURE} money refund", gate(**OFF, baseline="file:settings/baseline.json"), TELL),
    "ratchet-kept": job(ALL, gate(**OFF, baseline="file:settings/baseline.json"), TELL),
    "bad-input": job(ALL, gate(fail_under="eighty", dry_run="true"), TELL),
    "missing": job("true", gate(dry_run="true"), TELL),
    "unmeasured": job(
        "python3 -m coverage run --branch --include=src/pay/money.py tests/run.py money", gate(), TELL
    ),
    "shell-in-input": job(
        ALL, gate(comment_id='$(touch pwned)`touch pwned`"; touch pwned; #'), "test ! -e pwned", TELL
    ),
    **{
        name: job(f"{MEASURE} {words}", with_settings(name), gate(), TELL)
        for name, words in (
            ("the-ledger", "money refund"),
            ("each-file", "money refund"),
            ("each-new-file", "money ledger"),
            ("new-money", "money ledger"),
        )
    },
}


@pytest.fixture(scope="module")
def run(world: World, new_repository: Callable[[], Repository]) -> Run:
    repository = new_repository()
    repository.with_workflow(JOBS, {**SETTINGS, "settings/baseline.json": BASELINE})
    return world.run(repository.path)


def test_that_act_ran_every_job(run: Run) -> None:
    assert {name for name in JOBS if run.job(name).result} == set(JOBS)
    assert run.code == 1


def test_a_green_job(run: Run) -> None:
    found = run.job("green")
    assert found.result == "success", run.text
    assert found.exit_code == 0
    expected = {
        "result": "passed",
        "overall": "100.00",
        "critical": "100.00",
        "new-code": "100.00",
        "new-code-covered": "4",
        "new-code-total": "4",
        "metric": "combined",
        "failed-gates-json": "[]",
        "unmeasured-files-json": "[]",
    }
    assert {name: found.gate[name] for name in expected} == expected
    assert "told: success passed 100.00" in found.log
    assert found.annotations == []
    assert found.summary.startswith("### ✅ coverage-gate: overall 100.00 %")
    assert "| `critical` | overall, combined | 100.00 % |" in found.summary
    assert "The change is compared with merge base" in found.summary


def test_outputs_reach_the_next_job(run: Run) -> None:
    assert "handed on: passed 100.00" in run.job("after-green").log


@pytest.mark.parametrize(
    ("name", "failed", "message"),
    [
        ("overall", "overall", "is below 80.00%"),
        ("critical", "critical", "Critical-path coverage"),
        ("new-code", "new-code", "New-code coverage 0.00% (0 of 4 changed lines) is below 85.00%."),
        ("ratchet", "ratchet", "points against"),
        ("the-ledger", "the-ledger", "Gate 'the-ledger': coverage"),
        ("each-file", "each-file", "src/pay/ledger.py"),
        ("each-new-file", "each-new-file", "src/pay/refund.py 0.00%"),
        ("new-money", "new-money", "Gate 'new-money': coverage 0.00% (0 of 4 changed lines)"),
    ],
)
def test_a_gate_that_is_not_met_fails_its_job(run: Run, name: str, failed: str, message: str) -> None:
    found = run.job(name)
    assert found.result == "failure"
    assert found.exit_code == 1
    assert found.gate["result"] == "failed"
    assert json.loads(found.gate["failed-gates-json"]) == [failed]
    assert f"told: failure failed {found.gate['overall']}" in found.log
    (error,) = [each for each in found.annotations if each.level == "error"]
    assert message in error.message
    assert error.title == f"coverage-gate: {failed} not met"
    assert "### ❌ coverage-gate: " in found.summary
    assert f"| `{failed}` |" in found.summary
    assert "**Next:**" in found.summary


def test_what_a_change_loosens_itself_stands_above_the_verdict(run: Run) -> None:
    found = run.job("each-file")
    assert found.summary.startswith(
        "> ⚠️ This change itself loosens what is asked of it: min-overall goes from 80 to off"
    )


def test_lines_that_no_test_covers_are_annotated(run: Run) -> None:
    (warning,) = [each for each in run.job("new-code").annotations if each.file]
    assert (warning.level, warning.file, warning.line) == ("warning", "src/pay/refund.py", "1")
    assert warning.message == "Lines 1 to 4 are not covered by any test."


def test_a_ratchet_that_holds_names_its_baseline(run: Run) -> None:
    found = run.job("ratchet-kept")
    assert found.result == "success"
    assert (found.gate["baseline"], found.gate["delta"]) == ("100.00", "+0.00")


def test_a_dry_run_is_green_and_says_that_it_would_fail(run: Run) -> None:
    found = run.job("dry-run")
    assert (found.result, found.exit_code) == ("success", 0)
    assert "told: success would-fail" in found.log
    assert json.loads(found.gate["failed-gates-json"]) == ["new-code"]
    assert found.said("error") == []
    assert any("New-code coverage 0.00%" in each for each in found.said("warning"))


def test_bad_input_is_named_as_it_was_typed_and_dry_run_does_not_hide_it(run: Run) -> None:
    found = run.job("bad-input")
    assert (found.result, found.exit_code) == ("failure", 2)
    assert found.gate["result"] == "error"
    (said,) = found.said("error")
    assert "fail-under" in said
    assert "eighty" in said
    assert said in found.summary.replace("\\", "")


def test_missing_evidence_is_no_pass_and_dry_run_does_not_hide_it(run: Run) -> None:
    found = run.job("missing")
    assert (found.result, found.exit_code) == ("failure", 3)
    assert found.gate["result"] == "error"
    assert any("No coverage report found" in each for each in found.said("error"))


def test_a_changed_file_that_no_report_knows_is_no_pass(run: Run) -> None:
    found = run.job("unmeasured")
    assert (found.result, found.exit_code) == ("failure", 3)
    assert json.loads(found.gate["unmeasured-files-json"]) == ["src/pay/refund.py"]


def test_an_input_never_reaches_a_shell(run: Run) -> None:
    assert run.job("shell-in-input").result == "success"


def test_the_source_tree_works_like_the_release(
    world: World, new_repository: Callable[[], Repository]
) -> None:
    repository = new_repository()
    repository.with_workflow(
        {
            "green": job(ALL, gate(IN_SOURCE), TELL),
            "red": job(f"{MEASURE} money ledger", gate(IN_SOURCE), TELL),
        }
    )
    run = world.run(repository.path, tree=world.source)
    assert run.job("green").result == "success"
    assert run.job("green").gate["overall"] == "100.00"
    assert run.job("red").result == "failure"
    assert run.job("red").exit_code == 1
    assert "fetching dependencies" not in run.text


def test_a_job_that_act_skips_is_noticed(world: World, new_repository: Callable[[], Repository]) -> None:
    """The trap itself: exit code 0 although nothing ran."""
    repository = new_repository()
    skipped = {**job("true"), "runs-on": "windows-2025"}
    repository.with_workflow({"skipped": skipped})
    run = world.run(repository.path)
    assert run.code == 0
    with pytest.raises(AssertionError):
        run.job("skipped")
