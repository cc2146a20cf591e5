"""The rules: each module asks one kind of question. Pure."""

from __future__ import annotations

from ci_actions.commands.doctor.rules import (
    artifacts,
    calls,
    conditions,
    history,
    outputs,
    permissions,
    pins,
    results,
    scripts,
    shape,
    trust,
)

RULES = (
    *calls.RULES,
    *outputs.RULES,
    *permissions.RULES,
    *trust.RULES,
    *pins.RULES,
    *conditions.RULES,
    *results.RULES,
    *history.RULES,
    *artifacts.RULES,
    *scripts.RULES,
    *shape.RULES,
)
