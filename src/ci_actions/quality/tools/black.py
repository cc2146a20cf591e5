"""Black: https://black.readthedocs.io/en/stable/usage_and_configuration/the_basics.html."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ci_actions.quality.detection import Place
from ci_actions.quality.model import Answer, Command, Ran
from ci_actions.quality.tool import (
    Invocation,
    NotUnderstood,
    Program,
    Tool,
    contradiction,
    expect,
    hunks,
    said,
)

#: How Black stamps the two sides of its diff.
_STAMP = re.compile(r"\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*$")
_SUMMARY = re.compile(r"(\d+) files? (would be reformatted|would be left unchanged|would fail to reformat)")
_FILE = re.compile(
    r"^(?:would reformat (?P<bad>.+)"
    r"|(?P<good>.+) (?:already well formatted, good job\.|wasn't modified on disk since last run\.))$",
    re.MULTILINE,
)
_UNREAD = re.compile(r"^error: cannot (?:format |parse: )(.+?)(?::\d+:\d+$|: )", re.MULTILINE)


class Black(Tool):
    """The formatter."""

    name = "black"
    programs = (Program("black", "black", "black"),)
    places = (Place("pyproject.toml", "tool.black"),)
    suffixes = (".py", ".pyi", ".ipynb")
    weight = 25

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check. With `-v` it names every file that it looked at."""
        argv = (
            *on.launcher,
            *_config(on),
            "--check",
            "--diff",
            "--verbose",
            "--no-color",
            "--",
            *(on.paths or (".",)),
        )
        return (Command(name="check", argv=argv),)

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return a finding a hunk.

        Exit code 1 is also a broken pyproject.toml and a `required-version` that is not met: it means findings only if
        the summary counts them. 123 is a file that it could not parse.
        """
        check = ran["check"]
        expect(check, (0, 1, 123), "black")
        counts = {what: int(number) for number, what in _SUMMARY.findall(check.complaint)}
        unread = tuple(on.relative(name) or name for name in _UNREAD.findall(check.complaint))
        findings = hunks(on, self.name, check.stdout, lambda name: _STAMP.sub("", name))
        wanted = (
            123 if counts.get("would fail to reformat") else 1 if counts.get("would be reformatted") else 0
        )
        if "Invalid config keys detected" in check.complaint:
            raise NotUnderstood(f"black does not take its configuration{said(check)}")
        nothing = "No Python files are present" in check.complaint
        lost = counts.get("would fail to reformat", 0) > len(unread)
        if (not counts and not nothing) or lost or check.code != wanted or (check.code == 1) > bool(findings):
            raise contradiction("black", check, f"its summary counts {counts or 'nothing'}")
        files = {
            path
            for found in _FILE.finditer(check.complaint)
            if (path := on.relative(found["bad"] or found["good"]))
        }
        number = sum(counts.values())
        return Answer(
            findings=findings, files=frozenset(files) if len(files) == number else number, unread=unread
        )

    def fixers(self, on: Invocation) -> tuple[Command, ...]:
        """Return what formats."""
        return (
            Command(name="fix", argv=(*on.launcher, *_config(on), "--quiet", "--", *(on.paths or (".",)))),
        )


def _config(on: Invocation) -> tuple[str, ...]:
    """Return the option that names the configuration."""
    return ("--config", on.config) if on.config else ()


TOOL = Black()
