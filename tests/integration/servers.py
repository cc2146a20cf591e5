"""PostgreSQL and Redis of the system's packages on loopback, as a user without rights, with a password, for one test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that a user without rights can reach: pytest's own are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="ci-actions-services-"))
    if os.getuid() == 0:
        shutil.chown(made, "nobody")
    try:
        yield made
    finally:
        shutil.rmtree(made)


def nobody() -> dict[str, Any]:
    """PostgreSQL refuses to be started by root."""
    return {"user": "nobody"} if os.getuid() == 0 else {}


@contextmanager
def running(words: list[str | Path], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server, until it is no longer needed; whether it answers is not waited for."""
    child = subprocess.Popen(
        words,
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(cwd)},
        **nobody(),
    )
    try:
        yield child
    finally:
        child.terminate()
        child.wait()


def postgresql_programs() -> Path:
    """Return the folder of `initdb` and `postgres`, the newest; skips where there is no PostgreSQL."""
    found = [shutil.which("initdb"), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")))]
    initdb = next((each for each in reversed(found) if each), None)
    if initdb is None:
        pytest.skip("PostgreSQL is missing: apt-get install postgresql, or brew install postgresql")
    return Path(initdb).parent


def redis_program() -> str:
    """Return the path of `redis-server`; skips where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is missing: apt-get install redis-server, or brew install redis")
    return program


def postgresql(folder: Path, port: int, password: str) -> list[str | Path]:
    """Make a database for the user `app`, and return how it is started; skips where there is no PostgreSQL."""
    programs = postgresql_programs()
    (folder / "password").write_text(password)
    if os.getuid() == 0:
        shutil.chown(folder / "password", "nobody")
    made = subprocess.run(
        [programs / "initdb", "--pgdata", folder / "data", "--username=app", "--pwfile", folder / "password",
         "--auth=scram-sha-256", "--no-sync"],
        cwd=folder, capture_output=True, text=True, check=False, **nobody(),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return [
        programs / "postgres", "-D", folder / "data", "-p", str(port), "-c", "listen_addresses=127.0.0.1",
        "-c", f"unix_socket_directories={folder}", "-c", "fsync=off",
    ]  # fmt: skip


def redis(port: int, password: str) -> list[str | Path]:
    """Return how Redis is started; skips where there is none."""
    return [
        redis_program(),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--requirepass",
        password,
        "--save",
        "",
    ]
