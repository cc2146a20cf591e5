"""`nightly.yml` under real act, called by a consumer: green with what is flaky in every report, red for each gate.

The runs that take long are marked slow; the first one samples them: slow-marked tests run, a flaky one is told, and what
report-issue.yml takes is left behind. The services of the Compose file run on a Docker engine of the tests' own.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.acting import Repository, World
from tests.e2e.engine import Engine, engine_or_skip, layer
from tests.e2e.pipelines import MINOR, Consumer, Pipeline, call, orders
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

pytestmark = pytest.mark.e2e

NIGHTLY = "org/ci-actions/.github/workflows/nightly.yml@v1"
TEST = f"test {MINOR}"
ALWAYS = {"plan", "security", "all-green"}
FLAKY = """
import pathlib

import pytest

BEEN_HERE = pathlib.Path("been-here")


def test_that_is_flaky() -> None:
    been_here = BEEN_HERE.exists()
    BEEN_HERE.touch()
    assert been_here, "not at once"


@pytest.mark.slow
def test_that_is_slow() -> None:
    assert 1 + 1 == 2
"""
MARKS = "[pytest]\naddopts = -m 'not slow'\nmarkers = slow: takes long\ntestpaths = tests\npythonpath = src\n"
WEAK = "import subprocess\n\nsubprocess.call(input(), shell=True)\n"
COMPOSE = """
version: '3.8'
services:
  web:
    image: shell:here
    command: [sh, -c, 'echo web is up; exec sleep 600']
    healthcheck: {test: [CMD, test, -e, /data], interval: 1s}
"""
LOCUSTFILE = """
from locust import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.1)

    @task
    def look(self):
        self.client.get("/")
"""
GIVEN = {
    "compose-file": "compose.yml",
    "integration-command": 'test -n "$COMPOSE_PROJECT_NAME"',
    "locust-file": "locustfile.py",
    "load-host": "http://127.0.0.1:18467",
    "load-start-command": "exec python -m http.server --bind 127.0.0.1 18467",
    "load-users": "2",
    "load-seconds": "3",
}
FILES = {"tests/test_flaky.py": FLAKY, "pytest.ini": MARKS}


@pytest.fixture(scope="module")
def consumer(
    machine: tuple[World, Path],
    new_repository: Callable[[], Repository],
    tmp_path_factory: pytest.TempPathFactory,
) -> Consumer:
    world, tree = machine
    repository = new_repository()
    orders(repository)
    return Consumer(
        world, repository, tmp_path_factory.mktemp("nightly"), stands_for(stand_ins_or_skip()), tree
    )


@pytest.fixture
def branch(consumer: Consumer) -> Iterator[Consumer]:
    """The consumer on `feature`, which is main again afterwards."""
    repository = consumer.repository
    yield consumer
    repository.git("checkout", "--quiet", "--force", "-B", "feature", "origin/main")
    repository.git("clean", "-d", "--force", "--quiet")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine with an image that can wait."""
    if not shutil.which("docker-compose"):
        pytest.skip("no Compose to start services with: apt-get install docker-compose")
    with engine_or_skip() as made:
        made.load(
            "shell:here",
            layer(["/bin/sh", "/bin/sleep", "/usr/bin/test"], places={"data": 0o777}),
            "ENV PATH=/bin:/usr/bin",
        )
        yield made


def night(consumer: Consumer, engine: Engine | None = None, **given: str) -> Pipeline:
    """Run the caller as at night; with the packages of its tests alone, as every job sets them up."""
    env = {"DOCKER_HOST": engine.host} if engine else {}
    return consumer.run({"nightly": call(NIGHTLY, **{"groups": "test", **given})}, "schedule", env=env)


def in_artifact(consumer: Consumer, artifact: str, name: str) -> dict[str, Any]:
    """A JSON file of an artifact of the last night."""
    (path,) = (consumer.folder / "artifacts").glob(f"*/{artifact}/*.zip")
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read(name))
    return found


def told(consumer: Consumer) -> dict[str, Any]:
    """What report-issue.yml gets."""
    return in_artifact(consumer, "ci-nightly-report", "report.json")


def rows(consumer: Consumer, title: str) -> str:
    """The rows of one section of what report-issue.yml gets, one a line; empty where there is none."""
    sections = told(consumer)["sections"]
    return "\n".join(row for each in sections if each["title"] == title for row in each["rows"])


