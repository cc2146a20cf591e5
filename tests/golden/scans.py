"""The situations of security-scan whose whole output is kept in `files/`: what scanners said, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.kit.report import Report
from ci_actions.kit.run import would_fail
from ci_actions.security_scan.config import Bar, Config
from ci_actions.security_scan.decide import decide
from ci_actions.security_scan.model import Facts, Marker, Outcome, Scan, State, Trouble
from ci_actions.security_scan.report import report

HEAD, BASE = "1a2b3c4d" * 5, "9f8e7d6c" * 5
#: 15 January 2027.
NOW = 1_800_000_000.0
LOCK = "requirements.lock"


def weakness(rule: str = "B602", path: str = "src/orders/shell.py", line: int = 14, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "tool": "bandit",
        "kind": Kind.CODE,
        "severity": Severity.HIGH,
        "confidence": Severity.HIGH,
        "message": "subprocess call with shell=True identified, security issue.",
        "title": "subprocess popen with shell equals true",
        "region": Region(line, 5, line, 48),
        "url": f"https://bandit.readthedocs.io/en/latest/plugins/{rule.lower()}.html",
    }
    return Finding(rule=rule, path=path, **(values | more))


def advisory(tool: str, rule: str, name: str, version: str, *fixed: str, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "kind": Kind.DEPENDENCY,
        "severity": Severity.UNKNOWN,
        "message": f"{name} lets a request read what it must not.",
        "path": LOCK,
        "package": Package(name, version, "PyPI", fixed),
        "url": f"https://osv.dev/vulnerability/{rule}",
    }
    return Finding(tool=tool, rule=rule, **(values | more))


def secret(tool: str, rule: str, line: int = 3, **more: Any) -> Finding:
    values: dict[str, Any] = {
        "kind": Kind.SECRET,
        "severity": Severity.HIGH,
        "message": f"{rule} found.",
        "path": "src/orders/settings.py",
        "region": Region(line),
    }
    return Finding(tool=tool, rule=rule, **(values | more))


def bandit(*findings: Finding, **more: Any) -> Scan:
    values: dict[str, Any] = {
        "state": State.FINDINGS if findings else State.CLEAN,
        "reason": "41 Python files, without 12 tests",
        "version": "1.8.6",
        "pin": "hash-locked",
        "examined": 41,
        "seconds": 2.31,
    }
    return Scan(tool="bandit", findings=findings, **(values | more))


def audit(*findings: Finding, **more: Any) -> Scan:
    values: dict[str, Any] = {
        "state": State.FINDINGS if findings else State.CLEAN,
        "reason": f"{LOCK} is hashed",
        "version": "2.9.0",
        "pin": "hash-locked",
        "examined": 63,
        "unit": "packages",
        "seconds": 7.02,
        "database_age_hours": 0.0,
    }
    return Scan(tool="pip-audit", findings=findings, **(values | more))


def trivy(*findings: Finding, **more: Any) -> Scan:
    values: dict[str, Any] = {
        "state": State.FINDINGS if findings else State.CLEAN,
        "tool": "trivy-fs",
        "reason": "1 lock file",
        "version": "0.59.1",
        "pin": "sha256 5f7a8c1e",
        "examined": 4,
        "unit": "targets",
        "seconds": 1.5,
        "database_age_hours": 11.2,
    }
    return Scan(findings=findings, **(values | more))


def gitleaks(*findings: Finding, **more: Any) -> Scan:
    values: dict[str, Any] = {
        "state": State.FINDINGS if findings else State.CLEAN,
        "reason": "7 commits of this change",
        "version": "8.24.0",
        "pin": "sha256 0b1c2d3e",
        "examined": 7,
        "unit": "commits",
        "seconds": 0.4,
    }
    return Scan(tool="gitleaks", findings=findings, **(values | more))


NO_PYTHON = Scan(tool="bandit", state=State.NOT_APPLICABLE, reason="no Python file")
NO_LOCK = Scan(tool="pip-audit", state=State.NOT_APPLICABLE, reason="no lock and no pinned requirements")
NO_WORKFLOW = Scan(tool="zizmor", state=State.NOT_APPLICABLE, reason="no workflow and no action")
SOURCES = {
    "src/orders/shell.py": "import subprocess\n" * 13 + "    subprocess.call(command, shell=True)\n",
    "src/orders/settings.py": "import os\n\nDB_PASSWORD = 'not-shown-anywhere'\n",
}


def facts(*scans: Scan, **more: Any) -> Facts:
    values: dict[str, Any] = {
        "sources": SOURCES,
        "head": HEAD,
        "base": BASE,
        "base_how": "first parent 9f8e7d6 of the merge commit 1a2b3c4",
        "blob_url": f"https://github.com/acme/orders/blob/{HEAD}",
        "now": NOW,
    }
    return Facts(scans=scans, **(values | more))


@dataclass(frozen=True)
class Situation:
    """What was found, and what was asked."""

    facts: Facts
    config: Config = field(default_factory=Config)

    def outcome(self) -> Outcome:
        """Return what is decided."""
        return decide(self.config, self.facts)

    def report(self) -> Report:
        """Return what is said, as the runner would hand it to the writer."""
        made = report(self.config, self.outcome())
        return would_fail(made) if self.config.dry_run else made


def suppressed(rule: str, path: str, expires: str, owner: str = "payments") -> bytes:
    return (
        f'[[suppression]]\nrule = "{rule}"\npath = "{path}"\nreason = "Only constants reach this call."\n'
        f'owner = "{owner}"\nexpires = {expires}\n'
    ).encode()


HOSTILE = (
    "src/a|b`c<b>&\"'.py",
    "src/::error title=x::y.py",
    "src/new\nline\r::warning::z.py",
    "src/@org/[x](https://evil.example)/#1.py",
    "src/\x1b[31mred\u202egnp.py",
    "src/caf\udce9 %0A.py",
)
FLASK = (
    advisory(
        "pip-audit",
        "PYSEC-2019-179",
        "flask",
        "0.5",
        "0.12.3",
        aliases=("CVE-2018-1000656", "GHSA-562c-5r94-xh97"),
    ),
    advisory("trivy-fs", "CVE-2018-1000656", "Flask", "0.5", "0.12.3", severity=Severity.HIGH, score=7.5),
)

SITUATIONS: Mapping[str, Callable[[], Situation]] = {
    "green-scan": lambda: Situation(facts(bandit(), audit(), trivy(), gitleaks(), NO_WORKFLOW)),
    "green-scan-below": lambda: Situation(
        facts(
            bandit(
                weakness("B101", line=9, severity=Severity.LOW, message="Use of assert detected."),
                weakness(confidence=Severity.LOW),
            ),
            audit(advisory("pip-audit", "PYSEC-2024-1", "idna", "2.8", severity=Severity.MEDIUM, score=5.3)),
        )
    ),
    "green-scan-suppressed": lambda: Situation(
        facts(bandit(weakness(), markers=3), suppressions=suppressed("B602", "src/orders/**", "2027-01-20"))
    ),
    "green-scan-warned": lambda: Situation(
        facts(
            bandit(
                bare_markers=(Marker(path="src/orders/shell.py", line=14, text="# nosec"),), markers=1,
                state=State.INCOMPLETE, gaps=("1 file could not be parsed (src/legacy/a.py: syntax error)",),
            ),
            trivy(database_age_hours=216.0),
        ),
        Config(on_incomplete="warn", db_mode="offline"),
    ),
    "red-scan": lambda: Situation(
        facts(
            bandit(weakness(), secret("bandit", "B105", confidence=Severity.MEDIUM)), audit(FLASK[0]), trivy(FLASK[1]),
            gitleaks(secret("gitleaks", "generic-api-key", severity=Severity.CRITICAL)), NO_WORKFLOW,
        )
    ),
    "red-scan-unknown": lambda: Situation(facts(audit(advisory("pip-audit", "PYSEC-2024-1", "idna", "2.8", "3.7")))),
    "red-scan-expired": lambda: Situation(
        facts(bandit(weakness()), suppressions=suppressed("B602", "src/orders/**", "2026-12-31"))
    ),
    "red-scan-new": lambda: Situation(
        facts(bandit(weakness(), weakness(line=20)), before=(weakness(line=14),), before_sources=SOURCES),
        Config(scope="new"),
    ),
    "red-scan-loosened": lambda: Situation(
        facts(
            bandit(weakness(), weakness("B301", severity=Severity.MEDIUM)), NO_LOCK,
            suppressions=suppressed("B602", "src/**", "2027-06-30"), loosened=("fail-on goes from medium to high",),
        ),
        Config(fail_on=(Bar("", Severity.MEDIUM),)),
    ),
    "red-scan-many": lambda: Situation(facts(bandit(*(weakness(line=n + 1, path=f"src/many/f{n % 30}.py") for n in range(260))))),
    "dry-scan": lambda: Situation(facts(bandit(weakness())), Config(dry_run=True)),
    "skipped-scan": lambda: Situation(facts(NO_PYTHON, NO_LOCK, NO_WORKFLOW)),
    "no-scan-verdict-failed": lambda: Situation(
        facts(
            bandit(weakness()),
            audit(
                state=State.FAILED, examined=0, trouble=Trouble.ENVIRONMENT, exit_code=1, database_age_hours=None,
                reason="It ended with exit code 1 and wrote no result: connection refused",
            ),
        )
    ),
    "no-scan-verdict-incomplete": lambda: Situation(
        facts(
            bandit(
                state=State.INCOMPLETE, examined=39,
                gaps=("2 files could not be parsed (src/legacy/a.py, src/legacy/b.py: syntax error)",),
            ),
            audit(
                state=State.INCOMPLETE, examined=49,
                gaps=("14 of 63 dependencies were not audited (not found on the index: acme-core 2.1, …)",),
            ),
        )
    ),
    "no-scan-verdict-nothing-examined": lambda: Situation(facts(bandit(examined=0), audit())),
    "no-scan-verdict-stale": lambda: Situation(facts(trivy(database_age_hours=216.0)), Config(db_mode="offline")),
    "no-scan-verdict-suppressions": lambda: Situation(
        facts(bandit(weakness()), suppressions=b'[[suppression]]\nrule = "*"\nreason = "because"\nexpires = "never"\n')
    ),
    "no-scan-verdict-base": lambda: Situation(
        facts(bandit(weakness()), before_problem="Cannot find the base commit 9f8e7d6 in this shallow clone"),
        Config(scope="new"),
    ),
    "red-scan-hostile": lambda: Situation(
        facts(
            bandit(*(weakness(path=name, message="::error::x\n|y|<b>") for name in HOSTILE)),
            Scan(
                tool="trivy-image", target="reg.example/x:1", state=State.FINDINGS, version="0.59.1",
                reason="given by 'image'", examined=1, unit="images",
                findings=(
                    advisory("trivy-image", "CVE-2024-1", "a|b", "1`", "2*", severity=Severity.CRITICAL, score=9.8,
                             target="reg.example/x:1"),
                ),
            ),
            loosened=("exclude gains '::error::<b>'",),
        )
    ),
}  # fmt: skip
