"""From the event to the comment, against the double of GitHub's API, which refuses what GitHub refuses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_answers import user
from tests.doubles.github_api import COMMENTER, ONLOOKER, Api, Fault, served
from tests.doubles.github_openapi import Description, description_or_skip
from tests.doubles.github_pulls import BOT
from tests.unit.ci_comment import payloads

from ci_actions.ci_comment import CAPABILITY
from ci_actions.kit import run as runner
from ci_actions.kit.clock import Clock
from ci_actions.kit.report import Report, Result

EVENTS = Path(__file__).parents[2] / "events"
HEAD = "2" * 40
EVE = user("eve", 901)


class Stopwatch(Clock):
    """Does not wait, but remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 1000.0

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
    """The job that comments: an event, a folder of payloads, a token."""

    api: Api
    folder: Path
    clock: Stopwatch = field(default_factory=Stopwatch)
    event: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def on(self, name: str, **more: Any) -> Caller:
        """Take an event as GitHub sends it; `more` changes the run that it is about."""
        lines = (EVENTS / f"{name}.env").read_text().splitlines()
        self.env = dict(line.split("=", 1) for line in lines)
        self.event = json.loads((EVENTS / f"{name}.json").read_text())
        if more:
            self.event["workflow_run"] |= more
        return self

    def put(self, *documents: Mapping[str, Any]) -> Caller:
        """Leave payloads, each in an artifact of its own."""
        for number, document in enumerate(documents):
            path = self.folder / "payloads" / f"{number}-comment" / "comment.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document))
        return self

    def comment(self, *words: str, token: str = COMMENTER) -> Report:
        """Run the action."""
        file = self.folder / "event.json"
        file.write_text(json.dumps(self.event))
        environ = self.env | {
            "GITHUB_API_URL": self.api.url,
            "GITHUB_EVENT_PATH": str(file),
            "INPUT_GITHUB_TOKEN": token,
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
    return Caller(api, folder).on("workflow_run_fork")


@pytest.fixture
def pull(api: Api) -> int:
    api.pulls.open("eve:feature/x", HEAD, number=12, repository="eve/app")
    return 12


def said(report: Report, level: str = "notice") -> str:
    return "\n".join(each.message for each in report.annotations if each.level.value == level)


def comments(report: Report) -> list[tuple[int, str]]:
    return [(each["pull-request"], each["done"]) for each in json.loads(report.outputs["comments-json"])]


def writes(api: Api) -> list[str]:
    return [each for each in api.calls if each.endswith(("create-comment", "update-comment"))]


# --- the comment -----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["workflow_run", "workflow_run_fork"])
def test_the_first_comment(api: Api, caller: Caller, event: str) -> None:
    owner = "eve" if event.endswith("fork") else "acme"
    api.pulls.open(f"{owner}:feature/x", HEAD, number=12, repository=f"{owner}/app")
    report = caller.on(event).put(payloads.quality(), payloads.coverage()).comment()
    assert (report.result, report.exit_code) == (Result.PASSED, 0), report
    assert report.headline == "ci-comment: comment on #12 created"
    (body,) = api.pulls.bodies(12)
    assert body.startswith("<!-- ci-actions:comment:default run=17.1 ")
    assert "### ❌ coverage-gate: new code 50.00 % (needs 85.00 %)" in body
    assert "### ❌ quality: 2 new findings" in body
    assert ("comes from a fork" in body) is event.endswith("fork")
    (about,) = json.loads(report.outputs["comments-json"])
    assert about["url"].startswith("https://github.com/acme/app/pull/12#issuecomment-")
    assert next(each.render() for each in report.products) == body


def test_a_later_run_updates_it_in_place(api: Api, caller: Caller, pull: int) -> None:
    caller.put(payloads.quality(), payloads.coverage()).comment()
    green = payloads.quality(
        result="passed",
        totals={"findings": 0, "old": 4, "complaints": 0, "files": 12},
        tools=[{"tool": "mypy", "state": "findings", "findings": 0, "old": 4}],
        findings=[],
    )
    (caller.folder / "payloads/1-comment/comment.json").unlink()
    (caller.folder / "payloads/1-comment").rmdir()
    report = caller.on("workflow_run_fork", id=18, run_number=46).put(green).comment()
    assert comments(report) == [(12, "updated")]
    (body,) = api.pulls.bodies(pull)
    assert "run=18.1" in body
    assert "### ✅ quality: no new findings of 1 tool in 12 files, 4 old ones" in body
    assert "### ➖ coverage-gate: no result in this run" in body


def test_what_is_there_already_is_not_written_again(api: Api, caller: Caller, pull: int) -> None:
    caller.put(payloads.quality()).comment()
    report = caller.comment()
    assert comments(report) == [(12, "unchanged")]
    assert writes(api) == ["issues/create-comment"]


def test_the_comment_of_a_newer_run_stays(api: Api, caller: Caller, pull: int) -> None:
    caller.put(payloads.quality()).on("workflow_run_fork", id=99).comment()
    before = api.pulls.bodies(pull)
    report = caller.on("workflow_run_fork").comment()
    assert (report.result, comments(report)) == (Result.SKIPPED, [(12, "left")])
    assert "#12 is left as it is: its comment is of a newer run" in said(report)
    assert api.pulls.bodies(pull) == before


def test_each_base_has_its_own_comment(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.open("eve:feature/x", HEAD, number=13, repository="eve/app", base="release")
    api.pulls.open("eve:feature/x", "3" * 40, number=14, repository="eve/app", base="next")
    report = caller.put(payloads.quality()).comment()
    assert sorted(comments(report)) == [(12, "created"), (13, "created"), (14, "left")]
    assert "#14 is left as it is: it has moved on to 3333333" in said(report)


def test_a_dry_run_writes_nothing(api: Api, caller: Caller, pull: int) -> None:
    report = caller.put(payloads.quality()).comment("--dry-run")
    assert (report.headline, report.exit_code) == ("ci-comment: comment on #12 would be created", 0)
    assert writes(api) == []


# --- whose comment it is ---------------------------------------------------------------------------


def test_a_comment_that_copied_the_marker_is_a_stranger_s(api: Api, caller: Caller, pull: int) -> None:
    stolen = "<!-- ci-actions:comment:default run=1.1 head= sections= -->\nAll is well!"
    api.pulls.comment(pull, stolen, EVE)
    caller.put(payloads.quality()).comment()
    caller.on("workflow_run_fork", id=18).comment()
    first, second = api.pulls.bodies(pull)
    assert first == stolen
    assert "run=18.1" in second


def test_the_comment_of_another_bot_is_a_stranger_s(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.comment(pull, "<!-- ci-actions:comment:default x -->", user("other[bot]", 5, "Bot"))
    caller.put(payloads.quality()).comment()
    assert len(api.pulls.bodies(pull)) == 2


def test_a_person_s_token_finds_the_person_s_comment(api: Api, caller: Caller, pull: int) -> None:
    api.tokens["ann"] = {"pull_requests": "write"}
    api.pulls.accounts["ann"] = user("ann", 77)
    api.pulls.comment(pull, "<!-- ci-actions:comment:default x -->", BOT)
    api.pulls.comment(pull, "<!-- ci-actions:comment:default x -->", user("ann", 77))
    report = caller.put(payloads.quality()).comment(token="ann")
    assert comments(report) == [(12, "updated")]
    assert ["run=17.1" in body for body in api.pulls.bodies(pull)] == [False, True]


def test_comments_of_other_ids_are_others(api: Api, caller: Caller, pull: int) -> None:
    caller.put(payloads.quality(), payloads.quality(id="api")).comment()
    report = caller.comment("--comment-id=api")
    assert comments(report) == [(12, "created")]
    assert ["comment:api" in body for body in api.pulls.bodies(pull)] == [False, True]


def test_whose_token_it_is_is_asked_only_where_it_matters(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.comment(pull, "hello", EVE)
    caller.put(payloads.quality()).comment()
    assert "graphql" not in api.calls


def test_our_comment_is_found_on_the_last_page(api: Api, caller: Caller, pull: int) -> None:
    api.most_per_page = 2
    for number in range(5):
        api.pulls.comment(pull, f"hello {number}", EVE)
    caller.put(payloads.quality()).comment()
    report = caller.on("workflow_run_fork", id=18).comment()
    assert comments(report) == [(12, "updated")]
    assert len(api.pulls.bodies(pull)) == 6


# --- no pull request -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event", ["push", "merge_group", "schedule", "workflow_dispatch", "pull_request_target"]
)
def test_a_run_without_a_pull_request_is_skipped(api: Api, caller: Caller, event: str) -> None:
    report = caller.put(payloads.quality()).on("workflow_run", event=event).comment()
    assert (report.result, report.exit_code) == (Result.SKIPPED, 0)
    assert f"The run was for the event '{event}', which has no pull request of its own." in said(report)
    assert api.calls == []


def test_a_run_that_has_not_ended(api: Api, caller: Caller) -> None:
    report = caller.put(payloads.quality()).on("workflow_run", conclusion=None).comment()
    assert report.result is Result.SKIPPED
    assert "types: [completed]" in said(report)


@pytest.mark.parametrize("missing", ["head_repository", "head_branch"])
def test_a_fork_that_was_deleted(api: Api, caller: Caller, missing: str) -> None:
    report = caller.put(payloads.quality()).on("workflow_run_fork", **{missing: None}).comment()
    assert report.result is Result.SKIPPED
    assert "is gone" in said(report)


def test_a_pull_request_that_was_closed(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.pulls[pull]["state"] = "closed"
    report = caller.put(payloads.quality()).comment()
    assert (report.result, report.exit_code) == (Result.SKIPPED, 0)
    assert "No open pull request has the branch of the run" in said(report)


def test_a_branch_that_was_pushed_to_meanwhile(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.pulls[pull]["head"]["sha"] = "3" * 40
    report = caller.put(payloads.quality()).comment()
    assert (report.result, comments(report)) == (Result.SKIPPED, [(12, "left")])
    assert writes(api) == []


def test_a_branch_that_is_pushed_to_at_the_last_moment(api: Api, caller: Caller, pull: int) -> None:
    def push() -> None:
        api.pulls.pulls[pull]["head"]["sha"] = "3" * 40

    api.faults.append(Fault("issues/list-comments", 502, then=push))
    report = caller.put(payloads.quality()).comment()
    assert comments(report) == [(12, "left")]
    assert "it has moved on to 3333333" in said(report)
    assert writes(api) == []


def test_a_branch_of_that_name_in_another_repository_of_the_owner(api: Api, caller: Caller) -> None:
    api.pulls.open("eve:feature/x", HEAD, number=12, repository="eve/another-fork")
    report = caller.put(payloads.quality()).comment()
    assert comments(report) == [(12, "left")]
    assert "between other repositories" in said(report)


@pytest.mark.parametrize("conclusion", ["cancelled", "success", "startup_failure"])
def test_a_run_that_left_nothing(api: Api, caller: Caller, pull: int, conclusion: str) -> None:
    report = caller.on("workflow_run_fork", conclusion=conclusion).comment()
    assert (report.result, report.exit_code) == (Result.SKIPPED, 0)
    assert f"The run ended as {conclusion} and left no payload" in said(report)
    assert api.calls == []


def test_payloads_of_other_comments_only(api: Api, caller: Caller, pull: int) -> None:
    report = caller.put(payloads.quality(id="api"), payloads.security(id="web")).comment()
    assert report.result is Result.SKIPPED
    assert "The run left 2 payloads, but none with the comment-id 'default'" in said(report)


# --- what was refused ------------------------------------------------------------------------------


def test_what_is_wrong_is_refused_and_the_rest_is_shown(api: Api, caller: Caller, pull: int) -> None:
    report = caller.put(payloads.quality(), payloads.security(more=1)).comment()
    assert (report.result, report.exit_code) == (Result.ERROR, 3)
    assert report.headline == "ci-comment: 1 result was refused, comment on #12 created"
    assert "'1-comment': the payload must be an object with exactly" in said(report, "error")
    (body,) = api.pulls.bodies(pull)
    assert "1 result of this run was refused: [why](<https://github.com/acme/app/actions/runs/18>)" in body


def test_nothing_is_written_where_everything_is_refused(api: Api, caller: Caller, pull: int) -> None:
    report = caller.put({"schema": "evil"}).comment()
    assert (report.result, report.exit_code) == (Result.ERROR, 3)
    assert "evil" not in json.dumps(report.details)
    assert api.calls == []


def test_two_results_of_one_gate_are_not_guessed_between(api: Api, caller: Caller, pull: int) -> None:
    report = caller.put(payloads.quality(), payloads.coverage(), payloads.quality()).comment()
    assert report.exit_code == 3
    assert (
        "quality: has 2 payloads with the comment-id 'default'; give each run of it one of its own"
        in said(report, "error")
    )
    assert "### " in api.pulls.bodies(pull)[0]
    assert "quality:" not in api.pulls.bodies(pull)[0]


# --- GitHub says no --------------------------------------------------------------------------------


def test_a_token_that_may_only_read(api: Api, caller: Caller, pull: int) -> None:
    report = caller.put(payloads.quality()).comment(token=ONLOOKER)
    assert (report.result, report.exit_code) == (Result.SKIPPED, 0)
    assert "GitHub refuses (403: Resource not accessible by integration)" in said(report)
    assert "Add `pull-requests: write` to the permissions of the job that calls comment.yml" in said(report)
    assert api.pulls.bodies(pull) == []


def test_a_token_that_may_nothing(api: Api, caller: Caller, pull: int) -> None:
    api.tokens["none"] = {}
    report = caller.put(payloads.quality()).comment(token="none")
    assert (report.result, report.exit_code) == (Result.SKIPPED, 0)
    assert "`pull-requests: read`" in said(report)


def test_a_token_that_nobody_knows(api: Api, caller: Caller, pull: int) -> None:
    report = caller.put(payloads.quality()).comment(token="s3cret")
    assert (report.result, report.exit_code) == (Result.ERROR, 2)
    assert "GitHub does not know the token (401: Bad credentials)" in said(report, "error")
    assert "s3cret" not in str(report)


def test_a_conversation_that_is_locked(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.pulls[pull]["locked"] = True
    report = caller.put(payloads.quality()).comment()
    assert (report.result, report.exit_code) == (Result.SKIPPED, 0)
    assert "locked" in said(report)
    assert "permissions" not in said(report)


@pytest.mark.parametrize(
    "operation", ["pulls/list", "issues/list-comments", "graphql", "pulls/get", "issues/update-comment"]
)
@pytest.mark.parametrize("fault", [Fault(status=502), Fault(drop="before"), Fault(drop="after")])
def test_a_fault_that_passes(api: Api, caller: Caller, pull: int, operation: str, fault: Fault) -> None:
    caller.put(payloads.quality()).comment()
    api.faults.append(Fault(operation, fault.status, drop=fault.drop))
    report = caller.on("workflow_run_fork", id=18).comment()
    assert comments(report) == [(12, "updated")]
    assert not api.faults
    assert caller.clock.slept == [1.0]


@pytest.mark.parametrize("fault", [Fault(status=502), Fault(drop="before"), Fault(drop="after")])
def test_a_comment_is_never_created_twice(api: Api, caller: Caller, pull: int, fault: Fault) -> None:
    api.faults.append(Fault("issues/create-comment", fault.status, drop=fault.drop))
    report = caller.put(payloads.quality()).comment()
    assert comments(report) == [(12, "created")]
    assert len(api.pulls.bodies(pull)) == 1


def test_a_fault_that_stays(api: Api, caller: Caller, pull: int) -> None:
    api.faults += [Fault("pulls/list") for _ in range(3)]
    report = caller.put(payloads.quality()).comment()
    assert (report.result, report.exit_code) == (Result.ERROR, 4)
    assert "failed 3 times (status 502)" in said(report, "error")


@pytest.mark.parametrize(
    ("status", "headers", "waits"),
    [
        (429, {"Retry-After": "7"}, [7.0]),
        (403, {"Retry-After": "7"}, [7.0]),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1030"}, [30.0]),
        (429, {}, [60.0]),
    ],
)
@pytest.mark.parametrize("operation", ["pulls/list", "issues/create-comment"])
def test_a_rate_limit_is_waited_for(
    api: Api,
    caller: Caller,
    pull: int,
    operation: str,
    status: int,
    headers: dict[str, str],
    waits: list[float],
) -> None:
    api.faults.append(Fault(operation, status, headers))
    report = caller.put(payloads.quality()).comment()
    assert comments(report) == [(12, "created")]
    assert caller.clock.slept == waits
    assert len(api.pulls.bodies(pull)) == 1


def test_a_rate_limit_of_the_hour_is_not(api: Api, caller: Caller, pull: int) -> None:
    api.faults.append(Fault("pulls/list", 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4000"}))
    report = caller.put(payloads.quality()).comment()
    assert (report.result, report.exit_code) == (Result.ERROR, 4)
    assert "GitHub limits the rate for another 3000 s" in said(report, "error")


def test_a_comment_that_is_deleted_meanwhile_is_made_anew(api: Api, caller: Caller, pull: int) -> None:
    caller.put(payloads.quality()).comment()
    api.faults.append(Fault("pulls/get", 502, then=api.pulls.comments.clear))
    report = caller.on("workflow_run_fork", id=18).comment()
    assert comments(report) == [(12, "created")]
    assert len(api.pulls.bodies(pull)) == 1


def test_nobody_says_whose_token_it_is(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.comment(pull, "<!-- ci-actions:comment:default x -->", BOT)
    api.pulls.accounts[COMMENTER] = user("", 0)
    report = caller.put(payloads.quality()).comment()
    assert (report.result, report.exit_code) == (Result.ERROR, 4)
    assert "does not say whose token this is" in said(report, "error")
    assert writes(api) == []


# --- the caller --------------------------------------------------------------------------------------


def test_a_run_that_no_workflow_run_started(api: Api, caller: Caller) -> None:
    caller.on("workflow_run").env["GITHUB_EVENT_NAME"] = "pull_request"
    report = caller.put(payloads.quality()).comment()
    assert (report.result, report.exit_code) == (Result.ERROR, 2)
    assert "needs the event workflow_run, and this is 'pull_request'" in said(report, "error")
    assert "examples/workflows/comment.yml" in said(report, "error")


@pytest.mark.parametrize(
    "more", [{"id": None}, {"id": True}, {"run_attempt": 0}, {"head_sha": "main"}, {"head_sha": None}]
)
def test_an_event_that_says_too_little(api: Api, caller: Caller, more: dict[str, Any]) -> None:
    report = caller.put(payloads.quality()).on("workflow_run", **more).comment()
    assert (report.result, report.exit_code) == (Result.ERROR, 3)
    assert "The event says too little about its run" in said(report, "error")


def test_the_pull_request_is_not_taken_from_the_event(api: Api, caller: Caller, pull: int) -> None:
    api.pulls.open("mallory:other", "4" * 40, number=666, repository="mallory/app")
    report = caller.put(payloads.quality()).on("workflow_run_fork", pull_requests=[{"number": 666}]).comment()
    assert comments(report) == [(12, "created")]
    assert api.pulls.bodies(666) == []
