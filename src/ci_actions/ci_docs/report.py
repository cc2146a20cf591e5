"""Pure: outcome -> Report."""

from __future__ import annotations

from typing import Any

from ci_actions.ci_docs.config import Config
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report, Result


def report(config: Config, outcome: Any) -> Report:  # noqa: ARG001
    """Return that there is no verdict."""
    return Report(capability="ci-docs", result=Result.ERROR, exit_code=Exit.CANNOT_JUDGE, headline="ci-docs")
