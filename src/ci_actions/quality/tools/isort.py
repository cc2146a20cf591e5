"""isort: https://pycqa.github.io/isort/."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ci_actions.quality.detection import Place
from ci_actions.quality.model import Answer, Command, Ran
from ci_actions.quality.tool import Invocation, Program, Tool, contradiction, expect, hunks, listed, one_line

_STAMP = re.compile(r":(?:before|after)\t.*$")
_WRONG = re.compile(r"^ERROR: (.+) Imports are incorrectly sorted and/or formatted\.$", re.MULTILINE)
#: What it says of files that it passes over, with exit code 0.
_UNREAD = re.compile(
    r"(?:Unable to parse file|Encountered an error while trying to process|Broken .*?path|Unknown encoding in file|"
    r"has an unsupported encoding[^\n]*)[:\s]+([^\n]*?)(?: due to |\n|$)"
)


class Isort(Tool):
    """The sorter of imports. On a file that it cannot parse it warns, and exits with 0."""

    name = "isort"
    programs = (Program("isort", "isort", "isort"),)
    places = (
        Place(".isort.cfg"),
        Place("pyproject.toml", "tool.isort"),
        Place("setup.cfg", "isort|tool:isort"),
        Place("tox.ini", "isort|tool:isort"),
    )
    suffixes = (".py", ".pyi")
    weight = 4

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check, and the list of files it is for."""
        where = on.paths or (".",)
        common = (*on.launcher, *(["--settings-file", on.config] if on.config else []))
        return (
            Command(name="check", argv=(*common, "--check-only", "--diff", *where)),
            Command(name="files", argv=(*common, "--show-files", *where)),
        )

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return a finding a hunk: exit code 1 goes with at least one `ERROR:` line, and a traceback has none."""
        check, names = ran["check"], ran["files"]
        expect(check, (0, 1), "isort")
        expect(names, (0,), "isort --show-files")
        said = check.complaint
        wrong = _WRONG.findall(said)
        if bool(wrong) is not (check.code == 1):
            raise contradiction("isort", check, f"it names {len(wrong)} files")
        findings = hunks(on, self.name, check.stdout, lambda name: _STAMP.sub("", name), sorts=True)
        if wrong and not findings:
            raise contradiction("isort", check, f"it names {len(wrong)} files and its diff has no hunk")
        unread = tuple(on.relative(name.strip()) or one_line(name) for name in _UNREAD.findall(said))
        return Answer(findings=findings, files=listed(on, names.stdout), unread=unread)

    def fixers(self, on: Invocation) -> tuple[Command, ...]:
        """Return what sorts."""
        settings = ["--settings-file", on.config] if on.config else []
        return (Command(name="fix", argv=(*on.launcher, *settings, "--quiet", *(on.paths or (".",)))),)


TOOL = Isort()
