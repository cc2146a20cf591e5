"""The inputs of coverage-gate, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ci_actions.kit.inputs import (
    BOOLEAN,
    LIST,
    PATH,
    PERCENT,
    POINTS,
    TEXT,
    THRESHOLD,
    ChangeInputs,
    declare,
    items,
    one_of,
    tables,
    whole,
)

BASELINE_SCHEMA = "ci-actions-coverage-baseline/1"
METRICS = ("lines", "branches", "combined")
SCOPES = ("overall", "new-code", "per-file", "per-new-file")
FORMATS = ("auto", "data", "collected", "coverage-json", "cobertura", "lcov", "jacoco", "clover", "go")

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "overall": "Percentage of everything measured, two decimals, rounded down; `n/a` where not everything was analysed.",
    "overall-covered": "Covered units of everything measured.",
    "overall-total": "All units of everything measured.",
    "critical": "Percentage of the files of critical-paths, or `n/a`.",
    "critical-covered": "Covered units of critical-paths.",
    "critical-total": "All units of critical-paths.",
    "new-code": "Percentage of the changed lines, or `n/a`.",
    "new-code-covered": "Covered changed lines.",
    "new-code-total": "Measured changed lines.",
    "metric": "What was counted: `lines`, `branches` or `combined`.",
    "baseline": "Percentage of the baseline, or `n/a`.",
    "delta": "Percentage points against the baseline, with a sign, or `n/a`.",
    "failed-gates-json": "Names of the gates that are not met, as a JSON array.",
    "unmeasured-files-json": "Changed source files in no report, as a JSON array.",
    "comment-payload": "Path of the JSON file from which a trusted workflow writes a comment: numbers and paths only.",
    "html": "Path of the page with the picture, if it was asked for.",
    "badge-file": "Path of the SVG badge, if it was asked for.",
    "badge-endpoint": "Path of the shields.io endpoint file beside the badge.",
    "cobertura-file": "Path of the merged Cobertura file, if it was asked for.",
    "collected-file": "Path of what `collect` wrote.",
    "baseline-file": "Path of the new baseline, if this run wrote one.",
    "history-file": "Path of the history, if this run appended to it.",
}


@dataclass(frozen=True)
class PathRule:
    """One line of `path-map`: paths that start with `pattern` start with `replacement` instead."""

    pattern: str
    replacement: str


def path_rule(text: str) -> PathRule:
    """Return the rule in `pattern => replacement`; raises ValueError for anything else."""
    pattern, arrow, replacement = (part.strip() for part in text.partition("=>"))
    if not arrow or not pattern:
        raise ValueError(f"'{text}' must be written 'pattern => replacement', like '/app/src => src'")
    return PathRule(pattern, replacement)


@dataclass(frozen=True, kw_only=True)
class NamedGate:
    """A gate of the project's own: `[[tool.ci-actions.coverage-gate.gate]]`."""

    name: str = declare(TEXT, help="What the gate is called in the report.")
    paths: tuple[str, ...] = declare(
        LIST, default=(), help="Globs of the files it holds for; all without any."
    )
    exclude: tuple[str, ...] = declare(LIST, default=(), help="Globs of files it does not hold for.")
    metric: str = declare(one_of("auto", *METRICS), default="auto", help="What is counted.")
    min: Decimal = declare(PERCENT, help="The percentage that must be reached.")
    scope: str = declare(one_of(*SCOPES), default="overall", help="What it is measured on.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(ChangeInputs):
    """Which reports are read, what must be reached, and what is left behind."""

    files: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of coverage reports: coverage.py data files, what `collect` wrote, coverage.json, Cobertura, "
        "LCOV, JaCoCo, Clover, Go; `format:glob` forces a format. Without any they are looked for, and what was taken "
        "is printed.",
    )
    format: str = declare(one_of(*FORMATS), default="auto", help="The format of all files that name none.")
    min_overall: Decimal | None = declare(
        THRESHOLD,
        default=Decimal(80),
        aliases=("fail-under",),
        help="Percentage that everything measured must reach together.",
    )
    min_critical: Decimal | None = declare(
        THRESHOLD,
        default=Decimal(90),
        help="Percentage that the files of critical-paths must reach together.",
    )
    min_new_code: Decimal | None = declare(
        THRESHOLD, default=Decimal(85), help="Percentage that the changed lines must reach (patch coverage)."
    )
    critical_paths: tuple[str, ...] = declare(
        LIST, default=(), help="Globs of the files that matter most; each must match a measured file."
    )
    allow_empty_critical: bool = declare(
        BOOLEAN, default=False, help="Whether critical-paths may match no measured file."
    )
    gate: tuple[NamedGate, ...] = declare(
        tables(NamedGate), default=(), help="Gates of the project's own, one table each."
    )
    metric: str = declare(
        one_of("auto", *METRICS),
        default="auto",
        help="What is counted: lines, branches, or both (combined); auto is combined where branches were measured, else lines.",
    )
    partial_branches: str = declare(
        one_of("missed", "half", "covered"),
        default="missed",
        help="How a changed line counts that ran, but not into all of its branches.",
    )
    source: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Folders that hold source files: a changed one must be in a report. Without any they are detected.",
    )
    exclude: tuple[str, ...] = declare(
        LIST, default=(), help="Globs of files that count nowhere, on top of tests and generated files."
    )
    on_unmeasured_file: str = declare(
        one_of("fail", "uncovered", "warn", "ignore"),
        default="fail",
        help="What a changed source file in no report means: no verdict, all its changed lines uncovered, a warning, or nothing.",
    )
    min_changed_lines: int = declare(
        whole(0),
        default=0,
        help="Below so many measured changed lines the new-code gate is reported, not enforced.",
    )
    expect_reports: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="How many reports there must be, or the names of the shards that must each have brought one.",
    )
    path_map: tuple[PathRule, ...] = declare(
        items(path_rule, "lines like '/app/src => src'", separators="\n"),
        default=(),
        help="Lines `pattern => replacement` for the beginning of the paths in reports; the first that fits counts, "
        "`*` is one folder.",
    )
    python: str = declare(
        TEXT, default="", help="Interpreter that analyses coverage.py data files; the job's own without it."
    )
    collect: str = declare(
        PATH,
        default="",
        help="Judge nothing: analyse the data files here and now, and write for a later job to this file.",
    )
    baseline: str = declare(
        TEXT,
        default="none",
        help="What coverage must not fall below: `none`, `file:<path>`, `branch:<name>` (coverage-baseline.json there), or "
        "`artifact` (the newest one of the default branch; needs `actions: read`).",
    )
    baseline_tolerance: Decimal = declare(
        POINTS, default=Decimal(0), help="Percentage points by which coverage may fall below the baseline."
    )
    require_baseline: bool = declare(
        BOOLEAN,
        default=False,
        help="Whether a baseline that cannot be had is an error; else the ratchet is n/a.",
    )
    ratchet_update: str = declare(
        one_of("default-branch", "always", "never"),
        default="default-branch",
        help="When a green run writes a new baseline (and appends to history).",
    )
    history: str = declare(
        PATH,
        default="",
        help="JSON lines file to which each new baseline is appended; the newest 1 000 are kept.",
    )
    annotations: str = declare(
        one_of("error", "warning", "notice", "off"),
        default="warning",
        help="Level of the annotations on changed lines that no test covers.",
    )
    comment_id: str = declare(
        TEXT, default="default", help="Tells the comments of several gates on one pull request apart."
    )
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    html: bool = declare(BOOLEAN, default=False, help="Whether the page with the picture is written.")
    badge: str = declare(
        PATH, default="", help="Path of an SVG badge; a shields.io endpoint file is put beside it."
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
    cobertura_out: str = declare(PATH, default="", help="Path of one merged Cobertura file.")

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        kind, colon, rest = self.baseline.partition(":")
        if (kind, bool(colon)) not in (
            ("none", False),
            ("artifact", False),
            ("file", True),
            ("branch", True),
        ) or (colon and (not rest or rest.startswith("-"))):
            yield (
                f"input 'baseline' is '{self.baseline}' but must be none, artifact, file:<path> or branch:<name>"
            )
        if self.expects_number and len(self.expect_reports) > 1:
            yield "input 'expect-reports' must be one number or a list of shard names, not both"
        if self.deepen not in ("auto", "never") and not (self.deepen.isascii() and self.deepen.isdigit()):
            yield f"input 'deepen' is '{self.deepen}' but must be auto, never or a number of commits, like '500'"
        names = [each.name for each in self.gate]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"two gates are called '{name}'; each needs a name of its own"
        critical = self.min_critical and self.critical_paths
        if not (
            self.min_overall
            or critical
            or self.min_new_code
            or any(each.min for each in self.gate)
            or self.collect
        ) and (self.baseline == "none"):
            yield (
                "every gate is off: set min-overall, min-new-code, min-critical with critical-paths, a [[gate]] or a "
                "baseline, or this action would be green whatever was measured"
            )

    @property
    def expects_number(self) -> bool:
        """Whether `expect-reports` is a number of reports, and not the names of shards."""
        return any(each.isascii() and each.isdigit() for each in self.expect_reports)
