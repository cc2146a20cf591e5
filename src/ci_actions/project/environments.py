"""Edge: a virtual environment, read without running it, and the proof that it is what was installed.

`record` leaves a note in an environment that a manager has just made. `verify` shows that one which comes from a
cache, or from an earlier run on this machine, is still that: the interpreter, the set of distributions and every
single file. An environment is used when all of it is proved, else the reasons are told and it is made again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ci_actions.project import marker as notes
from ci_actions.project.contents import (
    Expected,
    Listing,
    Wrong,
    digest_of,
    digests_of,
    listing,
    record_entries,
    wrong_files,
)
from ci_actions.project.marker import Distribution, Marker, NotAMarker, Origin
from ci_actions.project.model import Interpreter

if TYPE_CHECKING:
    from ci_actions.kit.process import Process

SETTINGS = "pyvenv.cfg"

#: What `venv` and `virtualenv` put into an environment of their own accord; no lock names them.
SEEDS = frozenset({"pip", "setuptools", "wheel"})

#: What an interpreter may not differ in. Its path may: `python3` and `python3.12` are one.
_IDENTITY = (
    "implementation",
    "full_version",
    "free_threaded",
    "base_prefix",
    "platform",
    "os_version",
    "libc",
    "machine",
)

#: Reasons that are told; more of them say nothing new.
MOST_REASONS = 5


class NotAnEnvironment(Exception):
    """There is no virtual environment at this path; the message says what is missing."""


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Installed:
    """One installed distribution: its name (normalised), version, and the folder that says so, relative."""

    name: str
    version: str
    folder: str
    has_record: bool

    @property
    def site(self) -> str:
        """Return its site-packages folder."""
        return self.folder.rpartition("/")[0]


@dataclass(frozen=True)
class Environment:
    """A virtual environment as it lies on the disk; nothing of it was run. Paths inside are relative, with `/`."""

    path: Path
    settings: Mapping[str, str]
    content: Listing

    @cached_property
    def scripts(self) -> str:
        """Return the folder of its programs."""
        return "Scripts" if any(each.startswith("Scripts/") for each in self.content.files) else "bin"

    @property
    def python(self) -> Path:
        """Return its interpreter."""
        return self.path / self.scripts / ("python.exe" if self.scripts == "Scripts" else "python")

    def watched(self, path: str) -> bool:
        """Return whether a file there changes what the environment does, whoever put it there."""
        return path == SETTINGS or path.startswith(f"{self.scripts}/") or "/site-packages/" in path

    def text(self, path: str) -> str:
        """Return the text of a file inside."""
        return (self.path / path).read_text(encoding="utf-8", errors="surrogateescape")


def read(path: Path) -> Environment:
    """Return the environment at `path`. Raises NotAnEnvironment."""
    try:
        text = (path / SETTINGS).read_text(encoding="utf-8", errors="replace")
        content = listing(str(path))
    except OSError as wrong:
        here = f"no {SETTINGS}" if path.is_dir() else "no such folder"
        raise NotAnEnvironment(
            here if isinstance(wrong, FileNotFoundError) else str(wrong.strerror)
        ) from wrong
    return Environment(path, settings_of(text), content)


def settings_of(text: str) -> dict[str, str]:
    """Return the settings in a `pyvenv.cfg`: https://docs.python.org/3/library/site.html."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def installed(environment: Environment) -> list[Installed]:
    """Return the distributions in its site-packages, by name; one that is there twice is returned twice."""
    files = environment.content.files
    found = []
    for path in files:
        if not path.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO")):
            continue
        folder = path.rpartition("/")[0]
        site, _, name = folder.rpartition("/")
        kind = name[name.rindex(".") :]
        if not site.endswith("site-packages"):
            continue  # Carried inside another package.
        title, version = _title(name.removesuffix(kind), kind)
        has_record = f"{folder}/RECORD" in files
        found.append(Installed(name=title, version=version, folder=folder, has_record=has_record))
    return sorted(found, key=lambda each: (each.name, each.folder))


def _title(name: str, kind: str) -> tuple[str, str]:
    """Return name and version as the folder of a distribution says them; an egg's may end with the Python."""
    if kind == ".egg-info":
        name = name.partition("-py3")[0]
    title, _, version = name.rpartition("-")
    return normalised(title or version), version if title else ""


