"""ruff check: https://docs.astral.sh/ruff/linter/."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ci_actions.findings.model import Finding, Region, Severity
from ci_actions.quality.detection import Place, Project
from ci_actions.quality.model import Answer, Command, Detected, Ran
from ci_actions.quality.tool import (
    Invocation,
    NotUnderstood,
    Program,
    Tool,
    contradiction,
    expect,
    listed,
    load_json,
)

#: Parse and read errors: without the second, an unreadable file is no finding.
_UNREAD = ("E902", "io-error")
_FAILED = re.compile(r"^error: Failed to \w+ ([^\n]+?):\d+:\d+: ", re.MULTILINE)
#: The first version that reports syntax errors whatever is selected.
_SYNTAX_ERRORS = (0, 5)
#: Where both, linter and formatter, have their settings.
PLACES = (Place(".ruff.toml"), Place("ruff.toml"), Place("pyproject.toml", "tool.ruff"))


def isolation(on: Invocation) -> tuple[str, ...]:
    """Return what keeps settings from above the git root out where the project has none, in no folder.

    With `--isolated` those of the folders would not count either.
    """
    return () if on.config or on.settings_below else ("--isolated",)


class RuffCheck(Tool):
    """The linter. It reads `.gitignore`, and its own configuration folder by folder."""

    name = "ruff-check"
    programs = (Program("ruff", "ruff", "ruff"),)
    places = PLACES
    suffixes = (".py", ".pyi", ".ipynb")
    weight = 1

    def detect(self, project: Project) -> Detected | None:
        """Return why it runs; settings of a folder further down are a reason too, where ruff is installed.

        They may be those of an example or of a template.
        """
        found = super().detect(project)
        if found is None and project.below:
            return Detected(reason=min(project.below), only_hook=True)
        return found

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check, and the list of files it is for.

        E902 is always selected: without it a file that cannot be read is no finding, and the exit code 0.
        """
        common = (*on.launcher, "check", *isolation(on))
        where = on.paths or (".",)
        # In the new versions a syntax error is always a finding.
        always = "E902" if on.version >= _SYNTAX_ERRORS else "E902,E999"
        check = (*common, "--no-fix", "--output-format", "json", "--extend-select", always)
        return (
            Command(
                name="check",
                argv=(*check, "--output-file", f"{on.scratch}/ruff.json", "--", *where),
                output="ruff.json",
            ),
            Command(name="files", argv=(*common, "--show-files", "--", *where)),
        )

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return its findings: exit code 1 goes with at least one, 0 with none."""
        check, names = ran["check"], ran["files"]
        expect(check, (0, 1), "ruff check")
        expect(names, (0,), "ruff check --show-files")
        rows = load_json("ruff check", check.output)
        try:
            findings = tuple(_finding(on, row) for row in rows)
        except (KeyError, TypeError, AttributeError) as wrong:
            raise NotUnderstood(f"ruff check wrote JSON of an unknown shape ({wrong!r})") from None
        if bool(findings) is not (check.code == 1):
            raise contradiction("ruff check", check, f"it printed {len(findings)} findings")
        unread = {each.path for each in findings if each.rule in _UNREAD}
        unread |= {on.relative(name) or name for name in _FAILED.findall(check.complaint)} - {
            each.path for each in findings
        }
        return Answer(findings=findings, files=listed(on, names.stdout), unread=tuple(sorted(unread)))

    def fixers(self, on: Invocation) -> tuple[Command, ...]:
        """Return what applies the safe fixes."""
        argv = (
            *on.launcher,
            "check",
            *isolation(on),
            "--fix",
            "--exit-zero",
            "--quiet",
            "--",
            *(on.paths or (".",)),
        )
        return (Command(name="fix", argv=argv),)


def _finding(on: Invocation, row: Mapping[str, Any]) -> Finding:
    start, end, cell = row["location"], row["end_location"], row.get("cell")
    # Without a code it is a syntax error, which older versions called E999.
    rule = row["code"] or "invalid-syntax"
    # In a notebook lines are those of a cell.
    region = None if cell is not None else Region(start["row"], start["column"], end["row"], end["column"])
    fix = row.get("fix") or {}
    said = row["message"] if cell is None else f"cell {cell}, line {start['row']}: {row['message']}"
    return on.finding(
        "ruff-check",
        rule,
        said,
        path=row["filename"],
        severity=Severity.MEDIUM if row.get("severity") == "warning" else Severity.HIGH,
        region=region,
        url=row.get("url") or "",
        fix=fix.get("message") or "",
    )


TOOL = RuffCheck()
