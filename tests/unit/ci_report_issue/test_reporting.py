"""From a run to its issue, against the double of GitHub's API, which refuses what GitHub refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_answers import user
from tests.doubles.github_api import ISSUE_READER, READER, REPORTER, Api, Fault, served
from tests.doubles.github_openapi import Description, description_or_skip
from tests.unit.ci_report_issue.reports import GHSA, critical, report, section

from ci_actions.ci_report_issue import CAPABILITY, render
from ci_actions.ci_report_issue.decide import DAY
from ci_actions.kit import run as runner
from ci_actions.kit.clock import Clock
from ci_actions.kit.report import Report, Result

EVENTS = Path(__file__).parents[2] / "events"
EVE = user("eve", 901)
#: 2026-11-21 12:00 UTC, which the double takes for now.
NOON = 1_795_262_400


class Stopwatch(Clock):
    """Does not wait, but remembers for how long it should have; the time is what a test says."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.time = float(NOON)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load(description_or_skip())


@pytest.fixture
def api(description: Description, tmp_path: Path) -> Iterator[Api]:
    bare = tmp_path / "bare"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    with served(description, bare, "acme/app") as api:
        yield api


@dataclass
class Caller:
    """The job that reports, in one nightly run after the other."""

    api: Api
    folder: Path
    clock: Stopwatch = field(default_factory=Stopwatch)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = (EVENTS / "push.env").read_text().splitlines()
        self.env = dict(line.split("=", 1) for line in lines) | {
            "GITHUB_EVENT_NAME": "schedule",
            "GITHUB_WORKFLOW": "nightly",
            "GITHUB_WORKFLOW_REF": "acme/app/.github/workflows/nightly.yml@refs/heads/main",
            "GITHUB_RUN_ATTEMPT": "1",
        }

    def run(self, number: int, **more: str) -> Caller:
        """Be another run, of another commit, a day after the last one."""
        self.env |= {"GITHUB_RUN_ID": str(number), "GITHUB_RUN_NUMBER": str(number - 10)}
        self.env |= {"GITHUB_SHA": f"{number:040x}", **more}
        self.clock.time += DAY
        return self

    def put(self, *documents: Mapping[str, Any]) -> Caller:
        """Leave reports, each in an artifact of its own, and none of an earlier run."""
        for file in (self.folder / "reports").glob("*/*"):
            file.unlink()
            file.parent.rmdir()
        for number, document in enumerate(documents):
            path = self.folder / "reports" / f"{number}-nightly-report" / "report.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(document))
        return self

    def report(self, result: str, *words: str, token: str = REPORTER) -> Report:
        """Run the action."""
        environ = self.env | {
            "GITHUB_API_URL": self.api.url,
            "GITHUB_EVENT_PATH": str(EVENTS / "push.json"),
            "INPUT_GITHUB_TOKEN": token,
            "INPUT_RESULT": result,
        }
        return runner.judge(
            CAPABILITY,
            runner.parse_arguments(words, runner.flags(CAPABILITY.config)),
            environ=environ,
            here=self.folder,
            sections=(),
            progress=lambda line: None,
            clock=self.clock,
        )


@pytest.fixture
def caller(api: Api, tmp_path: Path) -> Caller:
    folder = tmp_path / "work"
    folder.mkdir()
    return Caller(api, folder)


def done(report: Report) -> list[tuple[int | None, str]]:
    return [(each["issue"], each["done"]) for each in json.loads(report.outputs["issues-json"])]


def said(report: Report, level: str = "notice") -> str:
    return "\n".join(each.message for each in report.annotations if each.level.value == level)


def the_issue(api: Api) -> dict[str, Any]:
    (found,) = api.issues.issues.values()
    return found


def writes(api: Api) -> list[str]:
    """Return the calls that change something, and forget all calls."""
    found = [
        each for each in api.calls if each.endswith(("create", "update", "create-comment", "add-labels"))
    ]
    api.calls.clear()
    return found


# --- a week ----------------------------------------------------------------------------------------


