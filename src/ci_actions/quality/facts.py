"""The edge that reads: git, the environment, every tool on the change and on its base -> Facts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from ci_actions.findings.fingerprints import decoded, stamp
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.interruption import uninterrupted
from ci_actions.kit.process import Process
from ci_actions.kit.run import Edges
from ci_actions.quality import drift, environment, fixing, loosened, planning, suppressions, tools, trees
from ci_actions.quality.asking import BASE, HEAD, Asked, Look, Questioner, missing
from ci_actions.quality.config import TOOLS, Config, named
from ci_actions.quality.detection import REQUIREMENTS, RUFF_SETTINGS, Project, extended
from ci_actions.quality.memory import Memory
from ci_actions.quality.model import Detected, Facts, State, Suppression, ToolRun
from ci_actions.quality.runner import Runner
from ci_actions.quality.tool import Tool
from ci_actions.quality.trees import Tree

if TYPE_CHECKING:
    from ci_actions.quality.under_test import ChangeUnderTest

#: Makes a throw-away tree in a folder that does not exist yet.
_Copy = Callable[[Path], Tree]
_EXTENDS = r"^[[:space:]]*extend[[:space:]]*="
#: Tables of pyproject.toml that mean a tool; one in a folder below is for that folder only.
_TOOL_TABLES = ("black", "djlint", "isort", "mypy", "pylint", "pyright")


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what became of every tool, and all that the verdict depends on.

    Raises BadInput and CannotJudge where nothing can be run at all.
    """
    with _scratch(edges) as scratch:
        return _Gathering(config, edges, scratch).facts()


