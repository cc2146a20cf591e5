"""The hooks of pre-commit (https://pre-commit.com/) and of prek (https://prek.j178.dev/)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ci_actions.findings.model import Finding, Region, Severity
from ci_actions.quality.detection import HOOK_TOOLS, Project
from ci_actions.quality.model import Answer, Command, Detected, Ran
from ci_actions.quality.tool import Invocation, NotUnderstood, Program, Tool, contradiction, expect, one_line

_PRE_COMMIT = Program("pre-commit", "pre-commit", "pre_commit")
_PREK = Program("prek", "prek", "prek")
#: `name....Passed`, `name...(no files to check)Skipped`
_HOOK = re.compile(r"^(?P<name>.*?)\.{2,}(?P<why>\(.*?\))?(?P<how>Passed|Failed|Skipped|Dry Run)$")
_ABOUT = re.compile(
    r"^- (?P<key>hook id|exit code|duration|files were modified by this hook)(?:: (?P<value>.*))?$"
)
#: `path:line:column: message`, as most linters print.
_PLACE = re.compile(r"^\s*(?P<path>[^\s:][^:\n]*):(?P<line>\d+)(?::(?P<column>\d+))?:?\s+(?P<message>.+)$")
#: Lines of one hook that become findings of their own.
_LINES = 200


@dataclass(frozen=True, kw_only=True)
class _Hook:
    """How one hook ended."""

    name: str
    how: str
    id: str = ""
    modified: bool = False
    output: tuple[str, ...] = ()


class Hooks(Tool):
    """All hooks of the project's hook configuration, on all files.

    They write to the files they check, so they run in a throw-away copy; what they change there is a finding.
    """

    name = "hooks"
    programs = (_PRE_COMMIT, _PREK)
    suffixes = ("",)
    weight = 70
    cached = False
    writes = True

    def detect(self, project: Project) -> Detected | None:
        """Return why they run: there is a hook configuration at the git root, and the working directory is that."""
        if not project.hook_file or project.prefix:
            return None
        return Detected(reason=project.hook_file, config=project.hook_file)

    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the run; nothing of the caller's (SKIP) leaves a hook out."""
        common = ("run", "--all-files", "--color", "never", "--verbose", "--config", on.config)
        return (Command(name="check", argv=(*on.launcher, *common)),)

    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return a finding a failed hook, or one for each place that it names. At least one hook must have run."""
        check = ran["check"]
        expect(check, (0, 1), "the hooks")
        hooks = tuple(_hooks(check.text))
        failed = [each for each in hooks if each.how == "Failed"]
        passed = [each for each in hooks if each.how == "Passed"]
        if not hooks and check.code:
            raise contradiction("the hook runner", check, "it ran no hook")
        if bool(failed) is not (check.code == 1):
            raise contradiction("the hook runner", check, f"{len(failed)} hooks failed")
        if not failed and not passed:
            raise NotUnderstood(
                f"no hook ran: {', '.join(each.name for each in hooks) or 'none is configured'} "
                "(skipped, for another stage, or without a file)"
            )
        findings = tuple(finding for each in failed for finding in _findings(on, each))
        ran_hooks = len(failed) + len(passed)
        return Answer(findings=findings, score=f"{ran_hooks} of {len(hooks)} hooks ran")


def _hooks(text: str) -> Iterator[_Hook]:
    """Yield how each hook ended, from what the runner prints with --verbose."""
    current: _Hook | None = None
    output: list[str] = []
    for line in text.splitlines():
        if found := _HOOK.match(line):
            if current:
                yield replace(current, output=tuple(output))
            current, output = _Hook(name=found["name"], how=found["how"]), []
        elif current and (about := _ABOUT.match(line)) and not output:
            if about["key"] == "hook id":
                current = replace(current, id=about["value"] or "")
            elif about["key"].startswith("files were"):
                current = replace(current, modified=True)
        elif line.strip():
            output.append(line)
    if current:
        yield replace(current, output=tuple(output))


def _findings(on: Invocation, hook: _Hook) -> Iterator[Finding]:
    """Yield what a failed hook says: the places that it names, or that it failed."""
    known = frozenset(on.files)
    rule = hook.id or hook.name
    canonical = HOOK_TOOLS.get(rule, "")
    named = []
    for line in hook.output[:_LINES]:
        found = _PLACE.match(line)
        if found and on.relative(found["path"]) in known:
            place = Region(int(found["line"]))
            named.append(on.finding("hooks", rule, found["message"], path=found["path"], region=place))
    if named:
        yield from (replace(each, canonical=canonical) for each in named)
        return
    why = "changed files" if hook.modified else "failed"
    said = one_line(" ".join(hook.output[:10]))[:500]
    message = f"hook {rule} {why}" + (f": {said}" if said else "")
    yield replace(on.finding("hooks", rule, message, path="", severity=Severity.HIGH), canonical=canonical)


TOOL = Hooks()
