"""zizmor: weaknesses in GitHub Actions workflows and actions. https://docs.zizmor.sh

It passes over a file that it cannot parse with a warning that does not name it; the files that it completed are on
standard error, and all that it was asked for must be among them. Its exit codes: 0 nothing found, 11 to 14 the highest
severity found, 1 to 3 no audit (https://docs.zizmor.sh/usage/#exit-codes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Marker
from ci_actions.security_scan.scanners import (
    Ask,
    Choice,
    Ended,
    NoAnswer,
    Pin,
    Reading,
    Scanner,
    Task,
    Tree,
    chosen,
    not_chosen,
)
from ci_actions.security_scan.scanners.native import (
    count,
    document,
    ended_well,
    listed,
    relative,
    rows,
    severity,
    table,
    text,
)

FOUND = (11, 12, 13, 14)
_AUDITED = re.compile(
    r"(?:.*/)?\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml|(?:.*/)?\.github/dependabot\.ya?ml"
)
_COMPLETED = re.compile(r"completed (?P<path>.+?)\s*$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_IGNORES = re.compile(r"#\s*zizmor:\s*ignore(?P<rules>\[[^\]]*\])?")


def applies(_config: Config, tree: Tree) -> Choice:
    """Workflows, actions, Dependabot's configuration."""
    files = [path for path in tree.files if _AUDITED.fullmatch(path)]
    return (
        chosen(count(len(files), "workflow or action file"), files)
        if files
        else not_chosen("no workflow, no action")
    )


def tasks(ask: Ask) -> tuple[Task, ...]:
    """Return the one process: offline, so that it says the same with a token and without."""
    own = ask.config.settings_of("zizmor").config
    configuration = ("--config", own) if own else ()
    options = ("--offline", "--no-progress", "--color", "never", "--format", "json", *configuration)
    files = tuple(f"./{path}" for path in ask.files)
    return (Task(argv=(ask.place.program, *options, *files), asked=ask.files, weight=1 + len(files) / 50),)


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return the findings, and every file that was not audited to its end."""
    (only,) = ended
    if only.code in (1, 3) and b"no audit was performed" in only.errors:
        raise NoAnswer(
            "It audited nothing: none of the files could be read as a workflow, an action or a configuration."
        )
    ended_well(only, 0, *FOUND)
    results = rows(document(only), "findings")
    alive = [row for row in results if row.get("ignored") is not True]
    if bool(alive) is not (only.code in FOUND):
        raise NoAnswer(f"It ended with exit code {only.code} and reported {count(len(alive), 'finding')}.")
    errors = _COLOUR.sub("", only.errors.decode("utf-8", "replace"))
    completed = {relative(found["path"], ask.tree.root) for found in _COMPLETED.finditer(errors)}
    missed = [path for path in ask.files if path not in completed]
    gaps = (f"{count(len(missed), 'file')} could not be parsed ({listed(missed)})",) if missed else ()
    markers = [marker for path in ask.files for marker in ignores(path, ask.tree.read(path) or b"")]
    return Reading(
        findings=tuple(finding(row, ask.tree.root) for row in alive),
        examined=len(ask.files) - len(missed),
        gaps=gaps,
        markers=len(markers),
        bare_markers=tuple(each for each in markers if not each.text.endswith("]")),
    )


def finding(row: Mapping[str, Any], root: str = "") -> Finding:
    """Return one finding at its primary location."""
    rule = text(row.get("ident"))
    determinations = table(row.get("determinations"), "determinations")
    locations = rows(row.get("locations"), "locations")
    primary = next((each for each in locations if _symbolic(each).get("kind") == "Primary"), None)
    place = primary or (locations[0] if locations else {})
    note = text(_symbolic(place).get("annotation"))
    description = text(row.get("desc"))
    return Finding(
        tool="zizmor",
        rule=rule,
        kind=Kind.MISCONFIGURATION,
        severity=severity(determinations.get("severity")),
        confidence=severity(determinations.get("confidence")),
        message=f"{description}: {note}" if note else description,
        title=description,
        path=relative(_path(place), root),
        region=region(place),
        url=text(row.get("url")),
    )


def region(place: Mapping[str, Any]) -> Region | None:
    """Return where a location is; zizmor counts rows and columns from 0."""
    location = (place.get("concrete") or {}).get("location") or {}
    start, end = location.get("start_point") or {}, location.get("end_point") or {}
    if not isinstance(start.get("row"), int):
        return None
    begun = Region(start["row"] + 1, start.get("column", 0) + 1)
    if not isinstance(end.get("row"), int):
        return begun
    last = Region(begun.line, begun.column, end["row"] + 1, end.get("column", 0) + 1)
    return last if (last.end_line, last.end_column) > (last.line, last.column) else begun


def ignores(path: str, content: bytes) -> tuple[Marker, ...]:
    """Return the remarks that tell zizmor to look away."""
    lines = content.decode("utf-8", "replace").splitlines()
    return tuple(
        Marker(path=path, line=position, text="zizmor: ignore" + (found["rules"] or ""))
        for position, line in enumerate(lines, 1)
        if (found := _IGNORES.search(line))
    )


def _symbolic(location: Mapping[str, Any]) -> Mapping[str, Any]:
    found = location.get("symbolic")
    return found if isinstance(found, dict) else {}


def _path(location: Mapping[str, Any]) -> str:
    """Return the path in a location: `verbatim_path` since version 1.20, `given_path` before."""
    local = (_symbolic(location).get("key") or {}).get("Local") or {}
    return str(local.get("verbatim_path") or local.get("given_path") or "")


SCANNER = Scanner(name="zizmor", pin=Pin.LOCK, unit="files", applies=applies, tasks=tasks, classify=classify)
