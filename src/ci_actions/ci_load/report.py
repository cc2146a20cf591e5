"""Pure: outcome -> Report. What people read, in one place: each endpoint, thresholds, outputs, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from ci_actions.ci_load.config import Config
from ci_actions.ci_load.model import Entry, Numbers, Outcome
from ci_actions.ci_load.stats import down, percentile, up
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-load"
_ROWS = 100


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    code = Exit.CANNOT_JUDGE if outcome.problems else Exit.NOT_MET if outcome.complaints else Exit.PASSED
    numbers = outcome.numbers
    return Report(
        capability=NAME,
        result={Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}.get(code, Result.ERROR),
        exit_code=code,
        headline=f"{NAME}: {_headline(config, outcome)}",
        outputs={
            "requests": str(numbers.total.requests) if numbers else "",
            "requests-per-second": down(numbers.rate) if numbers else "",
            "p95-ms": "" if not numbers or numbers.p95 is None else str(numbers.p95),
            "error-rate": "" if not numbers or numbers.errors is None else up(numbers.errors),
            "report-dir": outcome.facts.folder,
        },
        annotations=tuple(
            Annotation(level=Level.ERROR, title=NAME, message=each)
            for each in (*outcome.problems, *outcome.complaints)
        ),
        summary=tuple(_summary(config, outcome)),
        next_step=_next_step(outcome),
        log=(f"{outcome.facts.locust} ({outcome.facts.how})",),
        details=_details(outcome),
        folder=outcome.facts.folder,
    )


def _headline(config: Config, outcome: Outcome) -> str:
    if outcome.problems:
        return "cannot judge"
    numbers = outcome.numbers
    assert numbers
    if not numbers.total.requests:
        return f"no request in {config.seconds} s"
    users = f"{config.users:,} {'user' if config.users == 1 else 'users'}"
    return (
        f"{'not kept' if outcome.complaints else 'kept'}: {down(numbers.rate)} requests a second by {users}, p95 "
        f"{_milliseconds(numbers.p95)}, {_errors(numbers)} failed"
    )


def _milliseconds(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,} ms"


def _errors(numbers: Numbers) -> str:
    return "none" if not numbers.errors else f"{up(numbers.errors)} %"


def _next_step(outcome: Outcome) -> str:
    if outcome.problems:
        return "look at what Locust said above; locust.log in the artifact has all of it"
    return "look at the slowest and the failing requests in the table" if outcome.complaints else ""


def _summary(config: Config, outcome: Outcome) -> Iterator[str]:
    if said := (*outcome.problems, *outcome.complaints):
        yield "\n".join(f"- {markdown.escape(each)}" for each in said)
    if outcome.numbers:
        yield _thresholds(config, outcome.numbers)
        rows = [_row(config, each) for each in outcome.numbers.entries]
        headers = ("Request", "Requests", "A second", "p95", "Failed")
        yield markdown.table(headers, rows, right=(1, 2, 3, 4), limit=_ROWS)
    elif outcome.facts.tail:
        body = "\n".join(f"    {markdown.plain(line)}" for line in outcome.facts.tail)
        yield markdown.details("The end of what Locust said", f"\n{body}\n")


def _thresholds(config: Config, numbers: Numbers) -> str:
    least, most = config.min_requests_per_second, config.max_p95_ms
    rows = [
        ["Requests a second", down(numbers.rate), "above 0" if least is None else f"at least {least}"],
        ["p95", _milliseconds(numbers.p95), "no limit" if most is None else f"at most {most} ms"],
        ["Failed", _errors(numbers), f"at most {config.max_error_rate} %"],
    ]
    return markdown.table(("", "Measured", "Asked for"), rows, right=(1,))


def _row(config: Config, entry: Entry) -> list[str]:
    return [
        markdown.code(f"{entry.method} {entry.name}".strip()),
        f"{entry.requests:,}",
        down(Decimal(entry.requests) / config.seconds),
        _milliseconds(percentile(entry.times)),
        f"{entry.failures:,}",
    ]


def _details(outcome: Outcome) -> Mapping[str, object]:
    numbers, facts = outcome.numbers, outcome.facts
    return {
        "locust": facts.locust,
        "environment": facts.how,
        "exit": facts.code,
        "seconds": round(facts.seconds, 3),
        "requests": numbers.total.requests if numbers else None,
        "failures": numbers.total.failures if numbers else None,
        "p95-ms": numbers.p95 if numbers else None,
        "endpoints": [
            {
                "method": each.method,
                "name": each.name,
                "requests": each.requests,
                "failures": each.failures,
                "p95-ms": percentile(each.times),
            }
            for each in (numbers.entries if numbers else ())
        ],
        "problems": list(outcome.problems),
        "complaints": list(outcome.complaints),
    }
