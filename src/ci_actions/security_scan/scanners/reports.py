"""What other programs found, from the reports that they left: SARIF, and the JSON of cargo-audit.

Whoever wrote a report is a scanner like ours from here on: redaction, suppressions, merging and the bar hold for it. A
report that is missing, empty or cut off is a scanner that failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from ci_actions.findings import read_sarif
from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.kit.errors import CannotJudge
from ci_actions.security_scan import severity
from ci_actions.security_scan.model import Scan, State, Trouble
from ci_actions.security_scan.scanners import NoAnswer
from ci_actions.security_scan.scanners.native import count, listed, number, rows, table, text, words

#: The name under which a report is told of that does not say who wrote it.
NAMELESS = "reports"
UNIT = "reports"
#: cargo-audit's warnings are no vulnerabilities: https://docs.rs/rustsec/latest/rustsec/warning/enum.WarningKind.html
_WARNINGS = {
    "unsound": Severity.MEDIUM,
    "unmaintained": Severity.LOW,
    "yanked": Severity.LOW,
    "notice": Severity.LOW,
}
_LINES = 5


@dataclass(frozen=True, kw_only=True)
class Given:
    """A report: its format, empty for one that tells itself, its path, and its bytes, None where there is no file."""

    path: str
    content: bytes | None
    format: str = ""


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What one report says for one program."""

    tool: str
    path: str
    version: str = ""
    findings: tuple[Finding, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    held_back: int = 0
    database: str = ""
    database_age_hours: float | None = None


@dataclass(slots=True)
class _Reader:
    """Reads reports; `locks` are the texts of all Cargo.lock, by path."""

    root: str
    locks: Mapping[str, str]
    now: float
    said: list[_Said] = field(default_factory=list)
    failed: list[Scan] = field(default_factory=list)

    def take(self, report: Given) -> None:
        """Read one report."""
        try:
            self.said += self._read(report)
        except NoAnswer as why:
            self.failed.append(_failed(report.path, why.reason, why.trouble))
        except CannotJudge as why:
            self.failed.append(_failed(report.path, " ".join(why.problems)))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError):
            # Its values are not shown: they may be what must not be seen.
            self.failed.append(_failed(report.path, "It is built otherwise than its format says."))

    def _read(self, report: Given) -> Iterator[_Said]:
        if report.content is None:
            raise NoAnswer("There is no such file, or it cannot be read: the program that writes it did not.")
        if not report.content.strip():
            raise NoAnswer("It is empty: the program that writes it did not get to the end.")
        kind = report.format or _format(report.content)
        if kind == "sarif":
            yield from _sarif(report, self.root)
        elif kind == "cargo-audit":
            yield self._cargo_audit(report)
        else:
            raise NoAnswer(
                "It is neither SARIF nor the JSON of cargo-audit: name its format, like sarif=PATH."
            )

    def _cargo_audit(self, report: Given) -> _Said:
        document = table(_json(report.content or b""), "object")
        found = table(document.get("vulnerabilities"), "vulnerabilities")
        entries = rows(found.get("list"), "vulnerabilities")
        told = number(found.get("count"))
        if told != len(entries) or bool(found.get("found")) is not bool(entries):
            raise NoAnswer(f"It counts {told} vulnerabilities and lists {len(entries)}.")
        dependencies = number(table(document.get("lockfile"), "lockfile").get("dependency-count"))
        findings = [self._vulnerability(each) for each in entries]
        for kind, warnings in table(document.get("warnings", {}), "warnings").items():
            findings += (self._warning(kind, each) for each in rows(warnings, "warnings"))
        settings = document.get("settings")
        ignored = words(settings.get("ignore")) if isinstance(settings, dict) else ()
        database = document.get("database")
        updated = text(database.get("last-updated")) if isinstance(database, dict) else ""
        return _Said(
            tool="cargo-audit",
            path=report.path,
            findings=tuple(findings),
            gaps=() if dependencies else ("cargo-audit looked at no dependency",),
            notes=(f"cargo-audit leaves out {count(len(ignored), 'advisory')}: {listed(ignored)}.",)
            if ignored
            else (),
            database="RustSec" if updated else "",
            database_age_hours=_age(updated, self.now),
        )

    def _vulnerability(self, entry: Mapping[str, Any]) -> Finding:
        advisory, package = table(entry.get("advisory"), "advisory"), table(entry.get("package"), "package")
        versions = entry.get("versions")
        fixed = words(versions.get("patched")) if isinstance(versions, dict) else ()
        rule, name, version = (
            text(advisory.get("id")),
            text(package.get("name")),
            text(package.get("version")),
        )
        if not rule or not name:
            raise NoAnswer("A vulnerability in it has no name, or no package.")
        level, score = severity.of([text(advisory.get("cvss"))])
        mend = f"; fixed in {', '.join(fixed)}" if fixed else "; no version mends it"
        path, region = self._place(name, version)
        return Finding(
            tool="cargo-audit",
            rule=rule,
            kind=Kind.DEPENDENCY,
            severity=level,
            score=score,
            message=f"{name} {version} has a known vulnerability, {rule}{mend}",
            title=text(advisory.get("title"))[:200],
            path=path,
            region=region,
            aliases=tuple(sorted({*words(advisory.get("aliases"))} - {rule})),
            url=f"https://rustsec.org/advisories/{rule}" if rule.startswith("RUSTSEC-") else "",
            package=Package(name, version, "crates.io", fixed),
        )

    def _warning(self, kind: str, entry: Mapping[str, Any]) -> Finding:
        package = table(entry.get("package"), "package")
        advisory = entry.get("advisory")
        about = advisory if isinstance(advisory, dict) else {}
        name, version = text(package.get("name")), text(package.get("version"))
        rule = text(about.get("id")) or kind
        path, region = self._place(name, version)
        return Finding(
            tool="cargo-audit",
            rule=rule,
            kind=Kind.DEPENDENCY,
            severity=_WARNINGS.get(kind, Severity.LOW),
            message=f"{name} {version} is {kind}" + (f", {rule}" if rule != kind else ""),
            title=text(about.get("title"))[:200] or f"{name} is {kind}",
            path=path,
            region=region,
            aliases=tuple(sorted({*words(about.get("aliases"))} - {rule})),
            url=f"https://rustsec.org/advisories/{rule}" if rule.startswith("RUSTSEC-") else "",
            package=Package(name, version, "crates.io"),
        )

    def _place(self, name: str, version: str) -> tuple[str, Region | None]:
        """Return where a lock names a package at a version: the report does not say which lock it is about."""
        for path, lock in self.locks.items():
            lines = lock.splitlines()
            for line, (first, second) in enumerate(pairwise(lines), 1):
                if first == f'name = "{name}"' and second == f'version = "{version}"':
                    return path, Region(line)
        return next(iter(self.locks), ""), None


