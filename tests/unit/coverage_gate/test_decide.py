"""Every gate scope and verdict, and everything that keeps the gate from one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.baseline import parse
from ci_actions.coverage_gate.config import Config, NamedGate
from ci_actions.coverage_gate.decide import HISTORY, decide, points
from ci_actions.coverage_gate.model import (
    Baseline,
    Checkout,
    CoverageReport,
    Facts,
    FileCoverage,
    GateResult,
    LineBranches,
    Outcome,
    Tally,
    Verdict,
)
from ci_actions.coverage_gate.report import report as as_report
from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.errors import Exit
from ci_actions.kit.lines import count, from_numbers, numbers
from ci_actions.kit.report import Result
from ci_actions.kit.run import would_fail

MET, NOT_MET, NA, NOT_ENFORCED = Verdict.MET, Verdict.NOT_MET, Verdict.NOT_APPLICABLE, Verdict.NOT_ENFORCED
OFF: dict[str, Any] = {"min_overall": None, "min_new_code": None}


def file(
    path: str, hit: int, total: int, branches: Mapping[int, tuple[int, int]] | None = None
) -> FileCoverage:
    """Return a file of which the first `hit` of `total` lines were hit."""
    known = {line: LineBranches(*counts) for line, counts in (branches or {}).items()}
    return FileCoverage(path, from_numbers(range(1, total + 1)), from_numbers(range(1, hit + 1)), known)


def facts(*files: FileCoverage, **more: Any) -> Facts:
    report = CoverageReport(
        file="coverage.xml",
        format="cobertura",
        files=files,
        has_branches=any(each.branches for each in files),
    )
    values: dict[str, Any] = {
        "reports": (report,),
        "files": {each.path: each for each in files},
        "checkout": {each.path: Checkout(100_000) for each in files},
        "source": ("src",),
        "no_change": "the event schedule brings no change",
    }
    return Facts(**(values | more))


def added(path: str, *lines: int, status: Any = "M") -> ChangedFile:
    return ChangedFile(path=path, added=from_numbers(lines), status=status)


def changed(*files: ChangedFile) -> dict[str, Any]:
    return {"change": files, "no_change": "", "base": "b" * 40, "base_how": "the base"}


def gates(outcome: Outcome) -> dict[str, Verdict]:
    return {each.name: each.verdict for each in outcome.gates}


def only(outcome: Outcome) -> GateResult:
    (found,) = outcome.gates
    return found


def named(**gate: Any) -> Config:
    values = {"name": "mine", "min": Decimal(50), **gate}
    return Config(**OFF, gate=(NamedGate(**values),))


# --- overall -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hit", "total", "minimum", "verdict"),
    [
        (80, 100, "80", MET),
        (796, 1000, "80", NOT_MET),
        (79999, 100000, "80", NOT_MET),
        (84996, 100000, "85", NOT_MET),
        (84996, 100000, "84.996", MET),
        (0, 10, "0", MET),
        (10, 10, "100", MET),
        (9, 10, "100", NOT_MET),
    ],
)
def test_overall(hit: int, total: int, minimum: str, verdict: Verdict) -> None:
    config = Config(min_overall=Decimal(minimum), min_new_code=None, min_critical=None)
    result = only(decide(config, facts(file("src/a.py", hit, total))))
    assert (result.name, result.scope, result.verdict, result.tally) == (
        "overall",
        "overall",
        verdict,
        Tally(hit, total),
    )
    assert sum(count(each.lines) for each in result.remedy) == (result.needed if verdict is NOT_MET else 0)


def test_what_is_excluded_counts_nowhere() -> None:
    found = facts(file("src/a.py", 1, 1), file("src/gen/b.py", 0, 99), **changed(added("src/gen/b.py", 1)))
    outcome = decide(Config(exclude=("gen",)), found)
    assert outcome.overall == Tally(1, 1)
    assert outcome.changed == ()
    assert [each.path for each in outcome.files] == ["src/a.py"]


# --- metric ------------------------------------------------------------------------------------

BRANCHED = file("src/a.py", 3, 4, {2: (1, 2), 3: (2, 2)})


@pytest.mark.parametrize(
    ("metric", "meant", "tally"),
    [
        ("auto", "combined", Tally(6, 8)),
        ("combined", "combined", Tally(6, 8)),
        ("lines", "lines", Tally(3, 4)),
        ("branches", "branches", Tally(3, 4)),
    ],
)
def test_metrics(metric: str, meant: str, tally: Tally) -> None:
    outcome = decide(Config(metric=metric), facts(BRANCHED))
    assert (outcome.metric, outcome.overall) == (meant, tally)
    assert (outcome.lines, outcome.branches) == (Tally(3, 4), Tally(3, 4))


def test_auto_is_lines_without_branches() -> None:
    assert decide(Config(), facts(file("src/a.py", 3, 4))).metric == "lines"


def test_branches_that_nobody_measured_are_no_verdict() -> None:
    outcome = decide(Config(metric="branches"), facts(file("src/a.py", 3, 4)))
    assert any(
        "no report measured any. Run the tests with branch coverage" in each for each in outcome.problems
    )
    outcome = decide(named(metric="branches"), facts(file("src/a.py", 3, 4)))
    assert outcome.problems == (
        "Gate 'mine' counts branches, but no report measured any. Run the tests with branch coverage.",
    )


def test_a_gate_may_have_a_metric_of_its_own() -> None:
    assert only(decide(named(metric="lines"), facts(BRANCHED))).tally == Tally(3, 4)
    assert only(decide(named(), facts(BRANCHED))).tally == Tally(6, 8)
    own = replace(named(), metric="lines")
    assert only(decide(own, facts(BRANCHED))).tally == Tally(3, 4)
    new = named(metric="branches", scope="new-code")
    assert only(decide(new, facts(BRANCHED, **changed(added("src/a.py", 1, 2))))).tally == Tally(1, 2)


# --- critical ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("hit", "verdict"), [(9, MET), (8, NOT_MET)])
def test_critical_paths_are_judged_together(hit: int, verdict: Verdict) -> None:
    found = facts(file("src/pay/a.py", hit, 10), file("src/b.py", 0, 10))
    outcome = decide(Config(**OFF, critical_paths=("src/pay",)), found)
    assert gates(outcome) == {"critical": verdict}
    assert outcome.critical == Tally(hit, 10)


@pytest.mark.parametrize("paths", [("src/gone",), ("src/pay", "src/gone")])
@pytest.mark.parametrize("everything", [True, False])
def test_a_vacuous_critical_path_is_no_verdict(paths: tuple[str, ...], everything: bool) -> None:
    found = facts(file("src/pay/a.py", 10, 10), everything=everything)
    outcome = decide(Config(**OFF, critical_paths=paths), found)
    assert (
        "critical-paths: 'src/gone' matches no measured file. Was it renamed? "
        "Correct the glob, or set allow-empty-critical: true." in outcome.problems
    )


def test_a_vacuous_critical_path_may_be_allowed() -> None:
    outcome = decide(
        Config(critical_paths=("src/gone",), allow_empty_critical=True), facts(file("src/a.py", 9, 10))
    )
    assert outcome.problems == ()
    assert gates(outcome)["critical"] is NA


def test_critical_paths_without_a_measured_line_are_no_verdict() -> None:
    empty = FileCoverage("src/pay/a.py", 0, 0)
    outcome = decide(Config(**OFF, critical_paths=("src/pay",)), facts(file("src/a.py", 9, 10), empty))
    said = "Gate 'critical' has nothing to measure: 0 lines in src/pay. Treating as an error, not as 100%."
    assert said in outcome.problems


def test_critical_paths_without_a_minimum_are_still_looked_at() -> None:
    assert decide(
        Config(min_critical=None, critical_paths=("gone",)), facts(file("src/a.py", 9, 10))
    ).problems


# --- nothing measured --------------------------------------------------------------------------


@pytest.mark.parametrize("config", [Config(), Config(min_overall=Decimal(0)), Config(min_new_code=None)])
def test_nothing_measured_is_no_verdict(config: Config) -> None:
    outcome = decide(config, facts())
    assert "coverage.xml holds 0 measurable lines. Treating as an error, not as 100%." in outcome.problems
    assert not any(verdict is MET for verdict in gates(outcome).values())


def test_everything_excluded_is_no_verdict() -> None:
    outcome = decide(Config(exclude=("*",)), facts(file("src/a.py", 1, 1)))
    assert outcome.problems == ("Nothing is left to measure: exclude matches every measured file.",)
    assert outcome.gates == ()


# --- new code ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "verdict", "tally"),
    [
        ((1, 2, 3), MET, Tally(3, 3)),
        ((7, 8, 9, 10), NOT_MET, Tally(2, 4)),
        ((10,), NOT_MET, Tally(0, 1)),
        ((50, 60), NA, None),
    ],
)
def test_new_code(lines: tuple[int, ...], verdict: Verdict, tally: Tally | None) -> None:
    config = Config(min_overall=None)
    result = only(decide(config, facts(file("src/a.py", 8, 10), **changed(added("src/a.py", *lines)))))
    assert (result.name, result.scope, result.verdict, result.tally) == (
        "new-code",
        "new-code",
        verdict,
        tally,
    )


def test_the_remedy_of_new_code_names_changed_lines_only() -> None:
    found = facts(file("src/a.py", 8, 20), **changed(added("src/a.py", *range(5, 15))))
    result = only(decide(Config(min_overall=None), found))
    assert (result.tally, result.needed) == (Tally(4, 10), 5)
    (place,) = result.remedy
    assert list(numbers(place.lines)) == [9, 10, 11, 12, 13]


def test_no_change_is_not_applicable_and_a_change_nobody_can_see_no_verdict() -> None:
    outcome = decide(Config(), facts(file("src/a.py", 9, 10)))
    assert (gates(outcome)["new-code"], outcome.problems) == (NA, ())
    assert outcome.new_code is None
    blind = decide(
        Config(), facts(file("src/a.py", 9, 10), no_change="", change_problem="Cannot find the base.")
    )
    assert "new-code" not in gates(blind)
    assert blind.problems == ("Cannot find the base.",)
    off = decide(
        Config(min_new_code=None), facts(file("src/a.py", 9, 10), change_problem="Cannot find the base.")
    )
    assert off.problems == (), "no gate needs the change"


@pytest.mark.parametrize(
    "change",
    [
        (),
        (added("README.md", 1),),
        (added("src/a.py", 1, status="D"),),
        (ChangedFile(path="src/a.py", old_path="src/old.py", status="R"),),
    ],
)
def test_a_change_without_code_is_not_applicable(change: tuple[ChangedFile, ...]) -> None:
    outcome = decide(Config(), facts(file("src/a.py", 9, 10), **changed(*change)))
    assert (gates(outcome), outcome.problems) == ({"overall": MET, "new-code": NA}, ())


@pytest.mark.parametrize(("least", "verdict"), [(0, NOT_MET), (2, NOT_MET), (3, NOT_ENFORCED)])
def test_few_changed_lines_are_reported_not_enforced(least: int, verdict: Verdict) -> None:
    found = facts(file("src/a.py", 8, 10), **changed(added("src/a.py", 9, 10)))
    result = only(decide(Config(min_overall=None, min_changed_lines=least), found))
    assert result.verdict is verdict
    assert result.reason == ("fewer than 3 measured changed lines" if verdict is NOT_ENFORCED else "")
    good = facts(file("src/a.py", 8, 10), **changed(added("src/a.py", 1)))
    assert only(decide(Config(min_overall=None, min_changed_lines=least), good)).verdict is MET


@pytest.mark.parametrize(
    ("mode", "tally"), [("missed", Tally(2, 4)), ("half", Tally(Decimal("2.5"), 4)), ("covered", Tally(3, 4))]
)
def test_partial_branches(mode: str, tally: Tally) -> None:
    found = facts(BRANCHED, **changed(added("src/a.py", 1, 2, 3, 4)))
    assert only(decide(Config(min_overall=None, partial_branches=mode), found)).tally == tally


def test_with_halves_the_fewest_lines_are_named() -> None:
    found = facts(BRANCHED, **changed(added("src/a.py", 1, 2, 3, 4)))
    result = only(decide(Config(min_overall=None, partial_branches="half", min_new_code=Decimal(80)), found))
    assert [list(numbers(each.lines)) for each in result.remedy] == [[4]], "2.5 + 1 of 4 is 87.5 %"


@pytest.mark.parametrize(
    ("mode", "problems", "warnings", "verdicts"),
    [
        ("fail", 1, 0, {"overall": MET, "new-code": NA}),
        ("warn", 0, 1, {"overall": MET, "new-code": NA}),
        ("ignore", 0, 0, {"overall": MET, "new-code": NA}),
        ("uncovered", 0, 0, {"overall": MET, "new-code": NOT_MET}),
    ],
)
def test_a_changed_file_in_no_report(
    mode: str, problems: int, warnings: int, verdicts: dict[str, Verdict]
) -> None:
    found = facts(file("src/a.py", 9, 10), **changed(added("src/new.py", 1, 2)))
    outcome = decide(Config(on_unmeasured_file=mode), found)
    assert (len(outcome.problems), len(outcome.warnings), gates(outcome)) == (problems, warnings, verdicts)
    assert [each.path for each in outcome.unmeasured] == ([] if mode == "ignore" else ["src/new.py"])
    if mode == "uncovered":
        assert outcome.new_code == Tally(0, 2)
        assert outcome.gates[1].remedy[0].path == "src/new.py"


def test_uncovered_files_belong_to_the_gates_whose_globs_they_fit() -> None:
    found = facts(file("src/a.py", 9, 10), **changed(added("src/new.py", 1), added("src/a.py", 1)))

    def tally(**gate: Any) -> Tally | None:
        config = replace(named(scope="new-code", **gate), on_unmeasured_file="uncovered")
        return only(decide(config, found)).tally

    assert tally() == Tally(1, 2)
    assert tally(paths=("src/a.py",)) == Tally(1, 1)
    assert tally(paths=("src",)) == Tally(1, 2)
    assert tally(exclude=("new.py",)) == Tally(1, 1)


@pytest.mark.parametrize("metric", ["lines", "branches", "combined"])
def test_the_lines_of_a_file_in_no_report_are_the_remedy(metric: str) -> None:
    config = replace(named(scope="new-code", metric=metric, min=Decimal(100)), on_unmeasured_file="uncovered")
    result = only(decide(config, facts(BRANCHED, **changed(added("src/new.py", 1, 2)))))
    assert [(each.path, list(numbers(each.lines))) for each in result.remedy] == [("src/new.py", [1, 2])]


# --- gates of the project's own ----------------------------------------------------------------


def test_per_file() -> None:
    found = facts(file("src/a.py", 4, 10), file("src/b.py", 9, 10), file("src/c.py", 0, 2))
    result = only(decide(named(scope="per-file"), found))
    assert (result.verdict, result.tally, result.needed) == (NOT_MET, Tally(13, 22), 2)
    assert result.offenders == (("src/a.py", Tally(4, 10)), ("src/c.py", Tally(0, 2)))
    assert {each.path: list(numbers(each.lines)) for each in result.remedy} == {
        "src/a.py": [5],
        "src/c.py": [1],
    }
    assert only(decide(named(scope="per-file", exclude=("a.py", "c.py")), found)).verdict is MET


@pytest.mark.parametrize(("status", "verdict"), [("A", NOT_MET), ("C", NOT_MET), ("M", NA), ("R", NA)])
def test_per_new_file(status: str, verdict: Verdict) -> None:
    found = facts(
        file("src/a.py", 4, 10), file("src/b.py", 0, 10), **changed(added("src/a.py", 1, status=status))
    )
    assert only(decide(named(scope="per-new-file"), found)).verdict is verdict


def test_gates_that_match_nothing_are_no_verdict() -> None:
    for scope in ("per-file", "per-new-file"):
        outcome = decide(named(scope=scope, paths=("gone",)), facts(file("src/a.py", 4, 10), **changed()))
        assert outcome.problems == ("Gate 'mine' matches no measured file: gone.",)
    outcome = decide(named(paths=("gone",)), facts(file("src/a.py", 4, 10)))
    assert outcome.problems == (
        "Gate 'mine' has nothing to measure: 0 lines in gone. Treating as an error, not as 100%.",
    )


def test_globs_are_relative_to_the_working_directory() -> None:
    found = facts(file("svc/src/a.py", 1, 10), file("src/a.py", 10, 10), directory="svc")
    assert only(decide(named(paths=("/src",)), found)).tally == Tally(1, 10)


# --- the ratchet -------------------------------------------------------------------------------


def ratchet(covered: int, total: int, before: tuple[int, int] | None, **config: Any) -> GateResult | str:
    tallies = {"lines": Tally(*before)} if before else {}
    found = facts(
        file("src/a.py", covered, total),
        baseline=Baseline(tallies=tallies, where="baseline.json") if before is not None else None,
        baseline_note="there is no baseline.json yet",
    )
    outcome = decide(Config(**OFF, baseline="file:baseline.json", **config), found)
    return outcome.problems[0] if outcome.problems else only(outcome)


@pytest.mark.parametrize(
    ("now", "before", "tolerance", "verdict", "delta"),
    [
        ((2, 3), (2, 3), "0", MET, "+0.00"),
        ((666, 1000), (2, 3), "0", NOT_MET, "-0.07"),
        ((667, 1000), (2, 3), "0", MET, "+0.03"),
        ((66666, 100000), (2, 3), "0", NOT_MET, "-0.01"),
        ((79, 100), (80, 100), "1", MET, "-1.00"),
        ((79, 100), (80, 100), "0.999", NOT_MET, "-1.00"),
        ((0, 10), (1, 10), "50", MET, "-10.00"),
        ((10, 10), (0, 10), "0", MET, "+100.00"),
    ],
)
def test_the_ratchet_is_exact(
    now: tuple[int, int], before: tuple[int, int], tolerance: str, verdict: Verdict, delta: str
) -> None:
    result = ratchet(*now, before, baseline_tolerance=Decimal(tolerance))
    assert isinstance(result, GateResult)
    assert (result.name, result.verdict, result.delta) == ("ratchet", verdict, delta)
    assert result.reason == "against baseline.json"


@given(
    st.integers(1, 300),
    st.integers(0, 300),
    st.integers(1, 300),
    st.integers(0, 300),
    st.decimals(0, 5, places=3),
)
def test_the_ratchet_for_any_numbers(
    total: int, covered: int, before: int, was: int, tolerance: Decimal
) -> None:
    covered, was = min(covered, total), min(was, before)
    result = ratchet(covered, total, (was, before), baseline_tolerance=tolerance)
    assert isinstance(result, GateResult)
    share = max(Fraction(was, before) - Fraction(tolerance) / 100, Fraction(0))
    assert (result.verdict is MET) == (Fraction(covered, total) >= share)
    assert result.tally is not None
    if result.verdict is NOT_MET:
        assert Decimal(result.tally.percent) < result.minimum, "what fails never reads as what was asked for"
        assert (
            Fraction(covered + int(result.needed), total)
            >= share
            > Fraction(covered + int(result.needed) - 1, total)
        )
        assert sum(count(each.lines) for each in result.remedy) == result.needed
    else:
        assert Decimal(result.tally.percent) >= result.minimum


def test_no_baseline_yet() -> None:
    result = ratchet(1, 2, None)
    assert isinstance(result, GateResult)
    assert (result.verdict, result.reason) == (NA, "there is no baseline.json yet")
    assert ratchet(1, 2, None, require_baseline=True) == (
        "No baseline (require-baseline): there is no baseline.json yet."
    )
    assert isinstance(ratchet(1, 2, (0, 0)), GateResult)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "+0.00"),
        ("1.239", "+1.23"),
        ("-0.001", "-0.01"),
        ("-1", "-1.00"),
        ("-1.001", "-1.01"),
        ("100", "+100.00"),
    ],
)
def test_points(value: str, said: str) -> None:
    assert points(Fraction(value)) == said


# --- the new baseline --------------------------------------------------------------------------


def test_a_green_run_that_may_writes_a_baseline_that_can_be_read() -> None:
    outcome = decide(
        Config(), facts(BRANCHED, file("src/b.py", 9, 9), update_baseline=True, head="a" * 40, now=17.5)
    )
    assert outcome.new_baseline is not None
    read = parse(json.dumps(outcome.new_baseline).encode(), "x")
    assert read.tallies == {"lines": Tally(12, 13), "branches": Tally(3, 4), "combined": Tally(15, 17)}
    assert read.sha == "a" * 40
    assert outcome.new_baseline["files"] == {"src/a.py": [3, 4], "src/b.py": [9, 9]}


@pytest.mark.parametrize(
    "more",
    [{"update_baseline": False}, {"everything": False}, {"reports": (CoverageReport(file="e", format="x"),)}],
)
def test_others_do_not(more: dict[str, Any]) -> None:
    assert (
        decide(Config(), facts(file("src/a.py", 9, 9), **{"update_baseline": True, **more})).new_baseline
        is None
    )


def test_a_red_run_does_not() -> None:
    outcome = decide(Config(), facts(file("src/a.py", 1, 9), update_baseline=True))
    assert (outcome.new_baseline, outcome.history) == (None, "")


def test_history_keeps_the_newest() -> None:
    lines = tuple(f'{{"n": {n}}}' for n in range(HISTORY))
    outcome = decide(Config(), facts(file("src/a.py", 9, 9), update_baseline=True, history=lines))
    kept = outcome.history.splitlines()
    assert len(kept) == HISTORY
    assert kept[0] == '{"n": 1}'
    assert "files" not in json.loads(kept[-1])


# --- the exit code -----------------------------------------------------------------------------


def ended(config: Config, found: Facts) -> tuple[Result, Exit]:
    report = as_report(config, decide(config, found))
    if config.dry_run:
        report = would_fail(report)
    return report.result, report.exit_code


GOOD, RED = file("src/a.py", 9, 10), file("src/a.py", 1, 10)
STALE: dict[str, Any] = {"checkout": {"src/a.py": Checkout(3)}}


@pytest.mark.parametrize(
    ("config", "found", "expected"),
    [
        (Config(), facts(GOOD), (Result.PASSED, Exit.PASSED)),
        (Config(), facts(RED), (Result.FAILED, Exit.NOT_MET)),
        (Config(dry_run=True), facts(RED), (Result.WOULD_FAIL, Exit.PASSED)),
        (Config(), facts(GOOD, **STALE), (Result.ERROR, Exit.CANNOT_JUDGE)),
        (Config(), facts(RED, **STALE), (Result.ERROR, Exit.CANNOT_JUDGE)),
        (Config(dry_run=True), facts(RED, **STALE), (Result.ERROR, Exit.CANNOT_JUDGE)),
        (Config(expect_reports=("2",)), facts(GOOD), (Result.ERROR, Exit.CANNOT_JUDGE)),
        (Config(), facts(GOOD, loosened=("min-overall goes from 90 to 80",)), (Result.PASSED, Exit.PASSED)),
        (Config(), facts(GOOD, conflicts=("src/a.py",)), (Result.PASSED, Exit.PASSED)),
        (
            Config(min_changed_lines=9),
            facts(GOOD, **changed(added("src/a.py", 10))),
            (Result.PASSED, Exit.PASSED),
        ),
    ],
)
def test_how_it_ends(config: Config, found: Facts, expected: tuple[Result, Exit]) -> None:
    assert ended(config, found) == expected


@given(
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 100),
    st.sets(st.integers(1, 25)),
    st.integers(0, 100),
)
def test_green_means_that_every_gate_is_met(
    hit: int, total: int, overall: int, lines: set[int], new: int
) -> None:
    """The whole point, stated once: no combination is green unless what was measured reaches what was asked."""
    hit = min(hit, total)
    config = Config(min_overall=Decimal(overall), min_new_code=Decimal(new))
    found = facts(file("src/a.py", hit, total), **changed(added("src/a.py", *lines)))
    result, _ = ended(config, found)
    measured = lines & set(range(1, total + 1))
    covered = lines & set(range(1, hit + 1))
    enough = total > 0 and 100 * hit >= overall * total and 100 * len(covered) >= new * len(measured)
    assert (result is Result.PASSED) == enough
    assert (result is Result.ERROR) == (total == 0)
