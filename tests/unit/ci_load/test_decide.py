from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.ci_load.test_stats import entry

from ci_actions.ci_load.config import Config
from ci_actions.ci_load.decide import FAILURES, decide
from ci_actions.ci_load.model import Facts, Server
from ci_actions.ci_load.report import report
from ci_actions.kit import emit
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report

GREEN = Facts(
    locust="locust 2.47.0", how="VIRTUAL_ENV", code=0, seconds=10.4, tail=("one", "Shutting down"),
    stats=json.dumps([entry("/a", 990, 0), entry("/b", 10, 0, response_times={"200": 10})]).encode(),
    exceptions=b"", server=Server(), folder="/left",
)  # fmt: skip


def failing(failures: int, requests: int = 1000) -> Facts:
    return replace(GREEN, code=FAILURES, stats=json.dumps([entry("/a", requests, failures)]).encode())


def said(facts: Facts, **given: Any) -> Report:
    config = Config(locust_file="l.py", host="http://x", seconds=10, users=2, **given)
    return report(config, decide(config, facts))


@pytest.mark.parametrize(
    ("facts", "given", "code", "text"),
    [
        pytest.param(GREEN, {}, 0, "kept: 100.00 requests a second by 2 users, p95 10 ms, none failed", id="green"),
        pytest.param(GREEN, {"min_requests_per_second": Decimal(100)}, 0, "kept", id="the rate, exactly"),
        pytest.param(GREEN, {"min_requests_per_second": Decimal("100.01")}, 1, "at least 100.01", id="too slow"),
        pytest.param(GREEN, {"max_p95_ms": Decimal(10)}, 0, "kept", id="p95, exactly"),
        pytest.param(GREEN, {"max_p95_ms": Decimal("9.9")}, 1, "at most 9.9 ms", id="p95"),
        pytest.param(failing(1), {}, 1, "1 of 1,000 requests failed (0.10 %), but at most 0 %", id="a failure"),
        pytest.param(failing(10), {"max_error_rate": Decimal(1)}, 0, "1.00 % failed", id="failures that may be"),
        pytest.param(failing(11), {"max_error_rate": Decimal(1)}, 1, "11 of 1,000", id="more of them"),
        pytest.param(replace(GREEN, stats=b"[]"), {}, 1, "No request was made", id="nothing was asked"),
        pytest.param(replace(GREEN, stats=b"[]"), {"max_error_rate": Decimal(100)}, 1, "No request was made", id="nothing"),
        pytest.param(replace(GREEN, stats=None), {}, 3, "left no statistics", id="no file"),
        pytest.param(replace(GREEN, stats=b"["), {}, 3, "cannot be understood", id="half a file"),
        pytest.param(replace(GREEN, exceptions=b"Count\n1\n"), {}, 3, "cannot be understood", id="strange exceptions"),
        pytest.param(replace(GREEN, code=None), {}, 3, "did not end", id="no end"),
        pytest.param(replace(GREEN, code=-9), {}, 3, "killed by signal 9", id="killed"),
        pytest.param(replace(GREEN, code=1), {}, 3, "Locust itself failed (exit code 1)", id="a traceback"),
        pytest.param(replace(GREEN, code=2), {}, 3, "Locust itself failed (exit code 2)", id="wrong arguments"),
        pytest.param(replace(GREEN, seconds=9.4), {}, 3, "after 9.4 of 10 seconds", id="early"),
        pytest.param(replace(GREEN, code=7), {}, 1, "the locustfile decides so itself", id="its own verdict"),
        pytest.param(replace(GREEN, code=FAILURES), {}, 1, "raised something", id="errors of nobody"),
        pytest.param(
            replace(GREEN, code=FAILURES, exceptions=b"Count,Message,Traceback,Nodes\n3,boom,t,n\n"),
            {}, 1, "raised 'boom' 3 times", id="exceptions",
        ),
        pytest.param(
            replace(GREEN, server=Server(code=0, tail=("bye",))), {}, 1, "The server ended under load, with exit code 0",
            id="a server that ended",
        ),
        pytest.param(replace(GREEN, server=None), {}, 0, "kept", id="another's server"),
    ],
)  # fmt: skip
def test_the_verdict(facts: Facts, given: dict[str, Any], code: int, text: str) -> None:
    found = said(facts, **given)
    assert found.exit_code == Exit(code)
    assert text in found.headline + "\n".join(each.message for each in found.annotations)


def test_each_endpoint_is_in_the_summary() -> None:
    found = said(GREEN, max_p95_ms=Decimal(50))
    text = emit.summary(found)
    assert "| `GET /a` | 990 | 99.00 | 10 ms | 0 |" in text
    assert "| `GET /b` | 10 | 1.00 | 200 ms | 0 |" in text
    assert "at most 50 ms" in text
    assert found.outputs["p95-ms"] == "10"


def test_without_numbers_the_end_of_the_log_is_shown() -> None:
    assert "Shutting down" in emit.summary(said(replace(GREEN, code=1)))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"host": "http://x"}, "input 'locust-file' is missing"),
        ({"locust_file": "l.py"}, "input 'host' is '' but must be an address"),
        ({"locust_file": "l.py", "host": "tcp://x:1"}, "input 'host' is 'tcp://x:1'"),
        ({"locust_file": "l.py", "host": "http://x=200"}, "input 'host' is 'http://x=200'"),
        ({"locust_file": "l.py", "host": "http://x", "wait_for": "x:1"}, "input 'wait-for' is 'x:1'"),
        ({"locust_file": "l.py", "host": "http://x", "wait_for": "tcp://x:1"}, ""),
    ],
)
def test_what_cannot_be_meant(given: dict[str, Any], complaint: str) -> None:
    found = list(Config(**given).problems())
    assert [complaint in each for each in found] == ([True] if complaint else [])
