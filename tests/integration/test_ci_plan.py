"""ci-plan on real repositories: each event that starts a run, and what its checkout really holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository

from ci_actions.ci_plan import CAPABILITY
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report, Result
from ci_actions.kit.run import flags, judge, parse_arguments
from ci_actions.workflows.jobs import JOBS

pytestmark = pytest.mark.integration

PYPROJECT = """
[project]
name = "a"
requires-python = ">=3.11,<3.14"
[build-system]
requires = ["setuptools"]
[dependency-groups]
dev = ["pytest", "pytest-cov"]
"""
PROJECT = {"pyproject.toml": PYPROJECT, "src/a.py": "A = 1\n", "tests/test_a.py": "", "README.md": "# A\n"}
ALL = set(JOBS) - {"frontend"}


@dataclass(frozen=True)
class Event:
    """What GitHub says of a run: the variables, and the payload."""

    environ: Mapping[str, str]
    payload: Mapping[str, Any]


def event(name: str, ref: str = "refs/heads/main", **payload: Any) -> Event:
    """Return an event of the repository acme/app, whose default branch is main."""
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_REF": ref,
        "GITHUB_REPOSITORY": "acme/app",
    }
    return Event(environ, {"repository": {"full_name": "acme/app", "default_branch": "main"}, **payload})


def pull_request(base: str, head: str) -> Event:
    return event(
        "pull_request",
        "refs/pull/1/merge",
        number=1,
        pull_request={
            "number": 1,
            "base": {"sha": base, "ref": "main"},
            "head": {"sha": head, "ref": "feature"},
        },
    )


def judged(path: Path, given: Event | None, *words: str) -> Report:
    """Run the capability as the command line does."""
    environ = dict(given.environ) if given else {}
    if given:
        file = path.parent / "event.json"
        file.write_text(json.dumps(given.payload), encoding="utf-8")
        environ["GITHUB_EVENT_PATH"] = str(file)
    return judge(
        CAPABILITY,
        parse_arguments(words, flags(CAPABILITY.config)),
        environ=environ,
        here=path,
        sections=("ci-plan", "coverage-gate"),
        progress=lambda _: None,
        clock=Clock(),
    )


def running(report: Report) -> set[str]:
    assert report.exit_code is Exit.PASSED, report.headline
    return {job for job in JOBS if report.outputs[job] == "true"}


def whys(report: Report) -> str:
    return json.dumps(report.details["jobs"])


def clone(repository: Repository, folder: Path, depth: int, ref: str) -> Repository:
    """Return a checkout as actions/checkout makes it: shallow, detached, without branches."""
    made = Repository(folder)
    made.path.mkdir()
    made.git("init", "--quiet")
    made.git("remote", "add", "origin", repository.path.as_uri())
    made.git("fetch", "--quiet", "--no-tags", f"--depth={depth}", "origin", f"+{ref}:refs/remotes/origin/it")
    made.git("checkout", "--quiet", "--detach", "refs/remotes/origin/it")
    return made


@pytest.fixture
def project(repository: Repository) -> Repository:
    """A Python project on main."""
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.commit(PROJECT, "first")
    return repository


def merge(repository: Repository, files: Mapping[str, str]) -> tuple[str, str, str]:
    """Make a pull request, and the merge commit that GitHub makes for it; return base, head and merge."""
    base = repository.commits[-1]
    repository.git("checkout", "--quiet", "-b", "feature", base)
    head = repository.commit(files)
    repository.git("checkout", "--quiet", "main")
    base = repository.commit({"src/other.py": "B = 1\n"}, "meanwhile on main")
    repository.git("checkout", "--quiet", "--detach", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", f"Merge {head} into {base}", "feature")
    merged = repository.git("rev-parse", "HEAD").strip()
    repository.git("update-ref", "refs/pull/1/merge", merged)
    return base, head, merged


# --- events --------------------------------------------------------------------------------------------


def test_a_pull_request_is_compared_with_the_first_parent_of_its_merge(
    project: Repository, tmp_path: Path
) -> None:
    """What main got meanwhile is no part of the change; the checkout has depth 1, as by default."""
    base, head, _ = merge(project, {"docs/x.md": "# X\n"})
    checkout = clone(project, tmp_path / "checkout", 1, "refs/pull/1/merge")
    found = judged(checkout.path, pull_request(base, head))
    assert running(found) == {"docs", "security"}
    assert found.details["own"] == ["docs/x.md"]
    assert "first parent" in str(found.details["base-how"])


def test_a_pull_request_with_code_runs_everything(project: Repository) -> None:
    base, head, _ = merge(project, {"src/a.py": "A = 2\n", "docs/x.md": "# X\n"})
    found = judged(project.path, pull_request(base, head))
    assert running(found) == ALL
    assert found.outputs["versions"] == '["3.11", "3.12", "3.13"]'


def test_a_push_is_compared_with_what_was_there_before(project: Repository) -> None:
    before = project.commits[-1]
    project.commit({"docs/x.md": "# X\n"})
    project.commit({"docs/y.md": "# Y\n"})
    found = judged(project.path, event("push", before=before))
    assert running(found) == {"docs", "security"}
    assert found.details["changed"] == 2


def test_a_push_that_moves_code_to_the_documents_is_no_document(project: Repository) -> None:
    before = project.commits[-1]
    project.git("mv", "src/a.py", "src-a.md")
    project.commit()
    found = judged(project.path, event("push", before=before))
    assert running(found) == ALL
    assert "src/a.py changed" in whys(found)


def test_a_merge_group_is_compared_with_its_base(project: Repository) -> None:
    base = project.commits[-1]
    project.commit({"src/a.py": "A = 3\n"})
    other = project.commit({"docs/x.md": "# X\n"})
    group = event(
        "merge_group",
        "refs/heads/gh-readonly-queue/main/pr-1",
        merge_group={"base_sha": base, "head_sha": other},
    )
    assert running(judged(project.path, group)) == ALL
    behind = event(
        "merge_group", "refs/heads/q", merge_group={"base_sha": project.commits[-2], "head_sha": other}
    )
    assert running(judged(project.path, behind)) == {"docs", "security"}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (event("schedule", schedule="0 3 * * *"), "the event schedule brings no change"),
        (event("workflow_dispatch"), "the event workflow_dispatch brings no change"),
        (event("push", "refs/tags/v1", before="0" * 40), "the tag v1 brings no change"),
        (event("push", before="0" * 40), "this push created the default branch main"),
    ],
    ids=["schedule", "dispatch", "tag", "first push"],
)
def test_events_without_a_change_run_everything(project: Repository, given: Event, why: str) -> None:
    found = judged(project.path, given)
    assert running(found) == ALL
    assert why in whys(found)
    assert not found.annotations


def test_a_commit_without_a_change_starts_everything_again(project: Repository) -> None:
    before = project.commits[-1]
    project.commit({}, "start CI again")
    found = judged(project.path, event("push", before=before))
    assert running(found) == ALL
    assert "the change is empty" in whys(found)


@pytest.mark.parametrize("deepen", ["auto", "never"])
def test_a_base_that_cannot_be_had_runs_everything_and_says_so(
    project: Repository, tmp_path: Path, deepen: str
) -> None:
    base, head, _ = merge(project, {"docs/x.md": "# X\n"})
    checkout = clone(project, tmp_path / "checkout", 1, "refs/pull/1/merge")
    checkout.git("remote", "set-url", "origin", "file:///gone")
    found = judged(checkout.path, pull_request(base, head), "--deepen", deepen)
    assert running(found) == ALL
    assert "what changed cannot be told" in found.preface[0]
    assert found.details["changed"] is None


def test_without_git_everything_runs(tmp_path: Path) -> None:
    """actions/checkout unpacks an archive where git is missing."""
    for name, text in PROJECT.items():
        (tmp_path / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / name).write_text(text, encoding="utf-8")
    (tmp_path / "app/.venv/lib").mkdir(parents=True)
    (tmp_path / "app/.venv/lib/test_x.py").touch()
    found = judged(tmp_path / "app", event("push", before="1" * 40))
    assert running(found) == ALL
    assert "is not in a git repository" in found.preface[0]


def test_on_a_laptop_what_is_not_committed_counts(project: Repository) -> None:
    assert running(judged(project.path, None)) == ALL  # nothing changed: everything may be asked for
    project.write({"docs/new.md": "# New\n"})
    assert running(judged(project.path, None)) == {"docs", "security"}
    project.write({"src/new.py": "N = 1\n"})
    assert running(judged(project.path, None)) == ALL


def test_a_patch_can_be_the_change(project: Repository) -> None:
    project.write({"src/a.py": "A = 5\n"})
    (project.path / "x.patch").write_text(project.git("diff"), encoding="utf-8")
    found = judged(project.path, None, "--base", "file:x.patch")
    assert running(found) == ALL
    assert found.details["own"] == ["src/a.py"]


# --- monorepos -----------------------------------------------------------------------------------------

MONOREPO = {
    "README.md": "# All\n",
    "LICENSE": "x\n",
    "services/a/pyproject.toml": PYPROJECT + "[tool.uv.sources]\nx = {path = '../../libs/x'}\n",
    "services/a/tests/test_a.py": "",
    "services/a/README.md": "# A\n",
    "services/b/pyproject.toml": PYPROJECT,
    "services/b/tests/test_b.py": "",
    "services/b/README.md": "# B\n",
    "libs/x/pyproject.toml": PYPROJECT + "[tool.uv.sources]\ny = {path = '../y'}\n",
    "libs/y/y.py": "Y = 1\n",
    "libs/z/z.py": "Z = 1\n",
    "schemas/order.json": "{}\n",
    ".github/workflows/ci.yml": "on: push\n",
}


@pytest.mark.parametrize(
    ("change", "of_a", "of_b"),
    [
        pytest.param({"services/a/x.py": ""}, ALL, set(), id="one"),
        pytest.param({"services/a/docs/x.md": ""}, {"docs", "security"}, set(), id="documents of one"),
        pytest.param({"libs/x/x.py": ""}, ALL, set(), id="what one installs"),
        pytest.param({"libs/y/y.py": "Y = 2"}, ALL, set(), id="what that installs"),
        pytest.param({"libs/z/z.py": "Z = 2"}, set(), set(), id="what nobody installs"),
        pytest.param({"schemas/order.json": "[]"}, set(), ALL, id="what is named"),
        pytest.param({"README.md": "", "LICENSE": ""}, set(), set(), id="documents above"),
        pytest.param({".pre-commit-config.yaml": ""}, ALL, ALL, id="settings above"),
        pytest.param({".github/workflows/ci.yml": "on: pull_request\n"}, ALL, ALL, id="a workflow"),
    ],
)
def test_each_project_runs_for_its_own_changes(
    repository: Repository, change: Mapping[str, str], of_a: set[str], of_b: set[str]
) -> None:
    before = repository.commit(MONOREPO)
    repository.commit(change)
    push = event("push", before=before)
    a = judged(repository.path, push, "--working-directory", "services/a")
    b = judged(repository.path, push, "--working-directory", "services/b", "--paths", "schemas/**")
    assert (running(a), running(b)) == (of_a, of_b)
    assert (a.outputs["name"], b.outputs["name"]) == ("services.a", "services.b")
    assert (a.result is Result.SKIPPED) == (not of_a)


def test_a_frontend_beside_the_project_is_part_of_it(repository: Repository) -> None:
    before = repository.commit({**MONOREPO, "web/package.json": "{}", "web/x.js": "1\n"})
    repository.commit({"web/x.js": "2\n"})
    push, words = event("push", before=before), ("--working-directory", "services/a")
    assert running(judged(repository.path, push, *words)) == set()
    found = judged(repository.path, push, *words, "--frontend-directory", "../../web")
    assert running(found) == {*ALL, "frontend"}
    assert found.outputs["frontend-directory"] == "web"


@pytest.mark.parametrize("folder", ["../../../web", "/web"])
def test_a_frontend_outside_the_repository_is_refused(repository: Repository, folder: str) -> None:
    repository.commit(MONOREPO)
    found = judged(repository.path, None, "--working-directory", "services/a", "--frontend-directory", folder)
    assert found.exit_code is Exit.BAD_INPUT
    assert "must be a folder of this repository" in str(found.annotations)


# --- what a change takes away --------------------------------------------------------------------------


def test_a_change_that_removes_the_last_tests_is_tested(project: Repository) -> None:
    before = project.commits[-1]
    project.git("rm", "--quiet", "tests/test_a.py")
    project.commit()
    found = judged(project.path, event("push", before=before))
    assert {"test", "coverage"} <= running(found)
    assert "removes the last tests, tests/test_a.py" in whys(found)
    # The commit after it has no tests, and takes none away.
    before = project.commits[-1]
    project.commit({"src/a.py": "A = 2\n"})
    assert not {"test", "coverage"} & running(judged(project.path, event("push", before=before)))


def test_tests_that_are_removed_and_not_committed_yet_are_gone_too(project: Repository) -> None:
    (project.path / "tests/test_a.py").unlink()
    assert "removes the last tests" in whys(judged(project.path, None))


def test_a_change_that_removes_the_measurement_is_measured(project: Repository) -> None:
    before = project.commits[-1]
    project.commit({"pyproject.toml": PYPROJECT.replace('"pytest", "pytest-cov"', '"pytest"')})
    found = judged(project.path, event("push", before=before))
    assert "coverage" in running(found)
    assert "takes pytest-cov in pyproject.toml away" in whys(found)


def test_a_change_that_switches_a_job_off_is_named(project: Repository) -> None:
    before = project.commits[-1]
    project.commit({"pyproject.toml": PYPROJECT + "[tool.ci-actions.ci-plan]\nquality = 'false'\n"})
    push = event("push", before=before)
    found = judged(project.path, push)
    assert running(found) == ALL - {"quality"}
    assert found.preface == ("This change itself takes from what runs: quality goes from auto to false.",)
    strict = judged(project.path, push, "--config-from", "base")
    assert running(strict) == ALL


# --- durations -----------------------------------------------------------------------------------------


def test_recorded_durations_make_shards(project: Repository) -> None:
    project.write({"d.json": json.dumps({f"tests/test_a.py::test_{number}": 60 for number in range(11)})})
    found = judged(
        project.path,
        event("schedule"),
        "--shards",
        "auto",
        "--durations",
        "d.json",
        "--python-versions",
        "3.12",
    )
    assert found.outputs["expect-reports"] == "3.12-1\n3.12-2\n3.12-3"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "no durations are recorded yet"),
        ("{}", ".test_durations holds no test"),
        ("{", "the durations in .test_durations cannot be used: it is no JSON"),
    ],
)
def test_without_durations_there_is_one_shard_and_the_reason(
    project: Repository, text: str | None, why: str
) -> None:
    if text is not None:
        project.write({".test_durations": text})
    found = judged(project.path, event("schedule"), "--shards", "auto", "--python-versions", "3.12")
    assert found.outputs["expect-reports"] == "3.12-1"
    assert found.details["shards-why"] == why


def test_what_pytest_split_recorded_is_found(project: Repository) -> None:
    project.write({".test_durations": '{"tests/test_a.py::test_x": 301}'})
    found = judged(project.path, event("schedule"), "--shards", "auto", "--python-versions", "3.12")
    assert found.outputs["expect-reports"] == "3.12-1\n3.12-2"
