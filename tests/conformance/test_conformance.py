"""Every row of conformance/: a tiny repository, real git, the real command line, the verdict it must get.

conformance/README.md describes the rows. Whatever a row is about, each run must also end without a traceback
and without a defect of ours, leave a JSON report of the documented shape, and not be made green by `dry-run`
unless a gate was judged.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.conformance import evidence, histories

ROOT = Path(__file__).resolve().parents[2]
ROWS = ROOT / "conformance"
START = ROOT / "actions" / "coverage-gate" / "start.sh"

#: Rows that also run as a real process through start.sh: one of each exit code, and a data file.
AS_PROCESS: tuple[str, ...] = (
    "gates/everything-is-covered",
    "gates/rounding-never-helps",
    "gates/a-fraction-is-no-percentage",
    "xml/no-lines-at-all",
    "data/measured-by-lines",
    "git/shallow-clone-is-deepened",
)

RESULTS = {
    0: ("passed", "skipped", "would-fail"),
    1: ("failed",),
    2: ("error",),
    3: ("error",),
    4: ("error",),
}
DEFECTS = ("Traceback (most recent call last)", "internal error", "defect of ours")

BASE = {
    ".gitignore": "/.ci-actions/\n",
    "README.md": "# app\n",
    "src/app.py": "def double(x):\n    return 2 * x\n",
}
#: Lines 5 and 6 are what the change adds.
CHANGE = {"src/app.py": BASE["src/app.py"] + "\n\ndef triple(x):\n    return 3 * x\n"}


#: The `evidence` of rows that are not about the report: all of the lines ran, or all but the last.
EVIDENCE = {
    "all": '{"meta": {"format": 3}, "files": {"src/app.py": {"executed_lines": [1, 2, 5, 6], "missing_lines": []}}}',
    "half": '{"meta": {"format": 3}, "files": {"src/app.py": {"executed_lines": [1, 2, 5], "missing_lines": [6]}}}',
}


@dataclass(frozen=True)
class Row:
    """One row of the catalogue, as its TOML table says it."""

    name: str
    table: Mapping[str, Any]

    def texts(self, key: str) -> tuple[str, ...]:
        """A key that holds one text or several."""
        found = self.table.get(key, ())
        return (found,) if isinstance(found, str) else tuple(found)


KEYS = frozenset(
    "shows source base change removed renamed uncommitted files made history git env event options exit outputs gates "
    "says silent warns python evidence open".split()
)


def rows() -> list[Row]:
    """Return all rows, named after file and table."""
    found = []
    for file in sorted((ROWS / "coverage-gate").glob("*.toml")):
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found.append(Row(f"{file.stem}/{name}", table))
    return found


ALL = rows()


def marked(row: Row) -> Any:
    """A row as a parameter; one that is `open` is known to fail, and once it passes the mark has to go."""
    marks = [pytest.mark.xfail(reason=row.table["open"], strict=True)] if "open" in row.table else []
    return pytest.param(row, id=row.name, marks=marks)


@dataclass(frozen=True)
class Said:
    """How one run ended: its exit code, everything it printed and wrote for people, its JSON report."""

    code: int
    text: str
    report: Mapping[str, Any]


@dataclass
class Bench:
    """A repository made for one row, and the ways to run the command line in it."""

    row: Row
    folder: Path
    repository: Path = field(init=False)
    words: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)

    def build(self) -> None:
        """Make the history, then the evidence that the tests would have left."""
        table = self.row.table
        self.repository = histories.build(
            table.get("history", "feature"),
            self.folder,
            base=with_own(BASE, table.get("base")),
            change=with_own(CHANGE, table.get("change")),
            removed=table.get("removed", ()),
            renamed=table.get("renamed", {}),
        )
        for command in table.get("git", ()):
            histories.git(self.repository, *shlex.split(self.filled(command)))
        if "evidence" in table:
            self.write("coverage.json", EVIDENCE[table["evidence"]].encode())
        for name, text in {**table.get("uncommitted", {}), **table.get("files", {})}.items():
            self.write(name, self.filled(text).encode("utf-8", "surrogateescape"))
        for name, maker in table.get("made", {}).items():
            made = evidence.make(maker, self.repository, self.repository / name)
            if made is not None:
                self.write(name, made)
        if "event" in table:
            self.environ = self.event(table["event"])
        self.environ |= {name: self.filled(value) for name, value in table.get("env", {}).items()}
        self.words = ["coverage-gate", *(self.filled(word) for word in shlex.split(table.get("options", "")))]
        if table.get("python", True) and not any(word.startswith("--python") for word in self.words):
            # The interpreter of these tests has coverage; on PATH there may be another.
            self.words.append(f"--python={sys.executable}")

    def event(self, event: Mapping[str, Any]) -> dict[str, str]:
        """Return the variables of an event on GitHub, with its payload in a file."""
        file = self.folder / "event.json"
        file.write_text(self.filled(json.dumps(event.get("payload", {}))))
        temporary = self.folder / "runner-temp"
        temporary.mkdir(exist_ok=True)
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event["name"],
            "GITHUB_EVENT_PATH": str(file),
            "GITHUB_REF": event.get("ref", "refs/heads/feature"),
            "GITHUB_REPOSITORY": "acme/app",
            "RUNNER_TEMP": str(temporary),
        }

    def write(self, name: str, content: bytes) -> None:
        """Write one file below the repository."""
        file = self.repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def filled(self, text: str) -> str:
        """Replace @ROOT@ and the commits @BASE@, @HEAD@, @MAIN@ in a text of the row."""
        if "@" not in text:
            return text
        text = text.replace("@ROOT@", self.repository.as_posix())
        for name, revision in (
            ("@BASE@", "base"),
            ("@HEAD@", "HEAD"),
            ("@MAIN@", "main"),
            ("@FEATURE@", "feature"),
        ):
            if name in text:
                text = text.replace(name, histories.git(self.repository, "rev-parse", revision))
        return text

    def in_process(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *more: str
    ) -> Said:
        """Run the command line in this process."""
        from ci_actions.cli import main

        with monkeypatch.context() as patch:
            patch.chdir(self.repository)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            capfd.readouterr()
            code = main([*self.words, "--json", *more])
            printed = capfd.readouterr()
        return said(code, printed.out, printed.err)

    def as_process(self) -> Said:
        """Run the command line as a job would: bash, start.sh."""
        done = subprocess.run(
            ["bash", str(START), *self.words, "--json"],
            cwd=self.repository,
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return said(done.returncode, done.stdout, done.stderr)


def with_own(usual: Mapping[str, str], own: Mapping[str, str] | None) -> dict[str, str]:
    """Return the usual files and a row's own; a row that names any source brings all of its sources."""
    if own is None:
        return dict(usual)
    return {**{name: text for name, text in usual.items() if name == ".gitignore"}, **own}


