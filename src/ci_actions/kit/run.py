"""The one runner of all capabilities: read the inputs, gather, decide, apply, report.

`judge` neither prints nor exits; it always returns a Report, also for what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ci_actions.kit import settings
from ci_actions.kit.errors import BadInput, CannotJudge, CiActionsError, Exit
from ci_actions.kit.inputs import BOOLEAN, Common, declared, environment_name, read, suggestion

if TYPE_CHECKING:
    from ci_actions.kit.apart import Apart
    from ci_actions.kit.clock import Clock
    from ci_actions.kit.context import Context
    from ci_actions.kit.earlier import Earlier
    from ci_actions.kit.git import Git
    from ci_actions.kit.http import Http
    from ci_actions.kit.jobs import Jobs
    from ci_actions.kit.process import Process
    from ci_actions.kit.report import Report

C = TypeVar("C", bound=Common)

COMMON_OUTPUTS = {
    "result": "How it ended: `passed`, `failed`, `error`, `skipped` or `would-fail`.",
    "report": "Path of the JSON report.",
    "summary-file": "Path of the summary as a Markdown file.",
}


class Progress(Protocol):
    """Says what is being done, to whoever watches."""

    def __call__(self, line: str) -> None:
        """Say one line."""


class Mask(Protocol):
    """Keeps a value out of the log from now on, whoever prints it."""

    def __call__(self, value: str, /) -> None:
        """Hide one value."""


def unmasked(value: str) -> None:
    """Hide nothing: where no runner reads what is printed."""


class Edges(Generic[C]):
    """Everything outside: the only way to files, processes, networks and the time.

    `root` is the git root (paths in reports are relative to it), `directory` the working directory. `given` are the
    inputs as they were given, secrets left out, for a first phase to hand on; `earlier` is what earlier phases left.
    What costs an import is made when it is first asked for.
    """

    def __init__(
        self,
        *,
        root: Path,
        directory: Path,
        environ: Mapping[str, str],
        clock: Clock,
        progress: Progress,
        token: str,
        config_at: Callable[[Git, str], C | None],
        given: Mapping[str, str] | None = None,
        earlier: Mapping[str, Earlier | None] | None = None,
        mask: Mask = unmasked,
    ) -> None:
        self.root = root
        self.directory = directory
        self.environ = environ
        self.clock = clock
        self.progress = progress
        self.mask = mask
        self.given = given or {}
        self.earlier = earlier or {}
        self._token = token
        self._config_at = config_at

    @property
    def prefix(self) -> str:
        """The working directory relative to the git root, with `/`; empty for the root itself."""
        path = self.directory.relative_to(self.root).as_posix()
        return "" if path == "." else path

    @cached_property
    def context(self) -> Context:
        """The event that started this run, on a laptop an empty one."""
        from ci_actions.kit.context import Context, load_event

        return Context.from_environ(self.environ, load_event(self.environ.get("GITHUB_EVENT_PATH", "")))

    @cached_property
    def process(self) -> Process:
        """Child processes."""
        from ci_actions.kit.process import Process

        return Process(self.environ)

    @cached_property
    def jobs(self) -> Jobs:
        """The processors that this run and its children may use, shared with the gates beside it."""
        from ci_actions.kit.jobs import Jobs

        return Jobs.from_environ(self.environ)

    @cached_property
    def apart(self) -> Apart:
        """Shares work among processes, if there are processors to spare."""
        from ci_actions.kit.forks import Forks

        return Forks(self.jobs)

    @cached_property
    def git(self) -> Git:
        """The repository at `root`."""
        from ci_actions.kit.git import Git

        server = self.context.server_url
        return Git(
            self.process,
            self.root,
            token=self._token,
            server_url=server,
            environ=self.environ,
            clock=self.clock,
        )

    @cached_property
    def http(self) -> Http:
        """GitHub's API."""
        from ci_actions.kit.http import Http

        return Http(self.context.api_url, self._token, self.clock)

    def config_at(self, revision: str) -> C | None:
        """Return the Config with the settings of another revision, None when those cannot be read."""
        return self._config_at(self.git, revision)

    def which(self, program: str) -> str | None:
        """Return where a program lies on PATH."""
        from shutil import which

        return which(program)


