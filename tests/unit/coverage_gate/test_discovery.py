from __future__ import annotations

from pathlib import Path

import pytest

from ci_actions.coverage_gate.discovery import VENDORED, discover
from ci_actions.kit.errors import CannotJudge


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")


def found(root: Path, *patterns: str, forced: str = "auto", below: str = "") -> list[tuple[str, str]]:
    return [(each.name, each.forced) for each in discover(patterns, forced, root / below, root).files]


# --- named -------------------------------------------------------------------------------------


def test_globs(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a/coverage.xml",
        "b/coverage.xml",
        ".coverage",
        ".coverage.1",
        "deep/er/lcov.info",
        "vendor/lcov.info",
    )
    assert found(tmp_path, "*/coverage.xml") == [("a/coverage.xml", ""), ("b/coverage.xml", "")]
    assert found(tmp_path, ".coverage*") == [(".coverage", ""), (".coverage.1", "")]
    assert found(tmp_path, "**/lcov.info") == [("deep/er/lcov.info", ""), ("vendor/lcov.info", "")], (
        "named is named"
    )
    assert found(tmp_path, "b/*", "a/*", "*/coverage.xml") == [
        ("b/coverage.xml", ""),
        ("a/coverage.xml", ""),
    ], "once each"


def test_names_are_relative_to_the_root_and_patterns_to_the_working_directory(tmp_path: Path) -> None:
    write(tmp_path, "svc/coverage.xml", "coverage.xml")
    assert found(tmp_path, "coverage.xml", below="svc") == [("svc/coverage.xml", "")]
    assert found(tmp_path, "../coverage.xml", below="svc") == [("coverage.xml", "")]
    outside = tmp_path / "root"
    outside.mkdir()
    absolute = str(tmp_path / "coverage.xml")
    assert [each.name for each in discover((absolute,), "auto", outside, outside).files] == [absolute]


@pytest.mark.parametrize(
    ("pattern", "forced", "expected"),
    [
        ("r.txt", "auto", ""),
        ("r.txt", "lcov", "lcov"),
        ("go:r.txt", "auto", "go"),
        ("go:r.txt", "lcov", "go"),
        ("auto:r.txt", "lcov", "lcov"),
        ("auto:r.txt", "auto", ""),
        ("coverage-json:r.txt", "auto", "coverage-json"),
    ],
)
def test_forced_formats(tmp_path: Path, pattern: str, forced: str, expected: str) -> None:
    write(tmp_path, "r.txt")
    assert found(tmp_path, pattern, forced=forced) == [("r.txt", expected)]


def test_each_pattern_must_match(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", ".coveragerc", ".coverage-journal", "folder/x")
    for pattern in ("b.xml", ".coveragerc", ".coverage-journal", "folder", "xml:a.xml"):
        with pytest.raises(CannotJudge, match=rf"files: '{pattern}' matches no file \(looked in ") as missing:
            found(tmp_path, "a.xml", pattern)
        assert "include-hidden-files: true" in missing.value.advice


# --- looked for --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "taken", "aside"),
    [
        (["coverage.xml"], ["coverage.xml"], []),
        (["coverage.json", "coverage.xml", ".coverage"], ["coverage.json"], [".coverage", "coverage.xml"]),
        ([".coverage", ".coverage.host.1", "lcov.info"], [".coverage", ".coverage.host.1"], ["lcov.info"]),
        (["a/coverage.xml", "b/lcov.info"], ["a/coverage.xml", "b/lcov.info"], []),
        (["coverage-linux.xml", "coverage-mac.xml"], ["coverage-linux.xml", "coverage-mac.xml"], []),
        (["x/jacoco.xml", "x/jacocoTestReport.xml"], ["x/jacoco.xml", "x/jacocoTestReport.xml"], []),
        ([".coveragerc", ".coverage-journal", "coverage-final.json", "clover.xml"], ["clover.xml"], []),
        (["build/cobertura-coverage.xml", "cover.out"], ["cover.out", "build/cobertura-coverage.xml"], []),
    ],
)
def test_usual_names(tmp_path: Path, names: list[str], taken: list[str], aside: list[str]) -> None:
    write(tmp_path, *names)
    made = discover((), "auto", tmp_path, tmp_path)
    assert [each.name for each in made.files] == taken
    assert sorted(made.left_aside) == sorted(aside)


@pytest.mark.parametrize("folder", sorted(VENDORED))
def test_other_peoples_reports_are_none_of_ours(tmp_path: Path, folder: str) -> None:
    write(tmp_path, f"{folder}/coverage.xml", f"sub/{folder}/deep/coverage.xml")
    with pytest.raises(CannotJudge, match="No coverage report found below"):
        found(tmp_path)
    write(tmp_path, "sub/coverage.xml")
    assert found(tmp_path) == [("sub/coverage.xml", "")]


def test_nothing_at_all_says_what_was_looked_for(tmp_path: Path) -> None:
    write(tmp_path, "notes.txt", ".coveragerc")
    with pytest.raises(CannotJudge) as missing:
        found(tmp_path)
    assert "looked for coverage.json, .coverage, coverage.xml, lcov.info, " in missing.value.message
    assert missing.value.exit_code == 3


def test_what_is_looked_for_may_be_forced_too(tmp_path: Path) -> None:
    write(tmp_path, "coverage.xml")
    assert found(tmp_path, forced="clover") == [("coverage.xml", "clover")]
