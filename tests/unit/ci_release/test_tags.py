"""Which tags name a version, and what is said of those that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from ci_actions.ci_release import tags
from ci_actions.kit.errors import BadInput


@pytest.mark.parametrize(
    ("text", "version", "prerelease"),
    [
        ("v1.2.3", "1.2.3", False),
        ("v0.0.0", "0.0.0", False),
        ("v10.20.30", "10.20.30", False),
        ("v2026.11.21", "2026.11.21", False),
        ("v1.2.3rc1", "1.2.3rc1", True),
        ("v1.2.3-rc.1", "1.2.3rc1", True),
        ("v1.2.3-rc1", "1.2.3rc1", True),
        ("v1.2.3a0", "1.2.3a0", True),
        ("v1.2.3-alpha.2", "1.2.3a2", True),
        ("v1.2.3-beta.10", "1.2.3b10", True),
    ],
)
def test_a_tag(text: str, version: str, prerelease: bool) -> None:
    found = tags.read(text, allow_prerelease=True)
    assert (found.text, found.version, found.prerelease) == (text, version, prerelease)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.2.3", "'1.2.3' is no tag to release: write v1.2.3"),
        ("1.2.3-rc.1", "write v1.2.3-rc.1"),
        ("V1.2.3", "write v1.2.3"),
        ("v1", "a tag is v1.2.3, with three numbers: write v1.0.0"),
        ("v1.2", "with three numbers: write v1.2.0"),
        ("v1.2.3.4", "a tag is v1.2.3"),
        ("v01.2.3", "a tag is v1.2.3: no number begins with a 0"),
        ("v1.2.03", "no number begins with a 0"),
        ("v1.2.x", "a tag is v1.2.3"),
        ("v1.2.3 ", "a tag is v1.2.3"),
        ("v1.2.3\n", "a tag is v1.2.3"),
        ("v1.2.3.post1", "a tag is v1.2.3"),
        ("v1.2.3.dev1", "a tag is v1.2.3"),
        ("v1.2.3+local", "a tag is v1.2.3"),
        ("v1.2.3-rc", "a tag is v1.2.3"),
        ("v1.2.3-rc.01", "a tag is v1.2.3"),
        ("v1.2.3-nightly.1", "a tag is v1.2.3"),
        ("release/v1.2.3", "a tag is v1.2.3"),
        ("v1.2.3", ""),
        ("v１.2.3", "a tag is v1.2.3"),
        ("", "a tag is v1.2.3"),
        ("latest", "a tag is v1.2.3"),
    ],
)
def test_what_is_no_tag(text: str, said: str) -> None:
    if not said:
        tags.read(text, allow_prerelease=False)
        return
    for allowed in (False, True):
        with pytest.raises(BadInput) as refused:
            tags.read(text, allow_prerelease=allowed)
        assert said in refused.value.message or "or v1.2.3rc1" in refused.value.message


def test_a_prerelease_that_is_not_allowed() -> None:
    with pytest.raises(BadInput, match=r"set the input allow-prerelease to true, or tag v1\.2\.3"):
        tags.read("v1.2.3-rc.1", allow_prerelease=False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1.2", "1.2.0", True),
        ("1.2.3", "v1.2.3", True),
        ("1.2.3-rc.1", "1.2.3rc1", True),
        ("1.2.3", "1.2.4", False),
        ("1.2.3", "1.2.3rc1", False),
        ("1.2.3", "1.2.3.post1", False),
        ("1.2.3", "1.2.3+local", False),
        ("unknown", "unknown", True),
        ("unknown", "1.2.3", False),
    ],
)
def test_the_same_version(one: str, other: str, same: bool) -> None:
    assert tags.same(one, other) is same


NUMBERS = st.integers(min_value=0, max_value=999_999_999)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["", "a", "b", "rc", "-alpha.", "-beta.", "-rc."]), NUMBERS)
def test_the_version_is_in_its_normal_form(one: int, two: int, three: int, kind: str, number: int) -> None:
    text = f"v{one}.{two}.{three}" + (f"{kind}{number}" if kind else "")
    found = tags.read(text, allow_prerelease=True)
    assert found.version == str(Version(text))
    assert found.prerelease is Version(text).is_prerelease is bool(kind)
