"""Pure: which distributions each dependency group and extra of a project brings, in the words of its manager."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from ci_actions.project import managers, requirements
from ci_actions.project.files import ProjectFiles
from ci_actions.project.model import Manager
from ci_actions.quality.detection import normalised, requirement_name

#: The project itself in a requirements file, behind `-e` or alone: `.`, `./`, `.[cli,http2]`, `file:.`.
_ITSELF = re.compile(r"(?:file:)?\./?\s*(?:\[(?P<extras>[^\]]*)\])?\s*(?:;.*)?")


class How(Enum):
    """How something gets installed: always, by the input `groups`, or by the input `extras`."""

    ALWAYS = "always"
    GROUP = "groups"
    EXTRA = "extras"


@dataclass(frozen=True)
class Group:
    """Distributions that come together, by their normalised names; `where` is how people call it."""

    how: How
    name: str
    brings: frozenset[str]
    where: str


def of_project(files: ProjectFiles, manager: Manager) -> tuple[Group, ...]:
    """Return the groups of a project, those first that are installed whatever anybody asks for."""
    found = tuple(_READERS.get(manager, _of_pip)(files))
    return tuple(sorted(found, key=lambda each: each.how is not How.ALWAYS))


# --- by manager ----------------------------------------------------------------------------------


def _of_uv(files: ProjectFiles) -> Iterator[Group]:
    yield from _of_project(files)
    uv = files.table("pyproject.toml", "tool", "uv")
    legacy = _names(uv.get("dev-dependencies"))
    tables = _dependency_groups(files)
    if legacy or "dev" in tables:
        tables = {**tables, "dev": tables.get("dev", frozenset()) | legacy}
    # https://docs.astral.sh/uv/concepts/projects/dependencies/#default-groups
    default = uv.get("default-groups", ["dev"])
    for name, brings in tables.items():
        always = default == "all" or (isinstance(default, list) and name in default)
        yield _group(name, brings, always=always)


def _of_poetry(files: ProjectFiles) -> Iterator[Group]:
    yield from _of_project(files)
    poetry = files.table("pyproject.toml", "tool", "poetry")
    yield Group(
        How.ALWAYS, "", _keys(poetry.get("dependencies"), optional=False), "[tool.poetry.dependencies]"
    )
    yield _group("dev", _keys(poetry.get("dev-dependencies")), always=True)
    for extra, brings in _table(poetry.get("extras")).items():
        yield Group(How.EXTRA, extra, _names(brings), f"the extra {extra}")
    groups = _table(poetry.get("group"))
    tables = _dependency_groups(files)
    for name in dict.fromkeys((*groups, *tables)):
        about = _table(groups.get(name))
        brings = _keys(about.get("dependencies")) | tables.get(name, frozenset())
        yield _group(name, brings, always=about.get("optional") is not True)


def _of_pdm(files: ProjectFiles) -> Iterator[Group]:
    yield from _of_project(files)
    # https://pdm-project.org/latest/usage/dependency/#select-a-subset-of-dependency-groups-to-install
    for name, brings in _dependency_groups(files).items():
        yield _group(name, brings, always=True)
    for name, listed in _table(files.table("pyproject.toml", "tool", "pdm").get("dev-dependencies")).items():
        yield _group(name, _names(listed), always=True)


def _of_pipenv(files: ProjectFiles) -> Iterator[Group]:
    for name, table in files.toml("Pipfile").items():
        if name == "packages":
            yield Group(How.ALWAYS, "", _keys(table), "[packages] of the Pipfile")
        elif name == "dev-packages":
            yield _group("dev", _keys(table))
        elif name not in ("source", "requires", "pipenv", "scripts"):
            yield _group(name, _keys(table))


def _of_hatch(files: ProjectFiles) -> Iterator[Group]:
    tables, extras = _dependency_groups(files), _extras(files)
    base = _project_names(files)
    envs = {
        **_table(files.toml("hatch.toml").get("envs")),
        **_table(files.table("pyproject.toml", "tool", "hatch").get("envs")),
    }
    for name, about in {"default": {}, **envs}.items():
        # What an environment does not say it takes from its template, `default` unless it is detached.
        parts = [_table(about)]
        if name != "default" and parts[0].get("detached") is not True:
            parts.append(_table(envs.get(str(parts[0].get("template", "default")))))
        brings = set(base)
        for part in parts:
            brings |= _names(part.get("dependencies")) | _names(part.get("extra-dependencies"))
            for each in _texts(part.get("features")):
                brings |= extras.get(each, frozenset())
            for each in _texts(part.get("dependency-groups")):
                brings |= tables.get(each, frozenset())
        if name == "default":
            yield Group(How.ALWAYS, "", frozenset(brings), "the environment default")
        else:
            yield Group(How.GROUP, name, frozenset(brings), f"the environment {name}")


def _of_pylock(files: ProjectFiles) -> Iterator[Group]:
    for lock in files.pylocks():
        brings = frozenset(
            normalised(str(each.get("name", ""))) for each in _tables(files.toml(lock).get("packages"))
        )
        if lock == "pylock.toml":
            yield Group(How.ALWAYS, "", brings, lock)
        else:
            yield Group(How.GROUP, lock.split(".")[1], brings, lock)


def _of_pip(files: ProjectFiles) -> Iterator[Group]:
    known = files.requirement_files()
    base = _base(files)
    for name in known:
        brings = _of_file(files, name)
        if name in base:
            yield Group(How.ALWAYS, "", brings, name)
        else:
            yield Group(How.GROUP, managers.group_of(name), brings, name)
    for name, brings in _dependency_groups(files).items():
        yield _group(name, brings)
    if not known:
        yield from _of_project(files)
    else:
        yield from (each for each in _of_project(files) if each.how is How.EXTRA)
    yield from _of_setup(files, with_base=not known)


_READERS = {
    Manager.UV: _of_uv,
    Manager.POETRY: _of_poetry,
    Manager.PDM: _of_pdm,
    Manager.PIPENV: _of_pipenv,
    Manager.HATCH: _of_hatch,
    Manager.PYLOCK: _of_pylock,
}


def left_out(files: ProjectFiles, manager: Manager) -> frozenset[str]:
    """Return what the project itself needs and its manager does not install: with requirements files pip takes those alone."""
    by_files = manager in (Manager.PIP, Manager.PIP_TOOLS) and files.requirement_files()
    return _project_names(files) if by_files else frozenset()


def _base(files: ProjectFiles) -> tuple[str, ...]:
    """Return the requirements files that are installed without a group; none where it is not clear where to begin."""
    from ci_actions.kit.errors import BadInput

    try:
        return managers.requirement_files(files)
    except BadInput:
        return ()


def _of_file(files: ProjectFiles, name: str) -> frozenset[str]:
    """Return what a requirements file brings: with the files that it includes, and what the project needs where it is
    named itself. A constraints file brings nothing: it only says which version, should something else bring it.
    """
    found: set[str] = set()
    installed = requirements.included([name], files.content.get, kinds=(requirements.Kind.INCLUDE,))
    for included in installed.values():
        for line in requirements.lines(included.decode("utf-8-sig", "replace")):
            if itself := _ITSELF.fullmatch(line.text.strip()):
                found |= _of_project_itself(files, itself["extras"] or "")
            elif line.kind is requirements.Kind.REQUIREMENT:
                found.add(requirement_name(line.text))
    return frozenset(found - {""})


def _of_project_itself(files: ProjectFiles, extras: str) -> frozenset[str]:
    """Return what `.[cli,http2]` brings: what the project needs, and what these extras of it add."""
    wanted = {normalised(each.strip()) for each in extras.split(",")}
    found = _project_names(files)
    for group in (*_of_project(files), *_of_setup(files, with_base=True)):
        if group.how is How.ALWAYS or normalised(group.name) in wanted:
            found |= group.brings
    return found


# --- pyproject.toml and setup.cfg ----------------------------------------------------------------


def _group(name: str, brings: frozenset[str], *, always: bool = False) -> Group:
    return Group(How.ALWAYS if always else How.GROUP, name, brings, f"the group {name}")


def _of_project(files: ProjectFiles) -> Iterator[Group]:
    yield Group(How.ALWAYS, "", _project_names(files), "[project] dependencies")
    for name, brings in _extras(files).items():
        yield Group(How.EXTRA, name, brings, f"the extra {name}")


def _project_names(files: ProjectFiles) -> frozenset[str]:
    return _names(files.table("pyproject.toml", "project").get("dependencies"))


def _dependency_groups(files: ProjectFiles) -> dict[str, frozenset[str]]:
    """Return what each dependency group brings, those that it includes too (PEP 735)."""
    tables = {
        normalised(name): each for name, each in files.table("pyproject.toml", "dependency-groups").items()
    }

    def brings(name: str, seen: frozenset[str]) -> frozenset[str]:
        found = _names(tables.get(name))
        for each in _tables(tables.get(name)):
            inner = normalised(str(each.get("include-group", "")))
            if inner not in seen:
                found |= brings(inner, seen | {inner})
        return found

    written = files.table("pyproject.toml", "dependency-groups")
    return {name: brings(normalised(name), frozenset({normalised(name)})) for name in written}


def _extras(files: ProjectFiles) -> dict[str, frozenset[str]]:
    """Return what each extra brings, those that it names by the project's own name too: `all = ["me[cli]"]`."""
    project = files.table("pyproject.toml", "project")
    own = normalised(str(project.get("name", "")))
    tables = {name: _texts(each) for name, each in _table(project.get("optional-dependencies")).items()}

    def brings(name: str, seen: frozenset[str]) -> frozenset[str]:
        found = _names(tables.get(name, ()))
        for each in tables.get(name, ()):
            if own and requirement_name(each) == own and "[" in each:
                inner = {part.strip() for part in each.partition("[")[2].partition("]")[0].split(",")}
                for extra in inner - seen:
                    found |= brings(extra, seen | inner)
        return found - {own}

    return {name: brings(name, frozenset({name})) for name in tables}


