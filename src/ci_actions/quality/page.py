"""The HTML page of quality: values of an outcome arranged for `page.html`, which draws them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ci_actions.findings.model import Finding, Severity
from ci_actions.kit import html
from ci_actions.kit.html import blob_link
from ci_actions.quality.model import NO_ANSWER, Judged, Outcome, State
from ci_actions.quality.words import checked, spread

#: What the page shows before it counts the rest: files, findings of one file, and rows of the other tables.
FILES, FINDINGS, ROWS = 200, 50, 200

_TONES = {
    State.CLEAN: "good",
    State.FINDINGS: "bad",
    State.INCOMPLETE: "bad",
    State.FAILED: "bad",
    State.NOT_APPLICABLE: "neutral",
    State.SKIPPED: "warn",
}
_SEVERITIES = {Severity.LOW: "neutral", Severity.MEDIUM: "warn"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One tool."""

    name: str
    version: str
    state: str
    tone: str
    why: str
    counted: int | None
    old: int | None
    files: str
    seconds: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One finding in its file."""

    place: str
    address: str
    tool: str
    rule: str
    url: str
    severity: str
    tone: str
    message: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class File:
    """A file with what was found in it."""

    path: str
    lines: tuple[Line, ...]
    more: int


def render(outcome: Outcome, *, headline: str, verdict: str, next_step: str = "") -> str:
    """Return the page; `verdict` is the value of a `kit.report.Result`, the other two are plain text."""
    facts = outcome.facts
    counted = _files(outcome, outcome.counted)
    old = _files(outcome, outcome.old)
    remarks = _files(outcome, [finding for each in outcome.tools for finding in each.remarks])
    return html.render(
        "quality/page.html",
        html.Frame(
            capability="quality",
            headline=headline,
            verdict=verdict,
            next_step=next_step,
            problems=(*outcome.problems, *outcome.complaints),
            loosened=facts.loosened,
            warnings=outcome.warnings,
            facts=tuple(_facts(outcome)),
        ),
        tools=[_row(each, outcome) for each in outcome.tools],
        new=outcome.scope == "new",
        counted=counted[:FILES],
        counted_more=max(len(counted) - FILES, 0),
        old=old[:FILES],
        old_count=len(outcome.old),
        remarks=remarks[:FILES],
        suppressions=facts.suppressions[:ROWS],
        suppressions_more=max(len(facts.suppressions) - ROWS, 0),
        gaps=[(each.run.tool, each.run.gaps) for each in outcome.tools if each.run.gaps],
        parts=tuple(facts.plan.parts.items()),
        plan=facts.plan.digest,
        patch=facts.patch[:200_000],
    )


def _facts(outcome: Outcome) -> Iterable[str]:
    facts = outcome.facts
    if facts.head:
        yield f"at {facts.head[:12]}"
    if outcome.scope == "new":
        yield f"against {facts.base_how}"
    if facts.directory:
        yield f"in {facts.directory}"
    yield f"{checked(outcome):,} files checked"
    yield f"Python {facts.environment.version} of {facts.environment.prefix} ({facts.environment.how})"
    yield f"plan {facts.plan.digest}"


def _row(each: Judged, outcome: Outcome) -> Row:
    run = each.run
    answered = run.state not in NO_ANSWER
    files = run.answer.files
    count = len(files) if isinstance(files, frozenset) else files
    quiet = run.state is State.FINDINGS and not each.counted
    return Row(
        name=run.tool,
        version=run.version,
        state="no new ones" if quiet else run.state.value.replace("-", " "),
        tone="good" if quiet else _TONES[run.state],
        why="; ".join(run.problems) or run.answer.score or run.reason,
        counted=len(each.counted) if answered else None,
        old=len(each.old) if answered and outcome.scope == "new" else None,
        files=""
        if count is None
        else f"{count:,} of {run.eligible:,}"
        if count < run.eligible
        else f"{count:,}",
        seconds="cached" if run.cached else f"{run.seconds:.1f} s" if run.seconds else "",
    )


def _files(outcome: Outcome, findings: Sequence[Finding]) -> list[File]:
    """Return the files, those with the most severe finding first, each with its findings in the order of its lines."""
    by_path: dict[str, list[Finding]] = {}
    for each in spread(findings):
        by_path.setdefault(each.path, []).append(each)
    made = []
    for path, here in by_path.items():
        here.sort(key=lambda each: each.line)
        shown = tuple(_lines(outcome, here[:FINDINGS]))
        made.append(File(path=path or "the whole project", lines=shown, more=max(len(here) - FINDINGS, 0)))
    return made


def _lines(outcome: Outcome, findings: Iterable[Finding]) -> Iterator[Line]:
    for each in findings:
        column = f":{each.region.column}" if each.region and each.region.column else ""
        yield Line(
            place=f"{each.line}{column}" if each.line else "",
            address=blob_link(outcome.facts.blob_url, each.path, each.line, each.line) if each.path else "",
            tool=each.tool,
            rule=each.rule,
            url=each.url if each.url.startswith("https://") else "",
            severity=each.severity.word,
            tone=_SEVERITIES.get(each.severity, "bad"),
            message=each.message[:1000],
            fix=each.fix,
        )
