"""The edge that reads: git, the project's files, what earlier runs recorded -> Facts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import dirname, normpath
from typing import NamedTuple

from ci_actions.ci_plan import loosened
from ci_actions.ci_plan.belonging import Belonging, local_folders
from ci_actions.ci_plan.config import Config
from ci_actions.ci_plan.model import Facts, Frontend, Recorded, Removed, Signs
from ci_actions.ci_plan.signs import MORE_FILES, is_test, measures_coverage, signs
from ci_actions.kit.base import Base, Compare, NoBase, resolve_base
from ci_actions.kit.change import changed_paths
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import TRACKED
from ci_actions.kit.run import Edges
from ci_actions.project import durations
from ci_actions.project.files import ProjectFiles, matters
from ci_actions.project.reading import read_project

#: Not looked into where git does not say which files there are.
_MADE = frozenset({".git", ".nox", ".tox", ".venv", "__pycache__", "node_modules", "venv"})


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return everything the plan stands on.

    What keeps git from naming the change is a fact: then everything runs. Raises BadInput for a project or a file of
    durations that cannot be understood.
    """
    change = _change(config, edges)
    names = _names(edges, change)
    start = f"{edges.prefix}/" if edges.prefix else ""
    own = [each.removeprefix(start) for each in names if each.startswith(start)]
    files = read_project(edges.directory, edges.root)
    more = _more(edges.directory)
    found = signs(files, own, more, asked=bool(config.python_version or config.python_versions))
    frontend = _frontend(config, edges)
    return Facts(
        directory=edges.prefix,
        files=files,
        signs=found,
        belonging=_belonging(config, edges, files, frontend),
        packages=frozenset(dirname(each) for each in names if each.endswith("/__init__.py")),
        changed=change.paths,
        base=change.base.sha if change.base else "",
        base_how=change.base.how if change.base else "",
        no_change=change.no_change,
        problem=change.problem,
        removed=_removed(edges, change, found),
        frontend=frontend,
        recorded=_recorded(config, edges),
        loosened=tuple(_loosened(config, edges, change)),
        warnings=change.base.warnings if change.base else (),
    )


# --- the change --------------------------------------------------------------------------------------


class _Change(NamedTuple):
    """The change under test: `paths` is None where there is none, or where it cannot be known (`problem`)."""

    paths: frozenset[str] | None = None
    base: Base | None = None
    no_change: str = ""
    problem: str = ""


def _change(config: Config, edges: Edges[Config]) -> _Change:
    try:
        edges.git.start(*TRACKED)
        if config.workflow != "ci":
            return _Change(no_change=f"{config.workflow} runs everything, whatever changed")
        base = resolve_base(config.base, config.deepen, edges.context, edges.git, _compare(config, edges))
        if isinstance(base, NoBase):
            return _Change(no_change=base.reason)
        return _Change(paths=changed_paths(edges.git, base), base=base)
    except CannotJudge as why:
        return _Change(problem=" ".join(why.problems))


def _compare(config: Config, edges: Edges[Config]) -> Compare | None:
    """Return what asks GitHub for a merge base, where there is a token to ask with."""
    repository = edges.context.repository
    if not config.github_token or not repository or not edges.context.github:
        return None
    return lambda base, head: edges.http.merge_base(repository, base, head)


def _names(edges: Edges[Config], change: _Change) -> frozenset[str]:
    """Return the files of the repository, relative to its root, with what is new and without what is gone."""
    try:
        tracked = frozenset(edges.git.tracked())
    except CannotJudge:
        return frozenset(_walked(edges.root))
    if change.paths is None or (change.base and change.base.head):
        return tracked
    there = {each for each in change.paths if os.path.lexists(edges.root / each)}
    return (tracked | there) - (change.paths - there)


def _walked(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _MADE)
        inside = Path(folder).relative_to(root).as_posix()
        yield from (name if inside == "." else f"{inside}/{name}" for name in files)


