"""Findings as plain tuples, on their way from one process to another: what many have in common is there once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity, new_finding

_shared = attrgetter(
    "tool", "rule", "kind._value_", "severity", "confidence", "message", "title", "url", "score", "canonical", "aliases",
    "package", "target", "commit", "fix", "fingerprint", "former", "line_hash", "also",
)  # fmt: skip

#: What findings share, their paths, and column by column the numbers of both and the regions; `marshal` can write it.
Packed = tuple[list[tuple[Any, ...]], list[str], list[int], list[int], list[tuple[int, ...] | None]]


def packed(findings: Iterable[Finding]) -> Packed:
    """Return what `unpacked` makes the same findings of, in their order."""
    shared: dict[tuple[Any, ...], int] = {}
    paths: dict[str, int] = {}
    rows: list[int] = []
    files: list[int] = []
    regions: list[tuple[int, ...] | None] = []
    for finding in findings:
        rows.append(shared.setdefault(_shared(finding), len(shared)))
        files.append(paths.setdefault(finding.path, len(paths)))
        regions.append(tuple(finding.region) if finding.region else None)
    return [_plain(*each) for each in shared], [*paths], rows, files, regions


def unpacked(given: Packed) -> list[Finding]:
    """Return the findings."""
    plain, paths, rows, files, regions = given
    shared = [_rich(*row) for row in plain]
    found = []
    new = tuple.__new__  # What a named tuple does, at half of the price.
    for row, file, region in zip(rows, files, regions, strict=True):
        found.append(new_finding(paths[file], new(Region, region) if region else None, *shared[row]))
    return found


def _plain(
    tool: str, rule: str, kind: str, severity: Severity, confidence: Severity | None, *rest: Any
) -> Any:
    rest = tuple(
        (each.name, each.version, each.ecosystem, each.fixed) if isinstance(each, Package) else each
        for each in rest
    )
    return (tool, rule, kind, int(severity), None if confidence is None else int(confidence), *rest)


def _rich(
    tool: str, rule: str, kind: str, severity: int, confidence: int | None, *rest: Any
) -> tuple[Any, ...]:
    """Return what `new_finding` takes behind path and region."""
    sure = None if confidence is None else Severity(confidence)
    message, title, url, score, canonical, aliases, package, *others = rest
    found = Package(*package) if package else None
    return (
        tool, rule, Kind(kind), Severity(severity), sure, message, title, url, score, canonical, aliases, found, *others,
    )  # fmt: skip
