"""One finding for one problem, however many tools say it. Pure.

Advisories have several names (PYSEC, GHSA, CVE, …); names that one advisory carries are the same thing, and so are
names that are linked through a third. The canonical name is the CVE, else the GHSA, else the PYSEC, else the first by
alphabet: the CVE is the one that every database knows.

- Dependency findings are one if package, advisory, manifest and target are; a tool that names no manifest agrees with
  any. The severity is the highest that any tool gives.
- Secrets are one if file and line are, in an old commit too. Tools name their types differently, so the canonical name
  is `secret`.
- Other findings are one only if nothing tells them apart.

The finding of the tool that comes first in `PRIORITY` stays; the others are listed in its `also` and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from ci_actions.findings.model import Finding, Kind, Package

#: Whose words are kept: who names the kind of secret most exactly, then who looks into the lock most closely.
PRIORITY = (
    "gitleaks",
    "pip-audit",
    "osv-scanner",
    "trivy-fs",
    "trivy-image",
    "detect-secrets",
    "bandit",
    "zizmor",
    "safety",
)
_RANK = {tool: place for place, tool in enumerate(PRIORITY)}
#: What several tools may say about one thing.
_ACROSS_TOOLS = (Kind.DEPENDENCY, Kind.SECRET)
_BEST = ("CVE-", "GHSA-", "PYSEC-")
#: What tells all other findings apart.
_everything = attrgetter("tool", "rule", "path", "region", "target", "message")


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Findings without duplicates, in the order of severity and place, and how many were left out of each tool."""

    findings: tuple[Finding, ...]
    duplicates: Mapping[str, int]


class Aliases:
    """Which names mean one advisory: a union of sets that share a name."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def link(self, names: Sequence[str]) -> None:
        """Remember that all these names mean one thing."""
        first = self._root(names[0])
        for name in names[1:]:
            root = self._root(name)
            if root != first:
                # The better name is the root, so that the root of a set is its canonical name.
                first, root = sorted((first, root), key=_rank)
                self._parent[root] = first

    def canonical(self, name: str) -> str:
        """Return the best of all names of what this name means."""
        return self._root(name)

    def _root(self, name: str) -> str:
        parent = self._parent.setdefault(name, name)
        while parent != name:
            self._parent[name] = name = self._parent[parent]
            parent = self._parent.setdefault(name, name)
        return parent


def merge(findings: Iterable[Finding], *, known: Iterable[Finding] = ()) -> Merged:
    """Return every problem once; `known` are findings whose aliases count too."""
    across: list[Finding] = []
    alone: list[Finding] = []
    dependency, secret = _ACROSS_TOOLS
    for finding in findings:
        kind = finding.kind
        (across if kind is dependency or kind is secret else alone).append(finding)
    left_out: dict[int, str] = {}
    kept = [*_once(alone, left_out), *_joined_across(across, known, left_out)]
    # Scanners report file by file, so this first order is almost there already.
    kept.sort(key=_place_of)
    kept.sort(key=attrgetter("severity"), reverse=True)
    return Merged(findings=tuple(kept), duplicates=Counter(left_out.values()))


def _once(findings: Sequence[Finding], left_out: dict[int, str]) -> Iterable[Finding]:
    """Return the findings that nothing tells apart as one; there may be 100 000, and most have no double."""
    firsts: dict[tuple[object, ...], Finding] = {}
    doubles: dict[tuple[object, ...], list[Finding]] = {}
    for key, finding in zip(map(_everything, findings), findings, strict=True):
        if firsts.setdefault(key, finding) is not finding:
            doubles.setdefault(key, []).append(finding)
    for key, rest in doubles.items():
        firsts[key], *others = _ranked((firsts[key], *rest))
        left_out.update((id(each), each.tool) for each in others)
    return firsts.values()


def _joined_across(
    findings: Sequence[Finding], known: Iterable[Finding], left_out: dict[int, str]
) -> Iterator[Finding]:
    """Yield what several tools may say, once; `left_out` gets the tools of the others by the identities of these."""
    aliases = Aliases()
    for finding in (*findings, *known):
        if finding.kind is Kind.DEPENDENCY:
            names = (finding.rule, *(name for name in finding.aliases if not name.upper().startswith("CWE-")))
            aliases.link([_same(name) for name in names])
    groups: dict[Hashable, list[Finding]] = {}
    without_manifest: list[Finding] = []
    for finding in findings:
        if finding.kind is Kind.DEPENDENCY and not finding.path:
            without_manifest.append(finding)
        else:
            groups.setdefault(_key(finding, aliases), []).append(finding)
    _place(without_manifest, groups, aliases)
    for group in groups.values():
        yield _one(group, aliases, left_out)


def _place(findings: Sequence[Finding], groups: dict[Hashable, list[Finding]], aliases: Aliases) -> None:
    """Put the findings without a manifest to those that have one, else into a group of their own."""
    elsewhere: dict[Hashable, list[Hashable]] = {}
    for key, group in groups.items():
        if group[0].kind is Kind.DEPENDENCY:
            elsewhere.setdefault(_key(replace(group[0], path=""), aliases), []).append(key)
    for finding in findings:
        key = _key(finding, aliases)
        for known in elsewhere.get(key, [key]):
            groups.setdefault(known, []).append(finding)


def _key(finding: Finding, aliases: Aliases) -> Hashable:
    kind = finding.kind
    if kind is Kind.DEPENDENCY:
        name = finding.package.key if finding.package else ""
        return (kind, name, aliases.canonical(_same(finding.rule)), finding.path, finding.target)
    if kind is Kind.SECRET and finding.path and finding.region:
        return (kind, finding.path, finding.region.line, finding.target)
    return _everything(finding)  # A secret without a line: who knows whether it is the other one.


def _one(group: Sequence[Finding], aliases: Aliases, left_out: dict[int, str]) -> Finding:
    """Return the finding that stands for all of a group, and note the tools of the others by their identities."""
    first, *rest = _ranked(group)
    if rest:
        left_out.update((id(each), each.tool) for each in rest)
        first = _joined(first, rest)
    if first.kind is Kind.DEPENDENCY:
        return replace(first, canonical=aliases.canonical(_same(first.rule)))
    return replace(first, canonical="secret")


def _ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings that say one thing, the one that stays first."""
    return sorted(findings, key=lambda each: (_RANK.get(each.tool, len(_RANK)), -each.severity))


