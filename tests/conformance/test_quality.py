"""Every row of conformance/quality: a tiny project, real git, the real linters, the verdict it must get.

conformance/README.md describes the rows. Whatever a row is about, each run must also end without a traceback and
without a defect of ours, leave a JSON report of the documented shape, and leave the project's files as they were.
"""

from __future__ import annotations

import json
import os
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import linter_sets
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = ROOT / "conformance" / "quality"
KEYS = frozenset(
    "shows source set base files change removed renamed uncommitted made env outside options on-path exit states "
    "findings new files-read says silent places warns columns event git".split()
)
RESULTS = {0: ("passed", "skipped"), 1: ("failed",), 2: ("error",), 3: ("error",)}
DEFECTS = ("Traceback (most recent call last)", "internal error", "defect of ours")

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Row:
    """One row of the catalogue, as its TOML table says it."""

    name: str
    table: Mapping[str, Any]

    def texts(self, key: str) -> tuple[str, ...]:
        """A key that holds one text or several."""
        found = self.table.get(key, ())
        return (found,) if isinstance(found, str) else tuple(found)


def rows() -> list[Row]:
    """Return all rows, named after file and table."""
    return [
        Row(f"{file.stem}/{name}", table)
        for file in sorted(ROWS.glob("*.toml"))
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items()
    ]


ALL = rows()


# --- what cannot stand in a TOML file --------------------------------------------------------------


