"""Pure: outcome -> Report. What people read, in one place: the table of properties, outputs, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from ci_actions.ci_protection.config import Config
from ci_actions.ci_protection.model import Outcome, Row, State, Value
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-protection"
TITLE = "Branch protection"
_RESULTS = {Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    code = _code(config, outcome)
    counts = Counter(row.state for row in outcome.rows)
    return Report(
        capability=NAME,
        result=_RESULTS.get(code, Result.ERROR) if outcome.facts.file else Result.SKIPPED,
        exit_code=code,
        headline=f"{NAME}: {_headline(config, outcome, code, counts)}",
        outputs={
            "protection-json": json.dumps([_as_json(row) for row in outcome.rows]),
            "drifted": str(counts[State.DRIFTED]),
            "unknown": str(counts[State.UNKNOWN]),
        },
        annotations=tuple(_annotations(outcome, code)),
        summary=tuple(_summary(outcome)),
        next_step=_next_step(outcome, code),
        details={
            "file": outcome.facts.file,
            "idle-rulesets": list(outcome.facts.idle),
            "properties": [_as_json(row) for row in outcome.rows],
            "section": {"title": TITLE, "rows": list(_rows(outcome))},
        },
        folder=config.report_dir,
    )


def _code(config: Config, outcome: Outcome) -> Exit:
    states = [row.state for row in outcome.rows]
    unknown = states.count(State.UNKNOWN)
    if unknown and (unknown == len(states) or config.on_unknown == "fail"):
        return Exit.CANNOT_JUDGE
    return Exit.NOT_MET if State.DRIFTED in states else Exit.PASSED


def _headline(config: Config, outcome: Outcome, code: Exit, counts: Mapping[State, int]) -> str:
    if not outcome.facts.file:
        return f"nothing to compare, there is no {config.file}"
    total = len(outcome.rows)
    said = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    if code is Exit.CANNOT_JUDGE:
        return f"no verdict, {counts[State.UNKNOWN]} of {total} declared properties are unknown"
    return f"{total} declared {'property' if total == 1 else 'properties'}: {said}"


def _next_step(outcome: Outcome, code: Exit) -> str:
    if code is Exit.NOT_MET:
        return f"Change the settings of the repository, or what {outcome.facts.file} declares."
    if code is Exit.CANNOT_JUDGE:
        return "Give the secret protection-token: a token with administration: read."
    return ""


def _annotations(outcome: Outcome, code: Exit) -> Iterator[Annotation]:
    for row in outcome.rows:
        if row.state is State.DRIFTED:
            yield Annotation(
                level=Level.ERROR,
                title=NAME,
                message=_sentence(row),
                file=outcome.facts.file,
                line=row.line,
            )
    unknown = [row for row in outcome.rows if row.state is State.UNKNOWN]
    if unknown:
        names = ", ".join(f"{row.branch}: {row.name}" for row in unknown[:8])
        more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
        level = Level.ERROR if code is Exit.CANNOT_JUDGE else Level.WARNING
        yield Annotation(
            level=level,
            title=NAME,
            message=f"Unknown are {names}{more}; {unknown[0].why}.",
            file=outcome.facts.file,
        )


def _summary(outcome: Outcome) -> Iterator[str]:
    if outcome.rows:
        rows = [
            [
                markdown.code(row.branch),
                markdown.code(row.name),
                markdown.escape(shown(row.declared)),
                markdown.escape(_actual(row)),
                row.state.value,
                markdown.escape("" if row.why == "at least" else row.why),
            ]
            for row in outcome.rows
        ]
        yield markdown.table(("Branch", "Property", "Declared", "Actual", "State", "Why"), rows, limit=200)
    if outcome.facts.idle:
        listed = markdown.escape(", ".join(outcome.facts.idle))
        yield f"Rulesets that are not enforced: {listed}."


def _rows(outcome: Outcome) -> Iterator[str]:
    yield from (_sentence(row) for row in outcome.rows if row.state is not State.AS_DECLARED)
    yield from (f"The ruleset {each} is not enforced" for each in outcome.facts.idle)


def _sentence(row: Row) -> str:
    name = f"{row.branch}: {row.name}"
    if row.state is State.UNKNOWN:
        return f"{name} is unknown, declared is {shown(row.declared)}: {row.why}"
    if row.actual is None:
        return f"{name} is declared, and {row.why}"
    if isinstance(row.actual, tuple) and isinstance(row.declared, tuple):
        lacks = sorted(set(row.declared) - set(row.actual))
        more = sorted(set(row.actual) - set(row.declared))
        parts = [f"lacks {', '.join(lacks)}"] if lacks and row.why != "at least" else []
        parts += [f"has {', '.join(more)}, which nobody declared"] if more else []
        return f"{name} {' and '.join(parts)}"
    return f"{name} is {_actual(row)}, declared is {shown(row.declared)}"


def _actual(row: Row) -> str:
    if row.actual is None or row.state is State.UNKNOWN:
        return "?"
    return f"{'at least ' if row.why == 'at least' and not isinstance(row.actual, bool) else ''}{shown(row.actual)}"


def shown(value: Value) -> str:
    """Return a value as it stands in the file."""
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower()


def _as_json(row: Row) -> dict[str, object]:
    return {
        "branch": row.branch,
        "property": row.name,
        "declared": list(row.declared) if isinstance(row.declared, tuple) else row.declared,
        "actual": list(row.actual) if isinstance(row.actual, tuple) else row.actual,
        "state": row.state.value,
        "why": row.why,
    }
