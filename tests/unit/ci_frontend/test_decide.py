"""The verdict on a frontend, from values: how commands ended, which files fit."""

from __future__ import annotations

import pytest

from ci_actions.ci_frontend.config import Config
from ci_actions.ci_frontend.decide import decide, excerpt, reason, unreachable
from ci_actions.ci_frontend.model import Built, Facts, Fit, Step
from ci_actions.kit.errors import Exit

OUTPUTS = ("dist/**",)


def step(code: int | None, *lines: str, name: str = "build") -> Step:
    return Step(name=name, command="npm run build", code=code, lines=lines)


def fit(*files: tuple[str, int, bool]) -> Fit:
    return Fit(
        glob="dist/**", files=tuple(Built(path=path, bytes=size, fresh=fresh) for path, size, fresh in files)
    )


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (fit(("dist/a", 1, True)), Exit.PASSED),
        (fit(("dist/a", 1, True), ("dist/empty", 0, True)), Exit.PASSED),
        (fit(("dist/a", 1, True), ("dist/old", 1, False)), Exit.PASSED),
        (fit(("dist/a", 0, True), ("dist/old", 1, False)), Exit.NOT_MET),
        (fit(("dist/old", 1, False)), Exit.NOT_MET),
        (fit(("dist/a", 0, True)), Exit.NOT_MET),
        (fit(), Exit.NOT_MET),
    ],
    ids=["fresh", "one empty", "one old", "fresh is empty", "old", "empty", "none"],
)
def test_what_must_be_there(found: Fit, code: Exit) -> None:
    assert decide(Config(outputs=OUTPUTS), Facts(steps=(step(0),), fits=(found,))).code is code


def test_a_file_that_fits_two_globs_counts_once() -> None:
    found = (fit(("dist/a", 5, True)), fit(("dist/a", 5, True)))
    outcome = decide(Config(outputs=OUTPUTS), Facts(steps=(step(0),), fits=found))
    assert (len(outcome.built), outcome.bytes) == (1, 5)


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (step(1, "no"), Exit.NOT_MET),
        (step(None), Exit.CANNOT_JUDGE),
        (step(-9), Exit.CANNOT_JUDGE),
        (step(137), Exit.CANNOT_JUDGE),
        (step(1, "npm error code ECONNREFUSED", name="install"), Exit.UNAVAILABLE),
        (step(1, "Error: connect ECONNREFUSED 127.0.0.1:3000"), Exit.NOT_MET),
    ],
    ids=[
        "failed",
        "late",
        "signal",
        "shell's word for a signal",
        "registry away",
        "the build's own server away",
    ],
)
def test_how_a_command_can_end(ended: Step, code: Exit) -> None:
    outcome = decide(Config(outputs=OUTPUTS), Facts(steps=(ended,)))
    assert outcome.code is code
    assert outcome.causes[0].advice


SYNC = (
    "npm error code EUSAGE",
    "npm error",
    "npm error `npm ci` can only install packages when they are in sync.",
    "npm error",
    "npm error Missing: left-pad@1.3.0 from lock file",
    "npm error",
    "npm error Clean install a project",
    "npm error",
    "npm error Usage:",
    "npm error npm ci",
)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            SYNC,
            "`npm ci` can only install packages when they are in sync. Missing: left-pad@1.3.0 from lock file",
        ),
        (("why", "npm error Lifecycle script `build` failed with error:", "npm error code 3"), "why"),
        (("npm ERR! code E404", "npm ERR! 404 Not Found"), "404 Not Found"),
        (("one", "two", ""), "two"),
        ((), "it said nothing."),
    ],
    ids=["npm ci", "script", "old npm", "another program", "silence"],
)
def test_the_words_that_say_why(lines: tuple[str, ...], told: str) -> None:
    assert reason(lines) == told


def test_the_page_of_usage_is_left_out() -> None:
    assert excerpt(SYNC) == (SYNC[0], SYNC[2], SYNC[4])
    assert len(excerpt([f"line {n}" for n in range(100)])) == 25


def test_a_package_that_is_called_like_an_error_is_none() -> None:
    assert unreachable(["npm error 404 Not Found - ECONNREFUSED-x"]) != ""
    assert unreachable(["npm error 404 MYECONNREFUSED"]) == ""


@pytest.mark.parametrize("glob", ["/dist/**", "../dist", "dist/../../x", "..\\dist"])
def test_globs_that_lead_out_of_the_folder(glob: str) -> None:
    assert any(glob in each for each in Config(outputs=(glob,)).problems())


def test_globs_that_stay_inside() -> None:
    assert not list(Config(outputs=("dist/**", "a..b/*.js")).problems())
