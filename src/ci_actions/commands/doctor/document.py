"""The answer as JSON (schema: `schemas/doctor.schema.json`). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ci_actions.commands.doctor.model import Found, Judged
from ci_actions.commands.doctor.text import headline, result
from ci_actions.kit.errors import Exit

SCHEMA = "ci-actions-doctor/1"


def document(judged: Judged, code: Exit) -> dict[str, object]:
    """Return the JSON that `--json` prints."""
    return {
        "schema": SCHEMA,
        "result": result(judged, code).value,
        "exit-code": int(code),
        "headline": headline(judged),
        "files": judged.files,
        "findings": _listed(judged.found),
        "suppressed": _listed(judged.suppressed),
        "unreadable": _listed(judged.unreadable),
    }


def _listed(found: Sequence[Found]) -> list[dict[str, object]]:
    return [
        {
            "file": each.path,
            "line": each.place.line,
            "column": each.place.column,
            "rule": each.rule,
            "level": each.level.value,
            "message": each.message,
            "fix": each.fix,
            "reason": each.reason,
        }
        for each in found
    ]
