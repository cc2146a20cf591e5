"""Edge: the folder into which artifacts were downloaded -> what the one file in each of them says.

What lies there was packed by somebody else: only plain files of the one name in the one place are opened, none that is a
link, none before its size is known, and none beyond it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from ci_actions.kit import markdown
from ci_actions.kit.untrusted import LARGEST, Refused, RefusedError

T = TypeVar("T")

#: Artifacts of one run; a run with more is refused as a whole.
MOST = 50


def read(folder: Path, file: str, reader: Callable[[bytes], T]) -> tuple[tuple[T, ...], tuple[Refused, ...]]:
    """Return what `reader` makes of the `file` in each artifact, and what it refuses; both empty without a folder."""
    try:
        entries = _entries(folder, MOST)
    except FileNotFoundError:
        return (), ()
    except NotADirectoryError:
        return (), (Refused("the folder", "is no folder"),)
    if entries is None:
        return (), (Refused("the run", f"left more than {MOST} artifacts"),)
    found, refused = [], []
    for name, path in _candidates(folder, entries, file):
        try:
            found.append(reader(_content(path, file)))
        except RefusedError as why:
            refused.append(Refused(name, str(why)))
    return tuple(found), tuple(refused)


def _candidates(folder: Path, entries: list[os.DirEntry[str]], file: str) -> Iterator[tuple[str, Path]]:
    """Yield what each artifact is called and where it lies: several have a folder each, a single one lies in the folder itself.

    https://github.com/actions/download-artifact#outputs
    """
    if any(each.name == file and not each.is_dir(follow_symlinks=False) for each in entries):
        yield "the artifact", folder
        return
    for each in entries:
        yield _shown(each.name), Path(each.path)


def _content(artifact: Path, file: str) -> bytes:
    """Return the one file of an artifact. Raises RefusedError for anything else."""
    if not stat.S_ISDIR(artifact.lstat().st_mode):
        raise RefusedError(f"it is no folder with a {file}")
    entries = _entries(artifact, 1)
    if entries is None or [each.name for each in entries] != [file]:
        raise RefusedError(f"it must hold {file} and nothing else")
    # A link is not followed, and opening a pipe does not wait for somebody to write.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        opened = os.open(artifact / file, flags)
    except OSError as why:
        raise RefusedError(f"its {file} cannot be opened as a plain file") from why
    try:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode):
            raise RefusedError(f"its {file} is no plain file")
        if about.st_size > LARGEST:
            raise RefusedError(f"it is larger than {LARGEST:,} bytes")
        with os.fdopen(opened, "rb", closefd=False) as stream:
            return stream.read(LARGEST + 1)
    finally:
        os.close(opened)


def _entries(folder: Path, most: int) -> list[os.DirEntry[str]] | None:
    """Return what lies in a folder in the order of names, None when it is more: then the rest is not even listed."""
    found: list[os.DirEntry[str]] = []
    with os.scandir(folder) as entries:
        for each in entries:
            if len(found) == most:
                return None
            found.append(each)
    return sorted(found, key=lambda each: each.name)


def _shown(name: str) -> str:
    text = markdown.plain(name)
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"
