"""Pure: outcome -> Report. What people read, in one place: services, their last lines, outputs, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci_actions.ci_compose.config import Config
from ci_actions.ci_compose.model import Outcome, Service
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-compose"
_LINES = 30


def report(_: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    code = Exit.CANNOT_JUDGE if outcome.problems else Exit.NOT_MET if outcome.complaints else Exit.PASSED
    facts = outcome.facts
    return Report(
        capability=NAME,
        result={Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}.get(code, Result.ERROR),
        exit_code=code,
        headline=f"{NAME}: {_headline(outcome)}",
        outputs={
            "services": str(len(_services(outcome))),
            "project": facts.project,
            "report-dir": facts.folder,
        },
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        next_step="the log of each service is in the artifact, in logs/"
        if outcome.problems or outcome.complaints
        else "",
        log=(
            f"{facts.compose}, project {facts.project}",
            *(f"{each.name}: {each.shown}" for each in _services(outcome)),
        ),
        details=_details(outcome),
        folder=facts.folder,
    )


def _services(outcome: Outcome) -> tuple[Service, ...]:
    return outcome.facts.after or outcome.facts.ready


def _headline(outcome: Outcome) -> str:
    if outcome.problems:
        return "cannot judge"
    command = outcome.facts.command
    assert command
    number = len(_services(outcome))
    services = f"{number:,} {'service' if number == 1 else 'services'}"
    verdict = "failed" if outcome.complaints else "passed"
    return (
        f"{verdict} against {services} in {command.seconds:.1f} s, ready after {outcome.facts.waited:.1f} s"
    )


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    for each in (*outcome.problems, *outcome.complaints):
        yield Annotation(level=Level.ERROR, title=NAME, message=each)
    for each in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=each)


def _summary(outcome: Outcome) -> Iterator[str]:
    if said := (*outcome.problems, *outcome.complaints):
        yield "\n".join(f"- {markdown.escape(each)}" for each in said)
    if services := _services(outcome):
        rows = [[markdown.code(each.name), markdown.escape(each.shown)] for each in services]
        yield markdown.table(("Service", "State"), rows, limit=100)
    if outcome.warnings:
        yield "\n".join(f"- ⚠️ {markdown.escape(each)}" for each in outcome.warnings)
    if outcome.problems or outcome.complaints:
        for log in outcome.facts.logs:
            if log.tail:
                body = "\n".join(f"    {markdown.plain(line)}" for line in log.tail[-_LINES:])
                yield markdown.details(f"The end of the log of {log.service}", f"\n{body}\n")


def _details(outcome: Outcome) -> Mapping[str, object]:
    facts = outcome.facts
    return {
        "compose": facts.compose,
        "project": facts.project,
        "services": [
            {"name": each.name, "state": each.state, "exit": each.code, "health": each.health}
            for each in _services(outcome)
        ],
        "silent": [{"endpoint": where, "why": why} for where, why in facts.silent],
        "waited": round(facts.waited, 3),
        "command-exit": facts.command.code if facts.command else None,
        "logs": [each.file for each in facts.logs],
        "left": list(facts.left),
        "problems": list(outcome.problems),
        "complaints": list(outcome.complaints),
        "warnings": list(outcome.warnings),
    }
