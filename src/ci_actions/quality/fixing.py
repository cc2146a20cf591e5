"""Edge: what tools would rather have: as a patch from a throw-away copy, or written, when that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ci_actions.findings.model import Kind
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Git
from ci_actions.quality import memory, trees
from ci_actions.quality.asking import Asked, Questioner
from ci_actions.quality.model import ToolRun
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
    _run(by, asked, tree, Path(by.scratch, "fix"), {})
    after = trees.of_work_tree(git)
    return tuple(path for path in after.files if after.entries[path] != tree.entries.get(path))


def patch(
    git: Git, by: Questioner, asked: Sequence[Asked], runs: Iterable[ToolRun], head: Tree, folder: Path
) -> str:
    """Return what would mend the findings that fixers and formatters can mend, as a patch; empty for nothing."""
    files = {
        run.tool: sorted(
            {each.path for each in run.answer.findings if each.path and (each.kind is Kind.STYLE or each.fix)}
        )
        for run in runs
        if run.tool in ORDER
    }
    wanted = [each for each in asked if files.get(each.tool.name)]
    if not wanted:
        return ""
    environment = by.environment
    name = memory.key(
        patch=[[each.tool.name, files[each.tool.name]] for each in wanted],
        versions=dict(environment.versions),
        prefix=environment.prefix,
        tree=head.digest,
        directory=by.project.prefix,
    )
    if (remembered := by.memory.recall_text(name)) is not None and not environment.movable:
        return remembered
    try:
        copy = trees.copy_of(git, head, folder / "tree")
        _run(by, wanted, copy, folder, files)
        made = trees.difference(git, folder / "tree")
    except CannotJudge:
        # A suggestion only: the findings stand without it.
        return ""
    by.memory.keep_text(name, made)
    return made


def _run(
    by: Questioner, asked: Sequence[Asked], tree: Tree, folder: Path, files: dict[str, list[str]]
) -> None:
    """Run the fixers one after the other: they write to the same files."""
    by_name = {each.tool.name: each for each in asked}
    skip = len(by.project.prefix) + 1 if by.project.prefix else 0
    for name in ORDER:
        each = by_name.get(name)
        if each is None or each.detected.problem:
            continue
        paths = tuple(f"./{path[skip:]}" for path in files.get(name, ()))
        on = by.invocation(each, tree, folder / name, paths if len(paths) <= MOST else ())
        commands = each.tool.fixers(on)
        if on.files and commands:
            by.runner.run(
                [
                    Job(
                        name=f"{folder.name}/{name}",
                        commands=commands,
                        directory=Path(on.directory),
                        scratch=folder / name,
                    )
                ]
            )
