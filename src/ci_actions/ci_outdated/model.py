"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ci_actions.project.upgrades import Step


@dataclass(frozen=True, kw_only=True)
class Package:
    """One package of a lock. `version` is empty where the file names none.

    `direct` is whether the project itself asks for it, None where no file says what it asks for; `wanted` are the ranges
    it asks for, each as alternatives of PEP 440. `addresses` are the indexes to ask. `elsewhere` says where it comes from
    when that is no index.
    """

    name: str
    version: str
    file: str
    marker: str = ""
    direct: bool | None = None
    wanted: tuple[tuple[str, ...], ...] = ()
    addresses: tuple[str, ...] = ()
    elsewhere: str = ""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version that an index lists; `uploaded` is the day of its first file, as `2026-11-21`, empty if not told.

    `requires_python` is what its newest file says. A version is yanked when all its files are.
    """

    version: str
    requires_python: str = ""
    yanked: bool = False
    uploaded: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the indexes say of a name: its releases, or why that is not known."""

    releases: tuple[Release, ...] = ()
    problem: str = ""
    #: Whether nobody answered at all.
    unreachable: bool = False


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The packages and what is known of their names. `nothing` says why there is no lock to compare."""

    manager: str
    packages: tuple[Package, ...] = ()
    answers: Mapping[str, Answer]
    pythons: tuple[str, ...] = ()
    today: str
    nothing: str = ""
    warnings: tuple[str, ...] = ()


class State(Enum):
    """What a package is, compared with the index."""

    CURRENT = "up to date"
    OUTDATED = "outdated"
    #: There is a newer release, and the project or its Python does not allow it.
    HELD = "held back"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A package judged. `step` leads from what is locked to `allowed`, or to `newest` when it is held back.

    `days` is how long the release it leads to has been out, None when the index does not tell; `why` is what is not known,
    or what holds it back; `remark` is what else should be known.
    """

    package: Package
    state: State
    allowed: str = ""
    newest: str = ""
    step: Step = Step.NONE
    days: int | None = None
    why: str = ""
    remark: str = ""
    gates: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything judged, worst first."""

    facts: Facts
    rows: tuple[Row, ...] = ()
