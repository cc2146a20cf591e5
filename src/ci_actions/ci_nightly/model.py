"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The JSON reports of the night, unread: that of the verdict, and those of the jobs by their paths.

    `findings` is the file with all findings of security-scan. None is one that is not there.
    """

    verdict: bytes | None
    reports: Mapping[str, bytes]
    findings: bytes | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """A JSON report of a capability."""

    capability: str
    result: str
    headline: str
    errors: tuple[str, ...]
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """What there is to say of one thing: its title is the same every night."""

    title: str
    rows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Critical:
    """A critical vulnerability in a dependency."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is told. `critical` is None where nobody looked at everything."""

    title: str
    result: str
    headline: str
    sections: tuple[Section, ...]
    critical: tuple[Critical, ...] | None
    warnings: tuple[str, ...] = ()
