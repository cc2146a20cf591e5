"""Edge: the files as they lie in the work tree, of which thousands are looked at."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.model import Checkout, CoverageReport
from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.run import Edges


def tracked(edges: Edges[Config]) -> frozenset[str]:
    """Return the files of the repository, relative to the git root; outside of git those of the working directory."""
    try:
        return frozenset(edges.git.tracked())
    except CannotJudge:
        found = (
            Path(folder, name).relative_to(edges.root).as_posix()
            for folder, _, names in os.walk(edges.directory)
            for name in names
        )
        return frozenset(found)


def contents_of(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that exist, with what they hold."""
    base = os.fspath(root)
    for path in paths:
        try:
            with open(f"{base}/{path}", "rb") as file:
                yield path, file.read()
        except OSError:
            continue


def sizes_of(root: Path, paths: Iterable[str]) -> dict[str, int]:
    """Return the sizes of the files that exist, in bytes."""
    base = os.fspath(root)
    found = {}
    for path in paths:
        try:
            found[path] = os.stat(f"{base}/{path}").st_size
        except OSError:
            continue
    return found


def checkout_of(
    root: Path, reports: Iterable[CoverageReport], contents: Mapping[str, bytes], sizes: Mapping[str, int]
) -> Mapping[str, Checkout]:
    """Return how many lines the measured files have: exactly, or no more than their size allows.

    `sizes` are those that are known already.
    """
    digested = {file.path for report in reports for file in report.files if file.digest}
    measured = {file.path for report in reports for file in report.files}
    bounds = sizes_of(root, (path for path in measured if path not in sizes and path not in contents))
    found: dict[str, Checkout] = {}
    for path in measured:
        content = contents.get(path)
        if content is not None:
            found[path] = Checkout(line_count(content), digest(content) if path in digested else "")
        elif (size := sizes.get(path, bounds.get(path))) is not None:
            found[path] = Checkout(size)
    return found


def line_count(content: bytes) -> int:
    """Return how many lines a file has, whatever ends them."""
    count = content.count(b"\n") or content.count(b"\r")
    return count + (bool(content) and not content.endswith((b"\n", b"\r")))


def digest(content: bytes) -> str:
    """Return the SHA-256 (hex) of a source with LF line ends."""
    from hashlib import sha256

    return sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def texts_of(
    contents: Mapping[str, bytes], unknown: Iterable[ChangedFile]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the lines of changed files that are looked at: those in no report, and those with a pragma."""
    wanted = {each.path for each in unknown}
    for path, content in contents.items():
        if path in wanted or (path.endswith(".py") and b"pragma" in content.lower()):
            yield path, tuple(content.decode("utf-8", "replace").split("\n"))
