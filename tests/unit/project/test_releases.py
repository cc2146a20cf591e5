"""The table of releases: in order, without gaps, and as uv knows them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ci_actions.project.releases import BY_NAME, KNOWN_UNTIL, RELEASES, Release

UV = Path(sys.executable).with_name("uv")


def test_in_order_and_without_gaps() -> None:
    minors = [each.minor for each in RELEASES]
    assert minors == [(2, 7), *((3, minor) for minor in range(minors[-1][1] + 1))]


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_dates(release: Release) -> None:

    assert release.released < release.end_of_life
    assert release.prerelease is (release.released > KNOWN_UNTIL[:7])


def test_what_has_ended() -> None:
    # 3.10 ended in the month before the table was made; the month of the end itself still counts.
    assert BY_NAME["3.10"].ended()
    assert not BY_NAME["3.11"].ended()
    assert not BY_NAME["3.10"].ended("2026-10")


@pytest.mark.skipif(not UV.exists(), reason="needs uv; `make setup` brings it")
def test_the_newest_patches_are_those_that_uv_knows() -> None:
    """The list of downloads lies inside uv: a newer uv in requirements/dev.txt asks for a newer table."""
    argv = [
        str(UV),
        "python",
        "list",
        "--all-versions",
        "--all-platforms",
        "--only-downloads",
        "--output-format=json",
    ]
    listed = json.loads(subprocess.run(argv, capture_output=True, check=True, text=True).stdout)
    newest: dict[str, int] = {}
    final: set[str] = set()
    for each in listed:
        if each["implementation"] == "cpython":
            parts = each["version_parts"]
            name = f"{parts['major']}.{parts['minor']}"
            newest[name] = max(newest.get(name, 0), parts["patch"])
            if each["version"] == f"{name}.{parts['patch']}":
                final.add(name)
    assert {name: BY_NAME[name].patch for name in newest} == newest
    assert {name for name in newest if not BY_NAME[name].prerelease} == final
