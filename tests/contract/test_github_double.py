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
from tests.doubles.github_api import COMMENTER, ONLOOKER, Api, Fault, served
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
        ("GET", "/issues", None, "not a call of ours"),
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
        (base64.b64encode(gzip.compress(json.dumps(SARIF).encode())), 202, "complete"),
        (base64.b64encode(gzip.compress(b'{"version": "1"}')), 202, "failed"),
        (base64.b64encode(b"no gzip"), 400, ""),
        (b"no base64!", 400, ""),
    ],
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
