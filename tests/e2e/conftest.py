"""Fixtures for tests under real act: the binary, and the trees it takes for org/ci-actions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # `python -m pytest` puts it there, the command `pytest` does not
    sys.path.insert(0, str(ROOT))

from tests.e2e.acting import Repository, World, make_world  # noqa: E402
from tests.e2e.pipelines import for_act, interpreter  # noqa: E402
from tests.e2e.stand_ins import tool_cache  # noqa: E402


def act_or_skip() -> Path:
    """Return the pinned act, built now if need be."""
    tool = str(ROOT / "tools" / "build-peers.sh")
    built = subprocess.run(["bash", tool, "--path", "act"], capture_output=True, text=True, check=True)
    act = Path(built.stdout.strip())
    if not act.is_file():
        made = subprocess.run(["bash", tool, "act"], capture_output=True, text=True, check=False)
        if not act.is_file():
            reason = f"no act to run workflows with; install Go, then: make peers\n{made.stdout}{made.stderr}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
    return act


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Real act, a source tree, and the released tree made of it."""
    return make_world(act_or_skip(), ROOT, tmp_path_factory.mktemp("trees"))


@pytest.fixture(scope="session")
def machine(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """The tree for act, a tool cache with this interpreter, and the private environments that this machine has already."""
    tool_cache(world.cache / "act" / "tool_cache", interpreter())
    kept = Path(os.environ["XDG_CACHE_HOME"], "ci-actions", "environments")
    kept.mkdir(parents=True, exist_ok=True)
    here = world.cache / "ci-actions" / "environments"
    if not here.exists():
        here.symlink_to(kept)
    return world, for_act(world.released, tmp_path_factory.mktemp("act") / "tree")


@pytest.fixture(scope="module")
def new_repository(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Repository]:
    """Makes consumer repositories."""
    return lambda: Repository.create(tmp_path_factory.mktemp("consumer"))
