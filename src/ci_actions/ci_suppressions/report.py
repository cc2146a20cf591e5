"""Pure: outcome -> Report. What people read, in one place: messages, outputs, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ci_actions.ci_suppressions.config import Config
from ci_actions.ci_suppressions.model import Outcome
from ci_actions.findings.suppressions import Suppression
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-suppressions"
TITLE = "Suppressions of findings"


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    facts = outcome.facts
    result, code = Result.PASSED, Exit.PASSED
    if outcome.expired:
        result, code = Result.FAILED, Exit.NOT_MET
    elif not facts.file:
        result = Result.SKIPPED
    unused = facts.unused
    return Report(
        capability=NAME,
        result=result,
        exit_code=code,
        headline=f"{NAME}: {_headline(config, outcome)}",
        outputs={
            "expired": str(len(outcome.expired)),
            "expiring": str(len(outcome.expiring)),
            "unused": "unknown" if unused.problem else str(len(unused.entries)),
        },
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        next_step="Mend the findings and take the entries out, or say anew why they are acceptable, and until when."
        if outcome.expired
        else "",
        details={
            "file": facts.file,
            "unused": list(unused.entries),
            "unused-problem": unused.problem if facts.file else "",
            "section": {"title": TITLE, "rows": list(_rows(outcome))},
        },
        folder=config.report_dir,
    )


def _headline(config: Config, outcome: Outcome) -> str:
    facts = outcome.facts
    if not facts.file:
        return "nothing to look at, there is no file of suppressions"
    parts = [
        f"{len(outcome.expired)} over",
        f"{len(outcome.expiring)} within {config.soon} days of the end",
        f"unknown whether any holds nothing back ({facts.unused.problem})"
        if facts.unused.problem
        else f"{len(facts.unused.entries)} without use",
    ]
    total = len(facts.entries)
    return f"{total} {'suppression' if total == 1 else 'suppressions'}: {', '.join(parts)}"


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    file = outcome.facts.file
    for level, entries in ((Level.ERROR, outcome.expired), (Level.WARNING, outcome.expiring)):
        for entry in entries:
            yield Annotation(
                level=level, title=NAME, message=_sentence(outcome, entry), file=file, line=entry.line
            )
    for what in outcome.facts.unused.entries:
        yield Annotation(level=Level.NOTICE, title=NAME, message=f"It holds nothing back: {what}.", file=file)


def _sentence(outcome: Outcome, entry: Suppression) -> str:
    days = (entry.expires - outcome.facts.today).days
    when = (
        f"was over on {entry.expires}"
        if days < 0
        else f"ends today, on {entry.expires}"
        if days == 0
        else f"ends on {entry.expires}, in {days} {'day' if days == 1 else 'days'}"
    )
    ticket = f", {entry.ticket}" if entry.ticket else ""
    return f"{entry.what} {when} ({entry.owner}{ticket})"


def _rows(outcome: Outcome) -> Iterator[str]:
    for entry in (*outcome.expired, *outcome.expiring):
        yield _sentence(outcome, entry)
    for what in outcome.facts.unused.entries:
        yield f"{what}: holds nothing back"


def _summary(outcome: Outcome) -> Iterator[str]:
    for entries in (outcome.expired, outcome.expiring):
        if entries:
            yield _table(entries)
    if outcome.facts.unused.entries:
        listed = "\n".join(f"- {markdown.escape(each)}" for each in outcome.facts.unused.entries)
        yield f"These hold nothing back:\n\n{listed}"


def _table(entries: Sequence[Suppression]) -> str:
    rows = [
        [str(each.expires), *(markdown.escape(text) for text in (each.what, each.owner, each.reason))]
        for each in entries
    ]
    return markdown.table(("Ends", "What", "Owner", "Reason"), rows, limit=100)
