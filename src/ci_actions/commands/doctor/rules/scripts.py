"""Scripts whose end says nothing about what they ran. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Level, Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.shell import Command, commands, shell_of
from ci_actions.workflows.document import Place, Scalar
from ci_actions.workflows.model import Job
from ci_actions.workflows.source import place_of

#: Programs whose end is a verdict; of those with several commands, which of them.
_GATES: dict[str, tuple[str, ...]] = {
    "pytest": (), "py.test": (), "tox": (), "nox": (), "mypy": (), "pyright": (), "flake8": (), "pylint": (), "bandit": (),
    "pip-audit": (), "ctest": (), "phpunit": (), "jest": (), "vitest": (), "eslint": (), "tsc": (), "golangci-lint": (),
    "ruff": ("check", "format"), "coverage": ("run",), "go": ("test", "vet", "build"),
    "cargo": ("test", "clippy", "build", "nextest"), "npm": ("test",), "yarn": ("test",), "pnpm": ("test",),
    "make": ("test", "check", "lint"), "ci-actions": (), "mvn": ("test", "verify"), "dotnet": ("test", "build"),
}  # fmt: skip
#: What starts another program that is meant.
_STARTERS = (
    ("uv", "run"), ("poetry", "run"), ("pdm", "run"), ("pipenv", "run"), ("hatch", "run"), ("python", "-m"), ("python3", "-m"),
    ("npx",), ("uvx",), ("coverage", "run", "-m"),
)  # fmt: skip
#: What never judges the text that it reads.
_PASSIVE = frozenset(
    (
        "awk",
        "cat",
        "column",
        "cut",
        "egrep",
        "grep",
        "head",
        "less",
        "more",
        "sed",
        "sort",
        "tail",
        "tee",
        "tr",
        "ts",
        "uniq",
        "wc",
    )
)
_SEES_PIPES = re.compile(r"(?<![-\w])pipefail|PIPESTATUS")
_OUR_GATES = ("check", "coverage-gate", "quality", "security-scan")
_TO_A_FILE = re.compile(r"(?<![0-9&])>|--(?:json|output|out)\b|-o\b|--exit-zero|--format")


def _pipes(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job, step in file.steps:
        if not step.run or "|" not in step.run.text or _SEES_PIPES.search(step.run.text):
            continue
        shell = shell_of(file.workflow, job, step)
        if shell not in ("", "sh") or (shell == "" and (file.action or _may_be_windows(job))):
            continue
        if step.node.get("continue-on-error"):
            continue
        found = list(commands(step.run.text))
        for number, each in enumerate(found):
            begins = each.sign == "|" and (number == 0 or found[number - 1].sign != "|")
            if begins and not each.is_tested and _hands_on(found[number + 1 :]):
                gate = gate_of(each)
                if gate:
                    yield Said(
                        place=_place(file, step.run, each),
                        message=f"a failure of `{gate}` is not seen: "
                        f"{'sh' if shell else 'the default shell'} takes the end of the last command behind `|`",
                        fix="add `shell: bash`, which has pipefail" if not shell else "write `shell: bash`",
                    )


def _hands_on(behind: Sequence[Command]) -> bool:
    """Whether what stands behind `|` only shows, keeps or changes the text: another program may judge it, or be asked."""
    for each in behind:
        if (each.words[0] if each.words else "") not in _PASSIVE:
            return False
        if each.sign != "|":
            return each.words[0] not in ("grep", "egrep") or each.sign not in ("&&", "||")
    return True


def _may_be_windows(job: Job | None) -> bool:
    runs_on = job.runs_on if job else None
    return isinstance(runs_on, Scalar) and "windows" in runs_on.text.lower()


def _ignored(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for _, step in file.steps:
        if not step.run or "||" not in step.run.text:
            continue
        found = list(commands(step.run.text))
        for each, behind in pairwise(found):
            if each.sign != "||" or not _always_succeeds(behind) or each.is_tested:
                continue
            gate = gate_of(each)
            if gate and not _TO_A_FILE.search(each.text):
                ours = gate.startswith("ci-actions ")
                yield Said(
                    place=_place(file, step.run, each),
                    message=f"whatever `{gate}` finds, this step is green",
                    fix=f"take `|| {behind.text}` away"
                    + (", or give `--dry-run`, which says what would fail" if ours else ""),
                    level=Level.PROBLEM if ours else Level.REMARK,
                )


def _always_succeeds(command: Command) -> bool:
    """Whether a command ends green whatever came before it, and tells nobody but the reader of the log."""
    if command.words in (["true"], [":"], ["exit", "0"]):
        return True
    return command.words[:1] == ["echo"] and not command.sign and ">" not in command.text


def gate_of(command: Command) -> str:
    """Return the gate that a command runs, nothing when it is none that is known."""
    words = list(command.words)
    for starter in _STARTERS:
        if tuple(words[: len(starter)]) == starter:
            words = words[len(starter) :]
            while words and words[0].startswith("-"):
                words = words[1:]
    if not words:
        return ""
    name = words[0].rpartition("/")[2]
    if name not in _GATES:
        return ""
    if {"--version", "--help", "-h", "-V", "--collect-only", "--list"} & set(words[1:]):
        return ""
    wanted = _OUR_GATES if name == "ci-actions" else _GATES[name]
    verb = next((word for word in words[1:] if not word.startswith("-")), "")
    if not wanted:
        return name
    return f"{name} {verb}" if verb in wanted else ""


def _place(file: File, run: Scalar, command: Command) -> Place:
    """Return where a command stands: of several equal ones each has its own place."""
    first = command.text.splitlines()[0]
    before = run.text.splitlines()[: command.line - 1]
    same = sum(line.count(first) for line in before)
    return place_of(file.lines, run, first, same)


def _no_shell(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    if file.action is None or file.action.using != "composite":
        return
    for step in file.action.steps:
        key = step.node.key("run")
        if key and step.node.get("shell") is None:
            yield Said(
                place=key.place,
                message="a script of a composite action needs a `shell`: GitHub refuses the action without it",
                fix="add `shell: bash`",
            )


def _composite(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    from ci_actions.workflows import expressions

    if file.action is None or file.action.using != "composite":
        return
    for held in file.expressions:
        for path in expressions.paths(held.tree) if held.step else ():
            if path[0] in ("secrets", "needs", "vars"):
                yield Said(
                    place=held.place,
                    message=f"`{'.'.join(path)}`: a composite action has no context '{path[0]}', so it cannot be loaded",
                    fix="declare an input, and let the caller give it",
                )
    for step in file.action.steps:
        key = step.node.key("timeout-minutes")
        if key:
            yield Said(
                place=key.place,
                message="a step of a composite action has no `timeout-minutes`: GitHub refuses the action",
                fix="set it on the step or job that uses the action",
            )


RULES = (
    Rule(
        id="no-pipefail",
        question="Is the end of every gate seen that is piped somewhere?",
        why="Without a `shell` GitHub runs `bash -e {0}`, which forgets what stands before the last `|`; `shell: bash` does not. "
        "Asked for test runners, linters and our gates at the head of a pipe.",
        ask=_pipes,
    ),
    Rule(
        id="ignored-failure",
        question="Is no verdict thrown away by `|| true`?",
        why="A problem for our gates; for others, which may be meant, a remark. Not asked where the output goes to a file, which "
        "something else may judge.",
        ask=_ignored,
        level=Level.REMARK,
    ),
    Rule(
        id="no-shell",
        question="Has each script of a composite action a `shell`?",
        why="There is no default in an action, also not from the `defaults` of a job.",
        ask=_no_shell,
    ),
    Rule(
        id="composite",
        question="Does a composite action use only what there is in one?",
        why="There are no `secrets`, `vars` and `needs` in it, and no `timeout-minutes` of a step. actionlint does not look into "
        "actions.",
        ask=_composite,
    ),
)
