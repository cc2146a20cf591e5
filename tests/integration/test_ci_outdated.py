"""Locks that the real managers wrote, compared with an index on loopback that has grown since; and indexes that misbehave."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.managed import Workshop
from tests.doubles.package_index import Index, Package
from tests.doubles.upkeeping import Runner, work_tree
from tests.integration.managers import UV, environment_of
from tests.sampling import sampled

from ci_actions.ci_outdated import CAPABILITY
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report, Result

pytestmark = pytest.mark.integration

#: What there was when the locks were written, and what came later.
THEN = (
    Package(name="greet", version="1.0", requires=["polite-words>=1"]),
    Package(name="polite-words", version="1.2"),
    Package(name="checker", version="3.0"),
)
LATER = (
    Package(name="greet", version="1.4"),
    Package(name="greet", version="2.0"),
    Package(name="greet", version="2.1", requires_python=">=3.99"),
    Package(name="polite-words", version="1.2.1"),
    Package(name="polite-words", version="1.3rc1"),
)
PROJECT = """\
[project]
name = "shop"
version = "0.1"
requires-python = ">=3.8"
dependencies = ["greet>=1,<2"]
[dependency-groups]
dev = ["checker"]
"""
POETRY = """\
[tool.poetry]
name = "shop"
version = "0.1"
description = ""
authors = []
package-mode = false
[tool.poetry.dependencies]
python = ">=3.8"
greet = "^1.0"
[tool.poetry.group.dev.dependencies]
checker = "*"
[[tool.poetry.source]]
name = "loopback"
url = "INDEX"
priority = "primary"
"""
PDM = '\n[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\nname = "pypi"\nurl = "INDEX"\nverify_ssl = false\n'
PIPFILE = """\
[[source]]
url = "INDEX"
verify_ssl = false
name = "loopback"
[packages]
greet = ">=1,<2"
[dev-packages]
checker = "*"
"""


def pip_compile(folder: Path) -> list[str | Path]:
    return [
        UV,
        "pip",
        "compile",
        "--quiet",
        "--no-emit-index-url",
        "requirements.in",
        "-o",
        "requirements.txt",
    ]


def uv(folder: Path) -> list[str | Path]:
    return [UV, "lock", "--quiet"]


def of(manager: str, *words: str) -> Callable[[Path], list[str | Path]]:
    return lambda _: [environment_of(manager) / manager, *words]


CASES = {
    "uv": (uv, {"pyproject.toml": PROJECT}),
    "pip-tools": (pip_compile, {"requirements.in": "greet>=1,<2\nchecker\n"}),
    "poetry": (of("poetry", "lock", "--no-ansi"), {"pyproject.toml": POETRY}),
    "pdm": (of("pdm", "lock", "--quiet"), {"pyproject.toml": PROJECT + PDM}),
    "pipenv": (of("pipenv", "lock"), {"Pipfile": PIPFILE}),
}


def ran(folder: Path, *words: str, **env: str) -> Report:
    own = {"PIP_CONFIG_FILE": "/dev/null", **env}
    return Runner(CAPABILITY, folder, env=own).run(*words)


def found(report: Report) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(report.outputs["packages-json"])}


@pytest.mark.parametrize("name", sampled(("uv", "pip-tools", "poetry", "pdm", "pipenv"), {"uv", "pip-tools"}))
def test_locks_of_every_manager(tmp_path: Path, name: str) -> None:
    """Slow: each manager makes its lock; uv and pip-tools sample the others."""
    lock, files = CASES[name]
    with Index(THEN) as index:
        workshop = Workshop(tmp_path, index.url)
        folder = work_tree(
            tmp_path / "shop", {path: text.replace("INDEX", index.url) for path, text in files.items()}
        )
        environ = {**workshop.environ, "PIPENV_PYTHON": sys.executable, "PIPENV_VENV_IN_PROJECT": "1"}
        done = subprocess.run(
            [str(word) for word in lock(folder)],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        index.add(*LATER)
        report = ran(folder, PIP_INDEX_URL=index.url)
    about = found(report)
    assert report.details["manager"] == name
    greet, words, checker = about["greet"], about["polite-words"], about["checker"]
    assert (greet["locked"], greet["allowed"], greet["newest"], greet["step"]) == (
        "1.0",
        "1.4",
        "2.1",
        "minor",
    )
    assert (words["allowed"], words["newest"], words["step"]) == ("1.2.1", "1.2.1", "patch")
    assert (checker["state"], checker["step"]) == ("up to date", "none")
    assert [each["direct"] for each in (greet, words, checker)] == [True, False, True]
    assert (report.result, report.outputs["outdated"], report.outputs["unknown"]) == (Result.PASSED, "2", "0")


def test_a_project_without_a_lock_has_nothing_to_compare(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "shop", {"pyproject.toml": PROJECT})
    report = ran(folder)
    assert (report.result, report.exit_code) == (Result.SKIPPED, Exit.PASSED)
    assert "has no lock here" in report.headline


def test_what_is_no_python_project_has_nothing_to_compare(tmp_path: Path) -> None:
    report = ran(work_tree(tmp_path / "shop", {"go.mod": "module x\n"}))
    assert (report.result, report.exit_code) == (Result.SKIPPED, Exit.PASSED)
    assert ran(tmp_path / "shop", "--manager=uv").exit_code is Exit.BAD_INPUT


def test_no_index_may_be_asked(tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "shop", {"requirements.txt": "--no-index\nsix==1.0\n"})
    report = ran(folder)
    assert (report.exit_code, found(report)["six"]["state"]) == (Exit.CANNOT_JUDGE, "unknown")


# --- indexes that misbehave ------------------------------------------------------------------------------

GOOD = json.dumps({"files": [{"filename": "six-1.0.tar.gz"}, {"filename": "six-2.0.tar.gz"}]}).encode()
KIND = "application/vnd.pypi.simple.v1+json"


@contextmanager
def served(answer: Callable[[str, str], tuple[int, bytes, str]]) -> Iterator[tuple[str, list[str]]]:
    """Serve an index; `answer` gets the path and the credentials that came with it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body, kind = answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    return work_tree(tmp_path / "shop", {"requirements.txt": "six==1.0\n"})


