from __future__ import annotations

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.black import TOOL

FILES = {"a.py": "", "b.py": "", "c.py": ""}
NEW = "--- /repo/a.py\t2026-11-21 13:37:43.137068+00:00\n+++ /repo/a.py\t2026-11-21 13:37:43.770115+00:00\n"
OLD = "--- /repo/a.py\t2026-11-21 13:37:43.137068 +0000\n+++ /repo/a.py\t2026-11-21 13:37:43.770115 +0000\n"
HUNK = "@@ -3 +3 @@\n-x = {  }\n+x = {}\n"
SAID = (
    "Identified `/repo` as project root containing a .git directory.\n/repo/.git ignored: matches the --exclude regular "
    "expression\nwould reformat /repo/a.py\n/repo/b.py already well formatted, good job.\n/repo/c.py wasn't modified on disk "
    "since last run.\n\nOh no! 💥 💔 💥\n1 file would be reformatted, 2 files would be left unchanged.\n"
)


@pytest.mark.parametrize("header", [NEW, OLD])
def test_a_hunk_is_a_finding_and_the_files_are_named(header: str) -> None:
    answer = TOOL.read(on(FILES), {"check": ran(1, header + HUNK, SAID)})
    assert [place(each) for each in answer.findings] == [("a.py", 3, 0, "format")]
    assert answer.files == frozenset({"a.py", "b.py", "c.py"})


def test_files_that_it_does_not_name_are_counted() -> None:
    assert (
        TOOL.read(
            on(FILES), {"check": ran(0, "", "All done! ✨ 🍰 ✨\n2 files would be left unchanged.\n")}
        ).files
        == 2
    )


def test_nothing_was_found() -> None:
    said = "No Python files are present to be formatted. Nothing to do 😴\n"
    assert TOOL.read(on(FILES), {"check": ran(0, "", said)}).files == frozenset()


@pytest.mark.parametrize(
    "said",
    [
        "error: cannot format /repo/b.py: Cannot parse: 1:6: def f(:\n",
        "error: cannot parse: /repo/b.py:1:6\n    def f(:\n         ^\n",
    ],
)
def test_a_file_that_cannot_be_parsed(said: str) -> None:
    summary = "Oh no! 💥 💔 💥\n1 file would be left unchanged, 1 file would fail to reformat.\n"
    assert TOOL.read(on(FILES), {"check": ran(123, "", said + summary)}).unread == ("b.py",)
    with pytest.raises(NotUnderstood):
        # It says that a file could not be read, in words that nobody knows.
        TOOL.read(on(FILES), {"check": ran(123, "", "error: another\n" + summary)})


@pytest.mark.parametrize(
    ("code", "stderr", "why"),
    [
        (1, "Traceback (most recent call last):\n  File\ntoml.Error: bad\n", "toml.Error: bad"),
        (1, "Oh no! The required version `1` does not match the running version `26`!\n", "required version"),
        (
            0,
            "Invalid config keys detected: 'x' (in pyproject.toml)\n1 file would be left unchanged.\n",
            "Invalid config keys",
        ),
        (1, "2 files would be left unchanged.\n", "summary counts"),
        (2, "Usage: black\n", "exit code 2"),
        (0, "", "summary counts nothing"),
    ],
)
def test_what_is_no_answer(code: int, stderr: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        TOOL.read(on(FILES), {"check": ran(code, "", stderr)})


def test_red_without_a_hunk_is_no_answer() -> None:
    with pytest.raises(NotUnderstood):
        TOOL.read(on(FILES), {"check": ran(1, "", SAID)})
