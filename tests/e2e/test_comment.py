"""comment.yml under real act, called by the example's wrapper for a complete event `workflow_run`.

The artifacts of the other run and GitHub's API are the double's, on loopback. actions/download-artifact is a stand-in on
GitHub's own client library (tools/stand-ins), which asks the double for them. act does not know `$/`: the tree that it
runs has it rewritten (ci_actions.publish.act_tree).
"""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_api import COMMENTER, ONLOOKER, Api, served
from tests.doubles.github_openapi import Description, description_or_skip
from tests.e2e.acting import Job, Repository, Run, World
from tests.e2e.pipelines import for_act
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for
from tests.unit.ci_comment import payloads

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
HEAD = "2" * 40
RUN = 17


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
    """The released tree with `$/` as act knows it."""
    return for_act(world.released, tmp_path_factory.mktemp("act") / "tree")


@pytest.fixture(scope="module")
def repository(new_repository: Callable[[], Repository]) -> Repository:
    """A consumer whose default branch has the example's wrapper, as it stands there."""
    made = new_repository()
    made.git("checkout", "--quiet", "main")
    example = (ROOT / "examples/workflows/comment.yml").read_text()
    made.write({".github/workflows/comment.yml": example})
    made.commit("comments", "main")
    # Nothing is fetched; act takes the name of the repository from here.
    made.git("remote", "set-url", "origin", "https://github.com/acme/shop")
    return made


def event(name: str, **more: Any) -> dict[str, Any]:
    """Return the event as GitHub sends it, for this consumer."""
    text = (ROOT / "tests/events" / f"{name}.json").read_text()
    made: dict[str, Any] = json.loads(text.replace("acme/app", "acme/shop").replace("eve/app", "eve/shop"))
    made["workflow_run"] |= more
    return made


def packed(files: Mapping[str, object]) -> bytes:
    """Return an artifact with these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in files.items():
            archive.writestr(name, document if isinstance(document, str) else json.dumps(document))
    return made.getvalue()


def leave(api: Api, **documents: object) -> None:
    """Leave payloads in artifacts of the other run."""
    for name, document in documents.items():
        api.pulls.artifact(RUN, f"ci-{name}-comment", packed({"comment.json": document}))


def acted(
    world: World,
    tree: Path,
    repository: Repository,
    api: Api,
    payload: Mapping[str, object],
    token: str = COMMENTER,
) -> Run:
    return world.run(
        repository.path,
        "workflow_run",
        workflow="comment.yml",
        payload=payload,
        tree=tree,
        env={"GITHUB_API_URL": api.url},
        stand_ins=stands_for(stand_ins_or_skip()),
        token=token,
    )


def the_job(done: Run) -> Job:
    """Return the job of comment.yml, which the wrapper's job calls."""
    (found,) = [job for job in done.jobs.values() if job.result and "ci-comment" in job.log]
    return found


@pytest.mark.parametrize("name", ["workflow_run", "workflow_run_fork"])
def test_a_comment_with_what_three_gates_found(
    world: World, tree: Path, repository: Repository, api: Api, name: str
) -> None:
    owner = "eve" if name.endswith("fork") else "acme"
    api.pulls.open(f"{owner}:feature/x", HEAD, number=12, repository=f"{owner}/shop")
    leave(api, coverage=payloads.coverage(), security=payloads.security(), quality=payloads.quality())
    api.pulls.artifact(RUN, "coverage-html", packed({"index.html": "<html>"}))
    api.pulls.artifact(99, "ci-quality-comment", packed({"comment.json": "of another run"}))
    done = acted(world, tree, repository, api, event(name))
    assert done.code == 0, done.text
    assert the_job(done).result == "success"
    (body,) = api.pulls.bodies(12)
    assert [line.split(":")[0] for line in body.splitlines() if line.startswith("### ")] == [
        "### ❌ coverage-gate", "### ❌ security-scan", "### ❌ quality",
    ]  # fmt: skip
    assert "[run 45](<https://github.com/acme/shop/actions/runs/17>)" in body
    assert ("comes from a fork" in body) is (owner == "eve")


def test_a_second_run_updates_it_and_a_single_artifact_is_found(
    world: World, tree: Path, repository: Repository, api: Api
) -> None:
    api.pulls.open("eve:feature/x", HEAD, number=12, repository="eve/shop")
    leave(api, quality=payloads.quality())
    assert acted(world, tree, repository, api, event("workflow_run_fork")).code == 0
    api.pulls.artifacts.clear()
    leave(api, coverage=payloads.coverage())
    done = acted(world, tree, repository, api, event("workflow_run_fork", run_attempt=2))
    assert done.code == 0, done.text
    (body,) = api.pulls.bodies(12)
    assert "### ❌ coverage-gate: new code 50.00 %" in body
    assert "### ➖ quality: no result in this run" in body
    assert "run=17.2" in body


def test_what_a_fork_made_up_is_refused(world: World, tree: Path, repository: Repository, api: Api) -> None:
    api.pulls.open("eve:feature/x", HEAD, number=12, repository="eve/shop")
    leave(api, coverage=payloads.coverage(), quality=payloads.quality() | {"words": "@everyone"})
    api.pulls.artifact(RUN, "evil-comment", packed({"a/b/c.json": "{}", "comment.json": "{}"}))
    done = acted(world, tree, repository, api, event("workflow_run_fork"))
    found = the_job(done)
    assert (done.code, found.result) == (1, "failure"), done.text
    errors = found.said("error")
    assert "'evil-comment': it must hold comment.json and nothing else." in errors
    assert any(each.startswith("'ci-quality-comment': the payload must be an object") for each in errors)
    (body,) = api.pulls.bodies(12)
    assert "2 results of this run were refused" in body
    assert "### ❌ coverage-gate" in body
    assert "everyone" not in body


def test_a_cancelled_run_leaves_nothing(world: World, tree: Path, repository: Repository, api: Api) -> None:
    api.pulls.open("eve:feature/x", HEAD, number=12, repository="eve/shop")
    done = acted(world, tree, repository, api, event("workflow_run_fork", conclusion="cancelled"))
    found = the_job(done)
    assert (done.code, found.result) == (0, "success"), done.text
    assert any("The run ended as cancelled and left no payload" in each for each in found.said("notice"))
    assert api.pulls.bodies(12) == []


def test_a_token_that_may_only_read_keeps_it_green(
    world: World, tree: Path, repository: Repository, api: Api
) -> None:
    api.pulls.open("eve:feature/x", HEAD, number=12, repository="eve/shop")
    leave(api, quality=payloads.quality())
    done = acted(world, tree, repository, api, event("workflow_run_fork"), ONLOOKER)
    found = the_job(done)
    assert (done.code, found.result) == (0, "success"), done.text
    assert any("Add `pull-requests: write`" in each for each in found.said("notice"))
    assert api.pulls.bodies(12) == []


def test_a_run_for_a_push_starts_no_job(world: World, tree: Path, repository: Repository, api: Api) -> None:
    done = acted(world, tree, repository, api, event("workflow_run", event="push"))
    assert done.code == 0, done.text
    assert not any("ci-comment" in job.log for job in done.jobs.values())
    assert api.calls == []
