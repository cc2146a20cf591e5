"""Reads SARIF logs that others wrote, as they are in the wild: members missing, null or of the wrong kind. Pure.

What cannot be understood is never silently nothing: a file that is no SARIF 2.1.0 is refused, a run without `results`
is a run that did not happen, and single results that make no sense are counted.
Specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.findings.sarif import LINE_HASH, OWN, word_of
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.markdown import plain

_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.LOW}
_WORDS = {
    "critical": Severity.CRITICAL, "high": Severity.HIGH, "error": Severity.HIGH, "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM, "warning": Severity.MEDIUM, "low": Severity.LOW, "note": Severity.LOW,
    "recommendation": Severity.LOW,
}  # fmt: skip
#: Kinds of a result that say something was looked at and is in order, or could not be looked at.
_NO_FINDING = ("pass", "notApplicable", "informational")
_DRIVE = re.compile(r"/?[A-Za-z]:[/\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
#: Longer messages are cut: nobody reads them, and a log can hold a hundred thousand.
_LONGEST = 2000

Json = Mapping[str, Any]
_NOTHING: Json = {}


@dataclass(frozen=True, kw_only=True)
class ReadRun:
    """One run of a log.

    `ran` is false where the log holds no results at all, which is not the same as none found; `successful` is what the
    tool says of itself, true where it says nothing. `suppressed` are findings that the log marks as accepted, `passed`
    counts results that are no findings, `unusable` those that make no sense. `notices` are (level, sentence) pairs.
    """

    tool: str
    version: str = ""
    category: str = ""
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    ran: bool = True
    successful: bool = True
    passed: int = 0
    unusable: int = 0
    notices: tuple[tuple[str, str], ...] = ()


def read(data: bytes, *, name: str, root: str = "", kind: Kind = Kind.CODE) -> tuple[ReadRun, ...]:
    """Return the runs of a log; `name` is what messages call it.

    `root` is the folder that absolute paths in it are under; what lies elsewhere has no path. `kind` is that of all
    findings. Fingerprints are taken over where they are ours. Raises CannotJudge for what is no SARIF 2.1.0.
    """
    document = _parsed(data, name)
    version = document.get("version")
    if not isinstance(version, str) or not version.startswith("2.1."):
        said = f"version {plain(str(version))[:40]}" if version else "has no version"
        raise CannotJudge(f"{name} is no SARIF 2.1.0 log: {said}.", advice="Let the tool write SARIF 2.1.0.")
    if not isinstance(document.get("runs"), list):
        raise CannotJudge(f"{name} holds no runs: the tool that wrote it did not get to the end.")
    return tuple(_Reader(run, root, kind).read() for run in document["runs"] if isinstance(run, dict))


def _parsed(data: bytes, name: str) -> Json:
    import json

    if not data.strip():
        raise CannotJudge(f"{name} is empty: the tool that wrote it did not get to the end.")
    try:
        # json.loads knows UTF-8, -16 and -32 by their first bytes.
        document = json.loads(data)
    except RecursionError:
        raise CannotJudge(f"{name} is nested too deeply to be read.") from None
    except ValueError as error:
        raise CannotJudge(f"{name} is no JSON: {_where(error)}.") from None
    if not isinstance(document, dict):
        raise CannotJudge(f"{name} is no SARIF log: it holds no object.")
    return document


def _where(error: ValueError) -> str:
    # The text of a decoding error may quote bytes of the file, which may hold a secret.
    line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
    return f"line {line}, column {column} cannot be read" if line else "it is in no encoding of Unicode"


@dataclass
class _Reader:
    """Reads one run; knows its rules and the folders that its addresses are relative to."""

    run: Json
    root: str
    kind: Kind
    rules: Sequence[Json] = ()
    by_id: dict[str, Json] = field(default_factory=dict)
    extensions: Sequence[Json] = ()
    artifacts: Sequence[Any] = ()
    paths: dict[tuple[str, str], str] = field(default_factory=dict)
    about: dict[tuple[str, int], Json] = field(default_factory=dict)
    tool: str = ""

    def read(self) -> ReadRun:
        """Return the run."""
        tool = _object(self.run, "tool")
        driver = _object(tool, "driver")
        self.rules = _objects(driver, "rules")
        self.extensions = _objects(tool, "extensions")
        self.artifacts = _list(self.run, "artifacts")
        for component in (*reversed(self.extensions), driver):
            self.by_id |= {
                _string(rule, "id"): rule for rule in _objects(component, "rules") if _string(rule, "id")
            }
        self.tool = plain(_string(driver, "name") or "unknown tool")
        results = self.run.get("results")
        found: list[Finding] = []
        suppressed: list[Finding] = []
        passed = unusable = 0
        for result in results if isinstance(results, list) else ():
            if not isinstance(result, dict):
                unusable += 1
            elif result.get("kind") in _NO_FINDING or result.get("baselineState") == "absent":
                passed += 1
            else:
                (suppressed if _is_suppressed(result) else found).append(self._finding(result))
        invocations = _objects(self.run, "invocations")
        return ReadRun(
            tool=self.tool,
            version=plain(_string(driver, "semanticVersion") or _string(driver, "version")),
            category=_string(_object(self.run, "automationDetails"), "id"),
            findings=tuple(found),
            suppressed=tuple(suppressed),
            ran=isinstance(results, list),
            successful=all(each.get("executionSuccessful", True) is not False for each in invocations),
            passed=passed,
            unusable=unusable,
            notices=tuple(_notices(invocations)),
        )

    def _finding(self, result: Json) -> Finding:
        name, rule = self._rule(result)
        location = next(iter(_objects(result, "locations")), _NOTHING)
        physical = _object(location, "physicalLocation")
        severity, score = _severity(result, rule)
        marks = result.get("partialFingerprints") or _NOTHING
        own = _object(result, "fingerprints").get(OWN) or (marks.get(OWN) if isinstance(marks, dict) else "")
        line_hash = marks.get(LINE_HASH) if isinstance(marks, dict) else ""
        region = physical.get("region")
        address = _string(rule, "helpUri")
        return Finding(
            tool=self.tool,
            rule=name,
            kind=self.kind,
            severity=severity,
            score=score,
            message=_message(result, rule) or name,
            title=_words(rule, "shortDescription") or plain(_string(rule, "name")) or name,
            path=self._path(_object(physical, "artifactLocation")),
            region=_region(region) if isinstance(region, dict) else None,
            url=address if address.startswith(("https://", "http://")) else "",
            fingerprint=own if isinstance(own, str) else "",
            line_hash=line_hash if isinstance(line_hash, str) else "",
        )

    def _rule(self, result: Json) -> tuple[str, Json]:
        """Return the name of a result's rule and what the log says about it, in the driver or in an extension."""
        reference = _object(result, "rule")
        name = _string(result, "ruleId") or _string(reference, "id")
        index = result.get("ruleIndex", reference.get("index", -1))
        place = index if isinstance(index, int) and not isinstance(index, bool) else -1
        component = _object(reference, "toolComponent").get("index")
        rules = self.rules
        if isinstance(component, int) and 0 <= component < len(self.extensions):
            rules = _objects(self.extensions[component], "rules")
        rule = rules[place] if 0 <= place < len(rules) else _NOTHING
        known = _string(rule, "id")
        # A hierarchical name, `CA1000/1`, is that of the rule `CA1000` in more detail.
        if name and known != name and not name.startswith(f"{known}/"):
            rule = self.by_id.get(name) or self.by_id.get(name.rpartition("/")[0]) or _NOTHING
        return plain(name or known or "unknown rule"), rule

    def _path(self, location: Json) -> str:
        """Return the path of an artifact below the root, or nothing if it lies elsewhere or is no file."""
        index = location.get("index")
        if "uri" not in location and isinstance(index, int) and 0 <= index < len(self.artifacts):
            artifact = self.artifacts[index]
            location = _object(artifact, "location") if isinstance(artifact, dict) else _NOTHING
        address, base = _string(location, "uri"), _string(location, "uriBaseId")
        key = (address, base)
        if key not in self.paths:
            self.paths[key] = _below(self.root, self._based(address, base))
        return self.paths[key]

    def _based(self, address: str, base: str, depth: int = 0) -> str:
        """Return an address with the one in front of it that it is relative to; an unknown one is the root."""
        if not base or depth > 10 or _SCHEME.match(address) or address.startswith("/"):
            return address
        bases = _object(self.run, "originalUriBaseIds")
        known = _object(bases, base)
        before = _string(known, "uri")
        if not before:
            return address
        return self._based(before.rstrip("/") + "/" + address, _string(known, "uriBaseId"), depth + 1)


