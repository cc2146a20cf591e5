"""Edge: what changed since the base, in files and lines."""

from __future__ import annotations

from pathlib import Path

from ci_actions.kit.base import Base
from ci_actions.kit.diff import Change, ChangedFile, parse, parse_patch_file, split
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.git import TRACKED, UNTRACKED, Git, diff_arguments
from ci_actions.kit.process import Completed


def changed(git: Git, base: Base) -> Change:
    """Return what changed since the base: every file, and the lines it gained.

    For a working tree (`base.head` is None) files that git does not know yet and does not ignore count
    as new, as they will once they are committed. Raises CannotJudge when a patch file is missing or unusable.
    """
    if base.patch_file is not None:
        return Change(files=_from_patch_file(base.patch_file), warnings=base.warnings)
    done = git.diff(base.sha, base.head)
    files = _unhidden(git, base, parse(*split(done.stdout)))
    if base.head is None:
        files += tuple(file for path in git.untracked() if (file := _new_file(git.root(), path)))
    return Change(files=files, warnings=(*base.warnings, *_degraded(done)))


def changed_paths(git: Git, base: Base) -> frozenset[str]:
    """Return the paths that the change touches, under their old and new names; no line is read.

    What counts, and what is raised, is the same as for `changed`.
    """
    if base.patch_file is not None:
        files = _from_patch_file(base.patch_file)
        return frozenset(name for each in files for name in (each.path, each.old_path) if name)
    names = git.changed_names(base.sha, base.head)
    return frozenset((*names, *git.untracked()) if base.head is None else names)


def foresee(git: Git, base: Base) -> None:
    """Start what `changed` and a list of the files will ask, so that git works while reports are read."""
    git.start(*TRACKED)
    if base.patch_file is None:
        git.start(*diff_arguments(base.sha, base.head))
        if base.head is None:
            git.start(*UNTRACKED)


def _degraded(done: Completed) -> tuple[str, ...]:
    """What git says when it gave up looking for renames: then moved code counts as new."""
    if b"rename detection was skipped" not in done.stderr:
        return ()
    return (
        "So many files came and went that git did not look for renames with edits: these count as new code.",
    )


def _from_patch_file(path: Path) -> tuple[ChangedFile, ...]:
    try:
        return parse_patch_file(path.read_bytes())
    except OSError as why:
        raise CannotJudge(f"The patch {path} cannot be read: {why.strerror or why}.") from None
    except CannotJudge as why:
        raise CannotJudge(
            why.message.replace("The patch", f"The patch {path}", 1), advice=why.advice
        ) from None


def _unhidden(git: Git, base: Base, files: tuple[ChangedFile, ...]) -> tuple[ChangedFile, ...]:
    """Look again at files that are called binary and are not.

    `*.py -diff` in .gitattributes would hide new lines from every gate.
    """
    hidden = [file.path for file in files if file.kind == "binary" and file.status != "D"]
    hidden = [path for path in hidden if _is_text(git, base.head, path)]
    if not hidden:
        return files
    # Without its old name a rename would be all new lines.
    wanted = {name for file in files if file.path in hidden for name in (file.path, file.old_path) if name}
    again = parse(*split(git.diff(base.sha, base.head, text=True, paths=sorted(wanted)).stdout))
    found = {file.path: file for file in again if file.path in hidden}
    return tuple(found.get(file.path, file) for file in files)


#: git calls a file binary when a NUL is among its first bytes, this many:
#: https://github.com/git/git/blob/master/xdiff-interface.c
FIRST_FEW_BYTES = 8000


def _is_text(git: Git, head: str | None, path: str) -> bool:
    if head is None:
        try:
            with (git.root() / path).open("rb") as file:
                return b"\0" not in file.read(FIRST_FEW_BYTES)
        except OSError:
            return False
    return b"\0" not in (git.show(head, path) or b"\0")[:FIRST_FEW_BYTES]


def _new_file(root: Path, name: str) -> ChangedFile | None:
    """An untracked file as git will see it once it is added; None when it is gone or no file."""
    path = root / name
    try:
        if path.is_symlink():
            return ChangedFile(path=name, status="A", kind="symlink")
        content = path.read_bytes()
    except OSError:
        return None
    if b"\0" in content[:FIRST_FEW_BYTES]:
        return ChangedFile(path=name, status="A", kind="binary")
    count = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
    return ChangedFile(path=name, status="A", added=(1 << (count + 1)) - 2)
