"""Pure: outcome -> Report, and the report for the issue, in the shape of `schemas/issue-report.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ci_actions.ci_nightly.config import Config
from ci_actions.ci_nightly.model import Outcome
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Product, Report, Result

NAME = "ci-nightly"
SCHEMA = "ci-actions-issue/1"
#: What the reader takes at most, in bytes; rows of a section, and characters of a row.
BYTES = 1024 * 1024
ROWS = 500
CHARACTERS = 1000


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says: it judges nothing, and ends green."""
    return Report(
        capability=NAME,
        result=Result.PASSED,
        exit_code=Exit.PASSED,
        headline=f"{NAME}: {outcome.result}: {outcome.headline}",
        outputs={"issue-report": ""},
        annotations=tuple(
            Annotation(level=Level.WARNING, title=NAME, message=each) for each in outcome.warnings
        ),
        show_summary=False,
        details={"result": outcome.result, "sections": [each.title for each in outcome.sections]},
        products=(Product("issue-report", "report.json", lambda: rendered(outcome), config.out),),
    )


def rendered(outcome: Outcome) -> str:
    """Return the report as JSON, with as many rows as fit into what its reader takes."""
    rows = ROWS
    while len(text := json.dumps(_as_json(outcome, rows))) > BYTES:
        rows //= 2
    return text


def _as_json(outcome: Outcome, most: int) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "title": _text(outcome.title)[:300],
        "result": outcome.result,
        "sections": [
            {"title": each.title, "rows": _bounded([_text(row)[:CHARACTERS] for row in each.rows], most)}
            for each in outcome.sections
        ],
        "critical": None
        if outcome.critical is None
        else [{"id": each.id, "title": _text(each.title), "url": each.url} for each in outcome.critical],
    }


def _bounded(rows: list[str], most: int) -> list[str]:
    more = len(rows) - most
    return rows if more <= 0 else [*rows[:most], f"… and {more:,} more"]


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
