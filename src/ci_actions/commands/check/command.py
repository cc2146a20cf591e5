"""`ci-actions check [GATE…]`: read what is asked, run the gates, say how they ended."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from ci_actions.capabilities import CAPABILITIES, INTERNAL, load
from ci_actions.commands.check import files, gates, text
from ci_actions.commands.check.finished import Finished, Round, measured_elsewhere
from ci_actions.commands.check.gates import Gate
from ci_actions.commands.check.running import WITHIN, Interrupted, Order, Place, Runner, signals_raise
from ci_actions.commands.check.screen import Screen, columns_of, is_terminal
from ci_actions.kit import emit, jobs, settings
from ci_actions.kit.clock import Clock
from ci_actions.kit.emit import harmless
from ci_actions.kit.errors import BadInput, CiActionsError, Exit
from ci_actions.kit.git import REPOSITORY_VARIABLES, Git
from ci_actions.kit.inputs import ARGUMENT, BOOLEAN, LIST, PATH, Common, declare, read, suggestion, whole
from ci_actions.kit.process import Process
from ci_actions.kit.report import SCHEMA, Result
from ci_actions.kit.run import flags, parse_arguments

SECTIONS = (*CAPABILITIES, *INTERNAL, "check")
#: Seconds between two looks at the files.
_WATCH = 0.5
#: How many files are named in one line.
_FEW = 5


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    """The options of `ci-actions check`, some of them also settings under `[tool.ci-actions.check]`."""

    gates: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="The gates to run, like words on the command line; all configured ones without.",
    )
    changed: bool = declare(
        BOOLEAN,
        default=False,
        help="Only what the change brought counts, where a gate can tell that from what was there.",
    )
    base: str = declare(
        ARGUMENT,
        default="",
        in_settings=False,
        help="What the change is compared with: a branch, a tag or a SHA. Without it where the branch left the default branch.",
    )
    staged: bool = declare(
        BOOLEAN,
        default=False,
        in_settings=False,
        help="Check what is staged, in a checkout beside the work tree; work tree and index are not touched.",
    )
    fix: bool = declare(
        BOOLEAN,
        default=False,
        in_settings=False,
        help="Have the gates that can mend files do so first, one after the other, then check. Files with edits that are "
        "not staged are not touched.",
    )
    watch: bool = declare(
        BOOLEAN,
        default=False,
        in_settings=False,
        help="Check again whenever a file that git knows has changed, until Ctrl-C.",
    )
    list: bool = declare(
        BOOLEAN,
        default=False,
        in_settings=False,
        help="Say which gates are configured and why, and run none.",
    )
    fail_fast: bool = declare(
        BOOLEAN, default=False, help="Stop the other gates as soon as one does not pass."
    )
    jobs: int = declare(
        whole(0, 512),
        default=0,
        help="How many processors all gates and their workers use together; 0 is CI_ACTIONS_JOBS, else all there are.",
    )
    html: str = declare(PATH, default="", help="Where the page goes; .ci-actions/check/check.html without.")

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant together."""
        if self.staged and self.fix:
            yield "--staged looks at what is staged and --fix changes the work tree: give one of them"
        if self.watch and (self.staged or self.fix):
            yield f"--watch waits for changes in the work tree; it does not go with --{'staged' if self.staged else 'fix'}"


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One command line: what needs no settings to be understood. `first` is the Config without them."""

    first: Config
    options: Mapping[str, Sequence[str]]
    named: tuple[str, ...]
    folder: tuple[str, ...]
    directory: Path
    json: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which gates of which project are to run, where and how; `again` are the options that ask for the same.

    `unlike` are the files that the work tree has otherwise than the place where the gates run.
    """

    config: Config
    gates: tuple[Gate, ...]
    place: Place
    root: Path
    again: tuple[str, ...]
    json: bool
    unlike: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _World:
    """Where the command was started, and where it writes. `index` is the index of git that a hook is told."""

    environ: Mapping[str, str]
    index: str
    here: Path
    out: TextIO
    err: TextIO
    clock: Clock

    def git(self, directory: Path) -> Git:
        """Return the repository of a folder."""
        return Git(Process(self.environ), directory, environ=self.environ)


