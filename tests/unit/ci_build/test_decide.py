"""The verdict on a build, from values: what programs said, what they left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ci_actions.ci_build.config import Config
from ci_actions.ci_build.decide import decide, excerpt, reason, unreachable
from ci_actions.ci_build.model import Distribution, Ended, Facts
from ci_actions.kit.errors import Exit

WHEEL = Distribution(
    file="pk-1.0-py3-none-any.whl",
    name="pk",
    version="1.0",
    named="1.0",
    members=("pk/__init__.py", "pk-1.0.dist-info/METADATA"),
    tags=("py3-none-any",),
)
SDIST = Distribution(file="pk-1.0.tar.gz", name="Pk", version="1.0", named="1.0", members=("pk/__init__.py",))
CHECKED = Ended(
    code=0, lines=("Checking /d/pk-1.0-py3-none-any.whl: PASSED", "Checking C:\\d\\pk-1.0.tar.gz: PASSED")
)
WELL = Facts(build=Ended(code=0), check=CHECKED, distributions=(WHEEL, SDIST), folder="/d")


def test_what_is_well() -> None:
    outcome = decide(Config(), WELL)
    assert (outcome.code, outcome.version, outcome.warnings) == (Exit.PASSED, "1.0", ())
    assert outcome.judged == {WHEEL.file: "PASSED", SDIST.file: "PASSED"}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (replace(WELL, distributions=(WHEEL,)), "left 0 source distributions, not one"),
        (
            replace(WELL, distributions=(WHEEL, SDIST, replace(SDIST, file="other-1.0.tar.gz"))),
            "left 2 source distributions",
        ),
        (replace(WELL, distributions=(SDIST,)), "left no wheel"),
        (
            replace(WELL, distributions=(WHEEL, replace(SDIST, problem="it holds no PKG-INFO"))),
            "broken: it holds no PKG-INFO",
        ),
        (replace(WELL, distributions=(replace(WHEEL, name="UNKNOWN"), SDIST)), "a project without a name"),
        (
            replace(WELL, distributions=(replace(WHEEL, version="one"), SDIST)),
            "the version 'one', which is none",
        ),
        (replace(WELL, distributions=(replace(WHEEL, named="1.1"), SDIST)), "is version 1.0 by its metadata"),
        (replace(WELL, distributions=(replace(WHEEL, name="other"), SDIST)), "different names: other"),
    ],
)
def test_what_is_not_fit(facts: Facts, said: str) -> None:
    outcome = decide(Config(), facts)
    assert any(said in cause.text and cause.code is Exit.NOT_MET for cause in outcome.causes)


def test_equal_versions_may_be_written_differently() -> None:
    outcome = decide(Config(), replace(WELL, distributions=(replace(WHEEL, version="1"), SDIST)))
    assert outcome.code is Exit.PASSED


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (Ended(code=None, lines=("waiting",)), Exit.CANNOT_JUDGE),
        (Ended(code=-9), Exit.CANNOT_JUDGE),
        (Ended(code=1, lines=("ValueError: no",)), Exit.NOT_MET),
        (
            Ended(
                code=1,
                lines=(
                    "Retrying (Retry(total=0)) after NewConnectionError",
                    "No matching distribution found for x",
                ),
            ),
            Exit.UNAVAILABLE,
        ),
    ],
    ids=["late", "killed", "failed", "no network"],
)
def test_how_a_build_can_end(build: Ended, code: Exit) -> None:
    assert decide(Config(), Facts(build=build)).code is code


@pytest.mark.parametrize(
    ("check", "code", "said"),
    [
        (Ended(code=None), Exit.CANNOT_JUDGE, "did not end in time"),
        (Ended(code=1, lines=("Traceback",)), Exit.CANNOT_JUDGE, "looked at 0 of 2 files"),
        (Ended(code=0, lines=CHECKED.lines[:1]), Exit.CANNOT_JUDGE, "looked at 1 of 2 files"),
        (
            Ended(
                code=1,
                lines=(
                    CHECKED.lines[0],
                    "Checking pk-1.0.tar.gz: FAILED",
                    "ERROR    `long_description` has",
                    "         errors.",
                ),
            ),
            Exit.NOT_MET,
            "pk-1.0.tar.gz: `long_description` has errors.",
        ),
        (
            Ended(
                code=1,
                lines=(CHECKED.lines[0], "Checking pk-1.0.tar.gz: FAILED due to warnings", "WARNING  bad"),
            ),
            Exit.NOT_MET,
            "pk-1.0.tar.gz: bad",
        ),
    ],
)
def test_what_twine_says(check: Ended, code: Exit, said: str) -> None:
    outcome = decide(Config(), replace(WELL, check=check))
    assert outcome.code is code
    assert said in outcome.causes[0].text


def test_a_package_that_is_there_is_no_matter_of_the_network() -> None:
    """pip tried again and got it; the build failed later, for itself."""
    assert unreachable(["Retrying (Retry(total=4))", "ValueError: no"]) == ""
    assert unreachable(["ERROR: No matching distribution found for nope"]) == ""


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            [
                "x",
                "ValueError: wrong",
                "",
                "ERROR Backend subprocess exited when trying to invoke build_sdist",
            ],
            "ValueError: wrong",
        ),
        (
            [
                "< ERROR: Could not find it",
                "< ERROR: No matching distribution found",
                "subprocess.CalledProcessError: 1",
            ],
            "ERROR: Could not find it",
        ),
        (["error: command 'gcc' failed", "ERROR Backend subprocess exited"], "error: command 'gcc' failed"),
        (["just this"], "just this"),
        ([], "it said nothing."),
    ],
)
def test_the_line_that_says_why(lines: list[str], told: str) -> None:
    assert reason(lines) == told


def test_the_frames_of_the_builder_are_left_out() -> None:
    lines = [
        "Traceback (most recent call last):",
        '  File "/e/lib/python3.11/site-packages/build/__main__.py", line 289, in main',
        "    yield",
        "    ^^^^^",
        '  File "/project/backend.py", line 3, in build_sdist',
        "    raise ValueError",
        "ValueError: no",
    ]
    assert excerpt(lines) == tuple(lines[4:])


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("py3-none-any", Exit.PASSED),
        ("cp312-cp312-manylinux_2_28_x86_64", Exit.BAD_INPUT),
        ("py3-none-win32", Exit.PASSED),
    ],
)
def test_a_wheel_for_another_python_than_was_asked_for(tag: str, code: Exit) -> None:
    wheels = (replace(WHEEL, tags=(tag,)), SDIST)
    assert decide(Config(), replace(WELL, distributions=wheels, asked="3.9.2", python="3.12.1")).code is code
    assert decide(Config(), replace(WELL, distributions=wheels, python="3.12.1")).code is Exit.PASSED
