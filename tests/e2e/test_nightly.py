"""`nightly.yml` under real act, called by a consumer: green with what is flaky in every report, red once for each gate.

The runs that take long are marked slow; the one here samples them: slow-marked tests run, a flaky one is told, and what
report-issue.yml takes is left behind.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.acting import Repository, World
from tests.e2e.pipelines import MINOR, Consumer, Pipeline, call, orders
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
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


def night(consumer: Consumer, **given: str) -> Pipeline:
    """Run the caller as at night."""
    return consumer.run({"nightly": call(NIGHTLY, **given)}, "schedule")


def told(consumer: Consumer) -> dict[str, object]:
    """What report-issue.yml gets."""
    (path,) = (consumer.folder / "artifacts").glob("*/ci-nightly-report/*.zip")
    with zipfile.ZipFile(path) as archive:
        found: dict[str, object] = json.loads(archive.read("report.json"))
    return found


def rows(consumer: Consumer, title: str) -> str:
    """The rows of one section of what report-issue.yml gets, one a line; empty where there is none."""
    sections = told(consumer)["sections"]
    assert isinstance(sections, list)
    return "\n".join(row for each in sections if each["title"] == title for row in each["rows"])


def test_a_flaky_test_is_told_and_keeps_nothing_from_being_green(branch: Consumer) -> None:
    branch.add(FILES)
    run = night(branch)
    assert run.code == 0, run.text
    assert run.results("nightly") == dict.fromkeys({*ALWAYS, TEST, "flaky"}, "success")
    assert "flaky" in run.verdict("nightly")
    test = run.jobs[f"nightly / {TEST}"]
    assert "tests/test_flaky.py" in test.log
    assert any("not at once" in each for each in test.said("warning"))
    assert run.jobs["nightly / flaky"].outputs["flaky"]["flaky"] == "1"
    assert told(branch)["result"] == "passed"
    assert "test_that_is_flaky" in rows(branch, "Flaky tests")
