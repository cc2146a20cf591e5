"""The values that facts, decide and report of ci-codecov share."""

from __future__ import annotations
