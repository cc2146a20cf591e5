"""Pure: outcome -> Report. What was deleted, or would be."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ci_actions.ci_caches.config import Config
from ci_actions.ci_caches.model import Done, Outcome
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-caches"
ROWS = 100


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says. What could not be done is not green."""
    done = _done(outcome)
    gone = [each for each in done if not each.left]
    failed = bool(outcome.facts.denied) or len(gone) < len(done)
    code = Exit.UNAVAILABLE if failed else Exit.PASSED
    return Report(
        capability=NAME,
        result=Result.ERROR if failed else Result.PASSED,
        exit_code=code,
        headline=f"{NAME}: {_headline(config, outcome, gone)}",
        outputs={
            "deleted-json": json.dumps([_as_json(each) for each in done]),
            "deleted": str(len(gone)),
            "bytes": str(sum(each.plan.cache.size for each in gone)),
            "left-over": str(len(outcome.waiting)),
        },
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        details={
            "dry-run": config.dry_run,
            "caches": len(outcome.facts.caches),
            "kept": outcome.kept,
            "deleted": [_as_json(each) for each in done],
            "problems": list(outcome.facts.problems),
        },
        folder=config.report_dir,
    )


def _done(outcome: Outcome) -> list[Done]:
    if outcome.done is not None:
        return list(outcome.done)
    return [Done(plan=plan) for plan in outcome.plans]


def _headline(config: Config, outcome: Outcome, gone: list[Done]) -> str:
    if outcome.facts.denied:
        return f"nothing could be looked at. {outcome.facts.denied}"
    count, size = len(gone), sum(each.plan.cache.size for each in gone)
    caches = f"{count} {'cache' if count == 1 else 'caches'} of {len(outcome.facts.caches)}"
    waiting = f", {len(outcome.waiting)} left for the next run" if outcome.waiting else ""
    if not count:
        return f"nothing to delete, {len(outcome.facts.caches)} caches are in use"
    said = f"a dry run: {caches} to delete" if config.dry_run else f"{caches} deleted"
    return f"{said}, {shown(size)}{waiting}"


def shown(size: int) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} GiB"


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    if outcome.facts.denied:
        yield Annotation(level=Level.ERROR, title=NAME, message=outcome.facts.denied)
    for problem in outcome.facts.problems:
        yield Annotation(level=Level.WARNING, title=NAME, message=f"{problem}.")
    left = [each for each in outcome.done or () if each.left]
    if left:
        yield Annotation(
            level=Level.ERROR, title=NAME, message=f"{len(left)} could not be deleted: {left[0].left}."
        )


def _summary(outcome: Outcome) -> Iterator[str]:
    rows = [
        [
            markdown.code(each.plan.cache.key),
            markdown.code(each.plan.cache.ref),
            shown(each.plan.cache.size),
            markdown.escape(f"left: {each.left}" if each.left else each.plan.why),
        ]
        for each in _done(outcome)
    ]
    if rows:
        yield markdown.table(("Key", "Of", "Size", "Why"), rows, right=(2,), limit=ROWS)


def _as_json(each: Done) -> dict[str, object]:
    cache = each.plan.cache
    return {
        "id": cache.id,
        "key": cache.key,
        "ref": cache.ref,
        "bytes": cache.size,
        "why": each.plan.why,
        "left": each.left,
    }
