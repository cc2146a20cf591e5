from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ci_actions.coverage_gate import evidence
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.model import Checkout, CoverageReport, Facts, FileCoverage
from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.lines import from_numbers


def measured(path: str, *numbers: int, digest: str = "") -> FileCoverage:
    return FileCoverage(path, from_numbers(numbers), 0, digest=digest)


def report(file: str = "coverage.xml", *files: FileCoverage, **more: Any) -> CoverageReport:
    return CoverageReport(file=file, format="cobertura", files=files or (measured("src/a.py", 1, 2),), **more)


def facts(*reports: CoverageReport, checkout: Mapping[str, Checkout] | None = None, **more: Any) -> Facts:
    files = {each.path: each for found in reports for each in found.files}
    here = {path: Checkout(100) for path in files} if checkout is None else checkout
    return Facts(reports=reports, files=files, checkout=here, source=("src",), **more)


def problems(found: Facts, **config: Any) -> list[str]:
    made = Config(**config)
    return list(evidence.problems(made, found, list(evidence.find_unmeasured(made, found))))


def warnings(found: Facts, **config: Any) -> list[str]:
    made = Config(**config)
    return list(evidence.warnings(made, found, list(evidence.find_unmeasured(made, found))))


def test_sound_evidence_is_no_problem() -> None:
    assert problems(facts(report())) == []
    assert warnings(facts(report())) == []


# --- empty, partial, elsewhere -----------------------------------------------------------------


@pytest.mark.parametrize("files", [(), (measured("src/a.py"),)])
def test_nothing_measured_is_an_error_not_a_hundred_per_cent(files: tuple[FileCoverage, ...]) -> None:
    empty = CoverageReport(file="coverage.xml", format="cobertura", files=files)
    said = "coverage.xml holds 0 measurable lines. Treating as an error, not as 100%."
    assert problems(facts(empty)) == [said]
    assert problems(facts(report("other.xml"), empty)) == [said], "another report does not make up for it"


def test_what_a_reader_found_wrong_is_a_problem() -> None:
    found = facts(report(problems=("line 7 is cut off", "another"), warnings=("odd",)))
    assert problems(found) == ["coverage.xml: line 7 is cut off", "coverage.xml: another"]
    assert warnings(found) == ["coverage.xml: odd"]


def test_a_report_of_another_place() -> None:
    found = facts(report("r.xml", *(measured(f"/app/{name}.py", 1) for name in "abcd")), checkout={})
    (said,) = problems(found)
    assert said == (
        "None of the 4 files measured by r.xml is in this checkout (/app/a.py, /app/b.py, /app/c.py, …). "
        "Is the repository checked out, and is a path-map needed, like '/app => .'?"
    )
    assert (
        problems(
            facts(
                report("r.xml", measured("/app/a.py", 1), measured("b.py", 1)), checkout={"b.py": Checkout(9)}
            )
        )
        == []
    )


# --- expected reports --------------------------------------------------------------------------


def test_fewer_than_the_number() -> None:
    found = facts(report("a.xml"), report("b.xml"))
    assert problems(found, expect_reports=("2",)) == []
    assert problems(found, expect_reports=("1",)) == []
    assert problems(found, expect_reports=("4",)) == [
        "Expected 4 coverage reports (expect-reports), found 2: a.xml, b.xml. Refusing to gate on partial data."
    ]


def test_data_files_that_were_combined_count_each() -> None:
    combined = report(".coverage.linux (+1)", parts=(".coverage.linux", ".coverage.windows"))
    assert problems(facts(combined), expect_reports=("2",)) == []
    assert problems(facts(combined), expect_reports=("linux", "windows")) == []


def test_the_missing_shard_is_named() -> None:
    shards = ("linux-3.11", "linux-3.12", "windows-3.11", "windows-3.12")
    here = facts(*(report(f"artifacts/coverage-{shard}/coverage.xml") for shard in shards[:3]))
    (said,) = problems(here, expect_reports=shards)
    start = "Expected 4 coverage reports (expect-reports), found 3: missing 'windows-3.12'. Refusing to gate on partial data."
    assert said.startswith(start)


@pytest.mark.parametrize(
    ("shards", "names", "missing"),
    [
        (("linux",), ["coverage-linux.xml"], []),
        (("linux",), ["linux/coverage.xml"], []),
        (("linux",), ["coverage-linuxx.xml"], ["linux"]),
        (("3.1",), ["cov-3.12.xml"], ["3.1"]),
        (("unit", "e2e"), ["unit.xml", "unit2.xml"], ["e2e"]),
        # one report serves one shard
        (("linux", "linux-arm"), ["cov-linux-arm.xml"], ["linux"]),
        (("linux-arm", "linux"), ["cov-linux-arm.xml", "cov-linux.xml"], []),
        (("linux", "linux-arm"), ["cov-linux-arm.xml", "cov-linux-arm-2.xml"], ["linux"]),
        (("a", "b"), ["a-b.xml", "a.xml"], []),
        (("a", "b"), ["a.xml", "a-b.xml"], []),
        (("a", "b"), ["a-b.xml", "c.xml"], ["b"]),
        (("a.b",), ["a-b.xml"], ["a.b"]),
    ],
)
def test_every_shard_brings_a_report_of_its_own(
    shards: tuple[str, ...], names: list[str], missing: list[str]
) -> None:
    found = problems(facts(*map(report, names)), expect_reports=shards)
    assert bool(found) == bool(missing)
    if missing:
        assert f"missing {', '.join(repr(name) for name in missing)}. " in found[0]


