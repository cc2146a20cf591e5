from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.quality.outcomes import facts, finding, run

from ci_actions.findings.model import Region, Severity
from ci_actions.kit.lines import from_numbers
from ci_actions.quality.config import Config
from ci_actions.quality.decide import decide
from ci_actions.quality.model import Answer, Drift, Outcome, State, Suppression

NEW = Config(scope="new")


def of(config: Config | None = None, *runs: Any, **more: Any) -> Outcome:
    return decide(config or Config(), facts(*runs, **more))


def test_every_finding_counts() -> None:
    outcome = of(None, run(finding(), finding(line=2)))
    assert (len(outcome.counted), len(outcome.old), outcome.scope) == (2, 0, "all")


def test_only_what_the_base_lacks_is_new() -> None:
    mine, base = run(finding(), finding(line=2)), run(finding())
    outcome = of(NEW, mine, base_runs=(base,), base="b" * 40)
    assert [each.line for each in outcome.counted] == [2]
    assert [each.line for each in outcome.old] == [1]


def test_of_equal_ones_as_many_are_new_as_there_are_more() -> None:
    same = [finding(fingerprint="x") for _ in range(3)]
    outcome = of(NEW, run(*same), base_runs=(run(*same[:2]),))
    assert (len(outcome.counted), len(outcome.old)) == (1, 2)


def test_a_renamed_file_brings_its_findings_along() -> None:
    outcome = of(NEW, run(finding("b.py", former="old")), base_runs=(run(finding(fingerprint="old")),))
    assert outcome.counted == ()


@pytest.mark.parametrize(
    ("tool", "path", "added", "is_new"),
    [
        ("black", "a.py", [3], True),
        ("ruff-format", "a.py", [2], True),
        ("isort", "a.py", [1, 4], False),
        ("black", "b.py", [3], False),
        ("ruff-check", "a.py", [3], False),
    ],
    ids=["its last line", "its first", "beside it", "another file", "no formatter"],
)
def test_a_line_that_is_added_where_a_formatter_had_something_to_do_before(
    tool: str, path: str, added: list[int], is_new: bool
) -> None:
    place = finding(tool=tool, rule="format", line=2, region=Region(2, 0, 3))
    lines = {path: from_numbers(added)}
    outcome = of(NEW, run(place, tool=tool), base_runs=(run(place, tool=tool),), added=lines)
    assert (len(outcome.counted), len(outcome.old)) == ((1, 0) if is_new else (0, 1))


@pytest.mark.parametrize("state", [State.FAILED, State.SKIPPED])
def test_without_an_answer_on_the_base_everything_of_that_tool_counts_aloud(state: State) -> None:
    before = run(state=state, answer=Answer(), problems=("mypy stopped.",))
    outcome = of(NEW, run(finding()), base_runs=(before,))
    assert len(outcome.counted) == 1
    assert any(
        "All findings of ruff-check count" in each and "mypy stopped." in each for each in outcome.warnings
    )


def test_a_tool_that_the_base_had_no_file_for_brings_only_new_ones() -> None:
    before = run(state=State.NOT_APPLICABLE, answer=Answer())
    assert len(of(NEW, run(finding()), base_runs=(before,)).counted) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"base_problem": "The base is gone."}, "not only new ones: The base is gone."),
        ({"no_change": "the tag v1 brings no change"}, "not only new ones: the tag v1 brings no change."),
    ],
)
def test_without_a_base_everything_counts_aloud(more: dict[str, str], said: str) -> None:
    outcome = of(NEW, run(finding()), **more)
    assert (outcome.scope, len(outcome.counted)) == ("all", 1)
    assert any(said in each for each in outcome.warnings)


def test_new_without_a_look_at_the_base_is_no_verdict() -> None:
    assert of(NEW, run()).problems == ("scope is new, but the base was not looked at.",)


