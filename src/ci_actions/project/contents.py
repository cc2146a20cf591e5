"""Edge: the files of a virtual environment, and the proof that each of them is what was installed.

Two lists say what must be there: the RECORD of every distribution, and the corrections in our own note (`marker.py`)
for what no RECORD covers. Every file is read and hashed; with some tens of thousands of them that takes a few tenths
of a second, so nothing is sampled or trusted by its time stamp.
"""

from __future__ import annotations

import os
import sys
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Files up to this size are read in one piece, larger ones in pieces of it.
PIECE = 1 << 20

#: Below this number of files a second process costs more than it saves.
FILES_FOR_TWO = 500

#: More processes than this wait for the same disk.
MOST_PROCESSES = 4

#: Without blocking: a pipe that lies where a file should would be waited on for ever.
_READ = os.O_RDONLY | sum(getattr(os, each, 0) for each in ("O_BINARY", "O_CLOEXEC", "O_NONBLOCK"))


class Expected(NamedTuple):
    """One file as it must be: its path below the environment, `algorithm=digest`, and its size (-1: unknown)."""

    path: str
    digest: str
    size: int


class Wrong(NamedTuple):
    """One file that is not as it must be: `missing`, `changed`, `unreadable` or `mentions` (the old path)."""

    path: str
    how: str


# --- what is there -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Listing:
    """Every file and link below a folder, by path relative to it with `/`.

    `bytecode` are the `__pycache__` folders, which are not looked into: Python writes them at any time, and they are
    never part of the proof.
    """

    files: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    bytecode: list[str] = field(default_factory=list)

    def home_of(self, path: str) -> str:
        """Return the path by which the file is listed: `lib64/…` where that is a link to `lib`."""
        first, slash, rest = path.partition("/")
        target = self.links.get(first) if slash else None
        return f"{target}/{rest}" if target else path


def listing(root: str) -> Listing:
    """Return what lies below `root`; links are not followed. Raises OSError."""
    found = Listing()
    _list(root, "", found)
    return found


def _list(folder: str, prefix: str, found: Listing) -> None:
    inner = []
    with os.scandir(folder) as entries:
        for each in entries:
            path = prefix + each.name
            if each.is_symlink():
                found.links[path] = os.readlink(each.path)
            elif not each.is_dir(follow_symlinks=False):
                found.files.add(path)
            elif each.name == "__pycache__":
                found.bytecode.append(path)
            else:
                inner.append((each.path, path + "/"))
    for path, below in inner:
        _list(path, below, found)


# --- what a distribution says of itself ----------------------------------------------------------


def record_entries(text: str, site: str, home_of: Callable[[str], str] = str) -> Iterator[Expected]:
    """Yield the files of a RECORD below `site`, the site-packages folder; without a digest it is empty.

    `home_of` says by which path a file outside of `site` is listed.
    https://packaging.python.org/specifications/recording-installed-packages/#the-record-file
    """
    for path, digest, size in _rows(text):
        whole = f"{site}/{path}"
        if ".." in path or "\\" in path:
            whole = home_of(os.path.normpath(whole.replace("\\", "/")).replace("\\", "/"))
        yield Expected(whole, digest, int(size) if size.isdigit() else -1)


def _rows(text: str) -> Iterator[tuple[str, str, str]]:
    if '"' in text:
        import csv

        for row in csv.reader(text.splitlines()):
            if len(row) >= 3:
                yield row[0], row[1], row[2]
        return
    for line in text.splitlines():
        if line:
            path, _, rest = line.partition(",")
            digest, _, size = rest.partition(",")
            yield path, digest, size


def with_digests(text: str, digests: Mapping[str, tuple[str, int]], site: str) -> str:
    """Return a RECORD in which the named files (paths below the environment) have these digests and sizes."""
    import csv
    from io import StringIO

    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in csv.reader(text.splitlines()):
        entry = next(iter(record_entries(",".join(row), site)), None) if row else None
        if entry is not None and entry.path in digests:
            digest, size = digests[entry.path]
            writer.writerow([row[0], digest, size])
        elif row:
            writer.writerow(row)
    return out.getvalue()


# --- reading every file --------------------------------------------------------------------------


def digest_of(data: bytes) -> str:
    """Return the digest of bytes as RECORD writes it."""
    from hashlib import sha256

    return "sha256=" + _encoded(sha256(data).digest())


