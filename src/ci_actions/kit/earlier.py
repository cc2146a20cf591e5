"""Edge: what an earlier phase of the same action left, for an action that has to call another one in between.

Every phase writes its JSON report; the path of it reaches the later steps as `CI_ACTIONS_<PHASE>`. The first one records
the inputs as they were given, secrets left out, so that one step of an `action.yml` lists them and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_actions.kit.errors import CannotJudge, Exit

#: The key of a report's details that holds the inputs as they were given.
INPUTS = "inputs"


@dataclass(frozen=True)
class Earlier:
    """The report of an earlier phase, as far as later ones need it."""

    result: str
    exit_code: Exit
    headline: str
    outputs: Mapping[str, str]
    details: Mapping[str, Any]

    @property
    def inputs(self) -> Mapping[str, str] | None:
        """The inputs it recorded by their names; None when it ended before it could."""
        found = self.details.get(INPUTS)
        return found if isinstance(found, dict) else None


def variable(phase: str) -> str:
    """Return the variable that names the report of a phase: `CI_ACTIONS_PLAN`."""
    return "CI_ACTIONS_" + phase.upper().replace("-", "_")


def read_earlier(phase: str, environ: Mapping[str, str]) -> Earlier | None:
    """Return what a phase left, None when its step never ran or left nothing.

    Raises CannotJudge when there is a report and it cannot be read.
    """
    path = environ.get(variable(phase), "")
    if not path:
        return None
    import json

    try:
        document = json.loads(Path(path).read_bytes())
        return Earlier(
            document["result"],
            Exit(document["exit-code"]),
            document["headline"],
            document["outputs"],
            document["details"],
        )
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise CannotJudge(
            f"What the phase '{phase}' left cannot be read: {path} ({wrong}).",
            advice="It lies in RUNNER_TEMP; a step in between must not remove or change it.",
        ) from wrong
