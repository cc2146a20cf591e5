"""Pure: payloads -> the comment. The words are ours, those of the summaries; what the change brought stands in code.

Whatever is text in a payload goes through `markdown.code` and nothing else: it can be no mention, no link and no HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ci_actions.ci_comment.model import (
    Counts,
    Coverage,
    Gate,
    Marker,
    Payload,
    Quality,
    Run,
    Scan,
    Security,
    Tool,
)
from ci_actions.ci_comment.payload import RANGES
from ci_actions.kit import markdown

#: The gates, in the order of their sections.
CAPABILITIES = ("coverage-gate", "security-scan", "quality")
#: Rows of each table: the first number with which the comment is short enough.
_ROWS = (100, 50, 25, 12, 6, 3, 1)
#: Ranges of missed lines in one cell, and signs of a text.
_RANGES = 12
_SIGNS = 200

#: As above every summary.
_MARKS = {"passed": "✅", "failed": "❌", "error": "⛔", "skipped": "⏭️", "would-fail": "⚠️"}
_RED = ("error", "failed", "would-fail")
_VERDICTS = {"met": "✅ met", "not met": "❌ not met", "n/a": "➖ n/a", "not enforced": "⚠️ not enforced"}
_SCANS = {
    "clean": "✅ clean",
    "findings": "🔎 findings",
    "incomplete": "⚠️ incomplete",
    "failed": "❌ failed",
    "not-applicable": "➖ not applicable",
    "skipped": "➖ skipped",
}
_TOOLS = {
    "clean": "✅ clean",
    "findings": "❌ findings",
    "incomplete": "⛔ incomplete",
    "failed": "⛔ failed",
    "not-applicable": "➖ not applicable",
    "skipped": "⚠️ skipped",
}
#: What quality calls its own parse of every file: no tool of the project's.
_SOURCE = "source"

_MARKER = re.compile(
    r"run=(?P<run>[0-9]{1,18})\.(?P<attempt>[0-9]{1,9}) head=(?P<head>[0-9a-f]{40,64}) sections=(?P<sections>[a-z,-]*) -->"
)


# --- the marker ------------------------------------------------------------------------------------


def begins(comment_id: str) -> str:
    """Return what every comment of ours with this id begins with."""
    return f"<!-- ci-actions:comment:{comment_id} "


def marker_in(comment_id: str, body: str) -> Marker | None:
    """Return what the first line of a comment says; None for a comment that is none of this id.

    An empty one for a line that somebody has changed.
    """
    if not body.startswith(begins(comment_id)):
        return None
    found = _MARKER.fullmatch(body.splitlines()[0].removeprefix(begins(comment_id)))
    if not found:
        return Marker()
    sections = tuple(name for name in CAPABILITIES if name in found["sections"].split(","))
    return Marker(run=int(found["run"]), attempt=int(found["attempt"]), head=found["head"], sections=sections)


# --- the comment -----------------------------------------------------------------------------------


def comment(
    comment_id: str,
    run: Run,
    payloads: Sequence[Payload],
    *,
    refused: int = 0,
    refused_url: str = "",
    before: Sequence[str] = (),
) -> str:
    """Return the whole comment, red gates first, never longer than GitHub takes.

    `before` are the gates that the comment has shown until now: those without a payload say so.
    """
    shown = {each.capability for each in payloads}
    sections = [name for name in CAPABILITIES if name in shown or name in before]
    first = (
        f"{begins(comment_id)}run={run.id}.{run.attempt} head={run.head} sections={','.join(sections)} -->"
    )
    ordered = sorted(
        payloads, key=lambda each: (each.result not in _RED, CAPABILITIES.index(each.capability))
    )
    for rows in _ROWS:
        parts = [first]
        parts += [block for each in ordered for block in _section(each, rows)]
        parts += [f"### ➖ {name}: no result in this run" for name in sections if name not in shown]
        if refused:
            parts.append(_refused(refused, refused_url))
        parts.append(_foot(run))
        made = "\n\n".join(parts) + "\n"
        if markdown.length(made) <= markdown.LONGEST:
            return made
    raise AssertionError("one row of each table is always short enough")


def _refused(count: int, url: str) -> str:
    what = "1 result of this run was refused" if count == 1 else f"{count} results of this run were refused"
    return f"⛔ {what}: {markdown.link('why', url) if url else 'the log of this workflow says why'}."


def _foot(run: Run) -> str:
    again = f", attempt {run.attempt}" if run.attempt > 1 else ""
    made = f"From {markdown.link(f'run {run.number}', run.url)}{again} of {run.head}."
    if run.fork:
        made += " The pull request comes from a fork: its own run has made these numbers."
    return made


def _section(payload: Payload, rows: int) -> Iterator[str]:
    if isinstance(payload, Coverage):
        headline, blocks = _coverage_headline(payload), _coverage(payload, rows)
    elif isinstance(payload, Security):
        headline, blocks = _security_headline(payload), _security(payload, rows)
    else:
        assert isinstance(payload, Quality)
        headline, blocks = _quality_headline(payload), _quality(payload, rows)
    yield f"### {_MARKS[payload.result]} {payload.capability}: {headline}"
    yield from blocks


def _text(text: str) -> str:
    """Return what a change brought: on one line, in code, cut."""
    return markdown.code(text if len(text) <= _SIGNS else text[: _SIGNS - 1] + "…")


def _place(path: str, line: int) -> str:
    cut = path if len(path) <= _SIGNS else "…" + path[1 - _SIGNS :]
    return markdown.code(f"{cut}:{line}" if path and line else cut)


def _table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], most: int, total: int, right: Sequence[int] = ()
) -> str:
    """Return a table of at most so many of the rows that there are in total."""
    shown = rows[:most]
    more = max(total, len(rows)) - len(shown)
    return markdown.table(headers, shown, right=right) + (f"\n\n… and {more:,} more." if more else "")


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


_NO_VERDICT = "no verdict. The summary of the run says why"


# --- coverage-gate ---------------------------------------------------------------------------------


def _coverage_headline(found: Coverage) -> str:
    if found.result == "error":
        return _NO_VERDICT
    failing = [each for each in found.gates if each.verdict == "not met"]
    said = [_short(each) for each in failing or found.gates if each.verdict != "n/a"]
    more = f" and {_counted(len(said) - 5, 'more gate')}" if len(said) > 5 else ""
    return ", ".join(said[:5]) + more if said else "nothing to judge"


def _short(gate: Gate) -> str:
    known = gate.name in ("overall", "critical", "new-code")
    name = gate.name.replace("-", " ") if known else _text(gate.name)
    if gate.scope.startswith("per-"):
        below = "files below" if gate.verdict == "not met" else "no file below"
        return f"{name}: {below} {_percent(gate.minimum)} %"
    value = gate.value.percent if gate.value else "n/a"
    return f"{name} {value} % (needs {_percent(gate.minimum)} %)"


def _percent(minimum: str) -> str:
    """Return a minimum with at least two decimals, as it was asked for."""
    whole, _, part = minimum.partition(".")
    return f"{int(whole)}.{part:0<2}"


def _coverage(found: Coverage, rows: int) -> Iterator[str]:
    if found.gates:
        gates = [
            [
                _text(each.name),
                f"{each.scope}, {found.metric}",
                f"{each.value.percent} %" if each.value else "n/a",
                _covered(each.value) if each.value else "",
                f"{_percent(each.minimum)} %",
                each.delta,
                _VERDICTS[each.verdict],
            ]
            for each in sorted(found.gates, key=lambda each: each.verdict != "not met")
        ]
        headers = ("Gate", "Scope", "Value", "Covered", "Needs", "Δ", "Verdict")
        yield _table(headers, gates, rows, len(gates), right=(2, 3, 4, 5))
    missing = [each for each in found.changed if each.missed]
    missing.sort(key=lambda each: -sum(last - first + 1 for first, last in each.missed))
    if missing:
        # Of files that did not fit into the payload nobody knows whether lines are missing in them.
        unknown = found.changed_total - len(found.changed)
        cells = [[_place(each.path, 0), str(each.lines), _ranges(each.missed)] for each in missing]
        table = _table(("File", "Changed lines", "Missing"), cells, rows, len(missing) + unknown, right=(1,))
        yield markdown.details(f"Changed files with missing lines ({len(missing) + unknown})", table)
    if found.unmeasured:
        names = [[_place(each, 0)] for each in found.unmeasured]
        title = f"Changed source files in no report ({found.unmeasured_total})"
        yield markdown.details(title, _table(("File",), names, rows, found.unmeasured_total))


def _covered(counts: Counts) -> str:
    whole = int(counts.covered)
    return f"{whole if whole == counts.covered else counts.covered}/{counts.total}"


def _ranges(missed: Sequence[tuple[int, int]]) -> str:
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in missed[:_RANGES]]
    more = len(missed) - len(shown)
    least = "at least " if len(missed) == RANGES else ""
    return ", ".join(shown) + (f" and {least}{more} more" if more else "")


# --- security-scan ---------------------------------------------------------------------------------


def _security_headline(found: Security) -> str:
    if found.result == "error":
        return _NO_VERDICT
    if found.gating_total:
        counts = Counter(each.severity for each in found.gating)
        words = ", ".join(
            f"{counts[word]} {word}"
            for word in ("critical", "high", "medium", "low", "unknown")
            if counts[word]
        )
        # The severities of those that did not fit into the payload are not known.
        said = f" ({words})" if len(found.gating) == found.gating_total else ""
        return f"{_counted(found.gating_total, 'finding')} to mend{said}"
    if found.result in _RED:
        return "not met. The summary of the run says why"
    ran = {each.tool for each in found.scans if _ran(each)}
    if not ran:
        return "nothing to scan"
    turn = "turns" if found.findings_total == 1 else "turn"
    others = f", {_counted(found.findings_total, 'finding')} that {turn} nothing red"
    found_nothing = others if found.findings_total else " and found nothing"
    return f"nothing to mend, {_counted(len(ran), 'scanner')} looked{found_nothing}"


def _ran(scan: Scan) -> bool:
    return scan.state not in ("not-applicable", "skipped")


def _security(found: Security, rows: int) -> Iterator[str]:
    if found.gating:
        findings = [
            [
                each.severity,
                _text(each.rule),
                _text(f"{each.package} {each.version}".strip()),
                _place(each.path, each.line),
                ", ".join(_text(version) for version in each.fixed[:3]) or ("no fix" if each.package else ""),
                _text(each.tool),
            ]
            for each in found.gating
        ]
        headers = ("Severity", "Rule", "What", "Where", "Fixed in", "Found by")
        yield _table(headers, findings, rows, found.gating_total)
    scans = [
        [
            _text(each.tool if each.target in ("", ".") else f"{each.tool} ({each.target})"),
            _SCANS[each.state],
            f"{each.findings:,}" if _ran(each) else "",
            f"{each.gating:,}" if _ran(each) else "",
        ]
        for each in found.scans
    ]
    table = _table(("Scanner", "State", "Findings", "To mend"), scans, rows, len(scans), right=(2, 3))
    held = f"{found.suppressed:,} held back, {_counted(found.duplicates, 'duplicate')}."
    yield markdown.details(f"Scanners ({len(scans)})", f"{table}\n\n{held}" if scans else held)


# --- quality ---------------------------------------------------------------------------------------


def _quality_headline(found: Quality) -> str:
    if found.result == "error":
        return _NO_VERDICT
    new = "new " if found.scope == "new" else ""
    if found.findings_total:
        counts = sorted((each for each in found.tools if each.findings), key=lambda each: -each.findings)
        named = ", ".join(f"{_text(each.tool)} {each.findings:,}" for each in counts[:5])
        more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
        return f"{_counted(found.findings_total, f'{new}finding')}" + (f" ({named}{more})" if named else "")
    if found.complaints:
        return f"{_counted(found.complaints, 'complaint')}. The summary of the run says which"
    ran = [each for each in found.tools if each.state in ("clean", "findings") and each.tool != _SOURCE]
    if not ran:
        return "nothing to judge"
    old = f", {_counted(found.old, 'old one')}" if found.old else ""
    return f"no {new}findings of {_counted(len(ran), 'tool')} in {_counted(found.files, 'file')}{old}"


def _quality(found: Quality, rows: int) -> Iterator[str]:
    new = found.scope == "new"
    tools = [
        [
            _text(each.tool),
            f"{each.findings:,}" if _answered(each) else "",
            *([f"{each.old:,}" if _answered(each) else ""] if new else []),
            _state(each),
        ]
        for each in sorted(found.tools, key=lambda each: -each.findings)
    ]
    if tools:
        headers = ("Tool", *(("New", "Old") if new else ("Findings",)), "State")
        yield _table(headers, tools, rows, len(tools), right=(1, 2) if new else (1,))
    if found.findings:
        findings = [
            [_place(each.path, each.line), _text(each.tool), _text(each.rule), each.severity]
            for each in found.findings
        ]
        table = _table(("Place", "Tool", "Rule", "Severity"), findings, rows, found.findings_total)
        yield markdown.details(f"{'New f' if new else 'F'}indings ({found.findings_total:,})", table)


def _answered(tool: Tool) -> bool:
    return tool.state not in ("incomplete", "failed")


def _state(tool: Tool) -> str:
    if tool.state == "findings" and not tool.findings:
        return "✅ no new ones"
    if tool.state == "clean" and tool.findings:
        return _TOOLS["findings"]
    return _TOOLS[tool.state]
