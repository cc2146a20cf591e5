"""Fixtures for tests under real act: the binary, and the trees it takes for org/ci-actions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # `python -m pytest` puts it there, the command `pytest` does not
    sys.path.insert(0, str(ROOT))

from tests.e2e.acting import Repository, World, add_doors, copy_of_checkout  # noqa: E402

from ci_actions import home, vendoring  # noqa: E402


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
    act = act_or_skip()
    folder = tmp_path_factory.mktemp("trees")
    vendor = Path(home.vendor_folder(str(ROOT), os.environ))
    if not vendor.is_dir():
        vendoring.build(ROOT / "requirements" / "runtime.txt", vendor, sys.executable)
    for name in ("source", "released"):
        copy_of_checkout(ROOT, folder / name)
    add_doors(folder / "released")
    shutil.copytree(vendor, folder / "released" / "vendor")
    cache = folder / "cache"
    # The job finds the folder that a source tree makes at its first start (tests/integration has that start).
    shutil.copytree(vendor, cache / "ci-actions" / "vendor" / vendor.name)
    return World(act, folder / "released", folder / "source", cache)


@pytest.fixture(scope="module")
def new_repository(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Repository]:
    """Makes consumer repositories."""
    return lambda: Repository.create(tmp_path_factory.mktemp("consumer"))