def normalised(name: str) -> str:
    """Return a name as indexes compare it: https://packaging.python.org/specifications/name-normalization/."""
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def same_version(one: str, other: str) -> bool:
    """Return whether two versions are equal by PEP 440; what is no version is compared as text."""
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


def installed_from(path: Path, folder: Path) -> frozenset[str]:
    """Return the names of the distributions that were installed from a folder in `folder`, or from itself.

    https://packaging.python.org/specifications/direct-url/; none where there is no environment.
    """
    try:
        environment = read(path)
    except NotAnEnvironment:
        return frozenset()
    origins = ((each.name, _folder_of(each, environment)) for each in installed(environment))
    return frozenset(
        name for name, place in origins if place and place.is_relative_to(os.path.abspath(folder))
    )


def _folder_of(each: Installed, environment: Environment) -> Path | None:
    """Return the folder that a distribution was installed from, None for one that came in an archive."""
    name = f"{each.folder}/direct_url.json"
    if name not in environment.content.files:
        return None
    import json
    from urllib.parse import unquote, urlsplit

    try:
        told = json.loads(environment.text(name))
        return Path(unquote(urlsplit(told["url"]).path)) if "dir_info" in told else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


# --- leaving the note ----------------------------------------------------------------------------


def record(
    path: Path,
    *,
    interpreter: Interpreter,
    origin: Origin,
    local: Collection[str] = frozenset(),
    project: Path | None = None,
    in_place: Mapping[str, str] | None = None,
) -> Marker:
    """Leave the note in the environment that a manager has just made, and return it.

    `local` are the names of the project itself and of others that lie beside it. They are installed anew each time and are
    no part of the proof, nor is, if it is of a `project`, whatever was installed from a folder. But for those `in_place`:
    the note keeps on what their installation depends. Raises NotAnEnvironment, OSError.
    """
    environment = read(path)
    kept = {name: digest for name, digest in (in_place or {}).items() if name and digest}
    held = _Held.of(environment, local, lambda *_: project is not None, kept)
    wrong = wrong_files(str(path), list(held.expected.values()))
    absent = tuple(each.path for each in wrong if each.how == "missing")
    other = {each.path for each in wrong if each.how in ("changed", "unreadable")}
    root = os.path.abspath(path)
    marker = Marker(
        made_at=root,
        interpreter=identity(interpreter),
        origin=origin,
        distributions={
            each.name: Distribution(version=each.version, record=held.records.get(each.folder, ""))
            for each in held.installed
        },
        files={
            name: digest for name, (digest, _) in digests_of(root, sorted(held.unowned() | other)).items()
        },
        links={name: target for name, target in environment.content.links.items() if name not in held.local},
        absent=absent,
        in_place=kept,
        folders=tuple(sorted(held.folders)),
    )
    write(path, marker)
    return marker


def write(path: Path, marker: Marker) -> None:
    """Write the note, whole or not at all."""
    file = path / notes.NAME
    beside = file.with_suffix(".new")
    beside.write_text(notes.encoded(marker), encoding="utf-8", newline="\n")
    beside.replace(file)


def identity(interpreter: Interpreter) -> dict[str, str | bool]:
    """Return what tells one interpreter from another that an environment must not be used with."""
    return {name: value for name, value in asdict(interpreter).items() if name in _IDENTITY}


