"""ci-test waits for the real PostgreSQL and the real Redis, on loopback, as a user without rights."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

COMMAND = (sys.executable, "-m", "ci_actions", "ci-test", "--json")
PASSWORD = "hunter%4022"
#: The tests of the project: a command, because what is tried is the waiting.
SHOW = 'case "$DATABASE_URL$REDIS_URL" in *hunter%4022*) exit 0;; esac; exit 1'


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a user without rights can reach: pytest's own are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="ci-actions-services-"))
    if os.getuid() == 0:
        shutil.chown(made, "nobody")
    yield made
    shutil.rmtree(made)


def nobody() -> dict[str, Any]:
    """PostgreSQL refuses to be started by root."""
    return {"user": "nobody"} if os.getuid() == 0 else {}


@contextmanager
def running(words: list[str | Path], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
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


def postgresql(folder: Path, port: int) -> list[str | Path]:
    """Make a database with a password, and return how it is started; skips where there is no PostgreSQL."""
    found = [shutil.which("initdb"), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")))]
    initdb = next((each for each in reversed(found) if each), None)
    if initdb is None:
        pytest.skip("PostgreSQL is missing: apt-get install postgresql, or brew install postgresql")
    (folder / "password").write_text("hunter@22")
    if os.getuid() == 0:
        shutil.chown(folder / "password", "nobody")
    made = subprocess.run(
        [initdb, "--pgdata", folder / "data", "--username=app", "--pwfile", folder / "password", "--auth=scram-sha-256",
         "--no-sync"],
        cwd=folder, capture_output=True, text=True, check=False, **nobody(),
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return [
        Path(initdb).with_name("postgres"), "-D", folder / "data", "-p", str(port), "-c", "listen_addresses=127.0.0.1",
        "-c", f"unix_socket_directories={folder}", "-c", "fsync=off",
    ]  # fmt: skip


def redis(port: int) -> list[str | Path]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is missing: apt-get install redis-server, or brew install redis")
    return [program, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", "hunter@22", "--save", ""]


def ci_test(project: Path, **inputs: str) -> subprocess.Popen[str]:
    (project / ".git").mkdir(exist_ok=True)
    given = {f"INPUT_{name}": value for name, value in inputs.items()}
    return subprocess.Popen(
        [*COMMAND, f"--command={SHOW}"],
        cwd=project,
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_waited(asked: subprocess.Popen[str], says: str) -> None:
    stdout, stderr = asked.communicate(timeout=120)
    assert json.loads(stdout)["exit-code"] == 0, stdout + stderr
    assert says in stderr
    assert "hunter" not in stdout + stderr


def test_postgresql_is_waited_for(tmp_path: Path, folder: Path) -> None:
    port = free_port()
    words = postgresql(folder, port)
    asked = ci_test(tmp_path, DATABASE_URL=f"postgresql://app:{PASSWORD}@127.0.0.1:{port}/app")
    time.sleep(1)
    assert asked.poll() is None, "nobody listens yet"
    with running(words, folder):
        assert_waited(asked, f"database-url: 127.0.0.1:{port} answers after ")
        # A database that is not there, and a user that nobody knows, are the tests' to complain about.
        others = ci_test(tmp_path, DATABASE_URL=f"postgres://nobody:{PASSWORD}@localhost:{port}/gone")
        assert_waited(others, "answers after 0.")
        in_folder = ci_test(
            tmp_path, DATABASE_URL=f"postgresql://app:{PASSWORD}@/app?host={folder}&port={port}"
        )
        assert_waited(in_folder, f"{folder}/.s.PGSQL.{port} answers after 0.")
        # What is there, but is not what it is taken for.
        wrong = ci_test(tmp_path, REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:{port}", WAIT_SECONDS="0")
        stdout, _ = wrong.communicate(timeout=60)
        assert json.loads(stdout)["exit-code"] == 4


def test_redis_is_waited_for(tmp_path: Path, folder: Path) -> None:
    port = free_port()
    words = redis(port)
    asked = ci_test(tmp_path, REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:{port}/0")
    time.sleep(1)
    assert asked.poll() is None, "nobody listens yet"
    with running(words, folder):
        assert_waited(asked, f"redis-url: 127.0.0.1:{port} answers after ")
        wrong = ci_test(
            tmp_path, DATABASE_URL=f"postgresql://app:{PASSWORD}@127.0.0.1:{port}/app", WAIT_SECONDS="0"
        )
        stdout, _ = wrong.communicate(timeout=60)
        assert json.loads(stdout)["exit-code"] == 4


def test_what_does_not_answer_is_named(tmp_path: Path) -> None:
    port = free_port()
    asked = ci_test(
        tmp_path, DATABASE_URL=f"postgresql://app:{PASSWORD}@127.0.0.1:{port}/app", WAIT_SECONDS="1"
    )
    stdout, stderr = asked.communicate(timeout=60)
    report = json.loads(stdout)
    assert report["exit-code"] == 4
    assert (
        f"input 'database-url': 127.0.0.1:{port} did not answer as PostgreSQL does within 1 s" in stderr
    )
    assert "Connection refused" in stderr
    assert "hunter" not in stdout + stderr
