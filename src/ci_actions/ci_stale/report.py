"""Pure: outcome -> Report. What was done, or would be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from ci_actions.ci_stale.config import Config
from ci_actions.ci_stale.model import Deed, Done, Outcome
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-stale"
ROWS = 100


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says. What could not be done is not green."""
    done = _done(outcome)
    counts = Counter(each.plan.deed for each in done if not each.left)
    code = _code(outcome)
    return Report(
        capability=NAME,
        result=Result.PASSED if code is Exit.PASSED else Result.ERROR,
        exit_code=code,
        headline=f"{NAME}: {_headline(config, outcome, counts)}",
        outputs={
            "done-json": json.dumps([_as_json(each) for each in done]),
            "marked": str(counts[Deed.MARK]),
            "closed": str(counts[Deed.CLOSE]),
            "kept": str(counts[Deed.UNMARK]),
            "left-over": str(len(outcome.waiting)),
        },
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        details={
            "dry-run": config.dry_run,
            "deeds": [_as_json(each) for each in done],
            "waiting": [each.item.number for each in outcome.waiting],
            "spared": dict(outcome.spared),
            "unknown": {str(number): why for number, why in outcome.facts.unknown.items()},
        },
        folder=config.report_dir,
    )


def _done(outcome: Outcome) -> list[Done]:
    if outcome.done is not None:
        return list(outcome.done)
    return [Done(plan=plan) for plan in outcome.plans]


def _code(outcome: Outcome) -> Exit:
    if outcome.facts.denied or outcome.facts.unknown:
        return Exit.UNAVAILABLE
    meanwhile = ("it was closed meanwhile", "something happened to it meanwhile")
    failed = any(each.left and each.left not in meanwhile for each in outcome.done or ())
    return Exit.UNAVAILABLE if failed else Exit.PASSED


def _headline(config: Config, outcome: Outcome, counts: Counter[Deed]) -> str:
    if outcome.facts.denied:
        return f"nothing could be looked at. {outcome.facts.denied}"
    said = ", ".join(f"{counts[deed]} to {deed.value}" for deed in Deed if counts[deed])
    if config.dry_run:
        return f"a dry run: {said or 'nothing to do'}"
    done = {Deed.MARK: "marked", Deed.CLOSE: "closed", Deed.UNMARK: "unmarked"}
    said = ", ".join(f"{counts[deed]} {done[deed]}" for deed in Deed if counts[deed])
    waiting = f", {len(outcome.waiting)} left for the next run" if outcome.waiting else ""
    return f"{said or 'nothing was done'}{waiting}"


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    if outcome.facts.denied:
        yield Annotation(level=Level.ERROR, title=NAME, message=outcome.facts.denied)
    for each in outcome.done or ():
        if each.left:
            yield Annotation(
                level=Level.WARNING,
                title=NAME,
                message=f"#{each.plan.item.number} was left alone: {each.left}.",
            )
    for number, why in outcome.facts.unknown.items():
        yield Annotation(level=Level.ERROR, title=NAME, message=f"#{number} could not be looked at: {why}.")


def _summary(outcome: Outcome) -> Iterator[str]:
    rows = [
        [
            markdown.link(f"#{each.plan.item.number}", each.plan.item.url)
            if each.plan.item.url.startswith("https://")
            else f"#{each.plan.item.number}",
            markdown.escape(each.plan.item.title),
            each.plan.deed.value,
            markdown.escape(f"left alone: {each.left}" if each.left else each.plan.why),
        ]
        for each in _done(outcome)
    ]
    if rows:
        yield markdown.table(("Which", "Title", "Deed", "Why"), rows, limit=ROWS)
    if outcome.spared:
        listed = "\n".join(
            f"- {count} {markdown.escape(why)}" for why, count in sorted(outcome.spared.items())
        )
        yield markdown.details(f"Never touched ({sum(outcome.spared.values())})", listed)


def _as_json(each: Done) -> dict[str, object]:
    return {
        "number": each.plan.item.number,
        "kind": "pull-request" if each.plan.item.is_pull else "issue",
        "deed": each.plan.deed.value,
        "why": each.plan.why,
        "left": each.left,
    }
