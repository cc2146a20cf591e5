"""ci-compose with Debian's Compose on a Docker engine of the test's own, with images made of this machine's programs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.engine import Engine, engine_or_skip, layer
from tests.sampling import sampled

pytestmark = pytest.mark.integration

IMAGE = "shell:here"
PROGRAMS = ("bash", "sh", "sleep", "cat", "test", "rm", "touch")
#: A service that is ready at once, one that says when, and what it says meanwhile.
PLAIN = (
    "services:\n  web:\n    image: shell:here\n    command: [sh, -c, 'echo ready for you; exec sleep 600']\n"
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if not shutil.which("docker-compose"):
        pytest.skip("no Compose to start services with: apt-get install docker-compose")
    programs = [found for each in PROGRAMS if (found := shutil.which(each))]
    with engine_or_skip() as made:
        made.load(
            IMAGE,
            layer(programs, places={"tmp": 0o1777, "data": 0o777}),
            f"ENV PATH={os.defpath}:/usr/bin:/bin",
        )
        yield made


@dataclass(frozen=True)
class Ran:
    """What one run said and left."""

    code: int
    report: Mapping[str, Any]
    log: str
    folder: Path

    @property
    def said(self) -> str:
        return self.log + json.dumps(self.report, ensure_ascii=False)

    @property
    def logs(self) -> str:
        return "".join(each.read_text() for each in sorted((self.folder / "left" / "logs").glob("*.log")))


def words(engine: Engine, *options: str) -> list[str]:
    command = [sys.executable, "-m", "ci_actions", "ci-compose", "--json", "--report-dir=left", *options]
    return engine.inside(command)


def environ(engine: Engine, **more: str) -> dict[str, str]:
    return {**os.environ, "DOCKER_HOST": engine.host, **more}


def project(tmp_path: Path, compose: str) -> Path:
    (tmp_path / ".git").mkdir(exist_ok=True)
    (tmp_path / "compose.yml").write_text("version: '3.8'\n" + textwrap.dedent(compose))
    return tmp_path


def ci_compose(engine: Engine, tmp_path: Path, compose: str, *options: str, **more: str) -> Ran:
    folder = project(tmp_path, compose)
    file = (
        () if any(each.startswith("--compose-file") for each in options) else ("--compose-file=compose.yml",)
    )
    done = subprocess.run(
        words(engine, *file, *options),
        cwd=folder,
        env=environ(engine, **more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return Ran(done.returncode, json.loads(done.stdout), done.stderr, folder)


def nothing_is_left(engine: Engine) -> None:
    assert engine.docker("ps", "--all", "--quiet") == ""
    assert engine.docker("volume", "ls", "--quiet") == ""
    assert "ci-actions" not in engine.docker("network", "ls")


def test_services_are_waited_for_used_and_taken_down(engine: Engine, tmp_path: Path) -> None:
    """One has a health check that is met later, one only migrates, one has a volume; the command finds them by Compose."""
    compose = """
    services:
      web:
        image: shell:here
        command: [sh, -c, 'echo token $TOKEN; sleep 2; touch /data/ready; exec sleep 600']
        environment: [TOKEN]
        volumes: ['kept:/data']
        healthcheck: {test: [CMD, test, -e, /data/ready], interval: 1s, retries: 60}
      migrate:
        image: shell:here
        command: [sh, -c, 'echo migrated']
    volumes: {kept: {}}
    """
    command = 'test "$(docker-compose exec -T web cat /data/ready)" = "" && echo "tested with $TOKEN"'
    ran = ci_compose(
        engine,
        tmp_path,
        compose,
        f"--command={command}",
        "--may-end=migrate",
        INPUT_TEST_ENV="TOKEN=hush-hush-hush",
    )
    assert ran.code == 0, ran.said
    assert "passed against 2 services" in ran.report["headline"]
    states = {each["name"]: (each["state"], each["health"]) for each in ran.report["details"]["services"]}
    assert states == {"web": ("running", "healthy"), "migrate": ("exited", "")}
    assert "tested with ***" in ran.log
    assert "token ***" in ran.logs
    assert "migrated" in ran.logs
    assert "hush-hush-hush" not in ran.said + ran.logs
    nothing_is_left(engine)


@dataclass(frozen=True)
class Accident:
    """How a run could become green although nothing was tested, or not all is well: the exit code, and what is said."""

    code: int
    said: str
    compose: str = PLAIN
    options: tuple[str, ...] = ("--command=true",)


def service(command: str, more: str = "") -> str:
    return f"services:\n  web:\n    image: shell:here\n    command: [sh, -c, '{command}']\n{more}"


SLEEP = "exec sleep 600"
NEVER = "    healthcheck: {test: [CMD, test, -e, /nowhere], interval: 1s, retries: 2}\n"
ACCIDENTS = {
    "the command fails": Accident(1, "The command ended with exit code 3", options=("--command=exit 3",)),
    "the command is not there": Accident(3, "could not be run (exit code 127)", options=("--command=no-such-program",)),
    "no command": Accident(2, "input 'command' is missing", options=()),
    "no file": Accident(2, "there is no such file", options=("--command=true", "--compose-file=nowhere.yml")),
    "no services": Accident(3, "compose.yml has no service: nothing would be tested", "services: {}\n"),
    "not understood": Accident(2, "Compose does not understand", "services:\n  web:\n    no-such-key: 1\n"),
    "no such image": Accident(3, "The services did not start", "services:\n  web:\n    image: no-such-image:here\n"),
    "a service ends while it is waited for": Accident(
        3, "web (ended with exit code 4) while the services were waited for. web said: no database",
        service("echo no database >&2; exit 4"),
    ),
    "a service ends well that may not": Accident(
        3, "web (ended with exit code 0) while", service("exit 0"),
    ),
    "a service that may end fails": Accident(
        3, "web (ended with exit code 4) while", service("exit 4"), ("--command=true", "--may-end=web"),
    ),
    "an unknown service may end": Accident(2, "names nobody, but", options=("--command=true", "--may-end=nobody")),
    "never healthy": Accident(
        3, "were not ready within 3 s: web (running, unhealthy)", service(SLEEP, NEVER),
        ("--command=touch was-run", "--wait-seconds=3"),
    ),
    "nobody listens": Accident(
        3, "tcp://127.0.0.1:9: ", options=("--command=touch was-run", "--wait-for=tcp://127.0.0.1:9", "--wait-seconds=1")
    ),
    "a service ends under the tests": Accident(
        1, "web (ended with exit code 5) while the command ran", service("sleep 4; exit 5"), ("--command=sleep 6",)
    ),
    "a service is removed under the tests": Accident(
        1, "web (missing) while the command ran", options=("--command=docker-compose rm --stop --force web",)
    ),
}  # fmt: skip


def check_accident(engine: Engine, tmp_path: Path, accident: Accident) -> None:
    ran = ci_compose(engine, tmp_path, accident.compose, *accident.options)
    assert ran.code == accident.code, ran.said
    assert accident.said in ran.said
    assert not (tmp_path / "was-run").exists()
    nothing_is_left(engine)


@pytest.mark.parametrize("name", sampled(ACCIDENTS, {"a service ends while it is waited for"}))
def test_no_accident_is_green(engine: Engine, tmp_path: Path, name: str) -> None:
    """Slow together: each starts services and takes them down."""
    check_accident(engine, tmp_path, ACCIDENTS[name])


@pytest.mark.parametrize("name", sampled(("SIGINT", "SIGTERM"), {"SIGTERM"}))
def test_a_request_to_end_takes_everything_down(engine: Engine, tmp_path: Path, name: str) -> None:
    """Slow together: each starts services and takes them down."""
    sent = signal.Signals[name]
    folder = project(tmp_path, PLAIN)
    child = subprocess.Popen(
        words(engine, "--compose-file=compose.yml", "--command=echo now; sleep 600"),
        cwd=folder, env=environ(engine), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stderr
    for line in child.stderr:
        if line.strip() == "now":
            break
    assert engine.docker("ps", "--quiet")
    child.send_signal(sent)
    # Requests that come while everything is taken down change nothing.
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)
    assert child.returncode != 0
    nothing_is_left(engine)
    assert "ready for you" in "".join(each.read_text() for each in (folder / "left" / "logs").iterdir())


def test_without_compose_it_says_what_to_install(engine: Engine, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("docker", "bash", "git"):
        (programs / name).symlink_to(shutil.which(name) or name)
    (programs / "docker").unlink()
    (programs / "docker").write_text("#!/bin/bash\n[[ $1 == version ]] && echo 1.2 && exit\nexit 1\n")
    (programs / "docker").chmod(0o755)
    folder = project(tmp_path, PLAIN)
    done = subprocess.run(
        [sys.executable, "-m", "ci_actions", "ci-compose", "--compose-file=compose.yml", "--command=true"],
        cwd=folder, env={**os.environ, "PATH": str(programs)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "neither `docker compose` nor `docker-compose`" in done.stdout + done.stderr
    assert "apt-get install docker-compose" in done.stdout + done.stderr
