"""The edge that reads: the file of suppressions, and the report of the scan -> Facts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ci_actions.ci_suppressions.config import Config
from ci_actions.ci_suppressions.model import Facts, Unused
from ci_actions.findings import suppressions
from ci_actions.kit import settings
from ci_actions.kit.errors import BadInput
from ci_actions.kit.run import Edges

SCANNER = "security-scan"
#: The default of its max-suppression-days.
MOST_DAYS = 180


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return the entries and what the scan says of them. Raises BadInput for a file that is none, with all that is wrong."""
    today = datetime.fromtimestamp(edges.clock.now(), UTC).date()
    name, days = _of_the_scan(config, edges)
    path = edges.directory / name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Facts(today=today)
    except (OSError, UnicodeDecodeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "it is not UTF-8"
        raise BadInput(f"{name} cannot be read: {why}", file=name) from None
    shown = path.relative_to(edges.root).as_posix() if path.is_relative_to(edges.root) else name
    entries = suppressions.parse(text, file=shown, today=today, max_days=days)
    return Facts(today=today, file=shown, entries=entries, unused=_unused(config, edges.directory))


def _of_the_scan(config: Config, edges: Edges[Config]) -> tuple[str, int]:
    """Return the file, and how long an entry may hold: as the settings of the scan say, for it is the scan that goes by them."""
    table = settings.find(edges.directory, edges.root, None).section(SCANNER).table
    name, days = table.get("suppressions"), table.get("max-suppression-days")
    return (
        config.suppressions or (name if isinstance(name, str) and name else suppressions.FILE),
        days if isinstance(days, int) else MOST_DAYS,
    )


def _unused(config: Config, directory: Path) -> Unused:
    """Return what the scan says holds nothing back. A scan that did not look at everything cannot know it."""
    if not config.scan:
        return Unused(problem="no scan was given")
    import json

    try:
        document = json.loads((directory / config.scan).read_bytes())
        if document["capability"] != SCANNER or document["exit-code"] not in (0, 1):
            return Unused(problem="the scan came to no verdict")
        rows = document["details"]["suppressions"]["unused"]
        partial = any(scan.get("gaps") for scan in document["details"]["scans"])
        return Unused(
            entries=tuple(f"{row['what']} (line {row['line']})" for row in rows),
            problem="the scan did not look at everything" if partial and not rows else "",
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Unused(problem="the report of the scan cannot be read")
