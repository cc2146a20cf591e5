"""Edge: git hooks that run `ci-actions check`. What somebody else put there is never touched."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ci_actions.kit.emit import harmless
from ci_actions.kit.errors import CannotJudge, Exit, Unavailable
from ci_actions.kit.git import REPOSITORY_VARIABLES, Git
from ci_actions.kit.process import Process

#: By this line we know our own hooks.
MARK = "# Installed by `ci-actions init --hook`"
#: How much of somebody else's hook is shown.
_SHOWN = 8

_HOOK = """#!/bin/sh
{mark}; `ci-actions init --hook={name} --remove` removes it.
program={program}
[ -x "$program" ] || program=ci-actions
command -v "$program" >/dev/null || {{
    echo "{name}: ci-actions is not installed; \\`git {verb} --no-verify\\` goes without it" >&2
    exit 1
}}
exec "$program" check {words}
"""
#: A folder of hooks in the work tree is everybody's: no path of this machine stands in it.
_SHARED = """#!/bin/sh
{mark}; `ci-actions init --hook={name} --remove` removes it.
exec ci-actions check {words}
"""

_FOR_PRE_COMMIT = """  - repo: local
    hooks:
      - id: ci-actions
        name: ci-actions check
        language: system
        entry: ci-actions check {words}
        stages: [{name}]
        pass_filenames: false
        always_run: true"""
_FOR_PREK = """[[repos]]
repo = "local"

[[repos.hooks]]
id = "ci-actions"
name = "ci-actions check"
language = "system"
entry = "ci-actions check {words}"
stages = ["{name}"]
pass_filenames = false
always_run = true"""

#: What manages hooks where one of these files stands, and what its entry for ours looks like.
_MANAGERS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "pre-commit",
        (".pre-commit-config.yaml", ".pre-commit-config.yml"),
        _FOR_PRE_COMMIT,
    ),
    ("prek", ("prek.toml",), _FOR_PREK),
    (
        "lefthook",
        tuple(
            f"{folder}{dot}lefthook.{end}"
            for folder in ("", ".config/")
            for dot in ("", ".")
            for end in ("yml", "yaml", "toml", "json", "jsonc")
        ),
        "{name}:\n  commands:\n    ci-actions:\n      run: ci-actions check {words}",
    ),
    ("husky", (".husky",), "ci-actions check {words}"),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a hook of this repository belongs. `prefix` is the project's folder relative to `root`, or empty.

    `shared` says that the folder of hooks is part of the work tree, `everywhere` that core.hooksPath makes it the
    folder of all repositories of the user.
    """

    name: str
    root: Path
    folder: Path
    prefix: str
    shared: bool
    everywhere: bool

    @property
    def file(self) -> Path:
        """The hook itself."""
        return self.folder / self.name

    def words(self, option: str) -> str:
        """Return the words behind `ci-actions check`, quoted for a shell."""
        return shlex.join([option, *([f"./{self.prefix}"] if self.prefix else [])])


class Answer(NamedTuple):
    """What was done or is to be done, in words that may take several lines, and the exit code for it."""

    code: Exit
    text: str


def find(directory: Path, name: str, environ: Mapping[str, str]) -> Place:
    """Return where git looks for this hook, as the user's git is configured.

    Raises CannotJudge when there is no repository.
    """
    clean = {key: value for key, value in environ.items() if key not in REPOSITORY_VARIABLES}
    process = Process(clean)
    root = Git(process, directory, environ=clean).root()
    # Not through kit.git: that one keeps hooks out, and so names no folder of theirs.
    asked = process.run(["git", "rev-parse", "--git-path", "hooks"], cwd=root)
    if not asked.ok:
        raise CannotJudge(f"git rev-parse failed: {asked.complaint}")
    folder = Path(os.path.normpath(root / asked.text.rstrip("\n")))
    configured, *own = (
        process.run(["git", "config", *scope, "--get", "core.hooksPath"], cwd=root).text
        for scope in ((), ("--local",), ("--worktree",))
    )
    prefix = directory.relative_to(root).as_posix()
    return Place(
        name=name,
        root=root,
        folder=folder,
        prefix="" if prefix == "." else prefix,
        shared=folder.is_relative_to(root) and not folder.is_relative_to(root / ".git"),
        everywhere=bool(configured) and configured not in own,
    )


