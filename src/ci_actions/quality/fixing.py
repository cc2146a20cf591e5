"""Edge: what tools would rather have: as a patch from a throw-away copy, or written, when that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ci_actions.findings.model import Kind
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Git
from ci_actions.quality import memory, trees
from ci_actions.quality.asking import Asked, Look, Questioner
from ci_actions.quality.model import Command, ToolRun
from ci_actions.quality.runner import Job
from ci_actions.quality.trees import Tree

#: The order in which they write: what sorts and removes comes before what formats.
ORDER = ("ruff-check", "isort", "ruff-format", "black", "djlint")
#: More files than this do not fit on a command line: then all are looked at.
MOST = 200


def fix(git: Git, by: Questioner, asked: Sequence[Asked], tree: Tree) -> tuple[str, ...]:
    """Write what fixers and formatters would rather have to the user's files, and return which were changed.

    Raises BadInput over edits that are not staged: what a tool does to them could not be told apart or taken back.
    """
    unstaged = [path for path in git.run("diff", "--name-only", "-z").text.split("\0") if path]
    if unstaged:
        named = ", ".join(unstaged[:5]) + (" …" if len(unstaged) > 5 else "")
        raise BadInput(
            f"fix writes to your files, and {named} {'has' if len(unstaged) == 1 else 'have'} edits that are not staged: "
            "stage them (git add) or stash them first"
        )
    if job := _job(by, asked, tree, by.scratch / "fix", {}):
        by.runner.run([job])
    after = trees.of_work_tree(git)
    return tuple(path for path in after.files if after.entries[path] != tree.entries.get(path))


class Proposal:
    """What would mend the findings that fixers and formatters can mend, as a patch.

    It is made while other tools are still at work.
    """

    def __init__(self, git: Git, by: Questioner, asked: Sequence[Asked], look: Look) -> None:
        self._git = git
        self._by = by
        self._asked = [each for each in asked if each.tool.name in ORDER]
        self._look = look
        self._silent = {each.tool.name for each in self._asked}
        self._files: dict[str, list[str]] = {}
        self._folder = by.scratch / "patch"
        self._name = ""
        self._remembered = ""
        self._copy: Path | None = None

    def after(self, run: ToolRun) -> Job | None:
        """Take note of what became of a tool; return the fixers to run once all that have any have answered."""
        if run.tool not in self._silent:
            return None
        self._silent.remove(run.tool)
        self._files[run.tool] = sorted(
            {each.path for each in run.answer.findings if each.path and (each.kind is Kind.STYLE or each.fix)}
        )
        wanted = [each for each in self._asked if self._files.get(each.tool.name)]
        return None if self._silent or not wanted else self._begun(wanted)

    def _begun(self, wanted: Sequence[Asked]) -> Job | None:
        environment, tree = self._by.environment, self._look.tree
        self._name = memory.key(
            patch=[[each.tool.name, self._files[each.tool.name]] for each in wanted],
            versions=dict(environment.versions),
            prefix=environment.prefix,
            tree=tree.digest,
            directory=self._by.project.prefix,
        )
        remembered = None if environment.movable else self._by.memory.recall_text(self._name)
        if remembered is not None:
            self._remembered = remembered
            return None
        try:
            copy = trees.copy_of(self._git, tree, self._folder / "tree")
        except CannotJudge:
            # A suggestion only: the findings stand without it.
            return None
        self._copy = Path(copy.root)
        return _job(self._by, wanted, copy, self._folder, self._files)

    def patch(self) -> str:
        """Return the patch, empty where there is nothing to mend; for when the fixers have ended."""
        if self._copy is None:
            return self._remembered
        try:
            made = trees.difference(self._git, self._copy)
        except CannotJudge:
            return ""
        self._by.memory.keep_text(self._name, made)
        return made


def _job(
    by: Questioner, asked: Sequence[Asked], tree: Tree, folder: Path, files: Mapping[str, list[str]]
) -> Job | None:
    """Return the fixers, one after the other: they write to the same files. None where there is nothing for them."""
    by_name = {each.tool.name: each for each in asked}
    skip = len(by.project.prefix) + 1 if by.project.prefix else 0
    directory = Path(tree.root, by.project.prefix)
    commands: list[Command] = []
    names: list[str] = []
    for name in ORDER:
        each = by_name.get(name)
        if each is None or each.detected.problem:
            continue
        paths = tuple(f"./{path[skip:]}" for path in files.get(name, ()))
        on = by.invocation(each, tree, folder / name, paths if len(paths) <= MOST else ())
        fixers = each.tool.fixers(on) if on.files else ()
        if fixers:
            names.append(name)
            commands += (replace(fixer, name=f"{name}-{fixer.name}") for fixer in fixers)
    if not commands:
        return None
    return Job(
        name=f"{folder.name}/{', '.join(names)}",
        commands=tuple(commands),
        directory=directory,
        scratch=folder,
    )
