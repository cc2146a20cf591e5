"""Against the real coverage.py, and diff-cover's reader as a second opinion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from ci_actions.coverage_gate import formats
from ci_actions.coverage_gate.formats import cobertura_fast
from ci_actions.coverage_gate.model import CoverageReport, FileCoverage
from ci_actions.kit import lines

SOURCE = '''\
"""A module."""
import sys


def refund(amount, again=False):
    if amount > 100:
        return "ask"
    for turn in range(amount):
        if turn == 50 and again:
            break
    else:
        amount += 1
    while amount:
        amount -= 1
    return amount


class Pay:
    limit = 5

    def check(self, value):
        match value:
            case 1:
                return "one"
            case 2:
                return "two"
        try:
            return 1 / value
        except ZeroDivisionError:  # pragma: no cover
            return None


async def never():
    async with sys.nothing() as thing:
        yield thing


print(refund(3), Pay().check(2), [x for x in range(3) if x])
'''


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CoverageReport]:
    """What the readers say of one run with branches, in each of coverage.py's formats."""
    folder = tmp_path_factory.mktemp("producer")
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text("", "utf-8")
    (folder / "app" / "päy & co.py").write_text(SOURCE, "utf-8")
    (folder / "run.py").write_text("import runpy\nimport app\nrunpy.run_path('app/päy & co.py')\n", "utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}

    def coverage(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "coverage", *arguments],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )

    (folder / ".coveragerc").write_text("[run]\nbranch = true\nsource = app\n", "utf-8")
    coverage("run", "run.py")
    found = {}
    for command, name in (("json", "coverage.json"), ("xml", "coverage.xml"), ("lcov", "coverage.lcov")):
        coverage(command, "-o", name)
        data = (folder / name).read_bytes()
        format = formats.recognise(name, data[: formats.HEAD])
        found[command] = formats.read(name, data, format)
        found[f"{command} raw"] = data  # type: ignore[assignment] # what the reports were read from
    assert formats.recognise(".coverage", (folder / ".coverage").read_bytes()[:100]) is formats.Format.DATA
    return found


def by_name(report: CoverageReport) -> dict[str, FileCoverage]:
    return {file.path.rpartition("/")[2].rpartition("\\")[2]: file for file in report.files}


@pytest.mark.parametrize("command", ["json", "xml", "lcov"])
def test_the_totals_are_those_of_coverage_py(reports: dict[str, Any], command: str) -> None:
    totals = json.loads(reports["json raw"])["totals"]
    report = reports[command]
    files = report.files
    assert sum(lines.count(file.measured) for file in files) == totals["num_statements"]
    assert sum(lines.count(file.hit) for file in files) == totals["covered_lines"]
    branches = [found for file in files for found in file.branches.values()]
    assert sum(found.total for found in branches) == totals["num_branches"]
    assert sum(found.covered for found in branches) == totals["covered_branches"]
    assert report.has_branches
    assert report.warnings == ()


def test_all_formats_say_the_same(reports: dict[str, Any]) -> None:
    of_json, of_xml, of_lcov = (by_name(reports[command]) for command in ("json", "xml", "lcov"))
    assert of_json.keys() == of_xml.keys() >= of_lcov.keys()
    for name, file in of_json.items():
        for other in (of_xml[name], of_lcov.get(name, of_xml[name])):
            assert (other.measured, other.hit) == (file.measured, file.hit)
            assert {number: (found.covered, found.total) for number, found in other.branches.items()} == {
                number: (found.covered, found.total) for number, found in file.branches.items()
            }


def test_the_xml_is_flat(reports: dict[str, Any]) -> None:
    assert cobertura_fast.read(reports["xml raw"]) is not None


def test_tool_and_time(reports: dict[str, Any]) -> None:
    assert reports["xml"].tool == reports["json"].tool
    assert reports["xml"].tool.startswith("coverage.py 7.")
    assert abs(reports["xml"].timestamp - reports["json"].timestamp) < 600


def test_diff_cover_reads_the_same_lines(
    reports: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter_of = pytest.importorskip(
        "diff_cover.violationsreporters.violations_reporter"
    ).XmlCoverageReporter
    git_path = pytest.importorskip("diff_cover.git_path").GitPathTool
    monkeypatch.setattr(git_path, "_cwd", str(tmp_path))
    monkeypatch.setattr(git_path, "_root", str(tmp_path))
    reporter = reporter_of([ET.fromstring(reports["xml raw"])])
    for file in reports["xml"].files:
        assert lines.from_numbers(reporter.measured_lines(file.path)) == file.measured
        missed = lines.from_numbers(violation.line for violation in reporter.violations(file.path))
        assert missed == file.measured & ~file.hit