def _below(root: str, address: str) -> str:
    from urllib.parse import unquote_to_bytes

    text = address.strip()
    if text[:5].lower() == "file:":
        # `file://src/a.py` names a host where a folder was meant; nobody means a host.
        text = re.sub(r"(?i)^file:(//localhost(?=/)|//)?", "", text)
    elif _SCHEME.match(text) and not _DRIVE.match(text):
        return ""
    text = text.partition("#")[0].partition("?")[0] if "%" in text else text
    path = unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    path = path.replace("\\", "/").replace("\0", "")
    if path.startswith("/") or _DRIVE.match(path):
        top = root.replace("\\", "/").rstrip("/") + "/"
        if not root or not path.lstrip("/").startswith(top.lstrip("/")):
            return ""
        path = path.lstrip("/")[len(top.lstrip("/")) :]
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _severity(result: Json, rule: Json) -> tuple[Severity, float | None]:
    """Return the severity, by the number if there is one, else by the word of the tool, else by the level."""
    for properties in (_object(result, "properties"), _object(rule, "properties")):
        score = _number(properties.get("security-severity"))
        if score is not None:
            return word_of(score), score
    for properties in (_object(result, "properties"), _object(rule, "properties")):
        for key in ("severity", "issue_severity", "problem.severity"):
            word = properties.get(key)
            if isinstance(word, str) and word.lower() in _WORDS:
                return _WORDS[word.lower()], None
    level = result.get("level") or _object(rule, "defaultConfiguration").get("level") or "warning"
    return _LEVELS.get(level if isinstance(level, str) else "", Severity.UNKNOWN), None


