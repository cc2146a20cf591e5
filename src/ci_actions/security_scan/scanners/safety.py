"""safety: known vulnerabilities of Python packages, from the user's key or database. https://docs.safetycli.com

It finds nothing in a database whose layout it does not know, and ends green, so the layout is looked at first. Exit
codes: 0 nothing found, 64 vulnerabilities, others errors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.project.locks import normalised
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.packages import Pinned
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
    not_chosen,
    pip_audit,
)
from ci_actions.security_scan.scanners.native import (
    count,
    document,
    ended_well,
    listed,
    rows,
    severity,
    table,
    text,
    words,
)

VULNERABLE = 64
_ELSEWHERE = (65, 66, 68)
DATABASE = "insecure_full.json"


def applies(config: Config, tree: Tree) -> Choice:
    """What pip-audit looks at, where the user brings a key or a database."""
    if not config.safety_key and not config.safety_db:
        return not_chosen("no `safety-key`, no `safety-db`")
    return pip_audit.applies(config, tree)


def tasks(ask: Ask) -> tuple[Task, ...]:
    """Return one process per list of packages; the key goes through the environment, where nobody lists it."""
    config = ask.config
    options = ["--disable-optional-telemetry-data", "check", "--json", "--stdin"]
    options += ["--db", config.safety_db] if config.safety_db else []
    return tuple(
        Task(
            argv=(ask.place.python, "-I", "-X", "utf8", "-m", "safety", *options),
            asked=tuple(f"{name}=={version}" for name, version in each),
            stdin="\n".join(f"{name}=={version}" for name, version in each).encode(),
            env={"SAFETY_API_KEY": config.safety_key} if config.safety_key else {},
            weight=2,
            waits=not config.safety_db,
        )
        for each in pip_audit.lists(pip_audit.locked(ask).pinned)
    )


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return the vulnerabilities, at every place where a lock names the package."""
    age = database_age(ask) if ask.config.safety_db else None
    known = pip_audit.locked(ask)
    findings: list[Finding] = []
    held_back = 0
    examined = 0
    for each in ended:
        if each.code in _ELSEWHERE:
            raise NoAnswer(
                f"It ended with exit code {each.code}: its server refused the key or did not answer.",
                Trouble.ENVIRONMENT,
            )
        ended_well(each, 0, VULNERABLE)
        found = table(document(each), "report of safety")
        scanned = {normalised(name) for name in table(found.get("scanned_packages"), "packages")}
        missing = [name for name in each.asked if name.partition("==")[0] not in scanned]
        if missing:
            raise NoAnswer(
                f"It did not report on {count(len(missing), 'package')} it was asked for ({listed(missing)})."
            )
        vulnerable = rows(found.get("vulnerabilities"), "vulnerabilities")
        if bool(vulnerable) is not (each.code == VULNERABLE):
            raise NoAnswer(
                f"It ended with exit code {each.code} and reported {count(len(vulnerable), 'vulnerability')}."
            )
        examined += len(each.asked)
        held_back += len(rows(found.get("ignored_vulnerabilities"), "vulnerabilities", optional=True))
        findings += (finding(place, row) for row in vulnerable for place in _places(known.pinned, row))
    return Reading(
        findings=tuple(pip_audit.distinct(findings)),
        examined=examined,
        gaps=known.broken,
        held_back=held_back,
        secrets=(ask.config.safety_key,) if ask.config.safety_key else (),
        database=ask.config.safety_db or "safety (asked now)",
        database_age_hours=age,
    )


def database_age(ask: Ask) -> float | None:
    """Return how many hours old the user's database is; raises NoAnswer for one that safety would find nothing in."""
    path = f"{ask.config.safety_db}/{DATABASE}"
    try:
        content = json.loads(ask.place.read(path) or b"")
        packages = [name for name, each in content.items() if isinstance(each, list) and each]
        meta = content.get("$meta") if isinstance(content.get("$meta"), dict) else {}
    except (ValueError, AttributeError):
        raise NoAnswer(f"{path} is no database of safety.", Trouble.ENVIRONMENT) from None
    if not packages:
        raise NoAnswer(
            f"{path} names no vulnerable package where safety 2 looks for them: another layout, or an empty file.",
            Trouble.ENVIRONMENT,
        )
    written = (meta or {}).get("timestamp")
    return max(0.0, (ask.now - written) / 3600) if isinstance(written, int | float) else None


def _places(pinned: Sequence[Pinned], row: Mapping[str, Any]) -> list[Pinned]:
    name, version = normalised(text(row.get("package_name"))), text(row.get("analyzed_version"))
    found = [each for each in pinned if (each.name, each.version) == (name, version)]
    return found or [Pinned(name, version, "")]


def finding(place: Pinned, row: Mapping[str, Any]) -> Finding:
    """Return one vulnerability of one package."""
    rule = f"SAFETY-{text(str(row.get('vulnerability_id', '')))}"
    fixed = words(row.get("fixed_versions"))
    cve = text(row.get("CVE"))
    mend = f"; fixed in {', '.join(fixed)}" if fixed else "; no version mends it"
    rated = row.get("severity") if isinstance(row.get("severity"), dict) else {}
    cvss = (rated or {}).get("cvssv3") if isinstance((rated or {}).get("cvssv3"), dict) else {}
    return Finding(
        tool="safety",
        rule=rule,
        kind=Kind.DEPENDENCY,
        severity=severity((cvss or {}).get("base_severity")) if cvss else Severity.UNKNOWN,
        message=f"{place.name} {place.version} has a known vulnerability, {cve or rule}{mend}",
        title=text(row.get("advisory"))[:200],
        path=place.path,
        region=Region(place.line) if place.line else None,
        aliases=tuple(part.strip() for part in cve.split(",") if part.strip()),
        url=text(row.get("more_info_url")),
        package=Package(place.name, place.version, "PyPI", fixed),
        fix=f"{place.name}=={fixed[-1]}" if fixed else "",
    )


SCANNER = Scanner(
    name="safety", pin=Pin.LOCK, unit="packages", applies=applies, tasks=tasks, classify=classify
)
