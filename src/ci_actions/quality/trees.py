"""Edge: trees of files: what git knows of one, its digest, and throw-away copies that tools may write to."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.git import Git
from ci_actions.quality.tool import NO_SOURCE, Source

_LINK, _SUBMODULE = "120000", "160000"
#: Marks of https://git-scm.com/docs/git-ls-files#Documentation/git-ls-files.txt--t
_UNKNOWN, _CHANGED, _SPARSE = "?", "C", "S"
#: More than this (bytes) is no source that somebody wrote.
LARGEST_SOURCE = 16 * 1024 * 1024
#: What a throw-away copy has in common with the original, as `git rev-parse --git-path` knows it.
_SHARED = ("objects", "shallow", "info/exclude")
#: Files that are kept split into lines: tools say what they find file by file.
_KEPT = 64


@dataclass(frozen=True)
class Tree:
    """A tree of files on disk. `entries` are mode and content digest of each file that git knows, by path.

    `absent` is how many more it knows that a sparse checkout left out.
    """

    root: str
    entries: Mapping[str, str]
    absent: int = 0

    @cached_property
    def digest(self) -> str:
        """The digest of names, modes and contents: equal trees have equal digests, on every machine."""
        made = sha256()
        for path in sorted(self.entries):
            made.update(f"{self.entries[path]} {path}\0".encode("utf-8", "surrogateescape"))
        return made.hexdigest()

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files, links that lead nowhere included; submodules are none."""
        return tuple(path for path, entry in self.entries.items() if not entry.startswith(_SUBMODULE))

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """The folders that are repositories of their own."""
        return tuple(path for path, entry in self.entries.items() if entry.startswith(_SUBMODULE))

    def content(self, path: str) -> bytes | None:
        """Return what a file holds, None where it cannot be read."""
        try:
            with open(f"{self.root}/{path}", "rb") as file:
                return file.read(LARGEST_SOURCE)
        except OSError:
            return None

    @cached_property
    def source(self) -> Callable[[str], Source]:
        """What returns the lines of a file, none where it cannot be read; it remembers the last ones."""

        @lru_cache(_KEPT)
        def lines(path: str) -> Source:
            content = self.content(path)
            return NO_SOURCE if content is None else Source.of(content)

        return lines


def of_work_tree(git: Git) -> Tree:
    """Return the tree as it lies there: tracked files, and untracked ones that are not ignored.

    Files that git holds unchanged have git's digest; of the others the content is asked for, filters applied, so that
    a laptop before the commit and a runner after it see the same tree.
    """
    root = os.path.realpath(git.root())
    entries: dict[str, str] = {}
    changed: list[str] = []
    absent = 0
    for line in _listed(git, "ls-files", "-z", "-t", "-s", "-m", "-o", "--exclude-standard"):
        mark, about = line[0], line[2:]
        if mark == _UNKNOWN:
            changed.append(about)
            continue
        path, entry = _staged(about)
        if mark == _SPARSE and not os.path.lexists(f"{root}/{path}"):
            absent += 1
            continue
        entries[path] = entry
        if mark == _CHANGED:
            changed.append(path)
    plain = []
    for path in dict.fromkeys(changed):
        try:
            bits = os.lstat(f"{root}/{path}").st_mode
        except OSError:
            entries.pop(path, None)
            continue
        if stat.S_ISLNK(bits):
            target = os.readlink(f"{root}/{path}")
            entries[path] = f"{_LINK} {sha256(os.fsencode(target)).hexdigest()}"
        elif stat.S_ISREG(bits):
            entries[path] = "100755 ?" if bits & 0o100 else "100644 ?"
            plain.append(path)
        # A folder in the list is a repository of its own (`path/`): its files are not ours.
    for path, digest in zip(plain, _digests(git, root, plain), strict=True):
        entries[path] = entries[path].replace("?", digest)
    return Tree(root, entries, absent)


def _staged(about: str) -> tuple[str, str]:
    """Return path, and mode and digest, of what `git ls-files -s` says of a file."""
    about, _, path = about.partition("\t")
    mode, digest, _ = about.split(" ")
    return path, f"{mode} {digest}"


def _listed(git: Git, *arguments: str) -> list[str]:
    done = git.run(*arguments)
    if not done.ok:
        raise CannotJudge(f"git {arguments[0]} failed ({done.code}): {done.complaint}")
    return done.text.split("\0")[:-1]


