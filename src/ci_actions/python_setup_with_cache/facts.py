"""Edge: what the project, the run and the machine say, for each phase."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.project.model import Interpreter, Manager
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import (
    FinishFacts,
    Installed,
    InstallFacts,
    Keyed,
    KeyFacts,
    Plan,
    PlanFacts,
    Service,
)

if TYPE_CHECKING:
    from ci_actions.kit.run import Edges
    from ci_actions.project.drift import Drift
    from ci_actions.project.environments import Rejected, Verified
    from ci_actions.project.files import ProjectFiles
    from ci_actions.project.managers import Detected
    from ci_actions.project.python_versions import Resolved, Supported
    from ci_actions.python_setup_with_cache.drivers.provide import Choice
    from ci_actions.python_setup_with_cache.places import Machine

#: Runs whose result is published, or that strangers can start with rights of ours: no cache unless asked for.
#: https://docs.zizmor.sh/audits/#cache-poisoning
_SENSITIVE = ("release", "pull_request_target", "workflow_run")
#: Where managers are told of package indexes; part of the key, without credentials.
_INDEXES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX",
    "PDM_PYPI_URL", "PIPENV_PYPI_MIRROR",
)  # fmt: skip


def for_plan(config: Config, edges: Edges[Config]) -> PlanFacts:
    """Return what decides the plan. Raises BadInput for a project that cannot be understood."""
    from ci_actions.project.drift import check
    from ci_actions.project.managers import detect
    from ci_actions.project.reading import read_project

    started = edges.clock.now()
    files = read_project(edges.directory, edges.root)
    matrix = config.mode == "matrix"
    detected = None if matrix else detect(files, config.manager)
    drifts: tuple[Drift, ...] = ()
    if detected and config.lock_policy == "frozen" and config.install:
        drifts = check(files, detected)
    resolved = None if matrix else _resolved(config, edges, files)
    return PlanFacts(
        supported=_supported(config, files) if matrix else None,
        resolved=resolved,
        detected=detected,
        drifts=drifts,
        service=service(config, edges),
        present=present(config, edges, resolved) if resolved else None,
        given=edges.given,
        prefix=edges.prefix,
        started=started,
    )


def _supported(config: Config, files: ProjectFiles) -> Supported:
    from ci_actions.project.python_versions import supported, within

    found = supported(files)
    return within(found, config.python_version.strip()) if config.python_version.strip() else found


def for_key(config: Config, edges: Edges[Config]) -> KeyFacts:
    """Return what the key is made of. Raises Unavailable when the interpreter that came is not the one that was wanted."""
    return key_facts(config, edges, planned(edges))


def key_facts(config: Config, edges: Edges[Config], plan: Plan) -> KeyFacts:
    """Return what the key is made of. Raises Unavailable as `for_key`."""
    from datetime import UTC, datetime

    from ci_actions.project.managers import detect
    from ci_actions.project.reading import read_matching, read_project

    started = edges.clock.now()
    files = read_project(edges.directory, edges.root)
    detected = detect(files, config.manager)
    extra = (
        read_matching(edges.directory, edges.root, config.cache_dependency_path)
        if config.cache_dependency_path
        else {}
    )
    chosen = choice(config, edges, files, detected)
    return KeyFacts(
        plan=plan,
        interpreter=plan.interpreter or _brought(config, edges, plan, files),
        choice=chosen,
        brought_by=_brought_by(chosen, files, edges.directory),
        machine=machine(edges),
        environment=(edges.directory / ".venv").as_posix(),
        files={**inputs(files, detected), **extra},
        arguments=config.arguments,
        indexes=tuple(url for name in _INDEXES for url in edges.environ.get(name, "").split()),
        today=datetime.fromtimestamp(edges.clock.now(), UTC).date(),
        started=started,
    )


def _brought(config: Config, edges: Edges[Config], plan: Plan, files: ProjectFiles) -> Interpreter:
    """Return the interpreter that actions/setup-python brought. Raises Unavailable when it is none that was asked for."""
    from ci_actions.project.interpreters import probe

    named = edges.environ.get("CI_ACTIONS_TARGET_PYTHON", "")
    if not named:
        raise Unavailable(
            f"actions/setup-python brought no Python {plan.request}.", advice="The log of its step says why."
        )
    found = probe(named, edges.process)
    if not _fits(_resolved(config, edges, files), found):
        raise Unavailable(
            f"{named} is {found.implementation} {found.full_version}, which is not what was asked for: "
            f"{plan.python_why}.",
            advice="Is that version in the tool cache of the runner, or can it be fetched?",
        )
    return found


def for_install(config: Config, edges: Edges[Config]) -> InstallFacts:
    """Return what was restored and what it is worth."""
    keyed = keyed_by(edges)
    outcome = edges.environ.get("CI_ACTIONS_RESTORE_OUTCOME", "")
    matched = edges.environ.get("CI_ACTIONS_MATCHED_KEY", "") if outcome == "success" else ""
    return install_facts(config, edges, planned(edges), keyed, matched=matched, outcome=outcome)


def install_facts(
    config: Config, edges: Edges[Config], plan: Plan, keyed: Keyed, *, matched: str, outcome: str
) -> InstallFacts:
    """Return what lies there and what it is worth: an environment is believed only when it was proved."""
    started = edges.clock.now()
    environment = edges.directory / ".venv"
    watch = edges.clock.monotonic()
    proof = None
    if os.path.lexists(environment) and plan.manager != "none" and config.install:
        from ci_actions.python_setup_with_cache import environment as environments

        proof = environments.proof(config, edges, plan, keyed)
    return InstallFacts(
        plan=plan,
        keyed=keyed,
        matched=matched,
        outcome=outcome,
        proof=proof,
        disposable=edges.context.github,
        size=_restored(edges, keyed, proof) if matched else 0,
        verify_seconds=edges.clock.monotonic() - watch,
        started=started,
    )


# --- what several phases ask --------------------------------------------------------------------------


def planned(edges: Edges[Config]) -> Plan:
    """Return what the first phase decided."""
    earlier = edges.earlier["plan"]
    assert earlier
    return Plan.from_json(earlier.details["plan"])


def keyed_by(edges: Edges[Config]) -> Keyed:
    """Return what the second phase decided. Raises CannotJudge when it left nothing."""
    earlier = edges.earlier["key"]
    if earlier is None:
        raise CannotJudge("The phase 'key' left no report.", advice="The log of its step says why.")
    return Keyed.from_json(earlier.details["key"])


def choice(config: Config, edges: Edges[Config], files: ProjectFiles, detected: Detected) -> Choice | None:
    """Return the manager to use, None where there is none."""
    if detected.manager is Manager.NONE:
        return None
    from ci_actions.python_setup_with_cache.drivers.provide import choose

    return choose(
        detected.manager,
        asked=config.manager_version,
        wanted=wanted_version(files, detected.manager),
        which=edges.which,
        process=edges.process,
    )


def _brought_by(chosen: Choice | None, files: ProjectFiles, directory: Path) -> str:
    if chosen is None or chosen.program:
        return ""
    from ci_actions.python_setup_with_cache.drivers.provide import environments_of
    from ci_actions.python_setup_with_cache.in_place import is_self_sufficient, kept

    alone = is_self_sufficient(files, chosen.manager, kept(files, directory, chosen.manager))
    return "" if alone else environments_of(chosen)


def wanted_version(files: ProjectFiles, manager: Manager) -> str:
    """Return the version of the manager that the project asks for, empty where it does not.

    https://docs.astral.sh/uv/reference/settings/#required-version, https://python-poetry.org/docs/pyproject/#requires-poetry
    """
    found: object = ""
    if manager is Manager.UV:
        found = files.toml("uv.toml").get("required-version") or files.table(
            "pyproject.toml", "tool", "uv"
        ).get("required-version")
    elif manager is Manager.POETRY:
        found = files.table("pyproject.toml", "tool", "poetry").get("requires-poetry")
    return found if isinstance(found, str) else ""


def inputs(files: ProjectFiles, detected: Detected) -> dict[str, bytes]:
    """Return what decides what is installed, by path relative to the git root."""
    from ci_actions.project.managers import relevant

    return {files.shown(name): relevant(files, name) for name in (*detected.locks, *detected.inputs)}


def machine(edges: Edges[Config]) -> Machine:
    """Return where things lie here."""
    from ci_actions.home import cache_home
    from ci_actions.python_setup_with_cache.places import Machine

    home = edges.environ.get("HOME") or edges.environ.get("USERPROFILE") or ""
    workspace = edges.context.workspace or edges.root
    return Machine(
        platform=sys.platform,
        home=home.replace("\\", "/"),
        workspace=workspace.as_posix(),
        ours=cache_home(edges.environ).replace("\\", "/"),
        environ=edges.environ,
    )


def kept_folders(edges: Edges[Config], keyed: Keyed) -> list[Path]:
    """Return the folders that are kept, as they lie here."""
    workspace = edges.context.workspace or edges.root
    found = []
    for each in keyed.paths:
        path = Path(each).expanduser() if each.startswith("~") else workspace / each
        found += list(path.parent.glob(path.name))
    return found


def _restored(edges: Edges[Config], keyed: Keyed, proof: Verified | Rejected | None) -> int:
    """Return the bytes of the folders that are kept; those of a proved environment are known."""
    known = {edges.directory / ".venv": getattr(proof, "size", 0)}
    return sum(known.get(path) or size(path) for path in kept_folders(edges, keyed))


def size(path: str | os.PathLike[str]) -> int:
    """Return the bytes of all files in a folder, links not followed, 0 for what is not there."""
    try:
        with os.scandir(path) as entries:
            return sum(
                size(each.path)
                if each.is_dir(follow_symlinks=False)
                else each.stat(follow_symlinks=False).st_size
                for each in entries
            )
    except OSError:
        return 0


def service(config: Config, edges: Edges[Config]) -> Service:
    """Return what this run may do with the cache service, and what keeps it from more."""
    context = edges.context
    if not context.github:
        return Service(restore=False, save=False, why="there is no cache service on a laptop")
    if config.offline:
        return Service(restore=False, save=False, why="offline")
    restore, save, why = True, True, ""
    if context.event_name in _SENSITIVE or context.is_tag:
        what = f"event {context.event_name}" if context.event_name in _SENSITIVE else "a tag"
        restore, save, why = (
            False,
            False,
            f"no cache by default for {what}: it would decide what is published",
        )
    elif context.fork:
        save, why = False, "a pull request from a fork has a read-only cache token"
    restore = restore if config.restore_cache == "auto" else config.restore_cache == "true"
    save = save if config.save_cache == "auto" else config.save_cache == "true"
    # Workflows and jobs may narrow what a run may do: https://github.blog/changelog/ (2026-09-10).
    mode = edges.environ.get("ACTIONS_CACHE_MODE", "")
    if mode in ("none", "read", "write-only"):
        restore, save = restore and mode == "read", save and mode == "write-only"
        why = f"cache-mode: {mode}"
    return Service(restore=restore, save=save, why=why)


def present(config: Config, edges: Edges[Config], resolved: Resolved) -> Interpreter | None:
    """Return the interpreter that an earlier step of the job set up, if it is one that was asked for.

    actions/setup-python names its folder in `pythonLocation`; a Python of the system is not meant for projects.
    """
    folder = edges.environ.get("pythonLocation", "")
    if not folder or config.check_latest or config.architecture:
        return None
    from ci_actions.project.interpreters import probe

    for name in ("bin/python", "python.exe"):
        program = Path(folder, name)
        if program.is_file():
            try:
                found = probe(program, edges.process)
            except CannotJudge:
                return None
            return found if _fits(_any_of(resolved), found) else None
    return None


def with_interpreter(config: Config, edges: Edges[Config], plan: Plan) -> Plan:
    """Return the plan with an interpreter of this machine. Raises Unavailable when none is what was asked for."""
    from ci_actions.project.interpreters import find
    from ci_actions.project.reading import read_project

    wanted = _any_of(_resolved(config, edges, read_project(edges.directory, edges.root)))
    found = find(
        lambda each: each.prefix == each.base_prefix and _fits(wanted, each),
        process=edges.process,
        environ=edges.environ,
    )
    if found is None:
        raise Unavailable(
            f"This machine has no {plan.python_why}.",
            advice=f"Install it, for example with: uv python install {plan.request}",
        )
    why = plan.python_why
    if found.version != plan.request:
        why = f"Python {found.version}, which this machine has and the project allows"
    return replace(plan, interpreter=found, python_why=why)


def _resolved(config: Config, edges: Edges[Config], files: ProjectFiles) -> Resolved:
    """Return the wanted Python. Raises BadInput for a version file that is not there, and as `resolve` does."""
    from ci_actions.project.python_versions import resolve

    named = None
    if config.python_version_file:
        try:
            named = (config.python_version_file, (edges.directory / config.python_version_file).read_bytes())
        except OSError as denied:
            raise BadInput(
                f"python-version-file '{config.python_version_file}' cannot be read in '{files.directory}': "
                f"{denied.strerror}"
            ) from denied
    return resolve(
        files,
        config.python_version,
        named,
        prereleases=config.allow_prereleases,
        free_threaded=config.freethreaded,
    )


def _any_of(resolved: Resolved) -> Resolved:
    """Return the wish for an interpreter that is there already: of a range, any version in it."""
    return replace(resolved, version="") if resolved.is_range else resolved


def _fits(resolved: Resolved, found: Interpreter) -> bool:
    """Return whether an interpreter is the one that was asked for."""
    from ci_actions.project.python_versions import satisfies

    return (
        found.implementation == resolved.implementation
        and found.free_threaded == resolved.free_threaded
        and satisfies(resolved, found.full_version)
    )


def for_finish(config: Config, edges: Edges[Config]) -> FinishFacts:
    """Return what all phases left. Raises Unavailable or CannotJudge for a phase that should have run and did not."""
    del config
    plan = planned(edges)
    keyed = installed = None
    outcome = edges.environ.get("CI_ACTIONS_PYTHON_OUTCOME", "")
    if plan.mode == "setup":
        if plan.installs_python and outcome != "success":
            raise Unavailable(
                f"actions/setup-python brought no Python {plan.request}.",
                advice="The log of its step says why: is that version in the tool cache, or can it be fetched?",
            )
        keyed = keyed_by(edges)
        left = edges.earlier["install"]
        if left is None:
            raise CannotJudge("The phase 'install' left no report.", advice="The log of its step says why.")
        installed = Installed.from_json(left.details["installed"])
    return FinishFacts(
        plan=plan,
        keyed=keyed,
        installed=installed,
        save_outcome=edges.environ.get("CI_ACTIONS_SAVE_OUTCOME", ""),
        started=edges.clock.now(),
    )