def check(
    words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO, clock: Clock
) -> int:
    """Run every configured gate of a project and return the exit code that decides.

    That is 128 and the number of the signal when it was interrupted: 130 for Ctrl-C. Raises BadInput for options that
    cannot be meant, and when the project configures no gate; CannotJudge when git is needed and fails.
    """
    if "--help" in words or "-h" in words:
        print(_usage(), file=out)
        return Exit.PASSED
    world = _World(
        environ={name: value for name, value in environ.items() if name not in REPOSITORY_VARIABLES},
        index=environ.get("GIT_INDEX_FILE", ""),
        here=here,
        out=out,
        err=err,
        clock=clock,
    )
    if gate := environ.get(WITHIN):
        print(f"check: skipped, as {gate} runs within a check already", file=err)
        return Exit.PASSED
    typed = _typed(words, here)
    if typed.first.list:
        return _list(typed, out)
    try:
        with signals_raise():
            return _watch(typed, world) if typed.first.watch else _once(typed, world)
    except KeyboardInterrupt:
        return _interrupted(signal.SIGINT, err)
    except Interrupted as signalled:
        return _interrupted(signalled.number, err)


def _interrupted(number: int, err: TextIO) -> int:
    print(f"\ninterrupted ({signal.Signals(number).name}): there is no verdict", file=err)
    return 128 + number


# --- what is asked -----------------------------------------------------------------------------


def _typed(words: Sequence[str], here: Path) -> Typed:
    arguments = parse_arguments(words, flags(Config))
    named = tuple(word for word in arguments.words if word in CAPABILITIES)
    folders = [word for word in arguments.words if word not in CAPABILITIES]
    folders += arguments.options.get("working-directory", ())
    directory = _project(folders, here)
    first = read(Config, options=arguments.options, environ={})
    if arguments.json and first.watch:
        raise BadInput("--json is one document and --watch has no end: give one of them")
    if named and "gates" in arguments.options:
        raise BadInput(f"'{' '.join(named)}' and option '--gates' mean the same; give one of them")
    return Typed(
        first=first,
        options=arguments.options,
        named=named,
        folder=tuple(folders),
        directory=directory,
        json=arguments.json,
    )


@contextmanager
def _asked(typed: Typed, world: _World) -> Iterator[Asked]:
    """Yield what is to be done, with the settings that stand where the gates run."""
    if not typed.first.staged:
        yield _at(Place(directory=typed.directory, environ=world.environ), typed)
        return
    from ci_actions.commands.check.staged import checkout

    root = settings.git_root(typed.directory)
    with checkout(typed.directory, world.environ, world.index, world.here) as staged:
        place = Place(
            directory=staged.directory,
            environ=staged.environ,
            instead_of=(str(staged.root), str(root)),
        )
        yield replace(_at(place, typed), root=root, unlike=staged.unlike, notes=staged.notes)


def _at(place: Place, typed: Typed) -> Asked:
    root = settings.git_root(place.directory)
    file = settings.find(place.directory, root, SECTIONS)
    config = read(Config, options=typed.options, environ={}, settings=file.section("check"))
    chosen = _chosen(typed.named or config.gates, gates.gates(file), typed.directory)
    if config.base and not any(each.words(changed=False, base="x") for each in chosen):
        raise BadInput(f"--base is of no use to {', '.join(each.name for each in chosen)}: none compares")
    if config.fix and not any(each.fixes for each in chosen):
        raise BadInput(
            f"--fix is of no use to {', '.join(each.name for each in chosen)}: none can mend files"
        )
    return Asked(
        config=config,
        gates=chosen,
        place=place,
        root=root,
        again=_again(config, typed.folder),
        json=typed.json,
    )


def _project(typed: Sequence[str], here: Path) -> Path:
    if len(typed) > 1:
        raise BadInput(f"'{' '.join(typed)}': check takes one folder, and the names of gates")
    name = typed[0] if typed else "."
    directory = (here / name).resolve()
    if not directory.is_dir():
        raise BadInput(
            f"'{name}' is no folder (looked in {here}) and no gate{suggestion(name, CAPABILITIES)}; "
            f"there are: {', '.join(CAPABILITIES)}"
        )
    return directory


