"""Pure: do pins still satisfy what was asked for? For compiled requirements files and for `pylock.toml`.

Neither holds a digest of its source, so every requirement is looked up among the pins. A pin that nobody asks for any
more is no drift, unless the file says itself (`# via …`) that only the project asked for it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, normpath
from typing import TYPE_CHECKING

from ci_actions.kit.errors import BadInput
from ci_actions.project import ranges, requirements
from ci_actions.project.answer import IN_STEP, Answer, drifted, together, unknown
from ci_actions.project.credentials import strip_credentials
from ci_actions.project.extras import asked as of_extras
from ci_actions.project.files import ProjectFiles, texts
from ci_actions.project.locks import normalised, read_lock
from ci_actions.project.requirements import Kind

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:===?|@)")
_VIA = re.compile(r"#\s*via\b\s*(.*)")
#: Options of the compilers whose value is a file, but not a source.
_OTHER_FILES = (
    "-c",
    "--constraint",
    "--constraints",
    "-o",
    "--output-file",
    "--override",
    "--overrides",
    "-b",
)


@dataclass(frozen=True, slots=True)
class _Pin:
    """One pin: `marker` and `extras` as the lock writes them, `url` instead of a version."""

    name: str
    version: str
    marker: str = ""
    extras: frozenset[str] = frozenset()
    url: str = ""


@dataclass(slots=True)
class _Asked:
    """What the sources ask for: requirements, limits, and why one cannot know all of them."""

    requirements: list[Requirement] = field(default_factory=list)
    limits: list[Requirement] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def of_requirements(files: ProjectFiles, lock: str) -> Answer:
    """Return whether a compiled requirements file has a pin for all that its sources ask for.

    The sources are those that its header or its annotations name, else the `.in` of the same name; a lock without a source
    matches. Raises BadInput for a requirement that is none.
    """
    text = files.text(lock)
    sources = tuple(dict.fromkeys(_sources(files, lock, text)))
    if not sources:
        return IN_STEP
    asked = _Asked()
    for name, words in sources:
        _ask(files, name, words, asked)
    pins = _pins_of_requirements(files, lock)
    named = " and ".join(name for name, _ in sources)
    return together(
        [
            *_compare(pins, asked, named),
            *_unneeded(text, pins, asked, named),
            *(unknown(each) for each in asked.doubts),
        ]
    )


def of_pylock(files: ProjectFiles, lock: str) -> Answer:
    """Return whether a pylock.toml has what `[project]` asks for, and is for all interpreters that it supports.

    Which extras and groups are locked, the lock says. One with a name of its own (`pylock.dev.toml`) may be of a part.
    """
    found = read_lock(files.shown(lock), files.bytes(lock))
    project = files.table("pyproject.toml", "project")
    if not project:
        return IN_STEP
    asked = _Asked()
    document = files.toml(lock)
    _ask_project(files, texts(document.get("extras")), asked)
    _ask_groups(files, texts(document.get("dependency-groups")), asked)
    pins = [
        _Pin(each.name, each.version, each.marker, url="" if each.version else each.address or each.name)
        for each in found.packages
    ]
    answers = [
        *_compare(pins, asked, "pyproject.toml", extras=False),
        *(unknown(each) for each in asked.doubts),
    ]
    answers += _interpreters(project.get("requires-python"), found.requires_python)
    if lock != "pylock.toml" and together(answers) != IN_STEP:
        return unknown(f"{lock} may be of a part of the project")
    return together(answers)


def _interpreters(wanted: object, locked: str) -> Iterator[Answer]:
    if not locked or not isinstance(wanted, str):
        return
    try:
        ours, theirs = ranges.minors(ranges.pep440(wanted)), ranges.minors(ranges.pep440(locked))
    except ranges.NoRange as wrong:
        raise BadInput(f"requires-python: {wrong}.") from None
    if missing := [each.release.name for each in ours if each not in theirs]:
        yield drifted(
            f"pyproject.toml (requires-python '{wanted}' allows {', '.join(missing)}, the lock '{locked}')"
        )


# --- sources -------------------------------------------------------------------------------------


def _sources(files: ProjectFiles, lock: str, text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the files that a lock was compiled from, and the words of the command line that did it."""
    author = requirements.author(text)
    words: tuple[str, ...] = ()
    if author:
        try:
            words = tuple(shlex.split(author.command))
        except ValueError:
            words = ()
    named = list(_named_sources(words))
    if not named:
        named = [each[3:].strip() for vias in _vias(text).values() for each in vias if each.startswith("-r ")]
        words = ()
    for each in named:
        candidates = (each, normpath(f"{dirname(lock)}/{each}"), each.removeprefix(f"{files.directory}/"))
        found = next((path for path in map(normpath, candidates) if path in files.content), each)
        yield found, words
    own = f"{lock.removesuffix('.txt')}.in"
    if not named and own in files.content:
        yield own, ()


