"""The section of one version, in the forms in which people write changelogs."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_release.changelog import is_rst, section, versions

KEEP = """\
# Changelog

All notable changes. See [Keep a Changelog](https://keepachangelog.com).

## [Unreleased]

### Added

- Something that is not out yet.

## [1.2.3] - 2026-11-21

### Added

- Refunds, as [#12] asked for. Thanks to [Ann](https://example.org/ann).

### Fixed

- Rounding; see [the guide][guide].

## [1.2.2] - 2026-10-01

- Old.

[Unreleased]: https://example.org/compare/v1.2.3...HEAD
[1.2.3]: https://example.org/compare/v1.2.2...v1.2.3
[#12]: https://example.org/issues/12
[Guide]: https://example.org/guide
"""
KEPT = """\
### Added

- Refunds, as [#12] asked for. Thanks to [Ann](https://example.org/ann).

### Fixed

- Rounding; see [the guide][guide].

[#12]: https://example.org/issues/12
[Guide]: https://example.org/guide
"""


def test_keep_a_changelog_with_the_links_that_it_uses() -> None:
    assert section(KEEP, "1.2.3", rst=False) == KEPT
    assert section(KEEP, "1.2.2", rst=False) == "- Old.\n"
    assert section(KEEP, "1.2", rst=False) is None
    assert versions(KEEP, rst=False) == ("1.2.3", "1.2.2")


@pytest.mark.parametrize(
    "heading",
    [
        "## 1.2.3",
        "## 1.2.3 - 2026-11-21",
        "## 1.2.3 (2026-11-21)",
        "## 1.2.3 – 21 November 2026",
        "## [v1.2.3]",
        "## [1.2.3](https://example.org/releases/v1.2.3) (2026-11-21)",
        "## v1.2.3",
        "# 1.2.3",
        "### 1.2.3",
        "## Version 1.2.3",
        "## Release 1.2.3: refunds",
        "## **1.2.3**",
        "## `1.2.3`",
        "## 1.2.3 ##",
        "   ## 1.2.3",
        "1.2.3\n=====",
        "1.2.3 (2026-11-21)\n------------------",
        "v1.2.3\n---",
        "**1.2.3**\n---",
        "## [1.2.3] - 2026-11-21 [YANKED]",
        "## 1\\.2\\.3",
    ],
)
def test_headings(heading: str) -> None:
    level = "#" * max(2, heading.strip().partition(" ")[0].count("#"))
    below = f"{level} 1.2.2\n\n- old\n"
    assert section(f"# Changes\n\n{heading}\n\n- new\n\n{below}", "1.2.3", rst=False) == "- new\n"


@pytest.mark.parametrize(
    "text",
    [
        "## 1.2.30\n\n- x\n",
        "## 11.2.3\n\n- x\n",
        "## 1.2.3rc1\n\n- x\n",
        "## 1.2.3.post1\n\n- x\n",
        "## Unreleased (1.2.3)\n\n- x\n",
        "1.2.3\n\n- x\n",
        "- 1.2.3\n---\n\n- x\n",
        "    ## 1.2.3\n\n- x\n",
        "##1.2.3\n\n- x\n",
        "```\n## 1.2.3\n```\n\n- x\n",
        "~~~~\n~~~\n## 1.2.3\n~~~~\n",
        "<!--\n## 1.2.3\n-->\n- x\n",
        "what changed\nin 1.2.3\n---\n",
        "",
    ],
)
def test_what_is_no_heading_of_it(text: str) -> None:
    assert section(text, "1.2.3", rst=False) is None


def test_a_prerelease_however_it_is_written() -> None:
    text = "## 1.2.3-rc.1\n\n- soon\n\n## 1.2.2\n\n- old\n"
    assert section(text, "1.2.3rc1", rst=False) == "- soon\n"
    assert section(text, "1.2.3", rst=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "## 1.2.3\n\n## 1.2.2\n\n- old\n",
        "## 1.2.3\n",
        "## 1.2.3\n\n### Added\n\n### Fixed\n\n## 1.2.2\n",
        "## 1.2.3\n\nAdded\n-----\n\n## 1.2.2\n",
        "## 1.2.3\n\n<!-- to be\n\nwritten -->\n",
        "## 1.2.3\n\n[1.2.3]: https://example.org\n",
    ],
)
def test_a_section_that_says_nothing(text: str) -> None:
    assert section(text, "1.2.3", rst=False) == ""


def test_levels_as_some_tools_write_them() -> None:
    """A minor version may stand a level above the patches that follow it."""
    text = "# 1.3.0\n\n- c\n\n## 1.2.3 (2026-11-21)\n\n- b\n\n## 1.2.2\n\n- a\n"
    assert [section(text, each, rst=False) for each in ("1.3.0", "1.2.3", "1.2.2")] == [
        "- c\n",
        "- b\n",
        "- a\n",
    ]


def test_a_heading_that_only_speaks_of_a_version_ends_nothing() -> None:
    text = "## 1.2.3\n\n### 2.0 API\n\n- x\n\n### Python 3.12.0\n\n- y\n\n## 1.2.2\n"
    assert section(text, "1.2.3", rst=False) == "### 2.0 API\n\n- x\n\n### Python 3.12.0\n\n- y\n"


def test_code_is_kept_as_it_is() -> None:
    text = "## 1.2.3\n\n```sh\n## 1.2.2\n[a]: b\n```\n\n## 1.2.2\n\n- old\n"
    assert section(text, "1.2.3", rst=False) == "```sh\n## 1.2.2\n[a]: b\n```\n"


def test_lines_of_windows() -> None:
    text = "## 1.2.3\r\n\r\n- new\r\n\r\n## 1.2.2\r\n\r\n- old\r\n"
    assert section(text, "1.2.3", rst=False) == "- new\n"


RST = dedent(
    """\
    =========
    Changelog
    =========

    1.2.3 (2026-11-21)
    ==================

    Features
    --------

    - ``refund`` knows :func:`shop.money`; see `the guide <https://example.org/guide>`_ and `#12`_.
    - Written by Ann_.

    .. a comment

    Fixes
    ~~~~~

    - Rounding.

    1.2.2
    =====

    - Old.

    Empty 1.0
    =========

    .. _#12: https://example.org/issues/12
    .. _Ann: https://example.org/ann
    """
)


def test_restructuredtext() -> None:
    assert section(RST, "1.2.3", rst=True) == dedent(
        """\
        ### Features

        - ``refund`` knows `shop.money`; see [the guide](https://example.org/guide) and [#12](https://example.org/issues/12).
        - Written by [Ann](https://example.org/ann).

        .. a comment

        ### Fixes

        - Rounding.
        """
    )
    assert section(RST, "1.2.2", rst=True) == "- Old.\n"
    assert versions(RST, rst=True) == ("1.2.3", "1.2.2")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("v1.2.3\n------\n\n- x\n", "- x\n"),
        ("-----\n1.2.3\n-----\n\n- x\n", "- x\n"),
        ("Version 1.2.3\n~~~~~~~~~~~~~\n\n- x\n\nVersion 1.2.2\n~~~~~~~~~~~~~\n\n- y\n", "- x\n"),
        ("1.2.3\n=====\n\nFixes\n-----\n\n1.2.2\n=====\n", ""),
        ("1.2.3\n===\n\n- x\n", None),
        ("text\n1.2.3\n=====\n\n- x\n", None),
        ("1.2.3\n=====\n\n1.2.2\n=====\n\n- y\n", ""),
    ],
)
def test_titles_of_restructuredtext(text: str, found: str | None) -> None:
    assert section(text, "1.2.3", rst=True) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            "## Mypy 1.18\n\n- x\n\n### Python 3.14\n\n- y\n\n## Mypy 1.17\n\n- z\n",
            ("1.18", "1.17"),
            id="all",
        ),
        pytest.param(
            "## 2.0\n\n- x\n\n## my-shop 1.9 (2020-01-02)\n\n- y\n\n## My-shop 1.8\n",
            ("2.0", "1.9", "1.8"),
            id="some",
        ),
        pytest.param("## 2.0\n\n- x\n\n### Python 3.14\n\n- y\n", ("2.0",), id="below a version"),
        pytest.param("## Shop 1.8\n\n- x\n\n### Shop 1.8.1\n\n- y\n", ("1.8", "1.8.1"), id="patches below"),
        pytest.param("# Shop\n\n## Python 3.14 is new\n\n- y\n", (), id="a sentence"),
    ],
)
def test_versions_behind_the_name_of_the_project(text: str, found: tuple[str, ...]) -> None:
    assert versions(text, rst=False) == found


def test_a_section_behind_the_name_of_the_project() -> None:
    text = "pytest 8.4.2 (2025-09-03)\n=========\n\n- x\n\npytest 8.4.1 (2025-06-18)\n=========\n\n- y\n"
    assert section(text.replace("=" * 9, "=" * 30), "8.4.2", rst=True) == "- x\n"


TILDES = "1.2.3 (2026-11-21)\n~~~~~~~~~~~~~~~~~~\n\n- x\n"


@pytest.mark.parametrize(
    ("path", "text", "answer"),
    [
        ("CHANGES.rst", KEEP, True),
        ("CHANGELOG.md", TILDES, False),
        ("CHANGELOG.txt", TILDES, True),
        ("CHANGELOG.txt", KEEP, False),
        ("NEWS", TILDES, True),
    ],
)
def test_where_the_name_does_not_say_the_text_does(path: str, text: str, answer: bool) -> None:
    assert is_rst(path, text) is answer


LINES = st.lists(st.text(alphabet="#=-~`[]():<>! 123.abv_\t", max_size=14), max_size=12)


@given(LINES, st.booleans())
def test_whatever_stands_there_it_is_read(lines: list[str], rst: bool) -> None:
    text = "\n".join(lines)
    for version in versions(text, rst=rst):
        assert section(text, version, rst=rst) is not None
    found = section(f"{text}\n\n1.2.3\n=====\n\nwords\n", "1.2.3", rst=rst)
    assert found is None or isinstance(found, str)
