"""`ci-actions check [PATH]`: every gate the project configures, side by side, one exit code, one page.

Each gate runs in a process of its own with `--json` and without GitHub's command files, so that gates cannot
disturb each other and the verdict is the one the action gives.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from ci_actions.capabilities import CAPABILITIES, load
from ci_actions.commands.finished import Finished
from ci_actions.kit import emit, settings
from ci_actions.kit.clock import Clock
from ci_actions.kit.emit import MARKS, harmless
from ci_actions.kit.errors import BadInput, Exit, worst
from ci_actions.kit.inputs import BOOLEAN, LIST, PATH, Common, declare, read, whole
from ci_actions.kit.process import WITHHELD
from ci_actions.kit.report import SCHEMA, Result
from ci_actions.kit.run import Arguments, flags, parse_arguments

SECTIONS = (*CAPABILITIES, "check")
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TICK = 0.1
#: What starts a child: this interpreter, as isolated as we are, with our import path and nothing else.
_START = "import sys; sys.path[:] = {path!r}; from ci_actions.__main__ import main; sys.exit(main())"


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    """The options of `ci-actions check`, also settings under `[tool.ci-actions.check]`."""

    gates: tuple[str, ...] = declare(LIST, default=(), help="The gates to run; all configured ones without.")
    jobs: int = declare(
        whole(0, 512), default=0, help="How many gates run at a time; 0 is one per processor."
    )
    html: str = declare(PATH, default="", help="Where the page goes; .ci-actions/check/check.html without.")
    list: bool = declare(BOOLEAN, default=False, help="Say which gates would run, and run none.")


def check(
    words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO, clock: Clock
) -> int:
    """Run every configured gate of a project and return the exit code that decides.

    Raises BadInput for options that cannot be meant, and when the project configures no gate.
    """
    if "--help" in words or "-h" in words:
        print(_usage(), file=out)
        return Exit.PASSED
    arguments = parse_arguments(words, flags(Config))
    directory = _project(arguments, here)
    root = settings.git_root(directory)
    file = settings.find(directory, root, SECTIONS)
    config = read(Config, options=arguments.options, environ={}, settings=file.section("check"))
    names = _chosen(config, file, directory)
    if config.list:
        print("\n".join(names), file=out)
        return Exit.PASSED
    screen = _Screen(err, names, live=err.isatty() and environ.get("GITHUB_ACTIONS") != "true")
    finished = run_gates(
        names, directory, environ, config.jobs or os.cpu_count() or 1, clock, screen, dry_run=config.dry_run
    )
    code = worst(each.code for each in finished)
    page = _write_page(config, finished, code, root, here)
    if arguments.json:
        print(json.dumps(_as_json(finished, code, page)), file=out)
    for line in _closing(finished, code, page):
        print(line, file=err if arguments.json else out)
    return code


def run_gates(
    names: Sequence[str],
    directory: Path,
    environ: Mapping[str, str],
    jobs: int,
    clock: Clock,
    screen: _Screen,
    *,
    dry_run: bool = False,
) -> tuple[Finished, ...]:
    """Run the gates, at most `jobs` at a time, and return how each ended, in the order of `names`."""
    done: dict[str, Finished] = {}
    options = [f"--working-directory={directory}", *(["--dry-run"] if dry_run else [])]
    with ThreadPoolExecutor(min(jobs, len(names))) as pool:
        running: dict[Future[Finished], str] = {
            pool.submit(_run_gate, name, options, directory, environ, clock, screen.started): name
            for name in names
        }
        while running:
            ended, _ = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in ended:
                finished = future.result()
                done[running.pop(future)] = finished
                screen.ended(finished)
            screen.tick()
    screen.close()
    return tuple(done[name] for name in names)


def _run_gate(
    name: str,
    options: Sequence[str],
    directory: Path,
    environ: Mapping[str, str],
    clock: Clock,
    started: Callable[[str], None],
) -> Finished:
    started(name)
    begin = clock.monotonic()
    isolated = ["-I", "-S", "-X", "utf8"]
    command = [sys.executable, *isolated, "-c", _START.format(path=sys.path), name, "--json"]
    # What a gate writes is read here: the files that GitHub reads are ours alone.
    child = {
        key: value for key, value in environ.items() if key not in WITHHELD and not key.startswith("INPUT_")
    }
    try:
        done = subprocess.run(
            [*command, *options],
            cwd=directory,
            env=child,
            capture_output=True,
            check=False,
        )
        report, said = _parse(name, done.stdout, done.returncode), done.stderr.decode("utf-8", "replace")
    except OSError as wrong:
        report, said = _no_report(name, f"it could not be started: {wrong.strerror}"), ""
    return Finished(name, report, said, clock.monotonic() - begin)


def _parse(name: str, output: bytes, status: int) -> Mapping[str, Any]:
    """Return the child's report; without a valid one that agrees with its exit code, the defect is ours."""
    try:
        report = json.loads(output)
        Result(report["result"])
        if report["schema"] == SCHEMA and report["capability"] == name and report["exit-code"] == status:
            return dict(report)
    except (ValueError, KeyError, TypeError):
        pass
    return _no_report(name, f"it ended with status {status} and without a report")


