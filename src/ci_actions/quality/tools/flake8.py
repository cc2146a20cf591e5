"""flake8: https://flake8.pycqa.org/."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ci_actions.findings.model import Finding, Region, Severity
from ci_actions.quality.detection import Place
from ci_actions.quality.model import Answer, Command, Ran
from ci_actions.quality.tool import Invocation, NotUnderstood, Program, Tool, contradiction, expect

#: Between fields; no path, code or message holds it without being escaped by nobody: a file name may hold any other sign.
_FIELD, _START = "\x1f", "\x1e"
_FORMAT = f"{_START}%(path)s{_FIELD}%(row)d{_FIELD}%(col)d{_FIELD}%(code)s{_FIELD}%(text)s"
_COUNT = re.compile(rb"^(\d+) +total files processed\s*$", re.MULTILINE)
#: Rules of the tool itself: a file that it could not read.
_UNREAD = ("E902",)


class Flake8(Tool):
    """The linter and its plugins. Exit code 1 means findings, a broken configuration, or a plugin that raised."""

    name = "flake8"
    programs = (Program("flake8", "flake8", "flake8"),)
    places = (
        Place("setup.cfg", "flake8"),
        Place("tox.ini", "flake8"),
        Place(".flake8", "flake8"),
    )
    suffixes = (".py",)
    weight = 15

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check.

        E902 and E999 are always selected: with `select = F` a file that cannot be read or parsed is no finding. The
        number of files comes with `--benchmark`, behind the findings in the same file. It does not know `.gitignore`,
        and looks for its settings above the git root: it is told where to look, and what its settings are.
        """
        config = ("--config", on.config) if on.config else ("--isolated",)
        argv = (
            *on.launcher,
            *config,
            "--extend-select=E902,E999",
            "--benchmark",
            "--no-show-source",
            f"--format={_FORMAT}",
            f"--output-file={on.scratch}/flake8.txt",
            # No `--`: behind one, flake8 takes its own options for names of files.
            *(on.paths or on.roots),
        )
        return (Command(name="check", argv=argv, output="flake8.txt"),)

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return its findings: exit code 1 goes with at least one, 0 with none; both with the number of files."""
        check = ran["check"]
        expect(check, (0, 1), "flake8")
        content = check.output or b""
        counted = _COUNT.search(content)
        if counted is None:
            raise contradiction("flake8", check, "it did not come to its end")
        findings = tuple(
            _finding(on, record) for record in content.decode("utf-8", "surrogateescape").split(_START)[1:]
        )
        if bool(findings) is not (check.code == 1):
            raise contradiction("flake8", check, f"it printed {len(findings)} findings")
        unread = tuple(dict.fromkeys(each.path for each in findings if each.rule in _UNREAD))
        return Answer(findings=findings, files=int(counted[1]), unread=unread)


def _finding(on: Invocation, record: str) -> Finding:
    try:
        path, row, column, code, text = record.split(_FIELD)
        line, at = int(row), int(column)
    except ValueError:
        raise NotUnderstood(f"flake8 printed something that is no finding: {record[:80]!r}") from None
    shown = on.source(on.relative(path)).line(line)
    # pyflakes counts bytes and pycodestyle characters: on such a line nobody knows.
    exact = shown.isascii() and 0 < at <= len(shown) + 1
    return on.finding(
        "flake8",
        code,
        # What --benchmark prints follows the last finding.
        text.split("\n", 1)[0],
        path=path,
        severity=Severity.MEDIUM if code[:1] in "WC" else Severity.HIGH,
        region=Region(line, at if exact else 0, line) if line > 0 else None,
    )


TOOL = Flake8()
