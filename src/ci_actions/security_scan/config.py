"""The inputs of security-scan, declared once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.findings.model import Severity
from ci_actions.kit.inputs import (
    ARGUMENT,
    BOOLEAN,
    LIST,
    PATH,
    TEXT,
    ChangeInputs,
    Kind,
    declare,
    items,
    one_of,
    suggestion,
    tables,
    whole,
)

#: Every scanner, in the order of the report.
TOOLS = (
    "bandit",
    "pip-audit",
    "osv-scanner",
    "trivy-fs",
    "trivy-image",
    "detect-secrets",
    "gitleaks",
    "zizmor",
    "safety",
)
#: What other programs' reports may be written in.
FORMATS = ("sarif", "cargo-audit")
SEVERITIES = ("low", "medium", "high", "critical")

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "sarif-file": "Path of the merged SARIF log, as code scanning accepts it.",
    "sarif-dir": "Folder with one SARIF file per run, if it was asked for.",
    "json-file": "Path of all findings as JSON, the suppressed ones too.",
    "html": "Path of the page with all findings, if it was asked for.",
    "comment-payload": "Path of the JSON file from which a trusted workflow writes a comment.",
    "findings-total": "Findings of all scanners, duplicates counted once.",
    "findings-gating": "Findings that turn the run red.",
    "findings-suppressed": "Findings that a suppression or a baseline of secrets holds back.",
    "findings-duplicate": "Findings that another scanner had already.",
    "expired-suppressions": "Suppressions whose time is over.",
    "unused-suppressions": "Suppressions that match nothing.",
    "tool-status-json": "State, version and counts of every scanner, as a JSON object.",
    "db-age-hours": "Age of the oldest database of advisories that was used, in hours, or `n/a`.",
}


@dataclass(frozen=True)
class Bar:
    """From which severity findings turn the run red: None for never; `tool` is empty for every other one."""

    tool: str
    severity: Severity | None

    def __str__(self) -> str:
        word = "none" if self.severity is None else self.severity.name.lower()
        return f"{self.tool}={word}" if self.tool else word


def bar(text: str) -> Bar:
    """Return the bar in `high`, `none` or `bandit=medium`; raises ValueError for anything else."""
    tool, equals, word = (part.strip() for part in text.rpartition("="))
    if equals and tool not in TOOLS:
        raise ValueError(f"'{tool}' is no scanner{suggestion(tool, TOOLS)}; there are {', '.join(TOOLS)}")
    if word not in (*SEVERITIES, "none"):
        raise ValueError(
            f"'{word}' is no severity{suggestion(word, SEVERITIES)}; write none, {', '.join(SEVERITIES)}"
        )
    return Bar(tool, None if word == "none" else Severity[word.upper()])


def tool(text: str) -> str:
    """Return the name of a scanner, or `auto`; raises ValueError for anything else."""
    if text not in ("auto", *TOOLS):
        raise ValueError(
            f"'{text}' is no scanner{suggestion(text, TOOLS)}; there are auto, {', '.join(TOOLS)}"
        )
    return text


@dataclass(frozen=True)
class Reports:
    """Reports of other programs: a glob, and their format; empty where they tell it themselves."""

    glob: str
    format: str = ""


def reports(text: str) -> Reports:
    """Return what is meant by `build/*.sarif` or `cargo-audit=audit.json`."""
    name, equals, glob = (part.strip() for part in text.partition("="))
    return Reports(glob, name) if equals and glob and name in FORMATS else Reports(text)


_DURATION = re.compile(r"([0-9]{1,6})\s*(h|d)")


class Hours(int):
    """A number of hours that is written as it is read."""

    def __str__(self) -> str:
        return f"{int(self)}h"


def _hours(text: str) -> Hours:
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError
    return Hours(int(found[1]) * (24 if found[2] == "d" else 1))


HOURS: Kind[int] = Kind("hours or days, like '72h' or '3d'", _hours)


@dataclass(frozen=True, kw_only=True)
class ToolSettings:
    """What holds for one scanner only: `[[tool.ci-actions.security-scan.tool]]`."""

    name: str = declare(one_of(*TOOLS), help="The scanner.")
    paths: tuple[str, ...] = declare(LIST, default=(), help="Globs of what it looks at, instead of `paths`.")
    exclude: tuple[str, ...] = declare(
        LIST, default=(), help="Globs that it leaves out, on top of `exclude`."
    )
    config: str = declare(PATH, default="", help="The scanner's own configuration file.")
    timeout: int = declare(whole(0), default=0, help="Minutes it may take; 0 stands for the input `timeout`.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(ChangeInputs):
    """Which scanners look at what, what turns the run red, and what is left behind."""

    tools: tuple[str, ...] = declare(
        items(tool),
        default=("auto",),
        help="Scanners to run: "
        + ", ".join(TOOLS)
        + "; `auto` chooses by what the repository holds, and prints why.",
    )
    paths: tuple[str, ...] = declare(
        LIST,
        default=(),
        aliases=("path", "scan-ref"),
        help="Globs of what is looked at; everything without any.",
    )
    exclude: tuple[str, ...] = declare(
        LIST, default=(), help="Globs of files that no scanner looks at, on top of vendored folders."
    )
    scan_tests: bool = declare(
        BOOLEAN,
        default=False,
        help="Whether bandit looks at tests too; the other scanners always do.",
    )
    tool: tuple[ToolSettings, ...] = declare(
        tables(ToolSettings), default=(), help="Settings of single scanners, one table each."
    )
    image: tuple[str, ...] = declare(
        items(ARGUMENT.parse),
        default=(),
        aliases=("image-ref",),
        help="Images for trivy-image: references, `oci:<folder>` or `docker-archive:<file>`.",
    )
    requirements: tuple[str, ...] = declare(
        LIST,
        default=(),
        aliases=("inputs",),
        help="Locks and pinned requirements files for pip-audit and safety; without any they are looked for.",
    )
    internal: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Names of packages of your own, which no database of advisories knows: pip-audit may skip them.",
    )
    reports: tuple[Reports, ...] = declare(
        items(reports),
        default=(),
        help="Globs of reports that other programs left before, which are judged as if we had run them: SARIF, or "
        "`cargo audit --json`; `sarif=PATH` or `cargo-audit=PATH` names the format. Each must fit a file.",
    )
    history: str = declare(
        one_of("change", "all"),
        default="change",
        help="Which commits gitleaks reads: those of the change (all of them where there is no change), or all.",
    )
    fail_on: tuple[Bar, ...] = declare(
        items(bar),
        default=(Bar("", Severity.HIGH),),
        aliases=("fail-on-severity", "severity-cutoff"),
        help="Severity from which a finding turns the run red: none, low, medium, high or critical; for single scanners "
        "`bandit=medium,trivy-image=critical`.",
    )
    fail_on_unknown_severity: bool = declare(
        BOOLEAN, default=True, help="Whether a finding of unknown severity counts as high."
    )
    confidence: str = declare(
        one_of("low", "medium", "high"),
        default="medium",
        help="Findings of bandit and zizmor with less confidence are reported and turn nothing red.",
    )
    only_fixed: bool = declare(
        BOOLEAN,
        default=False,
        aliases=("ignore-unfixed",),
        help="Whether vulnerabilities without a fixed version are only reported.",
    )
    scope: str = declare(
        one_of("all", "new"),
        default="all",
        help="Whether all findings can turn the run red, or only those the base does not have.",
    )
    base_sarif: str = declare(
        PATH,
        default="",
        help="SARIF log of the base for `scope: new`; without one the base is scanned too.",
    )
    suppressions: str = declare(
        PATH, default=".security-suppressions.toml", help="File of suppressions for all scanners."
    )
    max_suppression_days: int = declare(
        whole(1), default=180, help="How far in the future a suppression may end, in days."
    )
    strict_suppressions: bool = declare(
        BOOLEAN, default=False, help="Whether a suppression that matches nothing is an error."
    )
    secrets_baseline: str = declare(
        PATH,
        default="",
        help="Baseline of detect-secrets; `.secrets.baseline` if there is one. It is only read.",
    )
    on_incomplete: str = declare(
        one_of("fail", "warn"),
        default="fail",
        help="What it means when a scanner could not look at everything: no verdict, or a warning.",
    )
    db_mode: str = declare(
        one_of("online", "cache", "offline"),
        default="online",
        help="Whether databases of advisories are fetched, used as cached and fetched if missing, or never fetched.",
    )
    db_max_age: int = declare(
        HOURS,
        default=_hours("72h"),
        help="Age up to which a database of advisories is believed, like 72h or 3d.",
    )
    db_mirrors: tuple[str, ...] = declare(
        items(ARGUMENT.parse),
        default=(
            "ghcr.io/aquasecurity/trivy-db:2",
            "public.ecr.aws/aquasecurity/trivy-db:2",
            "mirror.gcr.io/aquasec/trivy-db:2",
        ),
        help="Where Trivy's database comes from, tried in this order.",
    )
    vulnerability_service: str = declare(
        one_of("pypi", "osv"), default="pypi", help="Where pip-audit asks for advisories."
    )
    vulnerability_service_url: str = declare(
        ARGUMENT,
        default="",
        in_settings=False,
        help="Address of a mirror of that service; for pypi the part before `/pypi/`, for osv the address of its query.",
    )
    osv_url: str = declare(
        ARGUMENT,
        default="https://api.osv.dev",
        in_settings=False,
        help="Where the severity of advisories is asked for: OSV, or a mirror of its API.",
    )
    safety_key: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="API key of safety, which runs only with one or with safety-db.",
    )
    safety_db: str = declare(PATH, default="", help="Folder with safety's database.")
    tool_lock: str = declare(
        PATH,
        default="",
        help="TOML file with versions, addresses or paths, and SHA-256 sums that replace those of the binaries we pin.",
    )
    cache_dir: str = declare(
        PATH, default="", help="Folder for scanners and their databases; the user's cache without it."
    )
    python: str = declare(
        TEXT,
        default="",
        help="Interpreter that bandit reads the source with; the job's own if it is new enough, else the newest found.",
    )
    timeout: int = declare(whole(1, 1440), default=20, help="Minutes that each scanner may take.")
    jobs: int = declare(whole(0, 1024), default=0, help="Processes at a time; 0 for one per processor.")
    annotations: int = declare(
        whole(0, 50), default=10, help="How many gating findings are annotated at their lines."
    )
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    html: bool = declare(BOOLEAN, default=False, help="Whether the page with all findings is written.")
    comment_id: str = declare(
        TEXT, default="default", help="Tells the comments of several scans on one pull request apart."
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
    sarif_file: str = declare(PATH, default="", help="Path of the merged SARIF log.")
    sarif_dir: str = declare(PATH, default="", help="Folder for one SARIF file per scanner and target.")

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if self.deepen not in ("auto", "never") and not (self.deepen.isascii() and self.deepen.isdigit()):
            yield f"input 'deepen' is '{self.deepen}' but must be auto, never or a number of commits, like '500'"
        bars = [each.tool for each in self.fail_on]
        for name in sorted({name for name in bars if bars.count(name) > 1}):
            yield f"input 'fail-on' names {f'{name!r}' if name else 'the bar of all scanners'} twice"
        named = [each.name for each in self.tool]
        for name in sorted({name for name in named if named.count(name) > 1}):
            yield f"two [[tool]] tables are about '{name}'; put them into one"
        if "trivy-image" in self.tools and not self.image:
            yield "input 'tools' names trivy-image, which needs input 'image'"
        if "safety" in self.tools and not self.safety_key and not self.safety_db:
            yield "input 'tools' names safety, which needs input 'safety-key' or 'safety-db'"
        if self.base_sarif and self.scope != "new":
            yield "input 'base-sarif' is used with 'scope: new' only"
        for name, address in (
            ("vulnerability-service-url", self.vulnerability_service_url),
            ("osv-url", self.osv_url),
        ):
            if address and not address.startswith(("https://", "http://")):
                yield f"input '{name}' must start with https:// or http://"

    def bar_of(self, name: str) -> Severity | None:
        """Return from which severity the findings of a scanner turn the run red, None for never."""
        bars = {each.tool: each.severity for each in self.fail_on}
        return bars.get(name, bars.get("", Severity.HIGH))

    def settings_of(self, name: str) -> ToolSettings:
        """Return the settings of one scanner."""
        return next((each for each in self.tool if each.name == name), ToolSettings(name=name))

    @property
    def floor(self) -> Severity:
        """The least confidence with which a finding turns the run red."""
        return Severity[self.confidence.upper()]
