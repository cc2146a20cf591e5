"""Pure: outcome -> Report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ci_actions.ci_report_issue.config import Config
from ci_actions.ci_report_issue.model import Deed, Done, Outcome, State
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Product, Report, Result

NAME = "ci-report-issue"


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says. That the workflow is red is no failure of the one that reports it."""
    done = _deeds(outcome)
    result, code = _result(outcome, done)
    own = next(
        (each.url for each in done if each.key == outcome.facts.key and each.deed is not Deed.DUPLICATE), ""
    )
    return Report(
        capability=NAME,
        result=result,
        exit_code=code,
        headline=f"{NAME}: {_headline(config, outcome, done)}",
        outputs={"issues-json": json.dumps([_as_json(each) for each in done]), "issue": own},
        annotations=tuple(_annotations(outcome, done)),
        summary=tuple(_summary(config, outcome, done)),
        next_step=_next_step(outcome),
        log=tuple(_log(config, outcome, done)),
        details=_details(config, outcome, done),
        products=(Product("", "issue.md", lambda: outcome.text),) if outcome.text else (),
    )


def _deeds(outcome: Outcome) -> tuple[Done, ...]:
    """Return what was done, in a dry run what would be."""
    if outcome.done is not None:
        return tuple(outcome.done)
    return tuple(
        Done(
            about=plan.about,
            key=plan.key,
            deed=plan.deed,
            number=plan.issue.number if plan.issue else 0,
            url=plan.issue.url if plan.issue else "",
            why=plan.why,
        )
        for plan in outcome.plans
    )


def _result(outcome: Outcome, done: tuple[Done, ...]) -> tuple[Result, Exit]:
    if outcome.facts.refused:
        return Result.ERROR, Exit.CANNOT_JUDGE
    said = not (outcome.facts.nothing or outcome.facts.denied) and outcome.state is not State.UNKNOWN
    left = done and all(each.deed is Deed.LEAVE for each in done)
    return Result.PASSED if said and not left else Result.SKIPPED, Exit.PASSED


def _headline(config: Config, outcome: Outcome, done: tuple[Done, ...]) -> str:
    facts = outcome.facts
    if facts.nothing or facts.denied:
        said = [f"no issue. {(facts.nothing or facts.denied).rstrip('.')}"]
    else:
        said = [_said(config, each) for each in done]
    if facts.refused:
        count = len(facts.refused)
        said.insert(0, "1 report was refused" if count == 1 else f"{count} reports were refused")
    if said:
        return ", ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")
    return f"{facts.run.workflow} is {outcome.state.value}, and no issue is open"


def _said(config: Config, done: Done) -> str:
    which = f"issue #{done.number}" if done.number else "an issue"
    if done.deed is Deed.LEAVE:
        return f"{which} left as it is: {done.why}" if done.number else f"no issue: {done.why}"
    would = "would be " if config.dry_run and done.deed is not Deed.KEEP else ""
    return f"{which} {would}{done.deed.value}"


def _next_step(outcome: Outcome) -> str:
    if not outcome.facts.refused:
        return ""
    return "see who made the artifacts of that run; call all of our workflows by one version"


def _annotations(outcome: Outcome, done: tuple[Done, ...]) -> Iterator[Annotation]:
    facts = outcome.facts
    for refused in facts.refused:
        yield Annotation(
            level=Level.ERROR, title=f"{NAME}: refused", message=f"{refused.name}: {refused.why}."
        )
    for said in filter(None, (facts.nothing, facts.denied)):
        yield Annotation(level=Level.NOTICE, title=f"{NAME}: no issue", message=said)
    for each in done:
        if each.deed is Deed.LEAVE:
            which = f"#{each.number} is left as it is" if each.number else "There is no issue"
            yield Annotation(
                level=Level.NOTICE, title=f"{NAME}: {each.about}", message=f"{which}: {each.why}."
            )


def _summary(config: Config, outcome: Outcome, done: tuple[Done, ...]) -> Iterator[str]:
    facts = outcome.facts
    if facts.refused:
        yield "\n".join(f"- {markdown.escape(f'{each.name}: {each.why}')}" for each in facts.refused)
    if not facts.nothing:
        why = f": {markdown.escape(outcome.why)}" if outcome.why else ""
        yield f"{markdown.code(facts.run.workflow)} is {outcome.state.value}{why}."
    would = "would be " if config.dry_run else ""
    rows = [
        [
            markdown.code(each.about),
            markdown.link(f"#{each.number}", each.url) if each.number else "",
            (would if each.deed not in (Deed.KEEP, Deed.LEAVE) else "") + each.deed.value,
            markdown.escape(each.why),
        ]
        for each in done
    ]
    if rows:
        yield markdown.table(("About", "Issue", "Done", "Why"), rows)
    # Where the token may not write it, it can be read here.
    if outcome.text and not any(each.number and each.key == facts.key for each in done):
        yield outcome.text.partition("\n")[2].strip()


def _log(config: Config, outcome: Outcome, done: tuple[Done, ...]) -> Iterator[str]:
    facts = outcome.facts
    yield f"run {facts.run.number} ({facts.run.url}) of {facts.run.head} ended as {config.result}"
    for report in facts.reports:
        yield f"report '{report.title}': {report.result}, {len(report.sections)} sections"
    for each in done:
        where = f", {each.url}" if each.url else ""
        yield f"{each.about}: {each.deed.value}{where}{f', {each.why}' if each.why else ''}"


def _details(config: Config, outcome: Outcome, done: tuple[Done, ...]) -> Mapping[str, object]:
    facts = outcome.facts
    return {
        "run": facts.run.id,
        "attempt": facts.run.attempt,
        "head": facts.run.head,
        "result": config.result,
        "state": outcome.state.value,
        "why": outcome.why,
        "key": facts.key,
        "reports": [{"title": each.title, "result": each.result} for each in facts.reports],
        "refused": [{"name": each.name, "why": each.why} for each in facts.refused],
        "nothing": facts.nothing,
        "denied": facts.denied,
        "issues": [_as_json(each) for each in done],
    }


def _as_json(done: Done) -> Mapping[str, object]:
    return {
        "about": done.about,
        "issue": done.number or None,
        "url": done.url,
        "done": done.deed.value,
        "why": done.why,
    }
