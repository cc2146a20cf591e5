"""pip-audit: known vulnerabilities of the Python packages that are locked. https://github.com/pypa/pip-audit

It exits with 1 for a vulnerability and for a broken network, and calls a package that its service does not know no
problem: the only trace is a `skip_reason`. It is given the exact versions of all locks, without markers, so that what is
only installed elsewhere is audited too, and nothing is resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ci_actions.findings.model import Finding, Kind, Package, Region, Severity
from ci_actions.kit.globs import matcher
from ci_actions.project import requirements
from ci_actions.project.locks import normalised
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.packages import Pinned, Unreadable, is_lock, packages
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
    rows,
    said,
    table,
    text,
    trouble,
    words,
)

#: Files that say a project has Python dependencies, even if nothing is locked.
_DEPENDENT = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml")


@dataclass(frozen=True)
class Locked:
    """What all locks name together; `broken` are sentences about those that cannot be read."""

    pinned: tuple[Pinned, ...]
    unpinned: tuple[str, ...]
    broken: tuple[str, ...]


def locks(config: Config, tree: Tree) -> list[str]:
    """Return the locks and requirements files, those that the user names or all there are, and what they include."""
    if config.requirements:
        found = list(filter(matcher(config.requirements, tree.directory), tree.everything))
    else:
        found = [path for path in tree.files if is_lock(path)]
        found = [path for path in found if path.rpartition("/")[2] != "pip-constraints.txt"]
    known = dict.fromkeys(found)
    while found:
        path = found.pop()
        if path.endswith(".txt"):
            named = requirements.includes(path, tree.read(path) or b"")
            fresh = [each for each, _ in named if each not in known]
            known |= dict.fromkeys(fresh)
            found += fresh
    return list(known)


def applies(config: Config, tree: Tree) -> Choice:
    """Locks and requirements files; else what is installed in the environment of the job."""
    found = locks(config, tree)
    if found and read(found, tree) == Locked((), (), ()):
        return not_chosen(f"{listed(found)} names no package")
    if found:
        return chosen(f"{count(len(found), 'lock')}: {listed(found)}", found)
    if config.requirements:
        return not_chosen(f"'requirements' ({listed(config.requirements)}) matches no file")
    dependent = [
        path for path in tree.files if path.rpartition("/")[2] in _DEPENDENT and _depends(path, tree)
    ]
    if not dependent:
        return not_chosen("no Python dependencies")
    if tree.installed:
        return chosen(f"no lock; {count(len(tree.installed), 'package')} installed in {tree.environment}")
    return chosen(f"{listed(dependent)} without a lock", dependent)


def _depends(path: str, tree: Tree) -> bool:
    content = tree.read(path) or b""
    if path.endswith("pyproject.toml"):
        return b"dependencies" in content
    return b"install_requires" in content if path.endswith((".py", ".cfg")) else True


def locked(ask: Ask) -> Locked:
    """Return what is to be audited."""
    if not any(map(is_lock, ask.files)) and not ask.config.requirements:
        if ask.tree.installed:
            return Locked(
                tuple(Pinned(normalised(name), version, "") for name, version in ask.tree.installed), (), ()
            )
        return Locked(
            (), (), (f"{listed(ask.files)} names dependencies, and no lock says which versions are meant",)
        )
    return read(ask.files, ask.tree)


def read(paths: Sequence[str], tree: Tree) -> Locked:
    """Return what these locks name together."""
    pinned: list[Pinned] = []
    unpinned: list[str] = []
    broken: list[str] = []
    for path in paths:
        content = tree.read(path)
        if content is None:
            broken.append(f"{path} cannot be opened")
            continue
        try:
            found = packages(path, content)
        except Unreadable as why:
            broken.append(f"{path} cannot be read: {why}")
            continue
        pinned += found.pinned
        unpinned += (f"{name} ({path})" for name in found.unpinned)
    return Locked(tuple(pinned), tuple(unpinned), tuple(broken))


def lists(pinned: Iterable[Pinned]) -> list[list[tuple[str, str]]]:
    """Return the packages in as few lists as possible, none of which names one package at two versions."""
    made: list[dict[str, str]] = []
    for name, version in sorted({(each.name, each.version) for each in pinned}):
        place = next((each for each in made if name not in each), None)
        if place is None:
            place = {}
            made.append(place)
        place[name] = version
    return [sorted(each.items()) for each in made]


def tasks(ask: Ask) -> tuple[Task, ...]:
    """Return one process per list of packages."""
    config = ask.config
    options = [
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--disable-pip",
        "--no-deps",
        "--timeout",
        "30",
    ]
    options += [
        "--cache-dir",
        f"{ask.place.cache}/pip-audit",
        "--vulnerability-service",
        config.vulnerability_service,
    ]
    address = config.vulnerability_service_url
    service = ["--service", address] if address and config.vulnerability_service == "pypi" else []
    if address and config.vulnerability_service == "osv":
        options += ["--osv-url", address]
    start = (ask.place.python, "-I", "-X", "utf8", ask.place.agent, "pip-audit", *service, *options)
    return tuple(
        Task(
            argv=start,
            asked=tuple(f"{name}=={version}" for name, version in each),
            stdin="\0".join(f"{name}=={version}" for name, version in each).encode(),
            weight=2 + len(each) / 10,
            waits=True,
        )
        for each in lists(locked(ask).pinned)
    )


def classify(ask: Ask, ended: Sequence[Ended]) -> Reading:
    """Return the vulnerabilities, at every place where a lock names the package."""
    known = locked(ask)
    places: dict[tuple[str, str], list[Pinned]] = {}
    for pinned in known.pinned:
        places.setdefault((pinned.name, pinned.version), []).append(pinned)
    findings: list[Finding] = []
    skipped: dict[str, str] = {}
    audited = 0
    for process in ended:
        dependencies = report(process)
        answered = {normalised(text(row.get("name"))) for row in dependencies}
        missing = [name for name in process.asked if name.partition("==")[0] not in answered]
        if missing:
            raise NoAnswer(
                f"It did not report on {count(len(missing), 'package')} it was asked for ({listed(missing)})."
            )
        versions = dict(name.split("==", 1) for name in process.asked)
        for row in dependencies:
            name = normalised(text(row.get("name")))
            if "skip_reason" in row:
                skipped[f"{name} {versions.get(name, '')}".strip()] = text(row["skip_reason"])
                continue
            audited += 1
            version = versions.get(name, text(row.get("version")))
            found = places.get((name, version), [Pinned(name, version, "")])
            vulnerabilities = rows(row.get("vulns"), "vulnerabilities")
            findings += (finding(place, each) for place in found for each in vulnerabilities)
    internal = frozenset(map(normalised, ask.config.internal))
    unknown = [name for name in skipped if name.partition(" ")[0] not in internal]
    return Reading(
        findings=tuple(distinct(findings)),
        examined=audited,
        gaps=tuple(_gaps(known, unknown, audited + len(skipped), internal)),
        notes=(f"Not audited, as internal: {listed(sorted(set(skipped) - set(unknown)))}.",)
        if len(skipped) > len(unknown)
        else (),
        database=f"{ask.config.vulnerability_service} (asked now)",
    )


def report(ended: Ended) -> list[dict[str, Any]]:
    """Return what pip-audit says about each package; raises NoAnswer unless exit code and content agree."""
    ended_well(ended, 0, 1)
    if ended.code == 1 and not ended.output.strip():
        raise NoAnswer(f"It could not ask its service{said(ended)}.", _whose(ended))
    found = document(ended)
    dependencies = rows(
        found if isinstance(found, list) else table(found, "report").get("dependencies"), "dependencies"
    )
    vulnerable = sum(bool(row.get("vulns")) for row in dependencies)
    if bool(vulnerable) is not (ended.code == 1):
        raise NoAnswer(
            f"It ended with exit code {ended.code} and reported {count(vulnerable, 'vulnerable package')}."
        )
    return dependencies


def _whose(ended: Ended) -> Trouble:
    elsewhere = (
        b"connect",
        b"ServiceError",
        b"ConnectionError",
        b"HTTPError",
        b"SSLError",
        b"Timeout",
        b"RetryError",
    )
    return Trouble.ENVIRONMENT if any(sign in ended.errors for sign in elsewhere) else trouble(ended.errors)


def finding(place: Pinned, row: Mapping[str, Any]) -> Finding:
    """Return one vulnerability of a package; its severity is in another database."""
    rule = text(row.get("id"))
    fixed = words(row.get("fix_versions"))
    description = text(row.get("description"))
    mend = f"; fixed in {', '.join(fixed)}" if fixed else "; no version mends it"
    return Finding(
        tool="pip-audit",
        rule=rule,
        kind=Kind.DEPENDENCY,
        severity=Severity.UNKNOWN,
        message=f"{place.name} {place.version} has a known vulnerability, {rule}{mend}",
        title=description[:200],
        path=place.path,
        region=Region(place.line) if place.line else None,
        aliases=tuple(sorted({*words(row.get("aliases"))} - {rule})),
        url=f"https://osv.dev/vulnerability/{rule}",
        package=Package(place.name, place.version, "PyPI", fixed),
        fix=f"{place.name}=={fixed[-1]}" if fixed else "",
    )


def distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each finding once: one advisory, one package and version, one file."""
    seen = set()
    for each in findings:
        package = each.package or Package("")
        key = (each.rule, package.name, package.version, each.path)
        if key not in seen:
            seen.add(key)
            yield each


def _gaps(known: Locked, unknown: Sequence[str], asked: int, internal: frozenset[str]) -> Iterator[str]:
    yield from known.broken
    unpinned = [each for each in known.unpinned if normalised(each.partition(" ")[0]) not in internal]
    if unpinned:
        yield (
            f"{count(len(unpinned), 'dependency')} without an exact version could not be audited ({listed(unpinned)}); "
            "lock them, or name your own packages with `internal`"
        )
    if unknown:
        yield (
            f"{len(unknown)} of {count(asked, 'dependency')} {'was' if len(unknown) == 1 else 'were'} not audited: the service "
            f"does not know {listed(unknown)}; name your own packages with `internal`"
        )
    if not asked and not known.broken and not unpinned:
        yield "no lock names a package"


SCANNER = Scanner(
    name="pip-audit",
    pin=Pin.LOCK,
    unit="packages",
    needs_network=True,
    applies=applies,
    tasks=tasks,
    classify=classify,
)
