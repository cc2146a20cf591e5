"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of the requests of one name: `times` are how many were answered in so many milliseconds, rounded by Locust."""

    method: str
    name: str
    requests: int
    failures: int
    times: Mapping[int, int]


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server that we started: how it ended before it was stopped, None where it lasted, and its last lines."""

    code: int | None = None
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What Locust left. `code` is None where it was stopped because it did not end; `seconds` is how long it ran.

    `stats` and `exceptions` are its files as bytes, None where it left none.
    """

    locust: str
    how: str
    code: int | None
    seconds: float
    tail: tuple[str, ...]
    stats: bytes | None
    exceptions: bytes | None
    server: Server | None
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Entries, and all of them together. `rate` is requests a second, `p95` in milliseconds, `errors` a percentage."""

    entries: tuple[Entry, ...]
    total: Entry
    rate: Decimal
    p95: int | None
    errors: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it rests on: `problems` keep it from a verdict, `complaints` are what was not kept."""

    facts: Facts
    numbers: Numbers | None
    problems: tuple[str, ...] = ()
    complaints: tuple[str, ...] = field(default=())
