"""Edge: what the project, the run and the machine say, for each phase."""

from __future__ import annotations

from pathlib import Path

from ci_actions.kit.errors import BadInput
from ci_actions.kit.run import Edges
from ci_actions.project.files import ProjectFiles
from ci_actions.project.managers import Detected, detect
from ci_actions.project.model import Interpreter
from ci_actions.project.python_versions import Resolved, resolve, satisfies, supported
from ci_actions.project.reading import read_project
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import PlanFacts, Service

#: Runs whose result is published, or that strangers can start with rights of ours: no cache unless asked for.
#: https://docs.zizmor.sh/audits/#cache-poisoning
_SENSITIVE = ("release", "pull_request_target", "workflow_run")


def for_plan(config: Config, edges: Edges[Config]) -> PlanFacts:
    """Return what decides the plan. Raises BadInput for a project that cannot be understood."""
    started = edges.clock.now()
    files = read_project(edges.directory, edges.root)
    matrix = config.mode == "matrix"
    known = supported(files) if matrix else None
    resolved = None if matrix else resolved_for(config, edges, files)
    detected = None if matrix else detected_for(config, files)
    return PlanFacts(
        supported=known,
        resolved=resolved,
        detected=detected,
        service=service(config, edges),
        present=present(config, edges, resolved) if resolved else None,
        given=edges.given,
        prefix=edges.prefix,
        started=started,
    )


def detected_for(config: Config, files: ProjectFiles) -> Detected:
    """Return the manager. Raises BadInput where it is not clear."""
    return detect(files, config.manager)


def resolved_for(config: Config, edges: Edges[Config], files: ProjectFiles) -> Resolved:
    """Return the wanted Python. Raises BadInput for a version file that is not there, and as `resolve` does."""
    named = None
    if config.python_version_file:
        path = edges.directory / config.python_version_file
        try:
            named = (config.python_version_file, path.read_bytes())
        except OSError as denied:
            raise BadInput(
                f"python-version-file '{config.python_version_file}' cannot be read in '{files.directory}': {denied.strerror}"
            ) from denied
    return resolve(
        files,
        config.python_version,
        named,
        prereleases=config.allow_prereleases,
        free_threaded=config.freethreaded,
    )


def service(config: Config, edges: Edges[Config]) -> Service:
    """Return what this run may do with the cache service, and what keeps it from more."""
    context = edges.context
    asked = (config.restore_cache, config.save_cache)
    if not context.github:
        return Service(restore=False, save=False, why="there is no cache service on a laptop")
    if config.offline:
        return Service(restore=False, save=False, why="offline")
    why = ""
    restore = save = True
    # https://github.blog/changelog/2026-09-10: workflows and jobs may narrow what a run may do with caches.
    mode = edges.environ.get("ACTIONS_CACHE_MODE", "")
    if context.event_name in _SENSITIVE or context.is_tag:
        what = f"event {context.event_name}" if context.event_name in _SENSITIVE else "a tag"
        restore, save, why = (
            False,
            False,
            f"no cache by default for {what}: it would decide what is published",
        )
    elif context.fork:
        save, why = False, "a pull request from a fork has a read-only cache token"
    restore = restore if asked[0] == "auto" else asked[0] == "true"
    save = save if asked[1] == "auto" else asked[1] == "true"
    if mode in ("none", "read", "write-only"):
        restore = restore and mode == "read"
        save = save and mode == "write-only"
        why = f"cache-mode: {mode}"
    return Service(restore=restore, save=save, why=why)


def present(config: Config, edges: Edges[Config], resolved: Resolved) -> Interpreter | None:
    """Return the interpreter that an earlier step of the job set up, if it is one that was asked for.

    actions/setup-python names its folder in `pythonLocation`; a Python of the system is not meant for projects.
    """
    folder = edges.environ.get("pythonLocation", "")
    if not folder or config.check_latest or config.architecture:
        return None
    from ci_actions.kit.errors import CannotJudge
    from ci_actions.project.interpreters import probe

    for name in ("bin/python", "python.exe"):
        program = Path(folder, name)
        if program.is_file():
            try:
                found = probe(program, edges.process)
            except CannotJudge:
                return None
            return found if fits(resolved, found) else None
    return None


def fits(resolved: Resolved, found: Interpreter) -> bool:
    """Return whether an interpreter is the one that was asked for."""
    return (
        found.implementation == resolved.implementation
        and found.free_threaded == resolved.free_threaded
        and satisfies(resolved, found.full_version)
    )
