from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ci_actions.ci_compose.config import Config
from ci_actions.ci_compose.decide import decide
from ci_actions.ci_compose.engine import project_name
from ci_actions.ci_compose.model import Facts, Log, Readiness, Service, Step
from ci_actions.ci_compose.report import report
from ci_actions.ci_compose.states import readiness, services
from ci_actions.kit import emit
from ci_actions.kit.context import Context
from ci_actions.kit.errors import Exit
from ci_actions.kit.strict import Unreadable

WEB = Service(name="web", container="1", state="running")
DONE = Step(code=0, seconds=2.0, tail=())
GREEN = Facts(
    compose="docker compose 2.40.0", project="p", up=DONE, ready=(WEB,), waited=1.2, command=DONE, after=(WEB,),
    logs=(Log(service="web", file="logs/web.log", tail=("starting", "no <b>database</b>")),), down=DONE, folder="/left",
)  # fmt: skip
CONFIG = Config(compose_file="c.yml", command="true", may_end=("migrate",), wait_seconds=9)


def ended(name: str = "web", code: int = 0) -> Service:
    return Service(name=name, container="1", state="exited", code=code)


def step(code: int | None) -> Step:
    return Step(code=code, seconds=1.0, tail=("one", "the last", ""))


@pytest.mark.parametrize(
    ("facts", "code", "text"),
    [
        pytest.param(GREEN, 0, "passed against 1 service in 2.0 s", id="green"),
        pytest.param(replace(GREEN, after=(WEB, ended("migrate"))), 0, "passed", id="one that may end"),
        pytest.param(replace(GREEN, command=step(1)), 1, "exit code 1. It said: the last", id="red tests"),
        pytest.param(replace(GREEN, command=step(None)), 3, "did not end within 30 minutes", id="too long"),
        pytest.param(replace(GREEN, command=step(-9)), 3, "killed by signal 9", id="killed"),
        pytest.param(replace(GREEN, command=step(127)), 3, "could not be run", id="no such command"),
        pytest.param(replace(GREEN, up=step(1), command=None), 3, "`up` ended with exit code 1", id="no start"),
        pytest.param(replace(GREEN, up=step(None), command=None), 3, "did not end within 30 minutes", id="no end of it"),
        pytest.param(replace(GREEN, ready=(ended(code=4),), command=None), 3, "web (ended with exit code 4)", id="ended"),
        pytest.param(replace(GREEN, ready=(ended("migrate", 1),), command=None), 3, "exit code 1", id="a bad migration"),
        pytest.param(
            replace(GREEN, ready=(replace(WEB, health="starting"),), command=None), 3,
            "not ready within 9 s: web (running, starting). web said: no <b>database</b>", id="not healthy",
        ),
        pytest.param(
            replace(GREEN, silent=(("tcp://x:1", "refused"),), command=None), 3, "tcp://x:1: refused", id="silent"
        ),
        pytest.param(replace(GREEN, after=(ended(code=5),)), 1, "web (ended with exit code 5) while the command", id="died"),
        pytest.param(replace(GREEN, after=(Service(name="web"),)), 1, "web (missing)", id="removed"),
        pytest.param(replace(GREEN, down=step(1)), 0, "not taken down in order", id="down"),
        pytest.param(replace(GREEN, left=("volume v",)), 0, "Left behind, and not to be removed: volume v", id="left"),
    ],
)  # fmt: skip
def test_the_verdict(facts: Facts, code: int, text: str) -> None:
    said = report(CONFIG, decide(CONFIG, facts))
    assert said.exit_code == Exit(code)
    assert text in said.headline + "\n".join(each.message for each in said.annotations)


def test_what_a_service_said_is_no_markup() -> None:
    text = emit.summary(report(CONFIG, decide(CONFIG, replace(GREEN, command=step(1)))))
    assert "The end of the log of web" in text
    assert "\n    no <b>database</b>\n" in text


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (WEB, Readiness.READY),
        (replace(WEB, health="healthy"), Readiness.READY),
        (replace(WEB, health="none"), Readiness.READY),
        (replace(WEB, health="starting"), Readiness.NOT_YET),
        (replace(WEB, health="unhealthy"), Readiness.NOT_YET),
        (replace(WEB, state="created"), Readiness.NOT_YET),
        (replace(WEB, state="restarting"), Readiness.NOT_YET),
        (replace(WEB, state="paused"), Readiness.NOT_YET),
        (Service(name="web"), Readiness.NOT_YET),
        (ended(), Readiness.ENDED),
        (ended(code=1), Readiness.ENDED),
        (replace(WEB, state="dead"), Readiness.ENDED),
        (ended("migrate"), Readiness.READY),
        (ended("migrate", 1), Readiness.ENDED),
        (replace(WEB, name="migrate"), Readiness.NOT_YET),
    ],
)
def test_when_a_service_is_ready(service: Service, expected: Readiness) -> None:
    assert readiness(service, ("migrate",)) is expected


def container(**state: Any) -> dict[str, Any]:
    labels = {"com.docker.compose.service": "web"}
    return {"Id": "1", "State": {"Status": "running", "ExitCode": 0, **state}, "Config": {"Labels": labels}}


def test_containers_become_services() -> None:
    found = services(json.dumps([container(Health={"Status": "healthy"})]).encode(), ("web", "db"))
    assert found == (Service(name="db"), replace(WEB, health="healthy"))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'[{"Id": "1"}]', json.dumps([container(ExitCode="0")]).encode()]
)
def test_what_is_not_understood_is_not_believed(content: bytes) -> None:
    with pytest.raises(Unreadable):
        services(content, ())


def test_no_two_runs_have_one_project() -> None:
    one = Context(run_id="7", run_attempt=1, job="integration")
    names = {
        project_name(context, root, prefix)
        for context in (
            one,
            replace(one, run_attempt=2),
            replace(one, run_id="8"),
            replace(one, job="Other Job"),
        )
        for root in ("/a", "/b")
        for prefix in ("", "services/a")
    }
    assert len(names) == 16
    assert all(name == name.lower() and " " not in name for name in names)
