"""Pure: the files of Locust -> numbers. Strict: what is not understood is not believed.

https://docs.locust.io/en/stable/configuration.html (`--json-file`, `--csv`). The CSV of statistics is not read: Locust writes
it once a second, and the last one is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from fractions import Fraction

from ci_actions.ci_load.model import Entry, Numbers
from ci_actions.kit.strict import Unreadable, a_text, a_whole_number, an_object, parsed

#: Locust's own, for the percentile that is judged.
_PERCENT = 95
_CENT = Decimal("0.01")


def numbers(content: bytes, seconds: int) -> Numbers:
    """Return what `--json-file` holds, for a run of so many seconds. Raises Unreadable."""
    found = parsed(content)
    if not isinstance(found, list):
        raise Unreadable("it is no JSON array")
    entries = tuple(_entry(an_object(each, "an entry")) for each in found)
    total = _together(entries)
    return Numbers(
        entries=tuple(sorted(entries, key=lambda each: (each.name, each.method))),
        total=total,
        rate=Decimal(total.requests) / seconds,
        p95=percentile(total.times),
        errors=Decimal(100 * total.failures) / total.requests if total.requests else None,
    )


def _entry(found: Mapping[str, object]) -> Entry:
    name = a_text(found, "name", "an entry")
    method = found.get("method")
    requests = a_whole_number(found, "num_requests", name)
    failures = a_whole_number(found, "num_failures", name)
    if failures > requests:
        raise Unreadable(f"of {name} more requests failed than there were")
    times = an_object(found.get("response_times"), f"response_times of {name}")
    return Entry(
        method=method if isinstance(method, str) else "",
        name=name,
        requests=requests,
        failures=failures,
        times={_milliseconds(each, name): a_whole_number(times, each, name) for each in times},
    )


def _milliseconds(text: str, name: str) -> int:
    try:
        return round(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise Unreadable(f"{name} has a response time that is no number: '{text}'") from None


def _together(entries: Iterable[Entry]) -> Entry:
    times: dict[int, int] = {}
    requests = failures = 0
    for entry in entries:
        requests += entry.requests
        failures += entry.failures
        for time, count in entry.times.items():
            times[time] = times.get(time, 0) + count
    return Entry(method="", name="", requests=requests, failures=failures, times=times)


def percentile(times: Mapping[int, int]) -> int | None:
    """Return the milliseconds within which 95 of 100 requests were answered (nearest rank), None without any."""
    count = sum(times.values())
    if not count:
        return None
    rank = -(-count * _PERCENT // 100)
    seen = 0
    for time in sorted(times):
        seen += times[time]
        if seen >= rank:
            return time
    return None


def down(value: Decimal) -> str:
    """Return a number for people, rounded down: what must be reached is not shown as if it were."""
    return str(value.quantize(_CENT, ROUND_DOWN))


def up(value: Decimal) -> str:
    """Return a number for people, rounded up: what may not be exceeded is not shown as if it were not."""
    return str(value.quantize(_CENT, ROUND_UP))


def exceptions(content: bytes) -> Mapping[str, int]:
    """Return how often the locustfile itself raised what, from `…_exceptions.csv`. Raises Unreadable."""
    import csv

    try:
        rows = list(csv.DictReader(content.decode("utf-8", "replace").splitlines(keepends=True)))
        found: dict[str, int] = {}
        for row in rows:
            found[row["Message"]] = found.get(row["Message"], 0) + int(row["Count"])
    except (KeyError, TypeError, ValueError, csv.Error) as wrong:
        raise Unreadable(f"it is no table of exceptions ({type(wrong).__name__})") from None
    return found
