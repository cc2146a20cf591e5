"""Pure: bytes that a change has left -> Payload, or a refusal in words.

The author of a pull request decides what stands here. So everything is checked before it is believed to be even well
formed: no unknown key, no number out of range, no text longer than it may be or with a sign that is not printable, no
path out of the repository, and nothing that contradicts itself. A refusal quotes nothing of it.

The shapes are those of `schemas/*-comment.schema.json`; a test holds both against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise

from ci_actions.ci_comment.model import (
    ChangedFile,
    Counts,
    Coverage,
    Finding,
    Gate,
    Gating,
    Payload,
    Quality,
    Scan,
    Security,
    Tool,
)
from ci_actions.kit.untrusted import RefusedError, Value, document

#: Ranges of missed lines of one file; where there are as many there may have been more.
RANGES = 100

_RESULTS = ("passed", "failed", "error", "skipped", "would-fail")
_GREEN = ("passed", "skipped")
_SEVERITIES = ("critical", "high", "medium", "low", "unknown")
_STATES = ("clean", "findings", "incomplete", "failed", "not-applicable", "skipped")
_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})?")
_DECIMAL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,10})?")
_DELTA = re.compile(r"(?:[+-][0-9]{1,3}\.[0-9]{2})?")
_PERCENT = re.compile(r"[0-9]{1,3}\.[0-9]{2}|n/a")


def read(data: bytes) -> Payload:
    """Return the payload in these bytes. Raises RefusedError."""
    whole = document(data, "the payload")
    if not isinstance(whole.raw, dict):
        raise RefusedError("it is no JSON object")
    version = whole.raw.get("schema")
    reader = _READERS.get(version) if isinstance(version, str) else None
    if reader is None:
        known = ", ".join(_READERS)
        raise RefusedError(
            f"its 'schema' is none of {known}: the actions and this workflow must be of one version"
        )
    return reader(whole)


_HEAD = ("schema", "capability", "id", "result", "head", "base")


def _head(found: Mapping[str, Value], capability: str) -> dict[str, str]:
    """Return what every payload begins with."""
    for name in ("head", "base"):
        found[name].like(_COMMIT, 64, "a commit or empty")
    return {
        "capability": found["capability"].one_of(capability),
        "id": found["id"].text(100, least=1),
        "result": found["result"].one_of(*_RESULTS),
    }


def _agree(agrees: object, what: str) -> None:
    if not agrees:
        raise RefusedError(f"it contradicts itself: {what}")


# --- coverage-gate ---------------------------------------------------------------------------------


def _coverage(whole: Value) -> Coverage:
    found = whole.fields(*_HEAD, "metric", "totals", "gates", "changed", "unmeasured")
    totals = found["totals"].fields("changed", "unmeasured")
    made = Coverage(
        **_head(found, "coverage-gate"),
        metric=found["metric"].one_of("lines", "branches", "combined"),
        gates=tuple(_gate(each) for each in found["gates"].items(300)),
        changed=tuple(_changed(each) for each in found["changed"].items(300)),
        changed_total=totals["changed"].number(),
        unmeasured=tuple(each.path() for each in found["unmeasured"].items(300)),
        unmeasured_total=totals["unmeasured"].number(),
    )
    _agree(len(made.changed) == min(made.changed_total, 300), "the number of changed files")
    _agree(len(made.unmeasured) == min(made.unmeasured_total, 300), "the number of unmeasured files")
    missed = any(each.verdict == "not met" for each in made.gates)
    _agree(not (missed and made.result in _GREEN), "a gate that is not met, and a green result")
    _agree(missed or made.result not in ("failed", "would-fail"), "a red result, and no gate that is not met")
    return made


def _gate(value: Value) -> Gate:
    found = value.fields("name", "scope", "verdict", "minimum", "value", "delta")
    minimum = found["minimum"].like(_DECIMAL, 14, "a decimal from 0 to 100")
    if Decimal(minimum) > 100:
        raise found["minimum"].refuse("must be a decimal from 0 to 100")
    return Gate(
        name=found["name"].text(100, least=1),
        scope=found["scope"].one_of("overall", "new-code", "per-file", "per-new-file"),
        verdict=found["verdict"].one_of("met", "not met", "n/a", "not enforced"),
        minimum=minimum,
        value=None if found["value"].raw is None else _counts(found["value"]),
        delta=found["delta"].like(_DELTA, 7, "a number of points with a sign, or empty"),
    )


def _counts(value: Value) -> Counts:
    found = value.fields("covered", "total", "percent")
    covered, total = found["covered"], found["total"].number()
    if type(covered.raw) not in (int, float) or not 0 <= covered.raw <= total or covered.raw * 2 % 1:
        raise covered.refuse("must be a number of whole or half units, at most 'total'")
    made = Counts(covered.raw, total)
    if found["percent"].like(_PERCENT, 6, "a percentage with two decimals, or n/a") != made.percent:
        raise found["percent"].refuse("must be the share of 'covered' in 'total'")
    return made


def _changed(value: Value) -> ChangedFile:
    found = value.fields("path", "lines", "missed")
    ranges = tuple(_range(each) for each in found["missed"].items(RANGES))
    for (_, last), (first, _) in pairwise(ranges):
        if first <= last:
            raise found["missed"].refuse("must be ranges that rise")
    return ChangedFile(path=found["path"].path(), lines=found["lines"].number(), missed=ranges)


def _range(value: Value) -> tuple[int, int]:
    pair = [each.number(1) for each in value.items(2)]
    if len(pair) != 2 or pair[0] > pair[1]:
        raise value.refuse("must be the first and the last line of a range")
    return pair[0], pair[1]


# --- security-scan ---------------------------------------------------------------------------------


def _security(whole: Value) -> Security:
    found = whole.fields(*_HEAD, "totals", "scans", "gating")
    totals = found["totals"].fields("findings", "gating", "suppressed", "duplicates")
    made = Security(
        **_head(found, "security-scan"),
        findings_total=totals["findings"].number(),
        gating_total=totals["gating"].number(),
        suppressed=totals["suppressed"].number(),
        duplicates=totals["duplicates"].number(),
        scans=tuple(_scan(each) for each in found["scans"].items(100)),
        gating=tuple(_gating(each) for each in found["gating"].items(100)),
    )
    _agree(len(made.gating) == min(made.gating_total, 100), "the number of findings to mend")
    _agree(made.gating_total <= made.findings_total, "more findings to mend than findings")
    _agree(not (made.gating_total and made.result in _GREEN), "findings to mend, and a green result")
    return made


def _scan(value: Value) -> Scan:
    found = value.fields("tool", "target", "state", "findings", "gating")
    return Scan(
        tool=found["tool"].tool(),
        target=found["target"].text(200),
        state=found["state"].one_of(*_STATES),
        findings=found["findings"].number(),
        gating=found["gating"].number(),
    )


def _gating(value: Value) -> Gating:
    found = value.fields("tool", "rule", "severity", "path", "line", "package", "version", "fixed")
    return Gating(
        tool=found["tool"].tool(),
        rule=found["rule"].rule(),
        severity=found["severity"].one_of(*_SEVERITIES),
        path=found["path"].path(),
        line=found["line"].number(),
        package=found["package"].text(200),
        version=found["version"].text(100),
        fixed=tuple(each.text(100) for each in found["fixed"].items(5)),
    )


# --- quality ---------------------------------------------------------------------------------------


def _quality(whole: Value) -> Quality:
    found = whole.fields(*_HEAD, "scope", "totals", "tools", "findings")
    totals = found["totals"].fields("findings", "old", "complaints", "files")
    made = Quality(
        **_head(found, "quality"),
        scope=found["scope"].one_of("all", "new"),
        findings_total=totals["findings"].number(),
        old=totals["old"].number(),
        complaints=totals["complaints"].number(),
        files=totals["files"].number(),
        tools=tuple(_tool(each) for each in found["tools"].items(100)),
        findings=tuple(_finding(each) for each in found["findings"].items(100)),
    )
    red = made.findings_total or made.complaints
    _agree(len(made.findings) == min(made.findings_total, 100), "the number of findings")
    _agree(not (red and made.result in _GREEN), "findings, and a green result")
    return made


def _tool(value: Value) -> Tool:
    found = value.fields("tool", "state", "findings", "old")
    return Tool(
        tool=found["tool"].tool(),
        state=found["state"].one_of(*_STATES),
        findings=found["findings"].number(),
        old=found["old"].number(),
    )


def _finding(value: Value) -> Finding:
    found = value.fields("tool", "rule", "severity", "path", "line")
    return Finding(
        tool=found["tool"].tool(),
        rule=found["rule"].rule(),
        severity=found["severity"].one_of(*_SEVERITIES),
        path=found["path"].path(),
        line=found["line"].number(),
    )


_READERS: Mapping[str, Callable[[Value], Payload]] = {
    "ci-actions-coverage-comment/1": _coverage,
    "ci-actions-security-comment/1": _security,
    "ci-actions-quality-comment/1": _quality,
}
