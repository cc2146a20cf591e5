"""`ci.yml` and the servers that tests need: a PostgreSQL and a Redis that are there already, under real act in host mode."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.e2e.acting import Repository, World
from tests.e2e.pipelines import MINOR, Consumer, Pipeline, call
from tests.e2e.stand_ins import stand_ins_or_skip, stands_for
from tests.integration import servers

pytestmark = pytest.mark.e2e

TEST = f"test {MINOR}"
#: A canary: nobody but the tests may see it, neither as it is meant nor as it is written in an address.
PASSWORD = "Kanarien/Vogel 7"
CANARIES = (PASSWORD, quote(PASSWORD, safe=""))
#: What is left of the pipeline is what the tests need.
LEAN = dict.fromkeys(("quality", "docs", "security", "coverage", "build"), "false") | {
    "groups": "",
    "security-tools": "",
    "database-variable": "SHELF_DATABASE",
    "test-args": "-s",
}
SECRETS = {
    "database-url": "${{ secrets.SHELF_DATABASE_URL }}",
    "redis-url": "${{ secrets.SHELF_REDIS_URL }}",
}
SHELF = {
    ".python-version": f"{MINOR}\n",
    "requirements.txt": "pg8000==1.31.5\npytest==9.0.2\nredis==7.1.0\n",
    "ci-actions.toml": "[ci-test]\nwait-seconds = 2\n",
    "tests/test_shelf.py": """
import os
from urllib.parse import unquote, urlsplit

import pg8000.native
import redis


def database():
    at = urlsplit(os.environ["SHELF_DATABASE"])
    return pg8000.native.Connection(
        at.username, host=at.hostname, port=at.port, database=at.path[1:], password=unquote(at.password)
    )


def test_books_are_kept():
    first = database()
    first.run("CREATE TABLE shelf (book text)")
    first.run("INSERT INTO shelf VALUES ('Emma')")
    first.close()
    assert database().run("SELECT book FROM shelf") == [["Emma"]]


def test_loans_are_kept():
    redis.from_url(os.environ["REDIS_URL"]).set("Emma", "lent")
    assert redis.from_url(os.environ["REDIS_URL"]).get("Emma") == b"lent"


def test_that_talks_too_much():
    print(os.environ["SHELF_DATABASE"], unquote(os.environ["REDIS_URL"]))
""",
}


@dataclass(frozen=True)
class Shelf:
    """The consumer, and where its servers are or should be."""

    consumer: Consumer
    folder: Path
    database: int
    redis: int

    def run(self) -> Pipeline:
        """Run the caller with both addresses."""
        password = quote(PASSWORD, safe="")
        return self.consumer.run(
            {"ci": call(secrets=SECRETS, **LEAN)},
            secrets={
                "SHELF_DATABASE_URL": f"postgresql://app:{password}@127.0.0.1:{self.database}/postgres",
                "SHELF_REDIS_URL": f"redis://:{password}@127.0.0.1:{self.redis}/0",
            },
        )

    def asked(self, *words: str | Path) -> str:
        """What a client of the server's own says, who knows the password."""
        known = {"PGPASSWORD": PASSWORD, "REDISCLI_AUTH": PASSWORD, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(words, env=known, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr


@pytest.fixture(scope="module")
def shelf(
    machine: tuple[World, Path],
    new_repository: Callable[[], Repository],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shelf]:
    """A project whose tests write into both servers; PostgreSQL runs."""
    world, tree = machine
    repository = new_repository()
    repository.git("rm", "-r", "--quiet", ".")
    repository.write(SHELF)
    repository.commit("a shelf", "main")
    consumer = Consumer(
        world, repository, tmp_path_factory.mktemp("ci"), stands_for(stand_ins_or_skip()), tree
    )
    with ExitStack() as stack:
        folder = stack.enter_context(servers.open_folder())
        made = Shelf(consumer, folder, servers.free_port(), servers.free_port())
        stack.enter_context(servers.running(servers.postgresql(folder, made.database, PASSWORD), folder))
        yield made


def test_the_tests_write_into_the_servers_of_the_secrets(shelf: Shelf) -> None:
    with servers.running(servers.redis(shelf.redis, PASSWORD), shelf.folder):
        run = shelf.run()
        assert run.code == 0, run.text
        assert run.results() == dict.fromkeys(("plan", TEST, "all-green"), "success")
        psql = servers.postgresql_programs() / "psql"
        where = ("-h", "127.0.0.1", "-p", str(shelf.database), "-U", "app", "postgres")
        assert shelf.asked(psql, *where, "-Atc", "SELECT book FROM shelf") == "Emma"
        assert shelf.asked("redis-cli", "-p", str(shelf.redis), "GET", "Emma") == "lent"
    log = run.jobs[f"ci / {TEST}"].log
    assert f"database-url: 127.0.0.1:{shelf.database} answers after " in log
    assert f"redis-url: 127.0.0.1:{shelf.redis} answers after " in log
    assert "test session starts" in log
    assert "***" in log, "the tests print the addresses"
    kept = artifacts(shelf.consumer.folder)
    assert any(b"test_that_talks_too_much" in each for each in kept)
    assert_nobody_saw_the_password(run, *kept)


@pytest.mark.slow
def test_a_server_that_is_down_is_named_before_a_test_runs(shelf: Shelf) -> None:
    """Slow: a second whole run; sampled by `test_what_does_not_answer_is_named` of ci-test alone, in tests/integration."""
    run = shelf.run()
    assert run.code == 1
    job = run.jobs[f"ci / {TEST}"]
    assert job.exit_codes["test"] == 4
    said = f"input 'redis-url': 127.0.0.1:{shelf.redis} did not answer as Redis does within "
    assert any(each.startswith(said) for each in job.said("error")), job.log
    assert "test session starts" not in job.log
    assert run.result("ci / all-green") == "failure"
    assert_nobody_saw_the_password(run)


def artifacts(folder: Path) -> list[bytes]:
    """Return what is in the artifacts of the last run, each of which is an archive."""
    found = []
    for path in folder.glob("artifacts/**/*.zip"):
        with zipfile.ZipFile(path) as archive:
            found += [archive.read(name) for name in archive.namelist()]
    return found


def assert_nobody_saw_the_password(run: Pipeline, *files: bytes) -> None:
    """Neither the log nor a file has it; act itself logs what it is told to mask, as GitHub does not."""
    log = [line for line in run.text.splitlines() if '"command":"add-mask"' not in line]
    assert len(log) < len(run.text.splitlines())
    for canary in CANARIES:
        assert not [line for line in log if canary in line]
        assert not [each for each in files if canary.encode() in each]
