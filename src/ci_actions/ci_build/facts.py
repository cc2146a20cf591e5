"""The edge that reads: builds the project, lets twine look at the result, and reads what was built."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_actions import home
from ci_actions.ci_build import archives
from ci_actions.ci_build.config import Config
from ci_actions.ci_build.model import Ended, Facts
from ci_actions.kit.emit import laptop_folder
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.run import Edges
from ci_actions.project import interpreters
from ci_actions.project.credentials import strip_credentials
from ci_actions.project.model import Interpreter
from ci_actions.supply.environments import locked_environment

NAME = "ci-build"
FLOOR = (3, 11)
#: Seconds for `twine check`, which renders a README.
CHECK_SECONDS = 300.0
#: A build that says more than this is not kept whole: only its end is of use.
LINES = 2000

#: Plain lines as long as they are: `build` wraps what it prints at the width of a terminal, and so does twine, for which a
#: dumb one has 80 columns unless both sizes are said.
_PLAIN = {"NO_COLOR": "1", "COLUMNS": "1000", "LINES": "1000", "TERM": "dumb", "PYTHONUTF8": "1"}
_ENDS = (".whl", ".tar.gz", ".zip")


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what was built and how.

    Raises BadInput where there is nothing to build or no interpreter to build with, Unavailable where the builder
    itself cannot be installed.
    """
    _insist_on_a_project(edges.directory, edges.prefix)
    named = _named(config, edges)
    python = named if named and _is_new_enough(named) else _interpreter(edges)
    programs = locked_environment(
        Path(home.root(), "requirements", "tools", "build.txt"),
        python=python.path,
        cache=Path(home.cache_home(edges.environ)),
        process=edges.process,
        environ=edges.environ,
        progress=edges.progress,
    )
    builder = str(programs / ("python.exe" if os.name == "nt" else "python"))
    epoch = edges.environ.get("SOURCE_DATE_EPOCH") or _time_of_head(edges)
    with tempfile.TemporaryDirectory(prefix="ci-actions-build-") as scratch:
        made = Path(scratch, "dist")
        words = [builder, "-I", "-m", "build", "--outdir", str(made), str(edges.directory)]
        extra = {"SOURCE_DATE_EPOCH": epoch} if epoch else {}
        build = _followed(edges, words, extra, config.timeout * 60)
        # What a build left that failed half-way is no distribution.
        files = sorted(made.glob("*")) if build.ok and made.is_dir() else []
        check = None
        if files:
            strict = ["--strict"] if config.strict else []
            words = [builder, "-I", "-m", "twine", "check", *strict, *map(str, files)]
            check = _followed(edges, words, {}, CHECK_SECONDS)
        folder = _folder(config, edges)
        older = _placed(files, folder)
    return Facts(
        build=build,
        check=check,
        distributions=tuple(archives.read(folder / each.name) for each in files),
        older=older,
        folder=str(folder),
        python=python.full_version,
        asked=named.full_version if named and not _is_new_enough(named) else "",
        epoch=epoch,
        directory=edges.prefix,
    )


def _insist_on_a_project(directory: Path, shown: str) -> None:
    """Raise BadInput for a folder of which nobody says how it is built.

    Builders would take setuptools and call the result UNKNOWN: https://peps.python.org/pep-0517/#source-trees
    """
    where = shown or "the working directory"
    if (directory / "setup.py").is_file():
        return
    file = directory / "pyproject.toml"
    if not file.is_file():
        raise BadInput(f"there is no pyproject.toml and no setup.py in {where}: nothing there can be built")
    import tomllib

    try:
        document = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadInput(
            f"pyproject.toml in {where} is not valid TOML: {wrong}", file="pyproject.toml"
        ) from wrong
    if "build-system" not in document:
        raise BadInput(
            f"pyproject.toml in {where} has no [build-system], and there is no setup.py: add for example "
            '[build-system] with requires = ["hatchling"] and build-backend = "hatchling.build"; '
            "a project that is not to be published needs no build",
            file="pyproject.toml",
        )


def _named(config: Config, edges: Edges[Config]) -> Interpreter | None:
    """Return the interpreter that the user names, None for none. Raises BadInput for what is no interpreter."""
    if not config.python:
        return None
    file = edges.directory / config.python
    path = str(file) if file.is_file() else edges.which(config.python)
    if path is None:
        raise BadInput(
            f"input 'python' is '{config.python}', which is no interpreter here (looked in {edges.directory} and on PATH)"
        )
    return interpreters.probe(path, edges.process)


def _interpreter(edges: Edges[Config]) -> Interpreter:
    """Return the job's own interpreter if it is new enough for the builder, else the newest that is found."""
    active = edges.environ.get("VIRTUAL_ENV", "")
    place = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    near = [str(Path(active, *place))] if active else []
    chosen = interpreters.find(_is_new_enough, process=edges.process, environ=edges.environ, near=near)
    if chosen is None:
        raise CannotJudge(
            f"There is no Python {FLOOR[0]}.{FLOOR[1]} or newer to build with.",
            advice="Set one up, or name it with the input python.",
        )
    return chosen


def _is_new_enough(found: Interpreter) -> bool:
    return tuple(map(int, found.version.split("."))) >= FLOOR


def _time_of_head(edges: Edges[Config]) -> str:
    """Return the time of the commit, so that one commit gives the same archives twice; nothing outside of git.

    https://reproducible-builds.org/docs/source-date-epoch/
    """
    try:
        return str(edges.git.commit_time("HEAD"))
    except CannotJudge:
        return ""


def _followed(edges: Edges[Config], words: Sequence[str], extra: Mapping[str, str], seconds: float) -> Ended:
    """Return how a program ended; each line is said while it works, without credentials of an index."""
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(strip_credentials(line))
        del lines[:-LINES]
        edges.progress(lines[-1])

    began = edges.clock.monotonic()
    done = edges.process.follow(words, say, cwd=edges.directory, env={**_PLAIN, **extra}, timeout=seconds)
    return Ended(code=done.code, lines=tuple(lines), seconds=edges.clock.monotonic() - began)


def _folder(config: Config, edges: Edges[Config]) -> Path:
    """Return where the distributions stay; one of our own is empty."""
    if config.out:
        return (edges.directory / config.out).resolve()
    if config.report_dir:
        return (edges.directory / config.report_dir / "dist").resolve()
    temp = edges.environ.get("RUNNER_TEMP", "")
    if edges.environ.get("GITHUB_ACTIONS") == "true" and temp:
        return Path(temp, "ci-actions", NAME, os.urandom(6).hex(), "dist")
    ours = laptop_folder(edges.root) / NAME / "dist"
    shutil.rmtree(ours, ignore_errors=True)
    return ours


def _placed(files: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Move what was built to where it stays; return the distributions that were there before and are not of this run."""
    built = {each.name for each in files}
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    older = tuple(
        each.name for each in found if each.is_file() and each.name.endswith(_ENDS) and each.name not in built
    )
    folder.mkdir(parents=True, exist_ok=True)
    for each in files:
        shutil.move(each, folder / each.name)
    return older
