"""Edge: gets a manager: the one that is there if it fits, else the one this release pins, else the one that is asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci_actions import home
from ci_actions.kit.errors import BadInput
from ci_actions.kit.process import Process
from ci_actions.project.model import Manager

#: The program of each manager, and the set in `requirements/managers` that brings it.
PROGRAMS = {
    Manager.UV: "uv",
    Manager.POETRY: "poetry",
    Manager.PDM: "pdm",
    Manager.PIPENV: "pipenv",
    Manager.HATCH: "hatch",
    Manager.PIP: "pip",
    Manager.PIP_TOOLS: "pip-compile",
    Manager.PYLOCK: "uv",
}
_PACKAGES = {Manager.PIP_TOOLS: "pip-tools"}
#: What makes an older version bring what it was tested with, where its makers say that: newer ones may not fit any more.
_AS_TESTED = {Manager.PDM: "[locked]"}
#: pip on PATH is that of some environment, never one to install with.
_NEVER_FROM_PATH = frozenset({Manager.PIP, Manager.PIP_TOOLS})
_VERSION = re.compile(r"\d+(?:\.\d+)+(?:[-.]?(?:a|b|rc|dev|post)\.?\d*)?")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which manager is going to be used, and why. `program` is its path where it is there already.

    `hash_locked` is whether it comes from a set of ours; `version` of another one is what was asked for until it is
    installed.
    """

    manager: Manager
    version: str
    why: str
    program: str = ""
    hash_locked: bool = True


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A manager that is ready: the words that start it, its version, and where it comes from."""

    argv: tuple[str, ...]
    version: str
    why: str


def package(manager: Manager) -> str:
    """Return the name of the distribution that brings a manager."""
    return _PACKAGES.get(manager, PROGRAMS[manager])


def lock_of(manager: Manager, root: Path | None = None) -> Path:
    """Return the hash-locked set of a manager."""
    return (root or Path(home.root())) / "requirements" / "managers" / f"{package(manager)}.txt"


def pinned(manager: Manager, root: Path | None = None) -> str:
    """Return the version of a manager that this release pins."""
    prefix = f"{package(manager)}=="
    with lock_of(manager, root).open(encoding="utf-8") as lines:
        return next(line.split()[0].removeprefix(prefix) for line in lines if line.startswith(prefix))


def choose(
    manager: Manager, *, asked: str, wanted: str, which: Callable[[str], str | None], process: Process
) -> Choice:
    """Return the manager to use. `asked` is the user's input, `wanted` what the project says; both are an exact
    version or a range as in PEP 440, or empty.

    One on PATH is used if it fits. Raises BadInput for what is no version.
    """
    what = asked or wanted
    who = "manager-version" if asked else "the project"
    allowed = specifier(what, who)
    if manager not in _NEVER_FROM_PATH and (found := which(PROGRAMS[manager])):
        version = version_of(found, process)
        if version and allowed(version):
            why = f"{found}" + (f", {who} asks for {what}" if what else "")
            return Choice(manager=manager, version=version, why=why, program=found)
    ours = pinned(manager)
    if allowed(ours):
        why = "pinned by this release" + (f", {who} asks for {what}" if what else "")
        return Choice(manager=manager, version=ours, why=why)
    return Choice(
        manager=manager, version=what, why=f"{who} asks for {what}; not hash-locked", hash_locked=False
    )


def specifier(text: str, who: str) -> Callable[[str], bool]:
    """Return whether a version is allowed by an exact version or a range. Raises BadInput for what is neither."""
    if not text.strip():
        return lambda _: True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    exact = text.strip().removeprefix("==").removeprefix("v")
    try:
        only = Version(exact)
    except InvalidVersion:
        pass
    else:
        return lambda version: Version(version) == only
    try:
        allowed = SpecifierSet(text)
    except InvalidSpecifier:
        raise BadInput(
            f"{who} asks for the manager's version '{text}', which is neither a version (1.8.3) nor a range (>=1.8,<2)"
        ) from None
    return lambda version: allowed.contains(version, prereleases=True)


def version_of(program: str, process: Process) -> str:
    """Return the version that a manager says it has, empty when it says none."""
    try:
        done = process.run([program, "--version"], timeout=60)
    except OSError:
        return ""
    found = _VERSION.search(done.text) if done.ok else None
    return found[0] if found else ""


def provide(
    choice: Choice,
    *,
    python: str,
    cache: Path,
    process: Process,
    environ: Mapping[str, str],
    progress: Callable[[str], None],
    offline: bool = False,
) -> Tool:
    """Return the chosen manager, installed into a private environment if need be. Raises Unavailable."""
    if choice.program:
        return Tool(argv=(choice.program,), version=choice.version, why=choice.why)
    if choice.hash_locked:
        from ci_actions.supply.environments import locked_environment

        scripts = locked_environment(
            lock_of(choice.manager),
            python=python,
            cache=cache,
            process=process,
            environ=_offline(environ, offline),
            progress=progress,
        )
        return Tool(argv=_command(scripts, choice.manager), version=choice.version, why=choice.why)
    return _as_asked(choice, python, cache, process, _offline(environ, offline), progress)


def environments_of(choice: Choice) -> str:
    """Return how the folders of the private environment begin that brings a manager which is not there already."""
    from ci_actions.supply.environments import name_of_locked, name_of_named

    return (
        name_of_locked(lock_of(choice.manager)) if choice.hash_locked else name_of_named(_requirement(choice))
    )


def _requirement(choice: Choice) -> str:
    wanted = choice.version if re.match(r"[<>=!~]", choice.version) else f"=={choice.version}"
    return f"{package(choice.manager)}{_AS_TESTED.get(choice.manager, '')}{wanted}"


def _command(scripts: Path, manager: Manager) -> tuple[str, ...]:
    suffix = ".exe" if os.name == "nt" else ""
    if manager is Manager.PIP:
        return (str(scripts / f"python{suffix}"), "-I", "-m", "pip")
    return (str(scripts / f"{PROGRAMS[manager]}{suffix}"),)


def _offline(environ: Mapping[str, str], offline: bool) -> Mapping[str, str]:  # noqa: FBT001 - one of two environments
    return {**environ, "PIP_NO_INDEX": "1"} if offline else environ


def _as_asked(
    choice: Choice,
    python: str,
    cache: Path,
    process: Process,
    environ: Mapping[str, str],
    progress: Callable[[str], None],
) -> Tool:
    """Install a version that we have no hashes of, once per version and interpreter."""
    from ci_actions.supply.environments import named_environment

    scripts = named_environment(
        _requirement(choice),
        python=python,
        cache=cache,
        process=process,
        environ=environ,
        progress=progress,
    )
    argv = _command(scripts, choice.manager)
    version = version_of(argv[0], process) if choice.manager is not Manager.PIP else ""
    return Tool(argv=argv, version=version or choice.version, why=choice.why)
