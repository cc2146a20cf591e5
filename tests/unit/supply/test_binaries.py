from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ci_actions.kit.errors import CannotJudge, CiActionsError, Unavailable
from ci_actions.supply.binaries import Pin, download, pinned_binary, platform_name

PROGRAM = b"#!/bin/sh\necho hello\n"


def tar(member: str = "tool") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as packed:
        about = tarfile.TarInfo(member)
        about.size = len(PROGRAM)
        packed.addfile(about, io.BytesIO(PROGRAM))
    return made.getvalue()


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("inner/tool", PROGRAM)
    return made.getvalue()


def pin(content: bytes, address: str = "https://example.com/tool.tar.gz", member: str = "tool") -> Pin:
    digest = hashlib.sha256(content).hexdigest()
    return Pin(name="tool", version="1.2.3", sha256=digest, address=address, member=member)


class Fetching:
    """Stands for the network: hands out one content, and counts."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.count = 0

    def __call__(self, address: str, target: Path) -> None:
        self.count += 1
        target.write_bytes(self.content)


def provide(pin: Pin, tmp_path: Path, fetch: Callable[[str, Path], None]) -> Path:
    return pinned_binary(
        pin, cache=tmp_path / "cache", into=tmp_path / "run", progress=lambda _: None, fetch=fetch
    )


@pytest.mark.parametrize(
    ("content", "address", "member"),
    [
        (tar(), "https://example.com/tool.tar.gz", "tool"),
        (zipped(), "https://example.com/tool.zip", "inner/tool"),
        (PROGRAM, "https://example.com/tool-linux-amd64", ""),
    ],
    ids=["tar", "zip", "bare"],
)
def test_a_pinned_program_is_unpacked_and_can_be_started(
    tmp_path: Path, content: bytes, address: str, member: str
) -> None:
    fetch = Fetching(content)
    for _ in range(2):
        program = provide(pin(content, address, member), tmp_path, fetch)
        assert program.read_bytes() == PROGRAM
        assert program.stat().st_mode & 0o111
    assert fetch.count == 1


def test_what_came_and_is_not_what_was_pinned_is_never_unpacked_nor_kept(tmp_path: Path) -> None:
    with pytest.raises(CannotJudge, match="not what was pinned"):
        provide(pin(tar()), tmp_path, Fetching(tar("evil")))
    assert not (tmp_path / "run").exists()
    assert not list((tmp_path / "cache" / "ci-actions" / "binaries").iterdir())


def test_a_kept_archive_that_was_changed_is_fetched_anew(tmp_path: Path) -> None:
    fetch = Fetching(tar())
    provide(pin(tar()), tmp_path, fetch)
    (kept,) = (tmp_path / "cache" / "ci-actions" / "binaries").iterdir()
    kept.write_bytes(tar("evil"))
    assert provide(pin(tar()), tmp_path, fetch).read_bytes() == PROGRAM
    assert fetch.count == 2


def test_a_file_of_the_users_own_is_checked_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "tool"
    file.write_bytes(PROGRAM)
    good = Pin(name="tool", version="9", sha256=hashlib.sha256(PROGRAM).hexdigest(), path=file)
    assert provide(good, tmp_path, Fetching(b"")).read_bytes() == PROGRAM
    file.write_bytes(PROGRAM + b"#")
    with pytest.raises(CannotJudge, match="not what was pinned"):
        provide(good, tmp_path, Fetching(b""))
    file.unlink()
    with pytest.raises(CannotJudge, match="there is no file"):
        provide(good, tmp_path, Fetching(b""))


@pytest.mark.parametrize(
    ("content", "address"),
    [(tar("other"), "https://example.com/tool.tar.gz"), (b"no archive", "https://example.com/tool.zip")],
    ids=["another-member", "no-archive"],
)
def test_an_archive_without_the_program_is_named(tmp_path: Path, content: bytes, address: str) -> None:
    with pytest.raises(CannotJudge, match="holds no tool"):
        provide(pin(content, address), tmp_path, Fetching(content))


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux-amd64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "arm64", "darwin-arm64"),
        ("Windows", "AMD64", "windows-amd64"),
    ],
)
def test_platforms_have_one_name(system: str, machine: str, name: str) -> None:
    assert platform_name(system, machine) == name


class Server(BaseHTTPRequestHandler):
    answers: list[int]

    def do_GET(self) -> None:
        status = self.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        if status == 200:
            self.wfile.write(PROGRAM)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Server]]]:
    handler = type("Answering", (Server,), {"answers": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", handler
    running.shutdown()
    running.server_close()


def test_a_server_that_stumbles_is_asked_again(tmp_path: Path, server: tuple[str, type[Server]]) -> None:
    address, handler = server
    handler.answers = [503, 200]
    download(f"{address}/tool", tmp_path / "tool")
    assert (tmp_path / "tool").read_bytes() == PROGRAM


@pytest.mark.parametrize("answers", [[404], [500, 502, 503]], ids=["missing", "down"])
def test_what_cannot_be_had_is_unavailable_and_says_no_secret(
    tmp_path: Path, server: tuple[str, type[Server]], answers: list[int]
) -> None:
    address, handler = server
    handler.answers = list(answers)
    with pytest.raises(CiActionsError) as raised:
        download(f"{address.replace('//', '//me:hush@')}/tool?token=hush", tmp_path / "tool")
    assert isinstance(raised.value, Unavailable)
    assert str(answers[-1]) in str(raised.value)
    assert "hush" not in str(raised.value)