@pytest.mark.parametrize(
    ("status", "body", "kind", "why", "code"),
    [
        (404, b"", "text/plain", "knows no such package", Exit.CANNOT_JUDGE),
        (401, b"", "text/plain", "are its credentials in netrc?", Exit.CANNOT_JUDGE),
        (403, b"", "text/plain", "are its credentials in netrc?", Exit.CANNOT_JUDGE),
        (410, b"", "text/plain", "status 410", Exit.CANNOT_JUDGE),
        (500, b"", "text/plain", "did not answer (status 500)", Exit.UNAVAILABLE),
        (429, b"", "text/plain", "did not answer (status 429)", Exit.UNAVAILABLE),
        (200, b"{", KIND, "no list of files", Exit.CANNOT_JUDGE),
        (200, b'{"files": []}', KIND, "lists no release", Exit.CANNOT_JUDGE),
        (200, b"<html>Sign in</html>", "text/html", "lists no release", Exit.CANNOT_JUDGE),
    ],
)
def test_an_index_that_gives_no_answer(
    pinned: Path, status: int, body: bytes, kind: str, why: str, code: Exit
) -> None:
    with served(lambda *_: (status, body, kind)) as (url, _):
        report = ran(pinned, PIP_INDEX_URL=url)
    assert (report.exit_code, found(report)["six"]["state"]) == (code, "unknown")
    assert why in found(report)["six"]["why"]


def test_an_index_that_is_not_there(pinned: Path) -> None:
    report = ran(pinned, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert report.exit_code is Exit.UNAVAILABLE
    assert "127.0.0.1:9 did not answer (ConnectionError)" in found(report)["six"]["why"]


def test_one_that_answers_at_the_third_time(pinned: Path) -> None:
    statuses = [500, 502, 200]
    with served(lambda *_: (statuses.pop(0), GOOD, KIND)) as (url, asked):
        report = ran(pinned, PIP_INDEX_URL=url)
    assert (found(report)["six"]["allowed"], asked) == ("2.0", ["/simple/six/"] * 3)


def test_a_host_that_is_down_is_not_asked_for_everything(tmp_path: Path) -> None:
    lines = "".join(f"p{number}==1.0\n" for number in range(60))
    folder = work_tree(tmp_path / "shop", {"requirements.txt": lines})
    with served(lambda *_: (503, b"", "")) as (url, asked):
        report = ran(folder, PIP_INDEX_URL=url)
    assert (report.exit_code, report.outputs["unknown"]) == (Exit.UNAVAILABLE, "60")
    # Eight at a time, three times each, before the fourth silence in a row is known.
    assert len(asked) <= 3 * (4 + 8)


def test_credentials_go_where_they_belong_and_into_no_report(
    pinned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(path: str, credentials: str) -> tuple[int, bytes, str]:
        known = base64.b64encode(b"me:secret-word").decode()
        return (200, GOOD, KIND) if credentials == f"Basic {known}" else (401, b"", "")

    with served(answer) as (url, _):
        host = url.removeprefix("http://")
        report = ran(pinned, PIP_INDEX_URL=f"http://me:secret-word@{host}")
        assert found(report)["six"]["allowed"] == "2.0"
        assert "secret-word" not in json.dumps([report.details, report.headline, *report.summary])
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password secret-word\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        assert found(ran(pinned, PIP_INDEX_URL=url))["six"]["allowed"] == "2.0"


def test_a_second_index_that_is_silent_makes_it_unknown(pinned: Path) -> None:
    """What is newest may be there."""
    with served(lambda *_: (200, GOOD, KIND)) as (url, _):
        report = ran(pinned, PIP_INDEX_URL=url, PIP_EXTRA_INDEX_URL="http://127.0.0.1:9/simple")
        assert found(report)["six"]["state"] == "unknown"
    with served(lambda *_: (404, b"", "")) as (empty, _), served(lambda *_: (200, GOOD, KIND)) as (url, _):
        report = ran(pinned, PIP_INDEX_URL=empty, PIP_EXTRA_INDEX_URL=url)
        assert found(report)["six"]["allowed"] == "2.0"
