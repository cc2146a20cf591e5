"""Pure: what is declared + what is so -> what has drifted, and what nobody may tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ci_actions.ci_protection.config import Config
from ci_actions.ci_protection.model import BY_NAME, Actual, Declared, Facts, Layer, Outcome, Row, State, Value
from ci_actions.ci_protection.reading import stricter

_ORDER = tuple(State)


def decide(_: Config, facts: Facts) -> Outcome:
    """Return every declared property compared."""
    rows = [row for each in facts.declared for row in _branch(each, facts.actual[each.branch])]
    return Outcome(facts=facts, rows=tuple(sorted(rows, key=lambda row: _ORDER.index(row.state))))


def _branch(declared: Declared, actual: Actual) -> Iterator[Row]:
    for name, value in declared.values.items():
        line = declared.lines[name]
        if not actual.exists:
            yield Row(
                branch=declared.branch,
                name=name,
                state=State.DRIFTED,
                declared=value,
                why="there is no such branch",
                line=line,
            )
            continue
        state, found, why = compared(name, value, actual.layers)
        yield Row(
            branch=declared.branch, name=name, state=state, declared=value, actual=found, why=why, line=line
        )


def compared(name: str, declared: Value, layers: Sequence[Layer]) -> tuple[State, Value | None, str]:
    """Return how a property is, its value as far as it is known, and why it is not known.

    What one layer asks for, others cannot take back. So an unknown layer leaves room for what is stricter than what is
    known: only where that cannot be is a property as declared.
    """
    about = BY_NAME[name]
    found = about.loosest
    for layer in layers:
        if name in layer.values:
            found = stricter(about, found, layer.values[name])
    doubts = list(dict.fromkeys(layer.why for layer in layers if name not in layer.values))
    if not doubts:
        return (State.AS_DECLARED if found == declared else State.DRIFTED), found, ""
    if stricter(about, found, declared) != declared:
        return State.DRIFTED, found, "at least"
    # Nothing is stricter than the strictest that can be said.
    if found == declared and isinstance(found, bool) and found is not about.loosest:
        return State.AS_DECLARED, found, ""
    return State.UNKNOWN, found, "; ".join(doubts)
