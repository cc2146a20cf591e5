from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.project.upgrades import BARS, Step, reaches, step

VERSIONS = st.lists(st.integers(0, 30), min_size=1, max_size=5).map(lambda parts: ".".join(map(str, parts)))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("1.2.3", "1.2.3", Step.NONE),
        ("1.2.3", "1.2.2", Step.NONE),
        ("1.2", "1.2.0", Step.NONE),
        ("1.2.3", "1.2.4", Step.PATCH),
        ("1.2.3", "1.2.3.1", Step.PATCH),
        ("1.2.3", "1.2.3.post1", Step.PATCH),
        ("1.2.3rc1", "1.2.3", Step.PATCH),
        ("1.2", "1.3", Step.MINOR),
        ("1", "1.1", Step.MINOR),
        ("1.9", "2.0", Step.MAJOR),
        ("v4", "v5.0.1", Step.MAJOR),
        ("2026.1", "1!1.0", Step.MAJOR),
        ("24.1.0", "24.10.0", Step.MINOR),
    ],
)
def test_steps(old: str, new: str, found: Step) -> None:
    assert step(old, new) is found


@given(VERSIONS, VERSIONS)
def test_only_one_of_two_versions_is_ahead(one: str, other: str) -> None:
    assert Step.NONE in (step(one, other), step(other, one))


@given(st.sampled_from(BARS), st.sampled_from(Step))
def test_what_a_bar_stops_it_stops_further_away_too(bar: str, found: Step) -> None:
    if reaches(bar, found):
        assert all(reaches(bar, other) for other in Step if other >= found)
        assert found is not Step.NONE


@pytest.mark.parametrize(
    ("bar", "stopped"),
    [
        ("none", set()),
        ("major", {Step.MAJOR}),
        ("minor", {Step.MAJOR, Step.MINOR}),
        ("any", {Step.MAJOR, Step.MINOR, Step.PATCH}),
    ],
)
def test_bars(bar: str, stopped: set[Step]) -> None:
    assert {each for each in Step if reaches(bar, each)} == stopped