def _joined(first: Finding, rest: Sequence[Finding]) -> Finding:
    everyone = (first, *rest)
    worst = max(everyone, key=lambda each: (each.severity, each.score or 0))
    names = dict.fromkeys(name for each in everyone for name in (each.rule, *each.aliases))
    sure = [each.confidence for each in everyone if each.confidence is not None]
    return replace(
        first,
        severity=worst.severity,
        score=worst.score,
        # Who says nothing about confidence is sure.
        confidence=max(sure) if len(sure) == len(everyone) else None,
        aliases=tuple(name for name in names if name != first.rule)
        if first.kind is Kind.DEPENDENCY
        else first.aliases,
        package=_package(everyone),
        region=next((each.region for each in everyone if each.region), None),
        commit=first.commit if all(each.commit for each in everyone) else "",
        url=next((each.url for each in everyone if each.url), ""),
        fix=next((each.fix for each in everyone if each.fix), ""),
        also=tuple(dict.fromkeys(each.tool for each in rest if each.tool != first.tool)),
    )


def _package(findings: Sequence[Finding]) -> Package | None:
    found = [each.package for each in findings if each.package]
    if not found:
        return None
    versions = dict.fromkeys(each.version for each in found if each.version)
    fixed = dict.fromkeys(version for each in found for version in each.fixed)
    ecosystem = next((each.ecosystem for each in found if each.ecosystem), "")
    return Package(found[0].name, ", ".join(versions), ecosystem, tuple(fixed))


def _same(name: str) -> str:
    """Return a name as its own database writes it: a GHSA has small letters behind its prefix."""
    upper = name.strip().upper()
    return f"GHSA-{upper[5:].lower()}" if upper.startswith("GHSA-") else upper


def _rank(name: str) -> tuple[int, str]:
    return next((place for place, start in enumerate(_BEST) if name.startswith(start)), len(_BEST)), name


def _place_of(finding: Finding) -> tuple[str, int, int, str, str, str]:
    region = finding.region or (0, 0)
    name = finding.package.name if finding.package else ""
    return (finding.path, region[0], region[1], finding.rule, name, finding.message)