def _of_setup(files: ProjectFiles, *, with_base: bool) -> Iterator[Group]:
    """Yield what setup.cfg says; a setup.py is a program, and is not asked."""
    if "setup.cfg" not in files.content:
        return
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(files.text("setup.cfg"))
    except Error:
        return
    if with_base:
        lines = parser.get("options", "install_requires", fallback="").splitlines()
        yield Group(How.ALWAYS, "", _names(lines), "install_requires")
    if parser.has_section("options.extras_require"):
        for name, text in parser.items("options.extras_require"):
            yield Group(How.EXTRA, name, _names(text.splitlines()), f"the extra {name}")


# --- values ----------------------------------------------------------------------------------------


def _names(listed: object) -> frozenset[str]:
    return frozenset(map(requirement_name, _texts(listed))) - {""}


def _keys(table: object, *, optional: bool = True) -> frozenset[str]:
    """Return the names that a table of dependencies has, without what is installed only if asked for."""
    return frozenset(
        normalised(name)
        for name, about in _table(table).items()
        if name != "python" and (optional or _table(about).get("optional") is not True)
    )


def _texts(listed: object) -> tuple[str, ...]:
    if isinstance(listed, Iterable) and not isinstance(listed, str | bytes | Mapping):
        return tuple(each for each in listed if isinstance(each, str))
    return ()


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _tables(listed: object) -> Iterator[Mapping[str, object]]:
    if isinstance(listed, list):
        yield from (each for each in listed if isinstance(each, dict))
