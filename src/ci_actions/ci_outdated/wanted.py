"""Pure: what a project itself asks for, by the files that say so: names, and the ranges it allows.

A range is a tuple of alternatives, each a specifier of PEP 440: Poetry's `^1.2 || ^2.0` has two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ci_actions.kit.errors import BadInput
from ci_actions.project import ranges, requirements
from ci_actions.project.files import ProjectFiles, texts
from ci_actions.project.locks import normalised
from ci_actions.project.model import Manager

Ranges = tuple[tuple[str, ...], ...]
Wish = tuple[str, tuple[str, ...]]
_LOCAL = ("editable", "virtual", "directory")


def wanted(files: ProjectFiles, manager: Manager, locks: Iterable[str]) -> dict[str, Ranges] | None:
    """Return the ranges of every name that the project asks for, None where no file says what it asks for.

    A requirement that cannot be read asks for its name in any version.
    """
    if manager is Manager.UV:
        found = [wish for lock in locks for wish in _of_uv_lock(files.toml(lock))]
    elif manager is Manager.PIPENV:
        found = list(_of_pipfile(files.toml("Pipfile")))
    elif manager is Manager.PIP and files.requirement_files():
        found = list(_of_requirements(files, ".txt"))
    else:
        found = [*_of_pyproject(files.toml("pyproject.toml")), *_of_requirements(files, ".in")]
    if not found and manager in (Manager.PIP_TOOLS, Manager.PYLOCK):
        return None
    by_name: dict[str, dict[tuple[str, ...], None]] = {}
    for name, alternatives in found:
        by_name.setdefault(normalised(name), {})[alternatives] = None
    return {name: tuple(each for each in several if any(each)) for name, several in by_name.items()}


# --- uv: its lock repeats what each member of a workspace asks for --------------------------------------


def _of_uv_lock(document: Mapping[str, object]) -> Iterator[Wish]:
    for package in _tables(document.get("package")):
        source = package.get("source")
        if isinstance(source, dict) and any(kind in source for kind in _LOCAL):
            metadata = _table(package.get("metadata"))
            yield from map(_of_uv, _tables(metadata.get("requires-dist")))
            for group in _table(metadata.get("requires-dev")).values():
                yield from map(_of_uv, _tables(group))
    manifest = _table(document.get("manifest"))
    yield from map(_of_uv, _tables(manifest.get("requirements")))
    for group in _table(manifest.get("dependency-groups")).values():
        yield from map(_of_uv, _tables(group))


def _of_uv(entry: Mapping[str, object]) -> Wish:
    return str(entry.get("name", "")), (str(entry.get("specifier", "")),)


# --- pyproject.toml ------------------------------------------------------------------------------------


def _of_pyproject(document: Mapping[str, object]) -> Iterator[Wish]:
    project, tool = _table(document.get("project")), _table(document.get("tool"))
    wishes = [*texts(project.get("dependencies"))]
    for group in (
        *_table(project.get("optional-dependencies")).values(),
        *_table(document.get("dependency-groups")).values(),
        *_table(_table(tool.get("pdm")).get("dev-dependencies")).values(),
    ):
        wishes += texts(group)
    yield from map(_of_text, wishes)
    poetry = _table(tool.get("poetry"))
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [_table(each).get("dependencies") for each in _table(poetry.get("group")).values()]
    for each in tables:
        for name, value in _table(each).items():
            if name != "python":
                yield name, _loose(value)


def _of_pipfile(document: Mapping[str, object]) -> Iterator[Wish]:
    for section, entries in document.items():
        if section not in ("source", "requires", "scripts", "pipenv"):
            for name, value in _table(entries).items():
                yield name, _loose(value)


def _loose(value: object) -> tuple[str, ...]:
    """Return the range of Poetry or Pipenv: a text, a table with `version`, or several tables for different markers."""
    if isinstance(value, list):
        return tuple(each for one in value for each in _loose(one))
    text = value.get("version", "*") if isinstance(value, dict) else value
    if not isinstance(text, str) or text.strip() in ("", "*"):
        return ("",)
    try:
        return ranges.loose(text).alternatives
    except ranges.NoRange:
        return (text,)


# --- requirements files --------------------------------------------------------------------------------


def _of_requirements(files: ProjectFiles, ending: str) -> Iterator[Wish]:
    for name in files.requirement_files(ending):
        for line in requirements.lines(files.text(name)):
            if line.kind is requirements.Kind.REQUIREMENT and not requirements.is_address(line.text):
                # A pin in what people write is the lock itself: it is what would be changed.
                yield _of_text(line.text, pins=ending != ".txt")


def _of_text(text: str, *, pins: bool = True) -> Wish:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement:
        raise BadInput(f"'{text}' is no requirement (PEP 508)") from None
    kept = [
        str(each)
        for each in found.specifier
        if pins or each.operator not in ("==", "===") or each.version.endswith("*")
    ]
    return found.name, (",".join(kept),)


# --- values of unknown files ---------------------------------------------------------------------------


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> Iterator[Mapping[str, object]]:
    yield from (each for each in (value if isinstance(value, list) else ()) if isinstance(each, dict))