def _number(value: object) -> float | None:
    try:
        number = (
            float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1.0
        )
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= 10 else None


def _message(result: Json, rule: Json) -> str:
    message = _object(result, "message")
    text = _string(message, "text") or _string(message, "markdown")
    if not text:
        strings = _object(rule, "messageStrings")
        text = _string(_object(strings, _string(message, "id")), "text")
    if "{" in text:
        values = _list(message, "arguments")
        text = _PLACEHOLDER.sub(
            lambda found: (
                str(values[int(found[1])]) if len(found[1]) < 4 and int(found[1]) < len(values) else found[0]
            ),
            text,
        )
    if not text:
        text = _words(rule, "fullDescription") or _words(rule, "shortDescription")
    shown = " ".join(text[: 2 * _LONGEST].split())
    return (
        shown
        if shown.isascii() and shown.isprintable() and len(shown) <= _LONGEST
        else plain(shown)[:_LONGEST]
    )


def _words(rule: Json, name: str) -> str:
    return plain(" ".join(_string(_object(rule, name), "text").split()))[:_LONGEST]


def _region(region: Json) -> Region | None:
    numbers = [region.get(name) for name in ("startLine", "startColumn", "endLine", "endColumn")]
    line, column, end_line, end_column = (
        each if isinstance(each, int) and not isinstance(each, bool) and 0 < each < 1 << 31 else 0
        for each in numbers
    )
    if not line:
        return None
    if end_line and end_line < line:
        end_line = end_column = 0
    elif end_line in (0, line) and end_column < column:
        end_column = 0
    return Region(line, column, end_line, end_column)


def _is_suppressed(result: Json) -> bool:
    """Whether a result is accepted: it has suppressions, and none of them is under review or rejected (§3.27.23)."""
    found = _objects(result, "suppressions")
    if not found:
        states = _list(result, "suppressionStates")  # before 2.1.0 was final
        return any(each in ("suppressedInSource", "suppressedExternally") for each in states)
    return all(each.get("status", each.get("state", "accepted")) == "accepted" for each in found)


def _notices(invocations: Sequence[Json]) -> Iterator[tuple[str, str]]:
    for invocation in invocations:
        for name in ("toolExecutionNotifications", "toolConfigurationNotifications"):
            for each in _objects(invocation, name):
                level = each.get("level", "warning")
                said = _message(each, _NOTHING)
                if said and isinstance(level, str):
                    yield level, said


def _object(parent: Json, name: str) -> Json:
    value = parent.get(name)
    return value if isinstance(value, dict) else _NOTHING


def _list(parent: Json, name: str) -> Sequence[Any]:
    value = parent.get(name)
    return value if isinstance(value, list) else ()


def _objects(parent: Json, name: str) -> Sequence[Json]:
    # Never filtered where all are objects: results point into these lists by their place.
    return [each if isinstance(each, dict) else _NOTHING for each in _list(parent, name)]


def _string(parent: Json, name: str) -> str:
    value = parent.get(name)
    return value if isinstance(value, str) else ""