def test_a_flaky_test_is_told_and_keeps_nothing_from_being_green(branch: Consumer) -> None:
    branch.add(FILES)
    run = night(branch)
    assert run.code == 0, run.text
    assert run.results("nightly") == dict.fromkeys({*ALWAYS, TEST, "flaky"}, "success")
    assert "flaky" in run.verdict("nightly")
    test = run.jobs[f"nightly / {TEST}"]
    tests = in_artifact(branch, f"ci-nightly-test-{MINOR}-1", f"{MINOR}-1/shard.json")["tests"]
    assert tests["tests/test_flaky.py::test_that_is_slow"]["outcome"] == "passed"
    assert tests["tests/test_flaky.py::test_that_is_flaky"]["outcome"] == "rerun-passed"
    assert any("not at once" in each for each in test.said("warning"))
    assert run.jobs["nightly / flaky"].outputs["flaky"]["flaky"] == "1"
    assert told(branch)["result"] == "passed"
    assert "test_that_is_flaky" in rows(branch, "Flaky tests")
    assert {
        f"ci-nightly-test-{MINOR}-1",
        "ci-nightly-job-flaky",
        "ci-nightly-job-security",
    } <= branch.artifacts()


@pytest.mark.slow
def test_services_and_a_load_test_are_green(branch: Consumer, engine: Engine) -> None:
    """Slow: Locust and Compose; sampled by the integration tests of ci-load and ci-compose."""
    branch.add({"compose.yml": COMPOSE, "locustfile.py": LOCUSTFILE})
    given = {**GIVEN, "test": "false", "security": "false"}
    run = night(branch, engine, **given, **{"max-p95-ms": "10000", "min-requests-per-second": "0.5"})
    assert run.code == 0, run.text
    expected = {"plan", "integration", "load", "all-green"}
    assert run.results("nightly") == dict.fromkeys(expected, "success")
    assert int(run.jobs["nightly / load"].outputs["load"]["requests"]) > 0
    assert told(branch)["sections"] == []
    assert engine.docker("ps", "--all", "--quiet") == ""


@pytest.mark.slow
def test_red_tests_flaky_ones_and_findings(branch: Consumer) -> None:
    """Slow: a night in which three jobs are red; sampled by the green one, and by the unit tests of what is told."""
    branch.add(
        {
            **FILES,
            "tests/test_red.py": "def test_that_fails() -> None:\n    assert 1 + 1 == 3\n",
            "src/orders/weak.py": WEAK,
        }
    )
    run = night(branch, flaky="fail")
    assert run.code == 1
    red = {TEST, "flaky", "security", "all-green"}
    assert run.results("nightly") == {"plan": "success", **dict.fromkeys(red, "failure")}
    assert told(branch)["result"] == "failed"
    assert "test failed" in rows(branch, "Jobs")
    assert "tests/test_red.py::test_that_fails" in rows(branch, "Failed tests")
    assert "B602" in rows(branch, "Security")
    # A test that fails each time is no flaky one.
    assert run.jobs["nightly / flaky"].outputs["flaky"]["flaky"] == "1"
    assert "tests/test_flaky.py::test_that_is_flaky" in rows(branch, "Flaky tests")
    assert "test_that_fails" not in rows(branch, "Flaky tests")


@pytest.mark.slow
def test_red_services_and_a_red_load_test(branch: Consumer, engine: Engine) -> None:
    """Slow: as the green one above."""
    branch.add({"compose.yml": COMPOSE, "locustfile.py": LOCUSTFILE})
    given = {**GIVEN, "test": "false", "security": "false", "integration-command": "exit 3"}
    run = night(branch, engine, **given, **{"min-requests-per-second": "9999"})
    assert run.code == 1
    red = {"integration", "load", "all-green"}
    assert run.results("nightly") == {"plan": "success", **dict.fromkeys(red, "failure")}
    assert "exit code 3" in rows(branch, "Integration")
    assert "at least 9999 are asked for" in rows(branch, "Load")
    assert engine.docker("ps", "--all", "--quiet") == ""


@pytest.mark.slow
def test_the_next_night_knows_the_history(branch: Consumer) -> None:
    """Slow: another two nights; sampled by the unit tests of the history."""
    branch.add(FILES)
    # The stand-in of the cache keeps what the tests before have saved: act gives all runs one number.
    shutil.rmtree(branch.folder / "caches", ignore_errors=True)
    assert night(branch, security="false").code == 0
    assert "flaky once in 1 run since" in rows(branch, "Flaky tests")
    assert night(branch, security="false").code == 0
    assert "flaky twice in 2 runs since" in rows(branch, "Flaky tests")
