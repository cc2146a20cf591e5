"""Pure: ranges of Python versions, evaluated as PEP 440 over the table of releases.

Standard: https://packaging.python.org/en/latest/specifications/version-specifiers/. Poetry writes carets, tildes, wildcards,
unions and spaces: https://python-poetry.org/docs/dependency-specification/#version-constraints
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ci_actions.project.releases import RELEASES, Release

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_CLAUSE = re.compile(r"(\^|~=|~|===?|=|!=|<=|>=|<|>)?\s*v?(\d[\w.+!*-]*|\*)", re.IGNORECASE)
_HYPHEN = re.compile(r"(\d[\d.]*)\s+-\s+(\d[\d.]*)")
_WILD = re.compile(r"(?:\.[x*])+", re.IGNORECASE)
#: Newer than any patch: a minor that is still mended may have patches that the table does not know.
_COMING = 999


class NoRange(ValueError):
    """A text that means no range of versions; its message says how to write one."""


@dataclass(frozen=True)
class Range:
    """Versions that any of the alternatives allows. `text` is what the user wrote, each alternative is PEP 440."""

    text: str
    alternatives: tuple[str, ...]

    def allows(self, version: str) -> bool:
        """Whether a version is in the range. Of a prerelease its release counts, as for pip: 3.16.0a2 is 3.16.0."""
        from packaging.version import Version

        release = Version(".".join(map(str, Version(version).release)))
        return any(each.contains(release, prereleases=True) for each in self._specifiers)

    @property
    def is_bounded_below(self) -> bool:
        """Whether it says where it begins: `<4` and `!=3.9.1` do not."""
        begins = (">", "=", "~")
        return all(any(clause.operator[0] in begins for clause in each) for each in self._specifiers)

    @cached_property
    def _specifiers(self) -> tuple[SpecifierSet, ...]:
        """The alternatives, read once: a range is asked for every patch of every minor."""
        from packaging.specifiers import SpecifierSet

        return tuple(map(SpecifierSet, self.alternatives))


@dataclass(frozen=True, slots=True)
class Allowed:
    """What ranges leave of one minor version: its newest allowed patch, and whether newer known ones are excluded."""

    release: Release
    patch: int
    is_newest: bool

    @property
    def request(self) -> str:
        """The minor where its newest patch will do, else the newest patch that does."""
        return self.release.name if self.is_newest else f"{self.release.name}.{self.patch}"


def pep440(text: str) -> Range:
    """Return the range that `requires-python` means; raises NoRange."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
        return Range(text, (text,))
    except InvalidSpecifier:
        pass
    try:
        meant = loose(text)
    except NoRange:
        meant = None
    hint = ""
    if meant and len(meant.alternatives) == 1 and meant.alternatives[0]:
        # `3.11` means all of it, to whoever writes it here; `==3.11` is 3.11.0 alone.
        whole = re.fullmatch(r"==\d+(?:\.\d+)?", meant.alternatives[0])
        hint = f": write '{meant.alternatives[0]}{'.*' if whole else ''}'"
    raise NoRange(f"'{text}' is no version specifier of PEP 440{hint}") from None


def loose(text: str) -> Range:
    """Return the range that a Poetry constraint or a range of npm's kind means; raises NoRange."""
    alternatives = tuple(_conjunction(each) for each in re.split(r"\|\|?", text))
    return Range(text, alternatives)


def _conjunction(text: str) -> str:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = _HYPHEN.sub(r">=\1,<=\2.*", text.strip())
    clauses: list[str] = []
    position = 0
    while position < len(text):
        found = _CLAUSE.match(text, position)
        if not found:
            raise NoRange(f"'{text}' is no range of versions")
        clauses += _clause(found[1] or "", found[2])
        position = found.end()
        while position < len(text) and text[position] in ", \t":
            position += 1
    try:
        SpecifierSet(made := ",".join(clauses))
    except InvalidSpecifier:
        raise NoRange(f"'{text}' is no range of versions") from None
    return made


def _clause(operator: str, version: str) -> Iterator[str]:
    """Yield the PEP 440 specifiers of one clause."""
    if version in ("*", "x", "X"):
        return
    wild = _WILD.search(version)
    if wild and wild.end() == len(version):
        yield from _wildcard(operator, version[: wild.start()])
        return
    if operator not in ("^", "~"):
        yield f"{operator if operator not in ('', '=') else '=='}{version}"
        return
    try:
        parts = [int(each) for each in version.split(".")]
    except ValueError:
        raise NoRange(f"'{operator}{version}' is no range of versions") from None
    yield f">={version}"
    # A caret keeps the first part that is not zero; Python's is always the first. A tilde keeps two, if there are two.
    kept = 1 if operator == "^" or len(parts) == 1 else 2
    yield f"<{'.'.join(map(str, [*parts[: kept - 1], parts[kept - 1] + 1]))}"


def _wildcard(operator: str, start: str) -> Iterator[str]:
    if operator in ("", "=", "==", "===", "^", "~", "~="):
        yield f"=={start}.*"
    elif operator == "!=":
        yield f"!={start}.*"
    elif operator in (">=", "<"):
        yield f"{operator}{start}"
    else:
        # `<=3.12.*` has all of 3.12, `>3.12.*` nothing of it.
        *most, last = start.split(".")
        yield f"{'<' if operator == '<=' else '>='}{'.'.join([*most, str(int(last) + 1)])}"


def minors(*ranges: Range, prereleases: bool = False) -> tuple[Allowed, ...]:
    """Return the minor versions of which all of these ranges allow a patch, oldest first.

    Ranges that do not say where they begin mean versions that are still mended. Minors without a final release
    count only when prereleases are asked for.
    """
    begins = any(each.is_bounded_below for each in ranges)
    found = (
        allowed(release, *ranges)
        for release in RELEASES
        if (prereleases or not release.prerelease) and (begins or not release.ended())
    )
    return tuple(each for each in found if each is not None)


def allowed(release: Release, *ranges: Range) -> Allowed | None:
    """Return what the ranges leave of a minor version, None for nothing."""

    def fits(patch: int) -> bool:
        return all(each.allows(f"{release.name}.{patch}") for each in ranges)

    if not release.ended() and fits(_COMING):
        return Allowed(release, release.patch, is_newest=True)
    fitting = next((patch for patch in range(release.patch, -1, -1) if fits(patch)), None)
    return None if fitting is None else Allowed(release, fitting, is_newest=fitting == release.patch)
