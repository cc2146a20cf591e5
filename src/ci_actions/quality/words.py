"""Pure: what tables, page and messages count, and the order in which findings are worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from ci_actions.findings.model import Finding, Severity
from ci_actions.quality.model import SOURCE, Outcome


def checked(outcome: Outcome) -> int:
    """Return how many files were read: those that tools name, or the most that one of them counts."""
    named: set[str] = set()
    most = 0
    for each in outcome.tools:
        if each.run.tool == SOURCE:
            continue
        files = each.run.answer.files
        if isinstance(files, frozenset):
            named |= files
        most = max(most, files if isinstance(files, int) else 0)
    return max(len(named), most)


def urgency(each: Finding) -> tuple[int, str, int]:
    """Return what findings are sorted by: the severe ones first, then by place."""
    return (-(each.severity or Severity.CRITICAL), each.path, each.line)


def spread(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings in the order in which they are worth a look: severe ones first, then one of each file in turn."""
    made: list[Finding] = []
    by_severity: dict[int, dict[str, list[Finding]]] = {}
    for each in sorted(findings, key=urgency):
        by_severity.setdefault(urgency(each)[0], {}).setdefault(each.path, []).append(each)
    for severity in sorted(by_severity):
        for turn in zip_longest(*by_severity[severity].values()):
            made += [each for each in turn if each is not None]
    return made
