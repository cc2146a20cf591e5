"""Edge: which interpreter the environment of a project has. PATH is the last resort."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.process import Process

_WINDOWS = os.name == "nt"
#: Seconds for a question to a manager.
PATIENCE = 60.0


@dataclass(frozen=True)
class Found:
    """The path of an interpreter, links kept, and how it was found."""

    python: str
    how: str

    @property
    def prefix(self) -> Path | None:
        """The folder of the virtual environment that it belongs to, None for any other interpreter."""
        folder = Path(self.python).parent.parent
        return folder if (folder / "pyvenv.cfg").is_file() else None


def find(
    asked: str,
    directory: Path,
    root: Path,
    environ: Mapping[str, str],
    process: Process,
    which: Callable[[str], str | None],
) -> Found:
    """Return the interpreter that is `asked` for, else that of the first environment that the project has.

    Raises BadInput for one that is none, CannotJudge where there is no interpreter at all.
    """
    if asked:
        named = directory / asked
        python = str(named) if named.is_file() else which(asked)
        if python is None:
            raise BadInput(
                f"input 'python' is '{asked}', which is no interpreter here (looked in {directory} and on PATH)"
            )
        return Found(os.path.abspath(python), "input python")
    for python, how in _places(directory, root, environ, process, which):
        if os.path.isfile(python):
            return Found(os.path.abspath(python), how)
    for name in ("python3", "python"):
        if found := which(name):
            return Found(found, f"{name} on PATH: there is no VIRTUAL_ENV and no .venv")
    raise CannotJudge(
        "There is no Python environment of the project.",
        advice="Activate one, or name its interpreter with the input python.",
    )


def interpreter_of(folder: str | Path) -> str:
    """Return where a virtual environment has its interpreter."""
    return (
        os.path.join(folder, "Scripts", "python.exe") if _WINDOWS else os.path.join(folder, "bin", "python")
    )


def _places(
    directory: Path,
    root: Path,
    environ: Mapping[str, str],
    process: Process,
    which: Callable[[str], str | None],
) -> Iterator[tuple[str, str]]:
    """Yield where the interpreter of the project may be, and how it was found; the managers are asked last."""
    if active := environ.get("VIRTUAL_ENV"):
        yield interpreter_of(active), f"VIRTUAL_ENV={active}"
    above = [each for each in (directory, *directory.parents) if each == root or root in each.parents]
    if named := environ.get("UV_PROJECT_ENVIRONMENT"):
        for folder in above:
            yield interpreter_of(folder / named), f"UV_PROJECT_ENVIRONMENT={named}"
    for folder in above:
        for name in (".venv", "venv"):
            yield interpreter_of(folder / name), os.path.relpath(folder / name, directory)
    if active := environ.get("CONDA_PREFIX"):
        yield os.path.join(active, "python.exe" if _WINDOWS else "bin/python"), f"CONDA_PREFIX={active}"
    for folder in above:
        note = folder / ".pdm-python"
        if note.is_file():
            yield note.read_text("utf-8").strip(), ".pdm-python"
        yield from _managers(folder, process, which)


def _managers(
    folder: Path, process: Process, which: Callable[[str], str | None]
) -> Iterator[tuple[str, str]]:
    """Yield what poetry and hatch say, where the project is theirs and they are installed."""
    file = folder / "pyproject.toml"
    text = file.read_text("utf-8", "replace") if file.is_file() else ""
    for manager, mark, words in (
        ("poetry", "[tool.poetry", ["env", "info", "--path", "--no-interaction"]),
        ("hatch", "[tool.hatch.envs", ["env", "find"]),
    ):
        if (mark in text or (folder / f"{manager}.lock").is_file()) and (program := which(manager)):
            done = process.run([program, *words], cwd=folder, timeout=PATIENCE)
            lines = done.text.strip().splitlines()
            if done.ok and lines:
                yield interpreter_of(lines[-1].strip()), f"{manager} {' '.join(words[:2])}"
