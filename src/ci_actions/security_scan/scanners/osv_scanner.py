"""osv-scanner: known vulnerabilities in the locks of every language. https://google.github.io/osv-scanner/

It exits with 1 for vulnerabilities even when it could not load the database of another ecosystem, and with 128 when it
found nothing to look at. So each lock that it was given must be among those it says it scanned, and no database may
be missing. Exit codes: https://google.github.io/osv-scanner/output/#return-codes
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ci_actions.findings.model import Finding, Kind, Package
from ci_actions.security_scan.advisories import record_severity
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.scanners import (
    Ask,
    Choice,
    Ended,
    NoAnswer,
    Pin,
    Reading,
    Scanner,
    Task,
    Tree,
    chosen,
    not_chosen,
)
from ci_actions.security_scan.scanners.native import (
    count,
    document,
    ended_well,
    listed,
    relative,
    rows,
    said,
    table,
    text,
    words,
)

#: https://google.github.io/osv-scanner/supported-languages-and-lockfiles/
LOCKS = frozenset(
    {
        "bun.lock", "buildscript-gradle.lockfile", "cabal.project.freeze", "Cargo.lock", "composer.lock", "conan.lock",
        "deps.json", "Gemfile.lock", "gems.locked", "go.mod", "gradle.lockfile", "mix.lock", "npm-shrinkwrap.json",
        "package-lock.json", "packages.config", "packages.lock.json", "pdm.lock", "Pipfile.lock", "pnpm-lock.yaml",
        "poetry.lock", "pom.xml", "pubspec.lock", "pylock.toml", "renv.lock", "requirements.txt", "stack.yaml.lock",
        "uv.lock", "verification-metadata.xml", "yarn.lock",
    }
)  # fmt: skip
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SCANNED = re.compile(r"Scanned (?P<path>.+?) file and found (?P<packages>\d+) packages?")
_NO_DATABASE = re.compile(r"could not load db for (?P<ecosystem>.+?) ecosystem")
_LOADED = re.compile(r"Loaded .+? local db from (?P<path>.+?)\s*$", re.MULTILINE)
_FILTERED = re.compile(r"Filtered (\d+) vulnerabilit")
_FAILED = re.compile(r"(?i)(?:error during extraction|failed to (?:parse|extract|resolve)|attempted to scan)")


def applies(_config: Config, tree: Tree) -> Choice:
    """Locks of any language."""
    files = [path for path in tree.files if path.rpartition("/")[2] in LOCKS]
    return (
        chosen(f"{count(len(files), 'lock')}: {listed(files)}", files)
        if files
        else not_chosen("no lock of any language")
    )


def tasks(ask: Ask) -> tuple[Task, ...]:
    """Return the one process; nothing is resolved, and with a cached database nothing is asked."""
    options = ["scan", "source", "--format", "json", "--no-resolve", "--verbosity", "info"]
    if ask.config.db_mode != "online":
        options.append("--offline-vulnerabilities")
    if ask.config.db_mode == "cache":
        options.append("--download-offline-databases")
    own = ask.config.settings_of("osv-scanner").config
    options += ["--config", own] if own else []
    for path in ask.files:
        options += ["--lockfile", path]
    return (
        Task(
            argv=(ask.place.program, *options),
            asked=ask.files,
            env={"OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY": f"{ask.place.cache}/osv-scanner-db"},
            weight=3,
            waits=ask.config.db_mode == "online",
        ),
    )


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return the vulnerabilities, and every lock and database that was missing."""
    (only,) = ended
    errors = _COLOUR.sub("", only.errors.decode("utf-8", "replace"))
    lost = sorted({found["ecosystem"] for found in _NO_DATABASE.finditer(errors)})
    scanned = {
        relative(found["path"], ask.tree.root): int(found["packages"]) for found in _SCANNED.finditer(errors)
    }
    if only.code == 127 and lost:
        raise NoAnswer(f"It has no database for {listed(lost)}.", Trouble.ENVIRONMENT)
    if only.code == 128:
        packages = "no package in any of them" if len(scanned) == len(ask.files) else "nothing to look at"
        return Reading(examined=len(scanned), gaps=(f"it found {packages} ({listed(ask.files)})",))
    ended_well(only, 0, 1)
    findings = list(_findings(table(document(only), "report of osv-scanner"), ask.tree.root))
    if bool(findings) is not (only.code == 1):
        raise NoAnswer(
            f"It ended with exit code {only.code} and reported {count(len(findings), 'vulnerability')}."
        )
    missed = [path for path in ask.files if path not in scanned]
    gaps = []
    if missed:
        gaps.append(f"{count(len(missed), 'lock')} could not be read ({listed(missed)})")
    if lost:
        gaps.append(f"there is no database for {listed(lost)}: their packages were not looked up")
    if _FAILED.search(errors) and not missed:
        gaps.append(f"it met an error and went on{said(only)}")
    age = oldest((found["path"] for found in _LOADED.finditer(errors)), ask)
    return Reading(
        findings=tuple(findings),
        examined=sum(scanned.values()),
        gaps=tuple(gaps),
        held_back=sum(int(found[1]) for found in _FILTERED.finditer(errors)),
        database="osv.dev (asked now)" if ask.config.db_mode == "online" else "osv.dev (local copy)",
        database_age_hours=age,
        trouble=Trouble.ENVIRONMENT if lost and not missed else Trouble.EVIDENCE,
    )


