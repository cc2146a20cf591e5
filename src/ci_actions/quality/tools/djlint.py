"""djLint: https://djlint.com/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.quality.detection import Place
from ci_actions.quality.model import Answer, Command, Ran
from ci_actions.quality.tool import (
    Invocation,
    NotUnderstood,
    Program,
    Tool,
    contradiction,
    expect,
    load_json,
    one_line,
)

#: The first version that writes SARIF; older ones are read as text.
_SARIF = (1, 41)
_FIELD, _START = "\x1f", "\x1e"
_LINTED = re.compile(r"Linted (\d+) files?, found (\d+) errors?")
_CHECKED = re.compile(r"(\d+) files? would be updated")
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$")
_RULE = re.compile(r"^─+$")
_SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW}


class Djlint(Tool):
    """The linter and formatter of templates."""

    name = "djlint"
    programs = (Program("djlint", "djlint", "djlint"),)
    places = (
        Place("djlint.toml"),
        Place(".djlint.toml"),
        Place(".djlintrc"),
        Place("pyproject.toml", "tool.djlint"),
    )
    suffixes = (
        ".html",
        ".htm",
        ".jinja",
        ".jinja2",
        ".j2",
        ".djhtml",
        ".hbs",
        ".handlebars",
        ".njk",
        ".liquid",
        ".twig",
        ".mustache",
    )
    weight = 8

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return one run that lints and one that formats: it does not say both at once."""
        where = on.paths or (".",)
        form = (
            ("--sarif",)
            if on.version >= _SARIF
            else (
                "--linter-output-format",
                f"{_START}{{filename}}{_FIELD}{{line}}{_FIELD}{{code}}{_FIELD}{{message}}{_FIELD}",
            )
        )
        return (
            Command(name="lint", argv=(*on.launcher, "--lint", *form, *where)),
            Command(name="check", argv=(*on.launcher, "--check", *where)),
        )

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return what the linter found, and one finding for each file that would be formatted otherwise."""
        lint, check = ran["lint"], ran["check"]
        expect(lint, (0, 1), "djlint --lint")
        expect(check, (0, 1), "djlint --check")
        linted = _from_sarif(on, lint) if on.version >= _SARIF else _from_text(on, lint)
        if bool(linted) is not (lint.code == 1):
            raise contradiction("djlint --lint", lint, f"it printed {len(linted)} findings")
        counted = _CHECKED.search(check.text) or _CHECKED.search(check.complaint)
        formatted = _from_check(on, check.text)
        if (
            counted is None
            or bool(int(counted[1])) is not (check.code == 1)
            or bool(formatted) is not (check.code == 1)
        ):
            raise contradiction("djlint --check", check, f"its diff has {len(formatted)} hunks")
        return Answer(findings=(*linted, *formatted), files=_count(on, lint, check))

    def fixers(self, on: Invocation) -> tuple[Command, ...]:
        """Return what formats."""
        return (Command(name="fix", argv=(*on.launcher, "--reformat", "--quiet", *(on.paths or (".",)))),)


def _count(on: Invocation, lint: Ran, check: Ran) -> int | None:
    """Return how many files it read: its progress says so, on standard error."""
    for ran in (lint, check):
        if found := re.findall(r"(\d+)/(\d+) files", ran.complaint):
            return min(int(found[-1][1]), len(on.files))
        if counted := _LINTED.search(ran.text):
            return min(int(counted[1]), len(on.files))
    return None


def _from_sarif(on: Invocation, lint: Ran) -> tuple[Finding, ...]:
    document = load_json("djlint", lint.stdout)
    try:
        rows = [row for run in document["runs"] for row in run["results"]]
        return tuple(_sarif_finding(on, row) for row in rows)
    except (KeyError, TypeError, AttributeError, IndexError) as wrong:
        raise NotUnderstood(f"djlint wrote SARIF of an unknown shape ({wrong!r})") from None


def _sarif_finding(on: Invocation, row: Mapping[str, Any]) -> Finding:
    from urllib.parse import unquote, urlsplit

    place = row["locations"][0]["physicalLocation"]
    address, region = place["artifactLocation"]["uri"], place.get("region", {})
    path = unquote(urlsplit(address).path if address.startswith("file:") else address)
    line = int(region.get("startLine", 0))
    shown = on.source(on.relative(path)).line(line)
    column = int(region.get("startColumn", 0)) if shown.isascii() else 0
    return on.finding(
        "djlint",
        row["ruleId"],
        row["message"]["text"],
        path=path,
        severity=_SEVERITIES.get(row.get("level", "warning"), Severity.MEDIUM),
        region=Region(line, column, line) if line else None,
        url="https://djlint.com/docs/linter/",
    )


def _from_text(on: Invocation, lint: Ran) -> tuple[Finding, ...]:
    counted = _LINTED.search(lint.text) or _LINTED.search(lint.complaint)
    records = lint.text.split(_START)[1:]
    if counted is None or int(counted[2]) != len(records):
        raise contradiction("djlint --lint", lint, f"{len(records)} findings were read")
    found = []
    for record in records:
        path, place, code, message, *_ = [*record.split(_FIELD), "", "", ""]
        line, _, column = place.partition(":")
        if not line.isdigit():
            raise NotUnderstood(f"djlint printed something that is no finding: {one_line(record)[:80]!r}")
        shown = on.source(on.relative(path)).line(int(line))
        at = int(column) + 1 if column.isdigit() and shown.isascii() else 0
        found.append(
            on.finding(
                "djlint",
                code,
                message,
                path=path,
                severity=Severity.MEDIUM,
                region=Region(int(line), at, int(line)),
                url="https://djlint.com/docs/linter/",
            )
        )
    return tuple(found)


def _from_check(on: Invocation, text: str) -> tuple[Finding, ...]:
    """Return a finding for each hunk that `--check` prints below the name of a file and a line of dashes."""
    found = []
    lines = text.splitlines()
    path = ""
    for before, line in pairwise(lines):
        if _RULE.match(line):
            path = before.strip()
        elif path and (hunk := _HUNK.match(line)):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            found.append(
                on.finding(
                    "djlint",
                    "format",
                    "djlint would change this",
                    path=path,
                    kind=Kind.STYLE,
                    severity=Severity.MEDIUM,
                    region=Region(max(first, 1), 0, max(first + count - 1, first, 1)),
                )
            )
    return tuple(found)


TOOL = Djlint()
