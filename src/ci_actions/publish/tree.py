"""The tree of a release: main's files, unchanged, plus a door per public action, `vendor/` and `release.json`.

Additive (design §6), so that "what was tested is what is released" can be checked file by file, see `verify`.
A tree is a plain mapping from paths to files; reading it from git, from a folder, and writing it are at the
end. Everything that a build writes is fixed: order, modes, times (those of the commit), no name of a machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ci_actions import home, vendoring
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.kit.git import Git

RELEASE = home.RELEASE
VENDOR = "vendor"
LOCK = "requirements/runtime.txt"
ACTIONS = "actions"
INTERNAL = "ci-"
"""Actions with this prefix are for our own workflows: they get no door."""

PLAIN, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
SCHEMA = 1

#: https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string, without build data.
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
)
#: What Windows cannot unpack: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_UNPORTABLE = re.compile(
    r'[<>:"\\|?*\x00-\x1f]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$', re.IGNORECASE
)
_NATIVE = (*vendoring.NATIVE_SUFFIXES, ".o", ".a", ".exe", ".node", ".wasm")
#: ELF, PE, and Mach-O in its five forms.
_NATIVE_MAGIC = (
    b"\x7fELF", b"MZ\x90", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce", b"\xca\xfe\xba\xbe",
)  # fmt: skip
#: Of the installed packages, what no program reads: type stubs, C sources, and what names the building machine's
#: interpreter (`WHEEL`) or is for installers (entry points). Licences and METADATA stay.
_UNUSED_METADATA = frozenset({"WHEEL", "entry_points.txt", "top_level.txt"})
_UNUSED = (".pyi", ".pyx", ".pxd", ".c", ".h", ".pyc", "py.typed")
_LFS = b"version https://git-lfs"


@dataclass(frozen=True)
class File:
    """One file as git knows it."""

    data: bytes
    mode: str = PLAIN

    @property
    def sha256(self) -> str:
        """The digest of the content."""
        return hashlib.sha256(self.data).hexdigest()


Files = Mapping[str, File]


@dataclass(frozen=True)
class Source:
    """A commit of main: what it is called, when it was made, and its files."""

    commit: str
    time: int
    files: Files


@dataclass(frozen=True)
class Release:
    """A whole release: all files, `release.json` included, and what that says."""

    version: str
    source: Source
    doors: tuple[str, ...]
    files: Files

    @property
    def generated(self) -> tuple[str, ...]:
        """The paths that main does not have."""
        return tuple(path for path in self.files if path not in self.source.files)


# --- making it: pure ---------------------------------------------------------------------------


def make(source: Source, version: str, vendor: Files) -> Release:
    """Return the release of a commit. `vendor` holds the dependencies, with paths below `vendor/`.

    Raises BadInput with everything that keeps this commit from being released.
    """
    doors = public_actions(source.files)
    problems = [
        *version_problems(version),
        *door_problems(source.files, doors),
        *content_problems({**source.files, **vendor}),
    ]
    if not doors:
        problems.append(f"{ACTIONS}/ holds no public action: there is nothing to release")
    if problems:
        raise BadInput(*problems)
    files = {**source.files, **vendor, **door_files(source.files, doors)}
    if problems := list(portability_problems(files)):
        raise BadInput(*problems)
    files[RELEASE] = File(manifest(version, source, files, doors))
    ordered = MappingProxyType(dict(sorted(files.items())))
    return Release(version, source, doors, ordered)


def public_actions(files: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the actions that consumers may call, sorted."""
    found = {
        parts[1]
        for path in files
        if (parts := path.split("/"))[0] == ACTIONS and parts[2:] in (["action.yml"], ["action.yaml"])
    }
    return tuple(sorted(name for name in found if not name.startswith(INTERNAL)))


def door_files(files: Files, doors: Sequence[str]) -> dict[str, File]:
    """Return the root folders of a release: `actions/x/…` once more, byte for byte, as `x/…`."""
    return {
        path.removeprefix(f"{ACTIONS}/"): file
        for path, file in files.items()
        if path.startswith(tuple(f"{ACTIONS}/{name}/" for name in doors))
    }


