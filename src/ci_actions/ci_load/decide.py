"""Pure: config + what Locust left -> the verdict. Nobody knows is never a pass, and neither is nothing asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci_actions.ci_load import stats
from ci_actions.ci_load.config import Config
from ci_actions.ci_load.model import Facts, Numbers, Outcome
from ci_actions.kit.strict import Unreadable

#: What Locust is told to end with where requests failed or its users raised: 1 is how Python ends with a traceback.
FAILURES = 43
#: How much of the time that was asked for Locust must have run.
_ENOUGH = 0.95


def decide(config: Config, facts: Facts) -> Outcome:
    """Return whether the server kept what was asked of it."""
    problems = tuple(_problems(config, facts))
    if problems:
        return Outcome(facts=facts, numbers=None, problems=problems)
    try:
        numbers = stats.numbers(facts.stats or b"", config.seconds)
        raised = stats.exceptions(facts.exceptions or b"")
    except Unreadable as wrong:
        said = f"What Locust left cannot be understood: {wrong}."
        return Outcome(facts=facts, numbers=None, problems=(said,))
    complaints = (*_unkept(config, numbers), *_besides(facts, numbers, raised))
    return Outcome(facts=facts, numbers=numbers, complaints=complaints)


def _problems(config: Config, facts: Facts) -> Iterator[str]:
    """Yield what keeps the run from a verdict, what explains the rest first."""
    said = _said(facts)
    if facts.code is None:
        yield f"Locust did not end although its {config.seconds} seconds were over, and was stopped.{said}"
    elif facts.code < 0:
        yield f"Locust was killed by signal {-facts.code}.{said}"
    elif facts.stats is None:
        yield f"Locust ended with exit code {facts.code} and left no statistics.{said}"
    elif facts.code in (1, 2):
        yield f"Locust itself failed (exit code {facts.code}).{said}"
    elif facts.seconds < config.seconds * _ENOUGH:
        yield (
            f"Locust ended after {facts.seconds:.1f} of {config.seconds} seconds: nobody knows how the rest would have gone."
            f"{said}"
        )


def _said(facts: Facts) -> str:
    """Return the last line of an error that Locust printed."""
    lines = [line.strip() for line in facts.tail if line.strip()]
    errors = [line for line in lines if "Error" in line or "error:" in line or "ERROR" in line]
    last = (errors or lines)[-1:]
    return f" It said: {last[0][:500]}" if last else ""


def _unkept(config: Config, numbers: Numbers) -> Iterator[str]:
    """Yield what the server did not keep; numbers are compared exactly."""
    total = numbers.total
    if not total.requests:
        yield "No request was made: nothing was loaded. Do the users of the locustfile have tasks that ask the server?"
        return
    if config.min_requests_per_second is not None and numbers.rate < config.min_requests_per_second:
        yield f"{stats.down(numbers.rate)} requests a second, but at least {config.min_requests_per_second} are asked for."
    if config.max_p95_ms is not None and (numbers.p95 is None or numbers.p95 > config.max_p95_ms):
        took = (
            "No request has a time"
            if numbers.p95 is None
            else f"95 of 100 requests took up to {numbers.p95:,} ms"
        )
        yield f"{took}, but at most {config.max_p95_ms} ms are allowed."
    if numbers.errors is not None and numbers.errors > config.max_error_rate:
        yield (
            f"{total.failures:,} of {total.requests:,} requests failed ({stats.up(numbers.errors)} %), "
            f"but at most {config.max_error_rate} % may."
        )


def _besides(facts: Facts, numbers: Numbers, raised: Mapping[str, int]) -> Iterator[str]:
    """Yield what went wrong beside the requests."""
    if raised:
        first, count = max(raised.items(), key=lambda each: (each[1], each[0]))
        others = f", and {len(raised) - 1} more" if len(raised) > 1 else ""
        yield f"The locustfile itself raised '{first[:200]}' {count:,} times{others}: those users asked nothing."
    elif facts.code == FAILURES and not numbers.total.failures:
        yield "Locust tells of errors although no request failed: the locustfile itself raised something."
    elif facts.code not in (0, FAILURES):
        yield f"Locust ended with exit code {facts.code}: the locustfile decides so itself."
    if facts.server and facts.server.code is not None:
        yield f"The server ended under load, with exit code {facts.server.code}.{_last(facts.server.tail)}"


def _last(tail: tuple[str, ...]) -> str:
    lines = [line.strip() for line in tail if line.strip()]
    return f" It said: {lines[-1][:500]}" if lines else ""
