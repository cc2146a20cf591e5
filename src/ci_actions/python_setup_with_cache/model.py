"""The values that the phases share and hand on: what is planned, under which key it is kept, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from ci_actions.project.managers import Detected
from ci_actions.project.model import Interpreter
from ci_actions.project.python_versions import Resolved, Supported


@dataclass(frozen=True)
class HandedOn:
    """A value that goes from phase to phase in a report, as JSON."""

    def as_json(self) -> dict[str, Any]:
        """Return what stands in the report."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Return the value that a phase wrote."""
        values = {
            each.name: tuple(value) if isinstance(value := found[each.name], list) else value
            for each in fields(cls)
        }
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Service:
    """What this run may do with the cache service; `why` says what keeps it from anything, empty where nothing does."""

    restore: bool
    save: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """What the project and the run say. `present` is an interpreter that an earlier step of the job set up."""

    supported: Supported | None
    resolved: Resolved | None
    detected: Detected | None
    service: Service
    present: Interpreter | None
    given: Mapping[str, str]
    prefix: str
    started: float


@dataclass(frozen=True, kw_only=True)
class Plan(HandedOn):
    """What the first phase decided.

    `request` is the version in the words of actions/setup-python, `present` the path of an interpreter that will do
    already. `keeps` is what is kept between runs (`venv`, `downloads`, `both` or empty), `files` are those that decide
    what is installed, relative to the git root. Times are seconds since the epoch.
    """

    mode: str
    manager: str = "none"
    manager_why: str = ""
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    is_locked: bool = False
    request: str = ""
    python_why: str = ""
    present: str = ""
    versions: tuple[str, ...] = ()
    versions_why: str = ""
    keeps: str = ""
    keeps_why: str = ""
    restore: bool = False
    save: bool = False
    warnings: tuple[str, ...] = ()
    started: float = 0.0
    ended: float = 0.0

    @property
    def installs_python(self) -> bool:
        """Whether actions/setup-python has to run."""
        return self.mode == "setup" and not self.present


@dataclass(frozen=True, kw_only=True)
class Keyed(HandedOn):
    """What the second phase knows: the very interpreter and manager, and where the environment is kept.

    `paths` are what is kept, as actions/cache is to hear of them: its entries are told apart by the letters.
    """

    python: str
    python_version: str
    python_path: str
    manager_version: str
    manager_why: str
    key: str = ""
    prefixes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    restore: bool = False
    started: float = 0.0
    ended: float = 0.0