def _no_report(name: str, why: str) -> Mapping[str, Any]:
    return {
        "schema": SCHEMA,
        "capability": name,
        "result": Result.ERROR.value,
        "exit-code": int(Exit.DEFECT),
        "headline": f"{name}: {why}. This is a defect of ours.",
        "preface": [],
        "next-step": "Please open an issue with what it printed.",
        "outputs": {},
        "annotations": [],
        "details": {},
    }


def _project(arguments: Arguments, here: Path) -> Path:
    typed = [*arguments.words, *arguments.options.get("working-directory", ())]
    if len(typed) > 1:
        raise BadInput(f"'{' '.join(typed)}': check takes one folder")
    directory = (here / (typed[0] if typed else ".")).resolve()
    if not directory.is_dir():
        raise BadInput(f"'{typed[0] if typed else '.'}' is no folder (looked in {here})")
    return directory


def _chosen(config: Config, file: settings.SettingsFile, directory: Path) -> tuple[str, ...]:
    configured = tuple(name for name in CAPABILITIES if name in file.tables)
    if not configured:
        raise BadInput(
            f"nothing is configured: no settings from {directory} upwards have a table for a gate. "
            "Write [tool.ci-actions.coverage-gate] into pyproject.toml; `ci-actions coverage-gate --help` lists what it can hold"
        )
    unknown = [name for name in config.gates if name not in configured]
    if unknown:
        raise BadInput(
            *(f"option '--gates' names '{name}', which is not configured in {file.path}" for name in unknown)
        )
    return config.gates or configured


class _Screen:
    """Progress: on a terminal one live line a gate, elsewhere a line when one ends."""

    def __init__(self, err: TextIO, names: Sequence[str], *, live: bool) -> None:
        self._err = err
        self._live = live
        self._width = max(map(len, names))
        self._states: dict[str, str | Finished] = dict.fromkeys(names, "waiting")
        self._frame = 0
        self._drawn = 0

    def started(self, name: str) -> None:
        self._states[name] = "running"

    def ended(self, finished: Finished) -> None:
        self._states[finished.name] = finished
        if not self._live:
            print(_line(finished, self._width), file=self._err, flush=True)

    def tick(self) -> None:
        if self._live:
            self._frame += 1
            self._draw()

    def close(self) -> None:
        if self._live:
            self._draw()

    def _draw(self) -> None:
        if self._drawn:
            self._err.write(f"\x1b[{self._drawn}A")
        for name, state in self._states.items():
            if isinstance(state, Finished):
                text = _line(state, self._width)
            else:
                mark = _FRAMES[self._frame % len(_FRAMES)] if state == "running" else "·"
                text = f"{mark}  {name.ljust(self._width)}  {state}"
            self._err.write(f"\r\x1b[2K{text}\n")
        self._drawn = len(self._states)
        self._err.flush()


def _line(each: Finished, width: int) -> str:
    return f"{MARKS[each.result]} {each.name.ljust(width)}  {each.result.value:10}  {each.seconds:6.1f} s"


def _closing(finished: Sequence[Finished], code: int, page: Path) -> Iterator[str]:
    """Yield what is left to say when all have ended: failures in full, the table, where the page is."""
    for each in finished:
        if each.code != Exit.PASSED:
            yield f"\n── {each.name} " + "─" * 40
            yield from (harmless(line) for line in each.said.rstrip().splitlines())
    yield ""
    width = max(len(each.name) for each in finished)
    for each in finished:
        yield f"{_line(each, width)}  {harmless(str(each.report['headline']))}"
    yield f"\n{_verdict(code)}; the page: {page}"
    for each in finished:
        if html := each.report["outputs"].get("html"):
            yield f"           {each.name}: {html}"


def _verdict(code: int) -> str:
    return "every gate passed" if code == Exit.PASSED else f"exit code {int(code)}"


def _write_page(config: Config, finished: Sequence[Finished], code: int, root: Path, here: Path) -> Path:
    from ci_actions.commands.check_page import render

    path = here / config.html if config.html else emit.laptop_folder(root) / "check" / "check.html"
    emit.write_atomically(path, render(finished, code, path.parent))
    return path


def _as_json(finished: Sequence[Finished], code: int, page: Path) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "capability": "check",
        "result": (
            Result.PASSED if code == Exit.PASSED else Result.FAILED if code == Exit.NOT_MET else Result.ERROR
        ).value,
        "exit-code": int(code),
        "headline": _verdict(code),
        "preface": [],
        "next-step": "",
        "outputs": {"html": str(page)},
        "annotations": [],
        "details": {"gates": {each.name: each.report for each in finished}},
    }


def _usage() -> str:
    from ci_actions.commands.help import options

    questions = "\n".join(f"  {name}: {load(name).question}" for name in CAPABILITIES)
    return "\n".join(
        [
            "ci-actions check [PATH]: run every gate that the project at PATH configures",
            "",
            "gates",
            questions,
            "",
            "options",
            *options(Config),
        ]
    )
