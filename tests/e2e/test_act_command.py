"""`ci-actions act --run` under real act: from a checkout and from a released tree, green, red, and skipped in silence.

The two actions of others that a called workflow uses are stand-ins (tools/stand-ins).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.e2e.acting import MEASURE, Repository, World, gate, job
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SCANNING = "org/ci-actions/.github/workflows/code-scanning.yml@v1"
ALL = f"{MEASURE} money ledger refund"


def act(
    world: World,
    repository: Repository,
    *words: str,
    program: list[str],
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command in a consumer's repository, with act on PATH; the two streams are one."""
    environ = world.environ()
    environ["PATH"] = f"{world.act.parent}:{environ['PATH']}"
    return subprocess.run(
        [*program, "act", *words],
        cwd=repository.path,
        env={**environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


CHECKOUT = [sys.executable, "-m", "ci_actions"]


def test_a_checkout_runs_an_action_and_a_called_workflow(
    world: World, new_repository: Callable[[], Repository], tmp_path: Path
) -> None:
    repository = new_repository()
    gated = job(ALL, gate(), 'echo "told: ${{ steps.gate.outputs.result }}"', **{"runs-on": ["Linux", "big"]})
    called = {"uses": SCANNING, "with": {"runs-on": '"elsewhere"'}}
    repository.with_workflow({"gated": gated, "called": called})
    others = [
        f"--local-repository={name}={folder}" for name, folder in stands_for(stand_ins_or_skip()).items()
    ]
    done = act(
        world,
        repository,
        f"--to={tmp_path / 'a tree'}",
        "--run",
        "--offline",
        "--",
        *others,
        program=CHECKOUT,
    )
    assert done.returncode == 0, done.stdout
    assert "told: passed" in done.stdout
    assert "Nothing was uploaded to code scanning" in done.stdout
    assert "act ended with 0: 2 success" in done.stdout
    assert "is not org/ci-actions@v1" not in done.stdout
    assert (tmp_path / "a tree" / "tree" / "coverage-gate" / "action.yml").is_file()
    # Nothing of ours was fetched.
    assert not (world.cache / "act" / "org-ci-actions.git").exists()


def test_a_red_job_and_one_that_act_skips_are_no_pass(
    world: World, new_repository: Callable[[], Repository], tmp_path: Path
) -> None:
    repository = new_repository()
    hidden = {**job("true"), "runs-on": "${{ format('windows-{0}', 2025) }}"}
    repository.with_workflow({"red": job(f"{MEASURE} money", gate()), "green": job("true"), "hidden": hidden})
    words = [f"--to={tmp_path / 'tree'}", "--run", "--offline"]
    red = act(world, repository, *words, "--", "-j", "red", program=CHECKOUT)
    assert red.returncode == 1, red.stdout
    assert "overall not met" in red.stdout
    skipped = act(world, repository, *words, "--", "-j", "hidden", program=CHECKOUT)
    assert skipped.returncode == 3, skipped.stdout
    assert "runs-on of job 'hidden' depends on format(), which is not known before it runs" in skipped.stdout
    assert "hidden in silence: nothing is mapped to its label 'windows-2025'" in skipped.stdout
    mapped = act(
        world, repository, *words, "--", "-j", "hidden", "-P", "windows-2025=-self-hosted", program=CHECKOUT
    )
    assert mapped.returncode == 0, mapped.stdout
    nothing = act(world, repository, *words, "--", "-j", "none", program=CHECKOUT)
    assert nothing.returncode == 3, nothing.stdout


def test_a_released_tree_runs_itself_and_hands_on_no_secret(
    world: World, new_repository: Callable[[], Repository], tmp_path: Path
) -> None:
    repository = new_repository()
    told = 'echo "token: [$GITHUB_TOKEN] [$CLOUD_KEY] [${{ secrets.GITHUB_TOKEN && 1 }}]"'
    repository.with_workflow({"gated": job(told, ALL, gate())})
    start = ["bash", str(world.released / "coverage-gate" / "start.sh")]
    secrets = {"GITHUB_TOKEN": "ghs_secret", "CLOUD_KEY": "key", "CI_ACTIONS_PYTHON": sys.executable}
    words = [f"--to={tmp_path / 'tree'}", "--run", "--offline", "--workflow=ci.yml"]
    done = act(world, repository, *words, program=start, env=secrets)
    assert done.returncode == 0, done.stdout
    assert "token: [] [] []" in done.stdout
    given = act(world, repository, *words, "--", "-s", "GITHUB_TOKEN", program=start, env=secrets)
    assert given.returncode == 0, given.stdout
    assert "token: [***] [] [1]" in given.stdout
    assert "ghs_secret" not in given.stdout