def _named_sources(words: Sequence[str]) -> Iterator[str]:
    for position, word in enumerate(words):
        if word.startswith("-") or (position and words[position - 1] in _OTHER_FILES):
            continue
        if word.endswith((".in", "pyproject.toml", "setup.py", "setup.cfg")):
            yield word


def _ask(files: ProjectFiles, name: str, words: Sequence[str], asked: _Asked) -> None:
    if name not in files.content:
        asked.doubts.append(f"'{name}', which it was compiled from, is not in '{files.directory}'")
    elif name.endswith("pyproject.toml"):
        options = list(_options(words))
        if any(
            option in ("--all-extras", "--all-groups", "--only-extra", "--only-group")
            for option, _ in options
        ):
            asked.doubts.append("it was compiled with all extras")
        _ask_project(files, [value for option, value in options if option == "--extra"], asked)
        _ask_groups(
            files, [value.rpartition(":")[2] for option, value in options if option == "--group"], asked
        )
    elif name.endswith((".py", ".cfg")):
        asked.doubts.append(f"only Python can read {name}")
    else:
        _ask_file(files, name, asked, limits=False, seen=set())


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for position, word in enumerate(words):
        if word.startswith("--"):
            option, equals, value = word.partition("=")
            yield option, value if equals else next(iter(words[position + 1 :]), "")


def _ask_file(files: ProjectFiles, name: str, asked: _Asked, *, limits: bool, seen: set[str]) -> None:
    """Add what a requirements file asks for; those that it includes with `-c` only limit."""
    if name in seen:
        return
    seen.add(name)
    for line in requirements.lines(files.text(name)):
        where = f"{files.shown(name)}:{line.number}"
        if line.kind in (Kind.INCLUDE, Kind.CONSTRAINT):
            folder = dirname(name)
            path = normpath(f"{folder}/{line.text}" if folder else line.text)
            if path in files.content:
                _ask_file(files, path, asked, limits=limits or line.kind is Kind.CONSTRAINT, seen=seen)
            else:
                asked.doubts.append(f"{where} includes what is not here")
        elif line.kind is Kind.EDITABLE or (
            line.kind is Kind.REQUIREMENT and requirements.is_address(line.text)
        ):
            asked.doubts.append(f"{where} asks for what lies at an address")
        elif line.kind is Kind.REQUIREMENT:
            (asked.limits if limits else asked.requirements).append(_requirement(line.text, where))


def _ask_project(files: ProjectFiles, extras: Iterable[str], asked: _Asked) -> None:
    project = files.table("pyproject.toml", "project")
    dynamic = texts(project.get("dynamic"))
    if {"dependencies", "optional-dependencies"} & set(dynamic):
        asked.doubts.append("dependencies are dynamic")
    shown = files.shown("pyproject.toml")
    wanted = of_extras(project, extras)
    asked.doubts += [f"there is no extra '{each}' any more" for each in wanted.unknown]
    asked.requirements += [_requirement(each, shown) for each in wanted.requirements]


def _ask_groups(files: ProjectFiles, groups: Iterable[str], asked: _Asked) -> None:
    table = files.table("pyproject.toml", "dependency-groups")
    by_name = {normalised(name): value for name, value in table.items()}
    waiting, seen = [normalised(each) for each in groups], set[str]()
    while waiting:
        group = waiting.pop()
        if group in seen:
            continue
        seen.add(group)
        entries = by_name.get(group)
        if not isinstance(entries, list):
            asked.doubts.append(f"there is no dependency group '{group}'")
            continue
        asked.requirements += [_requirement(each, files.shown("pyproject.toml")) for each in texts(entries)]
        waiting += [normalised(str(each.get("include-group"))) for each in entries if isinstance(each, dict)]


def _requirement(text: str, where: str) -> Requirement:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement as wrong:
        first = str(wrong).splitlines()[0]
        raise BadInput(f"{where}: '{strip_credentials(text)}' is no requirement: {first}") from None


# --- pins ----------------------------------------------------------------------------------------


def _pins_of_requirements(files: ProjectFiles, lock: str) -> list[_Pin]:
    """Return the pins of a compiled file and of those that it includes."""
    pins: list[_Pin] = []
    for name in requirements.included([lock], files.content.get):
        pins += [
            _Pin(each.name, each.version, each.marker, frozenset(each.extras), each.address)
            for each in read_lock(name, files.bytes(name)).packages
        ]
    return pins


