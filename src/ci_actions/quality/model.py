"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ci_actions.findings.model import Finding
from ci_actions.kit.lines import Lines

#: The name under which our own parse of every file reports.
SOURCE = "source"
#: The tools whose findings are lines that they would rewrite, and no others.
FORMATTERS = ("black", "isort", "ruff-format")


class State(Enum):
    """What became of a tool. Only the first two say anything about the code."""

    CLEAN = "clean"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    SKIPPED = "skipped"


#: States that keep a run from a verdict.
NO_ANSWER = (State.INCOMPLETE, State.FAILED)


@dataclass(frozen=True, kw_only=True)
class Hook:
    """One hook of a hook configuration: its id, where it comes from, and the revision that is pinned."""

    id: str
    repo: str = ""
    rev: str = ""


@dataclass(frozen=True, kw_only=True)
class Detected:
    """Why a tool runs. `config` is the file that configures it, empty for its defaults.

    `problem` is what is wrong with that file: the tool may carry on with its defaults, its answer counts for nothing.
    With `only_hook` nothing but a hook (or, for ruff, a folder further down) names the tool: it runs where the
    environment has it.
    """

    reason: str
    config: str = ""
    problem: str = ""
    only_hook: bool = False


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The environment that has the project's tools, and how it was found.

    `versions` are all distributions by normalised name. `movable` says that it holds code from outside of the
    repository that may change without a new version (an editable installation), `compiled` that its installer left
    bytecode.
    """

    python: str
    version: str
    prefix: str
    scripts: str
    how: str
    versions: Mapping[str, str]
    movable: bool = False
    compiled: bool = True
    venv: bool = True

    @property
    def release(self) -> tuple[int, ...]:
        """The interpreter's version, comparable."""
        return release(self.version)


def release(version: str) -> tuple[int, ...]:
    """Return the numbers at the start of a version: `(1, 10, 0)` for `1.10.0rc1`."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


@dataclass(frozen=True, kw_only=True)
class Command:
    """One process of a tool. `output` is a file in the scratch folder that it writes, empty for none."""

    name: str
    argv: tuple[str, ...]
    output: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How one process of a tool ended.

    `code` is negative for a signal and None where it was stopped: `stopped` says why. `output` is what it wrote to
    its file, None if it wrote none.
    """

    code: int | None
    stdout: bytes = b""
    stderr: bytes = b""
    output: bytes | None = None
    stopped: str = ""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """Standard error as text."""
        return self.stderr.decode("utf-8", "replace")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a tool said, once its output is understood.

    `findings` are those that make the tool itself fail, `remarks` those that do not. `files` are the files it read,
    relative to the git root, or only how many where it does not say which; None where it says neither. `unread` are
    files that it could not read. `score` is what else it says of the whole.
    """

    findings: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()
    files: frozenset[str] | int | None = None
    unread: tuple[str, ...] = ()
    score: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToolRun:
    """One tool from detection to its answer.

    `reason` says why it runs, or why it does not. `problems` are why it has no answer. `eligible` is how many files
    of git it could have read, `gaps` are some of those that it did not.
    """

    tool: str
    state: State
    reason: str = ""
    version: str = ""
    config: str = ""
    answer: Answer = Answer()
    problems: tuple[str, ...] = ()
    eligible: int = 0
    gaps: tuple[str, ...] = ()
    seconds: float = 0.0
    cached: bool = False

    @property
    def score_or_reason(self) -> str:
        """What is worth saying beside the state: why it did not run, or what else the tool says of the whole."""
        if self.state in (State.NOT_APPLICABLE, State.SKIPPED):
            return self.reason
        return self.answer.score


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A tool of which a hook pins another version than the environment has."""

    tool: str
    here: str
    hook: str
    file: str


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """A comment of the change that silences a tool."""

    path: str
    line: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run, in full: equal plans give equal verdicts. `parts` are short digests by name, `digest` is of them all."""

    digest: str
    parts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the decision stands on.

    `base_runs` are the same tools on the base, None where everything counts; `base_problem` says why there is no base,
    `no_change` why there is no change. `added` are the lines that the change adds, by path. `touched` are files of the
    user's that a tool changed although it must not.
    """

    runs: tuple[ToolRun, ...]
    environment: Environment
    plan: Plan
    files: int
    base_runs: tuple[ToolRun, ...] | None = None
    base: str = ""
    base_how: str = ""
    base_problem: str = ""
    no_change: str = ""
    added: Mapping[str, Lines] = field(default_factory=dict)
    head: str = ""
    drift: tuple[Drift, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    loosened: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    patch: str = ""
    fixed: tuple[str, ...] = ()
    blob_url: str = ""
    directory: str = ""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One tool with its verdict: what counts against the change, what is old, what does not count at all."""

    run: ToolRun
    counted: tuple[Finding, ...] = ()
    old: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The verdict and what it rests on."""

    tools: tuple[Judged, ...]
    scope: str
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    complaints: tuple[str, ...]
    facts: Facts

    @property
    def counted(self) -> tuple[Finding, ...]:
        """Everything that counts against the change."""
        return tuple(finding for each in self.tools for finding in each.counted)

    @property
    def old(self) -> tuple[Finding, ...]:
        """What the base has too."""
        return tuple(finding for each in self.tools for finding in each.old)
