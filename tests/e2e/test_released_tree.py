"""Every door of a real release, called as a consumer calls it: offline, without pip, from a path with spaces.

Generated from the list of doors, so that a later capability is covered without a new test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.acting import Repository, World, copy_of_checkout, gate, job

from ci_actions.capabilities import CAPABILITIES
from ci_actions.publish import tree

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
RESULTS = {"passed", "failed", "error", "skipped", "would-fail", "rolled-back", "partial"}
#: Nobody answers here: whatever wants to fetch something fails.
OFFLINE = {"PIP_NO_INDEX": "1", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


@pytest.fixture(scope="module")
def release(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[tree.Release, Path]:
    """What is checked out, work in progress included, as a release."""
    folder = tmp_path_factory.mktemp("a release")
    copy_of_checkout(ROOT, folder / "source")
    source = tree.Source("0" * 40, 1_700_000_000, tree.read_folder(folder / "source"))
    vendor = tree.vendored(source.files[tree.LOCK].data, sys.executable, os.environ)
    made = tree.make(source, "1.0.0", vendor)
    tree.write(made.files, folder / "the tree of v1", source.time)
    return made, folder / "the tree of v1"


def test_every_door_answers(
    release: tuple[tree.Release, Path],
    world: World,
    new_repository: Callable[[], Repository],
    tmp_path: Path,
) -> None:
    made, folder = release
    assert set(made.doors) == set(CAPABILITIES)
    repository = new_repository()
    steps = [{**gate(f"org/ci-actions/{name}@v1", id=name), "continue-on-error": True} for name in made.doors]
    repository.with_workflow({"doors": job(*steps)})
    # Not the cache of the other tests, which holds dependencies: a release brings its own.
    bare = replace(world, cache=tmp_path / "cache")  # act itself cannot bear spaces here
    bare.cache.mkdir()
    done = bare.run(repository.path, tree=folder, env=OFFLINE).job("doors")
    assert done.result == "success", done.log
    for name in made.doors:
        assert done.outputs[name]["result"] in RESULTS, done.log
    assert not (bare.cache / "ci-actions" / "vendor").exists()
    assert "fetching dependencies" not in done.log
