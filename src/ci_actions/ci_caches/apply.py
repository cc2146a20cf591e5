"""Edge: deletes the caches that were decided on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci_actions.ci_caches.config import Config
from ci_actions.ci_caches.github import Caches
from ci_actions.ci_caches.model import Done, Outcome, Plan
from ci_actions.github import answers
from ci_actions.kit.errors import Unavailable
from ci_actions.kit.run import Edges


def apply(config: Config, outcome: Outcome, edges: Edges[Config]) -> Outcome:
    """Return what was done; a dry run does nothing."""
    if config.dry_run or not outcome.plans:
        return outcome
    return replace(outcome, done=tuple(_done(outcome.plans, Caches(edges.http, edges.context.repository))))


def _done(plans: tuple[Plan, ...], caches: Caches) -> Iterator[Done]:
    silent = ""
    for plan in plans:
        if not silent:
            try:
                caches.delete(plan.cache.id)
            except (answers.DeniedError, Unavailable) as why:
                # The next ones would hear the same.
                silent = str(why)
        yield Done(plan=plan, left=silent)