def _compare(pins: Iterable[_Pin], asked: _Asked, source: str, *, extras: bool = True) -> Iterator[Answer]:
    """Yield an answer for every requirement; `extras` says whether pins would show theirs."""
    by_name: dict[str, list[_Pin]] = {}
    for pin in pins:
        by_name.setdefault(pin.name, []).append(pin)
    wanted: dict[str, list[Requirement]] = {}
    for each in asked.requirements:
        wanted.setdefault(normalised(each.name), []).append(each)
    for name, several in wanted.items():
        yield _one(by_name.get(name, []), several, source, extras=extras)
    for limit in asked.limits:
        yield _limited(by_name.get(normalised(limit.name), []), limit)


def _one(pins: Sequence[_Pin], wanted: Sequence[Requirement], source: str, *, extras: bool) -> Answer:
    """Return whether the pins of one name satisfy all that asks for it. Markers that differ are for the manager."""
    plain = [each for each in wanted if not each.marker]
    if not pins:
        if plain:
            return drifted(f"{source}: no pin for '{plain[0]}'")
        return unknown(f"'{wanted[0]}' has no pin, which its marker may explain")
    markers = {str(each.marker or "") for each in wanted} | {_marker(pin.marker) for pin in pins}
    if len(pins) > 1 or len(markers) > 1:
        return unknown(f"{pins[0].name} has markers that one has to evaluate")
    (pin,) = pins
    for each in wanted:
        if (answer := _satisfied(pin, each, source, extras=extras)) != IN_STEP:
            return answer
    return IN_STEP


def _satisfied(pin: _Pin, wanted: Requirement, source: str, *, extras: bool) -> Answer:
    if wanted.url or pin.url or not pin.version:
        return (
            IN_STEP if wanted.url and wanted.url == pin.url else unknown(f"{pin.name} comes from an address")
        )
    if not wanted.specifier.contains(pin.version, prereleases=True):
        return drifted(f"{source}: '{wanted}' is pinned to {pin.version}")
    if not wanted.specifier.contains(pin.version, prereleases=bool(wanted.specifier.prereleases)):
        return unknown(f"{pin.name} {pin.version} is a prerelease")
    if extras and not {normalised(each) for each in wanted.extras} <= set(map(normalised, pin.extras)):
        return unknown(f"the pin of '{wanted}' shows no extras")
    return IN_STEP


def _limited(pins: Sequence[_Pin], limit: Requirement) -> Answer:
    for pin in pins:
        if pin.version and not limit.specifier.contains(pin.version, prereleases=True):
            if limit.marker or pin.marker:
                return unknown(f"{pin.name} is limited under a marker")
            return drifted(f"its constraint '{limit}': pinned is {pin.version}")
    return IN_STEP


def _marker(text: str) -> str:
    """Return a marker in the form in which packaging writes it."""
    if not text:
        return ""
    from packaging.markers import InvalidMarker, Marker

    try:
        return str(Marker(text))
    except InvalidMarker:
        return text


# --- annotations -----------------------------------------------------------------------------------


def _unneeded(text: str, pins: Iterable[_Pin], asked: _Asked, source: str) -> Iterator[Answer]:
    """Yield a drift for pins that nothing leads to any more, by what the file says of itself."""
    vias = _vias(text)
    reached = {normalised(each.name) for each in asked.requirements}
    # Whoever is not annotated may be there for any reason.
    reached |= {pin.name for pin in pins if not vias.get(pin.name)}
    waiting = {name: _parents(each) for name, each in vias.items() if name not in reached}
    while found := {name for name, parents in waiting.items() if parents & reached}:
        reached |= found
        waiting = {name: parents for name, parents in waiting.items() if name not in found}
    if waiting and not asked.doubts:
        yield drifted(f"{source}: nothing asks for {', '.join(sorted(waiting))} any more")


def _vias(text: str) -> dict[str, list[str]]:
    """Return why each pin is there, as the compiler noted behind or below it: packages, `-r file`, `name (pyproject.toml)`."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    listing = False
    for line in text.splitlines():
        if pin := _PIN.match(line):
            current = found.setdefault(normalised(pin[1]), [])
            listing = False
        via = _VIA.search(line)
        if via and current is not None:
            listing = not via[1]
            current += [each.strip() for each in via[1].split(",") if each.strip()]
        elif listing and current is not None and line.lstrip().startswith("#"):
            current += [each.strip() for each in line.strip().lstrip("#").split(",") if each.strip()]
    return found


def _parents(vias: Iterable[str]) -> set[str]:
    """Return the packages among the reasons."""
    return {
        normalised(each.partition("[")[0]) for each in vias if not each.startswith("-") and "(" not in each
    }
