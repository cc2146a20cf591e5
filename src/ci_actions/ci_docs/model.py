"""The values that facts, decide and report of ci-docs share."""

from __future__ import annotations
