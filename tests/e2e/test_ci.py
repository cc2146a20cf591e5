"""`ci.yml` under real act, called by a consumer: green, each gate red, what is skipped and why, one job instead of many.

The runs that take long are marked slow: each job red for a reason of its own, other events, two projects, shards. The three here
sample them: everything green, a cheap job red, and a change of documentation alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.e2e.acting import Repository, World
from tests.e2e.pipelines import (
    MINOR,
    ORDERS,
    Consumer,
    Pipeline,
    call,
    orders,
    pull_request,
    settings,
)
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for

pytestmark = pytest.mark.e2e

TEST = f"test {MINOR}"
ALWAYS = {"plan", "all-green"}
EVERYTHING = {*ALWAYS, "quality", "docs", "security", TEST, "build", "coverage"}

UNTESTED = """

def half(amount: int) -> int:
    if amount % 2:
        return (amount - 1) // 2
    return amount // 2
"""
WEAK = "import subprocess\n\nsubprocess.call(input(), shell=True)\n"
FAILING = "def test_that_fails() -> None:\n    assert 1 + 1 == 3\n"
PACKAGE = {"name": "page", "version": "1.0.0"}
FRONTEND = {
    "frontend/package.json": json.dumps({**PACKAGE, "private": True, "scripts": {"build": "node build.js"}}),
    "frontend/package-lock.json": json.dumps({**PACKAGE, "lockfileVersion": 3, "packages": {"": PACKAGE}}),
    "frontend/build.js": "const fs = require('fs');\n"
    "fs.mkdirSync('dist', { recursive: true });\n"
    "fs.writeFileSync('dist/index.html', '<h1>orders</h1>');\n",
}


@pytest.fixture(scope="module")
def consumer(
    machine: tuple[World, Path],
    new_repository: Callable[[], Repository],
    tmp_path_factory: pytest.TempPathFactory,
) -> Consumer:
    world, tree = machine
    repository = new_repository()
    orders(repository)
    return Consumer(world, repository, tmp_path_factory.mktemp("ci"), stands_for(stand_ins_or_skip()), tree)


@pytest.fixture
def branch(consumer: Consumer) -> Iterator[Consumer]:
    """The consumer on `feature`, which is main again afterwards."""
    repository = consumer.repository
    yield consumer
    repository.git("checkout", "--quiet", "--force", "-B", "feature", "origin/main")
    repository.git("clean", "-d", "--force", "--quiet")


def on_pull_request(
    consumer: Consumer, given: Mapping[str, str] | None = None, *, fork: bool = False
) -> Pipeline:
    """Run the caller for a pull request of what is committed."""
    repository = consumer.repository
    payload = pull_request(
        repository.git("rev-parse", "origin/main"), repository.git("rev-parse", "HEAD"), fork=fork
    )
    return consumer.run({"ci": call(**(given or {}))}, "pull_request", payload=payload)


def test_everything_is_green_and_leaves_what_it_promised(branch: Consumer) -> None:
    run = branch.run({"ci": call(test_groups="test")})
    assert run.code == 0, run.text
    assert run.results() == dict.fromkeys(EVERYTHING, "success")
    asked = {job: about["run"] for job, about in run.plan().items()}
    assert asked == {
        **dict.fromkeys(("quality", "docs", "security", "test", "build", "coverage"), True),
        "frontend": False,
    }
    kept = {f"ci-test-{MINOR}-1", "ci-dist", "ci-coverage", "ci-quality-sarif", "ci-security-sarif"}
    assert branch.artifacts() == kept
    for line in ("quality", "docs", "security", "test", "build", "coverage"):
        assert line in run.verdict()


def test_a_cheap_job_that_is_red_keeps_the_dear_ones_from_starting(branch: Consumer) -> None:
    branch.add({"src/orders/untidy.py": "import os\n"})
    run = on_pull_request(branch)
    assert run.code == 1
    assert run.results() == {
        **dict.fromkeys(("plan", "docs", "security"), "success"),
        **dict.fromkeys(("quality", "all-green"), "failure"),
    }
    assert "test did not run, because quality failed" in run.jobs["ci / all-green"].log
    # Only a pull request leaves what comment.yml is to say.
    assert {"ci-quality-comment", "ci-security-comment"} <= branch.artifacts()


def test_documentation_alone_needs_no_tests(branch: Consumer) -> None:
    branch.add({"README.md": "# orders\n\nTakes [orders](src/orders/app.py), and refunds them.\n"})
    run = on_pull_request(branch)
    assert run.code == 0, run.text
    assert run.results() == dict.fromkeys({*ALWAYS, "docs", "security"}, "success")
    assert "documentation" in run.plan()["test"]["why"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "given", "red", "said"),
    [
        pytest.param(
            {"src/orders/weak.py": WEAK},
            {"fail-on": "high", "quality": "false", "coverage": "false"},
            "security",
            "B602",
            id="security",
        ),
        pytest.param({"docs/more.md": "# More\n\n[gone](nowhere.md)\n"}, {}, "docs", "nowhere.md", id="docs"),
        pytest.param({"tests/test_fails.py": FAILING}, {}, TEST, "test_that_fails", id="test"),
        pytest.param(
            {"src/orders/half.py": UNTESTED.lstrip()}, {}, "coverage", "src/orders/half.py", id="coverage"
        ),
        pytest.param(
            {"README.rst": "orders\n======\n\n.. nonsense:: x\n"}, {}, "build", "nonsense", id="build"
        ),
        pytest.param(
            {**FRONTEND, "frontend/build.js": "console.log('built nothing')\n"},
            {"frontend-directory": "frontend", "frontend-outputs": "dist/**"},
            "frontend",
            "dist/**",
            id="frontend",
        ),
    ],
)
def test_each_job_is_red_once(
    branch: Consumer, files: dict[str, str], given: dict[str, str], red: str, said: str
) -> None:
    """Slow: six whole runs; sampled by the one whose job quality is red."""
    if "README.rst" in files:
        files |= {
            "pyproject.toml": settings().replace(
                'version = "1.0.0"', 'version = "1.0.0"\nreadme = "README.rst"', 1
            )
        }
    branch.add(files)
    run = on_pull_request(branch, given)
    assert run.code == 1, run.text
    failed = {name for name, result in run.results().items() if result == "failure"}
    assert failed == {red, "all-green"}, run.verdict()
    assert said in run.jobs[f"ci / {red}"].log
    assert red.partition(" ")[0] in run.verdict()


@pytest.mark.slow
def test_the_frontend_is_built_where_there_is_one(branch: Consumer) -> None:
    """Slow: a whole run; the red one is a row above."""
    branch.add(FRONTEND)
    run = on_pull_request(branch, {"frontend-directory": "frontend", "frontend-outputs": "dist/index.html"})
    assert run.code == 0, run.text
    assert run.result("ci / frontend") == "success"


@pytest.mark.slow
@pytest.mark.parametrize("event", ["pull_request", "merge_group", "schedule"])
def test_other_events_get_the_same_verdict(branch: Consumer, event: str) -> None:
    """Slow: three whole runs; sampled by the push of the fast green one.

    `pull_request` is one from a fork, without rights or secrets.
    """
    branch.add({"src/orders/half.py": UNTESTED.lstrip()})
    repository = branch.repository
    base, head = repository.git("rev-parse", "origin/main"), repository.git("rev-parse", "HEAD")
    if event == "pull_request":
        run = on_pull_request(branch, fork=True)
    elif event == "merge_group":
        merged = json.loads((Path(__file__).parents[1] / "events" / "merge_group.json").read_text())
        merged["merge_group"] |= {"base_sha": base, "head_sha": head}
        run = branch.run(event=event, payload=merged)
    else:
        run = branch.run(
            event=event, payload={"schedule": "0 3 * * *", "repository": {"default_branch": "main"}}
        )
    changed = event != "schedule"
    assert run.result("ci / coverage") == ("failure" if changed else "success"), run.text
    assert run.code == int(changed)
    assert all(about["run"] for job, about in run.plan().items() if job != "frontend")


@pytest.mark.slow
def test_what_the_caller_leaves_out_has_safe_defaults(branch: Consumer) -> None:
    """Slow: a whole run without one input but the scanners; sampled by the fast ones, which leave most of them out."""
    branch.add({"pyproject.toml": settings().replace('">=3.11"', f'"=={MINOR}.*"')})
    run = branch.run({"ci": {**call(), "with": {"security-tools": "bandit", "groups": "dev"}}})
    assert run.code == 0, run.text
    assert set(run.results()) == EVERYTHING


@pytest.mark.slow
def test_a_red_callee_gives_its_verdict_and_stops_what_comes_after(branch: Consumer) -> None:
    """Slow: a whole run; the fast red one shows that all-green runs, this one what the caller's later jobs see."""
    branch.add({"src/orders/untidy.py": "import os\n"})
    after = {"needs": "ci", "runs-on": "ubuntu-latest", "steps": [{"run": "echo deployed"}]}
    run = branch.run({"ci": call(), "after": after})
    assert run.code == 1
    assert run.result("ci / all-green") == "failure"
    assert "deployed" not in run.text


