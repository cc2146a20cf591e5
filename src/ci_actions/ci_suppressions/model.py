"""The values that facts, decide and report share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ci_actions.findings.suppressions import Suppression


@dataclass(frozen=True, kw_only=True)
class Unused:
    """Entries that hold nothing back, as the scan calls them, or why that is not known."""

    entries: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The entries of the file; `file` is empty where there is none."""

    today: date
    file: str = ""
    entries: tuple[Suppression, ...] = ()
    unused: Unused = Unused()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The entries by what is to be done about them, the first to end first."""

    facts: Facts
    expired: tuple[Suppression, ...] = ()
    expiring: tuple[Suppression, ...] = ()
