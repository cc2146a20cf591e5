"""Pure: outcome -> Report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ci_actions.ci_comment.config import Config
from ci_actions.ci_comment.model import Deed, Done, Outcome, Plan
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Product, Report, Result

NAME = "ci-comment"
_WOULD = {Deed.CREATE: "would be created", Deed.UPDATE: "would be updated", Deed.KEEP: "unchanged"}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    done = _deeds(outcome)
    result, code = _result(outcome, done)
    return Report(
        capability=NAME,
        result=result,
        exit_code=code,
        headline=f"{NAME}: {_headline(outcome, done)}",
        outputs={"comments-json": json.dumps([_as_json(each) for each in done]), "comment-file": ""},
        annotations=tuple(_annotations(outcome, done)),
        summary=tuple(_summary(outcome, done)),
        next_step=_next_step(outcome),
        log=tuple(_log(outcome, done)),
        details=_details(config, outcome, done),
        products=(Product("comment-file", "comment.md", lambda: outcome.body),) if outcome.body else (),
    )


def _deeds(outcome: Outcome) -> tuple[Done, ...]:
    """Return what was done, in a dry run what would be."""
    if outcome.done is not None:
        return tuple(outcome.done)
    return tuple(_would(plan) for plan in outcome.plans)


def _would(plan: Plan) -> Done:
    if plan.deed is Deed.LEAVE:
        return Done(pull=plan.pull, what="left", why=plan.why)
    comment = plan.comment
    return Done(
        pull=plan.pull,
        what=_WOULD[plan.deed],
        comment=comment.id if comment else 0,
        url=comment.url if comment else "",
    )


def _result(outcome: Outcome, done: tuple[Done, ...]) -> tuple[Result, Exit]:
    if outcome.facts.refused:
        return Result.ERROR, Exit.CANNOT_JUDGE
    written = any(each.what != "left" for each in done)
    return Result.PASSED if written else Result.SKIPPED, Exit.PASSED


def _headline(outcome: Outcome, done: tuple[Done, ...]) -> str:
    facts = outcome.facts
    said = [f"comment on #{each.pull} {each.what}" for each in done if each.what != "left"]
    if facts.refused:
        count = len(facts.refused)
        said.insert(0, "1 result was refused" if count == 1 else f"{count} results were refused")
    if said:
        return ", ".join(said)
    return f"no comment. {(facts.nothing or facts.denied or _left(done[0])).rstrip('.')}"


def _left(done: Done) -> str:
    return f"#{done.pull} is left as it is: {done.why}"


def _next_step(outcome: Outcome) -> str:
    if not outcome.facts.refused:
        return ""
    return "see who made the artifacts of that run; with actions of ours, call all of them and comment.yml by one version"


def _annotations(outcome: Outcome, done: tuple[Done, ...]) -> Iterator[Annotation]:
    facts = outcome.facts
    for refused in facts.refused:
        yield Annotation(
            level=Level.ERROR, title=f"{NAME}: refused", message=f"{refused.name}: {refused.why}."
        )
    for said in filter(None, (facts.nothing, facts.denied)):
        yield Annotation(level=Level.NOTICE, title=f"{NAME}: no comment", message=said)
    for each in done:
        if each.what == "left":
            yield Annotation(level=Level.NOTICE, title=f"{NAME}: no comment", message=f"{_left(each)}")


def _summary(outcome: Outcome, done: tuple[Done, ...]) -> Iterator[str]:
    facts = outcome.facts
    if facts.refused:
        yield "\n".join(f"- {markdown.escape(f'{each.name}: {each.why}')}" for each in facts.refused)
    rows = [
        [
            f"#{each.pull}",
            markdown.link(each.what, each.url) if each.url else each.what,
            markdown.escape(each.why),
        ]
        for each in done
    ]
    if rows:
        yield markdown.table(("Pull request", "Comment", "Why"), rows)
    run = facts.run
    yield f"For {markdown.link(f'run {run.number}', run.url)} of {run.head}."


def _log(outcome: Outcome, done: tuple[Done, ...]) -> Iterator[str]:
    run = outcome.facts.run
    yield f"run {run.number} ({run.url}) of {run.head}, {run.event}, {run.conclusion}"
    for payload in outcome.facts.payloads:
        yield f"payload of {payload.capability}: {payload.result}"
    for each in done:
        yield f"#{each.pull}: {each.what}{f', {each.url}' if each.url else ''}{f', {each.why}' if each.why else ''}"


def _details(config: Config, outcome: Outcome, done: tuple[Done, ...]) -> Mapping[str, object]:
    facts = outcome.facts
    return {
        "run": facts.run.id,
        "attempt": facts.run.attempt,
        "head": facts.run.head,
        "comment-id": config.comment_id,
        "payloads": [each.capability for each in facts.payloads],
        "refused": [{"name": each.name, "why": each.why} for each in facts.refused],
        "nothing": facts.nothing,
        "denied": facts.denied,
        "comments": [_as_json(each) for each in done],
    }


def _as_json(done: Done) -> Mapping[str, object]:
    return {
        "pull-request": done.pull,
        "comment": done.comment or None,
        "url": done.url,
        "done": done.what,
        "why": done.why,
    }
