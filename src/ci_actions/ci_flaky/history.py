"""Pure: what is remembered of tests that were ever flaky or failed, as JSON that travels from run to run.

Remembered are tests in trouble only, and not for ever: one whose last trouble is long ago is well, and one that was not
run for a while was renamed or removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ci_actions.kit.strict import Unreadable, a_text, a_whole_number, an_object, parsed
from ci_actions.workflows.shards import FAILED, FLAKY, SKIPPED, Record

FORMAT = "ci-actions-flaky"
VERSION = 1
DAY = 24 * 60 * 60
#: Seconds after which a trouble is forgotten, and a test that nobody ran.
TROUBLE = 90 * DAY
UNSEEN = 30 * DAY
#: Tests that are remembered at most: those with the latest trouble.
MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When something was seen: seconds since the epoch, and the commit, empty where nobody knows."""

    at: int
    commit: str


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is known of a test since its first trouble: how often it ran, failed, and passed only when run again.

    `first` and `last` are its first and last trouble, `seen` is when it was last run.
    """

    runs: int
    failures: int
    flaky: int
    first: Moment
    last: Moment
    seen: int


History = Mapping[str, Past]


def parse(content: bytes) -> History:
    """Return the history in a file. Raises Unreadable."""
    found = an_object(parsed(content), "it")
    if found.get("format") != FORMAT or found.get("version") != VERSION:
        raise Unreadable(f"it is no {FORMAT} of version {VERSION}")
    tests = an_object(found.get("tests"), "its tests")
    return {name: _past(an_object(each, name), name) for name, each in tests.items()}


def _past(found: Mapping[str, Any], name: str) -> Past:
    runs, failures, flaky = (a_whole_number(found, each, name) for each in ("runs", "failures", "flaky"))
    if failures + flaky > runs:
        raise Unreadable(f"{name} was in trouble more often than it ran")
    return Past(
        runs=runs,
        failures=failures,
        flaky=flaky,
        first=_moment(found, "first", name),
        last=_moment(found, "last", name),
        seen=a_whole_number(found, "seen", name),
    )


def _moment(found: Mapping[str, Any], name: str, where: str) -> Moment:
    inner = an_object(found.get(name), f"{name} of {where}")
    return Moment(at=a_whole_number(inner, "at", where), commit=a_text(inner, "commit", where))


def render(history: History) -> str:
    """Return the content of the file, a test a line."""
    import json

    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(_as_json(history[name]))}" for name in sorted(history)
    )
    return f'{{"format": "{FORMAT}", "version": {VERSION}, "tests": {{\n{lines}\n}}}}\n'


def _as_json(past: Past) -> Mapping[str, object]:
    def moment(each: Moment) -> Mapping[str, object]:
        return {"at": each.at, "commit": each.commit}

    return {
        "runs": past.runs,
        "failures": past.failures,
        "flaky": past.flaky,
        "first": moment(past.first),
        "last": moment(past.last),
        "seen": past.seen,
    }


def with_run(history: History, records: Iterable[Record], now: Moment) -> History:
    """Return the history with what became of the tests of a run; each version of Python that ran a test counts.

    What is in it does not depend on the order of the records.
    """
    ended: dict[str, list[str]] = {}
    for record in records:
        for name, test in record.tests.items():
            if test.outcome != SKIPPED:
                ended.setdefault(name, []).append(test.outcome)
    found = dict(history)
    for name, outcomes in ended.items():
        failures = sum(each in FAILED for each in outcomes)
        flaky = outcomes.count(FLAKY)
        if name in found or failures or flaky:
            past = found.get(name) or Past(runs=0, failures=0, flaky=0, first=now, last=now, seen=now.at)
            found[name] = replace(
                past,
                runs=past.runs + len(outcomes),
                failures=past.failures + failures,
                flaky=past.flaky + flaky,
                last=now if failures or flaky else past.last,
                seen=now.at,
            )
    return _bounded(found, now.at)


def _bounded(found: History, now: int) -> History:
    kept = {
        name: past
        for name, past in found.items()
        if now - past.last.at <= TROUBLE and now - past.seen <= UNSEEN
    }
    latest = sorted(kept, key=lambda name: (-kept[name].last.at, name))[:MOST]
    return {name: kept[name] for name in sorted(latest)}
