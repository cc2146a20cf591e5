"""The edge that reads: the JSON reports of the parts -> Facts."""

from __future__ import annotations

from typing import Any

from ci_actions.ci_maintenance.config import Config
from ci_actions.ci_maintenance.model import Facts
from ci_actions.kit.report import SCHEMA
from ci_actions.kit.run import Edges


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return the reports below the folder; a file that is none is named, as what it was cannot be told."""
    import json

    folder = edges.directory / config.reports
    parts: dict[str, Any] = {}
    unreadable = []
    for path in sorted(folder.rglob("*.json")):
        try:
            document = json.loads(path.read_bytes())
            fits = document["schema"] == SCHEMA and isinstance(document["details"], dict)
            parts[str(document["capability"])] = document if fits else None
        except (OSError, ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            unreadable.append(path.relative_to(folder).as_posix())
    return Facts(parts={name: each for name, each in parts.items() if each}, unreadable=tuple(unreadable))
