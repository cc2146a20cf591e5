from __future__ import annotations

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.isort import TOOL

DIFF = (
    "--- /repo/a.py:before\t2026-11-21 13:37:43.137068\n+++ /repo/a.py:after\t2026-11-21 13:37:43.912896\n"
    "@@ -1,2 +1,2 @@\n-import sys\n import os\n+import sys\n"
)
RED = "ERROR: /repo/a.py Imports are incorrectly sorted and/or formatted.\n"
FILES = ran(0, "./a.py\n")


def test_a_hunk_is_a_finding() -> None:
    answer = TOOL.read(on(), {"check": ran(1, DIFF, RED), "files": FILES})
    assert [place(each) for each in answer.findings] == [("a.py", 1, 0, "format")]
    assert answer.files == frozenset({"a.py"})


@pytest.mark.parametrize(
    ("said", "unread"),
    [
        ("sys:1: UserWarning: Unable to parse file ./a.py due to [Errno 2] No such file\n", ("a.py",)),
        ("WARNING: Unable to parse file a.py due to 'utf-8' codec can't decode\n", ("a.py",)),
        ("Skipped 2 files\n", ()),
    ],
)
def test_a_file_that_it_passes_over_with_exit_code_0(said: str, unread: tuple[str, ...]) -> None:
    assert TOOL.read(on(), {"check": ran(0, "", said), "files": FILES}).unread == unread


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "why"),
    [
        (
            1,
            "",
            "Traceback (most recent call last):\n  File\nisort.exceptions.UnsupportedSettings: profil\n",
            "profil",
        ),
        (1, "", RED, "no hunk"),
        (0, DIFF, RED, "names 1 files"),
    ],
)
def test_what_is_no_answer(code: int, stdout: str, stderr: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        TOOL.read(on(), {"check": ran(code, stdout, stderr), "files": FILES})