def said(code: int, out: str, err: str) -> Said:
    """Check what holds for every run, whatever its verdict."""
    everything = out + err
    assert not any(word in everything for word in DEFECTS), everything
    assert code in RESULTS, everything
    # Annotations and all else go to stderr: stdout is the report and nothing else.
    report = json.loads(out)
    assert report["schema"] == "ci-actions-report/1"
    assert report["capability"] == "coverage-gate"
    assert report["exit-code"] == code
    assert report["result"] in RESULTS[code]
    assert report["outputs"]["result"] == report["result"]
    assert isinstance(report["details"], dict)
    assert isinstance(report["preface"], list)
    assert report["headline"].startswith("coverage-gate: ")
    for each in report["annotations"]:
        assert set(each) == {"level", "message", "title", "file", "line", "end-line"}
        assert each["message"]
    assert Path(report["outputs"]["report"]).read_text(encoding="utf-8").strip() == out.strip()
    summary = Path(report["outputs"]["summary-file"]).read_text(encoding="utf-8")
    if code:
        assert any(each["level"] == "error" for each in report["annotations"]), "red without a reason"
    return Said(code, everything + summary.replace("\\", ""), report)


def check(row: Row, found: Said) -> None:
    """Compare a run with what its row asks for."""
    assert found.code == row.table["exit"], found.text
    for text in row.texts("says"):
        assert text in found.text, f"not said: {text!r} in\n{found.text}"
    for text in row.texts("silent"):
        assert text not in found.text, f"said: {text!r} in\n{found.text}"
    warnings = [each["message"] for each in found.report["annotations"] if each["level"] == "warning"]
    for text in row.texts("warns"):
        assert any(text in each for each in warnings), f"no warning {text!r} among {warnings}"
    outputs = found.report["outputs"]
    asked = row.table.get("outputs", {})
    assert {name: outputs.get(name) for name in asked} == asked, found.text
    verdicts = {each["name"]: each["verdict"] for each in found.report["details"].get("gates", ())}
    wanted = row.table.get("gates", {})
    assert {name: verdicts.get(name) for name in wanted} == wanted, found.text


@pytest.mark.parametrize("row", [marked(each) for each in ALL])
def test_row(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(row, tmp_path)
    bench.build()
    found = bench.in_process(monkeypatch, capfd)
    check(row, found)
    if found.code:
        dry = bench.in_process(monkeypatch, capfd, "--dry-run")
        assert dry.code == (0 if found.code == 1 else found.code), dry.text
        assert dry.report["result"] == ("would-fail" if found.code == 1 else "error")


@pytest.mark.parametrize("name", AS_PROCESS)
def test_row_as_a_process(name: str, tmp_path: Path) -> None:
    (row,) = [each for each in ALL if each.name == name]
    bench = Bench(row, tmp_path)
    bench.build()
    check(row, bench.as_process())


@pytest.mark.parametrize("row", [pytest.param(each, id=each.name) for each in ALL])
def test_a_row_says_what_it_shows_and_where_it_comes_from(row: Row) -> None:
    assert set(row.table) <= KEYS
    assert row.table["shows"]
    assert row.table["source"]
    # A row that expects nothing but green must at least say which number it expects.
    assert row.table["exit"] or row.table.get("outputs") or row.table.get("gates") or row.texts("says")
