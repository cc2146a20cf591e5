"""ci-test waits for the real PostgreSQL and the real Redis, on loopback, as a user without rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.servers import free_port, open_folder, postgresql, redis, running

pytestmark = pytest.mark.integration

COMMAND = (sys.executable, "-m", "ci_actions", "ci-test", "--json")
PASSWORD = "hunter%4022"
#: The tests of the project: a command, because what is tried is the waiting.
SHOW = 'case "$DATABASE_URL$REDIS_URL" in *hunter%4022*) exit 0;; esac; exit 1'


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a server without rights can reach."""
    with open_folder() as made:
        yield made


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
    words = postgresql(folder, port, "hunter@22")
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
    words = redis(port, "hunter@22")
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
    assert f"input 'database-url': 127.0.0.1:{port} did not answer as PostgreSQL does within 1 s" in stderr
    assert "Connection refused" in stderr
    assert "hunter" not in stdout + stderr