@pytest.mark.slow
def test_all_parts_of_the_tests_make_up_the_whole_and_their_durations_are_kept(branch: Consumer) -> None:
    """Slow: two whole runs in two parts; sampled by the unit tests of ci-test and ci-aggregate."""
    repository = branch.repository
    repository.git("checkout", "--quiet", "-B", "main", "origin/main")
    pushed = {"ref": "refs/heads/main", "repository": {"default_branch": "main", "full_name": "acme/shop"}}
    first = branch.run({"ci": call(shards="2")}, payload=pushed)
    parts = [f"test {MINOR} ({part}/2)" for part in (1, 2)]
    assert first.code == 0, first.text
    assert [first.result(f"ci / {each}") for each in parts] == ["success", "success"]
    assert first.jobs["ci / plan"].outputs["plan"]["durations-used"] == "false"
    assert first.jobs["ci / all-green"].outputs["verdict"]["durations-file"]
    second = branch.run({"ci": call(shards="2")}, payload=pushed)
    assert second.code == 0, second.text
    assert second.jobs["ci / plan"].outputs["plan"]["durations-used"] == "true"
    assert "ci-durations" in branch.artifacts()


@pytest.mark.slow
def test_one_job_can_do_it_all(branch: Consumer) -> None:
    """Slow: two whole runs in one job; sampled by the fast ones in many."""
    green = branch.run({"ci": call(layout="single", test_groups="test")})
    assert green.code == 0, green.text
    assert green.results() == {"all-green": "success"}
    branch.add({"src/orders/half.py": UNTESTED.lstrip(), "src/orders/untidy.py": "import os\n"})
    red = on_pull_request(branch, {"layout": "single"})
    assert red.results() == {"all-green": "failure"}
    assert "quality" in red.verdict()