def scans(
    given: Sequence[Given], *, root: str, locks: Mapping[str, str], now: float, taken: Sequence[str] = ()
) -> tuple[Scan, ...]:
    """Return one scan for each program that wrote reports, and one for each report that nobody can read.

    `taken` are the names of scanners that ran themselves: their reports are told apart from what they say now. `now` is in
    seconds since the epoch. Nothing is redacted yet.
    """
    reader = _Reader(root, locks, now)
    for report in given:
        reader.take(report)
    programs: dict[str, list[_Said]] = {}
    for each in reader.said:
        programs.setdefault(each.tool, []).append(each)
    return (*(_scan(name, mine, taken) for name, mine in programs.items()), *reader.failed)


def _scan(name: str, mine: Sequence[_Said], taken: Sequence[str]) -> Scan:
    shown = f"{name} (report)" if name in taken else name
    findings = tuple(finding for each in mine for finding in each.findings)
    for finding in findings:
        finding.tool = shown
    gaps = tuple(gap for each in mine for gap in each.gaps)
    paths = list(dict.fromkeys(each.path for each in mine))
    state = State.INCOMPLETE if gaps else State.FINDINGS if findings else State.CLEAN
    return Scan(
        tool=shown,
        state=state,
        reason=f"{count(len(paths), 'report')}: {listed(paths)}",
        version=next((each.version for each in mine if each.version), ""),
        findings=findings,
        examined=len(paths),
        unit=UNIT,
        gaps=gaps,
        notes=tuple(note for each in mine for note in each.notes),
        held_back=sum(each.held_back for each in mine),
        database=next((each.database for each in mine if each.database), ""),
        database_age_hours=max(
            (each.database_age_hours for each in mine if each.database_age_hours is not None), default=None
        ),
        trouble=Trouble.EVIDENCE if gaps else None,
    )


def _failed(path: str, why: str, trouble: Trouble = Trouble.EVIDENCE) -> Scan:
    return Scan(tool=NAMELESS, target=path, state=State.FAILED, reason=why, unit=UNIT, trouble=trouble)


# --- formats ---------------------------------------------------------------------------------------


def _format(content: bytes) -> str:
    document = _json(content)
    if isinstance(document, dict) and "runs" in document:
        return "sarif"
    if isinstance(document, dict) and {"vulnerabilities", "lockfile"} <= document.keys():
        return "cargo-audit"
    return ""


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise NoAnswer("It is no JSON, or only the beginning of it.") from None


def _sarif(report: Given, root: str) -> Iterator[_Said]:
    runs = read_sarif.read(report.content or b"", name=report.path, root=root)
    if not runs:
        raise NoAnswer("It holds no run: no program says anything in it.")
    for run in runs:
        if not run.ran:
            raise NoAnswer(f"{run.tool} left no results in it, not even that there are none.")
        yield _Said(
            tool=run.tool,
            path=report.path,
            version=run.version,
            findings=run.findings,
            gaps=tuple(_gaps(run)),
            notes=(f"{run.tool} accepts {count(len(run.suppressed), 'finding')} in its own report.",)
            if run.suppressed
            else (),
            held_back=len(run.suppressed),
        )


def _gaps(run: read_sarif.ReadRun) -> Iterator[str]:
    errors = [sentence for level, sentence in run.notices if level == "error"]
    if not run.successful:
        yield f"{run.tool} says that it did not succeed"
    for sentence in errors[:_LINES]:
        yield f"{run.tool} met an error: {sentence[:300]}"
    if len(errors) > _LINES:
        yield f"{run.tool} met {len(errors) - _LINES} more errors"
    if run.unusable:
        yield f"{count(run.unusable, 'result')} of {run.tool} cannot be read"


def _age(updated: str, now: float) -> float | None:
    """Return how many hours ago something was, None where it is no time."""
    if not updated:
        return None
    try:
        moment = datetime.fromisoformat(updated)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((now - moment.timestamp()) / 3600, 0.0)