@dataclass(frozen=True, eq=False, repr=False)
class Steps(Generic[C]):
    """What a phase does, one after the other: gather facts, decide, apply if there is something to change, report."""

    gather: Callable[[C, Edges[C]], Any]
    decide: Callable[[C, Any], Any]
    report: Callable[[C, Any], Report]
    apply: Callable[[C, Any, Edges[C]], Any] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Phase(Generic[C]):
    """One run of a capability, from facts to report.

    `steps` imports them: only the phase that runs is loaded. `when` tells from the Config whether this one is meant
    when no phase is named. `after` names the phases before it in the same action: it takes its inputs from the
    first of them, and sees what all of them left.
    """

    name: str
    steps: Callable[[], Steps[C]]
    when: Callable[[C], bool] = lambda _: True
    after: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Capability(Generic[C]):
    """The whole wiring of a capability: its name, the question it answers, its inputs, outputs and phases.

    `outputs` are its own, with what they hold; every capability has `COMMON_OUTPUTS` too.

    `gate` says that it only judges: `ci-actions check` runs it where it is configured. `measured` says that it judges
    what tests measured on the work tree, so that it has no answer for a tree that differs (`check --staged`).

    What `check` knows of a gate beyond that are the names of its inputs and outputs:
    `scope` takes `new`, for `--changed`; `base` or `base-ref` takes what `--base` names; `fix` makes it mend files of
    the work tree before it judges, all or none, and never a file with edits that are not staged (exit code 2 instead).
    Its output `patch-file` names what it could mend, `plan-hash` what the verdict stands on, and `findings-new`,
    `findings-all` and `files-checked` are counted in the table.
    """

    name: str
    question: str
    config: type[C]
    phases: tuple[Phase[C], ...]
    outputs: Mapping[str, str]
    gate: bool = False
    measured: bool = False


@dataclass(frozen=True)
class Arguments:
    """The words of a command line: options by name, and `--json`."""

    options: Mapping[str, Sequence[str]]
    words: tuple[str, ...]
    json: bool


def parse_arguments(words: Sequence[str], flags: Collection[str]) -> Arguments:
    """Return options and words; `flags` are the options whose value may be left out.

    Raises BadInput for an option that lacks its value.
    """
    options: dict[str, list[str]] = {}
    others = []
    remaining = list(words)
    problems = []
    while remaining:
        word = remaining.pop(0)
        if not word.startswith("--") or word == "--":
            others.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        if not equals and name in flags:
            value = remaining.pop(0) if remaining[:1] in (["true"], ["false"]) else "true"
        elif not equals and remaining and not remaining[0].startswith("--"):
            value = remaining.pop(0)
        elif not equals:
            problems.append(f"option '--{name}' needs a value: --{name}=…")
        options.setdefault(name, []).append(value)
    try:
        json = BOOLEAN.parse(options.pop("json", ["false"])[-1])
    except ValueError:
        problems.append(f"option '--json' takes no value, or must be {BOOLEAN.allowed}")
        json = True
    if problems:
        raise BadInput(*problems)
    return Arguments(options, tuple(others), json)


def flags(config: type[Common]) -> set[str]:
    """Return the options whose value may be left out."""
    return {"json", *(name for each in declared(config) if each.kind.flag for name in each.names)}


def judge(
    capability: Capability[C],
    arguments: Arguments,
    *,
    environ: Mapping[str, str],
    here: Path,
    sections: Collection[str],
    progress: Progress,
    clock: Clock,
    mask: Mask = unmasked,
) -> Report:
    """Run a capability and return what it says; also what keeps it from a verdict comes back as a Report."""
    try:
        return _judge(capability, arguments, environ, here, sections, progress, clock, mask)
    except CiActionsError as error:
        from ci_actions.kit import emit

        return emit.failure(capability.name, error)


def working_directory(arguments: Arguments, environ: Mapping[str, str], here: Path) -> Path:
    """Return the folder the run works in, before any settings are read: it says where they are.

    Raises BadInput when there is no such folder.
    """
    name = environ.get(environment_name("working-directory"), "").strip()
    typed = (arguments.options.get("working-directory") or [name])[-1] or "."
    directory = (here / typed).resolve()
    if not directory.is_dir():
        raise BadInput(f"working-directory '{typed}' is no folder (looked in {here})")
    return directory


def _judge(
    capability: Capability[C],
    arguments: Arguments,
    environ: Mapping[str, str],
    here: Path,
    sections: Collection[str],
    progress: Progress,
    clock: Clock,
    mask: Mask,
) -> Report:
    phase_name = _phase_name(capability, arguments)
    earlier = _earlier(capability, phase_name, environ)
    if earlier:
        failed = next((each for each in earlier.values() if each and each.exit_code), None)
        if failed:
            return _passed_on(capability, failed)
        environ = {**_handed_on(earlier), **environ}
    directory = working_directory(arguments, environ, here)
    root = settings.git_root(directory)
    file = settings.find(directory, root, sections)

    def config_from(source: settings.SettingsFile) -> C:
        section = source.section(capability.name)
        return read(capability.config, options=arguments.options, environ=environ, settings=section)

    config = config_from(file)
    edges = Edges[C](
        root=root,
        directory=directory,
        environ=environ,
        clock=clock,
        progress=progress,
        token=getattr(config, "github_token", ""),
        config_at=lambda git, revision: _config_at(git, revision, directory, root, sections, config_from),
        given=_given(capability.config, arguments, environ),
        earlier=earlier,
        mask=mask,
    )
    if getattr(config, "config_from", "") == "base":
        config = _as_before(config, edges, config_from)
    steps = _chosen(capability, config, phase_name).steps()
    facts = steps.gather(config, edges)
    outcome = steps.decide(config, facts)
    if steps.apply:
        outcome = steps.apply(config, outcome, edges)
    report = steps.report(config, outcome)
    return would_fail(report) if config.dry_run else report


