"""Edge: writes the comments that were decided on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci_actions.ci_comment.config import Config
from ci_actions.ci_comment.decide import unfit
from ci_actions.ci_comment.github import Repository
from ci_actions.ci_comment.model import Deed, Done, Outcome, Plan
from ci_actions.github.answers import DeniedError
from ci_actions.kit.run import Edges


def apply(config: Config, outcome: Outcome, edges: Edges[Config]) -> Outcome:
    """Return what was done on each pull request; a dry run does nothing."""
    if config.dry_run or not outcome.plans:
        return outcome
    facts = outcome.facts
    repository = Repository(edges.http, facts.run, edges.context.repository, config.comment_id)
    return replace(outcome, done=tuple(_done(outcome, repository)))


def _done(outcome: Outcome, repository: Repository) -> Iterator[Done]:
    for plan in outcome.plans:
        try:
            yield _carry_out(outcome, plan, repository)
        except DeniedError as denied:
            yield Done(pull=plan.pull, what="left", why=str(denied))


def _carry_out(outcome: Outcome, plan: Plan, repository: Repository) -> Done:
    if plan.deed is Deed.LEAVE:
        return Done(pull=plan.pull, what="left", why=plan.why)
    if plan.deed is Deed.KEEP and plan.comment:
        return Done(pull=plan.pull, what="unchanged", comment=plan.comment.id, url=plan.comment.url)
    # Between the question and the answer the branch may have moved on: then a newer run comments.
    if why := unfit(outcome.facts.run, repository.pull(plan.pull)):
        return Done(pull=plan.pull, what="left", why=why)
    if plan.comment and (updated := repository.update(plan.comment, plan.body)):
        return Done(pull=plan.pull, what="updated", comment=updated.id, url=updated.url)
    created = repository.create(plan.pull, plan.body)
    return Done(pull=plan.pull, what="created", comment=created.id, url=created.url)
