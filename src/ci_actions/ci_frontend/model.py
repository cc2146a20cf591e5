"""The values that facts, decide and report of ci-frontend share."""

from __future__ import annotations
