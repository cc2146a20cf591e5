"""Pure: facts -> what becomes of each issue."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ci_actions.ci_report_issue import render
from ci_actions.ci_report_issue.config import Config
from ci_actions.ci_report_issue.model import (
    Critical,
    Deed,
    Facts,
    Issue,
    IssueReport,
    Marker,
    Outcome,
    Plan,
    Run,
    State,
)

DAY = 86_400
#: Sections of which the marker remembers that they were red.
_REMEMBERED = 100


def key_of(workflow: str, name: str) -> str:
    """Return what the issue of a workflow is found by."""
    return hashlib.sha256(f"{workflow}\0{name}".encode("utf-8", "replace")).hexdigest()[:16]


def critical_key(id: str) -> str:
    """Return what the issue of a vulnerability is found by; databases write ids in capitals and without."""
    return f"critical-{hashlib.sha256(id.upper().encode()).hexdigest()[:16]}"


def decide(config: Config, facts: Facts) -> Outcome:
    """Return one plan for each subject: the workflow itself, and every critical vulnerability."""
    if facts.nothing:
        return Outcome(facts=facts)
    state, why = verdict(config.result, facts.reports, refused=len(facts.refused))
    outcome = Outcome(facts=facts, state=state, why=why)
    own = _of_workflow(config, facts, state, why)
    outcome = replace(outcome, text=own.body if own and state is State.RED else "")
    if facts.denied:
        return outcome
    plans = (own, *_of_criticals(config, facts), *_duplicates(facts.issues))
    return replace(outcome, plans=tuple(filter(None, plans)))


def verdict(result: str, reports: Sequence[IssueReport], *, refused: int = 0) -> tuple[State, str]:
    """Return what is known of a run that ended with this result, and why."""
    if result in ("cancelled", "skipped"):
        return State.UNKNOWN, f"the run was {result}"
    if result == "failure":
        return State.RED, "the run ended as failure"
    if any(each.red for each in reports):
        return State.RED, "its report is red"
    if refused:
        return State.UNKNOWN, "a report was refused"
    if others := sorted({each.result for each in reports if not each.green}):
        return State.UNKNOWN, f"its report is {' and '.join(others)}"
    return State.GREEN, "the run ended as success"


# --- one subject -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """What an issue is about, and what is to be said of it where it is red."""

    about: str
    key: str
    state: State
    why: str
    sections: Mapping[str, str]
    closed: str


def _of_workflow(config: Config, facts: Facts, state: State, why: str) -> Plan | None:
    run = facts.run
    subject = _Subject(
        about=f"{run.workflow} ({config.name})" if config.name else run.workflow,
        key=facts.key,
        state=state,
        why=why,
        sections=_red_sections(facts.reports),
        closed=render.closed(run),
    )

    def text(marker: Marker) -> str:
        return render.body(run, config.name, marker, why, facts.reports, refused=len(facts.refused))

    return _plan(config, facts, subject, render.title(run, config.name), text)


def _of_criticals(config: Config, facts: Facts) -> Iterator[Plan | None]:
    run = facts.run
    found: dict[str, Critical] = {}
    for report in facts.reports:
        for each in report.critical or ():
            found.setdefault(critical_key(each.id), each)
    for key, each in found.items():
        yield _of_critical(config, facts, key, each)
    complete = bool(facts.reports) and not facts.refused and all(each.complete for each in facts.reports)
    for issue in facts.issues:
        # Another workflow that scans something else may still find what it has reported.
        mine = issue.marker.by == facts.key and issue.marker.key.startswith("critical-")
        if mine and issue.open and issue.marker.key not in found:
            subject = _Subject(
                about=issue.title,
                key=issue.marker.key,
                state=State.GREEN if complete else State.UNKNOWN,
                why="it is found no more" if complete else "no complete report says that it is gone",
                sections={},
                closed=render.critical_closed(run),
            )
            yield _plan(config, facts, subject, issue.title, render.first_line)


def _of_critical(config: Config, facts: Facts, key: str, found: Critical) -> Plan | None:
    subject = _Subject(about=found.id, key=key, state=State.RED, why="it is found", sections={}, closed="")
    return _plan(
        config,
        facts,
        subject,
        render.critical_title(found),
        lambda marker: render.critical_body(facts.run, marker, found),
    )


def _plan(
    config: Config, facts: Facts, subject: _Subject, title: str, text: Callable[[Marker], str]
) -> Plan | None:
    """Return what becomes of the issue of a subject, None where there is none and none is needed."""
    former = _former(facts.issues, subject.key)
    plan = Plan(about=subject.about, key=subject.key, deed=Deed.LEAVE, issue=former, why=subject.why)
    if former and former.marker.order > facts.run.order:
        return replace(plan, why="its issue is of a newer run")
    if subject.state is State.UNKNOWN:
        return plan
    if subject.state is State.GREEN:
        return _closing(plan, facts.run, subject) if former and former.open else None
    if former and former.open and (why := _kept(facts, former.marker)):
        return replace(plan, deed=Deed.KEEP, why=why)
    return _reddening(config, facts, subject, replace(plan, title=title), text)


def _kept(facts: Facts, marker: Marker) -> str:
    """Return why an open issue of something red stays as it is, "" when it does not."""
    if marker.by not in ("", facts.key):
        return "another workflow keeps its issue"
    return "this run is written down already" if marker.order == facts.run.order else ""


def _reddening(
    config: Config, facts: Facts, subject: _Subject, plan: Plan, text: Callable[[Marker], str]
) -> Plan:
    """Return how it is said that something is red."""
    run, former = facts.run, plan.issue
    issue = former if former and (former.open or _recent(config, former, run.time)) else None
    plan = replace(plan, issue=issue, body=text(_marker(facts, subject, former, goes_on=issue is not None)))
    if issue is None:
        return replace(plan, deed=Deed.CREATE)
    if not issue.open:
        return replace(plan, deed=Deed.REOPEN, comment=render.reopened(run))
    return replace(plan, deed=Deed.UPDATE, comment=_news(run, subject, issue.marker))


def _closing(plan: Plan, run: Run, subject: _Subject) -> Plan:
    assert plan.issue
    before = plan.issue.marker
    marker = replace(
        before,
        run=run.id,
        attempt=run.attempt,
        head=run.head,
        first_head=before.first_head or run.head,
        by=before.by or subject.key,
        green=run.head,
        reds=0,
        sections=(),
    )
    text = render.with_marker(plan.issue.body, marker)
    return replace(plan, deed=Deed.CLOSE, body=text, comment=subject.closed)


def _marker(facts: Facts, subject: _Subject, former: Issue | None, *, goes_on: bool) -> Marker:
    """Return the marker of a red run; without a red run before, or long after it, this is the first."""
    run, before = facts.run, former.marker if former else Marker(key=subject.key)
    made = Marker(
        key=subject.key,
        by=facts.key,
        run=run.id,
        attempt=run.attempt,
        head=run.head,
        first_run=run.id,
        first_head=run.head,
        first_time=run.time,
        green=before.green,
        reds=1,
        sections=_remembered(subject.sections),
    )
    if not (goes_on and before.reds):
        return made
    return replace(
        made,
        first_run=before.first_run,
        first_head=before.first_head,
        first_time=before.first_time,
        # Another attempt is the same run.
        reds=before.reds + (before.run != run.id),
    )


def _news(run: Run, subject: _Subject, before: Marker) -> str:
    """Return the comment on what is red now and was not, or no longer is; nothing where that is the same."""
    now = _remembered(subject.sections)
    if not before.run or now == before.sections:
        return ""
    new = [subject.sections[each] for each in subject.sections if each in set(now) - set(before.sections)]
    return render.changed(run, new, len(set(before.sections) - set(now)))


def _remembered(sections: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(sections)[:_REMEMBERED])


def _red_sections(reports: Sequence[IssueReport]) -> Mapping[str, str]:
    """Return the titles of the sections that are red, by their digests."""
    found = {
        _digest(f"{report.title}\0{section.title}"): section.title
        for report in reports
        if not report.green
        for section in report.sections
        if section.rows
    }
    return found or {_digest(""): "the run, without a report"}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


# --- which issue -----------------------------------------------------------------------------------


def _former(issues: Sequence[Issue], key: str) -> Issue | None:
    """Return the issue of a subject: the oldest that is open, else the one that was closed last."""
    mine = [each for each in issues if each.marker.key == key and not each.duplicate]
    still = [each for each in mine if each.open]
    if still:
        return min(still, key=lambda each: each.number)
    return max(mine, key=lambda each: (each.closed, each.number), default=None)


def _recent(config: Config, issue: Issue, now: int) -> bool:
    return now - issue.closed <= config.reopen_days * DAY


def _duplicates(issues: Sequence[Issue]) -> Iterator[Plan]:
    """Yield what becomes of issues that two runs have opened at the same time: the oldest of each subject is kept."""
    for issue in issues:
        kept = _former(issues, issue.marker.key)
        if issue.open and kept and kept.number != issue.number:
            yield duplicate(issue, kept)


def duplicate(issue: Issue, kept: Issue) -> Plan:
    """Return how the younger of two issues of one subject is closed."""
    return Plan(
        about=issue.title,
        key=issue.marker.key,
        deed=Deed.DUPLICATE,
        issue=issue,
        comment=render.duplicate(kept.number),
        kept=kept,
        why=f"#{kept.number} is older",
    )
