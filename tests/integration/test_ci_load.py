"""ci-load with real Locust against a real server on this machine: what is kept, what is not, and what nobody knows."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

SERVER = """
import http.server, os, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(0.2)
        if self.path == "/die":
            os._exit(7)
        self.send_response(500 if self.path == "/bad" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *words):
        pass

print("listening", os.environ.get("TOKEN", ""), flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
USERS = """
from locust import HttpUser, constant, events, task

class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def look(self):
        {task}
"""


def locustfile(task: str = "self.client.get('/')", more: str = "") -> str:
    return USERS.format(task=task) + textwrap.dedent(more)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass(frozen=True)
class Ran:
    """What one run said and left."""

    code: int
    report: Mapping[str, Any]
    log: str
    port: int

    @property
    def said(self) -> str:
        return self.log + json.dumps(self.report, ensure_ascii=False)


def ci_load(
    folder: Path, *options: str, users: str = "", start: str = "", seconds: int = 2, **more: str
) -> Ran:
    port = free_port()
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "server.py").write_text(SERVER)
    (folder / "locustfile.py").write_text(users or locustfile())
    command = start or f"exec {sys.executable} server.py PORT"
    done = subprocess.run(
        [
            sys.executable, "-m", "ci_actions", "ci-load", "--json", "--locust-file=locustfile.py", "--users=2",
            f"--seconds={seconds}", f"--host=http://127.0.0.1:{port}", f"--start-command={command.replace('PORT', str(port))}",
            "--report-dir=left", *(each.replace("PORT", str(port)) for each in options),
        ],
        cwd=folder, env={**os.environ, **more}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return Ran(done.returncode, json.loads(done.stdout), done.stderr, port)


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_a_server_that_keeps_what_is_asked(tmp_path: Path) -> None:
    ran = ci_load(
        tmp_path, "--min-requests-per-second=1", "--max-p95-ms=5000", INPUT_TEST_ENV="TOKEN=hush-hush-hush"
    )
    assert ran.code == 0, ran.said
    assert int(ran.report["outputs"]["requests"]) > 4
    (endpoint,) = ran.report["details"]["endpoints"]
    assert (endpoint["method"], endpoint["name"], endpoint["failures"]) == ("GET", "/", 0)
    # Said while it happens, and nothing that is secret, neither here nor in the files.
    assert "server: listening ***" in ran.log
    assert "Aggregated" in ran.log
    left = {each.name: each.read_text() for each in (tmp_path / "left").iterdir()}
    assert {"locust.json", "locust.log", "server.log", "locust_stats.csv"} <= set(left)
    assert "hush-hush-hush" not in ran.said + "".join(left.values())
    assert not is_open(ran.port)


@dataclass(frozen=True)
class Accident:
    """How a load test could become green although nobody knows, or not all is well: the exit code, and what is said."""

    code: int
    said: str
    users: str = ""
    options: tuple[str, ...] = ()
    start: str = ""
    seconds: int = 2


QUIT = """
@events.spawning_complete.add_listener
def stop(user_count, **_):
    import gevent
    {what}
"""
HERE = f"exec {sys.executable} server.py PORT"
ACCIDENTS = {
    "nothing is asked": Accident(1, "No request was made", locustfile("pass"), ("--max-error-rate=100",)),
    "requests fail": Accident(1, "requests failed (100.00 %)", locustfile("self.client.get('/bad')")),
    "it is too slow": Accident(1, "at most 50 ms are allowed", locustfile("self.client.get('/slow')"), ("--max-p95-ms=50",)),
    "it is not asked often enough": Accident(1, "at least 5000 are asked for", options=("--min-requests-per-second=5000",)),
    "users raise": Accident(1, "raised 'boom'", locustfile("self.client.get('/'); raise ValueError('boom')")),
    "the server dies under load": Accident(
        1, "The server ended under load, with exit code 7", locustfile("self.client.get('/die')"), ("--max-error-rate=100",)
    ),
    "the locustfile says so itself": Accident(
        1, "ended with exit code 9: the locustfile decides so itself",
        locustfile(more=QUIT.format(what="pass") + "\n@events.quitting.add_listener\ndef bad(environment, **_):\n"
                   "    environment.process_exit_code = 9\n"),
    ),
    "the locustfile cannot be imported": Accident(3, "No module named 'nowhere'", "import nowhere\n"),
    "the locustfile has no user": Accident(3, "left no statistics", "x = 1\n"),
    "Locust ends early": Accident(
        3, "of 30 seconds: nobody knows",
        locustfile(more=QUIT.format(what="gevent.spawn_later(1, lambda: _['environment'].runner.quit())").replace(
            "**_", "environment=None, **_").replace("_['environment']", "ENV[0]")
            + "\nENV = []\n@events.init.add_listener\ndef init(environment, **_):\n    ENV.append(environment)\n"),
        seconds=30,
    ),
    "Locust is killed": Accident(
        3, "killed by signal 9", locustfile("__import__('os').kill(__import__('os').getpid(), 9)")
    ),
    "Locust does not understand": Accident(3, "unrecognized arguments", options=("--args=--no-such-option",)),
    "the server does not start": Accident(4, "ended with exit code 3 before", start="echo no database >&2; exit 3"),
    "the server never answers": Accident(
        4, "did not answer within 1 s", options=("--wait-seconds=1",), start="exec sleep 60"
    ),
    "the server answers wrongly": Accident(
        4, "it answers with 500", options=("--wait-seconds=1", "--wait-for=http://127.0.0.1:PORT/bad"), start=HERE
    ),
}  # fmt: skip
#: Those that cost least, and stand for the others.
FAST = ("nothing is asked", "the server does not start")


def check_accident(tmp_path: Path, accident: Accident) -> None:
    ran = ci_load(
        tmp_path, *accident.options, users=accident.users, start=accident.start, seconds=accident.seconds
    )
    assert ran.code == accident.code, ran.said
    assert accident.said in ran.said
    assert not is_open(ran.port)


@pytest.mark.parametrize("name", FAST)
def test_no_accident_is_green(tmp_path: Path, name: str) -> None:
    check_accident(tmp_path, ACCIDENTS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ACCIDENTS if name not in FAST])
def test_no_other_accident_is_green(tmp_path: Path, name: str) -> None:
    """Slow: each starts Locust anew; sampled by the two above."""
    check_accident(tmp_path, ACCIDENTS[name])


def test_another_server_at_the_address_is_not_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = ci_load(tmp_path, f"--wait-for=tcp://127.0.0.1:{port}")
    assert ran.code == 3
    assert "answers already, before start-command" in ran.said


@pytest.mark.slow
def test_a_request_to_end_stops_the_server(tmp_path: Path) -> None:
    """Slow: it waits until Locust is at work; what ends with a `with` is tested in `kit`."""
    port = free_port()
    (tmp_path / ".git").mkdir()
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "locustfile.py").write_text(locustfile())
    child = subprocess.Popen(
        [
            sys.executable, "-m", "ci_actions", "ci-load", "--locust-file=locustfile.py", "--seconds=60",
            f"--host=http://127.0.0.1:{port}", f"--start-command=exec {sys.executable} server.py {port}",
        ],
        cwd=tmp_path, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert child.stdout
    for line in child.stdout:
        if "All users spawned" in line:
            break
    assert is_open(port)
    child.terminate()
    child.communicate(timeout=30)
    assert child.returncode != 0
    assert not is_open(port)
