"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

Value = bool | int | tuple[str, ...]


@dataclass(frozen=True)
class Property:
    """One thing that a branch can ask for: its name in the file, and what it is where nobody asks for it.

    `loosest` has the type of its values. What allows something is written as people say it (`force-pushes: false`).
    """

    name: str
    loosest: Value

    @property
    def allows(self) -> bool:
        """Whether true is the looser value."""
        return self.loosest is True


#: Everything that can be declared; what is not, is not looked at.
_LOOSEST: Mapping[str, Value] = {
    "required-checks": (),
    "up-to-date": False,
    "pull-request": False,
    "reviews": 0,
    "dismiss-stale-reviews": False,
    "code-owner-reviews": False,
    "last-push-approval": False,
    "resolved-conversations": False,
    "linear-history": False,
    "signed-commits": False,
    "merge-queue": False,
    "force-pushes": True,
    "deletions": True,
}
PROPERTIES = tuple(Property(name, loosest) for name, loosest in _LOOSEST.items())
BY_NAME = {each.name: each for each in PROPERTIES}
#: What stands where nothing protects a branch.
OPEN = _LOOSEST


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What the file says of a branch, and in which line."""

    branch: str
    line: int
    values: Mapping[str, Value]
    lines: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What one kind of protection asks of a branch: `values` are known, of the others `why` says why they are not."""

    values: Mapping[str, Value]
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Actual:
    """A branch as GitHub tells it: its layers, or that there is none."""

    exists: bool = True
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is declared and what is so; `file` is empty where nothing is declared."""

    file: str = ""
    declared: tuple[Declared, ...] = ()
    actual: Mapping[str, Actual]
    #: Rulesets that are there and not enforced.
    idle: tuple[str, ...] = ()


class State(Enum):
    """How a property is, compared with what is declared."""

    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    AS_DECLARED = "as declared"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One declared property of one branch."""

    branch: str
    name: str
    state: State
    declared: Value
    actual: Value | None = None
    why: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything compared: what has drifted first."""

    facts: Facts
    rows: tuple[Row, ...] = ()
