"""Pure: JSON -> how jobs ended, what was asked for, what a shard recorded. Strict: what is not understood is not believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from ci_actions.ci_aggregate.model import Asked, Collected, Ended, Expected, Plan, Record, Test
from ci_actions.workflows.jobs import JOBS

FORMAT = "ci-actions-shard"
VERSION = 1
FAILED = ("failed", "error")
OUTCOMES = ("passed", *FAILED, "skipped", "xfailed", "xpassed", "rerun-passed")
RUNNERS = ("pytest", "command")
_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Unreadable(ValueError):
    """JSON that is not what it should be; the message completes "… cannot be understood: "."""


def needs(text: str) -> Mapping[str, Ended]:
    """Return how each job ended, from `toJSON(needs)`, or each step, from `toJSON(steps)`. Raises Unreadable."""
    found = _object(_json(text), "it")
    if not found:
        raise Unreadable("it names no job")
    return {name: _ended(name, _object(each, f"'{name}'")) for name, each in found.items()}


def _ended(name: str, found: Mapping[str, Any]) -> Ended:
    """Return how a job (`result`) or a step (`outcome`, and `conclusion` after continue-on-error) ended.

    https://docs.github.com/actions/reference/workflows-and-actions/contexts#needs-context
    """
    if "result" in found:
        return Ended(_text(found, "result", f"'{name}'"))
    if "outcome" in found:
        return Ended(
            _text(found, "outcome", f"'{name}'"),
            is_step=True,
            tolerated=found.get("conclusion") in ("success", "skipped"),
        )
    raise Unreadable(f"'{name}' has neither result nor outcome")


def plan(text: str) -> Plan:
    """Return what was asked for, from `jobs-json` of ci-plan. Raises Unreadable."""
    found = _object(_json(text), "it")
    jobs = {}
    for job in (*JOBS, *sorted(set(found) - set(JOBS))):
        if job not in found:
            raise Unreadable(f"it says nothing of '{job}'")
        said = _object(found[job], f"'{job}'")
        if not isinstance(said.get("run"), bool):
            raise Unreadable(f"'{job}' has no run that is true or false")
        jobs[job] = Asked(run=said["run"], why=_text(said, "why", f"'{job}'"))
    tests = found["test"]
    shards = tests.get("shards", [])
    if not isinstance(shards, list):
        raise Unreadable("the shards of 'test' are no list")
    expected = tuple(_expected(_object(each, "a shard of 'test'")) for each in shards)
    if len({each.id for each in expected}) < len(expected):
        raise Unreadable("two shards of 'test' have one id")
    if jobs["test"].run and not expected:
        raise Unreadable("'test' is to run in no shard")
    return Plan(
        jobs=jobs, shards=expected, runner=_text(tests, "runner", "'test'") if "runner" in tests else ""
    )


def _expected(found: Mapping[str, Any]) -> Expected:
    where = "a shard of 'test'"
    return Expected(_text(found, "id", where), _text(found, "python", where), _text(found, "shard", where))


def record(content: bytes, path: str) -> Record:
    """Return what a shard recorded in its `shard.json`. Raises Unreadable."""
    found = _object(_json(content), "it")
    if found.get("format") != FORMAT or found.get("version") != VERSION:
        raise Unreadable(f"it is no {FORMAT} of version {VERSION}")
    runner = _text(found, "runner", "it")
    if runner not in RUNNERS:
        raise Unreadable(f"its runner is '{runner}'")
    shard = _text(found, "shard", "it")
    if not (numbers := _SHARD.fullmatch(shard)) or int(numbers[1]) > int(numbers[2]):
        raise Unreadable(f"its shard is '{shard}'")
    tests = _object(found.get("tests"), "its tests")
    return Record(
        path=path,
        id=_text(found, "id", "it"),
        python=_text(found, "python", "it"),
        shard=shard,
        runner=runner,
        interpreter=_text(found, "interpreter", "it"),
        pytest=str(found.get("pytest") or ""),
        collected=None if found.get("collected") is None else _collected(found["collected"]),
        tests={name: _test(name, each) for name, each in tests.items()},
        seconds=_seconds(found, "it"),
        exit=_whole(found, "exit", "it", lowest=-255),
    )


def _collected(value: object) -> Collected:
    found = _object(value, "collected")
    digest = _text(found, "sha256", "collected")
    if not _SHA256.fullmatch(digest):
        raise Unreadable("collected has no sha256 of 64 digits")
    return Collected(count=_whole(found, "count", "collected"), sha256=digest)


def _test(name: str, value: object) -> Test:
    found = _object(value, name)
    outcome = _text(found, "outcome", name)
    if outcome not in OUTCOMES:
        raise Unreadable(f"the outcome of {name} is '{outcome}'")
    return Test(outcome=outcome, seconds=_seconds(found, name))


# --- values --------------------------------------------------------------------------------------------


def _json(text: str | bytes) -> object:
    import json

    def twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Unreadable("a name stands in it twice")
        return found

    try:
        return json.loads(text, object_pairs_hook=twice)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON" if text.strip() else "it is empty") from None


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is no JSON object")
    return value


def _text(found: Mapping[str, Any], name: str, where: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise Unreadable(f"{where} has no {name} that is a text")
    return value


def _whole(found: Mapping[str, Any], name: str, where: str, lowest: int = 0) -> int:
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
        raise Unreadable(f"{where} has no {name} that is a whole number")
    return value


def _seconds(found: Mapping[str, Any], where: str) -> float:
    value = found.get("seconds")
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not isfinite(value) or value < 0:
        raise Unreadable(f"{where} has no seconds that are a number from 0 up")
    return float(value)
