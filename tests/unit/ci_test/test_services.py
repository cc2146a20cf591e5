"""Waiting for services, which are servers on loopback that behave as the real ones were seen to."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ci_actions.ci_test.address import parse
from ci_actions.ci_test.services import await_service
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import Unavailable

STARTING = b"E\0\0\0\x50SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0".ljust(0x51, b"\0")
READY = b"R\0\0\0\x08\0\0\0\0"


@contextmanager
def server(*answers: bytes, family: int = socket.AF_INET, path: str = "") -> Iterator[int]:
    """Listen, and give each connection the next answer, the last one for ever; yields the port."""
    listener = socket.socket(family)
    listener.bind(path or ("127.0.0.1", 0))
    listener.listen()
    remaining = list(answers)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                # What is not read when a connection is closed resets it; of MySQL nobody asks anything.
                connection.settimeout(0.5)
                with suppress(TimeoutError):
                    connection.recv(100)
                # In two parts, as a network may deliver it.
                answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
                connection.sendall(answer[:3])
                connection.sendall(answer[3:])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield 0 if path else listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def wait(url: str, seconds: float = 0.0) -> list[str]:
    said: list[str] = []
    clock = Clock()
    await_service("redis-url", parse(url), clock.monotonic() + seconds, clock, said.append)
    return said


@pytest.mark.parametrize(
    ("scheme", "answers"),
    [
        ("redis", [b"+PONG\r\n"]),
        ("redis", [b"-NOAUTH Authentication required.\r\n"]),
        ("redis", [b"-LOADING Redis is loading\r\n", b"", b"+PONG\r\n"]),
        ("postgresql", [READY]),
        ("postgresql", [STARTING, STARTING, READY]),
        ("mysql", [b""]),
    ],
)
def test_a_service_that_answers(scheme: str, answers: list[bytes]) -> None:
    with server(*answers) as port:
        said = wait(f"{scheme}://u:hunter2@127.0.0.1:{port}/x", 30)
    assert said[0].startswith(f"redis-url: 127.0.0.1:{port} answers after ")


@pytest.mark.skipif(os.name != "posix", reason="this system has no such sockets")
def test_a_socket_in_a_folder(tmp_path: Path) -> None:
    with server(b"+PONG\r\n", family=socket.AF_UNIX, path=str(tmp_path / "s")):
        assert "answers" in wait(f"unix://{tmp_path}/s")[0]
    with pytest.raises(Unavailable, match="did not answer as Redis does"):
        wait(f"unix://{tmp_path}/gone")


@pytest.mark.parametrize(
    ("scheme", "answers", "why"),
    [
        ("redis", [b"-LOADING Redis is loading\r\n"], "it is starting up"),
        ("redis", [b"HTTP/1.1 400 Bad Request\r\n"], "it says something else"),
        ("redis", [b""], "it took the connection and said nothing"),
        ("postgresql", [STARTING], "it is starting up"),
        ("postgresql", [b"HTTP/1.1 400 Bad Request\r\n"], "it says something else"),
    ],
)
def test_a_service_that_does_not(scheme: str, answers: list[bytes], why: str) -> None:
    with server(*answers) as port, pytest.raises(Unavailable) as caught:
        wait(f"{scheme}://u:hunter2@127.0.0.1:{port}/x")
    assert f"127.0.0.1:{port} did not answer as" in caught.value.message
    assert why in caught.value.message
    assert "hunter2" not in str(caught.value)


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(
            Unavailable, match=f"127.0.0.1:{port} did not answer within 0 s: Connection refused"
        ):
            wait(f"mysql://127.0.0.1:{port}")


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(Unavailable, match=r"nothing\.invalid:6379 did not answer as Redis does"):
        wait("redis://nothing.invalid")
