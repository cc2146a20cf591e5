from __future__ import annotations

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.publish.lines import Version
from ci_actions.publish.publishing import RETRACTED
from ci_actions.publish.remote import Refs
from ci_actions.publish.retract import advisory, decide

A, B, C = (letter * 40 for letter in "abc")
TAGS = {"v1.0.0": A, "v1.1.0": B, "v1": B, "v1.0": A, "v1.1": B}
BRANCHES = {"release/v1": B, "release/v1-previous": A}


def test_one_release_back() -> None:
    made = decide(Refs(branches=BRANCHES, tags=TAGS), None)
    assert (made.bad, made.good, made.moves) == (Version(1, 1, 0), Version(1, 0, 0), ("v1", "v1.1"))


def test_an_interrupted_one_goes_on() -> None:
    made = decide(Refs(branches=BRANCHES, tags={**TAGS, "v1": A}), Version(1, 1, 0))
    assert made.moves == ("v1.1",)


def test_a_patch_shares_its_minor_tag() -> None:
    tags = {"v1.0.0": A, "v1.0.1": B, "v1": B, "v1.0": B}
    assert decide(Refs(branches=BRANCHES, tags=tags), None).moves == ("v1", "v1.0")


@pytest.mark.parametrize(
    ("branches", "tags", "version", "says"),
    [
        ({}, {}, None, "nothing is not released"),
        (BRANCHES, TAGS, Version(1, 2, 0), "1.2.0 is not released"),
        ({"release/v1": A}, {"v1.0.0": A, "v1": A}, None, "first release of its line"),
        (BRANCHES, TAGS, Version(1, 0, 0), "Only the newest release"),
        (BRANCHES, {**TAGS, "v1.2.0": C, "v1": C}, Version(1, 1, 0), "v1 is at v1.2.0"),
        ({**BRANCHES, "release/v1-previous": C}, TAGS, None, "first release of its line"),
    ],
)
def test_what_cannot_be_retracted(
    branches: dict[str, str], tags: dict[str, str], version: Version | None, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        decide(Refs(branches=branches, tags=tags), version)


def test_the_advisory_says_what_to_write() -> None:
    text = advisory(decide(Refs(branches=BRANCHES, tags=TAGS), None), "org/ci-actions")
    assert text.startswith(RETRACTED)
    assert f"`@{A} # v1.0.0`" in text
    assert f"({B}|v1[.]1[.]0)" in text
