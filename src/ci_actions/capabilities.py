"""The list of capabilities: the command line, the tests and the documentation all read this one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ci_actions.kit.run import Capability

CAPABILITIES = ("coverage-gate", "python-setup-with-cache", "quality", "security-scan")
INTERNAL = (
    "ci-aggregate",
    "ci-build",
    "ci-caches",
    "ci-codecov",
    "ci-comment",
    "ci-compose",
    "ci-docs",
    "ci-flaky",
    "ci-frontend",
    "ci-load",
    "ci-maintenance",
    "ci-nightly",
    "ci-outdated",
    "ci-pins",
    "ci-plan",
    "ci-protection",
    "ci-release",
    "ci-release-publish",
    "ci-report-issue",
    "ci-stale",
    "ci-suppressions",
    "ci-test",
)
"""Logic that only our workflows need: actions without a page or a door in a release (design §3)."""


def load(name: str) -> Capability[Any]:
    """Return a capability; only the one that is asked for is imported.

    By rule `coverage-gate` is the package `ci_actions.coverage_gate`.
    """
    capability: Capability[Any] = import_module(f"ci_actions.{name.replace('-', '_')}").CAPABILITY
    return capability