def _chosen(named: tuple[str, ...], found: tuple[Gate, ...], directory: Path) -> tuple[Gate, ...]:
    configured = gates.configured(found)
    if not configured:
        gate = next((name for name in named if name in CAPABILITIES), CAPABILITIES[0])
        raise BadInput(
            f"nothing is configured: no settings from {directory} upwards have a table for a gate. "
            f"Write [tool.ci-actions.{gate}] into pyproject.toml; `ci-actions {gate} --help` lists what it can hold"
        )
    known = {each.name: each for each in configured}
    unknown = [name for name in named if name not in known]
    if unknown:
        why = {each.name: each.why for each in found}
        raise BadInput(
            *(
                f"gate '{name}' is not configured: {why[name]}"
                if name in why
                else f"gate '{name}' does not exist{suggestion(name, CAPABILITIES)}; there are: {', '.join(CAPABILITIES)}"
                for name in unknown
            )
        )
    return tuple(known[name] for name in dict.fromkeys(named)) or configured


def _again(config: Config, folders: Sequence[str]) -> tuple[str, ...]:
    """Return the options that make another check look at the same."""
    options = (
        *(["--changed"] if config.changed else []),
        *([f"--base={config.base}"] if config.base else []),
        *(["--staged"] if config.staged else []),
    )
    return (*options, *folders)


def _list(typed: Typed, out: TextIO) -> int:
    """Say of every gate whether it is configured, and why."""
    found = gates.gates(settings.find(typed.directory, settings.git_root(typed.directory), SECTIONS))
    if typed.json:
        document = [{"gate": each.name, "configured": each.configured, "why": each.why} for each in found]
        print(json.dumps(document), file=out)
    else:
        width = max(len(each.name) for each in found)
        for each in found:
            print(f"{each.name.ljust(width)}  {'yes' if each.configured else 'no ':3}  {each.why}", file=out)
    return Exit.PASSED if gates.configured(found) else Exit.BAD_INPUT


# --- one check ---------------------------------------------------------------------------------


def _once(typed: Typed, world: _World) -> int:
    """Fix if that is asked for, run the gates, say how they ended; return the exit code."""
    with _asked(typed, world) as asked:
        wanted = asked.config.jobs or jobs.Jobs.from_environ(world.environ).total
        with jobs.shared(wanted) as budget:
            fixing = _fix(asked, budget, world) if asked.config.fix else Round(finished=())
            if fixing.red:
                return _say(fixing, asked, world)
            found = _run(asked, budget, world)
        return _say(replace(found, notes=(*fixing.notes, *found.notes)), asked, world)


def _run(asked: Asked, budget: jobs.Jobs, world: _World) -> Round:
    config = asked.config
    names = [each.name for each in asked.gates]
    screen = Screen.on(world.err, names, world.clock, world.environ)
    refused = [
        Finished(each.name, measured_elsewhere(each.name, asked.unlike), "", 0.0)
        for each in asked.gates
        if each.measured and asked.unlike
    ]
    for each in refused:
        screen.ended(each)
    ended = {each.name: each for each in refused}
    orders = [
        Order(each.name, (*_words(asked), *each.words(changed=config.changed, base=config.base)))
        for each in asked.gates
        if each.name not in ended and not (refused and config.fail_fast)
    ]
    try:
        found = Runner(budget, world.clock, screen).run(
            orders, asked.place, fail_fast=config.fail_fast, meanwhile=_load_the_page
        )
    finally:
        screen.close()
    ended |= {each.name: each for each in found.finished}
    whole = [f"{each.name} judges everything" for each in asked.gates if config.changed and not each.compares]
    return Round(
        finished=tuple(ended[name] for name in names if name in ended),
        stopped=tuple(name for name in names if name not in ended),
        notes=(*asked.notes, *whole),
    )


def _load_the_page() -> None:
    """Load what makes the page, which takes a while, when the gates are at work already."""
    import jinja2  # noqa: F401

    from ci_actions.commands.check import page  # noqa: F401


def _words(asked: Asked) -> list[str]:
    dry_run = ["--dry-run"] if asked.config.dry_run else []
    return [f"--working-directory={asked.place.directory}", *dry_run]