class _Gathering:
    """One run: what is found out once, and used in several places."""

    def __init__(self, config: Config, edges: Edges[Config], scratch: Path) -> None:
        self._config = config
        self._edges = edges
        self._scratch = scratch
        self._git = edges.git
        self._git.root()  # Without a repository there is nothing to ask anybody.
        probe = environment.find(
            config.python, edges.directory, edges.root, edges.environ, edges.process, edges.which
        )
        self._tree = trees.of_work_tree(self._git)
        self._project = _project(self._tree, edges.prefix)
        self._environment = probe.found()
        self._by = self._questioner()
        self._paths_at: dict[str, list[str]] = {}

    def facts(self) -> Facts:
        """Return all of it. The tools start first: whatever else is to be found out is so while they work."""
        project = self._project
        asked, others = self._detected()
        fixed: tuple[str, ...] = ()
        if self._config.fix:
            fixed = fixing.fix(self._git, self._by, asked, self._tree)
            self._tree = trees.of_work_tree(self._git)
        head = self._head()
        proposal = fixing.Proposal(self._git, self._by, asked, head)
        runs, base_runs = list(others), list[ToolRun]()
        with self._by.asking(asked) as asking:
            asking.begin(head)
            _load_the_rest()
            base, base_problem = self._base()
            if base is not None:
                asking.begin(base)
            facts = self._known(head.tree, asked, project)
            for look, run in asking.answers():
                if look is base:
                    _stamp(run, base.tree, {})
                    base_runs.append(run)
                    continue
                if job := proposal.after(run):
                    asking.add(job)
                _stamp(run, head.tree, self._change.renames)
                runs.append(run)
        return replace(
            facts,
            runs=tuple(sorted(runs, key=_place)),
            base_runs=tuple(sorted(base_runs, key=_place)) if base is not None else None,
            base_problem=base_problem,
            touched=self._touched(),
            patch=proposal.patch(),
            fixed=fixed,
        )

    def _known(self, head: Tree, asked: Sequence[Asked], project: Project) -> Facts:
        """Return what is known before any tool has answered."""
        change = self._change
        return Facts(
            runs=(),
            environment=self._environment,
            plan=planning.plan(
                [(each.tool.name, each.version, each.detected.config) for each in asked],
                head.entries,
                head.digest,
                self._environment.version,
            ),
            files=len(self._by.eligible(head, ("",))),
            base=change.base.sha if change.base else "",
            base_how=change.base.how if change.base else "",
            no_change=change.no_change,
            added={each.path: each.added for each in change.change.files} if change.change else {},
            head=change.head,
            drift=tuple(drift.drift(project, self._environment.versions)),
            suppressions=tuple(self._suppressions()),
            loosened=tuple(self._loosened()),
            warnings=(*change.warnings, *self._notes()),
            blob_url=self._blob_url(),
            directory=self._edges.prefix,
        )

    @cached_property
    def _change(self) -> ChangeUnderTest:
        from ci_actions.quality.under_test import ChangeUnderTest

        return ChangeUnderTest(self._config, self._edges)

    # What runs

    def _detected(self) -> tuple[list[Asked], list[ToolRun]]:
        """Return the tools that run, and what became of those that do not although something names them."""
        config, versions = self._config, self._environment.versions
        asked, others, found = [], [], set()
        for name in config.wanted():
            tool = tools.load(name)
            detected = tool.detect(self._project)
            if name == "hooks" and detected and config.pre_commit == "false":
                others.append(_not_run(name, detected, "pre-commit is false"))
                continue
            if detected is None and name in config.asked_for():
                detected = Detected(reason="asked for by name")
            if detected is None:
                continue
            found.add(name)
            program = tool.program(versions)
            if program is not None:
                asked.append(Asked(tool, detected, program, versions[program.package]))
            elif run := self._absent(tool, detected):
                others.append(run)
        self._insist(found, [*asked, *others])
        return asked, others

    def _insist(self, found: set[str], run: Sequence[object]) -> None:
        """Raise BadInput where a required tool is not configured, or none is at all although there is Python."""
        lacking = [name for name in named(self._config.require) if name not in found]
        if lacking:
            raise BadInput(
                *(
                    f"input 'require' names {name}, which nothing configures in this project"
                    for name in lacking
                )
            )
        if not run and self._by.eligible(self._tree, (".py", ".pyi")):
            raise BadInput(
                f"no tool is configured here (looked in {', '.join(sorted(self._project.configs)) or 'no file at all'}): "
                "configure one, like [tool.ruff] in pyproject.toml, or name some with the input tools"
            )

    def _absent(self, tool: Tool, detected: Detected) -> ToolRun | None:
        """Return what became of a tool that is named and not installed; nothing where its hook is all there is."""
        if tool.name == "hooks" and self._config.pre_commit == "auto":
            return _not_run(tool.name, detected, "neither pre-commit nor prek is in the environment")
        if detected.only_hook:
            return None
        hook = self._project.hook_of(tool.name)
        said = missing(tool, detected, self._environment, self._edges.directory, hook.rev if hook else "")
        state = State.FAILED if self._config.on_missing == "fail" else State.SKIPPED
        return ToolRun(
            tool=tool.name, state=state, reason=detected.reason, config=detected.config, problems=(said,)
        )

    def _questioner(self) -> Questioner:
        config, edges = self._config, self._edges
        cache = _cache_folder(edges.environ, self._scratch) if config.cache else self._scratch / "cache"
        home = self._scratch / "home"
        home.mkdir()
        place = cache / "projects" / planning.short_digest(self._tree.root)
        variables = environment.neutral(edges.environ, self._environment, home, place)
        return Questioner(
            environment=self._environment,
            project=self._project,
            paths=config.paths,
            exclude=config.exclude,
            memory=Memory(cache / "answers" if config.cache else None),
            runner=Runner(
                process=Process(variables),
                clock=edges.clock,
                jobs=config.jobs or edges.jobs.total,
                take=edges.jobs.take_for_worker,
                timeout=float(config.timeout),
                progress=lambda name, seconds: edges.progress(f"{_ended(name)} {seconds:.1f} s"),
            ),
            scratch=self._scratch,
            cache=place,
        )

    # Trees

    def _head(self) -> Look:
        """Return the tree that is looked at: the user's own, or a copy that has the settings of the base."""
        copy: _Copy = lambda target: trees.copy_of(self._git, self._tree, target)  # noqa: E731
        base = self._change.base if self._config.config_from == "base" else None
        if base is None:
            return Look(self._tree, HEAD, copy)
        before = {path: self._git.show(base.sha, path) for path in self._config_paths(base.sha)}

        def as_before(target: Path) -> Tree:
            return trees.overlaid(copy(target), before)

        there = {path: content for path, content in before.items() if content is not None}
        self._project = replace(
            self._project,
            configs={path: there[path] for path in there if not _is_below(self._project, path)},
            below={path: there[path] for path in there if _is_below(self._project, path)},
            extended={},
        )
        return Look(as_before(self._scratch / "tree"), HEAD, as_before)

    def _base(self) -> tuple[Look | None, str]:
        """Return the base with the settings of the head, or why there is none; neither where everything counts."""
        change = self._change
        if change.problem or self._config.scope != "new" or not change.base:
            return None, change.problem
        commit = change.base.sha

        def checkout(target: Path) -> Tree:
            return trees.overlaid(trees.checkout_of(self._git, commit, target), configs)

        try:
            configs: dict[str, bytes | None] = dict.fromkeys(self._config_paths(commit))
            configs |= {**self._project.configs, **self._project.below, **self._project.extended}
            return Look(checkout(self._scratch / "base"), BASE, checkout), ""
        except CannotJudge as why:
            return None, why.message

    def _config_paths(self, commit: str) -> list[str]:
        """Return the configuration files that a commit or the head has, in the folders that count and below them, and
        those that they extend.
        """
        if commit not in self._paths_at:
            self._paths_at[commit] = self._find_config_paths(commit)
        return self._paths_at[commit]

    def _find_config_paths(self, commit: str) -> list[str]:
        names = _config_names(self._project)
        there = self._git.run("ls-tree", "-z", "--name-only", "--full-tree", commit, "--", *names)
        before = there.text.split("\0")
        names = [path for path in names if path in self._project.configs or path in before]
        below = {path for path in self._below_at(commit) if _is_below(self._project, path)}
        found = [*names, *sorted(below | self._project.below.keys())]
        more = self._project.extended.keys() | self._extended_at(commit, frozenset(found))
        return [*found, *sorted(more.difference(found))]

    def _below_at(self, commit: str) -> Iterator[str]:
        """Yield the files of a commit that hold settings of ruff for their own folder."""
        for text in dict.fromkeys(RUFF_SETTINGS.values()):
            names = [name for name, needed in RUFF_SETTINGS.items() if needed == text]
            yield from self._grep(commit, names, "-F", "-e", text)

    def _extended_at(self, commit: str, configs: frozenset[str]) -> set[str]:
        """Return the files that these settings of ruff extend in a commit."""
        paths = configs.intersection(self._grep(commit, RUFF_SETTINGS, "-E", "-e", _EXTENDS))
        there = {path: content for path in paths if (content := self._git.show(commit, path)) is not None}
        return set(extended(there, lambda path: self._git.show(commit, path)))

    def _grep(self, commit: str, names: Iterable[str], *words: str) -> Iterator[str]:
        """Yield the files of these names, in any folder, that have such a line in a commit."""
        places = [f":(top,glob)**/{name}" for name in names]
        command = ("grep", "-lz", "--full-name", *words, commit, "--", *places)
        found = self._git.run(*command, env={"GIT_LITERAL_PATHSPECS": "0"})
        yield from (line.partition(":")[2] for line in found.text.split("\0")[:-1])

    def _touched(self) -> tuple[str, ...]:
        after = trees.of_work_tree(self._git)
        paths = after.entries.keys() | self._tree.entries.keys()
        return tuple(
            sorted(path for path in paths if after.entries.get(path) != self._tree.entries.get(path))
        )

    # What else is to be said

    def _suppressions(self) -> Iterator[Suppression]:
        change = self._change
        if self._config.new_suppressions == "ignore" or change.change is None or not change.base:
            return
        for each in change.change.files:
            if each.added and each.path.endswith((".py", ".pyi")):
                before = self._git.show(change.base.sha, each.old_path) if each.old_path else None
                yield from suppressions.added(each.path, each.added, before, self._tree.content(each.path))

    def _loosened(self) -> Iterator[str]:
        base = self._change.base
        if base is None or not base.sha:
            return
        before = self._edges.config_at(base.sha)
        if before is not None:
            yield from loosened.settings(before, self._config)
        names = {each.path for each in self._change.change.files} if self._change.change else set()
        names |= (
            {each.old_path for each in self._change.change.files if each.old_path}
            if self._change.change
            else set()
        )
        for path in self._config_paths(base.sha) if names else ():
            if path in names:
                # A new one further down takes the place of what counted for its folder.
                nothing = b"" if _is_below(self._project, path) else None
                old = self._git.show(base.sha, path)
                yield from loosened.tool_settings(
                    path, nothing if old is None else old, self._tree.content(path)
                )

    def _notes(self) -> Iterator[str]:
        if self._tree.submodules:
            named = ", ".join(self._tree.submodules[:5])
            yield f"Submodules are repositories of their own and are not looked at: {named}."
        if self._tree.absent:
            yield (
                f"This is a sparse checkout: files of git that are not here are not looked at ({self._tree.absent}), "
                "and what imports them may be found wrong."
            )
        for path in self._tree.files:
            folder, _, name = path.rpartition("/")
            if name == "pyproject.toml" and folder and folder not in self._project.folders:
                content = self._tree.content(path) or b""
                tables = [each for each in _TOOL_TABLES if f"[tool.{each}".encode() in content]
                if tables and path.startswith(f"{self._project.prefix}/" if self._project.prefix else ""):
                    yield (
                        f"{path} configures {', '.join(tables)} for its own folder: run with working-directory {folder} "
                        "to judge it by these settings."
                    )

    def _blob_url(self) -> str:
        context, head = self._edges.context, self._change.head
        return f"{context.server_url}/{context.repository}/blob/{head}" if context.repository and head else ""


