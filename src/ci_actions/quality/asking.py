"""Edge: asks tools about a tree and returns what became of each. No exit code is believed by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.kit.globs import matcher
from ci_actions.quality import memory
from ci_actions.quality.detection import Project
from ci_actions.quality.environment import AGENT, launcher
from ci_actions.quality.memory import Memory
from ci_actions.quality.model import (
    SOURCE,
    Answer,
    Command,
    Detected,
    Environment,
    Ran,
    State,
    ToolRun,
    release,
)
from ci_actions.quality.runner import Job, Runner, Running
from ci_actions.quality.tool import Invocation, NotUnderstood, Program, Tool, expect, load_json
from ci_actions.quality.trees import Tree

#: Files that were not read, as examples.
GAPS = 20
_ROOT, _SCRATCH = "@root@", "@scratch@"
#: What the tree under test and the one before the change are called.
HEAD, BASE = "head", "base"
_CACHES = ("RUFF_CACHE_DIR", "BLACK_CACHE_DIR", "MYPY_CACHE_DIR", "PYLINTHOME")


@dataclass(frozen=True)
class Asked:
    """A tool that is to run, why, and which version the environment has."""

    tool: Tool
    detected: Detected
    program: Program
    version: str


@dataclass(frozen=True)
class Look:
    """A tree to look at, what it is called, and how another copy of it is made for tools that write."""

    tree: Tree
    label: str
    copy: Callable[[Path], Tree]


@dataclass(frozen=True, kw_only=True)
class Questioner:
    """Asks the tools of one environment."""

    environment: Environment
    project: Project
    paths: tuple[str, ...]
    exclude: tuple[str, ...]
    memory: Memory
    runner: Runner
    scratch: Path
    cache: Path

    @contextmanager
    def asking(self, asked: Sequence[Asked]) -> Iterator[Asking]:
        """Yield what asks all these tools about trees; nothing of them is left behind."""
        with self.runner.running() as running:
            yield Asking(self, asked, running)

    def eligible(self, tree: Tree, suffixes: tuple[str, ...]) -> tuple[str, ...]:
        """Return the files of git below the working directory that a tool is for."""
        start = f"{self.project.prefix}/" if self.project.prefix else ""
        return tuple(path for path in tree.files if path.startswith(start) and path.endswith(suffixes))

    def invocation(self, asked: Asked, tree: Tree, scratch: Path, paths: tuple[str, ...] = ()) -> Invocation:
        """Return where and with what a tool runs on a tree, on `paths` instead of those that the user named."""
        prefix = self.project.prefix
        files = self.eligible(tree, asked.tool.suffixes)
        skip = len(prefix) + 1 if prefix else 0
        roots = dict.fromkeys(path[skip:].partition("/")[0] for path in files)
        config = asked.detected.config
        return Invocation(
            launcher=launcher(self.environment, asked.program),
            version=release(asked.version),
            root=Path(tree.root).as_posix(),
            prefix=prefix,
            config=f"{Path(tree.root).as_posix()}/{config}" if config else "",
            settings=self.project.settings(config),
            settings_below=bool(self.project.below),
            paths=tuple(f"./{path}" if path.startswith("-") else path for path in paths or self.paths),
            roots=tuple(f"./{name}" if name.startswith("-") else name for name in sorted(roots)),
            files=files,
            scratch=scratch.as_posix(),
            python=self.environment.python,
            source=tree.source,
        )


class Asking:
    """All tools at work, on one tree or on several, side by side, and our own parse of every file beside them."""

    def __init__(self, by: Questioner, asked: Sequence[Asked], running: Running) -> None:
        self._by = by
        self._asked = asked
        self._running = running
        self._took = by.memory.seconds()
        self._answered: list[tuple[Look, ToolRun]] = []
        self._open: dict[str, tuple[Look, _Source | _Question]] = {}

    def begin(self, look: Look) -> None:
        """Start to ask about a tree, the slowest tool first: it works while the next one is prepared."""
        for asked in sorted(self._asked, key=lambda each: -self._weight(each.tool.name, each.tool.weight)):
            self._begin(look, _Question(self._by, asked, look))
        self._begin(look, _Source(self._by, look))

    def add(self, job: Job) -> None:
        """Run something else beside the tools."""
        self._running.add([job])

    def answers(self) -> Iterator[tuple[Look, ToolRun]]:
        """Yield what became of each tool on each tree, as soon as that is known."""
        seconds: dict[str, float] = {}
        yield from self._answered
        for name, ran in self._running.ended():
            if name not in self._open:
                continue
            look, question = self._open.pop(name)
            run = question.answer(ran)
            if look.label == HEAD:
                seconds[run.tool] = run.seconds
            yield look, run
        self._by.memory.keep_seconds(seconds)

    def _begin(self, look: Look, question: _Source | _Question) -> None:
        job = question.job()
        if job is None:
            self._answered.append((look, question.answer({})))
            return
        self._open[job.name] = look, question
        # A cache of its own: the same file has another content in the other tree.
        env = {name: f"{self._by.cache.as_posix()}/{look.label}/{name.lower()}" for name in _CACHES}
        self._running.add([replace(job, weight=self._weight(question.name, job.weight), env=env)])

    def _weight(self, tool: str, guess: float) -> float:
        return self._took.get(tool, guess)


class _Question:
    """One tool and one tree."""

    def __init__(self, by: Questioner, asked: Asked, look: Look) -> None:
        self.name = asked.tool.name
        self._label = look.label
        self._by = by
        self._asked = asked
        self._tree = look.tree
        self._scratch = by.scratch / look.label / self.name
        self._on = by.invocation(asked, look.tree, self._scratch)
        self._copy = look.copy
        self._remembered: Answer | None = None
        self._key = ""

    def job(self) -> Job | None:
        """Return the processes to run, none where the answer is known already."""
        if self._asked.detected.problem or not self._on.files:
            return None
        tool, on = self._asked.tool, self._on
        self._scratch.mkdir(parents=True, exist_ok=True)
        # For tools that must be told where their settings are when they have none.
        (self._scratch / "empty").touch()
        if tool.writes:
            self._tree = self._copy(self._scratch / "tree")
            self._on = on = self._by.invocation(self._asked, self._tree, self._scratch)
        commands = tool.commands(on)
        if tool.cached and not self._by.environment.movable:
            self._key = self._key_of(commands)
            self._remembered = self._by.memory.recall(self._key)
        if self._remembered is not None:
            return None
        return Job(
            name=f"{self._label}/{self.name}",
            commands=commands,
            directory=Path(on.directory),
            scratch=self._scratch,
            weight=tool.weight,
        )

    def _key_of(self, commands: Iterable[Command]) -> str:
        """Return the name of the answer: all that it depends on."""

        def neutral(word: str) -> str:
            return word.replace(self._on.scratch, _SCRATCH).replace(self._on.root, _ROOT)

        environment = self._by.environment
        return memory.key(
            tool=self.name,
            argv=[[neutral(word) for word in command.argv] for command in commands],
            versions=dict(environment.versions),
            python=environment.version,
            prefix=environment.prefix,
            tree=self._tree.digest,
            directory=self._on.prefix,
        )

    def answer(self, ran: Mapping[str, Ran]) -> ToolRun:
        """Return what became of the tool."""
        asked, on = self._asked, self._on
        made = ToolRun(
            tool=self.name,
            state=State.NOT_APPLICABLE,
            reason=asked.detected.reason,
            version=asked.version,
            config=asked.detected.config,
            eligible=len(on.files),
            seconds=sum(each.seconds for each in ran.values()),
            cached=self._remembered is not None,
        )
        if asked.detected.problem:
            return replace(made, state=State.FAILED, problems=(f"{asked.detected.problem}.",))
        if not on.files:
            return replace(made, reason=f"{made.reason}, but git has no {_suffixes(asked.tool)} file here")
        try:
            answer = self._remembered or self._read(ran)
        except NotUnderstood as why:
            return replace(made, state=State.FAILED, problems=(_sentence(str(why)),))
        if self._key and self._remembered is None and not answer.unread:
            self._by.memory.keep(self._key, answer)
        return self._counted(made, answer)

    def _read(self, ran: Mapping[str, Ran]) -> Answer:
        for name, each in ran.items():
            if each.stopped or (each.code is not None and each.code < 0):
                expect(each, (), self.name if name == "check" else f"{self.name} ({name})")
        known = set(self._tree.files)
        answer = self._asked.tool.read(self._on, ran)
        # A tool that is told to look at the folder may see what git ignores: that is no part of the tree.
        return replace(
            answer,
            findings=tuple(each for each in answer.findings if not each.path or each.path in known),
            remarks=tuple(each for each in answer.remarks if not each.path or each.path in known),
        )

    def _counted(self, made: ToolRun, answer: Answer) -> ToolRun:
        """Return the state, once the files that the tool read are held against those of git."""
        files = answer.files
        count = len(files) if isinstance(files, frozenset) else files
        gaps: tuple[str, ...] = ()
        if isinstance(files, frozenset):
            gaps = tuple(path for path in self._on.files if path not in files)
        made = replace(made, answer=answer, gaps=gaps[:GAPS])
        if count == 0:
            config = f" (look at {made.config})" if made.config else ""
            problem = (
                f"{made.tool} checked 0 of {made.eligible} files: its settings leave out everything{config}."
            )
            return replace(made, state=State.FAILED, problems=(problem,))
        if answer.unread:
            named = ", ".join(answer.unread[:5]) + (" …" if len(answer.unread) > 5 else "")
            problem = f"{made.tool} could not read {len(answer.unread)} of {made.eligible} files: {named}."
            return replace(made, state=State.INCOMPLETE, problems=(problem,))
        return replace(made, state=State.FINDINGS if answer.findings else State.CLEAN)


class _Source:
    """Our own parse of every file, by the project's interpreter."""

    name = SOURCE

    def __init__(self, by: Questioner, look: Look) -> None:
        self._by = by
        self._label = look.label
        self._tree = tree = look.tree
        self._scratch = by.scratch / look.label / self.name
        excluded = matcher(by.exclude, by.project.prefix)
        self._files = tuple(path for path in self._python_files() if not excluded(path))
        entries = sorted((path, tree.entries[path]) for path in self._files)
        self._key = memory.key(tool=SOURCE, python=by.environment.version, files=entries)
        self._remembered = by.memory.recall(self._key) if self._files else None

    def _python_files(self) -> Iterator[str]:
        yield from self._by.eligible(self._tree, (".py", ".pyi"))
        for path in self._by.eligible(self._tree, ("",)):
            if "." not in path.rpartition("/")[2] and self._tree.entries[path].startswith("100755"):
                first = (self._tree.content(path) or b"")[:80].partition(b"\n")[0]
                if first.startswith(b"#!") and b"python" in first:
                    yield path

    def job(self) -> Job | None:
        """Return the process to run."""
        if not self._files or self._remembered is not None:
            return None
        self._scratch.mkdir(parents=True, exist_ok=True)
        request = self._scratch / "request.json"
        request.write_text(json.dumps({"root": self._tree.root, "files": self._files}), encoding="ascii")
        argv = (self._by.environment.python, "-I", str(AGENT), "compile", str(request))
        return Job(
            name=f"{self._label}/{self.name}",
            commands=(Command(name="check", argv=argv),),
            directory=Path(self._tree.root),
            scratch=self._scratch,
            weight=4,
        )

    def answer(self, ran: Mapping[str, Ran]) -> ToolRun:
        """Return the files that are not Python of the project's version."""
        environment = self._by.environment
        made = ToolRun(
            tool=SOURCE,
            state=State.CLEAN,
            reason="every file is decoded and compiled",
            version=environment.version,
            eligible=len(self._files),
            seconds=sum(each.seconds for each in ran.values()),
            cached=self._remembered is not None,
        )
        if not self._files:
            return replace(made, state=State.NOT_APPLICABLE, reason="git has no Python file here")
        try:
            answer = self._remembered or self._read(ran["check"])
        except NotUnderstood as why:
            return replace(made, state=State.FAILED, problems=(_sentence(str(why)),))
        if self._remembered is None:
            self._by.memory.keep(self._key, answer)
        return replace(made, answer=answer, state=State.FINDINGS if answer.findings else State.CLEAN)

    def _read(self, ran: Ran) -> Answer:
        expect(ran, (0,), "our parse of the files")
        problems = load_json("our parse of the files", ran.stdout)["problems"]
        findings = tuple(
            Finding(
                tool=SOURCE,
                rule=rule,
                kind=Kind.CODE,
                severity=Severity.HIGH,
                message=f"{message} (Python {self._by.environment.version})"
                if rule == "syntax-error"
                else message,
                path=path,
                region=Region(line, column) if line else None,
            )
            for path, rule, line, column, message in problems
        )
        return Answer(findings=findings, files=frozenset(self._files))


def _suffixes(tool: Tool) -> str:
    return " or ".join(tool.suffixes) if any(tool.suffixes) else "tracked"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def missing(tool: Tool, detected: Detected, environment: Environment, directory: Path, hook: str) -> str:
    """Return what to say of a tool that is configured and not in the environment."""
    where = os.path.relpath(environment.prefix, directory) if environment.venv else environment.python
    beside = f" A hook has it at {hook}." if hook else ""
    return (
        f"{tool.name} is configured ({detected.reason}) but not in {where}.{beside} "
        f"Install it there (uv add --dev {tool.package}), or leave it out with tools: -{tool.name}."
    )
