"""mypy: https://mypy.readthedocs.io/."""

from __future__ import annotations

import json
import re
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
    expect,
    one_line,
    said,
)

#: The first version with `--output json`.
_JSON = (1, 11)
_TEXT_OPTIONS = (
    "--show-column-numbers", "--show-error-end", "--show-error-codes", "--no-pretty", "--no-error-summary",
    "--show-absolute-path", "--hide-error-context", "--no-color-output",
)  # fmt: skip
#: `path:line:column:endline:endcolumn: severity: message  [code]`; from the right, as a path may hold colons.
_TEXT = re.compile(
    r"^(?P<path>.+?):(?P<line>-?\d+)(?::(?P<column>-?\d+))?(?::(?P<end_line>-?\d+):(?P<end_column>-?\d+))?: "
    r"(?P<severity>error|note|warning): (?P<message>.*?)(?:  \[(?P<code>[a-z0-9-]+)\])?$"
)
_SOURCE = re.compile(r"^LOG:  Found source:\s+BuildSource\(path='((?:[^'\\]|\\.)*)'", re.MULTILINE)
_LOG = re.compile(r"^(?:LOG|TRACE):")


class Mypy(Tool):
    """The type checker. Notes alone end with 0 as text and with 1 as JSON: what counts are errors."""

    name = "mypy"
    programs = (Program("mypy", "mypy", "mypy"),)
    places = (
        Place("mypy.ini"),
        Place(".mypy.ini"),
        Place("pyproject.toml", "tool.mypy"),
        Place("setup.cfg", "mypy"),
    )
    suffixes = (".py", ".pyi")
    weight = 40

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check, of what the configuration names, else of the working directory."""
        form = ("--output", "json") if on.version >= _JSON else _TEXT_OPTIONS
        where = on.paths or (() if _names_files(on.settings) else (".",))
        argv = (
            *on.launcher,
            f"--config-file={on.config}",
            *form,
            "--verbose",
            *(["--", *where] if where else []),
        )
        return (Command(name="check", argv=argv),)

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return its errors; notes are part of the error before them, or remarks."""
        check = ran["check"]
        expect(check, (0, 1, 2), "mypy")
        if wrong := _complaints(on, check.complaint):
            raise NotUnderstood(f"mypy does not take its configuration: {one_line(wrong[0])}")
        rows = [row for line in check.text.splitlines() if (row := _row(line)) is not None]
        findings: list[Finding] = []
        remarks: list[Finding] = []
        for row in rows:
            made = _finding(on, row)
            (remarks if row["severity"] == "note" else findings).append(made)
        if check.code == 2:
            # A blocker: nothing behind it was checked. A syntax error says where.
            if findings and all(each.rule == "syntax" and each.path for each in findings):
                return Answer(findings=tuple(findings), unread=tuple(each.path for each in findings))
            why = "; ".join(each.message for each in findings[:3]) or one_line(_last_words(check))
            raise NotUnderstood(f"mypy stopped: {why}")
        wanted = 1 if findings or (remarks and on.version >= _JSON) else 0
        if check.code != wanted:
            raise NotUnderstood(
                f"mypy ended with exit code {check.code}, but it printed {len(findings)} errors: {_last_words(check)}"
            )
        names = [_unescaped(name) for name in _SOURCE.findall(check.complaint)]
        files = frozenset(path for name in names if (path := on.relative(name)))
        return Answer(findings=tuple(findings), remarks=tuple(remarks), files=files & frozenset(on.files))


def _complaints(on: Invocation, said: str) -> list[str]:
    """Return what it says of its settings: `mypy.ini: [mypy]: Unrecognized option: …`. It carries on without them."""
    name = on.config.rpartition("/")[2]
    return [
        line
        for line in said.splitlines()
        if name and re.match(rf"(?:\S*/)?{re.escape(name)}: (?!note:)", line.replace("\\", "/"))
    ]


def _last_words(check: Ran) -> str:
    """Return what it said last, the message alone of what it says as JSON: a plugin that is missing is one."""
    lines = [
        row["message"] if line.startswith("{") and (row := _row(line)) else line
        for line in (check.complaint + "\n" + check.text).splitlines()
        if line.strip() and not _LOG.match(line)
    ]
    # From its first error on: what follows a crash is advice.
    first = next((at for at, line in enumerate(lines) if "error: " in line), max(len(lines) - 3, 0))
    return " ".join(lines[first : first + 3]) or said(check)


def _unescaped(name: str) -> str:
    return name.encode("latin-1", "backslashreplace").decode("unicode_escape") if "\\" in name else name


def _names_files(settings: Mapping[str, Any] | None) -> bool:
    """Whether the configuration itself says what is to be checked."""
    tables = settings or {}
    section = tables.get("mypy") or (tables.get("tool") or {}).get("mypy") or {}
    return isinstance(section, dict) and any(section.get(key) for key in ("files", "packages", "modules"))


def _row(line: str) -> Mapping[str, Any] | None:
    """Return what one line of output says, None for the lines that are no message."""
    if line.startswith("{"):
        try:
            row = json.loads(line)
        except ValueError:
            raise NotUnderstood(f"mypy printed a line that is no JSON: {line[:120]!r}") from None
        if not isinstance(row, dict) or not {"file", "line", "message", "severity"} <= row.keys():
            raise NotUnderstood(f"mypy printed JSON of an unknown shape: {line[:120]!r}")
        return row
    found = _TEXT.match(line)
    if not found:
        return None
    column, end_line, end_column = (
        int(found[name]) if found[name] else None for name in ("column", "end_line", "end_column")
    )
    return {
        "file": found["path"],
        "line": int(found["line"]),
        # As text columns count from 1, and the last one is that of the last character.
        "column": column - 1 if column else -1,
        "end_line": end_line,
        "end_column": end_column,
        "message": found["message"],
        "code": found["code"],
        "severity": found["severity"],
    }


def _finding(on: Invocation, row: Mapping[str, Any]) -> Finding:
    path, line = row["file"], int(row["line"] or 0)
    shown = on.source(on.relative(path)).line(line)
    # On a line with other than ASCII its columns are bytes, or wrong (2.4): no column is better.
    column = int(row.get("column", -1)) + 1 if shown.isascii() else 0
    end_line, end_column = row.get("end_line") or line, row.get("end_column") or 0
    exact = column > 0 and on.source(on.relative(path)).line(end_line).isascii()
    rule = row.get("code") or ("note" if row["severity"] == "note" else "misc")
    hint = row.get("hint")
    return on.finding(
        "mypy",
        rule,
        row["message"] + (f" ({hint})" if hint else ""),
        path=path,
        severity=Severity.LOW if row["severity"] == "note" else Severity.HIGH,
        region=Region(
            line, max(column, 0), max(end_line, line), end_column + 1 if exact and end_column else 0
        )
        if line > 0
        else None,
        url=f"https://mypy.readthedocs.io/en/stable/_refs.html#code-{rule}" if row.get("code") else "",
    )


TOOL = Mypy()
