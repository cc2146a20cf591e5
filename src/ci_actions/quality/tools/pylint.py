"""pylint: https://pylint.readthedocs.io/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
)

#: The first version that writes the score, and every severity, as JSON.
_JSON2 = (3, 0)
_COUNT = re.compile(r"^Linting (\d+) modules\.", re.MULTILINE)
_SEVERITIES = {
    "fatal": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "refactor": Severity.LOW,
    "convention": Severity.LOW,
    "info": Severity.LOW,
}
#: The exit code is made of these; https://pylint.readthedocs.io/en/stable/user_guide/usage/run.html#exit-codes
_BITS = {"fatal": 1, "error": 2, "warning": 4, "refactor": 8, "convention": 16}
_USAGE = 32
#: Its own words for "the configuration is not what was meant", and for "I gave up on a file".
_BROKEN = {"E0013", "E0014", "E0015"}
_CRASHED = {"F0001", "F0002", "F0010", "F0011", "F0202"}
#: About several files at once: the place is that of whichever came last, the message says what it is.
_WHOLE = {"R0401", "R0801"}


class Pylint(Tool):
    """The linter. `fail-under` makes it exit 0 whatever it found, and `-j` changes what it finds."""

    name = "pylint"
    programs = (Program("pylint", "pylint", "pylint"),)
    places = (
        Place("pylintrc"),
        Place("pylintrc.toml"),
        Place(".pylintrc"),
        Place(".pylintrc.toml"),
        Place("pyproject.toml", "tool.pylint"),
        Place("setup.cfg", "pylint|pylint.*"),
        Place("tox.ini", "pylint|pylint.*"),
    )
    suffixes = (".py", ".pyi")
    weight = 100

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check, on one process unless the configuration says otherwise: the number changes the findings.

        It does not know `.gitignore`: it is given what git has.
        """
        form = "json2" if on.version >= _JSON2 else "json"
        config = (f"--rcfile={on.config}",) if on.config else (f"--rcfile={on.scratch}/empty",)
        jobs = () if _names_jobs(on.settings) else ("--jobs=1",)
        where = on.paths or on.roots
        argv = (
            *on.launcher,
            *config,
            *jobs,
            "--verbose",
            "--recursive=y",
            f"--output-format={form}:{on.scratch}/pylint.json",
            "--",
            *where,
        )
        return (Command(name="check", argv=argv, output="pylint.json"),)

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return its messages; those that `fail-under` or `fail-on` let pass are remarks, and so is information."""
        check = ran["check"]
        expect(check, range(_USAGE), "pylint")
        document = load_json("pylint", check.output)
        try:
            rows = document["messages"] if isinstance(document, dict) else document
            statistics = document.get("statistics", {}) if isinstance(document, dict) else {}
            # The older form has other names, and lacks the columns of some.
            rows = [{**row, "messageId": row.get("messageId") or row.get("message-id")} for row in rows]
            _refuse(rows)
            made = [(_finding(on, row), row["type"] in _BITS) for row in rows]
        except (KeyError, TypeError, AttributeError) as wrong:
            raise NotUnderstood(f"pylint wrote JSON of an unknown shape ({wrong!r})") from None
        bits = 0
        for row in rows:
            bits |= _BITS.get(row["type"], 0)
        code = check.code or 0
        if code & ~bits:
            raise contradiction("pylint", check, f"its messages make {bits}")
        counted = _COUNT.search(check.text)
        score = statistics.get("score")
        findings = tuple(finding for finding, fails in made if fails)
        told = tuple(finding for finding, fails in made if not fails)
        passes = code == 0
        return Answer(
            findings=() if passes else findings,
            remarks=(*findings, *told) if passes else told,
            files=int(counted[1]) if counted else _at_least(on, rows, statistics),
            score=_score(score, passed=passes and bool(findings)),
        )


def _score(score: object, *, passed: bool) -> str:
    if not isinstance(score, int | float):
        return "its fail-under lets all messages pass" if passed else ""
    said = f"score {score:.2f} of 10"
    return f"{said}, which its fail-under lets pass" if passed else said


def _at_least(on: Invocation, rows: list[dict[str, Any]], statistics: Mapping[str, Any]) -> int | None:
    """Return how many modules it says it linted: silent under `-j`, it counts an empty folder as two."""
    modules = statistics.get("modulesLinted")
    if isinstance(modules, int):
        return min(modules, len(on.files))
    return len({row["path"] for row in rows}) or None


def _names_jobs(settings: Mapping[str, Any] | None) -> bool:
    """Whether the configuration says how many processes to use."""
    return any(key == "jobs" for key, _ in _keys(settings or {}))


def _keys(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _keys(value)
        else:
            yield key, value


def _refuse(rows: list[dict[str, Any]]) -> None:
    """Raise NotUnderstood for messages that are about the configuration or about pylint itself."""
    for row in rows:
        if row["messageId"] in _BROKEN:
            raise NotUnderstood(f"pylint does not take its configuration: {row['message']}")
        if row["messageId"] in _CRASHED:
            raise NotUnderstood(f"pylint gave up on {row['path']}: {row['message']}")


def _finding(on: Invocation, row: Mapping[str, Any]) -> Finding:
    whole = row["messageId"] in _WHOLE
    path = "" if whole else row.get("absolutePath") or row["path"]
    source = on.source(on.relative(path)) if path else None
    line, end = int(row["line"] or 0), row.get("endLine")
    region = None
    if source and line > 0:
        column = code_points(source.line(line), int(row["column"] or 0), "utf-8")
        last = code_points(source.line(int(end)), int(row["endColumn"] or 0), "utf-8") if end else 0
        region = Region(line, column, int(end or line), last)
    return on.finding(
        "pylint",
        row["messageId"],
        f"{row['message']} ({row['symbol']})",
        path=path,
        severity=_SEVERITIES.get(row["type"], Severity.UNKNOWN),
        region=region,
        url=_address(row["type"], row["symbol"]),
    )


def _address(kind: str, symbol: str) -> str:
    return f"https://pylint.readthedocs.io/en/stable/user_guide/messages/{kind}/{symbol}.html"


TOOL = Pylint()
