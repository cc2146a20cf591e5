"""Edge: writes all files or none. Each appears whole, and keeps the mode of the one in whose place it comes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ci_actions.commands.init.model import Change
from ci_actions.kit.errors import CannotJudge, Unavailable


def write(root: Path, changes: Sequence[Change]) -> None:
    """Write what is to be written.

    Raises CannotJudge for a file that is not what was shown any more, Unavailable when one cannot be written; then
    nothing is, but for the folders.
    """
    unfinished: list[tuple[Path, Path]] = []
    try:
        for change in changes:
            path = root / change.path
            _refuse_another(path, change)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            unfinished.append((beside, path))
            beside.write_bytes(change.after)
            if change.before is not None:
                beside.chmod(path.stat().st_mode & 0o7777)
        for beside, path in unfinished:
            beside.replace(path)
    except OSError as denied:
        raise Unavailable(
            f"{denied.filename or root} cannot be written: {denied.strerror}.", advice="Nothing was written."
        ) from denied
    finally:
        for beside, _ in unfinished:
            beside.unlink(missing_ok=True)


def _refuse_another(path: Path, change: Change) -> None:
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        there = None
    if there != change.before or path.is_symlink():
        raise CannotJudge(
            f"{change.path} has changed since it was shown.", advice="Nothing was written; run init again."
        )
