"""Pure: what a part of the tests recorded of itself, its `shard.json`; ci-test writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ci_actions.kit.strict import Unreadable, a_number, a_text, a_whole_number, an_object, parsed

#: The file in which each part says it.
FILE = "shard.json"
FORMAT = "ci-actions-shard"
VERSION = 1
FAILED = ("failed", "error")
#: Of a test that passed only when it was run again.
FLAKY = "rerun-passed"
SKIPPED = "skipped"
OUTCOMES = ("passed", *FAILED, SKIPPED, "xfailed", "xpassed", FLAKY)
RUNNERS = ("pytest", "command")
_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """All tests that a shard found before it took its share: how many, and the digest of their ids."""

    count: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Test:
    """What became of a test, how long it took, and what was wrong at first if it was run again."""

    __test__ = False

    outcome: str
    seconds: float
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a shard says of itself: its `shard.json`."""

    path: str
    id: str
    python: str
    shard: str
    runner: str
    interpreter: str
    pytest: str
    collected: Collected | None
    tests: Mapping[str, Test]
    seconds: float
    exit: int


def record(content: bytes, path: str) -> Record:
    """Return what a shard recorded in its `shard.json`. Raises Unreadable."""
    found = an_object(parsed(content), "it")
    if found.get("format") != FORMAT or found.get("version") != VERSION:
        raise Unreadable(f"it is no {FORMAT} of version {VERSION}")
    runner = a_text(found, "runner", "it")
    if runner not in RUNNERS:
        raise Unreadable(f"its runner is '{runner}'")
    shard = a_text(found, "shard", "it")
    if not (numbers := _SHARD.fullmatch(shard)) or int(numbers[1]) > int(numbers[2]):
        raise Unreadable(f"its shard is '{shard}'")
    tests = an_object(found.get("tests"), "its tests")
    return Record(
        path=path,
        id=a_text(found, "id", "it"),
        python=a_text(found, "python", "it"),
        shard=shard,
        runner=runner,
        interpreter=a_text(found, "interpreter", "it"),
        pytest=str(found.get("pytest") or ""),
        collected=None if found.get("collected") is None else _collected(found["collected"]),
        tests={name: _test(name, each) for name, each in tests.items()},
        seconds=_seconds(found, "it"),
        exit=a_whole_number(found, "exit", "it", lowest=-255),
    )


def _collected(value: object) -> Collected:
    found = an_object(value, "collected")
    digest = a_text(found, "sha256", "collected")
    if not _SHA256.fullmatch(digest):
        raise Unreadable("collected has no sha256 of 64 digits")
    return Collected(count=a_whole_number(found, "count", "collected"), sha256=digest)


def _test(name: str, value: object) -> Test:
    found = an_object(value, name)
    outcome = a_text(found, "outcome", name)
    if outcome not in OUTCOMES:
        raise Unreadable(f"the outcome of {name} is '{outcome}'")
    message = a_text(found, "message", name) if "message" in found else ""
    return Test(outcome=outcome, seconds=_seconds(found, name), message=message)


def _seconds(found: Mapping[str, object], where: str) -> float:
    return a_number(found, "seconds", where)