def _load_the_rest() -> None:
    """Load what judges and reports, which takes a while, when the tools are at work already."""
    from ci_actions.kit import emit  # noqa: F401
    from ci_actions.quality import decide, report, sarif_out  # noqa: F401


def _project(tree: Tree, prefix: str) -> Project:
    """Return what the project says of itself: its files, and what those that configure tools hold."""
    start = f"{prefix}/" if prefix else ""
    project = Project(
        prefix=prefix, files=tuple(path for path in tree.files if path.startswith(start)), configs={}
    )
    wanted = _config_names(project)
    wanted += [path for path in project.files if _names_requirements(path[len(start) :])]
    known = set(tree.files)
    found = {
        path: content for path in wanted if path in known and (content := tree.content(path)) is not None
    }
    below = {
        path: content
        for path in project.files
        if _is_below(project, path)
        and (content := tree.content(path)) is not None
        and _for_its_folder(path, content)
    }
    more = extended({**found, **below}, lambda path: tree.content(path) if path in known else None)
    return replace(project, configs=found, below=below, extended=more)


def _config_names(project: Project) -> list[str]:
    """Return the files that may configure a tool, in the working directory and above it."""
    return [
        f"{folder}/{name}" if folder else name
        for folder in project.folders
        for name in sorted(tools.config_files())
    ]


