"""Reports of other programs, through the whole of security-scan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository
from tests.integration.asking import Answer, ask

pytestmark = pytest.mark.integration

#: A form that scanners take for a real key, put together here so that this file holds none.
CANARY = "ghp_" + "Zk3" * 12
SUPPRESSION = (
    '[[suppression]]\nrule = "r"\npath = "a.py"\nreason = "known and harmless here"\nowner = "us"\n'
    "expires = 2027-01-01\n"
)


def log(level: str = "error", text: str = "bad") -> str:
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 1}}}
    result = {"ruleId": "r", "level": level, "message": {"text": text}, "locations": [place]}
    run: dict[str, Any] = {"tool": {"driver": {"name": "Semgrep"}}, "results": [result] if level else []}
    return json.dumps({"version": "2.1.0", "runs": [run]})


def scan(repository: Repository, reports: dict[str, str], *options: str, **files: str) -> Answer:
    repository.commit({"a.py": "x = 1\n", ".gitignore": "/.ci-actions/\n/out/\n", **files})
    repository.write(reports)
    # One scanner of our own that has nothing to look at.
    return ask("security-scan", repository.path, "--tools", "zizmor", *options)


@pytest.mark.parametrize(
    ("reports", "options", "code"),
    [
        ({"out/a.sarif": log("")}, ["--reports", "out/*.sarif"], 0),
        ({"out/a.sarif": log()}, ["--reports", "out/*.sarif"], 1),
        ({"out/a.sarif": log("note")}, ["--reports", "out/*.sarif"], 0),
        ({"out/a.sarif": log("note")}, ["--reports", "out/*.sarif", "--fail-on", "low"], 1),
        ({}, ["--reports", "out/*.sarif"], 3),
        ({"out/a.sarif": ""}, ["--reports", "out/a.sarif"], 3),
        ({"out/a.sarif": log(""), "out/b.sarif": "{"}, ["--reports", "out/*"], 3),
    ],
    ids=["clean", "error", "note", "bar", "missing", "empty", "one broken"],
)
def test_a_report_counts_like_a_scanner(
    repository: Repository, reports: dict[str, str], options: list[str], code: int
) -> None:
    answer = scan(repository, reports, *options)
    assert answer.code == code, answer.said


def test_suppressions_hold_and_the_merged_log_has_it(repository: Repository) -> None:
    files = {"s.toml": SUPPRESSION}
    answer = scan(
        repository, {"out/a.sarif": log()}, "--reports", "out/a.sarif", "--suppressions", "s.toml", **files
    )
    assert answer.code == 0, answer.said
    assert answer.outputs["findings-suppressed"] == "1"
    merged = json.loads(Path(answer.outputs["sarif-file"]).read_text("utf-8"))
    assert "Semgrep" in [run["tool"]["driver"]["name"] for run in merged["runs"]]


def test_a_secret_in_a_report_is_shown_nowhere(repository: Repository) -> None:
    answer = scan(repository, {"out/a.sarif": log(text=f"found {CANARY}")}, "--reports", "out/a.sarif")
    assert answer.code == 1
    assert CANARY not in answer.said + json.dumps(answer.report)
    assert CANARY not in Path(answer.outputs["sarif-file"]).read_text("utf-8")
