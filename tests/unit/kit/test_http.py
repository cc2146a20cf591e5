"""Real requests against a server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ci_actions.kit import http
from ci_actions.kit.errors import Unavailable
from ci_actions.kit.http import Answer, Http


class Server(ThreadingHTTPServer):
    """Answers from a script by path, and remembers what it was asked; the last answer of a path is repeated."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str, status: int, body: bytes = b"", **headers: str) -> None:
        self.script.setdefault(path, []).append((status, headers, body))


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        planned = self.server.script[self.path.partition("?")[0]]
        status, headers, body = planned.pop(0) if len(planned) > 1 else planned[0]
        if not status:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.shutdown()
    made.server_close()


def test_the_answer_and_what_was_asked(server: Server) -> None:
    server.answer("/repos/a/b", 200, b'{"x": [1]}', ETag="e")
    answer = Http(server.url + "/", "t0ken").api("/repos/a/b", {"name": "a b&c", "per_page": "100"})
    assert (answer.status, answer.json(), answer.headers["ETag"]) == (200, {"x": [1]}, "e")
    ((path, headers),) = server.asked
    assert path == "/repos/a/b?name=a+b%26c&per_page=100"
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Accept"] == "application/vnd.github+json"


@pytest.mark.parametrize("status", [200, 204, 301, 403, 404, 429])
def test_a_status_below_500_is_an_answer(server: Server, status: int) -> None:
    server.answer("/x", status, b"" if status == 204 else b"body")
    assert Http(server.url).api("/x").status == status
    assert len(server.asked) == 1
    assert "Authorization" not in server.asked[0][1]


def test_it_tries_again(server: Server) -> None:
    server.answer("/x", 502)
    server.answer("/x", 0)
    server.answer("/x", 200, b"fine")
    assert Http(server.url).api("/x").body == b"fine"
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "why"), [(503, "status 503"), (0, "ChunkedEncodingError|ConnectionError")]
)
def test_it_gives_up(server: Server, status: int, why: str) -> None:
    server.answer("/x", status)
    with pytest.raises(Unavailable, match=rf"GET {server.url}/x failed 3 times \((?:{why})\)"):
        Http(server.url, "s3cret").api("/x")
    assert len(server.asked) == http.TRIES


def test_nobody_there() -> None:
    server = Server()
    server.shutdown()
    server.server_close()
    with pytest.raises(Unavailable) as away:
        Http(server.url, "s3cret").api("/x", {"q": "private"})
    assert "ConnectionError" in str(away.value)
    assert "s3cret" not in str(away.value)
    assert "private" not in str(away.value)


def test_the_token_does_not_follow_to_another_host(server: Server) -> None:
    other = f"http://localhost:{server.server_address[1]}/stored"
    server.answer("/zip", 302, Location=other)
    server.answer("/stored", 200, b"PK")
    assert Http(server.url, "s3cret").api("/zip").body == b"PK"
    asked = dict(server.asked)
    assert asked["/zip"]["Authorization"] == "Bearer s3cret"
    assert "Authorization" not in asked["/stored"]


def test_the_token_wins_against_netrc(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.answer("/x", 200)
    Http(server.url, "t0ken").api("/x")
    assert server.asked[0][1]["Authorization"] == "Bearer t0ken"


def test_an_answer_that_is_too_large_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST", 100_000)
    server.answer("/x", 200, b"x" * 100_000)
    assert len(Http(server.url).api("/x").body) == 100_000
    server.answer("/y", 200, b"x" * 100_001)
    with pytest.raises(Unavailable, match="more than 100000 bytes"):
        Http(server.url).api("/y")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff"])
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    with pytest.raises(Unavailable, match="answered 200 with something that is no JSON"):
        Answer(200, body, {}).json()