def is_generated(path: str, doors: Sequence[str]) -> bool:
    """Whether a path of a released tree is one that main does not have."""
    return path == RELEASE or path.split("/", 1)[0] in (VENDOR, *doors)


def manifest(version: str, source: Source, files: Files, doors: Sequence[str]) -> bytes:
    """Return `release.json`: from what the release was made, and the digest of every file of it.

    It can be made again from the tree alone, so that a changed manifest is found out like a changed file.
    """
    listed = {
        path: file.sha256 if file.mode == PLAIN else f"{file.sha256} {file.mode}"
        for path, file in sorted(files.items())
        if path != RELEASE
    }
    document = {
        "schema": SCHEMA,
        "version": version,
        "commit": source.commit,
        "time": source.time,
        "tree": tree_id(source.files),
        "lock": source.files[LOCK].sha256 if LOCK in source.files else "",
        "doors": list(doors),
        "files": listed,
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def tree_id(files: Files) -> str:
    """Return the id that git gives these files as a tree; it names a commit's content without git being there.

    Format: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    """
    folders: dict[str, dict[str, File]] = {}
    entries: list[tuple[bytes, bytes]] = []
    for path, file in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = file
        else:
            raw = name.encode("utf-8", "surrogateescape")
            entries.append((raw, _tree_entry(file.mode, raw, _object_id("blob", file.data))))
    for name, inner in folders.items():
        raw = name.encode("utf-8", "surrogateescape")
        # git sorts a folder as if its name ended in a slash.
        entries.append((raw + b"/", _tree_entry("40000", raw, tree_id(inner))))
    return _object_id("tree", b"".join(entry for _, entry in sorted(entries)))


def _tree_entry(mode: str, name: bytes, sha: str) -> bytes:
    return mode.encode() + b" " + name + b"\0" + bytes.fromhex(sha)


def _object_id(kind: str, data: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


# --- what is refused: pure ---------------------------------------------------------------------


def version_problems(version: str) -> Iterator[str]:
    """Yield what is wrong with the version."""
    if not _SEMVER.fullmatch(version):
        yield f"version '{version}' must be like 1.2.3 or 1.2.3-rc.1 (https://semver.org), without a 'v'"


def door_problems(files: Iterable[str], doors: Sequence[str]) -> Iterator[str]:
    """Yield the names that a release would add and that main has already, in any case."""
    roots = {folded(path.split("/", 1)[0]): path.split("/", 1)[0] for path in files}
    seen: dict[str, str] = {}
    for name in (*doors, VENDOR, RELEASE):
        key = folded(name)
        if key in roots:
            yield f"'{name}' is to be added to the root, which holds '{roots[key]}': rename one of them"
        if key in seen:
            yield f"actions '{seen[key]}' and '{name}' would be one folder on Windows and macOS: rename one of them"
        seen[key] = name


def content_problems(files: Files) -> Iterator[str]:
    """Yield what has no place in a release, each with its path."""
    for path, file in files.items():
        if file.mode == LINK:
            yield f"{path} is a symbolic link: Windows unpacks it as a text file, act not at all"
        elif file.mode == SUBMODULE:
            yield f"{path} is a submodule: it is not in the archive that runners download"
        elif is_native(path, file.data):
            yield f"{path} is native code: a release is the same on every system"
        elif file.data.startswith(_LFS):
            yield f"{path} is in Git LFS: its content is not in the archive that runners download"


def is_native(path: str, data: bytes) -> bool:
    """Whether a file is compiled for one system, by its name or its first bytes."""
    return path.lower().endswith(_NATIVE) or data.startswith(_NATIVE_MAGIC)


def portability_problems(paths: Iterable[str]) -> Iterator[str]:
    """Yield paths that some system cannot hold, or holds as one: also folders that differ in case only."""
    seen: dict[str, str] = {}
    for path in sorted(paths):
        parts = path.split("/")
        if any(_UNPORTABLE.search(part) for part in parts):
            yield f"{path} cannot be unpacked on Windows"
        for end in range(1, len(parts) + 1):
            name = "/".join(parts[:end])
            if (other := seen.setdefault(folded(name), name)) != name:
                yield f"{other} and {name} are one on Windows and macOS: rename one of them"


def folded(name: str) -> str:
    """Return what a file system that ignores case, and how accents are written, compares."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


# --- reading -----------------------------------------------------------------------------------


def read_commit(git: Git, revision: str = "HEAD") -> Source:
    """Return a commit with all its files. Raises CannotJudge when there is no such commit here."""
    (commit,) = git.commits(revision)
    if commit is None:
        raise CannotJudge(
            f"'{revision}' names no commit of this repository.", advice="Fetch it, tags included."
        )
    return Source(commit.sha, commit.time, read_files(git, commit.sha))


def read_files(git: Git, revision: str, *paths: str) -> Files:
    """Return the files of a commit, or those below some paths, as they are stored: no filter touches them."""
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", revision, "--", *paths)
    if not listed.ok:
        raise CannotJudge(f"git ls-tree {revision} failed: {listed.complaint}")
    entries = []
    for record in filter(None, listed.text.split("\0")):
        about, path = record.split("\t", 1)
        mode, _, sha = about.split(" ")
        entries.append((path, mode, sha))
    wanted = [sha for _, mode, sha in entries if mode != SUBMODULE]
    blobs = dict(zip(wanted, _blobs(git, wanted), strict=True))
    return MappingProxyType(
        {path: File(b"" if mode == SUBMODULE else blobs[sha], mode) for path, mode, sha in sorted(entries)}
    )


def _blobs(git: Git, wanted: Sequence[str]) -> Iterator[bytes]:
    done = git.run("cat-file", "--batch", stdin="".join(f"{sha}\n" for sha in wanted).encode())
    answer, position = done.stdout, 0
    for sha in wanted:
        end = answer.find(b"\n", position)
        head = answer[position:end].split(b" ")
        if end < 0 or len(head) != 3:
            raise CannotJudge(f"git has no object {sha}.", advice="A partial or shallow clone is not enough.")
        size = int(head[2])
        yield answer[end + 1 : end + 1 + size]
        position = end + 1 + size + 1


def read_folder(folder: Path) -> Files:
    """Return the files below a folder, links as links; the `.git` of a checkout is none of them."""
    found: dict[str, File] = {}
    for where, folders, names in os.walk(folder):
        links = [name for name in folders if Path(where, name).is_symlink()]
        folders[:] = sorted(set(folders) - set(links) - {".git"})
        for name in [*names, *links]:
            path = Path(where, name)
            relative = path.relative_to(folder).as_posix()
            if relative == ".git":  # a worktree has a file
                continue
            if path.is_symlink():
                found[relative] = File(os.fsencode(path.readlink()), LINK)
            else:
                executable = path.stat().st_mode & 0o100
                found[relative] = File(path.read_bytes(), EXECUTABLE if executable else PLAIN)
    return MappingProxyType(dict(sorted(found.items())))


def dirt(git: Git) -> tuple[str, ...]:
    """Return the paths that are changed, staged or new but not committed."""
    done = git.run("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    if not done.ok:
        raise CannotJudge(f"git status failed: {done.complaint}")
    return tuple(record[3:] for record in done.text.split("\0") if record)


def refuse_dirt(git: Git) -> None:
    """Raise BadInput, naming the files, when the work tree is not what is committed."""
    if found := dirt(git):
        shown = ", ".join(found[:10]) + (f" and {len(found) - 10} more" if len(found) > 10 else "")
        raise BadInput(f"uncommitted: {shown}. A release is made of a commit: commit, or put them away")


def vendored(lock: bytes, python: str, environ: Mapping[str, str]) -> Files:
    """Return what the lock installs, without what no program reads, below `vendor/`.

    Raises Unavailable when the packages cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="ci-actions-vendor-") as scratch:
        file, folder = Path(scratch, "runtime.txt"), Path(scratch, VENDOR)
        file.write_bytes(lock)
        try:
            vendoring.build(file, folder, python, environ)
        except vendoring.VendoringError as why:
            raise Unavailable(str(why)) from why
        made = read_folder(folder)
    return MappingProxyType(
        {f"{VENDOR}/{path}": File(file.data) for path, file in made.items() if not _unused(path)}
    )


def _unused(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return path.endswith(_UNUSED) or (folder.endswith(".dist-info") and name in _UNUSED_METADATA)


# --- writing -----------------------------------------------------------------------------------


def refuse_full(folder: Path) -> None:
    """Raise BadInput when a folder to write to holds something, or is none."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise BadInput(f"{folder} holds something already: name a new or empty folder")


def write(files: Files, folder: Path, time: int) -> None:
    """Write files into a folder that is new or empty, with fixed modes and times.

    Raises BadInput when the folder holds something.
    """
    refuse_full(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folders = {folder}
    for path, file in sorted(files.items()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
        # Not what the umask left: the modes are part of what is released.
        target.chmod(0o755 if file.mode == EXECUTABLE else 0o644)
        os.utime(target, (time, time))
        folders.update(parent for parent in target.parents if parent.is_relative_to(folder))
    for each in sorted(folders, reverse=True):
        each.chmod(0o755)
        os.utime(each, (time, time))


def kept_in_archives(files: Files) -> Files:
    """Return the files without those that `.gitattributes` keeps out of archives, as GitHub's leave them out."""
    roots = export_ignored(files)
    return {path: file for path, file in files.items() if path.split("/", 1)[0] not in roots}


def export_ignored(files: Files) -> frozenset[str]:
    """Return the names in the root that archives leave out (lines like `/tests export-ignore`)."""
    if ".gitattributes" not in files:
        return frozenset()
    lines = files[".gitattributes"].data.decode("utf-8", "replace").splitlines()
    words = [line.split() for line in lines if not line.startswith("#")]
    return frozenset(each[0].strip("/") for each in words if "export-ignore" in each[1:])


def tar_gz(files: Files, top: str, time: int) -> bytes:
    """Return a gzipped tar archive below one folder: the same bytes for the same files."""
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, file in sorted(files.items()):
            about = tarfile.TarInfo(f"{top}/{path}")
            about.size, about.mtime = len(file.data), time
            about.mode = 0o755 if file.mode == EXECUTABLE else 0o644
            archive.addfile(about, io.BytesIO(file.data))
    return _gzipped(packed.getvalue())


def _gzipped(data: bytes) -> bytes:
    """Return data in the gzip format; Python's own writer names the system, in another way since 3.12.

    Header and trailer: https://www.rfc-editor.org/rfc/rfc1952
    """
    import zlib

    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = b"\x1f\x8b\x08\0" + b"\0\0\0\0" + b"\x02\xff"  # no name, no time, smallest, unknown system
    trailer = zlib.crc32(data).to_bytes(4, "little") + (len(data) % 2**32).to_bytes(4, "little")
    return header + squeezer.compress(data) + squeezer.flush() + trailer


def zipped(files: Files, top: str, time: int) -> bytes:
    """Return a zip archive below one folder: the same bytes for the same files."""
    import io
    import zipfile
    from datetime import UTC, datetime

    # The format has no zone and begins in 1980.
    moment = datetime.fromtimestamp(max(time, 315_532_800), UTC).timetuple()[:6]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, file in sorted(files.items()):
            about = zipfile.ZipInfo(f"{top}/{path}", moment)
            about.create_system = 3
            about.external_attr = (0o100755 if file.mode == EXECUTABLE else 0o100644) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, file.data)
    return packed.getvalue()


def build(git: Git, version: str, python: str, environ: Mapping[str, str], revision: str = "HEAD") -> Release:
    """Return the release of a commit; no branch, no file of the checkout is touched.

    Raises BadInput for what cannot be released, CannotJudge when git fails, Unavailable when the dependencies
    cannot be had.
    """
    if problems := list(version_problems(version)):
        raise BadInput(*problems)
    refuse_dirt(git)
    source = read_commit(git, revision)
    # Everything that can be refused without a network is refused before it is used.
    make(source, version, {})
    if LOCK not in source.files:
        raise BadInput(f"{LOCK} is missing: it says what vendor/ holds")
    return make(source, version, vendored(source.files[LOCK].data, python, environ))
