"""Pure: outcome -> Report. What people read, in one place: messages, tables, outputs, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter

from ci_actions.coverage_gate import counting
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.decide import failed
from ci_actions.coverage_gate.model import (
    ChangedCoverage,
    FileLines,
    GateResult,
    Outcome,
    Read,
    Tally,
    Verdict,
)
from ci_actions.kit import lines, markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.html import blob_link
from ci_actions.kit.report import Annotation, Level, Product, Report, Result

NAME = "coverage-gate"
COMMENT_SCHEMA = "ci-actions-coverage-comment/1"
#: Rows of the full table in the summary, files and ranges of each in the comment's payload: nobody reads more, and both
#: have limits.
FILE_ROWS = 200
COMMENT_ROWS = 300
COMMENT_RANGES = 100
_REMEDY_FILES = 5
#: Ranges of missed lines in one cell.
_RANGES = 12
_TITLES = {
    "overall": "Overall coverage",
    "critical": "Critical-path coverage",
    "new-code": "New-code coverage",
}
_MARKS = {
    Verdict.MET: "✅ met",
    Verdict.NOT_MET: "❌ not met",
    Verdict.NOT_APPLICABLE: "➖ n/a",
    Verdict.NOT_ENFORCED: "⚠️ not enforced",
}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    failing = failed(outcome.gates)
    result, code = _result(outcome, failing)
    shown = Result.WOULD_FAIL if config.dry_run and result is Result.FAILED else result
    headline = _headline(outcome, failing)
    next_step = _next_step(outcome, failing)
    return Report(
        capability=NAME,
        result=result,
        exit_code=code,
        headline=headline,
        preface=tuple(_preface(outcome)),
        outputs=_outputs(outcome, failing),
        annotations=tuple(_annotations(config, outcome, failing)),
        summary=tuple(_summary(outcome, failing)),
        show_summary=config.summary,
        next_step=next_step,
        log=tuple(_log(outcome)),
        details=_details(outcome),
        products=tuple(_products(config, outcome, shown, headline, next_step)),
        folder=config.report_dir,
    )


def _result(outcome: Outcome, failing: Sequence[GateResult]) -> tuple[Result, Exit]:
    if outcome.problems:
        return Result.ERROR, Exit.CANNOT_JUDGE
    if failing:
        return Result.FAILED, Exit.NOT_MET
    nothing = all(each.verdict is Verdict.NOT_APPLICABLE for each in outcome.gates)
    return Result.SKIPPED if nothing else Result.PASSED, Exit.PASSED


# --- words -----------------------------------------------------------------------------------------


def gate_message(gate: GateResult) -> str:
    """Return what a gate that is not met says, in one or two sentences."""
    if gate.offenders:
        worst = ", ".join(f"{path} {tally.percent}%" for path, tally in gate.offenders[:_REMEDY_FILES])
        more = (
            f" and {len(gate.offenders) - _REMEDY_FILES} more" if len(gate.offenders) > _REMEDY_FILES else ""
        )
        said = f"Gate '{gate.name}': {_files(len(gate.offenders))} below {minimum(gate.minimum)}%: {worst}{more}."
    else:
        tally = gate.tally or counting.NONE
        title = _TITLES.get(gate.name, f"Gate '{gate.name}': coverage")
        against = f" ({gate.delta} points {gate.reason})" if gate.delta else ""
        said = (
            f"{title} {tally.percent}% ({tally.covered} of {tally.total} {units(gate)}) is below "
            f"{minimum(gate.minimum)}%{against}."
        )
    return f"{said} {_remedy(gate)}".rstrip()


def units(gate: GateResult) -> str:
    """Return what a gate counts, in words."""
    if gate.metric == "branches":
        return "changed branches" if gate.scope == "new-code" else "branches"
    if gate.scope == "new-code":
        return "changed lines"
    return "lines" if gate.metric == "lines" else "lines and branches"


def minimum(value: Decimal) -> str:
    """Return a minimum with at least two decimals, as it was asked for."""
    text = format(value, "f")
    return format(value, ".2f") if len(text.partition(".")[2]) <= 2 else text


def places(found: Sequence[FileLines], limit: int = _REMEDY_FILES) -> str:
    """Return lines of files for people: `src/a.py:88, 91-92; src/b.py:7`."""
    shown = "; ".join(f"{each.path}:{lines.spoken(each.lines)}" for each in found[:limit])
    return shown + (f"; and {len(found) - limit} more files" if len(found) > limit else "")


def _remedy(gate: GateResult) -> str:
    count = sum(lines.count(each.lines) for each in gate.remedy)
    if not count:
        return ""
    return f"{count} more {'line is' if count == 1 else 'lines are'} needed: {places(gate.remedy)}."


def _files(count: int) -> str:
    return "1 file is" if count == 1 else f"{count} files are"


def _headline(outcome: Outcome, failing: Sequence[GateResult]) -> str:
    if outcome.problems:
        others = len(outcome.problems) - 1
        more = f" (and {others} more {'reason' if others == 1 else 'reasons'})" if others else ""
        return f"{NAME}: no verdict. {_what_and_advice(outcome.problems[0])[0]}{more}"
    said = [_short(each) for each in failing or outcome.gates if each.verdict is not Verdict.NOT_APPLICABLE]
    reasons = dict.fromkeys(each.reason for each in outcome.gates if each.reason)
    return f"{NAME}: {', '.join(said) or 'nothing to judge, ' + '; '.join(reasons)}"


def _short(gate: GateResult) -> str:
    name = gate.name.replace("-", " ")
    if gate.offenders:
        return f"{name}: {_files(len(gate.offenders))} below {minimum(gate.minimum)} %"
    value = gate.tally.percent if gate.tally else "n/a"
    return f"{name} {value} % (needs {minimum(gate.minimum)} %)"


def _next_step(outcome: Outcome, failing: Sequence[GateResult]) -> str:
    """Return what turns this green: the lines to cover, for the first gate that is not met."""
    if outcome.problems:
        return _what_and_advice(outcome.problems[0])[1]
    if not failing:
        return ""
    count = sum(lines.count(each.lines) for each in failing[0].remedy)
    return f"cover {'this line' if count == 1 else f'these {count} lines'} with tests: {places(failing[0].remedy)}"


def _what_and_advice(problem: str) -> tuple[str, str]:
    """Return the first sentence of a problem, which says what is wrong, and the rest, which says what to do."""
    what, stop, advice = problem.partition(". ")
    return what + stop.strip(), advice


def _preface(outcome: Outcome) -> Iterator[str]:
    """Yield what must be read before the verdict is believed."""
    if outcome.loosened:
        yield "This change itself loosens what is asked of it: " + "; ".join(outcome.loosened) + "."
    yield from outcome.cautions


# --- for machines ----------------------------------------------------------------------------------


def _outputs(outcome: Outcome, failing: Sequence[GateResult]) -> Mapping[str, str]:
    tallies = {
        "overall": outcome.overall if outcome.everything else None,
        "critical": outcome.critical,
        "new-code": outcome.new_code,
    }
    found: dict[str, str] = {}
    for name, tally in tallies.items():
        found[name] = tally.percent if tally else "n/a"
        found[f"{name}-covered"] = str(tally.covered) if tally else ""
        found[f"{name}-total"] = str(tally.total) if tally else ""
    found["metric"] = outcome.metric
    found["baseline"] = outcome.baseline.percent if outcome.baseline else "n/a"
    found["delta"] = next((each.delta for each in outcome.gates if each.delta), "n/a")
    found["failed-gates-json"] = json.dumps([each.name for each in failing])
    found["unmeasured-files-json"] = json.dumps([each.path for each in outcome.unmeasured])
    return found


def _details(outcome: Outcome) -> Mapping[str, object]:
    return {
        "metric": outcome.metric,
        "head": outcome.head,
        "base": outcome.base,
        "base-how": outcome.base_how,
        "no-change": outcome.no_change,
        "totals": {
            "lines": _as_counts(outcome.lines),
            "branches": _as_counts(outcome.branches),
        },
        "gates": [_gate_as_json(each) for each in outcome.gates],
        "changed": [_changed_as_json(each) for each in outcome.changed],
        "unmeasured": [{"path": each.path, "closest": each.closest} for each in outcome.unmeasured],
        "problems": list(outcome.problems),
        "warnings": list(outcome.warnings),
        "loosened": list(outcome.loosened),
        "cautions": list(outcome.cautions),
        "reports": [
            {
                "file": each.file,
                "format": each.format,
                "tool": each.tool,
                "files": each.files,
                "lines": each.lines,
            }
            for each in outcome.reads
        ],
        "files": {each.path: [each.hit.bit_count(), each.measured.bit_count()] for each in outcome.files},
    }


def _as_counts(tally: Tally | None) -> Mapping[str, object] | None:
    if tally is None:
        return None
    covered = tally.covered if isinstance(tally.covered, int) else float(tally.covered)
    return {"covered": covered, "total": tally.total, "percent": tally.percent}


def _gate_as_json(gate: GateResult) -> Mapping[str, object]:
    return {
        "name": gate.name,
        "scope": gate.scope,
        "metric": gate.metric,
        "verdict": gate.verdict.value,
        "minimum": format(gate.minimum, "f"),
        "value": _as_counts(gate.tally),
        "delta": gate.delta,
        "reason": gate.reason,
        "remedy": [{"path": each.path, "lines": _ranges(each.lines)} for each in gate.remedy],
        "offenders": [{"path": path, **(_as_counts(tally) or {})} for path, tally in gate.offenders],
    }


def _changed_as_json(each: ChangedCoverage) -> Mapping[str, object]:
    return {
        "path": each.path,
        "status": each.status,
        "lines": lines.count(each.measured),
        "missed": _ranges(each.missed),
        "partial": _ranges(each.partial),
        "value": _as_counts(each.tally),
    }


def _ranges(found: int) -> list[list[int]]:
    return [list(pair) for pair in lines.ranges(found)]


def comment_payload(outcome: Outcome, result: Result, comment_id: str) -> str:
    """Return what the commenting workflow needs: numbers and paths only, so that the trusted side writes the words."""
    return json.dumps(
        {
            "schema": COMMENT_SCHEMA,
            "capability": NAME,
            "id": comment_id,
            "result": result.value,
            "head": outcome.head,
            "base": outcome.base,
            "metric": outcome.metric,
            "totals": {"changed": len(outcome.changed), "unmeasured": len(outcome.unmeasured)},
            "gates": [
                {
                    "name": markdown.plain(each.name)[:100],
                    "scope": each.scope,
                    "verdict": each.verdict.value,
                    "minimum": format(each.minimum, "f"),
                    "value": _as_counts(each.tally),
                    "delta": each.delta,
                }
                for each in outcome.gates[:COMMENT_ROWS]
            ],
            "changed": [
                {
                    "path": markdown.plain(each.path)[:500],
                    "lines": lines.count(each.measured),
                    "missed": _ranges(each.missed)[:COMMENT_RANGES],
                }
                for each in outcome.changed[:COMMENT_ROWS]
            ],
            "unmeasured": [markdown.plain(each.path)[:500] for each in outcome.unmeasured[:COMMENT_ROWS]],
        }
    )


# --- for people ------------------------------------------------------------------------------------


def _annotations(config: Config, outcome: Outcome, failing: Sequence[GateResult]) -> Iterator[Annotation]:
    for problem in outcome.problems:
        yield Annotation(level=Level.ERROR, title=f"{NAME}: no verdict", message=problem)
    for gate in failing:
        yield Annotation(level=Level.ERROR, title=f"{NAME}: {gate.name} not met", message=gate_message(gate))
    for said in _preface(outcome):
        yield Annotation(level=Level.WARNING, title=NAME, message=said)
    if config.annotations != "off":
        for each in outcome.changed:
            yield from _on_lines(each, Level(config.annotations))
    for warning in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=warning)


def _on_lines(each: ChangedCoverage, level: Level) -> Iterator[Annotation]:
    for found, text in (
        (each.missed, "not covered by any test"),
        (each.partial, "not all branches are covered"),
    ):
        for first, last in lines.ranges(found):
            where = f"Line {first} is" if first == last else f"Lines {first} to {last} are"
            said = f"{where} {text}." if found is each.missed else f"Line {first} runs, but {text}."
            yield Annotation(
                level=level,
                title=f"{NAME}: changed and uncovered",
                message=said,
                file=each.path,
                line=first,
                end_line=last,
            )


def _summary(outcome: Outcome, failing: Sequence[GateResult]) -> Iterator[str]:
    if outcome.problems:
        yield "\n".join(f"- {markdown.escape(each)}" for each in outcome.problems)
    if outcome.gates:
        yield _gates_table(outcome.gates)
    if failing:
        yield "\n".join(f"- {markdown.escape(gate_message(each))}" for each in failing)
    if outcome.no_change:
        yield f"No new code to judge: {markdown.escape(outcome.no_change.rstrip('.'))}."
    elif outcome.base_how:
        yield f"The change is compared with {markdown.escape(outcome.base_how)}."
    if outcome.changed:
        yield markdown.details(f"Changed files ({len(outcome.changed)})", _changed_table(outcome))
    if outcome.unmeasured:
        listed = "\n".join(f"- {markdown.code(each.path)}" for each in outcome.unmeasured)
        yield markdown.details(f"Changed source files in no report ({len(outcome.unmeasured)})", listed)
    if outcome.warnings:
        listed = "\n".join(f"- {markdown.escape(each)}" for each in outcome.warnings)
        yield markdown.details(f"Warnings ({len(outcome.warnings)})", listed)
    yield markdown.details(f"What was read ({len(outcome.reads)})", _reads_table(outcome.reads))
    yield markdown.details(f"All measured files ({len(outcome.files)})", _files_table(outcome))


def _gates_table(gates: Iterable[GateResult]) -> str:
    rows = [
        [
            markdown.code(each.name),
            f"{each.scope}, {each.metric}",
            f"{each.tally.percent} %" if each.tally else "n/a",
            f"{each.tally.covered}/{each.tally.total}" if each.tally else "",
            f"{minimum(each.minimum)} %",
            each.delta,
            _MARKS[each.verdict] + (f": {markdown.escape(each.reason)}" if each.reason else ""),
        ]
        for each in gates
    ]
    headers = ("Gate", "Scope", "Value", "Covered", "Needs", "Δ", "Verdict")
    return markdown.table(headers, rows, right=(2, 3, 4, 5))


def _changed_table(outcome: Outcome) -> str:
    rows = [
        [
            _linked(outcome, each.path),
            str(lines.count(each.measured)),
            f"{each.tally.percent} %" if each.tally.total else "n/a",
            _missing(outcome, each),
        ]
        for each in sorted(outcome.changed, key=lambda each: (-lines.count(each.missed), each.path))
    ]
    return markdown.table(
        ("File", "Changed lines", "Covered", "Missing"), rows, right=(1, 2), limit=FILE_ROWS
    )


def _missing(outcome: Outcome, each: ChangedCoverage) -> str:
    """Return the changed lines of a file that are missed, then those that are partly covered."""
    pairs = list(lines.ranges(each.missed))
    found = [_linked_range(outcome, each.path, pair) for pair in pairs[:_RANGES]]
    if len(pairs) > _RANGES:
        found.append(f"and {len(pairs) - _RANGES} more")
    if each.partial:
        found.append(f"partly {lines.spoken(each.partial)}")
    return ", ".join(found)


def _linked(outcome: Outcome, path: str) -> str:
    address = blob_link(outcome.blob_url, path)
    shown = markdown.code(path)
    return markdown.link(shown, address) if address else shown


def _linked_range(outcome: Outcome, path: str, pair: tuple[int, int]) -> str:
    first, last = pair
    text = str(first) if first == last else f"{first}-{last}"
    address = blob_link(outcome.blob_url, path, first, last)
    return markdown.link(text, address) if address else text


def _reads_table(reads: Iterable[Read]) -> str:
    rows = [
        [
            markdown.code(each.file),
            each.format,
            markdown.escape(each.tool),
            str(each.files),
            str(each.lines),
            _age(each.age),
        ]
        for each in reads
    ]
    return markdown.table(
        ("Report", "Format", "Tool", "Files", "Lines", "Age"), rows, right=(3, 4, 5), limit=FILE_ROWS
    )


def _age(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes = int(seconds // 60)
    return (
        f"{minutes} min"
        if minutes < 120
        else f"{minutes // 60} h"
        if minutes < 2880
        else f"{minutes // 1440} days"
    )


def _files_table(outcome: Outcome) -> str:
    missing = [((each.measured ^ each.hit).bit_count(), each) for each in outcome.files]
    missing.sort(key=itemgetter(0), reverse=True)  # stable: equals stay in the order of their paths
    shown = [
        [
            _linked(outcome, each.path),
            f"{tally.percent} %" if tally.total else "n/a",
            f"{tally.covered}/{tally.total}",
            lines.spoken(each.measured & ~each.hit),
        ]
        for _, each in missing[:FILE_ROWS]
        for tally in [counting.tally(each, outcome.metric)]
    ]
    more = len(missing) - len(shown)
    note = f"\n\n… and {more} more files with fewer missing lines." if more else ""
    return markdown.table(("File", "Value", "Covered", "Missing lines"), shown, right=(1, 2)) + note


def _log(outcome: Outcome) -> Iterator[str]:
    for each in outcome.reads:
        yield f"read {each.file}: {each.format}{f' by {each.tool}' if each.tool else ''}, {each.files} files, {each.lines} lines"
    if outcome.base_how:
        yield f"compared with {outcome.base_how}"
    elif outcome.no_change:
        yield f"no new code to judge: {outcome.no_change}"
    rows = [("gate", "value", "covered", "needs", "verdict")]
    for gate in outcome.gates:
        value = f"{gate.tally.percent} %" if gate.tally else "n/a"
        covered = f"{gate.tally.covered}/{gate.tally.total}" if gate.tally else ""
        reason = f" ({gate.reason})" if gate.reason else ""
        rows.append((gate.name, value, covered, f"{minimum(gate.minimum)} %", gate.verdict.value + reason))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        yield "  ".join(
            [row[0].ljust(widths[0]), *(row[column].rjust(widths[column]) for column in (1, 2, 3)), row[4]]
        )


def _products(
    config: Config, outcome: Outcome, result: Result, headline: str, next_step: str
) -> Iterator[Product]:
    yield Product(
        "comment-payload", "comment.json", lambda: comment_payload(outcome, result, config.comment_id)
    )
    if config.html:
        yield Product("html", "coverage.html", lambda: _page(outcome, result, headline, next_step))
    if config.badge:
        yield Product("badge-file", "badge.svg", lambda: _badge(outcome), config.badge)
        endpoint = config.badge.removesuffix(".svg") + ".json"
        yield Product("badge-endpoint", "badge.json", lambda: _endpoint(outcome), endpoint)
    if config.cobertura_out:
        yield Product("cobertura-file", "cobertura.xml", lambda: _cobertura(outcome), config.cobertura_out)
    if outcome.new_baseline:
        kind, _, path = config.baseline.partition(":")
        text = json.dumps(outcome.new_baseline, sort_keys=True)
        yield Product("baseline-file", "coverage-baseline.json", lambda: text, path if kind == "file" else "")
        if config.history:
            yield Product("history-file", "history.jsonl", lambda: outcome.history, config.history)


def _page(outcome: Outcome, result: Result, headline: str, next_step: str) -> str:
    from ci_actions.coverage_gate.page import render

    return render(outcome, headline=headline, verdict=result.value, next_step=next_step)


def _badge(outcome: Outcome) -> str:
    from ci_actions.coverage_gate.badge import badges

    return badges(outcome).svg


def _endpoint(outcome: Outcome) -> str:
    from ci_actions.coverage_gate.badge import badges

    return badges(outcome).endpoint


def _cobertura(outcome: Outcome) -> str:
    from ci_actions.coverage_gate.cobertura_out import render

    return render(outcome)
