"""report-issue.yml under real act, as the second job of a workflow of a consumer; GitHub's API is the double's, on loopback.

The first job leaves its report as nightly.yml does, and says how it ended as an output: act ends a run at a job that fails.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_api import ISSUE_READER, REPORTER, Api, served
from tests.doubles.github_openapi import Description, description_or_skip
from tests.e2e.acting import RUNNER, Job, Repository, World
from tests.e2e.pipelines import Pipeline, for_act, pipeline
from tests.e2e.stand_ins import SOURCE, stand_ins_or_skip, stands_for
from tests.unit.ci_report_issue.reports import critical, report, section

pytestmark = pytest.mark.e2e

UPLOAD = next(
    line.split("uses: ")[1].split(" #")[0]
    for line in (SOURCE.parents[1] / ".github/workflows/ci.yml").read_text().splitlines()
    if "actions/upload-artifact@" in line
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load(description_or_skip())


@pytest.fixture
def api(description: Description, tmp_path: Path) -> Iterator[Api]:
    bare = tmp_path / "bare"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    with served(description, bare, "acme/shop") as api:
        yield api


@pytest.fixture(scope="module")
def tree(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return for_act(world.released, tmp_path_factory.mktemp("act") / "tree")


@dataclass
class Consumer:
    """A repository with a nightly workflow of two jobs."""

    world: World
    repository: Repository
    tree: Path
    api: Api
    folder: Path
    number: int = 20

    def night(self, result: str, document: dict[str, Any], token: str = REPORTER) -> Pipeline:
        """Run the workflow once."""
        self.repository.write(
            {
                "report.json": json.dumps(document),
                "result.txt": f"result={result}\n",
                ".github/workflows/nightly.yml": json.dumps(WORKFLOW),
            }
        )
        self.repository.commit("a night")
        self.number += 1
        done = self.world.run(
            self.repository.path,
            "schedule",
            workflow="nightly.yml",
            payload={"schedule": "17 4 * * *", "repository": {"default_branch": "main"}},
            tree=self.tree,
            env={"GITHUB_API_URL": self.api.url, "GITHUB_RUN_ID": str(self.number)},
            stand_ins=stands_for(stand_ins_or_skip()),
            artifacts=self.folder / f"artifacts-{self.number}",
            token=token,
        )
        return pipeline(done.code, done.text)


WORKFLOW: dict[str, Any] = {
    "name": "nightly",
    "on": {"schedule": [{"cron": "17 4 * * *"}]},
    "jobs": {
        "nightly": {
            "runs-on": RUNNER,
            "outputs": {"result": "${{ steps.result.outputs.result }}"},
            "steps": [
                {"uses": "actions/checkout@v4"},
                {"id": "result", "run": 'cat result.txt >>"$GITHUB_OUTPUT"'},
                {"uses": UPLOAD, "with": {"name": "ci-nightly-report", "path": "report.json"}},
            ],
        },
        "report-issue": {
            "needs": "nightly",
            "if": "always()",
            "permissions": {"issues": "write"},
            "uses": "org/ci-actions/.github/workflows/report-issue.yml@v1",
            "with": {"result": "${{ needs.nightly.outputs.result }}"},
        },
    },
}


@pytest.fixture
def consumer(
    world: World, new_repository: Callable[[], Repository], tree: Path, api: Api, tmp_path: Path
) -> Consumer:
    repository = new_repository()
    repository.git("checkout", "--quiet", "main")
    # Nothing is fetched; act takes the name of the repository from here.
    repository.git("remote", "set-url", "origin", "https://github.com/acme/shop")
    return Consumer(world, repository, tree, api, tmp_path)


def the_job(done: Pipeline) -> Job:
    return done.jobs["report-issue / report-issue"]


def test_a_red_night_opens_an_issue(consumer: Consumer, api: Api) -> None:
    done = consumer.night("failure", report("failed", section("test 3.13", "@everyone: #1 failed")))
    assert (done.code, the_job(done).result) == (0, "success"), done.text
    (issue,) = api.issues.issues.values()
    # GitHub's `github.workflow` is the caller's, act's the called one's.
    assert (issue["title"], issue["state"]) == ("report-issue is red", "open")
    assert "### `test 3.13` (1)\n\n- `@everyone: #1 failed`\n" in issue["body"]
    assert the_job(done).outputs["report"]["issue"] == issue["html_url"]
    assert f"[#{issue['number']}](<{issue['html_url']}>) | created |" in the_job(done).summaries["report"]


@pytest.mark.slow
def test_red_green_and_red_again(consumer: Consumer, api: Api) -> None:
    """Four runs of act; `tests/unit/ci_report_issue/test_reporting.py` has each of them without it, the test above samples it."""
    consumer.night("failure", report("failed", critical=[critical()]))
    own, theirs = api.issues.issues.values()
    assert consumer.night("success", report("passed")).code == 0
    assert (own["state"], theirs["state"]) == ("closed", "closed")
    consumer.night("failure", report("failed"))
    assert (own["state"], theirs["state"]) == ("open", "closed")
    assert len(api.issues.issues) == 2
    assert [each.split(" [")[0] for each in api.pulls.bodies(own["number"])] == [
        "✅ Green in",
        "❌ Red again in",
    ]
    left = consumer.night("cancelled", report("passed"), ISSUE_READER)
    assert (left.code, own["state"]) == (0, "open")
    assert any("the run was cancelled" in each for each in the_job(left).said("notice"))