@pytest.mark.parametrize("state", [State.FAILED, State.INCOMPLETE])
def test_a_tool_without_an_answer_keeps_from_a_verdict(state: State) -> None:
    broken = run(tool="mypy", state=state, problems=("mypy stopped.",))
    assert of(None, run(finding()), broken).problems == ("mypy stopped.",)


def test_a_tool_that_did_not_run_is_said() -> None:
    outcome = of(None, run(), run(tool="hooks", state=State.SKIPPED, reason="pre-commit is false"))
    assert outcome.warnings == ("hooks did not run: pre-commit is false.",)
    assert outcome.problems == ()


def test_a_tree_that_changed_meanwhile_is_no_verdict() -> None:
    (said,) = of(None, touched=("a.py",)).problems
    assert "1 files of the tree changed: a.py" in said


@pytest.mark.parametrize(
    ("severity", "counted", "remarks"),
    [("tool", 1, 2), ("low", 4, 0), ("medium", 3, 1), ("high", 2, 2)],
)
def test_severities(severity: str, counted: int, remarks: int) -> None:
    answer = Answer(
        findings=(finding(),),
        remarks=(finding(line=2, severity=Severity.MEDIUM), finding(line=3, severity=Severity.LOW)),
    )
    if severity != "tool":
        # A severity that nobody knows might be any.
        answer = replace(answer, remarks=(*answer.remarks, finding(line=4, severity=Severity.UNKNOWN)))
    outcome = of(Config(severity=severity), run(answer=answer))
    assert (len(outcome.counted), len(outcome.tools[0].remarks)) == (counted, remarks)


def test_what_fail_under_lets_pass_as_a_whole_counts_where_it_is_new() -> None:
    answer = Answer(
        remarks=(finding(), finding(line=2)), score="score 9.9 of 10, which its fail-under lets pass"
    )
    assert of(None, run(answer=answer)).counted == ()
    outcome = of(NEW, run(answer=answer), base_runs=(run(answer=replace(answer, remarks=(finding(),))),))
    assert [each.line for each in outcome.counted] == [2]


def test_what_the_environment_says_a_hook_does_not_say_again() -> None:
    hook = finding("", 0, "ruff", tool="hooks", canonical="ruff-check")
    other = finding("", 0, "tidy", tool="hooks")
    outcome = of(None, run(finding()), run(hook, other, tool="hooks"))
    assert [each.rule for each in outcome.counted] == ["F401", "tidy"]
    assert [each.rule for each in outcome.tools[1].remarks] == ["ruff"]
    # Where the environment's tool is content, the hook is not: it counts.
    assert [each.rule for each in of(None, run(), run(hook, tool="hooks")).counted] == ["ruff"]


DRIFT = (Drift(tool="ruff", here="0.17.5", hook="v0.12.0", file=".pre-commit-config.yaml"),)
SILENCED = (Suppression(path="a.py", line=3, kind="noqa"),)


@pytest.mark.parametrize(
    ("config", "warns", "complains"),
    [
        (Config(), True, False),
        (Config(version_drift="fail"), False, True),
        (Config(version_drift="ignore"), False, False),
    ],
)
def test_drift(config: Config, warns: bool, complains: bool) -> None:
    outcome = of(config, drift=DRIFT)
    said = "ruff 0.17.5 here, v0.12.0 in .pre-commit-config.yaml"
    assert any(said in each for each in outcome.warnings) is warns
    assert any(said in each for each in outcome.complaints) is complains


@pytest.mark.parametrize(
    ("word", "warns", "complains"), [("report", False, False), ("warn", True, False), ("fail", False, True)]
)
def test_suppressions(word: str, warns: bool, complains: bool) -> None:
    outcome = of(Config(new_suppressions=word), suppressions=SILENCED)
    assert any("a.py:3 (noqa)" in each for each in outcome.warnings) is warns
    assert any("a.py:3 (noqa)" in each for each in outcome.complaints) is complains