def digests_of(root: str, paths: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return digest and size of files below `root`. Raises OSError."""
    found = {}
    for path in paths:
        digest, size, _ = _read(f"{root}/{path}", "sha256", b"")
        found[path] = ("sha256=" + digest, size)
    return found


def wrong_files(root: str, expected: Sequence[Expected], needle: bytes = b"") -> list[Wrong]:
    """Return the files below `root` that are missing, unreadable or different, by path.

    With a `needle`, the old path of an environment that lies elsewhere now, files that hold it are named too.
    """
    ordered = sorted(expected, key=lambda each: -each.size)
    processes = _processes(len(ordered))
    if processes == 1:
        return sorted(_wrong(root, ordered, needle))
    shares = [ordered[start::processes] for start in range(processes)]
    children = [_Share(root, share, needle) for share in shares[1:]]
    found = _wrong(root, shares[0], needle)
    for child in children:
        found += child.answer()
    return sorted(found)


def _wrong(root: str, expected: Sequence[Expected], needle: bytes) -> list[Wrong]:
    found = []
    for path, digest, size in expected:
        algorithm, _, value = digest.partition("=")
        try:
            actual, length, mentions = _read(f"{root}/{path}", algorithm, needle, size)
        except (FileNotFoundError, NotADirectoryError):
            found.append(Wrong(path, "missing"))
        except (OSError, ValueError):
            found.append(Wrong(path, "unreadable"))
        else:
            if actual != value.rstrip("=") or size not in (-1, length):
                found.append(Wrong(path, "changed"))
            if mentions:
                found.append(Wrong(path, "mentions"))
    return found


def _read(path: str, algorithm: str, needle: bytes, size: int = -1) -> tuple[str, int, bool]:
    """Return digest and size of a file, and whether it holds `needle`. Raises OSError, ValueError for the algorithm."""
    import hashlib

    digest = hashlib.sha256() if algorithm == "sha256" else hashlib.new(_trusted(algorithm))
    file = os.open(path, _READ)
    try:
        # One byte more than expected shows that a file has grown, and that it has not is the end of it.
        data = os.read(file, min(size + 1, PIECE) if size >= 0 else PIECE)
        length, mentions, kept = 0, False, b""
        while data:
            digest.update(data)
            length += len(data)
            if needle and not mentions:
                mentions = needle in kept + data
                kept = data[1 - len(needle) :]
            if length == size and length < PIECE:
                break
            data = os.read(file, PIECE)
    finally:
        os.close(file)
    return _encoded(digest.digest()), length, mentions


def _trusted(algorithm: str) -> str:
    if algorithm in ("md5", "sha1", ""):
        raise ValueError(algorithm)
    return algorithm


def _encoded(digest: bytes) -> str:
    """Return a digest in URL-safe Base64 without padding; `base64` itself costs an import."""
    return b2a_base64(digest, newline=False).decode().rstrip("=").replace("+", "-").replace("/", "_")


# --- in several processes ------------------------------------------------------------------------


def _processes(files: int) -> int:
    """How many to use: a fork must be useful (processors) and safe (no other thread, whose locks would stay locked)."""
    threading = sys.modules.get("threading")
    if sys.platform != "linux" or files < FILES_FOR_TWO:
        return 1
    if threading is not None and threading.active_count() > 1:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)


class _Share:
    """A forked child that reads its share of the files; what it did not answer is done again by us."""

    def __init__(self, root: str, expected: Sequence[Expected], needle: bytes) -> None:
        self._work = (root, expected, needle)
        self._reading, writing = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:  # No process left for us.
            self._pid = -1
        if self._pid == 0:
            self._child(writing)
        os.close(writing)

    def _child(self, writing: int) -> None:
        # Nothing of the parent may run on here: no handler, no buffered output, no exception.
        import marshal

        try:
            os.close(self._reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(marshal.dumps([tuple(each) for each in _wrong(*self._work)]))
            os._exit(0)
        finally:
            os._exit(1)

    def answer(self) -> list[Wrong]:
        """Return what the child found."""
        import marshal

        with os.fdopen(self._reading, "rb") as pipe:
            written = pipe.read()
        if self._pid < 0 or os.waitpid(self._pid, 0)[1] != 0:
            return _wrong(*self._work)
        # It comes from this very program.
        answer: list[Any] = marshal.loads(written)  # noqa: S302
        return [Wrong(*each) for each in answer]
