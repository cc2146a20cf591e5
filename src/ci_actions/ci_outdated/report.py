"""Pure: outcome -> Report. What people read, in one place: the table of packages, outputs, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.ci_outdated.config import Config
from ci_actions.ci_outdated.model import Outcome, Row, State
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-outdated"
TITLE = "Outdated dependencies"
#: Rows of each table, and of the section of an issue.
ROWS = 200
_RESULTS = {Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    code = _code(config, outcome)
    counts = Counter(row.state for row in outcome.rows)
    skipped = bool(outcome.facts.nothing)
    return Report(
        capability=NAME,
        result=Result.SKIPPED if skipped else _RESULTS.get(code, Result.ERROR),
        exit_code=code,
        headline=f"{NAME}: {_headline(outcome, code, counts)}",
        outputs={
            "packages-json": json.dumps([_as_json(row) for row in outcome.rows]),
            "outdated": str(counts[State.OUTDATED]),
            "unknown": str(counts[State.UNKNOWN]),
        },
        annotations=tuple(_annotations(outcome, code)),
        summary=tuple(_summary(outcome)),
        next_step=_next_step(config, code),
        log=tuple(_sentence(row) for row in outcome.rows if row.state is not State.CURRENT)[:ROWS],
        details={
            "manager": outcome.facts.manager,
            "pythons": list(outcome.facts.pythons),
            "warnings": list(outcome.facts.warnings),
            "packages": [_as_json(row) for row in outcome.rows],
            "section": {"title": TITLE, "rows": list(_rows(outcome))},
        },
        folder=config.report_dir,
    )


def _code(config: Config, outcome: Outcome) -> Exit:
    unknown = [row for row in outcome.rows if row.state is State.UNKNOWN]
    if unknown and (len(unknown) == len(outcome.rows) or config.on_unknown == "fail"):
        answers = outcome.facts.answers
        silent = all(row.package.name in answers and answers[row.package.name].unreachable for row in unknown)
        return Exit.UNAVAILABLE if silent else Exit.CANNOT_JUDGE
    return Exit.NOT_MET if any(row.gates for row in outcome.rows) else Exit.PASSED


def _headline(outcome: Outcome, code: Exit, counts: Mapping[State, int]) -> str:
    if outcome.facts.nothing:
        return f"nothing to compare, {outcome.facts.nothing}"
    total = len(outcome.rows)
    said = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    if code in (Exit.CANNOT_JUDGE, Exit.UNAVAILABLE):
        return f"no verdict, {counts[State.UNKNOWN]} of {total} packages are unknown"
    if code is Exit.NOT_MET:
        gating = sum(row.gates for row in outcome.rows)
        return f"{gating} direct {'dependency is' if gating == 1 else 'dependencies are'} too far behind ({said})"
    return f"{total} {'package' if total == 1 else 'packages'}: {said}"


def _next_step(config: Config, code: Exit) -> str:
    if code is Exit.NOT_MET:
        return f"Bring them up to date, or loosen fail-on-outdated, which is '{config.fail_on_outdated}'."
    if code in (Exit.CANNOT_JUDGE, Exit.UNAVAILABLE):
        return "The table says why nothing is known; a private index needs its credentials in netrc."
    return ""


def _annotations(outcome: Outcome, code: Exit) -> Iterator[Annotation]:
    for row in outcome.rows:
        if row.gates:
            yield Annotation(level=Level.ERROR, title=NAME, message=_sentence(row), file=row.package.file)
    for warning in outcome.facts.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=warning)
    unknown = [row for row in outcome.rows if row.state is State.UNKNOWN]
    if unknown:
        level = Level.WARNING if code in (Exit.PASSED, Exit.NOT_MET) else Level.ERROR
        first = unknown[0]
        more = f" And {len(unknown) - 1} more are unknown." if len(unknown) > 1 else ""
        yield Annotation(
            level=level, title=NAME, message=f"Nothing is known of {first.package.name}: {first.why}.{more}"
        )


# --- tables --------------------------------------------------------------------------------------------


def _summary(outcome: Outcome) -> Iterator[str]:
    shown = [row for row in outcome.rows if row.state in (State.OUTDATED, State.UNKNOWN)]
    if shown:
        yield _table(shown)
    for state in (State.HELD, State.CURRENT):
        rows = [row for row in outcome.rows if row.state is state]
        if rows:
            yield markdown.details(f"{state.value.capitalize()} ({len(rows)})", _table(rows))


def _table(rows: Sequence[Row]) -> str:
    cells = [
        [
            markdown.code(row.package.name),
            markdown.escape(row.package.version or "–"),
            markdown.escape(row.allowed or "?"),
            markdown.escape(row.newest or "?"),
            str(row.step) if row.step else "–",
            kind(row),
            str(row.days) if row.days is not None else "–",
            markdown.escape("; ".join(filter(None, (_word(row), row.why, row.remark)))),
        ]
        for row in rows
    ]
    headers = ("Package", "Locked", "Allowed", "Newest", "Step", "Kind", "Days out", "What is known")
    return markdown.table(headers, cells, right=(6,), limit=ROWS)


def kind(row: Row) -> str:
    """Return `direct` or `transitive`, and `?` where no file says what the project asks for."""
    return {True: "direct", False: "transitive"}.get(row.package.direct, "?")  # type: ignore[arg-type]


def _word(row: Row) -> str:
    return f"{row.state.value}, and too far" if row.gates else row.state.value


def _rows(outcome: Outcome) -> Iterator[str]:
    """Yield the rows of an issue: what is behind, and what is not known."""
    behind = [row for row in outcome.rows if row.state in (State.OUTDATED, State.UNKNOWN)]
    yield from (_sentence(row) for row in behind[:ROWS])
    if len(behind) > ROWS:
        yield f"and {len(behind) - ROWS} more"
    if outcome.facts.nothing:
        yield f"Nothing was compared: {outcome.facts.nothing}."


def _sentence(row: Row) -> str:
    name = f"{row.package.name} {row.package.version}".rstrip()
    if row.state is State.UNKNOWN:
        return f"{name}: unknown, {row.why}"
    if row.state is State.CURRENT:
        return f"{name}: up to date"
    target = row.allowed if row.state is State.OUTDATED else row.newest
    out = f", out for {row.days} days" if row.days is not None else ""
    held = f"; held back, {row.why}" if row.state is State.HELD else ""
    newest = f"; {row.why}" if row.state is State.OUTDATED and row.why else ""
    remark = f"; {row.remark}" if row.remark else ""
    return f"{name} → {target} ({row.step}, {kind(row)}{out}){held}{newest}{remark}"


def _as_json(row: Row) -> dict[str, object]:
    return {
        "name": row.package.name,
        "file": row.package.file,
        "locked": row.package.version,
        "allowed": row.allowed,
        "newest": row.newest,
        "state": row.state.value,
        "step": str(row.step),
        "direct": row.package.direct,
        "days": row.days,
        "why": row.why,
        "remark": row.remark,
        "gates": row.gates,
    }
