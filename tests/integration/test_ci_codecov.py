"""ci-codecov: Codecov's own program, and a server on loopback in Codecov's place."""

from __future__ import annotations

import base64
import json
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository
from tests.integration.asking import Answer, ask

pytestmark = pytest.mark.integration

TOKEN = "canary-0a1b2c3d"
XML = '<?xml version="1.0"?><coverage line-rate="1"/>\n'


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Codecov:
    """What it was asked, and what it answers to the first request."""

    address: str = ""
    status: int = 201
    answer: Mapping[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)


@pytest.fixture
def codecov() -> Iterator[Codecov]:
    state = Codecov()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(
                state.status,
                {
                    "url": "https://codecov.example/r",
                    "raw_upload_location": f"{state.address}/put",
                    **state.answer,
                },
            )

        def do_PUT(self) -> None:
            self._answer(200, {})

        def _answer(self, status: int, answer: Mapping[str, str]) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            state.asked.append(Asked(self.command, self.path, dict(self.headers), json.loads(body)))
            said = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()


def upload(repository: Repository, codecov: Codecov, *options: str, token: str = TOKEN, **env: str) -> Answer:
    repository.commit({"a.py": "x = 1\n", ".gitignore": "/.ci-actions/\n/out/\n"})
    repository.write({"out/coverage.xml": XML, "out/other.xml": XML})
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "org/repo",
        "GITHUB_SHA": repository.commits[-1],
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REF_NAME": "main",
        "GITHUB_RUN_ID": "7",
        "RUNNER_TEMP": str(repository.path / "out" / "temp"),
        "INPUT_TOKEN": token,
    }
    words = () if "--files" in options else ("--files", "out/coverage.xml")
    return ask(
        "ci-codecov", repository.path, *words, "--url", codecov.address, *options, env={**github, **env}
    )


def test_the_reports_that_are_named_arrive_and_no_others(repository: Repository, codecov: Codecov) -> None:
    answer = upload(repository, codecov, "--flags", "unit,fast", "--name", "mine")
    assert answer.code == 0, answer.said
    assert answer.outputs["uploaded"] == "true"
    assert json.loads(answer.outputs["files-json"]) == ["out/coverage.xml"]
    first, second = codecov.asked
    assert (first.method, first.path) == ("POST", "/upload/github/org::::repo/upload-coverage")
    assert first.headers["Authorization"] == f"token {TOKEN}"
    assert first.body["commitid"] == repository.commits[-1]
    assert (first.body["flags"], first.body["name"]) == (["unit", "fast"], "mine")
    (file,) = second.body["coverage_files"]
    assert file["filename"].endswith("/out/coverage.xml")
    assert zlib.decompress(base64.b64decode(file["data"])).decode() == XML
    assert "a.py" in second.body["network_files"]


def test_the_token_is_shown_nowhere(repository: Repository, codecov: Codecov) -> None:
    codecov.status, codecov.answer = 401, {"message": f"the token {TOKEN} is not valid"}
    answer = upload(repository, codecov)
    assert answer.code != 0
    shown = answer.said + json.dumps(answer.report) + json.dumps([each.body for each in codecov.asked])
    assert TOKEN not in shown
    assert "***" in answer.said


@pytest.mark.parametrize(
    ("status", "token", "code", "said"),
    [
        (401, TOKEN, 2, "Is it the upload token of this repository?"),
        (400, "", 2, "Give it the secret that holds the upload token"),
        (404, TOKEN, 2, "Codecov refused the reports"),
        (503, TOKEN, 4, "Codecov did not answer"),
    ],
)
def test_what_codecov_refuses_is_no_success(
    repository: Repository, codecov: Codecov, status: int, token: str, code: int, said: str
) -> None:
    codecov.status, codecov.answer = status, {"message": "Token required" if status != 404 else "Not found"}
    answer = upload(repository, codecov, token=token)
    assert answer.code == code, answer.said
    assert said in answer.messages
    assert answer.messages.startswith("warning:")
    assert answer.outputs["uploaded"] == "false"


def test_nobody_there(repository: Repository) -> None:
    answer = upload(repository, Codecov(address="http://127.0.0.1:9"))
    assert answer.code == 4, answer.said
    assert "Codecov did not answer" in answer.messages


@pytest.mark.parametrize(("files", "code"), [("out/none.xml", 3), ("out/*.xml,out/*.json", 3), ("", 2)])
def test_no_report_is_no_upload(repository: Repository, codecov: Codecov, files: str, code: int) -> None:
    answer = upload(repository, codecov, "--files", files)
    assert answer.code == code
    assert not codecov.asked


def test_a_change_is_known_by_its_own_commit(
    repository: Repository, codecov: Codecov, tmp_path: Path
) -> None:
    """A shallow clone of a merge commit does not tell its parents; the event does. A fork has no token."""
    head = {
        "sha": "1" * 40,
        "ref": "topic",
        "label": "somebody:topic",
        "repo": {"full_name": "somebody/repo", "fork": True},
    }
    base = {"sha": "2" * 40, "ref": "main", "repo": {"full_name": "org/repo"}}
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"number": 3, "pull_request": {"number": 3, "head": head, "base": base}}))
    answer = upload(
        repository, codecov, token="", GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH=str(event),
        GITHUB_REF="refs/pull/3/merge", GITHUB_HEAD_REF="topic", GITHUB_BASE_REF="main",
    )  # fmt: skip
    assert answer.code == 0, answer.said
    first = codecov.asked[0]
    assert (first.body["commitid"], first.body["branch"], first.body["pullid"]) == (
        "1" * 40,
        "somebody:topic",
        "3",
    )
    assert "Authorization" not in first.headers
