"""Pure: which folders of a repository hold a project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from posixpath import dirname

from ci_actions.project.files import LOCKS, is_pylock

#: By these a folder may be a Python project; whether it is one, `ci_plan.signs` says.
_MANIFESTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "requirements.txt", *LOCKS})
#: A project in one of these belongs to tests, documents, tools or somebody else.
_BESIDE = re.compile(
    r"\..*|_.*|tests?|testing|testdata|fixtures|docs?|documentation|examples?|samples?|demos?|templates?|vendor(?:ed)?"
    r"|third_party|external|benchmarks?|node_modules|scripts?|tools?|requirements|.*\{\{.*",
    re.DOTALL,
)


def candidates(files: Iterable[str]) -> tuple[str, ...]:
    """Return the folders that may hold a project of their own, the root as "" before all others."""
    names = ((dirname(path), path.rpartition("/")[2]) for path in files)
    found = {folder for folder, name in names if name in _MANIFESTS or is_pylock(name)}
    return tuple(sorted(each for each in found if not is_beside(each)))


def is_beside(folder: str) -> bool:
    """Whether a folder is for something else than what the repository is about."""
    return bool(folder) and any(_BESIDE.fullmatch(part) for part in folder.split("/"))


def below(folder: str, path: str) -> bool:
    """Whether a path lies in a folder; everything lies in the root."""
    return not folder or path.startswith(f"{folder}/")


def own(folder: str, files: Iterable[str], others: Sequence[str]) -> tuple[str, ...]:
    """Return the files of a folder, relative to it, without those of other projects below it."""
    inner = [each for each in others if each != folder and below(folder, f"{each}/")]
    start = f"{folder}/" if folder else ""
    return tuple(
        path.removeprefix(start)
        for path in files
        if below(folder, path) and not any(below(each, path) for each in inner)
    )


def relative(path: str, folder: str) -> str:
    """Return a path of the repository as it is called from a folder of it."""
    there, here = (each.split("/") if each else [] for each in (path, folder))
    while there and here and there[0] == here[0]:
        del there[0], here[0]
    return "/".join([".."] * len(here) + there) or "."