# --- stale -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "length", "stale"),
    [(10, 10, False), (11, 10, False), (12, 10, True), (1, 0, False), (2, 0, True)],
)
def test_lines_beyond_the_end(end: int, length: int, stale: bool) -> None:
    found = facts(report("r.xml", measured("src/a.py", 1, end)), checkout={"src/a.py": Checkout(length)})
    said = (
        f"r.xml is stale: it measured src/a.py up to line {end}, but the file has {length} lines. "
        "Run the tests on this revision again."
    )
    assert problems(found) == ([said] if stale else [])


@pytest.mark.parametrize(
    ("theirs", "ours", "stale"), [("1", "1", False), ("1", "2", True), ("1", "", False), ("", "2", False)]
)
def test_another_version_of_a_file(theirs: str, ours: str, stale: bool) -> None:
    found = facts(
        report("r.json", measured("src/a.py", 1, digest=theirs)), checkout={"src/a.py": Checkout(9, ours)}
    )
    said = "r.json is stale: it measured another version of src/a.py. Run the tests on this revision again."
    assert problems(found) == ([said] if stale else [])


def test_more_stale_files_are_counted() -> None:
    names = ("src/a.py", "src/b.py", "src/c.py")
    found = facts(
        report("r", *(measured(name, 50) for name in names)), checkout={name: Checkout(5) for name in names}
    )
    (said,) = problems(found)
    assert said.endswith(
        "but the file has 5 lines. The same goes for 2 more files. Run the tests on this revision again."
    )


def test_a_report_older_than_the_commit_is_a_warning() -> None:
    said = ["coverage.xml is older than the newest commit; were the tests run on this revision?"]
    assert warnings(facts(report(timestamp=100.0), head_time=200.0)) == said
    assert warnings(facts(report(timestamp=199.0), head_time=200.0)) == []
    assert warnings(facts(report(timestamp=None), head_time=200.0)) == []
    assert problems(facts(report(timestamp=100.0), head_time=200.0)) == []


def test_conflicts_name_the_reports() -> None:
    reports = [report(f"{name}.json", measured("src/a.py", 1)) for name in "abcd"]
    found = facts(*reports, report("other.json", measured("src/b.py", 1)), conflicts=("src/a.py",))
    assert warnings(found) == [
        "src/a.py was not the same file when a.json and b.json and c.json measured it."
    ]


# --- files in no report ------------------------------------------------------------------------


def change(*files: ChangedFile) -> tuple[ChangedFile, ...]:
    return files


def added(path: str, *numbers: int, **more: Any) -> ChangedFile:
    return ChangedFile(path=path, added=from_numbers(numbers or (1, 2)), **more)


ABSENT = (
    "Changed source file src/new.py is not in the coverage report. Was it imported by the tests (coverage 'source' setting), "
    "or is a path-map needed? If nothing has to test it, name it in exclude."
)


def test_a_changed_source_file_in_no_report() -> None:
    found = facts(report(), change=change(added("src/new.py"), added("src/a.py")))
    assert problems(found) == [ABSENT]
    assert warnings(found) == []
    assert problems(found, on_unmeasured_file="warn") == []
    assert warnings(found, on_unmeasured_file="warn") == [ABSENT]
    for mode in ("ignore", "uncovered"):
        assert problems(found, on_unmeasured_file=mode) == warnings(found, on_unmeasured_file=mode) == []


def test_several_reports_and_the_closest_path() -> None:
    reports = [
        report(name, measured("/app/src/pay/refund.py", 1), measured("src/a.py", 1))
        for name in ("1", "2", "3")
    ]
    (said,) = problems(facts(*reports, change=change(added("src/pay/refund.py"))))
    assert said == (
        "Changed source file src/pay/refund.py is in none of the 3 coverage reports. Was it imported by the tests "
        "(coverage 'source' setting), or is a path-map needed? Closest measured path: /app/src/pay/refund.py. "
        "If nothing has to test it, name it in exclude."
    )


@pytest.mark.parametrize(
    ("file", "texts"),
    [
        (added("src/new.py", status="D"), {}),
        (ChangedFile(path="src/new.py"), {}),
        (ChangedFile(path="src/new.py", old_path="src/old.py", status="R"), {}),
        (added("src/test_new.py"), {}),
        (added("docs/new.py"), {}),
        (added("src/new.md"), {}),
        (added("src/gen/new.py"), {}),
        (added("src/new.py"), {"src/new.py": ("# only", "   ")}),
    ],
)
def test_what_needs_no_report(file: ChangedFile, texts: Mapping[str, tuple[str, ...]]) -> None:
    assert problems(facts(report(), change=change(file), texts=texts), exclude=("gen",)) == []


def test_only_lines_with_code_count_as_changed() -> None:
    texts = {"src/new.py": ("import a", "# comment", "")}
    found = facts(report(), change=change(added("src/new.py", 1, 2, 3)), texts=texts)
    (unmeasured,) = evidence.find_unmeasured(Config(), found)
    assert unmeasured.lines == from_numbers([1])


def test_without_a_change_nothing_is_asked_for() -> None:
    assert problems(facts(report(), change=None)) == []


def test_everything_is_said_at_once() -> None:
    empty = CoverageReport(file="empty.xml", format="cobertura")
    stale = report("stale.xml", measured("src/a.py", 50), problems=("cut off",))
    found = facts(empty, stale, checkout={"src/a.py": Checkout(5)}, change=change(added("src/new.py")))
    starts = [
        "empty.xml holds 0",
        "stale.xml: cut off",
        "Expected 3 coverage",
        "stale.xml is stale",
        "Changed source file",
    ]
    said: Iterable[str] = problems(found, expect_reports=("3",))
    assert [line[: len(start)] for line, start in zip(said, starts, strict=True)] == starts