@dataclass(frozen=True)
class _Held:
    """What the RECORDs in an environment say. `local` are the files of local projects, `folders` those from folders."""

    environment: Environment
    installed: tuple[Installed, ...]
    expected: Mapping[str, Expected]
    records: Mapping[str, str]
    local: frozenset[str]
    folders: frozenset[str]

    @classmethod
    def of(
        cls,
        environment: Environment,
        local: Collection[str],
        is_known: Callable[[str, Path], bool],
        in_place: Collection[str],
    ) -> _Held:
        """Read them. `is_known` says by name and folder whether a distribution from a folder is one that belongs here."""
        expected: dict[str, Expected] = {}
        records = {}
        others: set[str] = set()
        found = installed(environment)
        places = ((each.name, _folder_of(each, environment)) for each in found)
        from_folders = {name for name, place in places if place and is_known(name, place)}.difference(
            in_place
        )
        names = {normalised(each) for each in local}.difference(in_place) | from_folders
        for each in found:
            if not each.has_record:
                continue
            data = (environment.path / each.folder / "RECORD").read_bytes()
            entries = record_entries(data.decode("utf-8", "replace"), each.site, environment.content.home_of)
            if each.name in names:
                others.update(entry.path for entry in entries)
                continue
            records[each.folder] = digest_of(data)
            for entry in entries:
                if entry.digest and "/__pycache__/" not in entry.path:
                    expected[entry.path] = entry
        folders = tuple(f"{each.folder}/" for each in found if each.name in names)
        others.update(path for path in environment.content.files if path.startswith(folders) and folders)
        return cls(
            environment,
            tuple(each for each in found if each.name not in names),
            expected,
            records,
            frozenset(others),
            frozenset(from_folders),
        )

    def unowned(self) -> set[str]:
        """Return the files that change what the environment does and that no RECORD vouches for."""
        own = {f"{folder}/RECORD" for folder in self.records} | {notes.NAME}
        known = self.expected.keys() | self.local | own
        return set(filter(self.environment.watched, self.environment.content.files - known))

    def owner(self, path: str) -> Installed | None:
        """Return the distribution whose RECORD names the file; looked for in words, only for what is wrong."""
        folder = next((each for each in self.installed if path.startswith(each.folder + "/")), None)
        if folder or path not in self.expected:
            return folder
        for each in self.installed:
            if each.has_record:
                text = self.environment.text(f"{each.folder}/RECORD")
                entries = record_entries(text, each.site, self.environment.content.home_of)
                if any(path == entry.path for entry in entries):
                    return each
        return None


# --- the proof -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Verified:
    """Everything in the environment is as it was recorded; it works here once it is not `moved` any more.

    `files` were read, whole, and have together `size` bytes. `mentions` are those that hold the path where it was made,
    if that is another one. `in_place` are the projects whose installation is among what was proved, `folders` the
    distributions that were installed from folders and are not.
    """

    environment: Environment
    marker: Marker
    files: int
    size: int
    mentions: tuple[str, ...] = ()
    in_place: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()

    @property
    def moved(self) -> bool:
        """Whether it lies elsewhere than where it was made."""
        return os.path.abspath(self.environment.path) != self.marker.made_at