def _fix(asked: Asked, budget: jobs.Jobs, world: _World) -> Round:
    """Run the gates that can mend files, one after the other, until one fails; notes say what was mended.

    A gate that mends what it can and is still red has not failed: the check that follows tells.
    """
    git = world.git(asked.place.directory)
    fixers = [each for each in asked.gates if each.fixes]
    mended: set[str] = set()
    for gate in fixers:
        edited, before = files.not_staged(git), files.snapshot(git)
        print(f"{gate.name} --fix", file=world.err)
        screen = Screen.on(world.err, [gate.name], world.clock, world.environ)
        order = Order(gate.name, (*_words(asked), "--fix"))
        try:
            found = Runner(budget, world.clock, screen).run([order], asked.place)
        finally:
            screen.close()
        touched = files.changed(before, files.snapshot(git))
        if spoilt := sorted(edited.intersection(touched)):
            raise CiActionsError(
                f"{gate.name} --fix wrote to {', '.join(spoilt)}, which had edits that were not staged. "
                "This is a defect of ours.",
                advice="Look at `git diff`, and please open an issue.",
            )
        mended.update(touched)
        if found.code not in (Exit.PASSED, Exit.NOT_MET):
            return replace(found, notes=(_mended(mended),))
    return Round(finished=(), notes=(_mended(mended),))


def _mended(paths: Iterable[str]) -> str:
    names = sorted(paths)
    return f"mended: {_few(names)}; `git diff` shows it" if names else "nothing was mended"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _say(found: Round, asked: Asked, world: _World) -> int:
    page = _write_page(asked, found, world.here)
    if asked.json:
        print(json.dumps(as_json(found, page)).replace("##[", "##\\u005b"), file=world.out, flush=True)
    people = world.err if asked.json else world.out
    paper = text.Paper(
        width=columns_of(people, world.environ),
        colour=is_terminal(people, world.environ) and "NO_COLOR" not in world.environ,
        github=world.environ.get("GITHUB_ACTIONS") == "true",
    )
    for line in text.closing(found, asked.again, page, paper):
        print(line, file=people)
    people.flush()
    return found.code


def _write_page(asked: Asked, found: Round, here: Path) -> str:
    from ci_actions.commands.check.page import render

    html = asked.config.html
    path = here / html if html else emit.laptop_folder(asked.root) / "check" / "check.html"
    emit.write_atomically(path, render(found, path.parent))
    return str(path)


def as_json(found: Round, page: str) -> Mapping[str, object]:
    """Return the report of a check (schema: `schemas/report.schema.json`), with those of its gates as details."""
    code = found.code
    result = Result.FAILED if code == Exit.NOT_MET else Result.PASSED if code == Exit.PASSED else Result.ERROR
    return {
        "schema": SCHEMA,
        "capability": "check",
        "result": result.value,
        "exit-code": int(code),
        "headline": text.verdict(found),
        "preface": list(found.notes),
        "next-step": "",
        "outputs": {"html": page},
        "annotations": [],
        "details": {
            "gates": {each.name: each.report for each in found.finished},
            "stopped": list(found.stopped),
            "plan-hashes": {each.name: each.plan_hash for each in found.finished if each.plan_hash},
        },
    }


# --- again and again ---------------------------------------------------------------------------


def _watch(typed: Typed, world: _World) -> int:
    """Check, wait for a change, check again; ends by being interrupted only."""
    git = world.git(typed.directory)
    while True:
        before = files.snapshot(git)
        try:
            # Settings may be what has changed: they are read anew each time.
            _once(typed, world)
        except CiActionsError as wrong:
            for problem in wrong.problems:
                print(f"⛔ {harmless(problem)}", file=world.err)
        print("watching; Ctrl-C ends it", file=world.err, flush=True)
        after = _settled(git, before, world.clock)
        names = files.changed(before, after)
        print(f"\n── changed: {harmless(_few(names))} ──", file=world.err, flush=True)


def _settled(git: Git, before: files.Snapshot, clock: Clock) -> files.Snapshot:
    """Wait until something has changed since `before`, and nothing more does; return what is there now."""
    seen, took = before, 0.0
    while True:
        # Of a large work tree a look takes long: it may take a tenth of a processor, no more.
        clock.sleep(max(_WATCH, took * 9))
        begin = clock.monotonic()
        now = files.snapshot(git)
        took = clock.monotonic() - begin
        if now == seen != before:
            return now
        seen = now


def _usage() -> str:
    from ci_actions.commands.help import options

    questions = "\n".join(
        f"  {name}: {capability.question}" for name in CAPABILITIES if (capability := load(name)).gate
    )
    return "\n".join(
        [
            "ci-actions check [GATE…] [PATH]: run every gate that the project at PATH configures, or those named",
            "",
            "gates",
            questions,
            "",
            "options",
            *options(Config),
        ]
    )
