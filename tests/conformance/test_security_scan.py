"""Every row of conformance/security-scan: a tiny repository, real git, the real scanners, the verdict it must get.

conformance/README.md describes the rows. A scanner that cannot be made to fail so is stood for by a script, which the
tool-lock names with its SHA-256. Whatever a row is about, each run must also end without a traceback and without a
defect of ours, leave a JSON report of the documented shape, and leave the repository as it was; no scanner that
failed may be in the log for code scanning, where it would close alerts.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository
from tests.doubles.advisories import FLASK, FLASK_AT_GITHUB, Advisories, serving
from tests.integration.scanning import Machine, new_machine, new_repository

ROOT = Path(__file__).resolve().parents[2]
ROWS = ROOT / "conformance" / "security-scan"
KEYS = frozenset(
    "shows source base change removed renamed files made git shallow databases truncated service unrated stand-in "
    "wrong-sum tools options env exit result states findings outputs says silent warns".split()
)
RESULTS = {
    0: ("passed", "skipped", "would-fail"),
    1: ("failed",),
    2: ("error",),
    3: ("error",),
    4: ("error",),
}
DEFECTS = ("Traceback (most recent call last)", "internal error", "defect of ours")

pytestmark = pytest.mark.integration

#: Put together here, so that this file is no leak.
SECRETS = {
    "GITHUB": "ghp_" + "1234567890abcdefghijABCDEFGHIJ123456",
    "PASSWORD": "hunter2-" + "is-no-password",
}
KEY = "RSA " + "PRIVATE KEY"
TRIVY_FLASK = {
    "source": "pip::GitHub Security Advisory pip", "package": "flask", "id": "CVE-2023-30861",
    "patched": ["2.2.5"], "vulnerable": ["< 2.2.5"], "severity": "HIGH", "title": "Flask may disclose a cookie",
}  # fmt: skip

#: What a scanner does that gives no answer. `$report` is the file that it was asked for.
STAND_INS = {
    "is-killed": "kill -9 $$",
    "says-nothing": "exit 0",
    "finds-and-writes-nothing": "exit 1",
    "cuts-its-report-short": """printf '{"SchemaVersion": 2, "Results": [{"Target": "a' >"$report" """,
    "writes-another-report": "printf '<html>' >\"$report\"",
    "reports-no-results": """printf '{"SchemaVersion": 2, "Results": null}' >"$report" """,
    "finds-no-leak": """printf '[]' >"$report"; echo 'INF no leaks found' >&2""",
    "meets-no-commit": """printf '[]' >"$report"; echo 'ERR git failed' >&2; echo 'INF 0 commits scanned.' >&2""",
    "falls-over": "echo 'fatal: everything is broken' >&2; exit 127",
    "cannot-reach-its-registry": "echo 'dial tcp: lookup registry: no such host' >&2; exit 1",
}
STAND_IN = """#!/bin/bash
touch @STARTED@
report=/dev/stdout
while (($#)); do
    case $1 in --output|--report-path) report=$2 ;; esac
    shift
done
"""


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
MADE: Mapping[str, bytes] = {
    "latin-1": b"# caf\xe9\neval(input())\n",
    "nul-byte": b"A = 1\n\0\n",
    "binary": bytes(range(256)),
    "broken-utf-8-with-a-secret": b"# caf\xe9\nx = '" + SECRETS["GITHUB"].encode() + b"'\n",
}


@dataclass
class Bench:
    """A repository made for one row, the scanners it asks for, and the way to run the command line in it."""

    row: Row
    machine: Machine
    service: str
    repository: Repository = field(init=False)

    @property
    def started(self) -> Path:
        """What a stand-in leaves as soon as it is started."""
        return self.machine.folder / "started"

    def build(self) -> None:
        """Make the history, then the scanners and their databases."""
        table = self.row.table
        self.repository = new_repository(self.machine.folder / "repository")
        ignored = {".gitignore": "/.ci-actions/\n"}
        if "base" in table:
            self.repository.commit(ignored | self.filled_files(table["base"]))
            self.repository.git("switch", "--quiet", "--create", "feature")
            for name in table.get("removed", ()):
                (self.repository.path / name).unlink()
            for old, new in table.get("renamed", {}).items():
                (self.repository.path / new).parent.mkdir(parents=True, exist_ok=True)
                (self.repository.path / old).rename(self.repository.path / new)
            self.repository.write(self.filled_files(table.get("change", {})))
        else:
            self.repository.write(ignored | self.filled_files(table.get("files", {})))
        for name, maker in table.get("made", {}).items():
            (self.repository.path / name).write_bytes(MADE[maker])
        self.repository.commit(message="head")
        for words in table.get("git", ()):
            self.repository.git(*shlex.split(words))
        if table.get("shallow"):
            whole, clone = self.repository, self.machine.folder / "clone"
            whole.git("clone", "--quiet", "--depth=1", whole.path.as_uri(), str(clone))
            self.repository = Repository(clone)
        self._databases()
        self._programs()

    def _databases(self) -> None:
        wanted = self.row.table.get("databases", {})
        if "trivy" in wanted:
            folder = self.machine.trivy_database(TRIVY_FLASK, hours=wanted["trivy"])
            if self.row.table.get("truncated"):
                database = folder / "trivy.db"
                database.write_bytes(database.read_bytes()[:5000])
        for ecosystem in ("PyPI", "npm"):
            if ecosystem in wanted:
                records = [FLASK_AT_GITHUB] if ecosystem == "PyPI" else []
                path = self.machine.osv_database(ecosystem, *records, hours=wanted[ecosystem])
                if self.row.table.get("truncated"):
                    path.write_bytes(path.read_bytes()[:100])

    def _programs(self) -> None:
        for tool in self.row.table["tools"]:
            name = tool.removesuffix("-fs").removesuffix("-image")
            if name in ("gitleaks", "osv-scanner", "trivy") and name not in self.row.table.get(
                "stand-in", {}
            ):
                self.machine.use(name)
        lock = self.machine.folder / "tools.toml"
        text = lock.read_text() if lock.exists() else ""
        for name, behaviour in self.row.table.get("stand-in", {}).items():
            script = self.machine.folder / f"stand-in-{name}"
            script.write_text(STAND_IN.replace("@STARTED@", str(self.started)) + STAND_INS[behaviour] + "\n")
            script.chmod(0o755)
            content = b"" if self.row.table.get("wrong-sum") else script.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            text += f'[{name}]\nversion = "1.0.0"\npath = "{script}"\nsha256 = "{digest}"\n'
        lock.write_text(text)

    def filled_files(self, files: Mapping[str, str]) -> dict[str, str]:
        """Fill in the texts of files."""
        return {name: self.filled(text) for name, text in files.items()}

    def filled(self, text: str) -> str:
        """Replace secrets, their hashes, days and addresses in a text of the row."""
        for name, secret in SECRETS.items():
            text = text.replace(f"@SHA1-{name}@", hashlib.sha1(secret.encode()).hexdigest())
            text = text.replace(f"@{name}@", secret)
        text = text.replace("@KEY@", KEY).replace(
            "@SHA1-BEGIN@", hashlib.sha1(f"BEGIN {KEY}".encode()).hexdigest()
        )
        today = datetime.now(UTC).date()
        text = re.sub(r"@DAY([+-]\d+)@", lambda found: str(today + timedelta(days=int(found[1]))), text)
        text = text.replace("@BASE@", self.repository.commits[0] if self.repository.commits else "")
        return text.replace("@SERVICE@", self.service)

    def run(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Said:
        """Run the command line in this process."""
        from ci_actions.cli import main

        table = self.row.table
        words = [
            "security-scan", f"--tools={','.join(table['tools'])}", f"--cache-dir={self.machine.cache()}",
            f"--tool-lock={self.machine.folder / 'tools.toml'}", "--jobs=2",
            f"--vulnerability-service-url={self.service}", f"--osv-url={self.service}",
            f"--python={sys.executable}", "--json",
        ]  # fmt: skip
        before = self.repository.git("status", "--porcelain", "--ignored=no")
        with monkeypatch.context() as patch:
            patch.chdir(self.repository.path)
            for name, value in table.get("env", {}).items():
                patch.setenv(name, value)
            capfd.readouterr()
            code = main([*words, *(self.filled(word) for word in shlex.split(table.get("options", "")))])
            printed = capfd.readouterr()
        assert self.repository.git("status", "--porcelain", "--ignored=no") == before, (
            "the tree was written to"
        )
        return said(code, printed.out, printed.err)


@dataclass(frozen=True)
class Said:
    """How one run ended: its exit code, everything it printed and wrote for people, its JSON report."""

    code: int
    text: str
    report: Mapping[str, Any]

    @property
    def states(self) -> dict[str, str]:
        """The state of each scanner, by name."""
        return {each["tool"]: each["state"] for each in self.report["details"].get("scans", ())}

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """All findings."""
        file = self.report["outputs"].get("json-file")
        rows: list[Mapping[str, Any]] = json.loads(Path(file).read_text())["findings"] if file else []
        return rows


def said(code: int, out: str, err: str) -> Said:
    """Check what holds for every run, whatever its verdict."""
    everything = out + err
    assert not any(word in everything for word in DEFECTS), everything
    assert code in RESULTS, everything
    report = json.loads(out)
    assert report["capability"] == "security-scan"
    assert report["exit-code"] == code
    assert report["result"] in RESULTS[code], everything
    assert report["headline"].startswith("security-scan: ")
    summary = Path(report["outputs"]["summary-file"]).read_text(encoding="utf-8")
    if code:
        assert any(each["level"] in ("error", "warning") for each in report["annotations"]), (
            "red without a reason"
        )
    if sarif := report["outputs"].get("sarif-file"):
        log = json.loads(Path(sarif).read_text(encoding="utf-8"))
        failed = {each["tool"] for each in report["details"]["scans"] if each["state"] == "failed"}
        assert not failed & {run["tool"]["driver"]["name"] for run in log["runs"]}, "it would close alerts"
    assert not any(secret in everything + summary for secret in SECRETS.values())
    return Said(code, everything + summary.replace("\\", ""), report)


def check(row: Row, found: Said) -> None:
    """Compare a run with what its row asks for."""
    table = row.table
    assert found.code == table["exit"], found.text
    assert found.report["result"] == table.get("result", found.report["result"])
    states = {name: found.states.get(name) for name in table.get("states", {})}
    assert states == table.get("states", {}), found.text
    if "findings" in table:
        places = sorted(
            f"{each['path']}:{each['line']} {each['rule']}" for each in found.findings if each["gates"]
        )
        assert places == sorted(table["findings"]), found.text
    outputs = {name: found.report["outputs"].get(name) for name in table.get("outputs", {})}
    assert outputs == table.get("outputs", {}), found.text
    for text in row.texts("says"):
        assert text in found.text, f"not said: {text!r} in\n{found.text}"
    for text in row.texts("silent"):
        assert text not in found.text, f"said: {text!r} in\n{found.text}"
    warnings = [each["message"] for each in found.report["annotations"] if each["level"] == "warning"]
    for text in row.texts("warns"):
        assert any(text in each for each in warnings), f"no warning {text!r} among {warnings}"


@pytest.fixture(scope="module")
def advisories() -> Iterator[Advisories]:
    with serving() as service:
        yield service


@pytest.mark.parametrize("row", [pytest.param(each, id=each.name) for each in ALL])
def test_row(
    row: Row, advisories: Advisories, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    mode = row.table.get("service", "well")
    advisories.mode = "well" if mode == "away" else mode
    records: list[Mapping[str, Any]] = [FLASK] if row.table.get("unrated") else [FLASK, FLASK_AT_GITHUB]
    advisories.records = {str(each["id"]): each for each in records}
    with new_machine() as machine:
        bench = Bench(row, machine, "http://127.0.0.1:9" if mode == "away" else advisories.address)
        bench.build()
        check(row, bench.run(monkeypatch, capfd))
        if "stand-in" in row.table:
            assert bench.started.exists() is not row.table.get("wrong-sum", False)


@pytest.mark.parametrize("row", [pytest.param(each, id=each.name) for each in ALL])
def test_a_row_says_what_it_shows_and_where_it_comes_from(row: Row) -> None:
    assert set(row.table) <= KEYS
    assert row.table["shows"]
    assert row.table["source"]
    # A row that expects nothing but green must at least say what it expects of whom.
    assert row.table["exit"] or {"states", "result"} & set(row.table)


def test_the_catalogue_is_not_empty() -> None:
    assert len(ALL) > 50
    assert {row.table["exit"] for row in ALL} == {0, 1, 2, 3, 4}
