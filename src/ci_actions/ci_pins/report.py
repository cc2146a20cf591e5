"""Pure: outcome -> Report. What people read, in one place: the table of pins, outputs, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from ci_actions.ci_pins.config import Config
from ci_actions.ci_pins.model import Outcome, Row, State
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-pins"
TITLE = "Actions and hooks"
#: Rows of a table, and of the section of an issue.
ROWS = 200
PLACES = 5
_RESULTS = {Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}
_LEVELS = {State.WRONG: Level.ERROR, State.UNPINNED: Level.WARNING, State.UNKNOWN: Level.WARNING}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    code = _code(config, outcome)
    counts = Counter(row.state for row in outcome.rows)
    return Report(
        capability=NAME,
        result=_RESULTS.get(code, Result.ERROR) if outcome.rows else Result.SKIPPED,
        exit_code=code,
        headline=f"{NAME}: {_headline(outcome, code, counts)}",
        outputs={
            "pins-json": json.dumps([_as_json(row) for row in outcome.rows]),
            "wrong": str(counts[State.WRONG]),
            "unpinned": str(counts[State.UNPINNED]),
            "outdated": str(sum(bool(row.step) for row in outcome.rows)),
            "unknown": str(counts[State.UNKNOWN]),
        },
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        next_step=_next_step(config, code),
        details={
            "warnings": list(outcome.facts.warnings),
            "pins": [_as_json(row) for row in outcome.rows],
            "section": {"title": TITLE, "rows": list(_rows(outcome))},
        },
        folder=config.report_dir,
    )


def _code(config: Config, outcome: Outcome) -> Exit:
    unknown = [row for row in outcome.rows if row.state is State.UNKNOWN]
    if unknown and (len(unknown) == len(outcome.rows) or config.on_unknown == "fail"):
        tags = outcome.facts.tags
        silent = all(row.pin.repository in tags and tags[row.pin.repository].unreachable for row in unknown)
        return Exit.UNAVAILABLE if silent else Exit.CANNOT_JUDGE
    return Exit.NOT_MET if any(row.gates for row in outcome.rows) else Exit.PASSED


def _headline(outcome: Outcome, code: Exit, counts: Mapping[State, int]) -> str:
    total = len(outcome.rows)
    if not total:
        return "nothing to look at, no workflow, action or hook uses another repository"
    if code in (Exit.CANNOT_JUDGE, Exit.UNAVAILABLE):
        return f"no verdict, {counts[State.UNKNOWN]} of {total} pins are unknown"
    said = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    return f"{total} {'pin' if total == 1 else 'pins'}: {said}"


def _next_step(config: Config, code: Exit) -> str:
    if code is Exit.NOT_MET:
        behind = f", or loosen fail-on-outdated, which is '{config.fail_on_outdated}'"
        return f"Correct the pins{behind if config.fail_on_outdated != 'none' else ''}."
    return "The table says why nothing is known." if code is not Exit.PASSED else ""


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    for row in outcome.rows:
        level = Level.ERROR if row.gates else _LEVELS.get(row.state)
        if level:
            file, line = row.pin.places[0]
            yield Annotation(level=level, title=NAME, message=_sentence(row), file=file, line=line)
    for warning in outcome.facts.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=warning)


def _summary(outcome: Outcome) -> Iterator[str]:
    for is_current in (False, True):
        rows = [row for row in outcome.rows if (row.state is State.CURRENT) is is_current]
        if rows:
            cells = [
                [
                    markdown.code(row.pin.name),
                    markdown.escape(row.version or "?"),
                    markdown.escape(row.newest or "?"),
                    str(row.step) if row.step else "–",
                    markdown.escape("; ".join(filter(None, (row.state.value, row.why)))),
                    markdown.escape(_places(row)),
                ]
                for row in rows
            ]
            made = markdown.table(
                ("Pin", "Version", "Newest", "Step", "What is known", "Where"), cells, limit=ROWS
            )
            yield markdown.details(f"Up to date ({len(rows)})", made) if is_current else made


def _rows(outcome: Outcome) -> Iterator[str]:
    """Yield the rows of an issue: everything that is to be looked at."""
    rows = [row for row in outcome.rows if row.state is not State.CURRENT]
    yield from (f"{_sentence(row)} ({_places(row)})" for row in rows[:ROWS])
    if len(rows) > ROWS:
        yield f"and {len(rows) - ROWS} more"


def _sentence(row: Row) -> str:
    behind = f" → {row.newest} ({row.step})" if row.step else ""
    version = f" {row.version}" if row.version and row.version != row.pin.ref else ""
    why = f", {row.why}" if row.why else ""
    return f"{row.pin.name}{version}{behind}: {row.state.value}{why}"


def _places(row: Row) -> str:
    shown = [f"{file}:{line}" for file, line in row.pin.places[:PLACES]]
    more = len(row.pin.places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _as_json(row: Row) -> dict[str, object]:
    return {
        "kind": row.pin.kind.value,
        "repository": row.pin.repository,
        "ref": row.pin.ref,
        "says": row.pin.said,
        "places": [f"{file}:{line}" for file, line in row.pin.places],
        "version": row.version,
        "newest": row.newest,
        "state": row.state.value,
        "step": str(row.step),
        "why": row.why,
        "gates": row.gates,
    }
