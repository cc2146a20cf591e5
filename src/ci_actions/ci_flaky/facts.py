"""The edge that reads: the records of the shards, the earlier history -> Facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ci_actions.ci_flaky.config import Config
from ci_actions.ci_flaky.history import Moment
from ci_actions.ci_flaky.model import Facts
from ci_actions.kit.run import Edges
from ci_actions.workflows import shards


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what the shards and earlier runs say, unread."""
    history, problem = _history(edges.directory / config.history) if config.history else (None, "")
    return Facts(
        files=dict(_files(edges.directory / config.shards)),
        history=history,
        problem=problem,
        now=Moment(at=int(edges.clock.now()), commit=edges.context.sha),
    )


def _files(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(folder.rglob(shards.FILE)):
        try:
            content = path.read_bytes()
        except OSError:
            content = None
        yield path.relative_to(folder).as_posix(), content


def _history(path: Path) -> tuple[bytes | None, str]:
    try:
        return path.read_bytes(), ""
    except FileNotFoundError:
        return None, ""
    except OSError as wrong:
        return None, wrong.strerror or type(wrong).__name__
