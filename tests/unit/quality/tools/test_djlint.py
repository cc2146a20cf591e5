from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.quality.reading import on, place, ran

from ci_actions.quality.tool import NotUnderstood
from ci_actions.quality.tools.djlint import TOOL

FILES = {"web/a.html": "<div><p>x</div>\n"}
CHECKED = (
    "\n\n\nweb/a.html\n"
    + "─" * 79
    + "\n@@ -1 +1,4 @@\n\n-<div><p>x</div>\n+<div>\n\n1 file would be updated.\n\n"
)
CLEAN = "\n0 files would be updated.\n\n"
PROGRESS = "Linting 0/1 files ┈┈ 00:00   Linting 1/1 files ━━ 00:00    "


def result(**more: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": "web/a.html"}, "region": {"startLine": 1, "startColumn": 6}}
    return {
        "ruleId": "H025",
        "level": "warning",
        "message": {"text": "Orphan."},
        "locations": [{"physicalLocation": place}],
        **more,
    }


def sarif(*results: Any) -> str:
    return json.dumps({"version": "2.1.0", "runs": [{"results": list(results)}]})


def test_what_the_linter_and_the_formatter_say() -> None:
    answer = TOOL.read(on(FILES), {"lint": ran(1, sarif(result()), PROGRESS), "check": ran(1, CHECKED)})
    assert [place(each) for each in answer.findings] == [
        ("web/a.html", 1, 6, "H025"),
        ("web/a.html", 1, 0, "format"),
    ]
    assert answer.files == 1


def test_the_text_of_older_versions() -> None:
    text = "\n\x1eweb/a.html\x1f1:5\x1fH025\x1fTag seems to be an orphan.\x1f <p>\n\nLinted 1 file, found 1 error.\n"
    answer = TOOL.read(on(FILES, (1, 36)), {"lint": ran(1, text), "check": ran(0, CLEAN)})
    assert [place(each) for each in answer.findings] == [("web/a.html", 1, 6, "H025")]
    assert answer.files == 1


@pytest.mark.parametrize(
    ("version", "lint", "check", "why"),
    [
        ((1, 49), ran(0, sarif(result())), ran(0, CLEAN), "printed 1 findings"),
        ((1, 49), ran(1, sarif()), ran(0, CLEAN), "printed 0 findings"),
        ((1, 49), ran(2, "", "No files to check!"), ran(0, CLEAN), "exit code 2"),
        ((1, 49), ran(0, sarif()), ran(1, CLEAN), "0 hunks"),
        ((1, 49), ran(0, sarif()), ran(0, ""), "0 hunks"),
        ((1, 49), ran(1, sarif({"ruleId": "x"})), ran(0, CLEAN), "unknown shape"),
        ((1, 49), ran(0, "text"), ran(0, CLEAN), "no valid JSON"),
        ((1, 36), ran(1, "Linted 1 file, found 2 errors.\n\x1ea"), ran(0, CLEAN), "1 findings were read"),
        ((1, 36), ran(0, ""), ran(0, CLEAN), "0 findings were read"),
    ],
)
def test_what_is_no_answer(version: tuple[int, ...], lint: Any, check: Any, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        TOOL.read(on(FILES, version), {"lint": lint, "check": check})
