"""Pure: outcome -> Report. What people read, in one place: messages, tables, outputs, JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.ci_docs.config import Config
from ci_actions.ci_docs.model import Finding, Outcome
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.html import blob_link
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-docs"
#: Rows of a table in the summary, and findings in the JSON report: nobody reads more, and both have limits.
ROWS = 200
JSON_ROWS = 10_000


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    return Report(
        capability=NAME,
        result=_result(outcome),
        exit_code=outcome.code,
        headline=_headline(outcome),
        outputs={
            "documents": str(len(outcome.facts.documents)),
            "links": str(outcome.checked),
            "broken": str(len(outcome.broken)),
            "not-checked": str(len(outcome.unchecked)),
        },
        annotations=tuple(_annotations(config, outcome)),
        summary=tuple(_summary(outcome)),
        show_summary=config.summary,
        next_step=_next_step(outcome),
        log=tuple(_log(outcome)),
        details=_details(outcome),
        folder=config.report_dir,
    )


def _result(outcome: Outcome) -> Result:
    if outcome.code is Exit.PASSED:
        return Result.PASSED
    return Result.FAILED if outcome.code is Exit.NOT_MET else Result.ERROR


def _headline(outcome: Outcome) -> str:
    if outcome.causes:
        return f"{NAME}: no verdict. {outcome.causes[0].text}"
    where = f"{_counted(outcome.checked, 'link')} of {_counted(len(outcome.facts.documents), 'document')}"
    if outcome.broken:
        return f"{NAME}: {len(outcome.broken):,} broken, {where} checked"
    return f"{NAME}: {where} lead somewhere" if outcome.checked != 1 else f"{NAME}: {where} leads somewhere"


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _next_step(outcome: Outcome) -> str:
    if outcome.causes:
        return outcome.causes[0].advice
    if not outcome.broken:
        return ""
    first = outcome.broken[0]
    return f"mend {_place(first)}: {first.message}"


def _place(each: Finding) -> str:
    return f"{each.path}:{each.line}:{each.column}"


def _annotations(config: Config, outcome: Outcome) -> Iterator[Annotation]:
    for cause in outcome.causes:
        yield Annotation(
            level=Level.ERROR, title=f"{NAME}: no verdict", message=f"{cause.text} {cause.advice}".rstrip()
        )
    if outcome.broken and not config.annotations:
        yield Annotation(
            level=Level.ERROR, title=NAME, message=f"{_headline(outcome).removeprefix(f'{NAME}: ')}."
        )
    for each in (*outcome.broken[: config.annotations], *outcome.warnings[: config.annotations]):
        yield Annotation(
            level=Level.ERROR if each.broken else Level.WARNING,
            title=f"{NAME}: {each.rule}",
            message=f"{each.message} (column {each.column})",
            file=each.path,
            line=each.line,
        )
    for glob in outcome.unused_allowances:
        yield Annotation(
            level=Level.NOTICE, title=NAME, message=f"input 'allow': nothing that is missing fits '{glob}'"
        )


def _summary(outcome: Outcome) -> Iterator[str]:
    if outcome.causes:
        yield "\n".join(f"- {markdown.escape(each.text)}" for each in outcome.causes)
    if outcome.broken:
        yield _table(outcome, outcome.broken)
    if outcome.warnings:
        yield markdown.details(f"Warnings ({len(outcome.warnings)})", _table(outcome, outcome.warnings))
    if outcome.unchecked:
        rows = [[str(count), markdown.escape(why)] for why, count in _reasons(outcome).most_common()]
        yield markdown.details(
            f"Links that nobody could decide ({len(outcome.unchecked)})",
            markdown.table(("Links", "Why"), rows, right=(0,)),
        )


def _table(outcome: Outcome, findings: Sequence[Finding]) -> str:
    rows = []
    for each in findings[:ROWS]:
        shown = markdown.code(f"{each.path}:{each.line}")
        address = blob_link(outcome.facts.blob_url, each.path, each.line, each.line)
        rows.append(
            [
                markdown.link(shown, address) if address else shown,
                markdown.escape(each.rule),
                markdown.escape(each.message),
            ]
        )
    more = len(findings) - len(rows)
    return markdown.table(("Place", "Rule", "Message"), rows) + (f"\n\n… and {more:,} more." if more else "")


def _reasons(outcome: Outcome) -> Counter[str]:
    return Counter(each.why for each in outcome.unchecked)


def _log(outcome: Outcome) -> Iterator[str]:
    for each in outcome.findings[:ROWS]:
        yield f"{_place(each)}: {'error' if each.broken else 'warning'}: {each.message} [{each.rule}]"
    if len(outcome.findings) > ROWS:
        yield f"and {len(outcome.findings) - ROWS:,} more; the JSON report has them"
    for why, count in _reasons(outcome).most_common():
        yield f"not checked: {_counted(count, 'link')}: {why}"


def _details(outcome: Outcome) -> Mapping[str, object]:
    return {
        "documents": len(outcome.facts.documents),
        "links": outcome.checked,
        "findings": [
            {
                "rule": each.rule,
                "path": _text(each.path),
                "line": each.line,
                "column": each.column,
                "message": _text(each.message),
                "broken": each.broken,
            }
            for each in outcome.findings[:JSON_ROWS]
        ],
        "findings-left-out": max(len(outcome.findings) - JSON_ROWS, 0),
        "not-checked": [
            {
                "path": _text(each.path),
                "line": each.link.line,
                "column": each.link.column,
                "target": _text(each.link.target),
                "why": _text(each.why),
            }
            for each in outcome.unchecked[:JSON_ROWS]
        ],
        "problems": [{"code": int(each.code), "text": each.text} for each in outcome.causes],
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
