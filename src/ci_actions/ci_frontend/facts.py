"""The edge that reads."""

from __future__ import annotations

from typing import Any

from ci_actions.ci_frontend.config import Config
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.run import Edges


def gather(config: Config, edges: Edges[Config]) -> Any:  # noqa: ARG001
    """Raises CannotJudge: there is nothing behind these inputs yet."""
    raise CannotJudge("ci-frontend cannot answer yet.")
