from __future__ import annotations

import json
from typing import Any

import pytest
from tests.doubles.scanning import NOW, ask, config, ended, tree

from ci_actions.findings.model import Severity
from ci_actions.security_scan.model import State, Trouble
from ci_actions.security_scan.scanners import NoAnswer, Reading, safety

LOCK = {"requirements.txt": "flask==0.5\n"}
DATABASE = {"$meta": {"timestamp": NOW - 3600}, "flask": [{"specs": ["<0.12.3"], "id": "pyup.io-25820"}]}
ROW = {
    "vulnerability_id": "25820",
    "package_name": "flask",
    "analyzed_version": "0.5",
    "advisory": "flask before 0.12.3 is bad",
    "fixed_versions": ["0.12.3"],
    "CVE": "CVE-2018-1000656",
    "severity": None,
    "more_info_url": "https://data.safetycli.com/v/25820",
}


def report(*rows: dict[str, Any], scanned: tuple[str, ...] = ("flask",)) -> dict[str, Any]:
    packages = {name: {"name": name, "version": "0.5"} for name in scanned}
    return {"scanned_packages": packages, "vulnerabilities": list(rows), "ignored_vulnerabilities": []}


def read(output: object, code: int = 0, database: object = DATABASE) -> Reading:
    kept = {"/db/insecure_full.json": json.dumps(database).encode()}
    request = ask(LOCK, kept=kept, safety_db="/db")
    return safety.classify(request, [ended(output, code=code, asked=["flask==0.5"])])


def test_it_needs_a_key_or_a_database() -> None:
    assert not safety.applies(config(), tree(LOCK)).applies
    assert safety.applies(config(safety_key="k"), tree(LOCK)).files == ("requirements.txt",)


def test_the_key_is_in_no_argument() -> None:
    (task,) = safety.tasks(ask(LOCK, safety_key="the-key"))
    assert "the-key" not in task.argv
    assert task.env == {"SAFETY_API_KEY": "the-key"}


def test_nothing_found() -> None:
    found = read(report())
    assert (found.state, found.examined) == (State.CLEAN, 1)
    assert found.database_age_hours == pytest.approx(1.0)


def test_a_vulnerability() -> None:
    (one,) = read(report(ROW), 64).findings
    assert (one.rule, one.aliases, one.severity) == ("SAFETY-25820", ("CVE-2018-1000656",), Severity.UNKNOWN)
    assert (one.path, one.line, one.fix) == ("requirements.txt", 1, "flask==0.12.3")


def test_its_severity_counts_where_the_key_buys_one() -> None:
    row = {**ROW, "severity": {"cvssv3": {"base_score": 9.8, "base_severity": "CRITICAL"}}}
    assert read(report(row), 64).findings[0].severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("output", "code", "database", "says", "trouble"),
    [
        pytest.param(
            report(), 0, {"meta": {}, "vulnerable_packages": {"flask": [{}]}}, "another layout",
            Trouble.ENVIRONMENT, id="a layout in which it finds nothing",
        ),
        pytest.param(report(), 0, {"$meta": {}}, "names no vulnerable package", Trouble.ENVIRONMENT, id="empty"),
        pytest.param(report(), 0, [], "no database", Trouble.ENVIRONMENT, id="no database"),
        pytest.param(report(ROW), 0, DATABASE, "reported 1", Trouble.EVIDENCE, id="green with a finding"),
        pytest.param(report(), 64, DATABASE, "reported 0", Trouble.EVIDENCE, id="red without"),
        pytest.param(report(scanned=()), 0, DATABASE, "flask==0.5", Trouble.EVIDENCE, id="a package is missing"),
        pytest.param(b"", 65, DATABASE, "refused the key", Trouble.ENVIRONMENT, id="a bad key"),
        pytest.param(b"", 0, DATABASE, "wrote no result", Trouble.EVIDENCE, id="nothing written"),
        pytest.param(report(), -9, DATABASE, "signal 9", Trouble.EVIDENCE, id="killed"),
    ],
)  # fmt: skip
def test_what_is_no_answer(output: object, code: int, database: object, says: str, trouble: Trouble) -> None:
    with pytest.raises(NoAnswer, match=says) as why:
        read(output, code, database)
    assert why.value.trouble is trouble
