"""The values that the phases share and hand on: what is planned, under which key it is kept, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from ci_actions.project.model import Interpreter

if TYPE_CHECKING:
    from ci_actions.project.drift import Drift
    from ci_actions.project.environments import Rejected, Verified
    from ci_actions.project.managers import Detected
    from ci_actions.project.python_versions import Resolved, Supported
    from ci_actions.python_setup_with_cache.drivers.provide import Choice
    from ci_actions.python_setup_with_cache.places import Machine


@dataclass(frozen=True)
class HandedOn:
    """A value that goes from phase to phase in a report, as JSON."""

    def as_json(self) -> dict[str, Any]:
        """Return what stands in the report."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Return the value that a phase wrote."""
        return cls(**{each.name: _read(each.name, found[each.name]) for each in fields(cls)})


def _read(name: str, value: Any) -> Any:
    if name == "interpreter" and value is not None:
        return Interpreter(**value)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Service:
    """What this run may do with the cache service; `why` says what keeps it from anything, empty where nothing does."""

    restore: bool
    save: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PlanFacts:
    """What the project and the run say. `present` is an interpreter that an earlier step of the job set up."""

    supported: Supported | None
    resolved: Resolved | None
    detected: Detected | None
    drifts: tuple[Drift, ...]
    service: Service
    present: Interpreter | None
    given: Mapping[str, str]
    prefix: str
    started: float


@dataclass(frozen=True, kw_only=True)
class Plan(HandedOn):
    """What the first phase decided.

    `request` is the version in the words of actions/setup-python, `interpreter` one that will do already. `keeps` is what
    is kept between runs (`venv`, `downloads`, `both` or empty), `files` are those that decide what is installed, relative
    to the git root. `drifted` are the locks that no longer match, as sentences; `unknown` is whether it takes the manager
    to know. `given` are the inputs as they were given. Times are seconds since the epoch.
    """

    mode: str
    manager: str = "none"
    manager_why: str = ""
    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    is_locked: bool = False
    request: str = ""
    python_why: str = ""
    interpreter: Interpreter | None = None
    versions: tuple[str, ...] = ()
    versions_why: str = ""
    keeps: str = ""
    keeps_why: str = ""
    restore: bool = False
    save: bool = False
    drifted: tuple[str, ...] = ()
    unknown: bool = False
    warnings: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    started: float = 0.0

    @property
    def installs_python(self) -> bool:
        """Whether actions/setup-python has to run."""
        return self.mode == "setup" and self.interpreter is None


@dataclass(frozen=True, kw_only=True)
class Keyed(HandedOn):
    """What the second phase knows: the very interpreter and manager, and where the environment is kept.

    `key` is empty where nothing is kept.

    `paths` are what is kept, as actions/cache is to hear of them: its entries are told apart by the letters. `inputs`
    are the digests of the files that decide what is installed.
    """

    interpreter: Interpreter
    manager_version: str
    manager_why: str
    choice: Mapping[str, Any]
    key: str = ""
    prefixes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    restore: bool = False
    inputs: Mapping[str, str]
    started: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class KeyFacts:
    """What the second phase found: the interpreter that came, the manager that will be used, and what lies where.

    `brought_by` is how the folders of the private environment begin that brings the manager, empty where none is needed
    once the project's environment is made.
    """

    plan: Plan
    interpreter: Interpreter
    choice: Choice | None
    brought_by: str
    machine: Machine
    environment: str
    files: Mapping[str, bytes]
    arguments: tuple[str, ...]
    indexes: tuple[str, ...]
    today: date
    started: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class InstallFacts:
    """What the third phase found: what was restored, and whether the environment that lies there can be believed.

    `matched` is the key of what was restored, `size` its bytes, `outcome` how the step that restores ended. `proof` is None
    where there is no environment. `disposable` is whether one that cannot be believed may be removed: not on a laptop.
    """

    plan: Plan
    keyed: Keyed
    matched: str
    outcome: str
    proof: Verified | Rejected | None
    disposable: bool
    size: int
    verify_seconds: float
    started: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Work:
    """What is to be done with the environment: whether it is moved, removed, filled; `rejected` says why it is not believed."""

    facts: InstallFacts
    moves: bool = False
    removes: bool = False
    installs: bool = False
    rejected: str = ""


@dataclass(frozen=True, kw_only=True)
class Installed(HandedOn):
    """What the third phase did. `restored` is `hit`, `partial`, `miss` or `off`; sizes are bytes.

    `seconds` are those of each part of the work, by name. `manager` are the words that start the manager, `has_project` is
    whether the last phase has the project itself to install, `keeps_project` whether it is in the environment already.
    """

    restored: str
    matched: str = ""
    rejected: str = ""
    moved_from: str = ""
    installed: bool = False
    distributions: int = 0
    size_restored: int = 0
    size: int = 0
    seconds: Mapping[str, float]
    save: bool = False
    manager: tuple[str, ...] = ()
    has_project: bool = False
    keeps_project: bool = False
    drift: str = ""
    notices: tuple[str, ...] = ()
    started: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FinishFacts:
    """What all phases left; None where one did not run. Outcomes are those of GitHub's steps, empty where they did not run."""

    plan: Plan
    keyed: Keyed | None
    installed: Installed | None
    save_outcome: str
    started: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Activated:
    """What later steps find: folders for PATH, the last of them in front, the environment's path, and variables.

    `by_hand` is where there are no later steps: on a laptop.
    """

    paths: tuple[str, ...]
    venv: str
    variables: Mapping[str, str]
    by_hand: bool


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Finished:
    """Everything that was done."""

    facts: FinishFacts
    activated: Activated | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    ended: float = 0.0
