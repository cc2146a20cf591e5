"""Pure: which Python a run's jobs get, and which versions are tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ci_actions.kit.errors import BadInput
from ci_actions.project import ranges
from ci_actions.project.files import ProjectFiles
from ci_actions.project.python_versions import resolve, supported
from ci_actions.project.ranges import NoRange
from ci_actions.project.version_files import of_project

_PINS = (".python-version", ".python-versions", ".tool-versions", "mise.toml", ".mise.toml", "runtime.txt")


@dataclass(frozen=True, kw_only=True)
class Pythons:
    """The Python of jobs that need one only, the tested ones in order, and where each was found."""

    primary: str = ""
    primary_why: str = ""
    versions: tuple[str, ...] = ()
    versions_why: str = ""
    warnings: tuple[str, ...] = ()


def choose(files: ProjectFiles, version: str, versions: Sequence[str]) -> Pythons:
    """Return what the inputs `python-version` and `python-versions` mean for a project.

    Versions are in the words of actions/setup-python: `3.12`, `3.13t`, `pypy3.10`. Raises BadInput for what is no
    version, for one that the project excludes, and when nothing says which one.
    """
    if versions and not version and not _pinned(files):
        return _of_list(files, versions)
    found = resolve(files, version)
    if versions:
        listed = _of_list(files, versions)
        return (
            replace(listed, primary=found.request, primary_why=found.source) if not found.is_range else listed
        )
    tested, why, warnings = _supported(files)
    return Pythons(
        primary=found.request,
        primary_why=found.source,
        versions=tested or (found.request,),
        versions_why=why or f"{found.source}, as nothing says which versions are supported",
        warnings=tuple(dict.fromkeys((*found.warnings, *warnings))),
    )


def _of_list(files: ProjectFiles, versions: Sequence[str]) -> Pythons:
    """Return the versions to test, and the newest of them for the jobs that need one only."""
    tested = _asked(files, versions)
    return Pythons(
        primary=max(tested, key=_age),
        primary_why="the newest of python-versions",
        versions=tested,
        versions_why="python-versions",
    )


def _age(version: str) -> tuple[bool, list[int]]:
    """Return what orders versions: plain releases of CPython are newer than anything else."""
    parts = version.split(".")
    plain = all(each.isdigit() for each in parts)
    return plain, [int(each) for each in parts] if plain else []


def _pinned(files: ProjectFiles) -> bool:
    """Whether a file of the project names a version."""
    return any(each.is_version for name in _PINS for each in of_project(files, name))


def _supported(files: ProjectFiles) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    try:
        found = supported(files)
    except BadInput:
        return (), "", ()
    return found.versions, found.source, found.warnings


def _asked(files: ProjectFiles, versions: Sequence[str]) -> tuple[str, ...]:
    """Return the versions of a list or of a range, whose commas made a list of it, each once."""
    if versions[0][:1] in "<>=!~":
        return _in_range(files, ",".join(versions))
    try:
        return tuple(dict.fromkeys(resolve(files, each).request for each in versions))
    except BadInput as wrong:
        # The floor knows one version only, and so one name.
        raise BadInput(
            *(each.replace("python-version", "python-versions") for each in wrong.problems), file=wrong.file
        ) from None


def _in_range(files: ProjectFiles, text: str) -> tuple[str, ...]:
    try:
        asked = ranges.pep440(text)
    except NoRange as wrong:
        raise BadInput(f"input 'python-versions': {wrong}") from None
    required = _required(files)
    found = tuple(each.release.name for each in ranges.minors(asked, *required))
    if not found:
        beside = f" that {required[0].text} allows, too" if required else ""
        raise BadInput(f"input 'python-versions': no released version of Python is in '{text}'{beside}")
    return found


def _required(files: ProjectFiles) -> tuple[ranges.Range, ...]:
    try:
        found = supported(files).required
    except BadInput:
        return ()
    return (found,) if found else ()
