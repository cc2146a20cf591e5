"""The rules: each module asks one kind of question. Pure."""

from __future__ import annotations

from ci_actions.commands.doctor.rules import calls, permissions, pins

RULES = (*calls.RULES, *permissions.RULES, *pins.RULES)