def test_red_still_red_other_red_green_and_red_again(api: Api, caller: Caller) -> None:
    first = caller.run(21).put(report()).report("failure")
    assert (first.result, first.exit_code) == (Result.PASSED, 0)
    issue = the_issue(api)
    number = issue["number"]
    assert (issue["title"], issue["state"]) == ("nightly is red", "open")
    assert first.headline == f"ci-report-issue: issue #{number} created"
    assert first.outputs["issue"] == f"https://github.com/acme/app/issues/{number}"
    assert "| Red runs | 1 |" in issue["body"]
    assert writes(api) == ["issues/create"]

    again = caller.run(22).put(report("failed", section("test 3.13", "another"))).report("failure")
    assert done(again) == [(number, "updated")]
    assert "| Red runs | 2 |" in issue["body"]
    assert "`another`" in issue["body"]
    assert writes(api) == ["issues/update"]

    caller.run(23).put(report("failed", section(), section("security"))).report("failure")
    assert writes(api) == ["issues/update", "issues/create-comment"]
    assert "now also `security`" in api.pulls.bodies(number)[-1]

    green = caller.run(24).put(report("passed")).report("success")
    assert (done(green), issue["state"], issue["state_reason"]) == (
        [(number, "closed")],
        "closed",
        "completed",
    )
    assert (
        f"Green in [run 14](<https://github.com/acme/app/actions/runs/24>) of [`{24:040x}"[:60]
        in (api.pulls.bodies(number)[-1])
    )
    assert writes(api) == ["issues/update", "issues/create-comment"]

    quiet = caller.run(25).put(report("passed")).report("success")
    assert (quiet.headline, writes(api)) == ("ci-report-issue: nightly is green, and no issue is open", [])

    last = caller.run(26).put(report()).report("failure")
    assert (done(last), issue["state"]) == ([(number, "opened again")], "open")
    assert f"compare/{24:040x}...{26:040x}" in issue["body"]
    assert "Red again in [run 16]" in api.pulls.bodies(number)[-1]
    assert len(api.issues.issues) == 1


def test_after_a_long_time_a_new_one_is_opened(api: Api, caller: Caller) -> None:
    caller.run(21).report("failure")
    caller.run(22).report("success")
    caller.clock.time += 15 * DAY
    assert caller.run(23).report("failure").headline.endswith(" created")
    assert [state for _, state in api.issues.states()] == ["closed", "open"]
    caller.run(24).report("success")
    assert caller.run(25).report("failure", "--reopen-days", "0").headline.endswith(" created")


def test_running_the_same_again_writes_nothing(api: Api, caller: Caller) -> None:
    caller.run(21).put(report()).report("failure")
    writes(api)
    assert done(caller.report("failure"))[0][1] == "unchanged"
    assert writes(api) == []


@pytest.mark.parametrize("result", ["cancelled", "skipped"])
def test_a_run_that_came_to_no_end_leaves_it(api: Api, caller: Caller, result: str) -> None:
    caller.run(21).report("failure")
    writes(api)
    left = caller.run(22).report(result)
    assert (left.result, left.exit_code, writes(api)) == (Result.SKIPPED, 0, [])
    assert f"left as it is: the run was {result}." in said(left)


def test_two_projects_of_one_workflow(api: Api, caller: Caller) -> None:
    caller.run(21).report("failure", "--name", "orders")
    caller.report("failure", "--name", "rates")
    assert [each["title"] for each in api.issues.issues.values()] == [
        "nightly (orders) is red",
        "nightly (rates) is red",
    ]
    caller.run(22).report("success", "--name", "orders")
    assert [state for _, state in api.issues.states()] == ["closed", "open"]


def test_the_file_of_a_workflow_says_which_it_is_and_not_its_name(api: Api, caller: Caller) -> None:
    caller.run(21).report("failure")
    caller.run(22, GITHUB_WORKFLOW="renamed").report("failure")
    assert len(api.issues.issues) == 1
    ref = "acme/app/.github/workflows/other.yml@refs/heads/main"
    caller.run(23, GITHUB_WORKFLOW_REF=ref).report("failure")
    assert len(api.issues.issues) == 2


# --- vulnerabilities -------------------------------------------------------------------------------


def test_a_vulnerability_has_its_own_issue_until_it_is_gone(api: Api, caller: Caller) -> None:
    caller.run(21).put(report("failed", critical=[critical()])).report("failure")
    own, theirs = api.issues.issues.values()
    assert theirs["title"] == f"Critical vulnerability {GHSA}: log4j-like: remote code execution"
    caller.run(22).put(report("incomplete")).report("failure")
    assert (own["state"], theirs["state"]) == ("open", "open")
    caller.run(23).put(report("failed")).report("failure")
    assert (own["state"], theirs["state"]) == ("open", "closed")
    assert "Not found any more by [run 13]" in api.pulls.bodies(theirs["number"])[-1]
    caller.run(24).put(report("failed", critical=[critical(GHSA.lower())])).report("failure")
    assert (theirs["state"], len(api.issues.issues)) == ("open", 2)


