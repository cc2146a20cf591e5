"""Edge: coverage.py data files, analysed by `agent.py` in the interpreter that made them.

A data file only says which lines ran; which lines *could* run is read from the source, and the answer depends
on the parser. So the analysis happens where the tests ran, with the coverage and the plugins that are
installed there, and comes back as one JSON document (`ci-actions-coverage`, version 1); `--collect FILE`
writes that document.
"""

from __future__ import annotations

import ast
import json
import shlex
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_actions.kit.errors import BadInput, CannotJudge, CiActionsError
from ci_actions.kit.process import Completed, Process

AGENT = Path(__file__).with_name("agent.py")
FORMAT = "ci-actions-coverage"
VERSION = 1

Document = dict[str, Any]
Version = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the agent is asked.

    `data` are the data files, `root` the folder that coverage would run in, `rcfile` its configuration (None:
    what coverage finds itself). `only` limits the analysis to these sources, relative to `root` or absolute.
    `vendor` holds our own coverage, for an interpreter that has none.
    """

    data: tuple[Path, ...]
    root: Path
    rcfile: Path | None = None
    only: tuple[str, ...] | None = None
    jobs: int = 1
    vendor: Path | None = None

    def encoded(self) -> bytes:
        """Return the request as the agent reads it: JSON, every path absolute but those of `only`."""
        value = {
            "data": [str(path.absolute()) for path in self.data],
            "root": str(self.root.absolute()),
            "rcfile": None if self.rcfile is None else str(self.rcfile.absolute()),
            "only": None if self.only is None else list(self.only),
            "jobs": self.jobs,
            "vendor": None if self.vendor is None else str(self.vendor.absolute()),
        }
        return json.dumps(value).encode("ascii")


# --- which interpreter ----------------------------------------------------------------------------


def find_python(
    setting: str, *, which: Callable[[str], str | None], venv: str = "", windows: bool = False
) -> tuple[str, ...]:
    """Return the command that starts the interpreter of the tests.

    `setting` is the input `python`: a path, a name or a command (`uv run python`). Without one it is the
    interpreter of the activated environment `venv`, else `python3` or `python` on PATH, on Windows `py` last.
    `which` finds a program by name or path, like `shutil.which`.

    Raises BadInput for a setting that cannot be started, CannotJudge when there is no Python at all.
    """
    if setting.strip():
        return _as_asked(setting.strip(), which, windows=windows)
    program = Path("Scripts", "python.exe") if windows else Path("bin", "python")
    names = ("python", "python3") if windows else ("python3", "python")
    for candidate in (str(Path(venv) / program) if venv else "", *names):
        if candidate and (found := which(candidate)):
            return (found,)
    if windows and (launcher := which("py")):
        return (launcher, "-3")
    raise CannotJudge(
        "Coverage data files are analysed by the Python that ran the tests, and there is none on PATH.",
        advice="Run this in the same job after the tests, or name the interpreter with `python`.",
    )


def _as_asked(setting: str, which: Callable[[str], str | None], *, windows: bool) -> tuple[str, ...]:
    """Return the command in `setting`; a path with spaces needs no quotes if it is the whole of it."""
    if whole := which(setting):
        return (whole,)
    try:
        words = [word.strip("\"'") if windows else word for word in shlex.split(setting, posix=not windows)]
    except ValueError:
        words = []
    if words and (program := which(words[0])):
        return (program, *words[1:])
    raise BadInput(
        f"input 'python' is '{setting}' but must be a Python that can be started, "
        "like 'python3.9' or '.venv/bin/python'"
    )


# --- asking ---------------------------------------------------------------------------------------


def collect(process: Process, python: Sequence[str], request: Request) -> Document:
    """Return the agent's document for the data files of `request`, analysed by `python`.

    Raises BadInput for an interpreter that does not start and for an unusable coverage configuration,
    CannotJudge for data that cannot be read or analysed there.
    """
    command = (*python, str(AGENT))
    try:
        done = process.run(command, cwd=request.root, stdin=request.encoded())
    except OSError as wrong:
        raise BadInput(f"input 'python': {python[0]} cannot be started: {wrong.strerror or wrong}") from wrong
    return with_parser_ages(document(done, request), request.root, parses, sys.version_info[:2])


def document(done: Completed, request: Request) -> Document:
    """Return the document in the agent's answer.

    Raises BadInput or CannotJudge as the agent says, CannotJudge when it said nothing that can be understood.
    """
    try:
        answer = json.loads(done.stdout) if done.ok else None
    except ValueError:
        answer = None
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        raise refusal(answer["error"])
    if isinstance(answer, dict) and answer.get("format") == FORMAT and answer.get("version") == VERSION:
        return answer
    how = (
        "was killed or timed out"
        if done.code is None or done.code < 0
        else f"ended with exit code {done.code}"
    )
    names = ", ".join(str(path) for path in request.data)
    raise CannotJudge(
        f"The analysis of {names} with {' '.join(done.argv[:-1])} {how} and gave no answer: "
        f"{done.complaint or '(silent)'}",
        advice="Does that command start the Python that ran the tests, with coverage and its plugins?",
    )


def refusal(error: Mapping[str, Any]) -> CiActionsError:
    """Return the agent's `error` as ours: BadInput for the coverage configuration, else CannotJudge."""
    message = str(error.get("message", "")) or "The data files cannot be analysed."
    return BadInput(message) if error.get("reason") == "config" else CannotJudge(message)


# --- what the answer means ------------------------------------------------------------------------


def drift(found: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the versions of coverage that analysed and that measured where they differ, else None.

    Data files of several versions count as no difference: the document then names none.
    """
    tool = found.get("tool", {})
    analysed, measured = tool.get("coverage"), tool.get("data")
    return (analysed, measured) if analysed and measured and analysed != measured else None


def with_parser_ages(
    found: Document, root: Path, can_parse: Callable[[Path], bool], ours: Version
) -> Document:
    """Return the document with every syntax error that our newer parser does not have called by its name.

    The agent cannot know the syntax of Pythons that are younger than itself; we run on a newer one more often
    than not. `ours` is the version that `can_parse` speaks for.
    """
    python = str(found["tool"]["python"])
    theirs = tuple(int(number) for number in python.split(".")[:2])
    if theirs >= ours:
        return found
    problems = [
        _too_old(problem, python, ours)
        if problem["reason"] == "syntax" and can_parse(root / problem["path"])
        else problem
        for problem in found["problems"]
    ]
    return {**found, "problems": problems}


def _too_old(problem: Mapping[str, str], python: str, ours: Version) -> dict[str, str]:
    path = problem["path"]
    message = (
        f"{path} needs a newer Python than {python}: Python {ours[0]}.{ours[1]} can parse it. "
        "Analyse it with the interpreter that ran the tests (`python`)."
    )
    return {"path": path, "reason": "interpreter-too-old", "message": message}


def parses(path: Path) -> bool:
    """Return whether this interpreter can parse the source file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
