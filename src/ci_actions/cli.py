"""The command line: the only place that reads the environment, catches everything and exits."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ci_actions import home
from ci_actions.capabilities import CAPABILITIES, INTERNAL, load
from ci_actions.kit import run, settings
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput, CiActionsError, Exit, worst
from ci_actions.kit.inputs import suggestion

if TYPE_CHECKING:
    from ci_actions.kit.report import Report

COMMANDS = ("act", "check", "doctor", "init")
MAINTENANCE = ("release",)
"""For maintainers of this repository: takes no settings of a project."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises, except when it is interrupted."""
    # Short-lived and without cycles to speak of: the collector's passes would grow faster than the input.
    gc.disable()
    words = list(sys.argv[1:] if words is None else words)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return _dispatch(words, os.environ)
    except CiActionsError as error:
        return _fail("ci-actions", error, words, os.environ)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return Exit.UNAVAILABLE
    except Exception as defect:  # noqa: BLE001 - the last resort: a traceback is our defect, and says so
        return _confess(defect, words, os.environ)


def _dispatch(words: Sequence[str], environ: Mapping[str, str]) -> int:
    if not words or words[0] in ("--help", "-h", "help"):
        from ci_actions.commands.help import overview

        print(overview())
        return Exit.PASSED if words else Exit.BAD_INPUT
    name, rest = words[0], words[1:]
    if name in ("--version", "-V"):
        print(f"ci-actions {home.version()}")
        return Exit.PASSED
    if name in (*CAPABILITIES, *INTERNAL):
        capability = load(name)
        if "--help" in rest or "-h" in rest:
            from ci_actions.commands.help import page

            print(page(capability))
            return Exit.PASSED
        return _judge(capability, rest, environ)
    if name in (*COMMANDS, *MAINTENANCE):
        return _command(name, rest, environ)
    known = (*CAPABILITIES, *COMMANDS, *MAINTENANCE)
    raise BadInput(f"'{name}' is no command{suggestion(name, known)}; there are: {', '.join(known)}")


def _command(name: str, words: Sequence[str], environ: Mapping[str, str]) -> int:
    here = Path.cwd()
    if name == "check":
        from ci_actions.commands.check.command import check

        return check(words, environ, here=here, out=sys.stdout, err=sys.stderr, clock=Clock())
    if name == "act":
        from ci_actions.commands.act.command import act

        return act(words, environ, here=here, out=sys.stdout, err=sys.stderr)
    if name == "doctor":
        from ci_actions.commands.doctor.command import doctor

        return doctor(words, environ, here=here, out=sys.stdout, err=sys.stderr)
    if name == "init":
        from ci_actions.commands.init.command import init

        ask = input if sys.stdin.isatty() and sys.stdout.isatty() else None
        return init(words, environ, here=here, out=sys.stdout, program=here / sys.argv[0], ask=ask)
    from ci_actions.commands.release import release

    return release(words, environ, here=here, out=sys.stdout, err=sys.stderr)


def _judge(capability: run.Capability[Any], words: Sequence[str], environ: Mapping[str, str]) -> int:
    try:
        arguments = run.parse_arguments(words, run.flags(capability.config))
    except BadInput as error:
        return _fail(capability.name, error, words, environ)
    report = run.judge(
        capability,
        arguments,
        environ=environ,
        here=Path.cwd(),
        sections=(*CAPABILITIES, *INTERNAL, "check"),
        progress=_progress,
        clock=Clock(),
        mask=_mask if environ.get("GITHUB_ACTIONS") == "true" else run.unmasked,
    )
    return _say(report, arguments, environ)


def _progress(line: str) -> None:
    from ci_actions.kit.emit import harmless

    print(harmless(line), file=sys.stderr, flush=True)


def _mask(value: str) -> None:
    from ci_actions.kit.emit import masking

    # On the stream that progress goes to, so that the runner reads it before; a report comes much later.
    print(masking(value), file=sys.stderr, flush=True)


def _fail(name: str, error: CiActionsError, words: Sequence[str], environ: Mapping[str, str]) -> int:
    from ci_actions.kit.emit import failure

    return _say(failure(name, error), run.Arguments({}, (), "--json" in words), environ)


def _say(report: Report, arguments: run.Arguments, environ: Mapping[str, str]) -> int:
    """Write a report and return its exit code."""
    from ci_actions.kit import emit

    here = Path.cwd()
    try:
        directory = run.working_directory(arguments, environ, here)
    except BadInput:
        directory = here
    targets = emit.Targets.from_environ(environ, json=arguments.json, terminal=sys.stdout.isatty())
    try:
        emit.emit(
            report,
            targets,
            root=settings.git_root(directory),
            directory=directory,
            out=sys.stdout,
            err=sys.stderr,
        )
    except CiActionsError as mute:
        # What could not be written is said at least; a verdict that nobody can read is none.
        for text in (*(each.message for each in report.annotations), report.headline, *mute.problems):
            print(emit.harmless(text), file=sys.stderr)
        return worst([report.exit_code, mute.exit_code])
    return report.exit_code


def _confess(defect: Exception, words: Sequence[str], environ: Mapping[str, str]) -> int:
    import traceback

    from ci_actions.kit.emit import harmless

    github = environ.get("GITHUB_ACTIONS") == "true"
    if github:
        print("::group::traceback", file=sys.stderr)
    text = "".join(traceback.format_exception(defect))
    for name, value in environ.items():
        # The exception may quote an input.
        if value and any(word in name.upper() for word in ("TOKEN", "SECRET", "PASSWORD", "KEY")):
            text = text.replace(value, "***")
    for line in text.splitlines():
        print(harmless(line), file=sys.stderr)
    if github:
        print("::endgroup::", file=sys.stderr)
    error = CiActionsError(
        f"{type(defect).__name__} in ci-actions {home.version()}: this is a defect of ours, not of your project.",
        advice="Please open an issue with the traceback above.",
    )
    name = words[0] if words and words[0] in (*CAPABILITIES, *INTERNAL) else "ci-actions"
    try:
        return _fail(name, error, words, environ)
    except Exception:  # noqa: BLE001 - even the report could not be written
        print(harmless(error.message), file=sys.stderr)
        return Exit.DEFECT