def install(place: Place, option: str, program: Path, *, dry_run: bool = False) -> Answer:
    """Write the hook and return what was done; doing it again changes nothing. A dry run only says what it would do.

    Where a hook or a manager of hooks is there already it is left alone, and the answer says what to add to it.
    """
    words = place.words(option)
    there = _read(place.file)
    if answer := _left_alone(place, there, words):
        return answer
    wanted = _text(place, words, program)
    if there == wanted:
        return Answer(Exit.PASSED, f"{place.file} is there already; nothing was changed")
    if dry_run:
        return Answer(Exit.PASSED, f"{place.file} would hold:\n{wanted.rstrip()}")
    _write(place, wanted, replace=there is not None)
    done = "was brought up to date" if there is not None else "was installed"
    return Answer(Exit.PASSED, f"{place.file} {done}; it runs: ci-actions check {words}")


def remove(place: Place, *, dry_run: bool = False) -> Answer:
    """Remove the hook if it is ours, and return what was done; one that is somebody else's stays."""
    there = _read(place.file)
    if there is None:
        return Answer(Exit.PASSED, f"there is no {place.file}; nothing was changed")
    if MARK not in there:
        return Answer(
            Exit.BAD_INPUT, f"{place.file} was not installed by `ci-actions init --hook`, so it stays"
        )
    if dry_run:
        return Answer(Exit.PASSED, f"{place.file} would be removed")
    try:
        place.file.unlink()
    except OSError as denied:
        raise Unavailable(f"{place.file} cannot be removed: {denied.strerror}.") from denied
    return Answer(Exit.PASSED, f"{place.file} was removed")


def _left_alone(place: Place, there: str | None, words: str) -> Answer | None:
    """Return the answer where nothing may be written: it runs already, or somebody else has a say in it."""
    if there is not None and MARK in there:
        return None
    line = f"ci-actions check {words}"
    if line in (there or ""):
        return Answer(Exit.PASSED, f"{place.file} runs ci-actions check already; nothing was changed")
    if managed := _managed(place, words):
        return managed
    if there is not None:
        return Answer(Exit.BAD_INPUT, _taken(place, there, line))
    if place.everywhere:
        return Answer(
            Exit.BAD_INPUT,
            f"{place.folder} holds the hooks of all your repositories (core.hooksPath), so nothing was written.\n"
            f"For this repository alone: git config --local core.hooksPath .git/hooks, and once more.\n"
            f"For all of them add this line to {place.file}: {line}",
        )
    return None


def _taken(place: Place, there: str, line: str) -> str:
    shown = [harmless(each) for each in there.splitlines() if each.strip()]
    more = f"\n  … {len(shown) - _SHOWN} more lines" if len(shown) > _SHOWN else ""
    return (
        f"{place.file} is there already, so nothing was written. It begins:\n"
        + "".join(f"  {each}\n" for each in shown[:_SHOWN]).rstrip("\n")
        + more
        + f"\nAdd this line to it, before any `exec` or `exit`: {line} || exit 1"
    )


def _managed(place: Place, words: str) -> Answer | None:
    """Return the answer where a manager of hooks is at work: ours is there, or this entry is to be added."""
    for manager, names, entry in _MANAGERS:
        found = next((place.root / name for name in names if (place.root / name).exists()), None)
        if found is None or (found.is_dir() and not place.folder.is_relative_to(found)):
            continue
        file = found / place.name if found.is_dir() else found
        if f"ci-actions check {words}" in (_read(file) or ""):
            return Answer(Exit.PASSED, f"{file} runs ci-actions check already; nothing was changed")
        added = entry.format(name=place.name, words=words)
        return Answer(
            Exit.BAD_INPUT,
            f"{manager} manages the hooks here, so nothing was written. Add to {file}:\n{added}",
        )
    return None


def _text(place: Place, words: str, program: Path) -> str:
    if place.shared:
        return _SHARED.format(mark=MARK, name=place.name, words=words)
    found = str(program) if program.is_file() and os.access(program, os.X_OK) else "ci-actions"
    return _HOOK.format(
        mark=MARK, name=place.name, verb=place.name[4:], program=shlex.quote(found), words=words
    )


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        # A link to nowhere is somebody's, too.
        return "" if file.is_symlink() else None
    except OSError as denied:
        raise Unavailable(f"{file} cannot be read: {denied.strerror}.") from denied


def _write(place: Place, text: str, *, replace: bool) -> None:
    """Write the hook, executable; without `replace` fail where a file has appeared meanwhile."""
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        with place.file.open(
            "w" if replace else "x", encoding="utf-8", errors="surrogateescape", newline="\n"
        ) as file:
            file.write(text)
        place.file.chmod(0o755)
    except OSError as denied:
        raise Unavailable(f"{place.file} cannot be written: {denied.strerror}.") from denied
