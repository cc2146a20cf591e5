"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The JSON reports that were found, by the capability that each is of, and how many files are none."""

    parts: Mapping[str, Mapping[str, Any]]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One part of the issue; everything in it is text, which whoever writes the issue escapes."""

    title: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Critical:
    """A critical vulnerability, which gets an issue of its own; `url` may be empty."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The issue: its title, how it all ended (`passed`, `failed` or `incomplete`), its sections.

    `critical` is None where nobody could tell, as after a scan that came to no verdict.
    """

    title: str
    result: str
    sections: tuple[Section, ...]
    critical: tuple[Critical, ...] | None = ()
