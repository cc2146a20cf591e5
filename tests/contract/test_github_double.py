"""The double refuses what GitHub refuses: without that, tests against it prove nothing."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.doubles.github_answers import user
from tests.doubles.github_api import COMMENTER, ISSUE_READER, ONLOOKER, REPORTER, Api, Fault, served
from tests.doubles.github_openapi import Description, description_or_skip

SHA = "a" * 40
SARIF = {"version": "2.1.0", "runs": []}
UPLOAD = {"sarif": "x", "ref": "refs/heads/main", "commit_sha": SHA}


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load(description_or_skip())


@pytest.fixture
def api(description: Description, tmp_path: Path) -> Iterator[Api]:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path)], check=True)
    with served(description, tmp_path, "acme/app") as api:
        api.tokens["scanner"] = {"security_events": "write"}
        api.pulls.open("eve:topic", SHA, number=7, repository="eve/app")
        yield api


def ask(
    api: Api, method: str, path: str, body: object = None, token: str = COMMENTER, **more: Any
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"}
    return requests.request(
        method, f"{api.url}/repos/acme/app{path}", json=body, headers=headers, timeout=10, **more
    )


def complained(api: Api) -> list[str]:
    """Return what the double would fail the test for, and forgive it."""
    found = list(api.complaints)
    api.complaints.clear()
    return found


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("GET", "/pulls?per_pages=5", None, "there is no parameter 'per_pages'"),
        ("GET", "/pulls?state=opened", None, "state: 'opened' is not one of"),
        ("GET", "/pulls/seven", None, "pull_number: 'seven' is not of type 'integer'"),
        ("POST", "/issues/7/comments", {}, "body: 'body' is a required property"),
        ("POST", "/issues/7/comments", {"body": 1}, "1 is not of type 'string'"),
        ("POST", "/issues/7/comments", {"body": "x", "title": "y"}, "the body has no property 'title'"),
        ("PATCH", "/issues/comments/1", {"text": "x"}, "'body' is a required property"),
        ("POST", "/code-scanning/sarifs", {"sarif": "x"}, "'commit_sha' is a required property"),
        ("POST", "/code-scanning/sarifs", {"sarif": "x", "ref": "main", "commit_sha": SHA}, "'main' does not match"),
        ("GET", "/issues/7/events", None, "not a call of ours"),
        ("GET", "/issues?sort=update", None, "sort: 'update' is not one of"),
        ("GET", "/issues/7/timeline?since=x", None, "there is no parameter 'since'"),
        ("GET", "/tags?page=x", None, "page: 'x' is not of type 'integer'"),
        ("GET", "/rulesets?includes_parents=yes", None, "includes_parents: 'yes' is not of type 'boolean'"),
        ("GET", "/branches/main?x=1", None, "there is no parameter 'x'"),
        ("GET", "/actions/caches?sort=used", None, "sort: 'used' is not one of"),
        ("DELETE", "/actions/caches/x", None, "cache_id: 'x' is not of type 'integer'"),
        ("GET", "/issues?state=shut", None, "state: 'shut' is not one of"),
        ("GET", "/issues?label=x", None, "there is no parameter 'label'"),
        ("POST", "/issues", {"body": "x"}, "'title' is a required property"),
        ("PATCH", "/issues/7", {"state": "done"}, "'done' is not one of"),
    ],
)  # fmt: skip
def test_what_is_not_understood(api: Api, method: str, path: str, body: object, complaint: str) -> None:
    assert ask(api, method, path, body).status_code in (403, 404, 422)
    found = complained(api)
    assert any(complaint in each for each in found), found


@pytest.mark.parametrize(
    ("method", "path", "body", "token", "status", "accepted"),
    [
        ("GET", "/pulls", None, "nobody", 401, None),
        ("GET", "/pulls", None, "scanner", 403, "pull_requests=read"),
        ("POST", "/issues/7/comments", {"body": "x"}, ONLOOKER, 403, "issues=write; pull_requests=write"),
        ("GET", "/actions/runs/1/artifacts", None, "scanner", 403, "actions=read"),
        ("GET", "/issues", None, "scanner", 403, "issues=read"),
        ("GET", "/issues/7/timeline", None, "scanner", 403, "issues=read"),
        ("DELETE", "/issues/7/labels/stale", None, "scanner", 403, "issues=write"),
        ("GET", "/branches/main/protection", None, "scanner", 403, "administration=read"),
        ("GET", "/rules/branches/main", None, "scanner", 403, "metadata=read"),
        ("GET", "/actions/caches", None, "scanner", 403, "actions=read"),
        ("DELETE", "/actions/caches/7", None, COMMENTER, 403, "actions=write"),
        ("POST", "/issues", {"title": "x"}, ISSUE_READER, 403, "issues=write"),
        ("POST", "/code-scanning/sarifs", UPLOAD, COMMENTER, 403, "security_events=write"),
    ],
)  # fmt: skip
def test_rights(
    api: Api, method: str, path: str, body: object, token: str, status: int, accepted: str | None
) -> None:
    answer = ask(api, method, path, body, token)
    assert answer.status_code == status
    assert answer.headers.get("X-Accepted-GitHub-Permissions") == accepted


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [8, 7]),
        ("?head=eve:topic", [7]),
        ("?head=topic", [8, 7]),
        ("?head=eve:topic&base=next", []),
        ("?state=all", [9, 8, 7]),
        ("?state=closed", [9]),
        ("?head=eve:topic&state=closed", []),
    ],
)
def test_pull_requests_are_listed(api: Api, query: str, numbers: list[int]) -> None:
    api.pulls.open("acme:other", SHA, number=8)
    api.pulls.open("acme:third", SHA, number=9, state="closed")
    assert [each["number"] for each in ask(api, "GET", f"/pulls{query}").json()] == numbers
    assert ask(api, "GET", "/pulls/7").json()["head"]["label"] == "eve:topic"
    assert ask(api, "GET", "/pulls/99").status_code == 404


@pytest.mark.parametrize(
    ("number", "body", "status"), [(7, "x", 201), (7, " ", 422), (7, "x" * 65_537, 422), (7, "x" * 65_536, 201), (99, "x", 404)]
)  # fmt: skip
def test_comments(api: Api, number: int, body: str, status: int) -> None:
    answer = ask(api, "POST", f"/issues/{number}/comments", {"body": body})
    assert answer.status_code == status
    assert api.pulls.bodies(7) == ([body] if status == 201 else [])


def test_nobody_edits_the_comment_of_another(api: Api) -> None:
    theirs = api.pulls.comment(7, "mine", {"id": 901, "login": "eve"} | api.pulls.pulls[7]["user"])
    assert ask(api, "PATCH", f"/issues/comments/{theirs['id']}", {"body": "yours"}).status_code == 200
    assert complained(api) == ["the comment of eve was edited"]


# --- issues ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["c", "a"]),
        ("?state=all", ["d", "c", "b", "a"]),
        ("?state=closed", ["d", "b"]),
        ("?labels=ci-actions", ["c", "a"]),
        ("?labels=CI-Actions,bug", ["c"]),
        ("?labels=none", []),
        ("?creator=eve&state=all", ["d"]),
    ],
)
def test_issues_are_listed(api: Api, query: str, titles: list[str]) -> None:
    api.issues.open("a", "")
    api.issues.open("b", "", state="closed")
    api.issues.open("c", "", labels=("ci-actions", "bug"))
    api.issues.open("d", "", user("eve", 901), state="closed")
    assert [each["title"] for each in ask(api, "GET", f"/issues{query}", token=REPORTER).json()] == titles


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"title": "x", "body": "y", "labels": ["ci-actions"]}, 201),
        ({"title": "x" * 256}, 201),
        ({"title": "x" * 257}, 422),
        ({"title": "x", "body": "y" * 65_537}, 422),
    ],
    ids=["good", "long-title", "too-long-title", "too-long-body"],
)
def test_issues_are_opened(api: Api, asked: dict[str, Any], status: int) -> None:
    assert ask(api, "POST", "/issues", asked, REPORTER).status_code == status
    assert len(api.issues.issues) == (status == 201)


def test_labels_are_dropped_in_silence(api: Api) -> None:
    api.issues.drops_labels = True
    made = ask(api, "POST", "/issues", {"title": "x", "labels": ["bug"]}, REPORTER).json()
    assert made["labels"] == []
    added = ask(api, "POST", f"/issues/{made['number']}/labels", {"labels": ["bug"]}, REPORTER).json()
    assert [each["name"] for each in added] == ["bug"]


def test_issues_are_closed_and_opened_again(api: Api) -> None:
    one, two = api.issues.open("a", ""), api.issues.open("b", "")

    def change(**asked: object) -> requests.Response:
        return ask(api, "PATCH", f"/issues/{one['number']}", asked, REPORTER)

    assert change(state="closed", state_reason="completed").json()["closed_at"]
    assert change(state="open").json()["state_reason"] == "reopened"
    assert change(state="closed", state_reason="duplicate").status_code == 422
    assert change(state="closed", state_reason="duplicate", duplicate_issue_id=two["id"]).status_code == 200
    assert api.issues.states() == [(one["number"], "closed"), (two["number"], "open")]


def test_nobody_edits_the_issue_of_another(api: Api) -> None:
    theirs = api.issues.open("a", "mine", user("eve", 901))
    ask(api, "PATCH", f"/issues/{theirs['number']}", {"body": "yours"}, REPORTER)
    assert complained(api) == ["the issue of eve was edited"]


def test_comments_on_issues(api: Api) -> None:
    number = api.issues.open("a", "")["number"]
    assert ask(api, "POST", f"/issues/{number}/comments", {"body": "x"}, REPORTER).status_code == 201
    assert api.pulls.bodies(number) == ["x"]
    api.issues.issues[number]["locked"] = True
    assert ask(api, "POST", f"/issues/{number}/comments", {"body": "x"}, REPORTER).status_code == 403


def test_a_repository_without_issues(api: Api) -> None:
    api.issues.disabled = True
    answers = [
        ask(api, "GET", "/issues", token=REPORTER),
        ask(api, "POST", "/issues", {"title": "x"}, REPORTER),
    ]
    assert [each.status_code for each in answers] == [410, 410]


def test_artifacts_of_a_run(api: Api) -> None:
    kept = api.pulls.artifact(5, "a", b"zip")
    gone = api.pulls.artifact(5, "b", b"zip", expired=True)
    api.pulls.artifact(6, "c", b"zip")
    listed = ask(api, "GET", "/actions/runs/5/artifacts").json()
    assert (listed["total_count"], [each["name"] for each in listed["artifacts"]]) == (2, ["a", "b"])
    answer = ask(api, "GET", f"/actions/artifacts/{kept['id']}/zip", allow_redirects=False)
    assert answer.status_code == 302
    assert requests.get(answer.headers["Location"], timeout=10).content == b"zip"
    assert ask(api, "GET", f"/actions/artifacts/{gone['id']}/zip").status_code == 410
    requests.get(answer.headers["Location"], headers={"Authorization": "Bearer x"}, timeout=10)
    assert complained(api) == [f"the token went to the storage: /stored/{kept['id']}"]


@pytest.mark.parametrize(
    ("packed", "status", "processed"),
    [
        (base64.b64encode(gzip.compress(json.dumps(SARIF).encode(), mtime=0)), 202, "complete"),
        (base64.b64encode(gzip.compress(b'{"version": "1"}', mtime=0)), 202, "failed"),
        (base64.b64encode(b"no gzip"), 400, ""),
        (b"no base64!", 400, ""),
    ],
    ids=["a log", "no log", "no gzip", "no base64"],
)
def test_code_scanning(api: Api, packed: bytes, status: int, processed: str) -> None:
    asked = {"sarif": packed.decode(), "ref": "refs/pull/7/merge", "commit_sha": SHA}
    answer = ask(api, "POST", "/code-scanning/sarifs", asked, "scanner")
    assert answer.status_code == status
    if status == 202:
        found = ask(api, "GET", f"/code-scanning/sarifs/{answer.json()['id']}", token="scanner")
        assert found.json()["processing_status"] == processed


def test_faults_and_limits_strike_once(api: Api) -> None:
    api.faults += [
        Fault("pulls/list", 502),
        Fault("pulls/list", 429, {"Retry-After": "3"}),
    ]
    answers = [ask(api, "GET", "/pulls") for _ in range(3)]
    assert [each.status_code for each in answers] == [502, 429, 200]
    assert answers[1].headers["Retry-After"] == "3"


def test_of_classic_protection_a_reader_is_told_the_checks_alone(api: Api) -> None:
    api.tokens |= {"reader": {"contents": "read"}, "administrator": {"administration": "read"}}
    checks = {"strict": True, "contexts": ["ci"], "checks": [{"context": "ci", "app_id": None}]}
    api.upkeep.branches |= {
        "main": {"required_status_checks": checks, "allow_deletions": {"enabled": False}},
        "x": None,
    }
    told = ask(api, "GET", "/branches/main", token="reader").json()
    assert told["protected"] is True
    assert told["protection"]["required_status_checks"]["contexts"] == ["ci"]
    assert "allow_deletions" not in told["protection"]
    assert ask(api, "GET", "/branches/main/protection", token="administrator").json()["allow_deletions"]
    assert (
        ask(api, "GET", "/branches/x/protection", token="administrator").json()["message"]
        == "Branch not protected"
    )
    assert ask(api, "GET", "/branches/gone", token="reader").status_code == 404


def test_comments_and_events_make_one_timeline(api: Api) -> None:
    api.tokens["keeper"] = {"issues": "write"}
    number = api.issues.open("x", "y", labels=())["number"]
    assert ask(api, "POST", f"/issues/{number}/comments", {"body": "hello"}, "keeper").status_code == 201
    assert ask(api, "POST", f"/issues/{number}/labels", {"labels": ["Stale"]}, "keeper").status_code == 200
    told = ask(api, "GET", f"/issues/{number}/timeline", token="keeper").json()
    assert sorted(each["event"] for each in told) == ["commented", "labeled"]
    assert ask(api, "DELETE", f"/issues/{number}/labels/stale", token="keeper").json() == []
    assert ask(api, "DELETE", f"/issues/{number}/labels/stale", token="keeper").status_code == 404


def test_tags_of_others_are_public_and_nothing_else_of_them(api: Api) -> None:
    api.upkeep.tags["other/tool"] = {"v1.0.0": SHA}
    headers = {"Authorization": f"Bearer {ONLOOKER}", "X-GitHub-Api-Version": "2022-11-28"}
    told = requests.get(f"{api.url}/repos/other/tool/tags", headers=headers, timeout=10).json()
    assert [(each["name"], each["commit"]["sha"]) for each in told] == [("v1.0.0", SHA)]
    assert (
        requests.get(f"{api.url}/repos/other/tool/branches/main", headers=headers, timeout=10).status_code
        == 404
    )
