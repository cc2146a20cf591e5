from __future__ import annotations

import pytest

from ci_actions.kit.lines import from_ranges
from ci_actions.quality.suppressions import added, found_in

EVERYTHING = from_ranges([(1, 100)])


@pytest.mark.parametrize(
    ("comment", "kinds"),
    [
        ("# noqa", ["noqa"]),
        ("#NOQA:E501", ["noqa"]),
        ("# ruff: noqa", ["ruff: noqa"]),
        ("# flake8: noqa: E1", ["ruff: noqa"]),
        ("# type: ignore[arg-type]  # noqa: F401", ["noqa", "type: ignore"]),
        ("# mypy: ignore-errors", ["mypy:"]),
        ("# mypy: disable-error-code=x", ["mypy:"]),
        ("# pyright: ignore", ["pyright"]),
        ("# pyright: basic", ["pyright"]),
        ("# pyright: reportX=false", ["pyright"]),
        ("# pyright: strict", []),
        ("# pylint: disable=all", ["pylint: disable"]),
        ("# pylint: enable=all", []),
        ("# fmt: off", ["fmt: off"]),
        ("# isort: skip_file", ["isort: skip"]),
        ("# isort: on", []),
        ("# not a quality word", []),
    ],
)
def test_kinds(comment: str, kinds: list[str]) -> None:
    assert [kind for _, kind in found_in(f"x = 1  {comment}\n".encode())] == kinds


def test_only_comments_count() -> None:
    assert list(found_in(b'x = \'# noqa\'\n"""\n# type: ignore\n"""\n')) == []
    # What is no Python of ours is looked at line by line.
    assert list(found_in(b"def f(:  # noqa\n")) == [(1, "noqa")]


@pytest.mark.parametrize(
    ("before", "after", "lines", "expected"),
    [
        (None, "a = 1  # noqa\n", [(1, 1)], [1]),
        ("a = 1  # noqa\n", "\n\na = 1  # noqa\n", [(1, 3)], []),
        ("a = 1  # noqa\n", "a = 1  # noqa\nb = 1  # noqa\n", [(2, 2)], [2]),
        ("a = 1  # noqa\n", "b = 1  # noqa\na = 1  # noqa\n", [(1, 2)], [2]),
        ("a = 1  # noqa\n", "a = 1  # type: ignore\n", [(1, 1)], [1]),
        ("a = 1\n", "a = 1  # noqa\n", [], []),
    ],
)
def test_a_file_brings_as_many_as_it_has_more(
    before: str | None, after: str, lines: list[tuple[int, int]], expected: list[int]
) -> None:
    found = added("a.py", from_ranges(lines), before.encode() if before is not None else None, after.encode())
    assert [each.line for each in found] == expected


def test_a_file_that_is_gone_brings_none() -> None:
    assert list(added("a.py", EVERYTHING, b"# noqa\n", None)) == []
