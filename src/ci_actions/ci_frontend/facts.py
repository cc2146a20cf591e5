"""The edge that reads: runs the commands of a frontend, and looks at what they left."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ci_actions.ci_frontend.config import Config
from ci_actions.ci_frontend.model import Built, Facts, Fit, Step
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.kit.globs import matcher
from ci_actions.kit.run import Edges
from ci_actions.project.credentials import strip_credentials

INSTALL, BUILD = "npm ci", "npm run build"
LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
#: Locks of other managers, and the command of each that installs what they name and nothing else.
_OTHERS = {
    "yarn.lock": "yarn install --immutable",
    "pnpm-lock.yaml": "pnpm install --frozen-lockfile",
    "bun.lock": "bun install --frozen-lockfile",
    "bun.lockb": "bun install --frozen-lockfile",
}
#: A command that says more than this is not kept whole: only its end is of use.
LINES = 2000
#: The same on a laptop as in CI, where tools take warnings for errors; plain lines; no advertisement.
_ENVIRONMENT = {
    "CI": "true",
    "NO_COLOR": "1",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
}
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WILD = re.compile(r"[*?\[]")
#: What nobody builds: the dependencies, and the repository itself.
_PRUNED = ("node_modules", ".git")

#: What changes when a file is written, whatever its content, and also when its time is set back: size, times, place.
_Signature = tuple[int, int, int, int]


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return how the commands ended and what fits the outputs.

    Raises BadInput where the project lacks what the commands need, Unavailable where bash or npm is missing.
    """
    folder = edges.directory
    _insist(config, edges)
    commands = [("install", config.install or INSTALL), ("build", config.build or BUILD)]
    commands = [each for each in commands if each != ("install", "none")]
    before = {path: mark for path, mark, _ in _found(folder, config.outputs)}
    names = {each.name for each in folder.iterdir()}
    runner = _Runner(edges, config.timeout * 60)
    steps: list[Step] = []
    for name, command in commands:
        steps.append(runner.run(name, command))
        if not steps[-1].ok:
            return Facts(steps=tuple(steps), directory=edges.prefix)
    fits = tuple(_fit(folder, glob, before, edges.prefix) for glob in config.outputs)
    appeared = sorted({each.name for each in folder.iterdir()} - names - set(_PRUNED))
    if config.test:
        steps.append(runner.run("test", config.test))
    return Facts(steps=tuple(steps), fits=fits, appeared=tuple(appeared), directory=edges.prefix)


# --- the project -----------------------------------------------------------------------------------


def _insist(config: Config, edges: Edges[Config]) -> None:
    """Raise BadInput for what is missing in the project, all of it at once; Unavailable for what is in no PATH."""
    where = edges.prefix or "the working directory"
    file = edges.directory / "package.json"
    if not file.is_file():
        raise BadInput(
            f"there is no package.json in {where}: name its folder with the input working-directory"
        )
    package = _package(file, where)
    problems = []
    scripts = package.get("scripts")
    known = sorted(scripts) if isinstance(scripts, dict) else []
    if not config.build and "build" not in known:
        there = f"there are {', '.join(known)}" if known else "there are no scripts"
        problems.append(
            f"package.json in {where} has no script 'build' ({there}): name the command with the input build"
        )
    if not config.install and (missing := _missing_lock(edges, where)):
        problems.append(missing)
    if problems:
        raise BadInput(*problems)
    needs_npm = not config.install or not config.build
    for program, needed in (("bash", True), ("npm", needs_npm)):
        if needed and edges.which(program) is None:
            raise Unavailable(
                f"{program} is not on PATH.",
                advice="Run actions/setup-node first." if program == "npm" else "Install it.",
            )


def _package(file: Path, where: str) -> Mapping[str, object]:
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as wrong:
        raise BadInput(f"package.json in {where} is not valid JSON: {wrong}") from wrong
    if not isinstance(document, dict):
        raise BadInput(f"package.json in {where} holds no object")
    return document


