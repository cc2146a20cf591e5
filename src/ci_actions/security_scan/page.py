"""The HTML page of security-scan: values of an outcome arranged for `page.html`, which draws them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ci_actions.findings.model import Finding, Severity
from ci_actions.findings.suppressions import Suppression
from ci_actions.kit import html
from ci_actions.kit.errors import Exit
from ci_actions.security_scan.decide import age, label, sentence
from ci_actions.security_scan.model import Judged, Outcome, Scan, State
from ci_actions.security_scan.words import examined, place, what

#: What a table shows before it counts the rest; this keeps the page below 1.5 MB.
FINDINGS, OTHERS, MESSAGE = 2000, 200, 400
_WORST = tuple(sorted(Severity, reverse=True))
_TONES = {
    State.CLEAN: "good",
    State.FINDINGS: "warn",
    State.INCOMPLETE: "warn",
    State.FAILED: "bad",
    State.NOT_APPLICABLE: "neutral",
    State.SKIPPED: "neutral",
}
_SIGNS = {
    State.CLEAN: "✓",
    State.FINDINGS: "!",
    State.INCOMPLETE: "!",
    State.FAILED: "✗",
    State.NOT_APPLICABLE: "–",
    State.SKIPPED: "–",
}


def render(outcome: Outcome, *, headline: str, verdict: str, next_step: str = "") -> str:
    """Return the page; `verdict` is the value of a `kit.report.Result`, the other two are plain text."""
    problems = (cause for cause in outcome.causes if cause.code is not Exit.NOT_MET)
    return html.render(
        "security_scan/page.html",
        html.Frame(
            capability="security-scan",
            headline=headline,
            verdict=verdict,
            next_step=next_step,
            problems=tuple(f"{sentence(cause.text)} {cause.advice}".rstrip() for cause in problems),
            loosened=outcome.loosened,
            warnings=outcome.warnings,
            facts=tuple(_facts(outcome)),
        ),
        **_view(outcome),
    )


def _view(outcome: Outcome) -> dict[str, object]:
    ordered = [*outcome.gating, *(each for each in outcome.judged if not each.gates)]
    rows = [_row(each, outcome.facts.blob_url) for each in ordered[:FINDINGS]]
    return {
        "figures": [_figure(outcome, severity) for severity in _WORST],
        "tools": [_tool(outcome, scan) for scan in outcome.facts.scans],
        "rows": rows,
        "rows_more": len(ordered) - len(rows),
        "severities": [each.word for each in _WORST if any(row.severity == each.word for row in rows)],
        "scanners": sorted({row.tool for row in rows}),
        "both": any(row.gates for row in rows) and not all(row.gates for row in rows),
        "suppressions": [
            (title, [_entry(each) for each in entries[:OTHERS]], max(len(entries) - OTHERS, 0))
            for title, entries in (
                ("Expired, and their findings are still there", outcome.expired),
                ("End within 14 days", outcome.expiring),
                ("Match nothing", outcome.unused),
            )
            if entries
        ],
        "gaps": [
            (label(scan), scan.gaps[:OTHERS], len(scan.gaps[OTHERS:]))
            for scan in outcome.facts.scans
            if scan.gaps
        ],
        "markers": [
            (label(scan), scan.markers, len(scan.bare_markers))
            for scan in outcome.facts.scans
            if scan.markers
        ],
    }


def _facts(outcome: Outcome) -> Iterable[str]:
    facts = outcome.facts
    if facts.head:
        yield f"at {_short(facts.head)}"
    if facts.base:
        yield f"against {_short(facts.base)}" + (f" ({facts.base_how})" if facts.base_how else "")
    if facts.directory not in {"", "."}:
        yield f"in {facts.directory}"
    if duplicates := sum(outcome.duplicates.values()):
        yield f"{duplicates:,} {'duplicate' if duplicates == 1 else 'duplicates'} left out"
    if outcome.held_back:
        yield f"{outcome.held_back:,} suppressed"
    if facts.now > 0:
        yield f"{datetime.fromtimestamp(facts.now, UTC):%Y-%m-%d %H:%M} UTC"


def _short(revision: str) -> str:
    return revision[:12] if len(revision) >= 40 and revision.isalnum() else revision


@dataclass(frozen=True, kw_only=True)
class _Figure:
    name: str
    gating: int
    total: int


def _figure(outcome: Outcome, severity: Severity) -> _Figure:
    return _Figure(
        name=severity.word,
        gating=sum(each.finding.severity is severity for each in outcome.gating),
        total=sum(each.finding.severity is severity for each in outcome.judged),
    )


@dataclass(frozen=True, kw_only=True)
class _Tool:
    name: str
    version: str
    verified: str
    state: str
    sign: str
    tone: str
    reason: str
    examined: str
    findings: str
    gating: str
    duplicates: str
    seconds: str
    database: str


def _tool(outcome: Outcome, scan: Scan) -> _Tool:
    mine = outcome.tally(scan)
    return _Tool(
        name=label(scan),
        version=scan.version,
        verified=scan.pin,
        state=scan.state.value,
        sign=_SIGNS[scan.state],
        tone=_TONES[scan.state],
        reason=scan.reason,
        examined=examined(scan),
        findings=f"{mine.total:,}" if scan.ran else "",
        gating=f"{mine.gating:,}" if scan.ran else "",
        duplicates=f"{outcome.duplicates.get(scan.tool, 0):,}" if scan.ran else "",
        seconds=f"{scan.seconds:.1f}" if scan.ran else "",
        database=age(scan.database_age_hours) if scan.database_age_hours is not None else "",
    )


@dataclass(frozen=True, kw_only=True)
class _Row:
    severity: str
    rule: str
    address: str
    what: str
    message: str
    where: str
    href: str
    fix: str
    tool: str
    also: str
    gates: bool
    why: str
    fingerprint: str


def _row(judged: Judged, blob_url: str) -> _Row:
    finding = judged.finding
    why = judged.held_back
    if judged.expired and judged.gates:
        why = f"suppression expired on {judged.expired.expires} ({judged.expired.owner})"
    return _Row(
        severity=finding.severity.word,
        rule=finding.name if finding.package else finding.rule,
        address=finding.url if finding.url.startswith("https://") else "",
        what=what(finding),
        message=finding.message if len(finding.message) <= MESSAGE else finding.message[:MESSAGE] + "…",
        where=place(finding),
        href=_link(finding, blob_url),
        fix=", ".join(finding.package.fixed[:3]) or "no fix" if finding.package else finding.fix,
        tool=finding.tool,
        also=", ".join(finding.also),
        gates=judged.gates,
        why=why,
        fingerprint=finding.fingerprint[:16],
    )


def _link(finding: Finding, blob_url: str) -> str:
    return html.blob_link(blob_url, finding.path, finding.line) if finding.is_here else ""


@dataclass(frozen=True, kw_only=True)
class _Entry:
    what: str
    reason: str
    owner: str
    expires: str


def _entry(entry: Suppression) -> _Entry:
    return _Entry(
        what=entry.what,
        reason=entry.reason,
        owner=f"{entry.owner}, {entry.ticket}" if entry.ticket else entry.owner,
        expires=entry.expires.isoformat(),
    )
