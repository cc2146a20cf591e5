"""Ranges of Python versions: what their words mean, and what the table of releases leaves of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from ci_actions.project import ranges
from ci_actions.project.ranges import NoRange, Range
from ci_actions.project.releases import BY_NAME, RELEASES


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        ("^3.8", (">=3.8,<4",)),
        ("^3.8.2", (">=3.8.2,<4",)),
        ("^3", (">=3,<4",)),
        ("~3.8", (">=3.8,<3.9",)),
        ("~3.8.1", (">=3.8.1,<3.9",)),
        ("~3", (">=3,<4",)),
        ("~=3.11", ("~=3.11",)),
        (">=3.8 <4", (">=3.8,<4",)),
        (">=3.8, <4", (">=3.8,<4",)),
        (">= 3.8,<4.0", (">=3.8,<4.0",)),
        ("3.8.*", ("==3.8.*",)),
        ("3.x", ("==3.*",)),
        ("3.12.x", ("==3.12.*",)),
        ("==3.8.*", ("==3.8.*",)),
        ("!=3.9.*,>=3.8", ("!=3.9.*,>=3.8",)),
        (">=3.8.*", (">=3.8",)),
        ("<=3.12.*", ("<3.13",)),
        (">3.12.*", (">=3.13",)),
        ("*", ("",)),
        ("^2.7 || ^3.8", (">=2.7,<3", ">=3.8,<4")),
        ("~2.7 | >=3.8", (">=2.7,<2.8", ">=3.8")),
        ("3.9 - 3.12", (">=3.9,<3.13",)),
        ("=3.12.4", ("==3.12.4",)),
        ("3.11", ("==3.11",)),
        ("v3.11.2", ("==3.11.2",)),
    ],
)
def test_other_words_than_pep_440(text: str, alternatives: tuple[str, ...]) -> None:
    assert ranges.loose(text) == Range(text, alternatives)


@pytest.mark.parametrize("text", ["three", ">=", "3.8 and up", "^3.x.1", "~abc", ">=3.8 <", "a||b", "3,8;"])
def test_no_range(text: str) -> None:
    with pytest.raises(NoRange):
        ranges.loose(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.11", "'3.11' is no version specifier of PEP 440: write '==3.11.*'"),
        ("*", "'*' is no version specifier of PEP 440"),
        ("^3.8", "'^3.8' is no version specifier of PEP 440: write '>=3.8,<4'"),
        (">=3.8 <4", "'>=3.8 <4' is no version specifier of PEP 440: write '>=3.8,<4'"),
        ("three", "'three' is no version specifier of PEP 440"),
        ("^2.7||^3.8", "'^2.7||^3.8' is no version specifier of PEP 440"),
    ],
)
def test_requires_python_is_strict_and_says_how_to_write_it(text: str, said: str) -> None:
    with pytest.raises(NoRange) as caught:
        ranges.pep440(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        (">=3.9", "3.9", "3.15"),
        ("~=3.11", "3.11", "3.15"),
        ("~=3.11.2", "3.11", "3.11"),
        (">=3.9,!=3.9.7,<4", "3.9", "3.15"),
        ("==3.12.*", "3.12", "3.12"),
        (">=2.7,!=3.0.*,!=3.1.*,!=3.2.*", "2.7", "3.15"),
        (">=3.10,<3.13", "3.10", "3.12"),
        # Without a beginning only what is still mended counts.
        ("<4", "3.11", "3.15"),
        ("!=3.12.1", "3.11", "3.15"),
        ("", "3.11", "3.15"),
        # A patch that is not released yet may come, as long as the minor version is mended.
        (">=3.14.99", "3.14", "3.15"),
    ],
)
def test_minors(text: str, first: str, last: str) -> None:
    found = ranges.minors(ranges.pep440(text))
    assert (found[0].release.name, found[-1].release.name) == (first, last)


@pytest.mark.parametrize(
    ("text", "minor", "request_"),
    [
        ("!=3.12.1", "3.12", "3.12"),
        (">=3.12,!=3.12.16", "3.12", "3.12"),
        ("<=3.12", "3.12", "3.12.0"),
        ("==3.11.4", "3.11", "3.11.4"),
        (">=3.11,<3.11.5", "3.11", "3.11.4"),
        (">=3.8,<3.8.17", "3.8", "3.8.16"),
        ("!=3.8.20,>=3.8", "3.8", "3.8.19"),
        (">3.11", "3.11", "3.11"),
        (">=3.8.99", "3.8", None),
        (">=3.13", "3.12", None),
    ],
)
def test_the_newest_patch_that_will_do(text: str, minor: str, request_: str | None) -> None:
    found = ranges.allowed(BY_NAME[minor], ranges.pep440(text))
    assert (found and found.request) == request_


def test_prereleases_count_when_asked_for() -> None:
    coming = ranges.pep440(">=3.16")
    assert ranges.minors(coming) == ()
    assert [each.release.name for each in ranges.minors(coming, prereleases=True)] == ["3.16"]


@pytest.mark.parametrize(
    ("text", "bounded"),
    [(">=3.9", True), ("==3.9.*", True), ("~=3.9", True), ("<4,!=3.9.1", False), ("", False)],
)
def test_where_a_range_begins(text: str, bounded: bool) -> None:
    assert ranges.pep440(text).is_bounded_below is bounded


def test_any_alternative_will_do() -> None:
    either = ranges.loose("^2.7 || >=3.8,<3.10")
    assert [each for each in ("2.7.18", "3.7.1", "3.8.0", "3.9.9", "3.10.0") if either.allows(each)] == [
        "2.7.18", "3.8.0", "3.9.9",
    ]  # fmt: skip


def test_of_a_prerelease_its_release_counts() -> None:
    assert ranges.pep440(">=3.16").allows("3.16.0a2")
    assert not ranges.pep440("<3.16").allows("3.16.0a2")


clauses = st.builds(
    lambda operator, minor, patch: (
        f"{operator}3.{minor}" + ("" if patch is None or operator == "~=" else f".{patch}")
    ),
    st.sampled_from((">=", "<=", "<", ">", "==", "!=", "~=")),
    st.integers(8, 16),
    st.one_of(st.none(), st.integers(0, 20)),
)


@given(st.lists(clauses, min_size=1, max_size=3).map(",".join))
def test_what_is_found_is_what_packaging_allows(text: str) -> None:
    """Of every minor version that counts, some known or coming patch is allowed; of no other one."""
    range_ = ranges.pep440(text)
    found = {each.release.name: each for each in ranges.minors(range_)}
    specifiers = SpecifierSet(text)
    for release in RELEASES:
        patches = [
            patch for patch in range(release.patch + 1) if specifiers.contains(f"{release.name}.{patch}")
        ]
        if release.prerelease or (not range_.is_bounded_below and release.ended()):
            assert release.name not in found
        elif release.ended():
            assert (release.name in found) is bool(patches)
        elif release.name in found and not found[release.name].is_newest:
            assert found[release.name].patch == max(patches)
