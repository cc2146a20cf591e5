"""ruff format: https://docs.astral.sh/ruff/formatter/."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ci_actions.quality.detection import Place, Project
from ci_actions.quality.model import Answer, Command, Detected, Ran
from ci_actions.quality.tool import Invocation, Program, Tool, contradiction, expect, hunks, one_line
from ci_actions.quality.tools.ruff_check import PLACES as RUFF_PLACES
from ci_actions.quality.tools.ruff_check import isolation

_COUNTED = re.compile(
    r"(\d+) files? (?:would be reformatted|(?:would be |already )?(?:left unchanged|formatted))"
)
_FAILED = re.compile(
    r"^error: Failed to (?:parse|read|format|lint) ([^\n]+?)(?::\d+:\d+)?(?::| at )", re.MULTILINE
)


class RuffFormat(Tool):
    """The formatter. That ruff is configured does not mean that it formats: only its own table or hook does."""

    name = "ruff-format"
    programs = (Program("ruff", "ruff", "ruff"),)
    places = (
        Place(".ruff.toml", "format"),
        Place("ruff.toml", "format"),
        Place("pyproject.toml", "tool.ruff.format"),
    )
    suffixes = (".py", ".pyi", ".ipynb")
    weight = 1

    def detect(self, project: Project) -> Detected | None:
        """Return why it runs; that ruff is installed is no reason.

        Where only a hook names it, the linter's table still says which files and lines it is for.
        """
        found = super().detect(project)
        if found is not None and found.config:
            return found
        hook = project.hook_of(self.name)
        if hook is None:
            return None
        path, _, problem = project.find(RUFF_PLACES) or ("", None, "")
        reason = f"hook {hook.id} in {project.hook_file}"
        return Detected(reason=reason, config=path, problem=problem, only_hook=True)

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the check. Its JSON came late and was text for a while; the diff is the same in all versions."""
        argv = (*on.launcher, "format", *isolation(on), "--check", "--diff", "--", *(on.paths or (".",)))
        return (Command(name="check", argv=argv),)

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return a finding a hunk. Exit code 2 is a file that it could not parse, or settings that it could not."""
        check = ran["check"]
        expect(check, (0, 1, 2), "ruff format")
        unread = tuple(on.relative(name) or name for name in _FAILED.findall(check.complaint))
        if check.code == 2 and not unread:
            expect(check, (0, 1), "ruff format")
        findings = hunks(on, self.name, check.stdout, lambda name: name)
        counts = _COUNTED.findall(check.complaint)
        if check.code != 2 and bool(findings) is not (check.code == 1):
            raise contradiction("ruff format", check, f"its diff has {len(findings)} hunks")
        if not counts and not unread and "No Python files found" not in check.complaint:
            raise contradiction(
                "ruff format", check, f"it did not count files ({one_line(check.complaint)[-200:]!r})"
            )
        return Answer(findings=findings, files=sum(map(int, counts)), unread=unread)

    def fixers(self, on: Invocation) -> tuple[Command, ...]:
        """Return what formats."""
        argv = (*on.launcher, "format", *isolation(on), "--quiet", "--", *(on.paths or (".",)))
        return (Command(name="fix", argv=argv),)


TOOL = RuffFormat()
