"""What an upload's end means, from values."""

from __future__ import annotations

import pytest

from ci_actions.ci_codecov.config import Config
from ci_actions.ci_codecov.decide import decide, reason
from ci_actions.ci_codecov.model import Facts
from ci_actions.ci_codecov.report import report
from ci_actions.kit.errors import Exit

STAMP = "2026-11-21 17:50:57,899 --"
QUEUED = f"info - {STAMP} Your upload is now queued. When finished, results will be available at: https://c.example/r"
REFUSED = 'error - 2026-11-21 17:50:57,899 -- Upload failed: {"message":"Token required"}'


def facts(code: int | None, *lines: str, token: bool = True, fork: bool = False) -> Facts:
    return Facts(files=("c.xml",), code=code, lines=lines, token=token, fork=fork)


@pytest.mark.parametrize(
    ("found", "code", "advice"),
    [
        (facts(0, QUEUED), Exit.PASSED, ""),
        (facts(None), Exit.UNAVAILABLE, "reachable"),
        (facts(1, f"warning - {STAMP} Request failed. Retrying"), Exit.UNAVAILABLE, "status.codecov"),
        (facts(1, REFUSED), Exit.BAD_INPUT, "the upload token of this repository"),
        (facts(1, REFUSED, token=False), Exit.BAD_INPUT, "Give it the secret"),
        (facts(1, REFUSED, token=False, fork=True), Exit.BAD_INPUT, "A fork has no token"),
        (facts(1, "Traceback", "KeyError: 'x'"), Exit.CANNOT_JUDGE, ""),
        (facts(1), Exit.CANNOT_JUDGE, ""),
    ],
)  # fmt: skip
def test_how_an_upload_can_end(found: Facts, code: Exit, advice: str) -> None:
    outcome = decide(Config(files=("c.xml",)), found)
    assert outcome.code is code
    assert advice in outcome.advice
    made = report(Config(files=("c.xml",)), outcome)
    assert made.outputs["uploaded"] == ("true" if code is Exit.PASSED else "false")
    assert len(made.annotations) == (0 if code is Exit.PASSED else 1)


def test_where_codecov_shows_it() -> None:
    assert decide(Config(files=("c.xml",)), facts(0, QUEUED)).address == "https://c.example/r"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((REFUSED, "info - x"), 'Upload failed: {"message":"Token required"}'),
        (("Error: no such file",), "no such file"),
        ((), "it said nothing."),
    ],
)
def test_the_line_that_says_why(lines: tuple[str, ...], told: str) -> None:
    assert reason(lines) == told


def test_an_address_must_be_one() -> None:
    assert list(Config(files=("c.xml",), url="codecov.io").problems()) == [
        "input 'url' must start with https:// or http://"
    ]
