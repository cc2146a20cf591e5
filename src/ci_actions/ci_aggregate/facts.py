"""The edge that reads: what was given, the records of the shards, earlier durations -> Facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ci_actions.ci_aggregate.config import Config
from ci_actions.ci_aggregate.model import Facts, File
from ci_actions.kit.run import Edges
from ci_actions.project import durations
from ci_actions.workflows import shards


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return everything the verdict stands on, unread: what cannot be understood is decided, not skipped."""
    earlier, problem = _earlier(config, edges)
    return Facts(
        needs=config.needs,
        plan=config.plan,
        files=tuple(_files(edges.directory / config.shards)) if config.shards else None,
        earlier=earlier,
        earlier_problem=problem,
    )


def _files(folder: Path) -> Iterator[File]:
    """Yield the records below a folder, however deep: an artifact is unpacked into a folder of its own."""
    for path in sorted(folder.rglob(shards.FILE)):
        try:
            content = path.read_bytes()
        except OSError:
            content = None
        yield File(path.relative_to(folder).as_posix(), content)


def _earlier(config: Config, edges: Edges[Config]) -> tuple[Mapping[str, float], str]:
    """Return the durations of earlier runs; there are none at first."""
    if not config.durations:
        return {}, ""
    try:
        return durations.parse((edges.directory / config.durations).read_bytes()), ""
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError) as wrong:
        why = (wrong.strerror or "") if isinstance(wrong, OSError) else str(wrong)
        return {}, f"The durations in {config.durations} cannot be used: {why}."
