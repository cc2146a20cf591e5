from __future__ import annotations

from typing import Any

import pytest
from tests.doubles.scanning import NOW, ask, config, ended, tree

from ci_actions.findings.model import Package, Severity
from ci_actions.security_scan.model import State, Trouble
from ci_actions.security_scan.scanners import NoAnswer, Reading, osv_scanner

FILES = ("package-lock.json", "requirements.txt")
SCANNED = (
    "Starting filesystem walk for root: /\n"
    "Scanned /builds/requirements.txt file and found 2 packages\n"
    "Scanned /builds/package-lock.json file and found 1 package\n"
    "Loaded PyPI local db from /cache/osv/PyPI/all.zip\n"
)
RECORD = {
    "id": "GHSA-m2qf-hxjv-5gpq",
    "aliases": ["CVE-2023-30861", "PYSEC-2023-62"],
    "summary": "Flask may disclose a session cookie",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [
        {"package": {"name": "other", "ecosystem": "PyPI"}, "ranges": [{"events": [{"fixed": "9"}]}]},
        {
            "package": {"name": "flask", "ecosystem": "PyPI"},
            "ranges": [
                {"type": "GIT", "events": [{"fixed": "0123abc"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.2.5"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "2.3.0"}, {"fixed": "2.3.2"}]},
            ],
        },
    ],
    "database_specific": {"severity": "HIGH"},
}


def report(*records: dict[str, Any]) -> dict[str, Any]:
    package = {
        "package": {"name": "flask", "version": "0.5", "ecosystem": "PyPI"},
        "vulnerabilities": list(records),
    }
    source = {"path": "/builds/requirements.txt", "type": "lockfile"}
    return {"results": [{"source": source, "packages": [package]}] if records else []}


def read(output: object, code: int = 0, errors: str = SCANNED, **more: Any) -> Reading:
    return osv_scanner.classify(ask(FILES, **more), [ended(output, code=code, errors=errors, asked=FILES)])


def test_applies() -> None:
    assert osv_scanner.applies(config(), tree(["a.py", "web/yarn.lock"])).files == ("web/yarn.lock",)
    assert not osv_scanner.applies(config(), tree(["a.py"])).applies


@pytest.mark.parametrize(
    ("mode", "words", "absent"),
    [
        ("online", set(), {"--offline-vulnerabilities"}),
        ("cache", {"--offline-vulnerabilities", "--download-offline-databases"}, set()),
        ("offline", {"--offline-vulnerabilities"}, {"--download-offline-databases"}),
    ],
)
def test_the_mode_of_the_database(mode: str, words: set[str], absent: set[str]) -> None:
    argv = set(osv_scanner.tasks(ask(FILES, db_mode=mode))[0].argv)
    assert words <= argv
    assert not absent & argv


def test_nothing_found() -> None:
    found = read(report())
    assert (found.state, found.examined) == (State.CLEAN, 3)


def test_a_vulnerability() -> None:
    (one,) = read(report(RECORD), 1).findings
    assert (one.rule, one.severity, one.score) == ("GHSA-m2qf-hxjv-5gpq", Severity.HIGH, 7.5)
    assert one.package == Package("flask", "0.5", "PyPI", ("2.2.5", "2.3.2"))
    assert one.path == "requirements.txt"


def test_the_age_of_the_oldest_database_counts() -> None:
    found = read(report(), written={"/cache/osv/PyPI/all.zip": NOW - 9 * 86400}, db_mode="offline")
    assert found.database_age_hours == pytest.approx(216)


def test_a_database_that_is_missing_is_a_gap_even_when_another_found_something() -> None:
    errors = (
        SCANNED + "could not load db for npm ecosystem: unable to fetch OSV database: no offline version\n"
    )
    found = read(report(RECORD), 1, errors)
    assert (found.state, found.trouble) == (State.INCOMPLETE, Trouble.ENVIRONMENT)
    assert "no database for npm" in found.gaps[0]
    assert len(found.findings) == 1


def test_a_lock_that_it_did_not_read_is_a_gap() -> None:
    found = read(report(RECORD), 1, SCANNED.replace("package-lock.json", "nowhere"))
    assert found.gaps == ("1 lock could not be read (package-lock.json)",)
    assert found.trouble is Trouble.EVIDENCE


def test_filtered_vulnerabilities_are_counted() -> None:
    assert read(report(), errors=SCANNED + "Filtered 2 vulnerabilities from output\n").held_back == 2


def test_nothing_in_any_lock_is_not_clean() -> None:
    assert read(b"", 128).state is State.INCOMPLETE
    assert "nothing to look at" in read(b"", 128, "No package sources found\n").gaps[0]


@pytest.mark.parametrize(
    ("output", "code", "errors", "says", "trouble"),
    [
        pytest.param(
            report(), 127, SCANNED + "could not load db for npm ecosystem: x\n", "no database for npm",
            Trouble.ENVIRONMENT, id="no database at all",
        ),
        pytest.param(report(), 127, "panic", "exit code 127", Trouble.EVIDENCE, id="an error"),
        pytest.param(b"", 127, "dial tcp: i/o timeout", "exit code 127", Trouble.ENVIRONMENT, id="no network"),
        pytest.param(report(), 1, SCANNED, "reported 0", Trouble.EVIDENCE, id="red without a finding"),
        pytest.param(report(RECORD), 0, SCANNED, "reported 1", Trouble.EVIDENCE, id="green with a finding"),
        pytest.param(b"", 0, SCANNED, "wrote no result", Trouble.EVIDENCE, id="nothing written"),
        pytest.param(b'{"results": [', 1, SCANNED, "only the beginning", Trouble.EVIDENCE, id="truncated"),
        pytest.param({"results": 3}, 0, SCANNED, "no list of results", Trouble.EVIDENCE, id="another shape"),
        pytest.param(report(), -9, SCANNED, "signal 9", Trouble.EVIDENCE, id="killed"),
    ],
)  # fmt: skip
def test_what_is_no_answer(output: object, code: int, errors: str, says: str, trouble: Trouble) -> None:
    with pytest.raises(NoAnswer, match=says) as why:
        read(output, code, errors)
    assert why.value.trouble is trouble