# --- whose issue it is -----------------------------------------------------------------------------


def forged(api: Api, caller: Caller, **more: Any) -> dict[str, Any]:
    """Return an issue that begins as ours does, made by somebody or somehow else."""
    caller.run(21).put(report()).report("failure")
    ours = the_issue(api)
    api.issues.issues.clear()
    about: dict[str, Any] = {"author": ours["user"], "labels": ("ci-actions",)} | more
    return api.issues.open(ours["title"], about.pop("body", ours["body"]), **about)


@pytest.mark.parametrize(
    "more",
    [
        {"author": EVE},
        {"author": EVE | {"type": "Bot"}},
        {"labels": ()},
        {"labels": ("bug",)},
        {"body": "nightly is red"},
        {"pull_request": {"url": "x", "html_url": "x", "diff_url": "x", "patch_url": "x"}},
    ],
    ids=["author", "bot", "label", "other-label", "body", "pull-request"],
)
def test_what_only_looks_like_ours_is_never_touched(api: Api, caller: Caller, more: dict[str, Any]) -> None:
    theirs = dict(forged(api, caller, **more))
    assert done(caller.run(22).put().report("success")) == []
    assert caller.run(23).report("failure").headline.endswith(" created")
    assert api.issues.issues[theirs["number"]] == theirs


def test_one_among_many_is_found(api: Api, caller: Caller) -> None:
    caller.run(21).report("failure")
    for number in range(7):
        api.issues.open(f"{number}", "<!-- ci-actions:issue key=abc x -->")
    api.most_per_page = 3
    api.calls.clear()
    assert done(caller.run(22).report("failure"))[0][1] == "updated"
    assert api.calls.count("issues/list-for-repo") == 3


def test_two_runs_open_one_at_the_same_time(api: Api, caller: Caller) -> None:
    caller.run(21).report("failure")
    body = the_issue(api)["body"]
    api.issues.issues.clear()
    older = {}

    def meanwhile() -> None:
        # The other run was a moment faster.
        api.issues.after_create = None
        (mine,) = api.issues.issues
        made = api.issues.open("nightly is red", body)
        about = api.issues.issues.pop(made["number"])
        older.update(about | {"number": mine - 1})
        api.issues.issues[mine - 1] = older

    api.issues.after_create = meanwhile
    report = caller.run(22).report("failure")
    assert [each for _, each in done(report)] == ["created", "closed as a duplicate"]
    (mine, state), (other, kept) = api.issues.states()
    assert (state, kept) == ("closed", "open")
    assert api.issues.issues[mine]["state_reason"] == "duplicate"
    assert f"#{other}" in api.pulls.bodies(mine)[0]


def test_of_two_the_younger_is_closed_by_the_next_run(api: Api, caller: Caller) -> None:
    caller.run(21).report("failure")
    api.issues.open("nightly is red", the_issue(api)["body"])
    assert [each for _, each in done(caller.run(22).report("failure"))] == [
        "updated",
        "closed as a duplicate",
    ]
    caller.run(23).report("success")
    caller.run(24).report("failure")
    assert [state for _, state in api.issues.states()] == ["open", "closed"]


# --- what GitHub refuses ---------------------------------------------------------------------------


def test_a_token_that_may_only_read_says_it_in_the_summary(api: Api, caller: Caller) -> None:
    made = caller.run(21).put(report()).report("failure", token=ISSUE_READER)
    assert (made.result, made.exit_code) == (Result.SKIPPED, 0)
    assert "Add `issues: write` to the permissions of the job that calls report-issue.yml." in said(made)
    assert any("### `test 3.13` (1)" in block for block in made.summary)
    assert api.issues.issues == {}


def test_a_token_without_issues_says_it_in_the_summary(api: Api, caller: Caller) -> None:
    made = caller.run(21).put(report()).report("failure", token=READER)
    assert (made.result, made.exit_code) == (Result.SKIPPED, 0)
    assert made.headline.startswith("ci-report-issue: no issue. GitHub refuses (403")
    assert any("### `test 3.13` (1)" in block for block in made.summary)


def test_a_token_that_is_not_known(api: Api, caller: Caller) -> None:
    made = caller.run(21).report("failure", token="nobody")
    assert (made.result, made.exit_code) == (Result.ERROR, 2)