def _is_below(project: Project, path: str) -> bool:
    """Whether a path may hold ruff's settings for a folder below the working directory."""
    folder, _, name = path.rpartition("/")
    return (
        name in RUFF_SETTINGS
        and folder not in project.folders
        and path.startswith(f"{project.prefix}/" if project.prefix else "")
    )


def _for_its_folder(path: str, content: bytes) -> bool:
    return RUFF_SETTINGS[path.rpartition("/")[2]].encode() in content


def _names_requirements(path: str) -> bool:
    """Whether a file, by its path below the working directory, may name the tools that a project installs."""
    folder, _, name = path.rpartition("/")
    return folder in ("", "requirements") and (
        bool(REQUIREMENTS.fullmatch(name)) or (folder == "requirements" and name.endswith((".txt", ".in")))
    )


def _ended(job: str) -> str:
    """Return what is said when a job has come to its end."""
    tree, _, tool = job.rpartition("/")
    where = {HEAD: "", BASE: " on the base", "fix": " wrote", "patch": " proposed a patch"}[tree]
    return f"{tool}{where}:"


def _place(run: ToolRun) -> int:
    """Return where a tool stands in reports: our own parse first, then the order of `TOOLS`."""
    return TOOLS.index(run.tool) if run.tool in TOOLS else -1


def _not_run(name: str, detected: Detected, why: str) -> ToolRun:
    return ToolRun(
        tool=name, state=State.SKIPPED, reason=f"{detected.reason}, but {why}", config=detected.config
    )


def _stamp(run: ToolRun, tree: Tree, old_paths: Mapping[str, str]) -> None:
    """Give every finding of a tool its fingerprint; equal ones of another tool are not counted with them."""

    def text(path: str) -> str | None:
        content = tree.content(path)
        return None if content is None else decoded(content)

    stamp([*run.answer.findings, *run.answer.remarks], text, renames=old_paths)


def _cache_folder(environ: Mapping[str, str], scratch: Path) -> Path:
    """Return the folder for what is remembered: the user's cache, where there is one."""
    for variable, below in (("XDG_CACHE_HOME", ""), ("LOCALAPPDATA", ""), ("HOME", ".cache")):
        folder = environ.get(variable, "")
        if Path(folder).is_absolute():
            return Path(folder, below, "ci-actions", "quality")
    return scratch / "cache"


@contextmanager
def _scratch(edges: Edges[Config]) -> Iterator[Path]:
    """Make a folder for everything that tools write, and remove it in the end."""
    parent = edges.context.runner_temp
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="ci-actions-quality-", dir=parent)))
    try:
        yield folder
    finally:
        with uninterrupted():
            rmtree(folder, ignore_errors=True)
