"""release.yml and release-publish.yml under real act, as the example calls them; GitHub's API is the double's, on loopback.

Of the whole of ci.yml, which release.yml calls, only the tests run: everything else of it is test_ci's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_api import WRITER, Api, served
from tests.doubles.github_openapi import Description, description_or_skip
from tests.e2e.acting import Repository, World
from tests.e2e.pipelines import GIVEN, Consumer, Pipeline, orders, pipeline
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

pytestmark = pytest.mark.e2e

CHANGELOG = "# Changes\n\n## [1.0.0] - 2026-11-21\n\n- Takes orders.\n"
#: The tests and nothing else of ci.yml, in one job.
INPUTS = {**GIVEN, "layout": "single", "quality": "false", "security": "false", "docs": "false"}
WORKFLOW: dict[str, Any] = {
    "name": "release",
    "on": {"push": {"tags": ["v*"]}},
    "jobs": {
        "release": {
            "permissions": {"contents": "read"},
            "uses": "org/ci-actions/.github/workflows/release.yml@v1",
            "with": INPUTS,
        },
        "publish": {
            "needs": "release",
            "permissions": {"contents": "write"},
            "uses": "org/ci-actions/.github/workflows/release-publish.yml@v1",
        },
    },
}


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load(description_or_skip())


@dataclass
class Project:
    """The consumer, and what GitHub has of it."""

    consumer: Consumer
    api: Api

    def release(self, tag: str) -> Pipeline:
        """Push a tag on what is checked out, and run the workflow that it starts."""
        repository = self.consumer.repository
        repository.git("tag", "--force", tag)
        repository.git("push", "--quiet", "--force", "origin", tag)
        artifacts = self.consumer.folder / "artifacts"
        shutil.rmtree(artifacts, ignore_errors=True)
        done = self.consumer.world.run(
            repository.path,
            "push",
            workflow="release.yml",
            payload={
                "ref": f"refs/tags/{tag}",
                "after": repository.git("rev-parse", "HEAD"),
                "repository": {"default_branch": "main", "full_name": "acme/shop"},
            },
            env={**self.consumer.environ(), "GITHUB_API_URL": self.api.url, "GITHUB_REPOSITORY": "acme/shop"},
            stand_ins=self.consumer.stand_ins,
            caches=self.consumer.folder / "caches",
            artifacts=artifacts,
            tree=self.consumer.tree,
            token=WRITER,
        )
        return pipeline(done.code, done.text)

    def change(self, files: Mapping[str, str], *, push: bool = True) -> None:
        """Commit files on what is checked out."""
        self.consumer.repository.write(files)
        self.consumer.repository.commit("a change", "main" if push else "")


@pytest.fixture(scope="module")
def consumer(
    machine: tuple[World, Path],
    new_repository: Callable[[], Repository],
    tmp_path_factory: pytest.TempPathFactory,
) -> Consumer:
    world, tree = machine
    repository = new_repository()
    orders(repository)
    repository.git("checkout", "--quiet", "main")
    repository.write({"CHANGELOG.md": CHANGELOG, ".github/workflows/release.yml": json.dumps(WORKFLOW)})
    repository.commit("a release", "main")
    return Consumer(
        world, repository, tmp_path_factory.mktemp("release"), stands_for(stand_ins_or_skip()), tree
    )


@pytest.fixture
def project(consumer: Consumer, description: Description) -> Iterator[Project]:
    repository = consumer.repository
    before = repository.git("rev-parse", "HEAD")
    origin = Path(repository.git("remote", "get-url", "origin"))
    with served(description, origin, "acme/shop") as api:
        yield Project(consumer, api)
    repository.git("checkout", "--quiet", "--force", "-B", "main", before)
    repository.git("push", "--quiet", "--force", "origin", "main")


def errors(done: Pipeline) -> str:
    return "\n".join(text for job in done.jobs.values() for text in job.said("error"))


def test_a_tag_of_another_form(project: Project) -> None:
    done = project.release("v1.0")
    assert (done.code, done.result("release / verify")) == (1, "failure"), done.text
    assert "'v1.0' is no tag to release: a tag is v1.2.3, with three numbers: write v1.0.0" in errors(done)
    assert done.result("release / build") == done.result("publish / publish") == "skipped"
    assert project.api.calls == []


@pytest.mark.slow
def test_a_release_from_the_tag_to_github(project: Project) -> None:
    """A whole run of act with a build; `test_a_tag_of_another_form` samples the first job of it."""
    done = project.release("v1.0.0")
    assert done.code == 0, done.text
    for name in ("release / verify", "release / build", "release / all-green", "publish / publish"):
        assert done.result(name) == "success", f"{name}\n{done.text}"
    (release,) = project.api.releases.values()
    assert (release["tag_name"], release["draft"], release["latest"]) == ("v1.0.0", False, True)
    assert release["body"].endswith("\n\n- Takes orders.\n")
    names = sorted(about["name"] for _, about, _ in project.api.assets.values())
    assert names == ["SHA256SUMS", "orders-1.0.0-py3-none-any.whl", "orders-1.0.0.tar.gz"]
    assert "ci-release" in project.consumer.artifacts()


def a_commit_beside(project: Project) -> str:
    project.consumer.repository.git("checkout", "--quiet", "-B", "topic")
    project.change({"more": "x"}, push=False)
    return "v1.0.0"


def nothing_in_the_changelog(project: Project) -> str:
    project.change({"CHANGELOG.md": "# Changes\n\n## 0.9.0\n\n- Old.\n"})
    return "v1.0.0"


def another_version(project: Project) -> str:
    project.change({"CHANGELOG.md": CHANGELOG.replace("1.0.0", "1.1.0")})
    return "v1.1.0"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (a_commit_beside, "the commit of v1.0.0, is not on 'main'."),
        (nothing_in_the_changelog, "CHANGELOG.md has no section for 1.0.0: it has 0.9.0."),
        (another_version, "[project] in pyproject.toml says version 1.0.0, and the tag is v1.1.0."),
    ],
    ids=["branch", "changelog", "version"],
)
def test_what_may_not_be_released(project: Project, change: Callable[[Project], str], said: str) -> None:
    """A run of act each; `tests/unit/ci_release/test_releasing.py` has each reason without act."""
    done = project.release(change(project))
    assert (done.code, done.result("release / verify")) == (1, "failure"), done.text
    assert said in errors(done)
    assert done.result("publish / publish") == "skipped"
    assert project.api.calls == []


@pytest.mark.slow
def test_tests_that_are_red_keep_it_from_being_built(project: Project) -> None:
    """A run of act with tests; `tests/contract` holds what needs what."""
    project.change({"tests/test_red.py": "def test_red() -> None:\n    assert 1 + 1 == 3\n"})
    done = project.release("v1.0.0")
    assert done.code == 1
    assert done.result("release / verify") == "success", done.text
    assert done.result("release / build") == done.result("publish / publish") == "skipped"
    assert project.api.calls == []


def test_the_example_calls_both() -> None:
    example = (Path(__file__).resolve().parents[2] / "examples/workflows/release.yml").read_text()
    for job in WORKFLOW["jobs"].values():
        assert f"uses: {job['uses']}" in example
