"""What becomes of each issue, as a table of what was known before and what the run says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ci_report_issue.test_render import RUN, report, section

from ci_actions.ci_report_issue import render
from ci_actions.ci_report_issue.config import Config
from ci_actions.ci_report_issue.decide import DAY, critical_key, decide, key_of, verdict
from ci_actions.ci_report_issue.model import (
    Critical,
    Deed,
    Facts,
    Issue,
    IssueReport,
    Marker,
    Outcome,
    Plan,
    State,
)
from ci_actions.kit.untrusted import Refused

KEY = key_of("nightly", "")
GREEN = IssueReport(title="nightly", result="passed", sections=(), critical=())
VULNERABLE = Critical(id="CVE-2026-1", title="boom", url="")


def with_critical(*found: Critical, result: str = "failed") -> IssueReport:
    return IssueReport(title="nightly", result=result, sections=(section(),), critical=found)


def facts(*reports: IssueReport, **more: Any) -> Facts:
    return Facts(**{"run": RUN, "key": KEY, "reports": reports, **more})


def decided(result: str, *reports: IssueReport, config: Config | None = None, **more: Any) -> Outcome:
    return decide(config or Config(result=result), facts(*reports, **more))


def issue_of(outcome: Outcome, number: int = 5, run: int = 17, **more: Any) -> Issue:
    """Return the issue that the first plan of an earlier run would have made."""
    (plan, *_) = outcome.plans
    marker = render.marker_in(plan.body)
    assert marker
    marker = replace(marker, run=run, first_run=run)
    return Issue(
        number=number, id=number, url="https://x", title=plan.title, body=plan.body, marker=marker, **more
    )


def before(run: int = 10, **more: Any) -> Issue:
    """Return the issue of a workflow that was red in an earlier run."""
    return issue_of(decided("failure", report()), run=run, **more)


def plan_of(outcome: Outcome) -> Plan:
    (plan,) = outcome.plans
    return plan


def marker_of(plan: Plan) -> Marker:
    found = render.marker_in(plan.body)
    assert found
    return found


# --- red, green, neither ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "reports", "refused", "state"),
    [
        ("failure", (), 0, State.RED),
        ("failure", ("passed",), 0, State.RED),
        ("failure", ("incomplete",), 0, State.RED),
        ("success", (), 0, State.GREEN),
        ("success", ("passed",), 0, State.GREEN),
        ("success", ("passed", "passed"), 0, State.GREEN),
        ("success", ("failed",), 0, State.RED),
        ("success", ("passed", "error"), 0, State.RED),
        ("success", ("incomplete",), 0, State.UNKNOWN),
        ("success", ("passed", "skipped"), 0, State.UNKNOWN),
        ("success", ("passed",), 1, State.UNKNOWN),
        ("success", ("failed",), 1, State.RED),
        ("failure", (), 1, State.RED),
        ("cancelled", ("failed",), 0, State.UNKNOWN),
        ("skipped", (), 0, State.UNKNOWN),
    ],
)
def test_verdict(result: str, reports: tuple[str, ...], refused: int, state: State) -> None:
    found = [replace(GREEN, result=each) for each in reports]
    got, why = verdict(result, found, refused=refused)
    assert got is state
    assert why


# --- the issue of the workflow ---------------------------------------------------------------------


def closed(days: float, **more: Any) -> Issue:
    return replace(before(), closed=RUN.time - int(days * DAY), **more)


@pytest.mark.parametrize(
    ("result", "issues", "deed", "number"),
    [
        ("failure", (), Deed.CREATE, 0),
        ("failure", (before(),), Deed.UPDATE, 5),
        ("failure", (closed(13),), Deed.REOPEN, 5),
        ("failure", (closed(15),), Deed.CREATE, 0),
        ("failure", (closed(3), before(number=9)), Deed.UPDATE, 9),
        ("failure", (closed(9), closed(2, number=8)), Deed.REOPEN, 8),
        ("failure", (closed(2, duplicate=True, number=8),), Deed.CREATE, 0),
        ("failure", (before(run=17),), Deed.KEEP, 5),
        ("failure", (before(run=18),), Deed.LEAVE, 5),
        ("success", (before(),), Deed.CLOSE, 5),
        ("success", (before(run=18),), Deed.LEAVE, 5),
        ("cancelled", (before(),), Deed.LEAVE, 5),
        ("skipped", (before(),), Deed.LEAVE, 5),
        ("cancelled", (), Deed.LEAVE, 0),
    ],
)
def test_deeds(result: str, issues: tuple[Issue, ...], deed: Deed, number: int) -> None:
    plan = plan_of(decided(result, issues=issues))
    assert (plan.deed, plan.issue.number if plan.issue else 0) == (deed, number)
    assert plan.why


@pytest.mark.parametrize("issues", [(), (closed(1),), (closed(100),)], ids=["none", "closed", "long-closed"])
def test_green_without_an_open_issue_does_nothing(issues: tuple[Issue, ...]) -> None:
    assert decided("success", issues=issues).plans == ()


def test_of_two_that_are_open_the_older_is_kept() -> None:
    first, second = decided("failure", report(), issues=(before(number=9), before(number=5))).plans
    assert (first.deed, first.issue and first.issue.number) == (Deed.UPDATE, 5)
    assert (second.deed, second.issue and second.issue.number) == (Deed.DUPLICATE, 9)
    assert "#5" in second.comment
    assert second.kept
    assert second.kept.number == 5


def test_another_name_is_another_issue() -> None:
    other = Config(result="failure", name="rates")
    outcome = decide(other, facts(report(), key=key_of("nightly", "rates"), issues=(before(),)))
    plan = plan_of(outcome)
    assert (plan.deed, plan.title) == (Deed.CREATE, "nightly (rates) is red")
    assert len({key_of("a", "b"), key_of("ab", ""), key_of("", "ab"), key_of("a", "")}) == 4


# --- what it remembers -----------------------------------------------------------------------------


def test_red_runs_are_counted_since_the_first_one() -> None:
    issue = before()
    later = decided("failure", report(), issues=(issue,), run=replace(RUN, head="3" * 40))
    marker = marker_of(plan_of(later))
    assert (marker.reds, marker.first_run, marker.first_head, marker.head) == (2, 10, RUN.head, "3" * 40)


def test_another_attempt_is_the_same_run() -> None:
    again = decided("failure", report(), issues=(before(run=17),), run=replace(RUN, attempt=2))
    assert (plan_of(again).deed, marker_of(plan_of(again)).reds) == (Deed.UPDATE, 1)


def test_a_green_run_is_remembered_where_the_next_red_one_finds_it() -> None:
    green = replace(RUN, head="9" * 40)
    closing = plan_of(decided("success", GREEN, issues=(before(),), run=green))
    assert closing.issue
    assert closing.body.splitlines()[1:] == closing.issue.body.splitlines()[1:]
    assert "Green in [run 45]" in closing.comment
    marker = marker_of(closing)
    assert (marker.green, marker.reds, marker.sections) == ("9" * 40, 0, ())
    old = replace(closing.issue, body=closing.body, marker=marker, closed=RUN.time - DAY)
    for days, deed in ((1, Deed.REOPEN), (100, Deed.CREATE)):
        run = replace(RUN, id=18, time=RUN.time + days * DAY, head="a" * 40)
        plan = plan_of(decided("failure", report(), issues=(old,), run=run))
        found = marker_of(plan)
        assert plan.deed is deed
        # It was green in between: everything begins anew.
        assert (found.reds, found.first_run, found.green) == (1, 18, "9" * 40)
        assert f"compare/{'9' * 40}...{'a' * 40}" in plan.body


def test_one_that_somebody_closed_while_it_was_red_goes_on() -> None:
    found = marker_of(plan_of(decided("failure", report(), issues=(closed(1),))))
    assert (found.reds, found.first_run) == (2, 10)


def test_nothing_is_said_while_the_same_sections_are_red() -> None:
    # Another row is no other section.
    same = report(section("test 3.13", "tests/test_other.py::test_x"))
    assert plan_of(decided("failure", same, issues=(before(),))).comment == ""


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ((section(), section("security")), "now also `security`."),
        ((section("security"),), "now also `security`; 1 section is no longer red."),
    ],
)
def test_other_red_sections_are_told(sections: Any, said: str) -> None:
    plan = plan_of(decided("failure", report(*sections), issues=(before(),)))
    assert plan.comment.strip().endswith(said)


def test_a_run_without_a_report_after_one_with_it() -> None:
    plan = plan_of(decided("failure", issues=(before(),)))
    assert "now also `the run, without a report`; 1 section is no longer red" in plan.comment


def test_an_issue_whose_first_line_was_changed_is_mended() -> None:
    broken = replace(before(), marker=Marker(key=KEY))
    plan = plan_of(decided("failure", report(), issues=(broken,)))
    assert (plan.deed, plan.comment, marker_of(plan).reds) == (Deed.UPDATE, "", 1)
    closing = plan_of(decided("success", GREEN, issues=(broken,)))
    assert marker_of(closing).green == RUN.head


# --- vulnerabilities -------------------------------------------------------------------------------


def vulnerable(**more: Any) -> Issue:
    """Return the issue of a vulnerability that an earlier run has found."""
    outcome = decided("success", with_critical(VULNERABLE, result="passed"))
    (plan,) = outcome.plans
    return issue_of(replace(outcome, plans=(plan,)), run=10, **more)


def deeds(outcome: Outcome) -> list[tuple[str, Deed]]:
    return [(each.about, each.deed) for each in outcome.plans]


def test_one_issue_for_each_vulnerability() -> None:
    other = Critical(id="GHSA-1", title="", url="https://osv.dev/GHSA-1")
    outcome = decided("failure", with_critical(VULNERABLE, other), with_critical(VULNERABLE))
    assert deeds(outcome) == [
        ("nightly", Deed.CREATE),
        ("CVE-2026-1", Deed.CREATE),
        ("GHSA-1", Deed.CREATE),
    ]
    assert [each.title for each in outcome.plans[1:]] == [
        "Critical vulnerability CVE-2026-1: boom",
        "Critical vulnerability GHSA-1",
    ]


def test_it_is_the_same_in_small_letters() -> None:
    assert critical_key("ghsa-2QRG") == critical_key("GHSA-2qrg") != critical_key("GHSA-2qrh")


@pytest.mark.parametrize(
    ("reports", "deed"),
    [
        ((with_critical(result="passed"),), Deed.CLOSE),
        ((with_critical(result="failed"),), Deed.CLOSE),
        ((with_critical(result="incomplete"),), Deed.LEAVE),
        ((with_critical(result="error"),), Deed.LEAVE),
        ((replace(with_critical(), critical=None),), Deed.LEAVE),
        ((with_critical(), with_critical(result="incomplete")), Deed.LEAVE),
        ((), Deed.LEAVE),
    ],
    ids=["passed", "failed", "incomplete", "error", "not-known", "one-incomplete", "no-report"],
)
def test_only_a_complete_report_closes_it(reports: tuple[IssueReport, ...], deed: Deed) -> None:
    outcome = decided("cancelled", *reports, issues=(vulnerable(),))
    assert (outcome.plans[-1].about, outcome.plans[-1].deed) == (
        "Critical vulnerability CVE-2026-1: boom",
        deed,
    )


def test_a_refused_report_closes_nothing() -> None:
    outcome = decided(
        "success", with_critical(result="passed"), issues=(vulnerable(),), refused=(Refused("'x'", "no"),)
    )
    assert outcome.plans[-1].deed is Deed.LEAVE


def test_it_stays_with_the_workflow_that_opened_it() -> None:
    theirs = vulnerable()
    theirs = replace(theirs, marker=replace(theirs.marker, by="f" * 16))
    assert decided("success", GREEN, issues=(theirs,)).plans == ()
    (plan,) = decided("success", with_critical(VULNERABLE, result="passed"), issues=(theirs,)).plans
    assert (plan.deed, plan.why) == (Deed.KEEP, "another workflow keeps its issue")
    again = replace(theirs, closed=RUN.time - DAY)
    (plan,) = decided("success", with_critical(VULNERABLE, result="passed"), issues=(again,)).plans
    assert (plan.deed, marker_of(plan).by) == (Deed.REOPEN, KEY)


# --- nothing to do ---------------------------------------------------------------------------------


def test_what_is_not_reported_has_no_plan() -> None:
    assert decided("failure", nothing="The run was for 'topic'.").plans == ()
    denied = decided("failure", report(), denied="GitHub refuses")
    assert (denied.plans, denied.state) == ((), State.RED)
