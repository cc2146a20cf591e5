"""Edge: the last phase: installs the project itself, and says what later steps find on PATH."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ci_actions.home import cache_home
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import Activated, Finished, FinishFacts

if TYPE_CHECKING:
    from ci_actions.kit.run import Edges


def finish(config: Config, found: FinishFacts, edges: Edges[Config]) -> Finished:
    """Install the project itself and say what later steps are to find on PATH."""
    if found.plan.manager == "none" or found.installed is None or found.keyed is None:
        return Finished(facts=found, ended=edges.clock.now())
    begun = edges.clock.monotonic()
    if found.installed.has_project:
        from ci_actions.python_setup_with_cache import environment

        job = environment.job(config, edges, found.keyed)
        environment.again(job, found.installed.manager, found.keyed).install_project()
    seconds = {"project": edges.clock.monotonic() - begun}
    activated = _activated(config, edges, found) if config.activate else None
    return Finished(facts=found, activated=activated, seconds=seconds, ended=edges.clock.now())


def _activated(config: Config, edges: Edges[Config], found: FinishFacts) -> Activated:
    """Return what later steps find on PATH: the environment's programs first, then the manager, and nothing beside it."""
    assert found.keyed
    assert found.installed
    venv = edges.directory / ".venv"
    scripts = venv / ("Scripts" if os.name == "nt" else "bin")
    paths = []
    words = tuple(found.installed.manager)
    if words and not found.keyed.choice.get("program") and len(words) == 1:
        paths.append(str(_door(Path(words[0]), Path(cache_home(edges.environ)))))
    variables = {}
    if config.install:
        paths.append(str(scripts))
        variables["VIRTUAL_ENV"] = str(venv)
        if found.plan.manager == "hatch":
            # `hatch run` would make another environment elsewhere.
            variables["HATCH_ENV_TYPE_VIRTUAL_PATH"] = str(venv)
    return Activated(
        paths=tuple(paths),
        venv=str(venv) if config.install else "",
        variables=variables,
        by_hand=not edges.context.github,
    )


def _door(program: Path, cache: Path) -> Path:
    """Return a folder that holds a manager's program and nothing else: its own environment has a `python` too."""
    folder = cache / "ci-actions" / "programs" / f"{program.parent.parent.name}"
    folder.mkdir(parents=True, exist_ok=True)
    door = folder / program.name
    if os.name == "nt":
        door.with_suffix(".cmd").write_text(f'@"{program}" %*\r\n', encoding="utf-8")
    elif not door.is_symlink():
        door.symlink_to(program)
    return folder
