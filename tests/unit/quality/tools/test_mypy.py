from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.mypy import TOOL

FILES = {"a.py": "x: int = ''\ny = '日', nope\n", "b:1.py": "B = 1\n"}
SOURCES = (
    "LOG:  Mypy Version:           2.4.1\n"
    "LOG:  Found source:           BuildSource(path='./a.py', module='a', has_text=False, base_dir='/repo', followed=False)\n"
    "LOG:  Found source:           BuildSource(path='b:1.py', module='b', has_text=False, base_dir='/repo', followed=False)\n"
    "LOG:  Could not load plugins snapshot: @plugins_snapshot.json\n"
)


def row(**more: Any) -> str:
    made = {
        "file": "a.py",
        "line": 1,
        "column": 9,
        "end_line": 1,
        "end_column": 11,
        "message": "Incompatible types",
        "hint": None,
        "code": "assignment",
        "severity": "error",
        **more,
    }
    return json.dumps(made) + "\n"


def read(code: int, stdout: str, stderr: str = SOURCES, version: tuple[int, ...] = (2, 4)) -> Any:
    return TOOL.read(on(FILES, version, config="/repo/mypy.ini"), {"check": ran(code, stdout, stderr)})


def test_errors_and_the_files_that_were_found() -> None:
    answer = read(1, row() + row(line=2, column=10, code="name-defined"))
    assert [place(each) for each in answer.findings] == [
        ("a.py", 1, 10, "assignment"),
        # Its columns on such a line are bytes, or wrong.
        ("a.py", 2, 0, "name-defined"),
    ]
    assert answer.files == {"a.py", "b:1.py"}


def test_notes_alone_end_with_1_as_json_and_with_0_as_text() -> None:
    note = row(severity="note", code="misc")
    assert read(1, note).findings == ()
    assert len(read(1, note).remarks) == 1
    with pytest.raises(NotUnderstood):
        read(0, note)
    text = 'a.py:1:13:1:13: note: Revealed type is "int"\n'
    assert len(read(0, text, version=(1, 8)).remarks) == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/repo/a.py:1:10:1:11: error: Bad  [assignment]", ("a.py", 1, 10, "assignment")),
        ("/repo/b:1.py:1:1:1:1: error: Bad: very [x]", ("b:1.py", 1, 1, "misc")),
        ("/repo/a.py:1: error: Bad", ("a.py", 1, 0, "misc")),
    ],
)
def test_the_text_of_older_versions(line: str, expected: tuple[str, int, int, str]) -> None:
    answer = read(1, f"{line}\nnot a message\n", version=(1, 8))
    assert [place(each) for each in answer.findings] == [expected]


def test_a_note_about_the_settings_is_no_complaint() -> None:
    assert read(0, "", "mypy.ini: note: unused section(s): [mypy-x.*]\n" + SOURCES).findings == ()


def test_a_line_that_nobody_knows_is_no_place() -> None:
    assert read(1, row(line=-1)).findings[0].region is None


def test_a_syntax_error_stops_it() -> None:
    answer = read(2, row(code="syntax"))
    assert answer.unread == ("a.py",)
    assert answer.files is None


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "why"),
    [
        (
            0,
            "",
            "mypy.ini: [mypy]: Unrecognized option: strikt = True\n" + SOURCES,
            "Unrecognized option: strikt",
        ),
        (0, "", "/repo/mypy.ini: [mypy]: Not a boolean: maybe\n" + SOURCES, "Not a boolean"),
        (2, row(code="misc"), SOURCES, "Incompatible types"),
        (2, "", "There are no .py[i] files in directory '.'\n", "There are no"),
        (1, "", SOURCES, "it printed 0 errors"),
        (0, row(), SOURCES, "it printed 1 errors"),
        (1, "{broken\n", SOURCES, "no JSON"),
        (1, '{"a": 1}\n', SOURCES, "unknown shape"),
    ],
)
def test_what_is_no_answer(code: int, stdout: str, stderr: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        read(code, stdout, stderr)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (None, ["--", "."]),
        ({"mypy": {"strict": "True"}}, ["--", "."]),
        ({"mypy": {"files": "src"}}, []),
        ({"tool": {"mypy": {"packages": ["x"]}}}, []),
    ],
)
def test_what_is_checked_is_what_the_settings_name(settings: Any, words: list[str]) -> None:
    (command,) = TOOL.commands(on(FILES, settings=settings))
    assert list(command.argv[command.argv.index("--verbose") + 1 :]) == words
    assert TOOL.commands(on(FILES, paths=("src",), settings=settings))[0].argv[-1] == "src"


def test_older_versions_are_asked_for_text() -> None:
    assert "--output" in TOOL.commands(on(version=(1, 11)))[0].argv
    assert "--show-absolute-path" in TOOL.commands(on(version=(1, 10, 1)))[0].argv


def test_what_stops_it_is_said_in_words_also_when_it_is_said_as_json() -> None:
    missing = row(file="/repo/mypy.ini", message="Error importing plugin 'x': No module named 'x'")
    with pytest.raises(
        NotUnderstood, match=r"^mypy stopped: Error importing plugin 'x': No module named 'x'$"
    ):
        read(2, "", SOURCES + missing)


def test_of_a_crash_the_error_is_said_and_not_the_advice_behind_it() -> None:
    crash = "error: INTERNAL ERROR -- x\nhttps://y\nplease report\nversion: 2\nnote: use --show-traceback\n"
    with pytest.raises(NotUnderstood, match=r"^mypy stopped: error: INTERNAL ERROR -- x"):
        read(2, "", SOURCES + crash)
