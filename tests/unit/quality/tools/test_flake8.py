from __future__ import annotations

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.findings.model import Severity
from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.flake8 import TOOL

COUNT = (
    "0.017      seconds elapsed\n29         total tokens processed\n"
    "2          total files processed\n58         files processed per second\n"
)


def record(path: str, row: int, column: int, code: str, text: str) -> str:
    return f"\x1e{path}\x1f{row}\x1f{column}\x1f{code}\x1f{text}\n"


def test_findings_and_the_number_of_files_stand_in_one_file() -> None:
    files = {"a.py": "import os\n", "b\n::error::.py": "é = nope\n"}
    text = record("./a.py", 1, 1, "F401", "'os' imported") + record(
        "./b\n::error::.py", 1, 6, "F821", "undefined"
    )
    answer = TOOL.read(on(files), {"check": ran(1, output=text + COUNT)})
    assert [place(each) for each in answer.findings] == [
        ("a.py", 1, 1, "F401"),
        # Bytes or characters: nobody knows behind an é.
        ("b\n::error::.py", 1, 0, "F821"),
    ]
    assert answer.findings[1].message == "undefined"
    assert answer.files == 2


def test_severities_and_files_that_were_not_read() -> None:
    text = record("./a.py", 0, 1, "E902", "FileNotFoundError") + record("./a.py", 1, 1, "W291", "trailing")
    answer = TOOL.read(on(), {"check": ran(1, output=text + COUNT)})
    assert [each.severity for each in answer.findings] == [Severity.HIGH, Severity.MEDIUM]
    assert answer.unread == ("a.py",)
    assert answer.findings[0].region is None


@pytest.mark.parametrize(
    ("code", "output", "stderr", "why"),
    [
        (
            1,
            None,
            "There was a critical error during execution of Flake8:\nplugin raised",
            "did not come to its end",
        ),
        (0, "", "", "did not come to its end"),
        (0, record("./a.py", 1, 1, "F401", "x") + COUNT, "", "printed 1 findings"),
        (1, COUNT, "", "printed 0 findings"),
        (1, "\x1ea.py\x1fx\x1f1\x1fF401\x1ftext\n" + COUNT, "", "no finding"),
        (2, COUNT, "", "exit code 2"),
    ],
)
def test_what_is_no_answer(code: int, output: str | None, stderr: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        TOOL.read(on(), {"check": ran(code, stderr=stderr, output=output)})


def test_it_is_told_where_its_settings_are() -> None:
    (command,) = TOOL.commands(on(config="/repo/.flake8"))
    assert command.argv[1:3] == ("--config", "/repo/.flake8")
    assert "--" not in command.argv
    assert "--isolated" in TOOL.commands(on())[0].argv
