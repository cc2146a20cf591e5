"""The values that facts, decide and report of ci-build share."""

from __future__ import annotations
