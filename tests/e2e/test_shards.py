"""Shards that collect, and the job that merges what they hand on, under real act.

The files go from job to job by a folder of the host, HANDOVER, instead of actions/upload-artifact and
actions/download-artifact: those need a network, and are not what is tested here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.acting import MEASURE, Repository, Run, World, always, gate, job

pytestmark = pytest.mark.e2e

FETCH = 'mkdir -p reports && cp -R "$HANDOVER"/. reports/'


def shard(name: str, *words: str) -> dict[str, object]:
    return job(
        f"{MEASURE} {' '.join(words)}",
        gate(id="collect", collect="${{ env.HANDOVER }}/" + name + "/collected.json"),
        'echo "collected: ${{ steps.collect.outputs.result }} ${{ steps.collect.outputs.collected-file }}"',
        # What the later job merges is the document alone: the sources are not needed, nor the data file.
        "rm .coverage",
    )


JOBS = {
    "shard-a": shard("linux-a", "money"),
    "shard-b": shard("linux-b", "ledger"),
    "shard-c": shard("windows-c", "refund"),
    "empty": job("true", gate(id="collect", collect="nowhere.json", dry_run="true")),
    "merged": job(
        FETCH, gate(files="reports/*/collected.json", expect_reports="linux-a, linux-b, windows-c")
    ),
    "partial": job(
        f"{FETCH} && rm -r reports/windows-c",
        gate(files="reports/*/collected.json", expect_reports="linux-a, linux-b, windows-c", dry_run="true"),
    ),
    "too-few": job(
        f"{FETCH} && rm -r reports/linux-b", gate(files="reports/*/collected.json", expect_reports="3")
    ),
    "one-shard": job(FETCH, gate(files="reports/linux-a/collected.json")),
    "stale": job(
        FETCH, "echo 'x = 1' >> src/pay/money.py", gate(files="reports/*/collected.json", min_new_code="off")
    ),
    "cut-off": job(
        f"{FETCH} && head -c 200 reports/linux-a/collected.json > half && mv half reports/linux-a/collected.json",
        gate(files="reports/*/collected.json"),
        always('echo "told: ${{ steps.gate.outputs.result }}"'),
    ),
}
for judging in ("merged", "partial", "too-few", "one-shard", "stale", "cut-off"):
    JOBS[judging]["needs"] = ["shard-a", "shard-b", "shard-c"]


@pytest.fixture(scope="module")
def handover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handover")


@pytest.fixture(scope="module")
def run(world: World, new_repository: Callable[[], Repository], handover: Path) -> Run:
    repository = new_repository()
    repository.with_workflow(JOBS)
    return world.run(repository.path, env={"HANDOVER": str(handover)})


def test_a_shard_judges_nothing_and_hands_on_its_analysis(run: Run, handover: Path) -> None:
    for name, folder in (("shard-a", "linux-a"), ("shard-b", "linux-b"), ("shard-c", "windows-c")):
        found = run.job(name)
        file = handover / folder / "collected.json"
        assert found.result == "success", run.text
        assert f"collected: passed {file}" in found.log
        assert json.loads(file.read_text())["format"] == "ci-actions-coverage"
        assert "coverage-gate: collected" in found.summaries["collect"]


def test_the_judging_job_merges_what_no_shard_has_alone(run: Run) -> None:
    merged, alone = run.job("merged"), run.job("one-shard")
    assert (merged.result, merged.exit_code) == ("success", 0), merged.log
    assert (merged.gate["overall"], merged.gate["new-code"]) == ("100.00", "100.00")
    assert (alone.result, alone.exit_code) == ("failure", 1)
    assert json.loads(alone.gate["failed-gates-json"]) == ["overall", "new-code"]


def test_a_shard_that_is_missing_is_named_and_is_no_pass(run: Run) -> None:
    partial, few = run.job("partial"), run.job("too-few")
    assert (partial.result, partial.exit_code) == ("failure", 3)
    assert any("found 2: missing 'windows-c'" in each for each in partial.said("error"))
    assert (few.result, few.exit_code) == ("failure", 3)
    assert any("Expected 3 coverage reports (expect-reports), found 2" in each for each in few.said("error"))


def test_nothing_to_collect_is_no_pass(run: Run) -> None:
    found = run.job("empty")
    assert (found.result, found.exit_codes["collect"]) == ("failure", 3)
    assert found.outputs["collect"]["result"] == "error"


def test_a_source_that_is_not_the_measured_one_is_no_pass(run: Run) -> None:
    found = run.job("stale")
    assert (found.result, found.exit_code) == ("failure", 3)
    assert any("another version of src/pay/money.py" in each for each in found.said("error"))


def test_half_a_file_is_no_pass(run: Run) -> None:
    found = run.job("cut-off")
    assert (found.result, found.exit_code) == ("failure", 3)
    assert "told: error" in found.log
