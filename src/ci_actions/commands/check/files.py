"""Edge: the files that git knows, as they lie in the work tree, to see what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ci_actions.kit.git import Git

#: What tells a file from an earlier state of it: time, size, and the number that an editor changes which replaces it.
Stamp = tuple[int, int, int]
Snapshot = Mapping[str, Stamp]


def snapshot(git: Git) -> Snapshot:
    """Return the tracked and the untracked files that are not ignored, with what would tell a change."""
    root = git.root()
    found = {}
    for path in git.files():
        try:
            state = (root / path).lstat()
        except OSError:  # Deleted, and git still knows it.
            continue
        found[path] = (state.st_mtime_ns, state.st_size, state.st_ino)
    return found


def changed(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """Return the paths that were added, changed or deleted."""
    return tuple(sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))


def not_staged(git: Git, index: Path | None = None) -> frozenset[str]:
    """Return the tracked files of the work tree that differ from the index."""
    done = git.run(
        "diff",
        "--name-only",
        "-z",
        "--no-relative",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--ignore-submodules=dirty",
        "--",
        env={"GIT_INDEX_FILE": str(index)} if index else None,
    )
    if not done.ok:
        raise git.failed(done)
    return frozenset(done.text.split("\0")[:-1])
