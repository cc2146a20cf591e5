"""Edge: the project's environment and the manager that fills it, for the phases that touch them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ci_actions.home import cache_home
from ci_actions.kit.process import inheritable
from ci_actions.kit.run import Edges
from ci_actions.project import environments
from ci_actions.project.environments import Rejected, Verified
from ci_actions.project.managers import detect
from ci_actions.project.marker import Marker, Origin
from ci_actions.project.model import Interpreter
from ci_actions.project.reading import read_project
from ci_actions.python_setup_with_cache import in_place
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.drivers import driver
from ci_actions.python_setup_with_cache.drivers.base import Driver, Job
from ci_actions.python_setup_with_cache.drivers.provide import Choice, Tool, provide
from ci_actions.python_setup_with_cache.model import Keyed, Plan


def job(config: Config, edges: Edges[Config], keyed: Keyed) -> Job:
    """Return what is to be installed, where, and for which interpreter."""
    files = read_project(edges.directory, edges.root)
    return Job(
        directory=edges.directory,
        interpreter=keyed.interpreter,
        files=files,
        detected=detect(files, config.manager),
        environ=inheritable(edges.environ),
        progress=edges.progress,
        clock=edges.clock,
        groups=config.groups,
        extras=config.extras,
        arguments=config.arguments,
        lock_policy=config.lock_policy,
        offline=config.offline,
    )


def ready(config: Config, edges: Edges[Config], keyed: Keyed, work: Job) -> Driver:
    """Return the manager, provided if it is not there, at work on a job. Raises Unavailable."""
    tool = provide(
        Choice(manager=work.detected.manager, **keyed.choice),
        python=_python_for_managers(work.interpreter),
        cache=Path(cache_home(edges.environ)),
        process=edges.process,
        environ=work.environ,
        progress=edges.progress,
        offline=config.offline,
    )
    return driver(work.detected.manager)(work, tool)


def again(work: Job, words: tuple[str, ...], keyed: Keyed) -> Driver:
    """Return the manager that an earlier phase provided, at work on a job."""
    return driver(work.detected.manager)(
        work, Tool(argv=words, version=keyed.manager_version, why=keyed.manager_why)
    )


def origin(config: Config, plan: Plan, keyed: Keyed) -> Origin:
    """Return what the environment is made of; one that is made of anything else is of no use."""
    chosen = {
        "groups": ",".join(sorted(config.groups)),
        "extras": ",".join(sorted(config.extras)),
        "arguments": config.install_args,
        "lock-policy": config.lock_policy,
    }
    return Origin(
        manager=plan.manager, manager_version=keyed.manager_version, inputs=keyed.inputs, selection=chosen
    )


def proof(config: Config, edges: Edges[Config], plan: Plan, keyed: Keyed) -> Verified | Rejected:
    """Return whether the environment that lies there is the one that was recorded.

    Bytecode is in no proof, so what was restored of it is dropped: Python would run it instead of the source.
    """
    work = job(config, edges, keyed)
    manager = again(work, (), keyed)
    found = environments.verify(
        work.venv,
        interpreter=work.interpreter,
        origin=origin(config, plan, keyed),
        locked=manager.locked_packages if plan.is_locked else None,
        process=edges.process,
        local=manager.local,
        project=work.directory,
        in_place=in_place.kept(work.files, work.directory, work.detected.manager),
    )
    if isinstance(found, Verified) and not found.moved and edges.context.github:
        environments.drop_bytecode(found.environment)
    return found


def record(config: Config, plan: Plan, keyed: Keyed, filled: Driver, kept: Mapping[str, str]) -> Marker:
    """Leave the note in an environment that was just made, with the projects in it that are kept."""
    return environments.record(
        filled.job.venv,
        interpreter=filled.job.interpreter,
        origin=origin(config, plan, keyed),
        local=filled.local,
        project=filled.job.directory,
        in_place=kept,
    )


def misfits(filled: Driver) -> tuple[str, ...]:
    """Return what is installed and does not fit together, as sentences."""
    from ci_actions.project import consistency

    read = environments.read(filled.job.venv)
    needs = {}
    for each in environments.installed(read):
        path = f"{each.folder}/METADATA"
        if path in read.content.files:
            needs[each.name] = consistency.needs_of(read.text(path))
    return consistency.unmet(needs, filled.job.interpreter)


def _python_for_managers(target: Interpreter) -> str:
    """Return the interpreter that managers run on: the project's own where it is new enough for them, else ours."""
    import sys

    major, minor = (int(part) for part in target.version.split(".")[:2])
    if target.implementation == "cpython" and (major, minor) >= (3, 11) and not target.free_threaded:
        return target.path
    return getattr(sys, "_base_executable", "") or sys.executable