def test_a_repository_without_issues(api: Api, caller: Caller) -> None:
    api.issues.disabled = True
    made = caller.run(21).report("failure")
    assert (made.result, made.exit_code) == (Result.ERROR, 2)
    assert "acme/app has no issues (410: Issues has been disabled in this repository.)." in said(
        made, "error"
    )


def test_a_label_that_was_dropped_is_put_on(api: Api, caller: Caller) -> None:
    api.issues.drops_labels = True
    caller.run(21).report("failure")
    assert writes(api) == ["issues/create", "issues/add-labels"]
    assert done(caller.run(22).report("failure"))[0][1] == "updated"


def test_an_issue_that_could_not_be_found_again_is_closed(api: Api, caller: Caller) -> None:
    api.issues.drops_labels = api.issues.refuses_labels = True
    made = caller.run(21).report("failure")
    assert (the_issue(api)["state"], the_issue(api)["state_reason"]) == ("closed", "not_planned")
    assert "it did not get the label 'ci-actions'" in said(made)


@pytest.mark.parametrize(
    ("fault", "slept"),
    [
        (Fault("issues/list-for-repo", 502), [1.0]),
        (Fault("issues/create", 429, {"Retry-After": "7"}), [7.0]),
        (Fault("issues/create", 403, {"Retry-After": "60"}), [60.0]),
        (Fault("issues/create", 502), []),
        (Fault("issues/create", drop="before"), []),
        (Fault("issues/create", drop="after"), []),
        (Fault("graphql", 503), [1.0]),
    ],
    ids=["5xx", "429", "secondary-limit", "create-5xx", "broken-before", "broken-after", "viewer"],
)
def test_what_passes_is_waited_for(api: Api, caller: Caller, fault: Fault, slept: list[float]) -> None:
    api.faults.append(fault)
    assert caller.run(21).report("failure").exit_code == 0
    assert (len(api.issues.issues), caller.clock.slept) == (1, slept)


def test_a_limit_of_the_hour_is_not_waited_for(api: Api, caller: Caller) -> None:
    limit = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON + 10 * DAY)}
    api.faults.append(Fault("issues/list-for-repo", 403, limit))
    made = caller.run(21).report("failure")
    assert (made.exit_code, caller.clock.slept) == (4, [])


# --- what is reported at all -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "reported"),
    [
        ({"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}, True),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF": "refs/heads/main"}, True),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF": "refs/heads/topic"}, False),
        ({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"}, False),
        ({"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/v1"}, False),
    ],
)
def test_only_the_default_branch_has_issues(
    api: Api, caller: Caller, env: dict[str, str], reported: bool
) -> None:
    made = caller.run(21, **env).report("failure")
    assert (len(api.issues.issues) == 1, made.exit_code) == (reported, 0)
    assert ("issues say how 'main' is" in made.headline) is not reported
    assert bool(api.calls) is reported


def test_a_report_that_is_none_is_refused_and_the_issue_says_so(api: Api, caller: Caller) -> None:
    made = caller.run(21).put(report(), report() | {"words": "@everyone"}).report("failure")
    assert (made.result, made.exit_code) == (Result.ERROR, 3)
    assert "⛔ 1 report was refused" in the_issue(api)["body"]
    assert "everyone" not in the_issue(api)["body"]


def test_a_dry_run_writes_nothing(api: Api, caller: Caller) -> None:
    made = caller.run(21).put(report()).report("failure", "--dry-run")
    assert (writes(api), done(made)) == ([], [(None, "created")])
    assert "an issue would be created" in made.headline
    (text,) = (each.render() for each in made.products)
    assert render.marker_in(text)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "input 'result' is missing"),
        (("--result", "success", "--name", "a b"), "input 'name' is 'a b' but must be letters"),
        (("--result", "success", "--label", "a,b"), "input 'label' is 'a,b' but must be one label"),
        (("--result", "green"), "must be one of: success, failure, cancelled, skipped"),
    ],
)
def test_inputs_that_cannot_be_meant(caller: Caller, words: tuple[str, ...], why: str) -> None:
    made = caller.run(21).report("", *words)
    assert made.exit_code == 2
    assert why in said(made, "error")


def test_outside_of_github(caller: Caller) -> None:
    made = caller.run(21, GITHUB_RUN_ID="").report("failure")
    assert made.exit_code == 3
    assert "This is no run on GitHub" in said(made, "error")