def _write(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _script(path: Path) -> None:
    path.write_text("#!/usr/bin/env python3\ndef f(:\n")
    path.chmod(0o755)


MAKERS: Mapping[str, Callable[[Path], None]] = {
    "latin-1": _write("NAME = 'caf\xe9'\n".encode("latin-1")),
    "nul-byte": _write(b"A = 1\n\0\nB = 2\n"),
    "utf-8-mark": _write(b"\xef\xbb\xbfimport os\n"),
    "carriage-returns": _write(b"A = 1\rimport os\r"),
    "windows-lines": _write(b"A = 1\r\nimport os\r\n"),
    "form-feed": _write(b"A = 1\n\x0c\nimport os\n"),
    "line-separator": _write("A = '\u2028 \x85'\nimport os\n".encode()),
    "dangling-link": _link("nowhere.py"),
    "cyclic-link": _link("loop.py"),
    "script": _script,
    "ten-thousand": _write(b"".join(b"import os as name%d\n" % number for number in range(10_000))),
}


@dataclass
class Bench:
    """A project made for one row, and the way to run the command line in it."""

    row: Row
    folder: Path
    project: Path = field(init=False)
    environ: dict[str, str] = field(default_factory=dict)

    def build(self) -> None:
        """Make the history, and what lies around it."""
        table = self.row.table
        self.project = self.folder / "above" / "project"
        self.project.mkdir(parents=True)
        self.environ = {"XDG_CACHE_HOME": str(self.folder / "cache")}
        for name, text in table.get("outside", {}).items():
            self._put(self.folder / name, text)
        self.git("init", "--quiet", "--initial-branch=main")
        self._put(self.project / ".gitignore", "/.ci-actions/\n/.venv\n")
        if "change" in table or "removed" in table or "renamed" in table:
            self._files(table["base"])
            self._commit("base")
            self.git("switch", "--quiet", "--create", "feature")
            for name in table.get("removed", ()):
                (self.project / name).unlink()
            for old, new in table.get("renamed", {}).items():
                (self.project / new).parent.mkdir(parents=True, exist_ok=True)
                (self.project / old).rename(self.project / new)
            self._files(table.get("change", {}))
        else:
            self._files(table.get("files", {}))
        for name, maker in table.get("made", {}).items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            MAKERS[maker](path)
        self._commit("head")
        for words in table.get("git", ()):
            self.git(*shlex.split(words))
        self._files(table.get("uncommitted", {}))
        self.environ |= {name: self.filled(value) for name, value in table.get("env", {}).items()}

    def _files(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            self._put(self.project / name, text)

    def _put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.filled(text), encoding="utf-8", newline="")

    def _commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)

    def git(self, *words: str) -> str:
        """Return what git says; a failure of git fails the test."""
        import subprocess

        done = subprocess.run(
            ["git", *words],
            cwd=self.project,
            check=False,
            capture_output=True,
            text=True,
            errors="surrogateescape",
        )
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout

    def filled(self, text: str) -> str:
        """Replace @ROOT@, @FOLDER@ and @SCRIPTS@ in a text of the row."""
        if "@" not in text:
            return text
        scripts = str(environment(self.row).parent)
        return (
            text.replace("@ROOT@", str(self.project))
            .replace("@FOLDER@", str(self.folder))
            .replace("@SCRIPTS@", scripts)
        )

    def run(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Said:
        """Run the command line in this process."""
        from ci_actions.cli import main

        table = self.row.table
        words = ["quality", *(self.filled(word) for word in shlex.split(table.get("options", "")))]
        if not any(word.startswith("--python") for word in words):
            words.append(f"--python={environment(self.row)}")
        before = self.git("status", "--porcelain", "--ignored=no")
        with monkeypatch.context() as patch:
            patch.chdir(self.project)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            capfd.readouterr()
            code = main([*words, "--json"])
            printed = capfd.readouterr()
        assert self.git("status", "--porcelain", "--ignored=no") == before, "the tree was written to"
        return said(code, printed.out, printed.err)


def environment(row: Row) -> Path:
    """Return the interpreter whose environment has the tools of a row."""
    try:
        return linter_sets.make(row.table.get("set", "new"))
    except linter_sets.NoInterpreter as none:
        pytest.skip(str(none))


@dataclass(frozen=True)
class Said:
    """How one run ended: its exit code, everything it printed and wrote for people, its JSON report."""

    code: int
    text: str
    report: Mapping[str, Any]

    @property
    def details(self) -> Mapping[str, Any]:
        """The capability's own part of the report."""
        found: Mapping[str, Any] = self.report["details"]
        return found

    @property
    def tools(self) -> Mapping[str, Mapping[str, Any]]:
        """What became of each tool, by name."""
        return {each["name"]: each for each in self.details.get("tools", ())}

    def places(self, tool: str, counts: tuple[str, ...] = ("counted", "new")) -> list[str]:
        """The findings of a tool as `path:line rule`."""
        return [
            f"{each['path']}:{each['line']} {each['rule']}"
            for each in self.details.get("findings", ())
            if each["tool"] == tool and each["counts"] in counts
        ]


def said(code: int, out: str, err: str) -> Said:
    """Check what holds for every run, whatever its verdict."""
    everything = out + err
    assert not any(word in everything for word in DEFECTS), everything
    assert code in RESULTS, everything
    report = json.loads(out)
    assert report["capability"] == "quality"
    assert report["exit-code"] == code
    assert report["result"] in RESULTS[code], everything
    assert report["headline"].startswith("quality: ")
    summary = Path(report["outputs"]["summary-file"]).read_text(encoding="utf-8")
    if code:
        assert any(each["level"] == "error" for each in report["annotations"]), "red without a reason"
    if sarif := report["outputs"].get("sarif-file"):
        log = json.loads(Path(sarif).read_text(encoding="utf-8"))
        names = [run["tool"]["driver"]["name"] for run in log["runs"]]
        failed = {each["name"] for each in report["details"]["tools"] if each["state"] == "failed"}
        assert not failed & set(names), "a tool without an answer closes alerts"
    return Said(code, everything + summary.replace("\\", ""), report)


def check(row: Row, found: Said) -> None:
    """Compare a run with what its row asks for."""
    table = row.table
    assert found.code == table["exit"], found.text
    states = {name: found.tools.get(name, {}).get("state") for name in table.get("states", {})}
    assert states == table.get("states", {}), found.text
    read = {name: found.tools[name]["files"] for name in table.get("files-read", {})}
    assert read == table.get("files-read", {}), found.text
    for name, number in table.get("findings", {}).items():
        assert len(found.places(name)) == number, (name, found.places(name), found.text)
    if "new" in table:
        assert found.report["outputs"]["findings-new"] == str(table["new"]), found.text
    for tool, places in table.get("places", {}).items():
        assert sorted(found.places(tool)) == sorted(places), found.text
    for place, column in table.get("columns", {}).items():
        columns = {
            each["column"]
            for each in found.details["findings"]
            if f"{each['tool']} {each['path']}:{each['line']} {each['rule']}" == place
        }
        assert columns == {column}, (place, columns, found.text)
    for text in row.texts("says"):
        assert text in found.text, f"not said: {text!r} in\n{found.text}"
    for text in row.texts("silent"):
        assert text not in found.text, f"said: {text!r} in\n{found.text}"
    warnings = [each["message"] for each in found.report["annotations"] if each["level"] == "warning"]
    for text in row.texts("warns"):
        assert any(text in each for each in warnings), f"no warning {text!r} among {warnings}"


@pytest.mark.parametrize("row", [pytest.param(each, id=each.name) for each in ALL])
def test_row(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(row, tmp_path)
    bench.build()
    check(row, bench.run(monkeypatch, capfd))


@pytest.mark.parametrize("row", [pytest.param(each, id=each.name) for each in ALL])
def test_a_row_says_what_it_shows_and_where_it_comes_from(row: Row) -> None:
    assert set(row.table) <= KEYS
    assert row.table["shows"]
    assert row.table["source"]
    # A row that expects nothing but green must at least say what it expects of whom.
    assert row.table["exit"] or {"states", "findings", "new", "says"} & set(row.table)


def test_the_catalogue_is_not_empty() -> None:
    assert len(ALL) > 40
    assert os.sep not in "".join(row.name.replace("/", "") for row in ALL)
