"""Whether an endpoint answers, asked of real servers on loopback."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from ci_actions.kit.endpoints import parse
from ci_actions.kit.waiting import complaint


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/") or 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("http://127.0.0.1:{}", ""),
        ("http://127.0.0.1:{}/404", ""),
        ("http://127.0.0.1:{}/302", ""),
        ("http://127.0.0.1:{}/503", "it answers with 503"),
        ("http://127.0.0.1:{}/404=200", "it answers with 404"),
        ("http://127.0.0.1:{}/404=404", ""),
        ("tcp://127.0.0.1:{}", ""),
    ],
)
def test_answers(port: int, path: str, said: str) -> None:
    assert complaint(parse(path.format(port))) == said


def test_nobody_listens() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number = one.getsockname()[1]
        assert "refused" in complaint(parse(f"tcp://127.0.0.1:{number}"))
        assert "refused" in complaint(parse(f"http://127.0.0.1:{number}"))


def test_no_server_of_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                connection.sendall(b"220 mail ready\r\n")

        threading.Thread(target=greet, daemon=True).start()
        found = complaint(parse(f"http://127.0.0.1:{server.getsockname()[1]}"))
    assert "no server of HTTP" in found