def oldest(databases: Iterable[str], ask: Ask) -> float | None:
    """Return the age of the oldest of some databases in hours, None where none was read from a file."""
    written = [when for path in databases if (when := ask.place.modified(path)) is not None]
    return max(0.0, (ask.now - min(written)) / 3600) if written else None


def _findings(report: Mapping[str, Any], root: str) -> Iterator[Finding]:
    for result in rows(report.get("results"), "results"):
        path = relative(text(table(result.get("source"), "source").get("path")), root)
        for entry in rows(result.get("packages"), "packages"):
            package = table(entry.get("package"), "package")
            records = rows(entry.get("vulnerabilities"), "vulnerabilities", optional=True)
            for record in records:
                yield finding(path, package, record)


def finding(path: str, package: Mapping[str, Any], record: Mapping[str, Any]) -> Finding:
    """Return one advisory about one package."""
    rule = text(record.get("id"))
    name, version = text(package.get("name")), text(package.get("version"))
    fixed = tuple(fixes(record, name))
    severity, score = record_severity(record)
    mend = f"; fixed in {', '.join(fixed)}" if fixed else "; no version mends it"
    return Finding(
        tool="osv-scanner",
        rule=rule,
        kind=Kind.DEPENDENCY,
        severity=severity,
        score=score,
        message=f"{name} {version} has a known vulnerability, {rule}{mend}",
        title=text(record.get("summary"))[:200],
        path=path,
        aliases=tuple(sorted({*words(record.get("aliases"))} - {rule})),
        url=f"https://osv.dev/vulnerability/{rule}",
        package=Package(name, version, text(package.get("ecosystem")), fixed),
        fix=f"{name} {fixed[-1]}" if fixed else "",
    )


def fixes(record: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield the versions in which an advisory is mended, for the package it is about, each once."""
    seen = set()
    for affected in rows(record.get("affected"), "packages", optional=True):
        if text((affected.get("package") or {}).get("name")).lower() != name.lower():
            continue
        for span in rows(affected.get("ranges"), "ranges", optional=True):
            if span.get("type") == "GIT":
                continue
            for event in rows(span.get("events"), "events", optional=True):
                version = text(event.get("fixed"))
                if version and version not in seen:
                    seen.add(version)
                    yield version


SCANNER = Scanner(
    name="osv-scanner", pin=Pin.BINARY, unit="packages", applies=applies, tasks=tasks, classify=classify
)
