"""Real requests against a server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ci_actions.kit import http
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import Unavailable
from ci_actions.kit.http import Answer, Http, rate_limit


class Server(ThreadingHTTPServer):
    """Answers from a script by path, and remembers what it was asked; the last answer of a path is repeated."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.bodies: list[bytes] = []
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
        self.server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
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

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - named by http.server

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


# --- calls that may write, and rate limits ---------------------------------------------------------


class Stopwatch(Clock):
    """Does not wait, but remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 1000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_what_is_sent(server: Server) -> None:
    server.answer("/x", 201, b"{}")
    answer = Http(server.url, "t0ken").ask("POST", "/x", {"q": "a b"}, body={"text": "ä"})
    assert (answer.status, answer.json()) == (201, {})
    ((path, headers),) = server.asked
    assert path == "/x?q=a+b"
    assert (headers["Content-Type"], headers["Authorization"]) == ("application/json", "Bearer t0ken")
    assert server.bodies == [b'{"text": "\\u00e4"}']


@pytest.mark.parametrize(("method", "tries"), [("GET", 3), ("PATCH", 3), ("DELETE", 3), ("POST", 1)])
@pytest.mark.parametrize("status", [502, 0])
def test_only_what_is_safe_to_repeat_is_repeated(
    server: Server, method: str, tries: int, status: int
) -> None:
    server.answer("/x", status)
    clock = Stopwatch()
    with pytest.raises(Unavailable, match=rf"^{method} {server.url}/x failed"):
        Http(server.url, "s3cret", clock).ask(method, "/x")
    assert len(server.asked) == tries
    assert clock.slept == [1.0, 2.0][: tries - 1]


def test_a_post_that_changes_nothing_is_repeated(server: Server) -> None:
    server.answer("/api/graphql", 502)
    server.answer("/api/graphql", 200, b'{"data": 1}')
    answer = Http(f"{server.url}/api/v3", "t", Stopwatch()).graphql("query { viewer { login } }")
    assert answer.json() == {"data": 1}
    assert server.bodies[-1] == b'{"query": "query { viewer { login } }"}'


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (403, {}, None),
        (403, {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "1010"}, None),
        (404, {"Retry-After": "5"}, None),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1010"}, None),
        (403, {"Retry-After": "5"}, 5.0),
        (429, {"retry-after": "0"}, 1.0),
        (429, {"Retry-After": "tomorrow"}, 60.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1010"}, 10.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "900"}, 1.0),
    ],
)
def test_what_is_a_rate_limit(status: int, headers: dict[str, str], seconds: float | None) -> None:
    assert rate_limit(Answer(status, b"", headers), 1000.0) == seconds


def test_limits_are_waited_for_up_to_a_sum(server: Server) -> None:
    for _ in range(3):
        server.answer("/x", 429, b"", **{"Retry-After": "80"})
    clock = Stopwatch()
    with pytest.raises(Unavailable, match="limits the rate for another 80 s"):
        Http(server.url, "t", clock).ask("POST", "/x")
    assert clock.slept == [80.0, 80.0]


def test_pages_follow_the_number_and_not_the_address(server: Server) -> None:
    there = 'https://evil.example/x?page=2&per_page=100>; rel="next"'
    server.answer("/x", 200, b"[1]", Link=f"<{there}, <{there.replace('next', 'last')}")
    server.answer("/x", 200, b"[2]")
    pages = Http(server.url, "t").pages("/x", {"state": "open"})
    assert [each.json() for each in pages] == [[1], [2]]
    assert [path for path, _ in server.asked] == [
        "/x?state=open&per_page=100&page=1", "/x?state=open&per_page=100&page=2",
    ]  # fmt: skip


def test_a_refusal_is_the_last_page(server: Server) -> None:
    server.answer("/x", 403, b"{}", Link='<https://x?page=2>; rel="next"')
    assert [each.status for each in Http(server.url).pages("/x")] == [403]


def test_a_list_without_an_end(server: Server) -> None:
    server.answer("/x", 200, b"[]", Link='<https://x?page=2>; rel="next"')
    with pytest.raises(Unavailable, match="more than 100 pages of /x"):
        list(Http(server.url).pages("/x"))
