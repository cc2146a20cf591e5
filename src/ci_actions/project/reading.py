"""Edge: reads what of the working directory says how the project is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from ci_actions.kit.errors import BadInput
from ci_actions.kit.globs import matcher
from ci_actions.project import requirements
from ci_actions.project.files import ProjectFiles, matters

#: No file of dependencies is as large; what is, was named by mistake.
LARGEST = 64 * 1024 * 1024
#: A uv workspace has these above its members.
_ABOVE = ("pyproject.toml", "uv.lock")
#: Never looked into: what installers and tools made.
_MADE = frozenset(
    {".git", ".hg", ".nox", ".tox", ".venv", "__pycache__", "__pypackages__", "node_modules", "venv"}
)


def read_project(directory: Path, root: Path) -> ProjectFiles:
    """Return what the working directory holds; `root` is the git root, above which nothing is looked at.

    Links are followed, out of the repository too. Raises BadInput for a directory that is not there, and for a file
    that is too large or cannot be read.
    """
    shown = directory.relative_to(root).as_posix() if directory.is_relative_to(root) else directory.as_posix()
    try:
        names = _names(directory)
    except OSError as denied:
        raise BadInput(
            f"working-directory '{shown}' cannot be read: {denied.strerror}. "
            "Is it spelled right, and did actions/checkout run before?"
        ) from None
    content = {name: _content(directory / name, shown, name) for name in sorted(names) if matters(name)}
    content |= _includes(directory, shown, content)
    content |= _above(directory, root, shown)
    return ProjectFiles(directory=shown, names=frozenset(names), content=content)


def read_matching(directory: Path, root: Path, patterns: Sequence[str]) -> dict[str, bytes]:
    """Return the files below the directory that any of the globs means, by their path relative to the git root.

    Environments and caches of tools are never looked into. Raises BadInput for a glob that means no file.
    """
    found: dict[str, bytes] = {}
    tests = {pattern: matcher([pattern]) for pattern in patterns}
    any_of, unseen = matcher(patterns), set(patterns)
    above = f"{directory.relative_to(root).as_posix()}/" if directory != root else ""
    for below in _files(directory):
        if any_of(below):
            unseen -= {pattern for pattern, test in tests.items() if test(below)}
            found[f"{above}{below}"] = _content(directory / below, ".", f"{above}{below}")
    if unseen:
        raise BadInput(
            *(
                f"cache-dependency-path: '{each}' matches no file below '{directory.name}'."
                for each in patterns
                if each in unseen
            )
        )
    return found


def _files(directory: Path) -> Iterator[str]:
    """Yield the files below a directory, by their path relative to it: as texts, for there may be very many."""
    top = len(str(directory)) + 1
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(set(folders) - _MADE)
        inside = Path(folder).as_posix()[top:]
        yield from (f"{inside}/{name}" if inside else name for name in sorted(files))


def _names(directory: Path) -> set[str]:
    found = set()
    with os.scandir(directory) as entries:
        for entry in entries:
            if _is_file(entry):
                found.add(entry.name)
            elif entry.name == "requirements" and entry.is_dir():
                found |= {f"requirements/{each.name}" for each in os.scandir(entry.path) if _is_file(each)}
    return found


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file; a link that leads in a circle is none, like one that leads nowhere."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _content(path: Path, directory: str, name: str) -> bytes:
    shown = str(PurePosixPath(directory) / name)
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise BadInput(
                f"{shown} has {size // 1024**2} MiB; dependency files have at most {LARGEST // 1024**2}.",
                file=shown,
            )
        return path.read_bytes()
    except OSError as denied:
        raise BadInput(f"{shown} cannot be read: {denied.strerror}.", file=shown) from None


def _includes(directory: Path, shown: str, content: dict[str, bytes]) -> dict[str, bytes]:
    """Return the requirements files that others include, wherever they lie."""

    def read(name: str) -> bytes | None:
        path = directory / name
        return content.get(name) or (_content(path, shown, name) if path.is_file() else None)

    start = [name for name in content if name.endswith((".txt", ".in")) and name != "runtime.txt"]
    return requirements.included(start, read)


def _above(directory: Path, root: Path, shown: str) -> dict[str, bytes]:
    """Return the files of a uv workspace in the folders above, up to the git root."""
    found: dict[str, bytes] = {}
    if not directory.is_relative_to(root):
        return found
    for up in range(len(directory.relative_to(root).parts)):
        above = "/".join([".."] * (up + 1))
        for name in _ABOVE:
            path = directory.parents[up] / name
            if path.is_file():
                found[f"{above}/{name}"] = _content(path, shown, f"{above}/{name}")
    return found
