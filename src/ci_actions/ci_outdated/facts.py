"""The edge that reads: the project, its locks, pip's configuration and the indexes -> Facts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ci_actions.ci_outdated import indexes
from ci_actions.ci_outdated.asking import Indexes
from ci_actions.ci_outdated.config import Config
from ci_actions.ci_outdated.model import Facts, Package
from ci_actions.ci_outdated.wanted import wanted
from ci_actions.kit.errors import BadInput, CiActionsError
from ci_actions.kit.process import Process
from ci_actions.kit.run import Edges
from ci_actions.project import managers, python_versions
from ci_actions.project.files import ProjectFiles
from ci_actions.project.locks import Locked, Source, read_lock
from ci_actions.project.managers import Detected, NoProject
from ci_actions.project.model import Manager
from ci_actions.project.reading import read_project

_ELSEWHERE = {Source.GIT: "comes from a repository", Source.URL: "comes from an address of its own"}


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return the locked packages and what the indexes know of them.

    Raises BadInput for a project whose manager cannot be told, and for a lock that is none.
    """
    today = datetime.fromtimestamp(edges.clock.now(), UTC).date().isoformat()
    files = read_project(edges.directory, edges.root)
    try:
        detected = managers.detect(files, config.manager)
    except NoProject:
        return Facts(manager="", answers={}, today=today, nothing="there is no Python project")
    sources = indexes.of_manager(
        files,
        detected.manager,
        edges.environ,
        indexes.of_pip(edges.environ, _pip_files(edges.environ), _public(edges)),
    )
    found: dict[tuple[str, str, str], Package] = {}
    for each in _packages(files, detected, sources):
        # Compiled files often hold what they include once more.
        found.setdefault((each.name, each.version, each.marker), each)
    packages = tuple(found.values())
    asked = {each.name: each.addresses for each in packages if each.version and each.addresses}
    edges.progress(f"{len(asked)} packages are asked for")
    answers = Indexes(edges.environ, edges.clock).ask(asked) if asked and not sources.none else {}
    return Facts(
        manager=detected.manager.value,
        packages=packages,
        answers=answers,
        pythons=_pythons(config, files),
        today=today,
        nothing="" if packages else _no_lock(detected),
        warnings=("The index may not be asked: pip is told --no-index.",) if sources.none else (),
    )


def _no_lock(detected: Detected) -> str:
    if detected.locks:
        return f"{', '.join(detected.locks)} holds no package of an index"
    return f"{detected.manager} has no lock here: every installation takes what is newest then"


def _packages(files: ProjectFiles, detected: Detected, sources: indexes.Sources) -> Iterator[Package]:
    locks = detected.locks
    if detected.manager is Manager.PIP and not locks:
        locks = files.requirement_files()
    wishes = wanted(files, detected.manager, locks)
    for lock in locks:
        for each in read_lock(files.shown(lock), files.bytes(lock)).packages:
            if each.name and each.source in (Source.INDEX, *_ELSEWHERE):
                yield Package(
                    name=each.name,
                    version=each.version,
                    file=files.shown(lock),
                    marker=each.marker,
                    direct=None if wishes is None else each.name in wishes,
                    wanted=(wishes or {}).get(each.name, ()),
                    addresses=_addresses(each, sources),
                    elsewhere=_ELSEWHERE.get(each.source, ""),
                )


def _addresses(locked: Locked, sources: indexes.Sources) -> tuple[str, ...]:
    return indexes.addresses(locked.address, sources) if locked.source is Source.INDEX else ()


def _pythons(config: Config, files: ProjectFiles) -> tuple[str, ...]:
    """Return the Pythons that the project must run on, oldest first; none where nobody says."""
    if config.python_version:
        return (config.python_version,)
    try:
        return python_versions.supported(files).versions
    except BadInput:
        pass
    try:
        found = python_versions.resolve(files)
    except BadInput:
        return ()
    return (found.version,) if found.version else ()


def _public(edges: Edges[Config]) -> str:
    """Return the index that this machine's pip asks by itself; no address of any registry stands in our source."""
    # As if it were told nothing: what it is told is read apart, with its credentials.
    untold = {name: value for name, value in edges.environ.items() if not name.startswith("PIP_")}
    process = Process({**untold, "PIP_CONFIG_FILE": os.devnull})
    pip = edges.which("pip") or edges.which("pip3")
    for words in ([sys.executable, "-I", "-m", "pip"], *([[pip]] if pip else [])):
        try:
            done = process.run([*words, "install", "--help"], timeout=60)
        except CiActionsError:
            continue
        if done.ok and (found := indexes.default_index(done.text)):
            return found
    return ""


def _pip_files(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the texts of pip's configuration files, the weakest first: https://pip.pypa.io/en/stable/topics/configuration/."""
    home = Path(environ.get("HOME", "") or "/nonexistent")
    named = environ.get("PIP_CONFIG_FILE", "")
    places = [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(environ.get("XDG_CONFIG_HOME", "") or home / ".config") / "pip" / "pip.conf",
        Path(environ.get("VIRTUAL_ENV", "") or "/nonexistent") / "pip.conf",
        *([Path(named)] if named else []),
    ]
    # The null device stands for no configuration at all.
    for place in () if named in ("/dev/null", "nul") else places:
        try:
            yield place.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
