"""What a capability has to say, as a value; the writer in `emit` alone turns it into bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ci_actions.kit.errors import Exit

#: Version of the JSON report; changes when a reader would have to.
SCHEMA = "ci-actions-report/1"


class Result(Enum):
    """How a run ended; the value of the output `result`."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    WOULD_FAIL = "would-fail"
    ROLLED_BACK = "rolled-back"
    PARTIAL = "partial"


class Level(Enum):
    """The kinds of annotation GitHub shows, most urgent first."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A remark, at lines of a file (relative to the git root) or about the whole run.

    Lines and columns count from 1, columns in code points; 0 is "not known".
    """

    level: Level
    message: str
    title: str = ""
    file: str = ""
    line: int = 0
    end_line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Product:
    """A file the run leaves behind, and the output that names its path, if there is one.

    `path` is where the user wants it, relative to the working directory; without one it is `name` in
    the folder for reports. `render` makes the text, only when it is written.
    """

    output: str
    name: str
    render: Callable[[], str]
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything a run says.

    `preface` are sentences that must be read before the verdict is believed; they stand above it.
    `headline` is verdict, number and bar in one line, without Markdown. `summary` is Markdown in blocks that
    stand alone, most important first: the writer leaves out the last ones where there is a limit.
    `log` is the same for a terminal. `details` are the capability's own part of the JSON report. `paths` and
    `variables` change the environment of the job's later steps: only for a capability whose purpose that is.
    """

    capability: str
    result: Result
    exit_code: Exit
    headline: str
    preface: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    annotations: tuple[Annotation, ...] = ()
    summary: tuple[str, ...] = ()
    show_summary: bool = True
    next_step: str = ""
    log: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    products: tuple[Product, ...] = ()
    folder: str = ""
    paths: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
