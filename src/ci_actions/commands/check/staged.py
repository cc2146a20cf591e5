"""Edge: what is staged, checked out beside the work tree.

The checkout is a folder of its own with a repository of its own that shares everything with the user's but HEAD and
index (`commondir`, https://git-scm.com/docs/gitrepository-layout): it has the same branch, history and remotes,
`git worktree list` does not know it, and nothing in the user's repository or work tree is written. What git ignores
(environments, coverage data, generated code) is linked into it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ci_actions.commands.check.files import not_staged
from ci_actions.kit.emit import laptop_folder
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import UNTRACKED, Git, settings_as_variables
from ci_actions.kit.process import Process

#: Ignored folders that nobody needs from elsewhere: what is in them belongs to the files beside them.
_NOT_LINKED = ("__pycache__", ".ci-actions", ".git")
_SUBMODULE = b"160000 "


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A checkout of the index.

    `root` is its top, `directory` the project in it, `environ` what its gates get. `unlike` are the files that the
    work tree has otherwise or in addition: edits that are not staged, files that git does not track. `notes` say what
    else is different.
    """

    root: Path
    directory: Path
    environ: Mapping[str, str]
    unlike: frozenset[str]
    notes: tuple[str, ...]


@contextmanager
def checkout(directory: Path, environ: Mapping[str, str], index: str, here: Path) -> Iterator[Staged]:
    """Yield a checkout of the index, and remove it in the end.

    `index` is GIT_INDEX_FILE, which `git commit FILE` sets for its hooks, relative to `here`; empty for the usual one.

    Raises CannotJudge when there is no repository, nothing in its index, or a conflict; BadInput when `directory`
    holds nothing that is staged.
    """
    from tempfile import mkdtemp

    process = Process(environ)
    git = Git(process, directory, environ=environ)
    user = git.root()
    folder = Path(mkdtemp(prefix="ci-actions-staged-")).resolve()
    try:
        top = folder / user.name if user.name else folder / "checkout"
        yield _made(top, user, git, process, directory, environ, here / index if index else None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(
    top: Path,
    user: Path,
    git: Git,
    process: Process,
    directory: Path,
    environ: Mapping[str, str],
    index: Path | None,
) -> Staged:
    own = top / ".git"
    _repository(own, git, index)
    edited = not_staged(git, own / "index")
    added = _names(git, own / "index", "diff-files", "--name-only", "-z", "--diff-filter=A")
    untracked = _names(git, own / "index", *UNTRACKED)
    ignored = _ignored(git)
    environ = {**environ, **_excluding(ignored, own, user, process, environ)}
    inside = Git(Process(environ), top, environ=environ)
    # What is only announced (`git add --intent-to-add`) is in no commit.
    _ask(inside, "update-index", "--force-remove", "-z", "--stdin", stdin=added)
    listed = _ask(inside, "ls-files", "--stage", "-z")
    entries = [entry.split(b"\t", 1) for entry in listed.split(b"\0")[:-1]]
    if any(head.rsplit(b" ", 1)[1] != b"0" for head, _ in entries):
        raise CannotJudge("The index holds files in conflict.", advice="Finish the merge first.")
    if not entries:
        raise CannotJudge("Nothing is in the index: there is nothing to check.")
    _ask(inside, "checkout-index", "--all", "--force", "--quiet")
    _same_times(top, user, {os.fsdecode(name) for _, name in entries} - edited)
    # It complains about submodules and lets them be, which is what is wanted.
    inside.run("update-index", "-q", "--refresh")
    notes = _link(ignored, top, user)
    if any(head.startswith(_SUBMODULE) for head, _ in entries):
        notes += ("submodules are empty in the checkout of what is staged",)
    inner = top / directory.relative_to(user)
    if not inner.is_dir():
        raise BadInput(f"nothing in {directory} is staged")
    return Staged(
        root=top,
        directory=inner,
        environ=environ,
        unlike=edited | {os.fsdecode(name) for name in untracked.split(b"\0")[:-1]},
        notes=notes,
    )


def _repository(own: Path, git: Git, index: Path | None) -> None:
    """Make a repository that shares everything with the user's but HEAD and index."""
    own.mkdir(parents=True)
    asked = _ask(git, "rev-parse", "--absolute-git-dir", "--git-common-dir")
    private, common = (Path(os.fsdecode(line)) for line in asked.split(b"\n")[:2])
    common = (git.root() / common).resolve()
    if (common / "reftable").is_dir():
        raise CannotJudge(
            "This repository keeps its references in a reftable, which a checkout beside it cannot share.",
            advice="Leave --staged out.",
        )
    try:
        shutil.copyfile(private / "HEAD", own / "HEAD")
        # With its times: an entry that is as young as the index may have been edited since, and git then reads the file.
        # https://git-scm.com/docs/racy-git
        shutil.copy2(index or private / "index", own / "index")
        # With a split index most of it is in another file: https://git-scm.com/docs/git-update-index#_split_index
        for shared in private.glob("sharedindex.*"):
            shutil.copy2(shared, own / shared.name)
    except FileNotFoundError:
        raise CannotJudge("Nothing is in the index: there is nothing to check.") from None
    except OSError as denied:
        raise CannotJudge(f"The index cannot be copied: {denied.strerror}.") from denied
    (own / "commondir").write_text(f"{common}\n", encoding="utf-8", errors="surrogateescape")


def _names(git: Git, index: Path, *words: str) -> bytes:
    """Return what git says of the work tree and this index."""
    done = git.run(*words, env={"GIT_INDEX_FILE": str(index)})
    if not done.ok:
        raise git.failed(done)
    return done.stdout


def _excluding(
    ignored: Sequence[str], own: Path, user: Path, process: Process, environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that make git ignore the links to what it ignores in the work tree.

    A pattern like `.venv/` means folders alone, so it does not fit the link to one.
    """
    named = process.run(["git", "config", "--type=path", "--get", "core.excludesFile"], cwd=user)
    config = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '')}/.config"
    file = Path(named.text.strip() or f"{config}/git/ignore")
    kept = file.read_bytes() if file.is_file() else b""
    patterns = [b"/.ci-actions", *(b"/" + _literal(each) for each in ignored)]
    (own / "excludes").write_bytes(kept.rstrip(b"\n") + b"\n" + b"\n".join(patterns) + b"\n")
    return settings_as_variables([("core.excludesFile", str(own / "excludes"))], environ)


def _literal(path: str) -> bytes:
    """Return the pattern that fits this path alone."""
    return b"".join(
        b"\\" + bytes([sign]) if sign in b"\\*?[ " else bytes([sign]) for sign in os.fsencode(path)
    )


def _ignored(git: Git) -> list[str]:
    """Return what git ignores in the work tree and gates may need, folders as a whole."""
    listed = _ask(git, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    paths = [os.fsdecode(name).rstrip("/") for name in listed.split(b"\0")[:-1]]
    return [path for path in paths if "\n" not in path and not _belongs_beside(path)]


def _belongs_beside(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in _NOT_LINKED or name.endswith("_cache")


def _link(ignored: Sequence[str], top: Path, user: Path) -> tuple[str, ...]:
    """Link what git ignores, and the folder for our own files; return what is to be known if that fails."""
    links = {path: user / path for path in ignored}
    links[".ci-actions"] = laptop_folder(user)
    for path, target in links.items():
        link = top / path
        try:
            if link.parent.is_dir() and not os.path.lexists(link):
                link.symlink_to(target, target_is_directory=target.is_dir())
        except OSError as denied:
            return (f"what git ignores is not in the checkout of what is staged: {denied.strerror}",)
    return ()


def _same_times(top: Path, user: Path, same: set[str]) -> None:
    """Give files the times of the same files in the work tree: caches and the age of reports go by them."""
    for path in same:
        try:
            state = os.lstat(user / path)
            os.utime(top / path, ns=(state.st_atime_ns, state.st_mtime_ns), follow_symlinks=False)
        except (OSError, NotImplementedError):
            continue


def _ask(git: Git, *words: str, stdin: bytes | None = None) -> bytes:
    done = git.run(*words, stdin=stdin)
    if not done.ok:
        raise git.failed(done)
    return done.stdout
