"""Pure: outcome -> Report. What people read, in one place: flaky tests with their history, outputs, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from ci_actions.ci_flaky import history
from ci_actions.ci_flaky.config import Config
from ci_actions.ci_flaky.history import Moment, Past
from ci_actions.ci_flaky.model import Outcome, Seen
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Product, Report, Result

NAME = "ci-flaky"
_ROWS = 100
_NAMED = 3


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    return Report(
        capability=NAME,
        result=Result.PASSED if outcome.is_met else Result.FAILED,
        exit_code=Exit.PASSED if outcome.is_met else Exit.NOT_MET,
        headline=f"{NAME}: {_headline(outcome)}",
        outputs={"flaky": str(len(outcome.flaky)), "history-file": ""},
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        next_step=f"make {outcome.flaky[0].id} say the same each time" if outcome.flaky else "",
        log=tuple(f"flaky: {each.id}: {told(each.past)}" for each in outcome.flaky[:_ROWS]),
        details=_details(outcome),
        products=tuple(_products(config, outcome)),
    )


def _headline(outcome: Outcome) -> str:
    number = len(outcome.flaky)
    if not number:
        return f"none of {_counted(outcome.tests, 'test')} was flaky"
    return f"{number:,} of {_counted(outcome.tests, 'test')} passed only when run again"


def told(past: Past) -> str:
    """Return the past of a test as a sentence's end: `flaky 3 times and failed once in 42 runs since 2026-10-01 (0a1b2c3)`."""
    parts = [f"flaky {_times(past.flaky)}"] if past.flaky else []
    parts += [f"failed {_times(past.failures)}"] if past.failures else []
    return f"{' and '.join(parts)} in {_counted(past.runs, 'run')} since {_moment(past.first)}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _moment(moment: Moment) -> str:
    day = datetime.fromtimestamp(moment.at, UTC).date().isoformat()
    return f"{day} ({moment.commit[:7]})" if moment.commit else day


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _details(outcome: Outcome) -> Mapping[str, object]:
    return {
        "tests": outcome.tests,
        "flaky": [_as_json(each) for each in outcome.flaky],
        "failed": [_as_json(each) for each in outcome.failed],
        "flaky-before": [{"id": _text(name), "history": told(past)} for name, past in outcome.before],
        "warnings": list(outcome.warnings),
    }


def _as_json(each: Seen) -> Mapping[str, object]:
    return {
        "id": _text(each.id),
        "shards": list(each.shards),
        "message": _text(each.message),
        "history": told(each.past),
        "runs": each.past.runs,
        "failures": each.past.failures,
        "flaky": each.past.flaky,
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _products(config: Config, outcome: Outcome) -> Iterator[Product]:
    if config.history_out:
        found = outcome.history
        yield Product("history-file", "flaky.json", lambda: history.render(found), config.history_out)


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    if outcome.flaky:
        names = ", ".join(each.id for each in outcome.flaky[:_NAMED])
        more = f" and {len(outcome.flaky) - _NAMED:,} more" if len(outcome.flaky) > _NAMED else ""
        yield Annotation(
            level=Level.WARNING if outcome.is_met else Level.ERROR,
            title=f"{NAME}: flaky tests",
            message=f"Passed only when run again: {names}{more}.",
        )
    for each in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=each)


def _summary(outcome: Outcome) -> Iterator[str]:
    for title, found in (("Flaky test", outcome.flaky), ("Test that failed", outcome.failed)):
        if found:
            rows = [
                [
                    markdown.code(each.id),
                    markdown.escape(", ".join(each.shards)),
                    told(each.past),
                    markdown.escape(each.message),
                ]
                for each in found
            ]
            yield markdown.table((title, "In", "History", "What was wrong"), rows, limit=_ROWS)
    if outcome.before:
        rows = [[markdown.code(name), told(past)] for name, past in outcome.before]
        body = markdown.table(("Test", "History"), rows, limit=_ROWS)
        yield markdown.details(f"Flaky in earlier runs ({len(outcome.before)})", body)
    if outcome.warnings:
        yield "\n".join(f"- ⚠️ {markdown.escape(each)}" for each in outcome.warnings)