def _digests(git: Git, root: str, paths: list[str]) -> list[str]:
    """Return what git would call the contents of these files."""
    if not paths:
        return []
    if not any("\n" in path or path.startswith('"') for path in paths):
        asked = "".join(f"{path}\n" for path in paths).encode("utf-8", "surrogateescape")
        done = git.run("hash-object", "--stdin-paths", stdin=asked)
        if done.ok and len(found := done.text.split()) == len(paths):
            return found
    return [_content_digest(f"{root}/{path}") for path in paths]


def _content_digest(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return sha256(file.read()).hexdigest()
    except OSError as why:
        return f"unreadable-{why.errno}"


def copy_of(git: Git, tree: Tree, target: Path) -> Tree:
    """Return a repository of its own with the same files, staged: whoever works in it cannot touch the original.

    It borrows the objects of the original and has its HEAD and branch, so that hooks see what they would see.
    """
    _borrowing(git, target)
    for path, entry in tree.entries.items():
        if entry.startswith(_SUBMODULE):
            # For git an empty folder is one that nobody has fetched, and none is one that was removed.
            (target / path).mkdir(parents=True, exist_ok=True)
        else:
            _copy(Path(tree.root, path), target / path)
    if head := git.resolve("HEAD"):
        branch = git.branch() or "HEAD-of-ci-actions"
        _expect(git, target, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
        _expect(git, target, "reset", "--mixed", "--quiet", head)
    _expect(git, target, "add", "--all", "--force", "--", ".")
    return Tree(os.path.realpath(target), tree.entries)


def checkout_of(git: Git, commit: str, target: Path) -> Tree:
    """Return a repository of its own that has one commit checked out. Raises CannotJudge where that fails."""
    _borrowing(git, target)
    _expect(git, target, "checkout", "--quiet", "--detach", commit)
    entries = dict(map(_staged, _expect(git, target, "ls-files", "-s", "-z").split("\0")[:-1]))
    return Tree(os.path.realpath(target), entries)


def overlaid(tree: Tree, files: Mapping[str, bytes | None]) -> Tree:
    """Return a throw-away tree after giving files another content, or taking them away where that is None."""
    entries = dict(tree.entries)
    for path, content in files.items():
        target = Path(tree.root, path)
        if content is None:
            target.unlink(missing_ok=True)
            entries.pop(path, None)
        elif tree.content(path) != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            entries[path] = f"100644 {sha256(content).hexdigest()}"
    return Tree(tree.root, entries)


def _borrowing(git: Git, target: Path) -> None:
    """Make an empty repository that finds the objects of the original; nothing is written to the original."""
    target.mkdir(parents=True)
    _expect(git, target, "init", "--quiet", "--template=", ".")
    asked = [word for name in _SHARED for word in ("--git-path", name)]
    objects, *others = (Path(git.root(), line) for line in git.run("rev-parse", *asked).text.split("\n")[:-1])
    alternates = target / ".git" / "objects" / "info" / "alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_text(f"{objects}\n", encoding="utf-8")
    for name, source in zip(_SHARED[1:], others, strict=True):
        if source.is_file():
            copied = target / ".git" / name
            copied.parent.mkdir(exist_ok=True)
            copied.write_bytes(source.read_bytes())


def _expect(git: Git, target: Path, *arguments: str) -> str:
    # GIT_DIR and GIT_WORK_TREE of a hook that started us would lead back to the original.
    env = {
        "GIT_DIR": str(target / ".git"),
        "GIT_WORK_TREE": str(target),
        "GIT_INDEX_FILE": str(target / ".git" / "index"),
    }
    done = git.run(*arguments, cwd=target, env=env)
    if not done.ok:
        raise CannotJudge(
            f"git {arguments[0]} failed in a throw-away copy: {' '.join(done.complaint.split())}"
        )
    return done.text


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a link as it is; a file that cannot be read is left out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    try:
        content = source.read_bytes()
    except OSError:
        return
    target.write_bytes(content)
    target.chmod(source.stat().st_mode | stat.S_IWUSR)


def difference(git: Git, target: Path) -> str:
    """Return as a patch what has changed in a throw-away copy since it was made."""
    options = (
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        "--binary",
    )
    return _expect(git, target, "diff", *options)
