"""The edge that reads: the JSON reports of the night -> Facts."""

from __future__ import annotations

from pathlib import Path

from ci_actions.ci_nightly.config import Config
from ci_actions.ci_nightly.model import Facts
from ci_actions.kit.run import Edges

REPORT = "report.json"
FINDINGS = "security.json"


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what was left, unread: what cannot be understood is told, not skipped."""
    folder = edges.directory / config.reports if config.reports else None
    findings = sorted(folder.rglob(FINDINGS)) if folder else []
    return Facts(
        verdict=_content(edges.directory / config.verdict) if config.verdict else None,
        reports={
            path.relative_to(folder).as_posix(): _content(path) or b""
            for path in (sorted(folder.rglob(REPORT)) if folder else ())
            if folder
        },
        findings=_content(findings[0]) if len(findings) == 1 else None,
    )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
