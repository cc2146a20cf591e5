"""Edge: writes the issues that were decided on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci_actions.ci_report_issue import decide
from ci_actions.ci_report_issue.config import Config
from ci_actions.ci_report_issue.github import Repository
from ci_actions.ci_report_issue.model import Deed, Done, Issue, Outcome, Plan
from ci_actions.github.answers import DeniedError
from ci_actions.kit.run import Edges


def apply(config: Config, outcome: Outcome, edges: Edges[Config]) -> Outcome:
    """Return what was done about each subject; a dry run does nothing."""
    if config.dry_run or not outcome.plans:
        return outcome
    repository = Repository(edges.http, edges.context.repository, config.label)
    done: list[Done] = []
    for plan in outcome.plans:
        try:
            done += _carry_out(plan, repository)
        except DeniedError as denied:
            done.append(_done(plan, plan.issue, deed=Deed.LEAVE, why=str(denied)))
    return replace(outcome, done=tuple(done))


def _carry_out(plan: Plan, repository: Repository) -> Iterator[Done]:
    if plan.deed is Deed.CREATE:
        yield from _create(plan, repository)
        return
    if plan.issue and plan.deed not in (Deed.KEEP, Deed.LEAVE):
        _write(plan, plan.issue, repository)
        if plan.comment:
            repository.comment(plan.issue, plan.comment)
    yield _done(plan, plan.issue)


def _create(plan: Plan, repository: Repository) -> Iterator[Done]:
    """Open an issue; where another run has opened one at the same time, the older of both is kept."""
    made = repository.create(plan.title, plan.body)
    same = [each for each in repository.issues() if each.open and each.marker.key == plan.key]
    kept = min((made, *same), key=lambda each: each.number)
    yield _done(plan, made)
    if kept.number != made.number:
        yield from _carry_out(decide.duplicate(made, kept), repository)


def _write(plan: Plan, issue: Issue, repository: Repository) -> None:
    if plan.deed is Deed.UPDATE:
        repository.write(issue, plan.body)
    elif plan.deed is Deed.REOPEN:
        repository.reopen(issue, plan.body)
    elif plan.deed is Deed.CLOSE:
        repository.close(issue, plan.body)
    else:
        assert plan.kept
        repository.close_as_duplicate(issue, plan.kept)


def _done(plan: Plan, issue: Issue | None, *, deed: Deed | None = None, why: str = "") -> Done:
    return Done(
        about=plan.about,
        key=plan.key,
        deed=deed or plan.deed,
        number=issue.number if issue else 0,
        url=issue.url if issue else "",
        why=why or plan.why,
    )
