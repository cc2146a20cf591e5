"""Conventional commits: what a commit message says about the release it goes into. Pure.

Grammar: https://www.conventionalcommits.org/en/v1.0.0/. A message that does not follow it is no error here; it
says nothing about the version, and the changelog has no line for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """Which part of the version a change raises; the largest of all changes decides."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """The name, as it is printed."""
        return self.name.lower()


LEVELS = {
    "feat": Level.MINOR,
    "fix": Level.PATCH,
    "perf": Level.PATCH,
    "revert": Level.PATCH,
    "security": Level.PATCH,
    "build": Level.NONE,
    "chore": Level.NONE,
    "ci": Level.NONE,
    "docs": Level.NONE,
    "refactor": Level.NONE,
    "style": Level.NONE,
    "test": Level.NONE,
}
"""The types that this repository uses, and what each raises without a `!`."""

_HEADER = re.compile(
    r"(?P<type>[A-Za-z][A-Za-z0-9-]*)(?:\((?P<scope>[^()\r\n]+)\))?(?P<bang>!)?: (?P<subject>\S.*)"
)
_FOOTER = re.compile(r"(?P<token>BREAKING[ -]CHANGE|[A-Za-z][A-Za-z0-9-]*)(?:: | (?=#))(?P<value>.*)")
_REVERTED = re.compile(r"(?i)\breverts? (?:commit )?([0-9a-f]{7,64})\b")
#: What git itself writes.
_GIT_REVERT = re.compile(r'Revert "(?P<subject>.+)"')


@dataclass(frozen=True, kw_only=True)
class Conventional:
    """A message that follows the convention."""

    type: str
    scope: str
    subject: str
    breaking: str
    """What breaks, in the author's words; "" for a compatible change."""
    reverts: tuple[str, ...]
    footers: tuple[tuple[str, str], ...]

    @property
    def level(self) -> Level:
        """What it raises."""
        return Level.MAJOR if self.breaking else LEVELS.get(self.type, Level.NONE)


@dataclass(frozen=True)
class Change:
    """A commit with what its message says; `said` is None for a message that follows no convention."""

    sha: str
    said: Conventional | None


def parse(message: str) -> Conventional | None:
    """Return what a message says, None when its first line does not follow the convention."""
    lines = message.replace("\r\n", "\n").strip("\n").split("\n")
    header = _HEADER.fullmatch(lines[0].strip())
    if not header:
        return _by_git(lines)
    footers = _footers(lines)
    breaks = [value for token, value in footers if token in ("BREAKING CHANGE", "BREAKING-CHANGE")]
    subject = header["subject"].strip()
    breaking = " ".join(breaks) or (subject if header["bang"] else "")
    kind = header["type"].lower()
    return Conventional(
        type=kind,
        scope=(header["scope"] or "").strip(),
        subject=subject,
        breaking=breaking,
        reverts=_reverted(lines[1:]) if kind == "revert" else (),
        footers=footers,
    )


def without_reverted(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that still count: a revert and the change it takes back cancel each other.

    `changes` go from the newest to the oldest. Only a revert that is not itself reverted counts; one of a
    commit that is not among them stays, it changes what was released.
    """
    ordered = tuple(changes)
    gone: set[str] = set()
    for change in ordered:
        if change.sha in gone or not change.said or not change.said.reverts:
            continue
        taken = [
            other.sha for other in ordered if any(other.sha.startswith(sha) for sha in change.said.reverts)
        ]
        if taken and len(taken) == len(change.said.reverts):
            gone.update([*taken, change.sha])
    return tuple(change for change in ordered if change.sha not in gone)


def _by_git(lines: list[str]) -> Conventional | None:
    found = _GIT_REVERT.fullmatch(lines[0].strip())
    if not found:
        return None
    return Conventional(
        type="revert",
        scope="",
        subject=found["subject"],
        breaking="",
        reverts=_reverted(lines[1:]),
        footers=(),
    )


def _reverted(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sha.lower() for line in lines for sha in _REVERTED.findall(line)))


def _footers(lines: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the footers: what follows the last blank line; a `BREAKING CHANGE:` counts in any paragraph.

    Git itself, and squash merges, put further trailers behind an empty line.
    """
    last_blank = max((number for number, line in enumerate(lines) if not line.strip()), default=len(lines))
    found: list[tuple[str, str]] = []
    inside = False
    for number, line in enumerate(lines[1:], 1):
        footer = _FOOTER.fullmatch(line)
        breaking = bool(footer and footer["token"].startswith("BREAKING"))
        if footer and (breaking or number > last_blank):
            found.append((footer["token"], footer["value"].strip()))
            inside = True
        elif inside and line.strip() and found:
            token, value = found[-1]
            found[-1] = (token, f"{value} {line.strip()}".strip())
        else:
            inside = False
    return tuple(found)