@dataclass(frozen=True)
class Rejected:
    """The environment must not be used, for these reasons."""

    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Return the reasons in one line."""
        shown = list(self.reasons[:MOST_REASONS])
        more = len(self.reasons) - len(shown)
        return "; ".join(shown + ([f"and {more} more"] if more else []))


def verify(
    path: Path,
    *,
    interpreter: Interpreter,
    origin: Origin,
    locked: Mapping[str, Collection[str]] | None,
    process: Process,
    local: Collection[str] = frozenset(),
    project: Path | None = None,
    in_place: Mapping[str, str] | None = None,
) -> Verified | Rejected:
    """Return whether the environment at `path` is the one that was recorded for this interpreter and origin.

    `locked` are the versions that the lock allows, by name; None where there is no lock. Every file that a RECORD or
    the note names is read and hashed, and nothing else may lie where Python would find it. `local` says what
    is no part of it, as for `record`; what was installed since then from a folder in `project` is none either, nor what
    was installed `in_place` and depends on something else now.
    """
    try:
        environment = read(path)
        marker = notes.decoded(environment.text(notes.NAME))
    except NotAnEnvironment as wrong:
        return Rejected((f"it is no virtual environment: {wrong}",))
    except FileNotFoundError:
        return Rejected((f"it was not made by ci-actions: it holds no {notes.NAME}",))
    except (NotAMarker, OSError) as wrong:
        said = f"cannot be read: {wrong.strerror}" if isinstance(wrong, OSError) else wrong
        return Rejected((f"{notes.NAME} {said}",))
    reasons = [*_interpreter(environment, marker, interpreter), *_origin(marker.origin, origin)]
    if reasons:
        return Rejected(tuple(reasons))
    # It starts while we read.
    started = _start(environment, process)
    kept = {name for name, digest in marker.in_place.items() if (in_place or {}).get(name) == digest}
    marker = _without(marker, marker.in_place.keys() - kept)
    inside = os.path.abspath(project) if project else None

    def is_known(name: str, place: Path) -> bool:
        return name in marker.folders or (inside is not None and place.is_relative_to(inside))

    held = _Held.of(environment, {*local, *marker.in_place}, is_known, kept)
    expected = _expected(held, marker)
    needle = marker.made_at.encode("utf-8", "surrogateescape")
    moved = os.path.abspath(path) != marker.made_at
    wrong_ones = wrong_files(str(path), list(expected.values()), needle if moved else b"")
    reasons = [
        *_starts(started, interpreter),
        *_distributions(held, marker, locked and {**locked, **dict.fromkeys(kept, ("",))}),
        *_links(environment, marker),
        *_files(held, [each for each in wrong_ones if each.how != "mentions"]),
        *_added(held, marker, expected),
    ]
    if reasons:
        return Rejected(tuple(dict.fromkeys(reasons)))
    mentions = tuple(each.path for each in wrong_ones if each.how == "mentions")
    size = _size(str(path), expected.values())
    return Verified(
        environment=environment,
        marker=marker,
        files=len(expected),
        size=size,
        mentions=mentions,
        in_place=frozenset(kept),
        folders=held.folders,
    )


def _without(marker: Marker, projects: Collection[str]) -> Marker:
    """Return the note without projects that are to be installed anew."""
    from dataclasses import replace

    kept = {name: each for name, each in marker.distributions.items() if name not in projects}
    return replace(marker, distributions=kept)


def _expected(held: _Held, marker: Marker) -> dict[str, Expected]:
    """Return every file as it must be: the RECORDs, corrected by the note."""
    corrected = {path: Expected(path, digest, -1) for path, digest in marker.files.items()}
    expected = {**held.expected, **corrected}
    for path in marker.absent:
        expected.pop(path, None)
    return expected


def _size(root: str, proved: Iterable[Expected]) -> int:
    """Return the bytes of proved files; where a RECORD said how many, there are as many."""
    return sum(each.size if each.size >= 0 else os.stat(f"{root}/{each.path}").st_size for each in proved)


def _interpreter(environment: Environment, marker: Marker, interpreter: Interpreter) -> Iterator[str]:
    now = identity(interpreter)
    before = marker.interpreter
    version = before.get("full_version", "?")
    home = environment.settings.get("home", "")
    if not os.path.isdir(home) or not os.path.exists(environment.python):
        yield f"interpreter {version} no longer present ({home or SETTINGS + ' names no home'})"
        return
    for name, value in now.items():
        if before.get(name) != value:
            words = name.replace("_", " ").replace("full version", "version").replace("base prefix", "prefix")
            yield f"it was made for an interpreter of {words} {before.get(name)}, this one is {value}"


def _origin(before: Origin, now: Origin) -> Iterator[str]:
    if (before.manager, before.manager_version) != (now.manager, now.manager_version):
        yield (
            f"it was made by {before.manager} {before.manager_version}, now it is {now.manager} {now.manager_version}"
        )
    for name in sorted({*before.inputs, *now.inputs}):
        if before.inputs.get(name) != now.inputs.get(name):
            yield f"{name} was changed since it was made"
    for name in sorted({*before.selection, *now.selection}):
        if before.selection.get(name) != now.selection.get(name):
            yield (
                f"it was made for {name} '{before.selection.get(name, '')}', wanted is '{now.selection.get(name, '')}'"
            )


def _start(environment: Environment, process: Process) -> object:
    from ci_actions.project.interpreters import QUESTION

    try:
        return process.start([environment.python, "-I", "-S", "-c", QUESTION])
    except OSError as wrong:
        return wrong


def _starts(started: object, interpreter: Interpreter) -> Iterator[str]:
    import json

    from ci_actions.kit.process import Running
    from ci_actions.project.interpreters import START_LIMIT_SECONDS

    if not isinstance(started, Running):
        yield f"its interpreter does not start: {getattr(started, 'strerror', None) or started}"
        return
    done = started.wait(START_LIMIT_SECONDS)
    try:
        answer = json.loads(done.stdout) if done.ok else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        said = done.complaint.splitlines()[-1:] or [f"exit code {done.code}"]
        yield f"its interpreter does not start: {said[0]}"
        return
    for name, value in identity(interpreter).items():
        if answer.get(name) != value:
            yield f"its interpreter says {answer.get(name)} for {name.replace('_', ' ')}, wanted is {value}"


def _distributions(
    held: _Held, marker: Marker, locked: Mapping[str, Collection[str]] | None
) -> Iterator[str]:
    there: dict[str, list[Installed]] = {}
    for each in held.installed:
        there.setdefault(each.name, []).append(each)
    for name, found in there.items():
        if len(found) > 1:
            yield f"{name} is installed {len(found)} times: {', '.join(each.version for each in found)}"
        elif name not in marker.distributions:
            yield f"{name} {found[0].version} was added"
        elif not same_version(found[0].version, marker.distributions[name].version):
            yield f"{name} is {found[0].version}, recorded was {marker.distributions[name].version}"
        elif held.records.get(found[0].folder, "") != marker.distributions[name].record:
            yield f"{name}: RECORD was changed"
    yield from (
        f"{name} {before.version} is gone"
        for name, before in marker.distributions.items()
        if name not in there
    )
    if locked is not None:
        yield from _against_lock(held.installed, locked)


def _against_lock(found: Sequence[Installed], locked: Mapping[str, Collection[str]]) -> Iterator[str]:
    for each in found:
        versions = locked.get(each.name)
        if versions is None and each.name not in SEEDS:
            yield f"{each.name} {each.version} is not in the lock"
        elif versions and each.name not in SEEDS and not _any_same(each.version, versions):
            yield f"{each.name} is {each.version}, the lock names {', '.join(sorted(versions))}"


def _any_same(version: str, versions: Collection[str]) -> bool:
    # A lock that takes a distribution from a folder, a repository or an address may name no version.
    return version in versions or "" in versions or any(same_version(version, each) for each in versions)


def _links(environment: Environment, marker: Marker) -> Iterator[str]:
    links = environment.content.links
    for name, target in marker.links.items():
        if name not in links:
            yield f"{name} is gone"
        elif links[name] != target:
            yield f"{name} was changed: it points to {links[name]}"
        elif not os.path.exists(environment.path / name) and not _inside(target, marker.made_at):
            yield f"{name} points to {target}, which is gone"
    yield from (
        f"{name} was added" for name in links if name not in marker.links and environment.watched(name)
    )


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def _files(held: _Held, wrong: Sequence[Wrong]) -> Iterator[str]:
    there = {each.name for each in held.installed}
    for path, how in wrong:
        if path == notes.NAME:
            continue
        owner = held.owner(path)
        what = {"missing": "is gone", "changed": "was changed", "unreadable": "cannot be read"}[how]
        if owner is None:
            yield f"{_short(path)} {what}"
        elif owner.name in there:
            yield f"{owner.name}: {_short(path)} {what}"


def _short(path: str) -> str:
    """Return a path as people say it: from the package on."""
    return path.rpartition("/site-packages/")[2]


def _added(held: _Held, marker: Marker, expected: Mapping[str, Expected]) -> Iterator[str]:
    """Yield what lies where Python would find it and nobody recorded; the files of an added distribution are it."""
    strangers = tuple(f"{each.folder}/" for each in held.installed if each.name not in marker.distributions)
    for path in sorted(held.unowned() - expected.keys()):
        if not (strangers and path.startswith(strangers)):
            yield f"{_short(path)} was added"


# --- tidying -------------------------------------------------------------------------------------


def drop(environment: Environment, names: Collection[str]) -> None:
    """Remove distributions with every file that their RECORD names and that lies inside: of their sources, some may be
    gone since. Raises OSError.
    """
    from shutil import rmtree

    content = environment.content
    for each in installed(environment):
        if each.name in names and each.has_record:
            entries = record_entries(environment.text(f"{each.folder}/RECORD"), each.site, content.home_of)
            for path in content.files.intersection(entry.path for entry in entries):
                (environment.path / path).unlink(missing_ok=True)
            rmtree(environment.path / each.folder, ignore_errors=True)


def drop_bytecode(environment: Environment) -> int:
    """Remove every `__pycache__` and return how many: Python makes them again, and nobody proves them."""
    from shutil import rmtree

    found = environment.content.bytecode
    for each in found:
        rmtree(environment.path / each, ignore_errors=True)
    return len(found)
