"""Pure: caches + the fate of their refs -> what is deleted. Never the newest of its kind on the default branch."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ci_actions.ci_caches.config import Config
from ci_actions.ci_caches.model import Cache, Facts, Fate, Outcome, Plan

DAY = 86_400.0
_PULL = re.compile(r"refs/pull/(\d+)/")
#: What tells caches of one kind apart: a digest, a number, a version, behind a sign that separates.
_LAST = re.compile(r"[-_@|:/.](?:[0-9a-f]{7,}|\d+|[^-_@|:/.]*)$", re.IGNORECASE)


def decide(config: Config, facts: Facts) -> Outcome:
    """Return what is deleted: of refs that are gone first, then what was unused longest, as many as may be."""
    kept = newest(facts.caches, f"refs/heads/{facts.default_branch}")
    found = [
        Plan(cache=each, why=why)
        for each in facts.caches
        if each.id not in kept and (why := _useless(config, facts, each))
    ]
    found.sort(
        key=lambda plan: (facts.fates.get(plan.cache.ref) is not Fate.GONE, plan.cache.used, plan.cache.id)
    )
    return Outcome(
        facts=facts,
        plans=tuple(found[: config.operations]),
        waiting=tuple(found[config.operations :]),
        kept=len(facts.caches) - len(found),
    )


def prefix(key: str) -> str:
    """Return the part of a key that all caches of one kind share: what `restore-keys` would find them by."""
    return _LAST.sub("", key) or key


def newest(caches: Iterable[Cache], ref: str) -> frozenset[int]:
    """Return the ids of the newest cache of each kind on a branch: the one that others start from."""
    found: dict[tuple[str, str], Cache] = {}
    for each in caches:
        if each.ref == ref:
            kind = (prefix(each.key), each.version)
            best = found.get(kind)
            if best is None or (each.created, each.id) > (best.created, best.id):
                found[kind] = each
    return frozenset(each.id for each in found.values())


def number(ref: str) -> int | None:
    """Return the number of the pull request that a ref belongs to, None for any other ref."""
    found = _PULL.match(ref)
    return int(found[1]) if found else None


def _useless(config: Config, facts: Facts, cache: Cache) -> str:
    """Return why nobody needs a cache any more, empty where somebody may."""
    if facts.fates.get(cache.ref) is Fate.GONE:
        pull = number(cache.ref)
        return f"pull request #{pull} is closed" if pull else f"{cache.ref} was deleted"
    days = int((facts.now - cache.used) // DAY)
    return f"nobody has used it for {days} days" if days >= config.days_unused else ""
