"""Pure: outcome -> Report. What people read, in one place: messages, tables, outputs, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ci_actions.findings.model import Finding, Kind, Severity
from ci_actions.findings.suppressions import Suppression
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.html import blob_link
from ci_actions.kit.report import Annotation, Level, Product, Report, Result
from ci_actions.security_scan import sarif_out
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.decide import age, counted, incomplete, label, sentence
from ci_actions.security_scan.model import Judged, Outcome, Scan, State
from ci_actions.security_scan.words import examined, place, what

NAME = "security-scan"
COMMENT_SCHEMA = "ci-actions-security-comment/1"
FINDINGS_SCHEMA = "ci-actions-security-findings/1"
#: Rows in the summary and in the comment's payload: nobody reads more, and both have limits.
ROWS = 200
COMMENT_ROWS = 100
LOG_ROWS = 40
_WORST = tuple(sorted(Severity, reverse=True))
_LEVELS = {Severity.MEDIUM: Level.WARNING, Severity.LOW: Level.WARNING}
_SIGNS = {
    State.CLEAN: "✅ clean",
    State.FINDINGS: "🔎 findings",
    State.INCOMPLETE: "⚠️ incomplete",
    State.FAILED: "❌ failed",
    State.NOT_APPLICABLE: "➖ not applicable",
    State.SKIPPED: "➖ skipped",
}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    result = _result(outcome)
    shown = Result.WOULD_FAIL if config.dry_run and result is Result.FAILED else result
    headline = _headline(outcome)
    next_step = _next_step(outcome)
    return Report(
        capability=NAME,
        result=result,
        exit_code=outcome.code,
        headline=headline,
        preface=tuple(_preface(outcome)),
        outputs=_outputs(config, outcome),
        annotations=tuple(_annotations(config, outcome)),
        summary=tuple(_summary(outcome)),
        show_summary=config.summary,
        next_step=next_step,
        log=tuple(_log(config, outcome)),
        details=_details(outcome),
        products=tuple(_products(config, outcome, shown, headline, next_step)),
        folder=config.report_dir,
    )


def _result(outcome: Outcome) -> Result:
    if outcome.code is Exit.NOT_MET:
        return Result.FAILED
    if outcome.code is not Exit.PASSED:
        return Result.ERROR
    return Result.PASSED if any(scan.ran for scan in outcome.facts.scans) else Result.SKIPPED


# --- words -----------------------------------------------------------------------------------------


def _headline(outcome: Outcome) -> str:
    code = outcome.code
    if code not in (Exit.PASSED, Exit.NOT_MET):
        others = len(outcome.causes) - 1
        more = f" (and {others} more {'reason' if others == 1 else 'reasons'})" if others else ""
        first = outcome.causes[0]
        return f"{NAME}: no verdict. {first.short or first.text}{more}"
    if code is Exit.NOT_MET:
        counts = Counter(each.finding.severity for each in outcome.gating)
        return f"{NAME}: {counted(len(outcome.gating), 'finding')} to mend ({_severities(counts)})"
    ran = [scan for scan in outcome.facts.scans if scan.ran]
    if not ran:
        reasons = "; ".join(f"{label(scan)}: {scan.reason.rstrip('.')}" for scan in outcome.facts.scans[:5])
        return f"{NAME}: nothing to scan ({reasons})"
    others = len(outcome.judged)
    tools = counted(len({scan.tool for scan in ran}), "scanner")
    below = (
        f", {counted(others, 'finding')} that {'turns' if others == 1 else 'turn'} nothing red"
        if others
        else ""
    )
    return f"{NAME}: nothing to mend, {tools} looked{below or ' and found nothing'}"


def _severities(counts: Mapping[Severity, int]) -> str:
    return ", ".join(f"{counts[each]} {each.word}" for each in _WORST if counts.get(each))


def _next_step(outcome: Outcome) -> str:
    """Return what turns this green, for the first cause."""
    if not outcome.causes:
        return ""
    first = outcome.causes[0]
    if first.code is not Exit.NOT_MET:
        return first.advice
    finding = outcome.gating[0].finding
    if finding.kind is Kind.SECRET:
        return f"revoke the secret in {place(finding)}, then take it out of the source"
    fixes = list(dict.fromkeys(upgrade for each in outcome.gating if (upgrade := _upgrade(each.finding))))
    if fixes and finding.kind is Kind.DEPENDENCY:
        more = f", and {len(fixes) - 3} more" if len(fixes) > 3 else ""
        return f"upgrade {', '.join(fixes[:3])}{more}"
    return f"mend {finding.name} in {place(finding)}, or accept it in the file of suppressions with reason, owner and end"


def _upgrade(finding: Finding) -> str:
    package = finding.package
    return f"{package.name} to {package.fixed[0]}" if package and package.fixed else ""


def _preface(outcome: Outcome) -> Iterator[str]:
    """Yield what must be read before the verdict is believed."""
    if outcome.loosened:
        yield "This change itself loosens what is asked of it: " + "; ".join(outcome.loosened) + "."
    yield from outcome.warnings


# --- for machines ----------------------------------------------------------------------------------


def _outputs(config: Config, outcome: Outcome) -> Mapping[str, str]:
    ages = [scan.database_age_hours for scan in outcome.facts.scans if scan.database_age_hours is not None]
    return {
        "findings-total": str(len(outcome.judged)),
        "findings-gating": str(len(outcome.gating)),
        "findings-suppressed": str(outcome.held_back),
        "findings-duplicate": str(sum(outcome.duplicates.values())),
        "expired-suppressions": str(len(outcome.expired)),
        "unused-suppressions": str(len(outcome.unused)),
        "tool-status-json": json.dumps(
            {label(scan): _scan_as_json(outcome, scan) for scan in outcome.facts.scans}
        ),
        "db-age-hours": f"{max(ages):.1f}" if ages else "n/a",
        "sarif-dir": config.sarif_dir,
    }


def _scan_as_json(outcome: Outcome, scan: Scan) -> Mapping[str, object]:
    mine = outcome.tally(scan)
    return {
        "tool": scan.tool,
        "target": scan.target,
        "state": scan.state.value,
        "version": scan.version,
        "verified": scan.pin,
        "examined": scan.examined,
        "unit": scan.unit,
        "findings": mine.total,
        "gating": mine.gating,
        "suppressed": mine.suppressed + scan.held_back,
        "markers": scan.markers,
        "bare-markers": len(scan.bare_markers),
        "seconds": round(scan.seconds, 1),
        "db-age-hours": None if scan.database_age_hours is None else round(scan.database_age_hours, 1),
        "exit-code": scan.exit_code,
        "reason": scan.reason,
        "gaps": list(scan.gaps),
    }


def _details(outcome: Outcome) -> Mapping[str, object]:
    counts = Counter(each.finding.severity for each in outcome.judged)
    return {
        "head": outcome.facts.head,
        "base": outcome.facts.base,
        "base-how": outcome.facts.base_how,
        "causes": [
            {"code": int(each.code), "text": each.text, "advice": each.advice} for each in outcome.causes
        ],
        "loosened": list(outcome.loosened),
        "warnings": list(outcome.warnings),
        "scans": [_scan_as_json(outcome, scan) for scan in outcome.facts.scans],
        "duplicates": dict(outcome.duplicates),
        "findings": {each.word: counts[each] for each in _WORST},
        "gating": [_finding_as_json(each) for each in outcome.gating[:ROWS]],
        "suppressions": {
            "expired": [_entry_as_json(each) for each in outcome.expired],
            "unused": [_entry_as_json(each) for each in outcome.unused],
            "expiring": [_entry_as_json(each) for each in outcome.expiring],
        },
    }


def _finding_as_json(judged: Judged) -> Mapping[str, object]:
    finding = judged.finding
    package = finding.package
    region = finding.region
    return {
        "tool": finding.tool,
        "also": list(finding.also),
        "rule": finding.rule,
        "canonical": finding.name,
        "aliases": list(finding.aliases),
        "kind": finding.kind.value,
        "severity": finding.severity.word,
        "score": finding.score,
        "confidence": finding.confidence.word if finding.confidence is not None else None,
        "message": finding.message,
        "path": markdown.plain(finding.path),
        "line": region.line if region else 0,
        "end-line": region.end_line if region else 0,
        "target": finding.target or ".",
        "commit": finding.commit,
        "package": {
            "name": package.name,
            "version": package.version,
            "ecosystem": package.ecosystem,
            "fixed": list(package.fixed),
        }
        if package
        else None,
        "url": finding.url,
        "fingerprint": finding.fingerprint,
        "gates": judged.gates,
        "new": judged.new,
        "held-back": judged.held_back,
    }


def _entry_as_json(entry: Suppression) -> Mapping[str, object]:
    return {
        "what": entry.what,
        "line": entry.line,
        "expires": entry.expires.isoformat(),
        "owner": entry.owner,
        "reason": entry.reason,
        "ticket": entry.ticket,
    }


def findings_json(outcome: Outcome) -> str:
    """Return all findings, the suppressed ones too, as one JSON document."""
    rows = ",\n".join(json.dumps(_finding_as_json(each)) for each in outcome.judged)
    return (
        f'{{"schema":"{FINDINGS_SCHEMA}","head":{json.dumps(outcome.facts.head)},"findings":[\n{rows}\n]}}\n'
    )


def comment_payload(outcome: Outcome, result: Result, comment_id: str) -> str:
    """Return what the commenting workflow needs: names, numbers and paths, so that the trusted side writes the words."""
    gating = outcome.gating
    return json.dumps(
        {
            "schema": COMMENT_SCHEMA,
            "capability": NAME,
            "id": comment_id,
            "result": result.value,
            "head": outcome.facts.head,
            "base": outcome.facts.base,
            "totals": {
                "findings": len(outcome.judged),
                "gating": len(gating),
                "suppressed": outcome.held_back,
                "duplicates": sum(outcome.duplicates.values()),
            },
            "scans": [
                {
                    "tool": scan.tool,
                    "target": markdown.plain(scan.target)[:200],
                    "state": scan.state.value,
                    "findings": outcome.tally(scan).total,
                    "gating": outcome.tally(scan).gating,
                }
                for scan in outcome.facts.scans[:COMMENT_ROWS]
            ],
            "gating": [_for_comment(each.finding) for each in gating[:COMMENT_ROWS]],
        }
    )


def _for_comment(finding: Finding) -> Mapping[str, object]:
    package = finding.package
    return {
        "tool": finding.tool,
        "rule": markdown.plain(finding.name)[:100],
        "severity": finding.severity.word,
        "path": markdown.plain(finding.path)[:500],
        "line": finding.line,
        "package": markdown.plain(package.name)[:200] if package else "",
        "version": markdown.plain(package.version)[:100] if package else "",
        "fixed": [markdown.plain(each)[:100] for each in package.fixed[:5]] if package else [],
    }


# --- for people ------------------------------------------------------------------------------------


def _annotations(config: Config, outcome: Outcome) -> Iterator[Annotation]:
    for cause in outcome.causes:
        if cause.code is not Exit.NOT_MET:
            said = f"{sentence(cause.text)} {cause.advice}".rstrip()
            yield Annotation(level=Level.ERROR, title=f"{NAME}: no verdict", message=said)
    for said in _preface(outcome):
        yield Annotation(level=Level.WARNING, title=NAME, message=said)
    for each in outcome.gating[: config.annotations]:
        finding = each.finding
        made = Annotation(
            level=_LEVELS.get(finding.severity, Level.ERROR),
            title=f"{finding.tool}: {finding.severity.word}",
            message=_said(each),
        )
        if finding.is_here:
            last = max(finding.region.end_line, finding.line) if finding.region else 0
            yield replace(made, file=finding.path, line=finding.line, end_line=last)
        else:
            # A line of a commit is another one in the tree, or of a file that is gone.
            yield made if finding.package else replace(made, message=f"{place(finding)}: {made.message}")
    for marked in outcome.expiring:
        yield Annotation(level=Level.NOTICE, title=f"{NAME}: a suppression ends soon", message=_entry(marked))
    if outcome.unused:
        more = f" and {len(outcome.unused) - 5} more" if len(outcome.unused) > 5 else ""
        named = ", ".join(entry.what for entry in outcome.unused[:5])
        yield Annotation(
            level=Level.WARNING,
            title=NAME,
            message=f"Suppressions that match nothing: {named}{more}. Delete them.",
        )


def _said(judged: Judged) -> str:
    """Return what a finding says to whoever must mend it."""
    finding = judged.finding
    parts = [f"{finding.name if finding.package else finding.rule}:", sentence(finding.message)]
    if finding.package:
        fixed = ", ".join(finding.package.fixed)
        parts.insert(1, f"{what(finding)} in {place(finding)}.")
        parts.append(f"Fixed in {fixed}." if fixed else "There is no fixed version.")
    elif finding.fix:
        parts.append(sentence(finding.fix))
    if judged.expired:
        parts.append(f"Its suppression expired on {judged.expired.expires} (owner: {judged.expired.owner}).")
    if finding.also:
        parts.append(f"Also found by {', '.join(finding.also)}.")
    return " ".join(parts)


def _entry(entry: Suppression) -> str:
    ticket = f", {entry.ticket}" if entry.ticket else ""
    return f"{entry.what} is accepted until {entry.expires} ({entry.owner}{ticket}): {sentence(entry.reason)}"


def _summary(outcome: Outcome) -> Iterator[str]:
    # The headline has said how many findings there are, unless something weighs more.
    causes = outcome.causes[1:] if outcome.code is Exit.NOT_MET else outcome.causes
    if causes:
        yield "\n".join(f"- {markdown.escape(f'{sentence(each.text)} {each.advice}')}" for each in causes)
    if outcome.gating:
        yield _gating_table(outcome)
    if outcome.facts.scans:
        yield _tools_table(outcome)
    if outcome.facts.base_how:
        yield f"The change is compared with {markdown.escape(outcome.facts.base_how)}."
    for title, entries in (
        ("Suppressions that have expired", outcome.expired),
        ("Suppressions that end within 14 days", outcome.expiring),
        ("Suppressions that match nothing", outcome.unused),
    ):
        if entries:
            listed = [f"- {markdown.escape(_entry(each))}" for each in entries[:ROWS]]
            yield markdown.details(f"{title} ({len(entries)})", _capped(listed, len(entries)))
    gaps = [f"- {markdown.escape(incomplete(scan))}" for scan in outcome.facts.scans if scan.gaps]
    if gaps:
        yield markdown.details(f"Not looked at ({len(gaps)})", "\n".join(gaps))
    yield from _markers(outcome)
    others = [each for each in outcome.judged if not each.gates]
    if others:
        yield markdown.details(
            f"Findings that turn nothing red ({len(others):,})", _others_table(outcome, others)
        )


def _capped(lines: Sequence[str], count: int) -> str:
    more = f"\n\n… and {count - len(lines)} more." if count > len(lines) else ""
    return "\n".join(lines) + more


def _gating_table(outcome: Outcome) -> str:
    rows = [
        [
            each.finding.severity.word,
            _rule(each.finding),
            _shown(each),
            _linked(outcome, each.finding),
            _fix(each.finding),
            markdown.escape(", ".join((each.finding.tool, *each.finding.also))),
        ]
        for each in outcome.gating[:ROWS]
    ]
    table = markdown.table(("Severity", "Rule", "What", "Where", "Fixed in", "Found by"), rows)
    more = len(outcome.gating) - len(rows)
    return table + (f"\n\n… and {more:,} more." if more else "")


def _shown(judged: Judged) -> str:
    finding = judged.finding
    said = f"{what(finding)}: {finding.message}" if finding.package else finding.message
    if judged.expired:
        said += f" (suppression expired on {judged.expired.expires})"
    return markdown.escape(said if len(said) <= 200 else said[:199] + "…")


def _rule(finding: Finding) -> str:
    name = markdown.code(finding.name if finding.package else finding.rule)
    return markdown.link(name, finding.url) if finding.url.startswith("https://") else name


def _fix(finding: Finding) -> str:
    if finding.package:
        return markdown.escape(", ".join(finding.package.fixed[:3])) or "no fix"
    return ""


def _linked(outcome: Outcome, finding: Finding) -> str:
    shown = markdown.code(place(finding))
    address = blob_link(outcome.facts.blob_url, finding.path, finding.line) if finding.is_here else ""
    return markdown.link(shown, address) if address else shown


def _tools_table(outcome: Outcome) -> str:
    rows = []
    for scan in outcome.facts.scans:
        mine = outcome.tally(scan)
        rows.append(
            [
                markdown.code(label(scan)),
                markdown.escape(scan.version),
                markdown.escape(scan.pin),
                _SIGNS[scan.state] + (f": {markdown.escape(scan.reason)}" if scan.reason else ""),
                markdown.escape(examined(scan)),
                _severities(mine.severities) or ("0" if scan.ran else ""),
                str(mine.gating) if scan.ran else "",
                str(mine.suppressed + scan.held_back) if scan.ran else "",
                f"{outcome.duplicates.get(scan.tool, 0):,}" if scan.ran else "",
                f"{scan.seconds:.1f}" if scan.ran else "",
                age(scan.database_age_hours) if scan.database_age_hours is not None else "",
            ]
        )
    headers = (
        "Scanner", "Version", "Verified", "State", "Examined", "Findings", "To mend", "Held back", "Duplicates",
        "Seconds", "Database",
    )  # fmt: skip
    return markdown.table(headers, rows, right=(4, 6, 7, 8, 9, 10))


def _markers(outcome: Outcome) -> Iterator[str]:
    counts = [(label(scan), scan.markers) for scan in outcome.facts.scans if scan.markers]
    if counts:
        said = ", ".join(f"{number:,} of {name}" for name, number in counts)
        yield f"Remarks in the source that hold findings back: {markdown.escape(said)}."
    bare = [(scan.tool, marker) for scan in outcome.facts.scans for marker in scan.bare_markers]
    if bare:
        listed = [
            f"- {markdown.code(f'{marker.path}:{marker.line}' if marker.line else marker.path)}: "
            f"{markdown.code(marker.text)} names no rule of {markdown.escape(tool)}"
            for tool, marker in bare[:ROWS]
        ]
        yield markdown.details(f"Remarks that name no rule ({len(bare)})", _capped(listed, len(bare)))


def _others_table(outcome: Outcome, others: Sequence[Judged]) -> str:
    rows = [
        [
            each.finding.severity.word,
            _rule(each.finding),
            _shown(each),
            _linked(outcome, each.finding),
            markdown.escape(each.held_back),
            markdown.code(each.finding.fingerprint[:16]),
        ]
        for each in others[:ROWS]
    ]
    table = markdown.table(("Severity", "Rule", "What", "Where", "Why not", "Fingerprint"), rows)
    more = len(others) - len(rows)
    return table + (f"\n\n… and {more:,} more." if more else "")


def _log(config: Config, outcome: Outcome) -> Iterator[str]:
    if outcome.facts.base_how:
        yield f"compared with {outcome.facts.base_how}"
    rows = [("scanner", "version", "state", "examined", "findings", "to mend", "why")]
    for scan in outcome.facts.scans:
        mine = outcome.tally(scan)
        numbers = (str(mine.total), str(mine.gating)) if scan.ran else ("", "")
        rows.append((label(scan), scan.version, scan.state.value, examined(scan), *numbers, scan.reason))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [
            cell.rjust(width) if column > 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row[:6], widths, strict=True))
        ]
        yield "  ".join([*cells, row[6]]).rstrip()
    # The first ones are annotations, which a log shows too.
    for each in outcome.gating[config.annotations : config.annotations + LOG_ROWS]:
        yield f"{place(each.finding)}: {each.finding.severity.word}: {_said(each)}"
    more = len(outcome.gating) - config.annotations - LOG_ROWS
    if more > 0:
        yield f"and {more:,} more findings to mend"


def _products(
    config: Config, outcome: Outcome, result: Result, headline: str, next_step: str
) -> Iterator[Product]:
    runs = sarif_out.runs(config, outcome)
    yield Product("json-file", "security.json", lambda: findings_json(outcome))
    if any(run.can_be_uploaded for run in runs):
        yield Product(
            "sarif-file", "security.sarif", lambda: sarif_out.upload(config, runs), config.sarif_file
        )
    if config.sarif_dir:
        for name, run in sarif_out.files(runs):
            path = f"{config.sarif_dir.rstrip('/')}/{name}"
            yield Product("", name, partial(sarif_out.whole, config, [run]), path)
    yield Product(
        "comment-payload", "comment.json", lambda: comment_payload(outcome, result, config.comment_id)
    )
    if config.html:
        yield Product("html", "security.html", lambda: _page(outcome, result, headline, next_step))


def _page(outcome: Outcome, result: Result, headline: str, next_step: str) -> str:
    from ci_actions.security_scan.page import render

    return render(outcome, headline=headline, verdict=result.value, next_step=next_step)
