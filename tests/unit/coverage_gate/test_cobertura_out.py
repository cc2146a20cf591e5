from __future__ import annotations

import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.coverage_gate.cobertura_out import render
from ci_actions.coverage_gate.formats import cobertura
from ci_actions.coverage_gate.model import FileCoverage, LineBranches, Outcome, Tally
from ci_actions.kit import lines

NONE = Tally(0, 0)
PAY = FileCoverage(
    path="src/pay/refund.py",
    measured=lines.from_numbers([1, 2, 4, 7]),
    hit=lines.from_numbers([1, 2, 7]),
    branches=MappingProxyType({2: LineBranches(1, 2), 7: LineBranches(3, 3)}),
    hits=MappingProxyType({1: 12, 4: 9}),
)
SETUP = FileCoverage("setup.py", lines.from_numbers([1]), 0)
EMPTY = FileCoverage("src/pay/__init__.py", 0, 0)


def outcome(*files: FileCoverage) -> Outcome:
    return Outcome(
        metric="lines",
        gates=(),
        overall=NONE,
        lines=NONE,
        branches=NONE,
        critical=None,
        new_code=None,
        files=files,
        changed=(),
        unmeasured=(),
        reads=(),
        now=1_700_000_000.5,
    )


def test_the_whole_document() -> None:
    assert (
        render(outcome(PAY, SETUP, EMPTY))
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage version="ci-actions" timestamp="1700000000500" lines-valid="5" lines-covered="3" \
line-rate="0.6000" branches-valid="5" branches-covered="4" branch-rate="0.8000" complexity="0">
<sources><source>.</source></sources>
<packages>
<package name="." line-rate="0" branch-rate="0" complexity="0">
<classes>
<class name="setup.py" filename="setup.py" line-rate="0" branch-rate="0" complexity="0">
<methods/>
<lines>
<line number="1" hits="0"/>
</lines>
</class>
</classes>
</package>
<package name="src.pay" line-rate="0.7500" branch-rate="0.8000" complexity="0">
<classes>
<class name="__init__.py" filename="src/pay/__init__.py" line-rate="0" branch-rate="0" complexity="0">
<methods/>
<lines>
</lines>
</class>
<class name="refund.py" filename="src/pay/refund.py" line-rate="0.7500" branch-rate="0.8000" complexity="0">
<methods/>
<lines>
<line number="1" hits="12"/>
<line number="2" hits="1" branch="true" condition-coverage="50% (1/2)"/>
<line number="4" hits="0"/>
<line number="7" hits="1" branch="true" condition-coverage="100% (3/3)"/>
</lines>
</class>
</classes>
</package>
</packages>
</coverage>
"""
    )


def test_only_what_is_complete_has_the_rate_1() -> None:
    nearly = FileCoverage("a.py", lines.from_ranges([(1, 99_999)]), lines.from_ranges([(1, 99_998)]))
    whole = FileCoverage("b.py", lines.from_ranges([(1, 9)]), lines.from_ranges([(1, 9)]))
    root = ET.fromstring(render(outcome(nearly, whole)).encode())
    assert [each.get("line-rate") for each in root.iter("class")] == ["0.9999", "1"]
    assert root.get("line-rate") == "0.9999"


def test_branches_of_lines_that_are_not_measured_are_not_counted() -> None:
    odd = FileCoverage("a.py", lines.from_numbers([1]), 0, {9: LineBranches(1, 2)})
    assert 'branches-valid="0"' in render(outcome(odd))


def test_nothing_measured_is_not_everything_covered() -> None:
    root = ET.fromstring(render(outcome()).encode())
    assert (root.get("lines-valid"), root.get("line-rate")) == ("0", "0")


@st.composite
def measured_files(draw: st.DrawFn) -> tuple[FileCoverage, ...]:
    made = []
    paths = st.from_regex(r"([a-z&<\"é]{1,5}/){0,3}[a-z]{1,5}\.py", fullmatch=True)
    for path in draw(st.sets(paths, max_size=5)):
        measured = draw(st.sets(st.integers(1, 300), min_size=1, max_size=40))
        hit = draw(st.sets(st.sampled_from(sorted(measured))))
        branches = {}
        for line in draw(st.sets(st.sampled_from(sorted(measured)), max_size=8)):
            total = draw(st.integers(2, 6))
            # A line that never ran has taken no branch.
            branches[line] = LineBranches(draw(st.integers(0, total)) if line in hit else 0, total)
        made.append(FileCoverage(path, lines.from_numbers(measured), lines.from_numbers(hit), branches))
    return tuple(sorted(made, key=lambda file: file.path))


@given(measured_files())
def test_our_own_reader_finds_the_same(files: tuple[FileCoverage, ...]) -> None:
    if not files:
        return
    report = cobertura.read("out.xml", render(outcome(*files)).encode())
    found = {file.path: file for file in report.files}
    assert {path: (file.measured, file.hit) for path, file in found.items()} == {
        file.path: (file.measured, file.hit) for file in files
    }
    for file in files:
        assert {line: (each.covered, each.total) for line, each in found[file.path].branches.items()} == {
            line: (each.covered, each.total) for line, each in file.branches.items()
        }
    assert not report.warnings


@given(st.text(st.characters(), min_size=1, max_size=20))
def test_any_path_makes_a_well_formed_file(path: str) -> None:
    document = render(outcome(FileCoverage(path, 2, 2))).encode()
    (found,) = ET.fromstring(document).iter("class")
    if all(sign.isprintable() or sign in "\t\n\r" for sign in path):
        assert found.get("filename") == path


def test_what_xml_cannot_hold_becomes_visible() -> None:
    (found,) = ET.fromstring(render(outcome(FileCoverage("a\x00\udc80\uffff\nb.py", 2, 2))).encode()).iter(
        "class"
    )
    assert found.get("filename") == "a\\x00\\xdc80\\xffff\nb.py"


def test_diff_cover_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # No types, so not by `import`.
    reporters = import_module("diff_cover.violationsreporters.violations_reporter")
    tool = import_module("diff_cover.git_path").GitPathTool
    monkeypatch.setattr(tool, "_cwd", str(tmp_path))
    monkeypatch.setattr(tool, "_root", str(tmp_path))
    reader = reporters.XmlCoverageReporter([ET.fromstring(render(outcome(PAY, SETUP)).encode())], None, [])
    assert {each.line for each in reader.violations("src/pay/refund.py")} == {4}
    assert set(reader.measured_lines("src/pay/refund.py")) == {1, 2, 4, 7}
