"""Pure: outcome -> Report. What people read, in one place: messages, tables, outputs, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.findings.model import Finding, Severity
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.html import blob_link
from ci_actions.kit.report import Annotation, Level, Product, Report, Result
from ci_actions.quality.config import Config
from ci_actions.quality.decide import suppressed
from ci_actions.quality.model import NO_ANSWER, SOURCE, Judged, Outcome, State
from ci_actions.quality.words import checked, spread, urgency

NAME = "quality"
COMMENT_SCHEMA = "ci-actions-quality-comment/1"
#: Rows of a table in the summary, findings in the JSON report and in the comment's payload: nobody reads more, and all
#: have limits.
ROWS = 200
JSON_ROWS = 10_000
COMMENT_ROWS = 100
_MARKS = {
    State.CLEAN: "✅ clean",
    State.FINDINGS: "❌ findings",
    State.INCOMPLETE: "⛔ incomplete",
    State.FAILED: "⛔ failed",
    State.NOT_APPLICABLE: "➖ not applicable",
    State.SKIPPED: "⚠️ skipped",
}
_LEVELS = {Severity.LOW: Level.NOTICE, Severity.MEDIUM: Level.WARNING}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    result, code = _result(outcome)
    shown = Result.WOULD_FAIL if config.dry_run and result is Result.FAILED else result
    headline, next_step = _headline(outcome), _next_step(outcome)
    return Report(
        capability=NAME,
        result=result,
        exit_code=code,
        headline=headline,
        preface=tuple(_preface(outcome)),
        outputs=_outputs(outcome),
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        show_summary=config.summary,
        next_step=next_step,
        log=tuple(_log(outcome)),
        details=_details(outcome),
        products=tuple(_products(config, outcome, shown, headline, next_step)),
        folder=config.report_dir,
    )


def _result(outcome: Outcome) -> tuple[Result, Exit]:
    if outcome.problems:
        return Result.ERROR, Exit.CANNOT_JUDGE
    if outcome.counted or outcome.complaints:
        return Result.FAILED, Exit.NOT_MET
    # Our own parse alone is no answer of a tool.
    idle = (State.NOT_APPLICABLE, State.SKIPPED)
    nothing = all(each.run.state in idle for each in outcome.tools if each.run.tool != SOURCE)
    return Result.SKIPPED if nothing else Result.PASSED, Exit.PASSED


# --- words -----------------------------------------------------------------------------------------


def _headline(outcome: Outcome) -> str:
    if outcome.problems:
        others = len(outcome.problems) - 1
        more = f" (and {others} more {'reason' if others == 1 else 'reasons'})" if others else ""
        return f"{NAME}: no verdict. {_what_and_advice(outcome.problems[0])[0]}{more}"
    counts = Counter(each.tool for each in outcome.counted)
    new = "new " if outcome.scope == "new" else ""
    if counts:
        named = ", ".join(f"{tool} {count}" for tool, count in counts.most_common())
        return f"{NAME}: {_counted(len(outcome.counted), f'{new}finding')} ({named})"
    if outcome.complaints:
        return f"{NAME}: {_what_and_advice(outcome.complaints[0])[0]}"
    ran = [each.run for each in outcome.tools if each.run.state in (State.CLEAN, State.FINDINGS)]
    tools = [each for each in ran if each.tool != SOURCE]
    if not tools:
        reasons = "; ".join(
            f"{each.run.tool}: {each.run.reason}" for each in outcome.tools if each.run.tool != SOURCE
        )
        return f"{NAME}: nothing to judge" + (f" ({reasons})" if reasons else "")
    old = f", {_counted(len(outcome.old), 'old one')}" if outcome.old else ""
    return f"{NAME}: no {new}findings of {_counted(len(tools), 'tool')} in {_counted(checked(outcome), 'file')}{old}"


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _next_step(outcome: Outcome) -> str:
    if outcome.problems:
        return _what_and_advice(outcome.problems[0])[1]
    if not outcome.counted:
        return _what_and_advice(outcome.complaints[0])[1] if outcome.complaints else ""
    mendable = sum(1 for each in outcome.counted if each.rule == "format" or each.fix)
    first = min(outcome.counted, key=urgency)
    if outcome.facts.patch and mendable:
        rest = len(outcome.counted) - mendable
        left = f"; {_counted(rest, 'finding')} {'needs' if rest == 1 else 'need'} a hand" if rest else ""
        return f"ci-actions quality --fix mends what tools can mend{left}"
    return f"mend {_place(first)}: {first.message}"


def _place(each: Finding) -> str:
    return f"{each.path}:{each.line}" if each.line else each.path or each.tool


def _what_and_advice(problem: str) -> tuple[str, str]:
    """Return the first sentence of a problem, which says what is wrong, and the rest, which says what to do."""
    what, stop, advice = problem.partition(". ")
    return what + stop.strip(), advice


def _preface(outcome: Outcome) -> Iterator[str]:
    """Yield what must be read before the verdict is believed."""
    facts = outcome.facts
    if facts.loosened:
        yield "This change itself loosens what is asked of it: " + "; ".join(facts.loosened) + "."
    if facts.suppressions and not any("silence" in each for each in (*outcome.complaints, *outcome.warnings)):
        yield suppressed(facts)


# --- for machines ----------------------------------------------------------------------------------


def _outputs(outcome: Outcome) -> Mapping[str, str]:
    return {
        "findings-new": str(len(outcome.counted)) if outcome.scope == "new" else "n/a",
        "findings-all": str(len(outcome.counted) + len(outcome.old)),
        "files-checked": str(checked(outcome)),
        "tools-json": json.dumps([_tool_as_json(each) for each in outcome.tools]),
        "plan-hash": outcome.facts.plan.digest,
        "sarif-file": "",
        "patch-file": "",
        "html": "",
    }


def _tool_as_json(each: Judged) -> Mapping[str, object]:
    run = each.run
    files = run.answer.files
    return {
        "name": run.tool,
        "state": run.state.value,
        "version": run.version,
        "reason": run.reason,
        "findings": len(each.counted),
        "old": len(each.old),
        "remarks": len(each.remarks),
        "files": len(files) if isinstance(files, frozenset) else files,
        "eligible": run.eligible,
        "seconds": round(run.seconds, 2),
        "cached": run.cached,
    }


def _details(outcome: Outcome) -> Mapping[str, object]:
    facts = outcome.facts
    shown = [
        *(_finding_as_json(each, "new" if outcome.scope == "new" else "counted") for each in outcome.counted),
        *(_finding_as_json(each, "old") for each in outcome.old),
        *(_finding_as_json(each, "remark") for tool in outcome.tools for each in tool.remarks),
    ]
    return {
        "scope": outcome.scope,
        "head": facts.head,
        "base": facts.base,
        "base-how": facts.base_how,
        "no-change": facts.no_change,
        "environment": {
            "python": facts.environment.version,
            "prefix": facts.environment.prefix,
            "how": facts.environment.how,
        },
        "plan": {"hash": facts.plan.digest, **facts.plan.parts},
        "tools": [
            {**_tool_as_json(each), "problems": list(each.run.problems), "unread": list(each.run.gaps)}
            for each in outcome.tools
        ],
        "findings": shown[:JSON_ROWS],
        "findings-left-out": max(len(shown) - JSON_ROWS, 0),
        "problems": list(outcome.problems),
        "complaints": list(outcome.complaints),
        "warnings": list(outcome.warnings),
        "loosened": list(facts.loosened),
        "suppressions": [
            {"path": _text(each.path), "line": each.line, "kind": each.kind} for each in facts.suppressions
        ],
        "drift": [
            {"tool": each.tool, "here": each.here, "hook": each.hook, "file": each.file}
            for each in facts.drift
        ],
        "fixed": [_text(path) for path in facts.fixed],
    }


def _finding_as_json(each: Finding, counts: str) -> Mapping[str, object]:
    region = each.region
    return {
        "tool": each.tool,
        "rule": each.rule,
        "severity": each.severity.word,
        "path": _text(each.path),
        "line": each.line,
        "column": region.column if region else 0,
        "message": _text(each.message),
        "url": each.url,
        "fingerprint": each.fingerprint,
        "counts": counts,
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def comment_payload(outcome: Outcome, result: Result, comment_id: str) -> str:
    """Return what the commenting workflow needs: names, numbers and paths, so that the trusted side writes the words."""
    facts = outcome.facts
    return json.dumps(
        {
            "schema": COMMENT_SCHEMA,
            "capability": NAME,
            "id": comment_id,
            "result": result.value,
            "head": facts.head,
            "base": facts.base,
            "scope": outcome.scope,
            "totals": {
                "findings": len(outcome.counted),
                "old": len(outcome.old),
                "complaints": len(outcome.complaints),
                "files": checked(outcome),
            },
            "tools": [
                {
                    "tool": each.run.tool,
                    "state": each.run.state.value,
                    "findings": len(each.counted),
                    "old": len(each.old),
                }
                for each in outcome.tools
            ],
            "findings": [
                {
                    "tool": each.tool,
                    "rule": markdown.plain(each.rule)[:100],
                    "severity": each.severity.word,
                    "path": markdown.plain(each.path)[:500],
                    "line": each.line,
                }
                for each in spread(outcome.counted)[:COMMENT_ROWS]
            ],
        }
    )


# --- for people ------------------------------------------------------------------------------------


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    for problem in outcome.problems:
        yield Annotation(level=Level.ERROR, title=f"{NAME}: no verdict", message=problem)
    for complaint in outcome.complaints:
        yield Annotation(level=Level.ERROR, title=NAME, message=complaint)
    for said in _preface(outcome):
        yield Annotation(level=Level.WARNING, title=NAME, message=said)
    # Before the findings: of a long list only the beginning is shown.
    for warning in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=warning)
    findings = spread(outcome.counted)
    if findings and not outcome.problems and not any(_level(each) is Level.ERROR for each in findings):
        # A run that is red says so as an error, also where the tool's own word for each finding is a warning.
        yield Annotation(
            level=Level.ERROR, title=NAME, message=_headline(outcome).removeprefix(f"{NAME}: ") + "."
        )
    for each in findings:
        region = each.region
        yield Annotation(
            level=_level(each),
            title=f"{each.tool}: {each.rule}",
            message=f"{each.message} [{each.tool} {each.rule}]",
            file=each.path,
            line=each.line,
            end_line=max(region.end_line, region.line) if region else 0,
            column=region.column if region else 0,
        )


def _level(each: Finding) -> Level:
    return _LEVELS.get(each.severity, Level.ERROR)


def _summary(outcome: Outcome) -> Iterator[str]:
    facts = outcome.facts
    if outcome.problems:
        yield "\n".join(f"- {markdown.escape(each)}" for each in outcome.problems)
    yield _tools_table(outcome)
    if outcome.complaints:
        yield "\n".join(f"- {markdown.escape(each)}" for each in outcome.complaints)
    if outcome.counted:
        yield _findings_table(outcome, spread(outcome.counted))
    if outcome.scope == "new":
        yield f"New is what {markdown.escape(facts.base_how)} does not have, by the same tools and settings."
    if facts.fixed:
        listed = "\n".join(f"- {markdown.code(path)}" for path in facts.fixed[:ROWS])
        yield markdown.details(f"Files that were mended ({len(facts.fixed)})", listed)
    if outcome.warnings:
        listed = "\n".join(f"- {markdown.escape(each)}" for each in outcome.warnings)
        yield markdown.details(f"Warnings ({len(outcome.warnings)})", listed)
    if outcome.old:
        yield markdown.details(
            f"Old findings ({len(outcome.old)})", _findings_table(outcome, spread(outcome.old))
        )
    remarks = [finding for each in outcome.tools for finding in each.remarks]
    if remarks:
        yield markdown.details(
            f"Remarks that do not count ({len(remarks)})", _findings_table(outcome, spread(remarks))
        )
    if gaps := list(_gaps(outcome)):
        yield markdown.details("Files that tools did not read", "\n".join(f"- {each}" for each in gaps))
    yield markdown.details(f"Plan {facts.plan.digest}", _plan_table(outcome))


def _tools_table(outcome: Outcome) -> str:
    new = outcome.scope == "new"
    rows = []
    for each in outcome.tools:
        run = each.run
        row = [
            markdown.code(run.tool),
            markdown.escape(run.version),
            f"{len(each.counted):,}" if run.state not in NO_ANSWER else "",
            *([f"{len(each.old):,}" if run.state not in NO_ANSWER else ""] if new else []),
            _files(each),
            "cached" if run.cached else f"{run.seconds:.1f} s" if run.seconds else "",
            _state(each),
        ]
        rows.append(row)
    headers = ("Tool", "Version", *(("New", "Old") if new else ("Findings",)), "Files", "Time", "State")
    return markdown.table(headers, rows, right=(2, 3, 4, 5) if new else (2, 3, 4))


def _state(each: Judged) -> str:
    run = each.run
    if run.state is State.FINDINGS and not each.counted:
        return "✅ no new ones"
    if run.state is State.CLEAN and each.counted:
        return _MARKS[State.FINDINGS]
    said = run.problems[0] if run.state in NO_ANSWER and run.problems else ""
    if run.state in (State.NOT_APPLICABLE, State.SKIPPED):
        said = run.reason
    score = f", {run.answer.score}" if run.answer.score else ""
    return _MARKS[run.state] + markdown.escape(score) + (f": {markdown.escape(said)}" if said else "")


def _files(each: Judged) -> str:
    files = each.run.answer.files
    if files is None:
        return ""
    count = len(files) if isinstance(files, frozenset) else files
    return f"{count:,} of {each.run.eligible:,}" if count < each.run.eligible else f"{count:,}"


def _findings_table(outcome: Outcome, findings: Sequence[Finding]) -> str:
    rows = [
        [
            _linked(outcome, each),
            markdown.code(each.tool),
            markdown.link(markdown.escape(each.rule), each.url)
            if _is_link(each.url)
            else markdown.escape(each.rule),
            markdown.escape(each.message[:400]),
        ]
        for each in findings[:ROWS]
    ]
    more = len(findings) - len(rows)
    table = markdown.table(("Place", "Tool", "Rule", "Message"), rows)
    return table + (f"\n\n… and {more:,} more." if more else "")


def _is_link(url: str) -> bool:
    return url.startswith("https://") and not set(url) & set(" <>\"'`()|\\")


def _linked(outcome: Outcome, each: Finding) -> str:
    shown = markdown.code(_place(each))
    address = blob_link(outcome.facts.blob_url, each.path, each.line, each.line) if each.path else ""
    return markdown.link(shown, address) if address else shown


def _gaps(outcome: Outcome) -> Iterator[str]:
    for each in outcome.tools:
        files = each.run.answer.files
        count = len(files) if isinstance(files, frozenset) else files
        if count is not None and count < each.run.eligible and each.run.tool != "hooks":
            names = ", ".join(markdown.code(path) for path in each.run.gaps[:5])
            more = each.run.eligible - count - min(len(each.run.gaps), 5)
            tail = f" and {more:,} more" if more and names else ""
            yield (
                f"{markdown.code(each.run.tool)} read {count:,} of {each.run.eligible:,} files of git"
                + (f", not {names}{tail}" if names else "")
            )


def _plan_table(outcome: Outcome) -> str:
    facts = outcome.facts
    rows = [[markdown.code(name), markdown.escape(value)] for name, value in facts.plan.parts.items()]
    said = f"Environment: {markdown.escape(facts.environment.prefix)} ({markdown.escape(facts.environment.how)})."
    return f"{said} Equal plans give equal verdicts.\n\n" + markdown.table(
        ("Part", "Version and settings"), rows
    )


def _log(outcome: Outcome) -> Iterator[str]:
    facts = outcome.facts
    yield f"environment {facts.environment.prefix}: Python {facts.environment.version} ({facts.environment.how})"
    if outcome.scope == "new":
        yield f"compared with {facts.base_how}"
    for path in facts.fixed:
        yield f"mended {path}"
    rows: list[tuple[str, ...]] = [
        (
            "tool",
            "version",
            "new" if outcome.scope == "new" else "findings",
            "old",
            "files",
            "seconds",
            "state",
        )
    ]
    for each in outcome.tools:
        run = each.run
        rows.append(
            (
                run.tool,
                run.version,
                str(len(each.counted)) if run.state not in NO_ANSWER else "",
                str(len(each.old)) if outcome.scope == "new" and run.state not in NO_ANSWER else "",
                _files(each),
                "cached" if run.cached else f"{run.seconds:.1f}" if run.seconds else "",
                _logged_state(each),
            )
        )
    if outcome.scope != "new":
        rows = [(*row[:3], *row[4:]) for row in rows]
    last = len(rows[0]) - 1
    widths = [max(len(row[column]) for row in rows) for column in range(last)]
    for row in rows:
        cells = [
            row[column].ljust(widths[column]) if column < 2 else row[column].rjust(widths[column])
            for column in range(last)
        ]
        yield "  ".join([*cells, row[last]]).rstrip()
    yield f"plan {facts.plan.digest}: " + " · ".join(
        f"{name} {value}" for name, value in facts.plan.parts.items()
    )


def _logged_state(each: Judged) -> str:
    run = each.run
    if run.state is State.FINDINGS and not each.counted:
        return "no new ones"
    said = run.score_or_reason
    return run.state.value + (f" ({said})" if said else "")


def _products(
    config: Config, outcome: Outcome, result: Result, headline: str, next_step: str
) -> Iterator[Product]:
    if outcome.facts.patch:
        yield Product("patch-file", "fixes.patch", lambda: outcome.facts.patch)
    if any(each.run.state in (State.CLEAN, State.FINDINGS) for each in outcome.tools):
        yield Product("sarif-file", "quality.sarif", lambda: _sarif(outcome), config.sarif)
    yield Product(
        "comment-payload", "comment.json", lambda: comment_payload(outcome, result, config.comment_id)
    )
    if config.html:
        yield Product("html", "quality.html", lambda: _page(outcome, result, headline, next_step))


def _sarif(outcome: Outcome) -> str:
    from ci_actions.quality.sarif_out import render

    return render(outcome)


def _page(outcome: Outcome, result: Result, headline: str, next_step: str) -> str:
    from ci_actions.quality.page import render

    return render(outcome, headline=headline, verdict=result.value, next_step=next_step)