def _missing_lock(edges: Edges[Config], where: str) -> str:
    """Return what to say where there is no lock, nothing where there is one, or the workspace above has it."""
    if any((edges.directory / name).is_file() for name in LOCKS):
        return ""
    for above in edges.directory.parents:
        if edges.root not in (above, *above.parents):
            break
        file = above / "package.json"
        if file.is_file() and any((above / name).is_file() for name in LOCKS):
            if "workspaces" in _package(file, str(above)):
                return ""
            break
    other = next((name for name in _OTHERS if (edges.directory / name).is_file()), "")
    if other:
        return f"there is no package-lock.json in {where}, but {other}: give the input install, like '{_OTHERS[other]}'"
    return (
        f"there is no package-lock.json in {where}, so nobody could tell what is installed: make it with "
        "`npm install --package-lock-only` and commit it"
    )


# --- the commands ----------------------------------------------------------------------------------


class _Runner:
    """Runs commands one after the other, all of them within one time."""

    def __init__(self, edges: Edges[Config], seconds: float) -> None:
        self._edges = edges
        self._end = edges.clock.monotonic() + seconds

    def run(self, name: str, command: str) -> Step:
        """Return how a command ended; each line is said while it works."""
        edges = self._edges
        lines: list[str] = []

        def say(line: str) -> None:
            lines.append(strip_credentials(_COLOUR.sub("", line)))
            del lines[:-LINES]
            edges.progress(lines[-1])

        edges.progress(f"{name}: {command}")
        began = edges.clock.monotonic()
        done = edges.process.follow(
            ["bash", "-eo", "pipefail", "-c", command],
            say,
            cwd=edges.directory,
            env=_ENVIRONMENT,
            timeout=max(self._end - began, 0.1),
        )
        return Step(
            name=name,
            command=command,
            code=done.code,
            lines=tuple(lines),
            seconds=edges.clock.monotonic() - began,
        )


# --- the outputs -----------------------------------------------------------------------------------


def _fit(folder: Path, glob: str, before: Mapping[str, _Signature], prefix: str) -> Fit:
    start = f"{prefix}/" if prefix else ""
    files = [
        Built(path=start + path, bytes=size, fresh=before.get(path) != mark)
        for path, mark, size in _found(folder, [glob])
    ]
    folders = () if files else tuple(_folders(folder, glob))
    return Fit(glob=glob, files=tuple(files), folders=folders)


def _found(folder: Path, globs: Sequence[str]) -> Iterator[tuple[str, _Signature, int]]:
    """Yield the files that fit, each with what changes when it is written, and its size."""
    fits = matcher(globs)
    for path in sorted({path for glob in globs for path in _walk(folder, _start(glob))}):
        if not fits(path):
            continue
        try:
            about = (folder / path).stat()
        except OSError:
            continue  # A link that leads nowhere is no output.
        if stat.S_ISREG(about.st_mode) and _is_inside(folder, path):
            yield path, (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino), about.st_size


def _is_inside(folder: Path, path: str) -> bool:
    """Whether a path, links resolved, is in the folder: a link may lead to what was never built."""
    return (folder / path).resolve().is_relative_to(folder.resolve())


def _start(glob: str) -> str:
    """Return the folder below which everything lies that a glob can fit; empty for the whole."""
    parts = glob.replace("\\", "/").removeprefix("./").rstrip("/").split("/")
    fixed: list[str] = []
    for part in parts:
        if _WILD.search(part):
            break
        fixed.append(part)
    # A name alone fits at any depth.
    return "" if len(parts) == 1 else "/".join(fixed[:-1] if len(fixed) == len(parts) else fixed)


def _walk(folder: Path, start: str) -> Iterator[str]:
    if not _is_inside(folder, start):
        return
    for top, folders, files in os.walk(folder / start):
        folders[:] = [each for each in folders if each not in _PRUNED]
        for name in files:
            yield Path(top, name).relative_to(folder).as_posix()


def _folders(folder: Path, glob: str) -> Iterator[str]:
    """Yield the folders that a glob fits, or that it names as the place of its files."""
    named = _start(glob)
    if named and (folder / named).is_dir():
        yield named
    elif not named and (folder / glob).is_dir():
        yield glob.rstrip("/")