@pytest.mark.slow
def test_two_projects_in_one_repository(
    machine: tuple[World, Path], new_repository: Callable[[], Repository], tmp_path: Path
) -> None:
    """Slow: three runs of two calls, one of them a service in Go; sampled by the unit tests of what belongs to a project."""
    world, tree = machine
    repository = new_repository()
    orders(repository, "services/orders", rates="services/rates")
    consumer = Consumer(world, repository, tmp_path, stands_for(stand_ins_or_skip()), tree)
    rates = {
        "working-directory": "services/rates", "layout": "single", "python-versions": "", "groups": "",
        "quality-command": 'test -z "$(gofmt -l .)" && go vet ./...', "test-command": "go test -coverprofile=coverage.out ./...",
        "coverage-files": "coverage.out", "security-tools": "detect-secrets",
    }  # fmt: skip
    callers = {"orders": call(**{"working-directory": "services/orders"}), "rates": call(**rates)}
    both = consumer.run(callers)
    assert both.code == 0, both.text
    assert set(both.results("orders")) == EVERYTHING - {"docs"}
    assert both.results("rates") == {"all-green": "success"}
    assert {name.partition("-test-")[0] for name in consumer.artifacts() if "-test-" in name} == {
        "services.orders"
    }

    # The callers are on main now: only the service is what changes.
    repository.git("push", "--quiet", "origin", "HEAD:main")
    source = (ORDERS.parent / "rates" / "rates.go").read_text()
    untested = "func half(cents int64) int64 { return cents / 2 }"
    consumer.add({"services/rates/rates.go": f"{source}\n{untested}\n"})
    base, head = repository.git("rev-parse", "origin/main"), repository.git("rev-parse", "HEAD")
    one = consumer.run(callers, "pull_request", payload=pull_request(base, head))
    assert one.results("orders") == dict.fromkeys(ALWAYS, "success")
    assert one.results("rates") == {"all-green": "failure"}
    assert "rates.go" in one.jobs["rates / all-green"].log


def test_a_label_that_no_runner_has_is_no_pass(branch: Consumer) -> None:
    """act itself skips such a job and exits with 0."""
    with pytest.raises(AssertionError, match="Skipping unsupported platform"):
        branch.run({"ci": call(**{"runs-on": '"windows-2025"'})})
