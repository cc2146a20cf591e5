"""Whether a lock file still says what the project asks for: the value that all comparisons give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ci_actions.project.credentials import strip_credentials


class State(Enum):
    """What is known of a lock file."""

    IN_STEP = "in step"
    DRIFTED = "drifted"
    #: It takes the manager itself to know.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known, and why: of a drifted lock, what it does not match; of an unknown one, what nobody can tell."""

    state: State
    reason: str = ""

    @property
    def is_known(self) -> bool:
        """Whether the manager need not be asked."""
        return self.state is not State.UNKNOWN


IN_STEP = Answer(State.IN_STEP)


def drifted(reason: str) -> Answer:
    """Return that a lock does not match what `reason` names."""
    return Answer(State.DRIFTED, strip_credentials(reason))


def unknown(reason: str) -> Answer:
    """Return that only the manager knows."""
    return Answer(State.UNKNOWN, strip_credentials(reason))


def together(answers: Iterable[Answer]) -> Answer:
    """Return the answer of several comparisons of one lock: one drift is a drift, else one doubt is a doubt."""
    found = list(answers)
    for state in (State.DRIFTED, State.UNKNOWN):
        for each in found:
            if each.state is state:
                return each
    return IN_STEP
