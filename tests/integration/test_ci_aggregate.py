"""ci-aggregate as the command line runs it: artifacts in folders, a plan from ci-plan itself, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository
from tests.unit.ci_aggregate.runs import TESTS, needs, record

from ci_actions.kit.errors import Exit
from ci_actions.project import durations

pytestmark = pytest.mark.integration

PYPROJECT = "[project]\nname = 'a'\nrequires-python = '>=3.11,<3.13'\n"


def run(here: Path, name: str, **inputs: str) -> tuple[int, Mapping[str, Any]]:
    """Run an action's Python as its step does; return the exit code and the report."""
    given = {f"INPUT_{key.upper()}": value for key, value in inputs.items()}
    done = subprocess.run(
        [sys.executable, "-m", "ci_actions", name, "--json"],
        cwd=here,
        env={**os.environ, **given},
        capture_output=True,
        check=False,
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def plan(repository: Repository) -> str:
    """What ci-plan says of a project with tests, in two shards on two versions."""
    repository.commit({"pyproject.toml": PYPROJECT, "tests/test_a.py": "", "README.md": ""})
    code, report = run(repository.path, "ci-plan", shards="2", coverage="false", build="false")
    assert code == 0
    said: str = report["outputs"]["jobs-json"]
    return said


def artifacts(folder: Path, *records: Mapping[str, Any]) -> None:
    """Write the records as actions/download-artifact unpacks them: a folder for each artifact."""
    for each in records:
        path = folder / "shards" / f"ci-shard-{each['id']}" / "reports"
        path.mkdir(parents=True, exist_ok=True)
        (path / "shard.json").write_text(json.dumps(each), encoding="utf-8")


def four() -> list[dict[str, Any]]:
    return [
        record(f"{python}-{part}", tests, python=python, part=f"{part}/2", seconds=seconds)
        for python, seconds in (("3.11", 1.0), ("3.12", 2.0))
        for part, tests in ((1, TESTS[:2]), (2, TESTS[2:]))
    ]


SKIPPED = needs(coverage="skipped", build="skipped", frontend="skipped")


def test_the_plan_of_ci_plan_is_understood_and_met(repository: Repository, plan: str) -> None:
    artifacts(repository.path, *four())
    code, report = run(
        repository.path,
        "ci-aggregate",
        needs=SKIPPED,
        plan=plan,
        shards="shards",
        durations="durations.json",
        durations_out="durations.json",
    )
    assert (code, report["result"]) == (Exit.PASSED, "passed")
    written = Path(report["outputs"]["durations-file"])
    assert written == repository.path / "durations.json"
    assert durations.parse(written.read_bytes()) == dict.fromkeys(TESTS, 2.0)


@pytest.mark.parametrize("lost", range(4))
def test_a_lost_artifact_is_no_pass(repository: Repository, plan: str, lost: int) -> None:
    left = [each for number, each in enumerate(four()) if number != lost]
    artifacts(repository.path, *left)
    (repository.path / "durations.json").write_text('{"gone::test": 9.0}')
    code, report = run(
        repository.path,
        "ci-aggregate",
        needs=SKIPPED,
        plan=plan,
        shards="shards",
        durations="durations.json",
        durations_out="durations.json",
    )
    assert (code, report["result"]) == (Exit.CANNOT_JUDGE, "error")
    assert f"Shard {four()[lost]['id']} brought no shard.json" in report["headline"]
    assert durations.parse((repository.path / "durations.json").read_bytes())["gone::test"] == 9.0


def test_no_folder_of_artifacts_is_no_pass(repository: Repository, plan: str) -> None:
    assert (
        run(repository.path, "ci-aggregate", needs=SKIPPED, plan=plan, shards="nowhere")[0]
        == Exit.CANNOT_JUDGE
    )
    assert run(repository.path, "ci-aggregate", needs=SKIPPED, plan=plan)[0] == Exit.CANNOT_JUDGE


def test_a_red_job_is_red(repository: Repository, plan: str) -> None:
    given = needs(quality="failure", test="skipped", coverage="skipped", build="skipped", frontend="skipped")
    code, report = run(repository.path, "ci-aggregate", needs=given, plan=plan, shards="shards")
    assert (code, report["outputs"]["failed-jobs-json"]) == (Exit.NOT_MET, '["quality", "test"]')
    code, report = run(
        repository.path, "ci-aggregate", needs=given, plan=plan, shards="shards", dry_run="true"
    )
    assert (code, report["result"]) == (Exit.PASSED, "would-fail")


def test_a_dry_run_does_not_make_missing_evidence_green(repository: Repository, plan: str) -> None:
    assert (
        run(repository.path, "ci-aggregate", needs=SKIPPED, plan=plan, dry_run="true")[0] == Exit.CANNOT_JUDGE
    )
    assert (
        run(repository.path, "ci-aggregate", needs=SKIPPED, plan="", dry_run="true")[0] == Exit.CANNOT_JUDGE
    )
    assert run(repository.path, "ci-aggregate", dry_run="true")[0] == Exit.CANNOT_JUDGE


@pytest.mark.parametrize(
    "setting",
    ["dry-run = true", "needs = '{}'", "plan = '{}'", "shards = 'x'"],
    ids=["dry-run", "needs", "plan", "shards"],
)
def test_no_setting_of_the_change_reaches_the_verdict(
    repository: Repository, plan: str, setting: str
) -> None:
    """The pull request under test writes pyproject.toml: nothing there can say how its jobs ended."""
    (repository.path / "pyproject.toml").write_text(f"{PYPROJECT}[tool.ci-actions.ci-aggregate]\n{setting}\n")
    code, report = run(
        repository.path, "ci-aggregate", needs=needs(quality="failure"), plan=plan, shards="shards"
    )
    assert code == Exit.BAD_INPUT
    assert "cannot stand in a settings file" in json.dumps(report["annotations"])


def test_earlier_durations_that_are_broken_are_said_and_replaced(repository: Repository, plan: str) -> None:
    artifacts(repository.path, *four())
    (repository.path / "durations.json").write_text("{")
    code, report = run(
        repository.path,
        "ci-aggregate",
        needs=SKIPPED,
        plan=plan,
        shards="shards",
        durations="durations.json",
        durations_out="durations.json",
    )
    assert code == Exit.PASSED
    assert "The durations in durations.json cannot be used: it is no JSON." in json.dumps(
        report["annotations"]
    )
    assert durations.parse((repository.path / "durations.json").read_bytes())
