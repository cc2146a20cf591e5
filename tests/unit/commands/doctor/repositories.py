"""Repositories of a few lines, and what doctor says of them.

`▸` in a text marks where a finding is expected; it is no part of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from textwrap import dedent

from ci_actions.commands.doctor.callees import Ours
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.gathering import this_version
from ci_actions.commands.doctor.judging import judge
from ci_actions.commands.doctor.model import Judged
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.rules import RULES
from ci_actions.workflows.document import pure

MARK = "▸"
WORKFLOW = ".github/workflows/ci.yml"
SHA = "0123456789abcdef0123456789abcdef01234567"


@cache
def ours() -> Ours:
    """Return what this checkout declares: the rules are asked about the real inputs."""
    return this_version("org/ci-actions", pure)


def judged(files: Mapping[str, str], *, whole: bool = True) -> Judged:
    found = {path: File(path, text.replace(MARK, "").encode()) for path, text in files.items()}
    return judge(Repository(files=found, ours=ours(), whole=whole), RULES)


def marked(files: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """Return the places of the marks: path, line, column."""
    return sorted(
        (path, number, column + 1 - line[:column].count(MARK))
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        for column, sign in enumerate(line)
        if sign == MARK
    )


def places(answer: Judged, rule: str) -> list[tuple[str, int, int]]:
    return sorted(
        (each.path, each.place.line, each.place.column) for each in answer.found if each.rule == rule
    )


def steps(text: str, *, on: str = "push", job: str = "") -> str:
    """Return a workflow with one job of these steps; `job` are more lines of the job."""
    inner = "\n".join(f"      {line}" if line else "" for line in dedent(text).strip("\n").splitlines())
    more = "".join(f"    {line}\n" for line in dedent(job).strip("\n").splitlines())
    return (
        f"name: ci\non: {on}\npermissions: {{}}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    timeout-minutes: 5\n"
        f"{more}    steps:\n{inner}\n"
    )


def jobs(text: str, *, on: str = "push", permissions: str = "{}") -> str:
    """Return a workflow with these jobs."""
    inner = "\n".join(f"  {line}" if line else "" for line in dedent(text).strip("\n").splitlines())
    return f"name: ci\non: {on}\npermissions: {permissions}\njobs:\n{inner}\n"


def composite(text: str, *, inputs: str = "") -> str:
    """Return a composite action with these steps; `inputs` are lines below `inputs:`."""
    inner = "\n".join(f"    {line}" if line else "" for line in dedent(text).strip("\n").splitlines())
    taken = "".join(f"  {line}\n" for line in dedent(inputs).strip("\n").splitlines() if line)
    head = f"inputs:\n{taken}" if taken else ""
    return f"name: x\n{head}outputs:\n  made: {{value: '1'}}\nruns:\n  using: composite\n  steps:\n{inner}\n"