def _removed(edges: Edges[Config], change: _Change, found: Signs) -> Removed:
    """Return what the change takes away where nothing of its kind is left: a job must not end in silence with it."""
    if not change.base or not change.base.sha or not change.paths:
        return Removed()
    start = f"{edges.prefix}/" if edges.prefix else ""
    own = sorted(each for each in change.paths if each.startswith(start))
    tests = "" if found.tests else next(filter(is_test, own), "")
    coverage = ""
    if not found.coverage:
        before = dict(_before(edges, change.base.sha, start, own))
        coverage = measures_coverage(before)
    return Removed(tests=tests, coverage=coverage)


def _before(edges: Edges[Config], base: str, start: str, paths: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the changed files that say what is installed and how tests run, as they were at the base."""
    for path in paths:
        name = path.removeprefix(start)
        if (matters(name) or name in MORE_FILES) and (content := edges.git.show(base, path)):
            yield name, content


def _loosened(config: Config, edges: Edges[Config], change: _Change) -> Iterator[str]:
    if not change.base or not change.base.sha or not change.paths:
        return
    if any(each.endswith(("pyproject.toml", "ci-actions.toml")) for each in change.paths):
        before = edges.config_at(change.base.sha)
        if before is not None:
            yield from loosened.settings(before, config)


# --- the project -------------------------------------------------------------------------------------


def _more(directory: Path) -> Mapping[str, bytes]:
    """Return the settings files of tests and coverage that lie in the working directory."""
    return {name: (directory / name).read_bytes() for name in MORE_FILES if (directory / name).is_file()}


def _belonging(
    config: Config, edges: Edges[Config], files: ProjectFiles, frontend: Frontend | None
) -> Belonging:
    """Return what belongs to the project: also the projects that it installs from their folders, and theirs."""
    if not edges.prefix:
        return Belonging(directory="")
    folders: dict[str, None] = {}
    single: set[str] = set()
    waiting = [files]
    while waiting:
        each = waiting.pop()
        single.update(each.shown(name) for name in each.content if name.startswith("../"))
        for folder in local_folders(each):
            if folder in folders or folder == edges.prefix:
                continue
            folders[folder] = None
            if (edges.root / folder).is_dir():
                waiting.append(read_project(edges.root / folder, edges.root))
    if frontend:
        folders.setdefault(frontend.folder)
    return Belonging(
        directory=edges.prefix, folders=tuple(folders), globs=config.paths, files=frozenset(single)
    )


def _frontend(config: Config, edges: Edges[Config]) -> Frontend | None:
    """Return the folder of package.json, None where nobody wants it. Raises BadInput for one outside the repository."""
    if not config.frontend_directory and config.frontend != "true":
        return None
    folder = normpath(f"{edges.prefix or '.'}/{config.frontend_directory or '.'}")
    if folder.startswith("..") or config.frontend_directory.startswith("/"):
        raise BadInput(
            f"input 'frontend-directory' is '{config.frontend_directory}' but must be a folder of this repository, "
            "relative to working-directory"
        )
    return Frontend(folder=folder, missing=not (edges.root / folder / "package.json").is_file())


# --- earlier runs ------------------------------------------------------------------------------------


def _recorded(config: Config, edges: Edges[Config]) -> Recorded:
    """Return how long the tests took. A file that is not there yet is no error, one that cannot be read is a warning."""
    given = bool(config.durations) and (edges.directory / config.durations).exists()
    name = config.durations if given else durations.FILE
    try:
        found = durations.parse((edges.directory / name).read_bytes())
    except FileNotFoundError:
        return Recorded(seconds=None, why="no durations are recorded yet")
    except (OSError, ValueError) as wrong:
        why = (wrong.strerror or "") if isinstance(wrong, OSError) else str(wrong)
        return Recorded(seconds=None, why=f"the durations in {name} cannot be used: {why}")
    if not found:
        return Recorded(seconds=None, why=f"{name} holds no test")
    return Recorded(seconds=sum(found.values()), tests=len(found), why=name, given=given)