def _earlier(
    capability: Capability[C], phase: str, environ: Mapping[str, str]
) -> Mapping[str, Earlier | None]:
    """Return what the phases before this one left, by their names, in their order."""
    after = next((each.after for each in capability.phases if each.name == phase), ())
    if not after:
        return {}
    from ci_actions.kit.earlier import read_earlier

    return {name: read_earlier(name, environ) for name in after}


def _handed_on(earlier: Mapping[str, Earlier | None]) -> Mapping[str, str]:
    """Return the inputs that the first phase recorded, as variables. Raises CannotJudge when it left none."""
    name, first = next(iter(earlier.items()))
    if first is None or first.inputs is None:
        raise CannotJudge(
            f"The phase '{name}' left no report with the inputs.", advice="The log of its step says why."
        )
    return {environment_name(each): text for each, text in first.inputs.items()}


def _given(config: type[C], arguments: Arguments, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the inputs as they were given, by the names that were used; options beat variables, secrets stay out."""
    found: dict[str, str] = {}
    for each in declared(config):
        if each.secret or each.settings_only:
            continue
        options = {
            name: "\n".join(arguments.options[name]) for name in each.names if name in arguments.options
        }
        found |= options or {name: environ.get(environment_name(name), "") for name in each.names}
    return {name: text for name, text in found.items() if text.strip()}


def _passed_on(capability: Capability[C], earlier: Earlier) -> Report:
    """Return the report of a phase that has nothing left to do: an earlier one failed, and said everything itself."""
    from ci_actions.kit.report import Report, Result

    return Report(
        capability=capability.name,
        result=Result(earlier.result),
        exit_code=earlier.exit_code,
        headline=earlier.headline,
        show_summary=False,
    )


def _chosen(capability: Capability[C], config: C, name: str) -> Phase[C]:
    return next(each for each in capability.phases if (each.name == name if name else each.when(config)))


def _config_at(
    git: Git,
    revision: str,
    directory: Path,
    root: Path,
    sections: Collection[str],
    config_from: Callable[[settings.SettingsFile], C],
) -> C | None:
    # Looked for anew: the change may have moved or removed the file.
    try:
        return config_from(settings.find_in(lambda path: git.show(revision, path), directory, root, sections))
    except BadInput:
        return None


def would_fail(report: Report) -> Report:
    """Return the report of a dry run: only "not met" becomes green, and says that it would fail."""
    from ci_actions.kit.report import Level, Result

    if report.exit_code is not Exit.NOT_MET:
        return report
    milder = tuple(
        replace(each, level=Level.WARNING) if each.level is Level.ERROR else each
        for each in report.annotations
    )
    return replace(report, result=Result.WOULD_FAIL, exit_code=Exit.PASSED, annotations=milder)


def _phase_name(capability: Capability[C], arguments: Arguments) -> str:
    names = [each.name for each in capability.phases]
    if not arguments.words:
        return ""
    word = arguments.words[0]
    if len(arguments.words) > 1 or word not in names:
        raise BadInput(
            f"'{' '.join(arguments.words)}' is not understood: {capability.name} takes options only"
            f"{suggestion('--' + word, ['--' + each.name for each in declared(capability.config)])}; see --help"
        )
    return word


def _as_before(config: C, edges: Edges[C], config_from: Callable[[settings.SettingsFile], C]) -> C:
    """Return the Config with the settings of the base; the base itself is chosen without any settings."""
    from ci_actions.kit.base import Base, resolve_base

    unset = config_from(settings.SettingsFile("", {}))
    base = resolve_base(
        str(getattr(unset, "base", "")), str(getattr(unset, "deepen", "auto")), edges.context, edges.git
    )
    if not isinstance(base, Base):
        return config
    before = edges.config_at(base.sha)
    if before is None:
        raise BadInput(f"config-from: base cannot be met: the settings at {base.sha[:12]} cannot be read")
    return before
