"""Edge: marks, unmarks and closes what was decided on, unless it has changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci_actions.ci_stale import words
from ci_actions.ci_stale.config import Config
from ci_actions.ci_stale.github import Issues
from ci_actions.ci_stale.model import Deed, Done, Outcome, Plan
from ci_actions.github import answers
from ci_actions.kit.errors import Unavailable
from ci_actions.kit.run import Edges


def apply(config: Config, outcome: Outcome, edges: Edges[Config]) -> Outcome:
    """Return what was done; a dry run does nothing. What GitHub refuses for one does not keep others from being done."""
    if config.dry_run or not outcome.plans:
        return outcome
    issues = Issues(edges.http, edges.context.repository)
    return replace(outcome, done=tuple(_done(config, outcome.plans, issues)))


def _done(config: Config, plans: tuple[Plan, ...], issues: Issues) -> Iterator[Done]:
    silent = ""
    for plan in plans:
        if silent:
            yield Done(plan=plan, left=silent)
            continue
        try:
            yield _carry_out(config, plan, issues)
        except answers.DeniedError as denied:
            yield Done(plan=plan, left=str(denied))
        except Unavailable as why:
            # Of a rate limit, or a server that is down, the next ones hear the same.
            silent = why.message
            yield Done(plan=plan, left=silent)


def _carry_out(config: Config, plan: Plan, issues: Issues) -> Done:
    number = plan.item.number
    now, is_open = issues.one(number)
    if not is_open:
        return Done(plan=plan, left="it was closed meanwhile")
    if now.updated != plan.item.updated:
        return Done(plan=plan, left="something happened to it meanwhile")
    if plan.deed is Deed.UNMARK:
        issues.unlabel(number, config.label)
    elif plan.deed is Deed.MARK:
        # Told before it is marked: the time runs from the label on.
        issues.comment(number, words.marked(config, plan))
        issues.label(number, config.label)
    else:
        issues.comment(number, words.closed(plan))
        issues.close(plan.item)
    return Done(plan=plan)
