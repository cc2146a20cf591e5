"""Edge: whether the project itself stays installed with its environment, which then needs no manager in the next run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ci_actions.project import requirements
from ci_actions.project.files import ProjectFiles
from ci_actions.project.in_place import depends_on
from ci_actions.project.locks import normalised
from ci_actions.project.model import Manager
from ci_actions.project.requirements import Kind

#: Others install a project in a moment, and later steps call them.
_SLOW = Manager.PIP


def kept(files: ProjectFiles, directory: Path, manager: Manager) -> dict[str, str]:
    """Return the project by its name, and the digest of what its installation depends on; nothing if it is not kept."""
    digest = depends_on(files, _layout(directory)) if manager is _SLOW else ""
    return {normalised(str(files.table("pyproject.toml", "project")["name"])): digest} if digest else {}


def is_self_sufficient(files: ProjectFiles, manager: Manager, kept: Mapping[str, str]) -> bool:
    """Whether an environment that is proved needs its manager no more, what is `kept` of the project being in it."""
    return manager is _SLOW and (not files.is_package or bool(kept)) and not _asks_for_folders(files)


def _asks_for_folders(files: ProjectFiles) -> bool:
    """Whether requirements files name folders: what comes from one is installed anew each time."""
    texts = (files.text(name) for name in files.content if name.endswith((".txt", ".in")))
    return any(
        line.kind is Kind.EDITABLE
        or (line.kind is Kind.REQUIREMENT and line.text.startswith((".", "/", "file:")))
        for text in texts
        for line in requirements.lines(text)
    )


def _layout(directory: Path) -> Iterator[str]:
    """Yield the folders and modules of a project among which backends look for packages."""
    for folder in (directory, directory / "src"):
        for each in folder.iterdir() if folder.is_dir() else ():
            name = each.relative_to(directory).as_posix()
            if each.suffix == ".py" or (each / "__init__.py").is_file():
                yield name
            elif each.is_dir() and not each.name.startswith((".", "__")):
                yield f"{name}/"
