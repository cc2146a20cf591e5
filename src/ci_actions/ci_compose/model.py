"""The values that facts, decide and report share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

#: What the engine says of a container.
RUNNING, EXITED = "running", "exited"
#: Stands for the state of a service without a container.
MISSING = "missing"


class Readiness(Enum):
    """What a look at a service says."""

    READY = "ready"
    NOT_YET = "not yet"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A container of a service: its state in the engine's words, its exit code, and its health, empty without a check."""

    name: str
    container: str = ""
    state: str = MISSING
    code: int = 0
    health: str = ""

    @property
    def shown(self) -> str:
        """The state in words."""
        if self.state == EXITED:
            return f"ended with exit code {self.code}"
        return f"{self.state}, {self.health}" if self.health else self.state


@dataclass(frozen=True, kw_only=True)
class Log:
    """What a service printed: the file that keeps it, relative to the folder of the run, and its last lines."""

    service: str
    file: str
    tail: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """How a program ended, None where it took too long, and its last lines."""

    code: int | None
    seconds: float
    tail: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What happened. A step that was not reached is None.

    `ready` are the services when the waiting ended, `silent` what did not answer then, with the reason; `after` are the
    services after the command. `left` is what was still there after everything was taken down.
    """

    compose: str
    project: str
    up: Step
    ready: tuple[Service, ...] = ()
    silent: tuple[tuple[str, str], ...] = ()
    waited: float = 0.0
    command: Step | None = None
    after: tuple[Service, ...] = ()
    logs: tuple[Log, ...] = ()
    down: Step | None = None
    left: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it rests on: `problems` keep it from a verdict, `complaints` are what failed."""

    facts: Facts
    problems: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
