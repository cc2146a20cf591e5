"""Our own workflows: their lock, their tests, and gates that forget no job; test_static.py has what all workflows keep to."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci_actions.capabilities import CAPABILITIES
from ci_actions.publish import actions_lock

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
GATED = [path for path in WORKFLOWS if path.name in ("_check.yml", "_selftest.yml")]


def parsed(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def named(path: Path) -> str:
    return path.name


def test_the_lock_is_what_the_workflows_use() -> None:
    expected = actions_lock.lock(actions_lock.read(ROOT))
    assert (ROOT / actions_lock.PATH).read_text(encoding="utf-8") == expected, (
        f"{actions_lock.PATH} differs: run python -m ci_actions.publish.actions_lock"
    )


def test_the_lock_has_the_shape_of_githubs_tool() -> None:
    document = yaml.safe_load((ROOT / actions_lock.PATH).read_text(encoding="utf-8"))
    assert list(document) == ["version", "workflows", "dependencies"]
    assert document["version"] == "v0.0.2"
    assert all((ROOT / path).is_file() for path in document["workflows"])
    used = {key for keys in document["workflows"].values() for key in keys}
    assert used == set(document["dependencies"])
    for key, entry in document["dependencies"].items():
        assert list(entry) == ["ref", "commit", "owner_id", "repo_id"]
        assert entry["commit"] == "sha1-" + key.rpartition("@")[2]


def test_a_release_restores_no_cache() -> None:
    for name, job in parsed(FOLDER / "_release.yml")["jobs"].items():
        assert "cache" not in str(job["steps"]), f"_release.yml: job {name}: a release restores nothing"


@pytest.mark.parametrize("path", GATED, ids=named)
def test_the_gate_waits_for_every_job(path: Path) -> None:
    jobs = parsed(path)["jobs"]
    assert set(jobs["gate"]["needs"]) == set(jobs) - {"gate"}, (
        f"{path.name}: `needs` of the gate forgets a job"
    )
    assert jobs["gate"]["if"] == "always()"


def test_publish_asks_for_the_gates_by_their_names() -> None:
    text = (FOLDER / "_release.yml").read_text(encoding="utf-8")
    for path in GATED:
        assert text.count(f"--check '{parsed(path)['jobs']['gate']['name']}'") == 2, path.name
    for name, job in parsed(FOLDER / "_release.yml")["jobs"].items():
        assert job["name"].startswith("release: "), f"job {name}: its check would count against a second run"


@pytest.mark.parametrize("name", CAPABILITIES)
def test_every_capability_is_tested_as_it_is_used(name: str) -> None:
    jobs = parsed(FOLDER / "_selftest.yml")["jobs"]
    users = [job for job, about in jobs.items() if f"$/actions/{name}" in str(about)]
    assert [job for job in users if not job.startswith("xfail-")], (
        f"_selftest.yml: no job uses $/actions/{name}"
    )
    assert [job for job in users if job.startswith("xfail-")], (
        f"_selftest.yml: no job misuses $/actions/{name}"
    )


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    tool = str(ROOT / "tools" / "build-peers.sh")
    built = subprocess.run(["bash", tool, "--path", "actionlint"], capture_output=True, text=True, check=True)
    binary = Path(built.stdout.strip())
    if not binary.is_file():
        pytest.skip("no actionlint; install Go, then: make peers")
    for path, text in actions_lock.read(ROOT).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        # actionlint does not know `$/` (rhysd/actionlint#711); as `./` it even checks the inputs.
        (tmp_path / path).write_text(text.replace("uses: $/", "uses: ./"), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    done = subprocess.run([binary, "-no-color"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
