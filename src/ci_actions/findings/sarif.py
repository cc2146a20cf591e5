"""Writes findings as SARIF 2.1.0: one log, one run for each tool and target. Pure; yields text piece by piece.

There are two logs. `log` holds everything, suppressed findings with their reasons: it is for people and for other
tools. `upload` is what code scanning takes: within GitHub's limits, without the suppressed, and without the run of a
tool that failed, because a run without results closes every alert of that tool.

Specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub reads of it, and how much:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from types import MappingProxyType

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.kit.markdown import plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
OWN = "ciActions/v1"
LINE_HASH = "primaryLocationLineHash"

#: What code scanning takes: runs in a file, results in a run, bytes of the compressed file.
RUNS, RESULTS, BYTES = 20, 25_000, 10_000_000
#: Of `BYTES`, what is used before results are left out: what is estimated piece by piece comes out a little different.
_FILL = 0.95
_PIECE = 500
_REMEMBERED = 4096

#: The number for a severity of which only the word is known, in the middle of the class that code scanning shows for it.
SCORES: Mapping[Severity, float] = MappingProxyType(
    {Severity.CRITICAL: 9.5, Severity.HIGH: 8.0, Severity.MEDIUM: 5.5, Severity.LOW: 3.0}
)
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_TAGS = {
    Kind.CODE: ("security",),
    Kind.DEPENDENCY: ("security", "vulnerability"),
    Kind.SECRET: ("security", "secret"),
    Kind.MISCONFIGURATION: ("security", "misconfiguration"),
    Kind.LICENSE: ("license",),
    Kind.STYLE: ("quality",),
}
_text = encode_basestring_ascii


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one tool says about one target.

    `notices` are (level, sentence) pairs, level being `error`, `warning` or `note`. `complete` is false where the tool
    could not look at everything, `failed` is true where its findings mean nothing. `suppressed` are findings with the
    reason why they are accepted.
    """

    tool: str
    version: str = ""
    target: str = "."
    url: str = ""
    findings: Sequence[Finding] = ()
    suppressed: Sequence[tuple[Finding, str]] = ()
    notices: Sequence[tuple[str, str]] = ()
    complete: bool = True
    failed: bool = False

    @property
    def can_be_uploaded(self) -> bool:
        """Whether uploading it cannot close alerts for things that nobody looked at."""
        return not self.failed and (self.complete or bool(self.findings))


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Writes logs for one capability; `unknown` is what a finding of unknown severity counts as."""

    capability: str
    unknown: Severity = Severity.HIGH
    _uris: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _texts: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def log(self, runs: Iterable[Run]) -> Iterator[str]:
        """Yield the log that holds everything."""
        yield from _framed(self._run(run, name, _sorted(run.findings)) for run, name in self._named(runs))

    def upload(self, runs: Iterable[Run]) -> Iterator[str]:
        """Yield the log for code scanning, the least severe results left out where there is a limit."""
        kept, left_out = _most_severe([run for run in runs if run.can_be_uploaded])
        chosen = [_sorted(run.findings) for run in kept]
        limits = self._fitting(kept, [found[:RESULTS] for found in chosen])
        parts: list[Iterator[str]] = []
        for (run, name), found, limit in zip(self._named(kept), chosen, limits, strict=True):
            notices = [*run.notices]
            if not parts and left_out:
                notices.append(("warning", _left_out_runs(left_out)))
            if limit < len(found):
                notices.append(("warning", _left_out_results(found[limit:])))
            parts.append(self._run(replace(run, suppressed=(), notices=notices), name, found[:limit]))
        yield from _framed(parts)

    def category(self, tool: str, target: str) -> str:
        """Return the `automationDetails.id` of a run, which code scanning tells runs apart by."""
        place = "repository" if target in ("", ".") else "-".join(plain(target).split()).strip("/")
        return f"ci-actions/{self.capability}/{tool}/{place}/"

    def _named(self, runs: Iterable[Run]) -> Iterator[tuple[Run, str]]:
        seen: dict[str, int] = {}
        for run in runs:
            name = self.category(run.tool, run.target)
            seen[name] = seen.get(name, 0) + 1
            yield run, name if seen[name] == 1 else f"{name[:-1]}-{seen[name]}/"

    def _run(self, run: Run, name: str, findings: Sequence[Finding]) -> Iterator[str]:
        from json import dumps

        suppressed = [finding for finding, _ in run.suppressed]
        rules = self._rules([*findings, *suppressed] if suppressed else findings)
        driver: dict[str, object] = {"name": run.tool}
        if run.version:
            driver["version"] = run.version
        if run.url:
            driver["informationUri"] = run.url
        invocation: dict[str, object] = {"executionSuccessful": run.complete and not run.failed}
        if run.notices:
            invocation["toolExecutionNotifications"] = [
                {"level": level, "message": {"text": plain(said)}} for level, said in run.notices
            ]
        yield f'{{"tool":{{"driver":{dumps(driver)[:-1]},"rules":['
        yield ",\n".join(dumps(each) for each in rules.values())
        yield f']}}}},\n"automationDetails":{{"id":{_text(name)}}},"columnKind":"unicodeCodePoints",'
        yield f'"invocations":[{dumps(invocation)}],\n"results":['
        heads = self._heads(rules)
        separator = "\n"
        for start in range(0, len(findings), _PIECE):
            yield separator + ",\n".join(
                [self._result(each, heads) for each in findings[start : start + _PIECE]]
            )
            separator = ",\n"
        for finding, reason in run.suppressed:
            kept = f',"suppressions":[{{"kind":"external","justification":{_text(plain(reason))}}}]}}'
            yield separator + self._result(finding, heads)[:-1] + kept
            separator = ",\n"
        yield "]}"

    def _rules(self, findings: Iterable[Finding]) -> dict[str, dict[str, object]]:
        """Return the descriptors of the rules by their names; a rule is as severe as its worst finding."""
        worst: dict[str, Finding] = {}
        for finding in findings:
            seen = worst.get(finding.rule)
            if seen is None or finding.severity > seen.severity:
                worst[finding.rule] = finding
        return {rule: self._rule(finding) for rule, finding in worst.items()}

    def _rule(self, finding: Finding) -> dict[str, object]:
        title = plain(finding.title or finding.rule)
        tags = [*_TAGS[finding.kind]]
        properties: dict[str, object] = {"tags": tags}
        if "security" in tags and (score := self.score(finding)) is not None:
            properties["security-severity"] = f"{score:.1f}"
        made: dict[str, object] = {
            "id": finding.rule,
            "shortDescription": {"text": title},
            "fullDescription": {"text": title},
            "help": {"text": _help(finding, title)},
            "defaultConfiguration": {"level": self._level(finding)},
            "properties": properties,
        }
        if (
            finding.url.startswith(("https://", "http://"))
            and finding.url.isprintable()
            and " " not in finding.url
        ):
            made["helpUri"] = finding.url
        return made

    def score(self, finding: Finding) -> float | None:
        """Return the number of a severity: the finding's own where it says the same as the word, else that of the word."""
        severity = finding.severity or self.unknown
        if finding.score is not None and word_of(finding.score) is severity:
            return finding.score
        return SCORES.get(severity)

    def _level(self, finding: Finding) -> str:
        return _LEVELS.get(finding.severity or self.unknown, "warning")

    def _heads(self, rules: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return how a result begins, by its rule and then by its severity."""
        levels = [_LEVELS.get(severity or self.unknown, "warning") for severity in Severity]
        return {
            rule: tuple(f'{{"ruleId":{_text(rule)},"ruleIndex":{place},"level":"{level}"' for level in levels)
            for place, rule in enumerate(rules)
        }

    def _result(self, finding: Finding, heads: Mapping[str, Sequence[str]]) -> str:
        rule = finding.rule
        severity = finding.severity
        where = self._uris.get(path := finding.path or finding.target)
        if where is None:
            where = self._uris[path] = _text(uri(path))
        message = self._texts.get(said := finding.message or rule)
        if message is None:
            message = self._remembered(said)
        region = finding.region
        shown = f',"region":{{{_region(region)}}}' if region and region[0] > 0 else ""
        line_hash = f'"{LINE_HASH}":"{finding.line_hash}",' if finding.line_hash else ""
        if finding.package or finding.also:
            properties = _properties(finding)
        else:
            confidence = finding.confidence
            properties = _PROPERTIES[severity][_NOT_SAID if confidence is None else confidence]
        return (
            f'{heads[rule][severity]},"message":{{"text":{message}}},'
            f'"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":{where}}}{shown}}}}}],'
            f'"partialFingerprints":{{{line_hash}"{OWN}":"{finding.fingerprint}"}}{properties}}}'
        )

    def _remembered(self, said: str) -> str:
        """Return a message as JSON; the same few things are said again and again."""
        if len(self._texts) >= _REMEMBERED:
            self._texts.clear()
        return self._texts.setdefault(said, _text(said if said.isascii() else plain(said)))

    def _fitting(self, runs: Sequence[Run], found: Sequence[Sequence[Finding]]) -> list[int]:
        """Return how many results of each run fit into the compressed file, taking the most severe of all runs first."""
        from zlib import Z_SYNC_FLUSH, compressobj

        limits = [len(each) for each in found]
        if sum(limits) * 200 < BYTES and sum(len(each.message) for one in found for each in one) < BYTES // 2:
            return limits
        packer = compressobj(wbits=31)
        size = sum(len(packer.compress(part.encode())) for run in runs for part in self._run(run, "", ()))
        heads = [self._heads(self._rules(each)) for each in found]
        every = [
            (-finding.severity, run, nth)
            for run, each in enumerate(found)
            for nth, finding in enumerate(each)
        ]
        every.sort()
        for start in range(0, len(every), _PIECE):
            piece = every[start : start + _PIECE]
            text = ",\n".join(self._result(found[run][nth], heads[run]) for _, run, nth in piece)
            size += len(packer.compress(text.encode())) + len(packer.flush(Z_SYNC_FLUSH))
            if size > BYTES * _FILL:
                limits = [0] * len(found)
                for _, run, _ in every[:start]:
                    limits[run] += 1
                break
        return limits


def word_of(score: float) -> Severity:
    """Return the class that code scanning puts a `security-severity` into; it is that of CVSS v3 and v4."""
    if score >= 9:
        return Severity.CRITICAL
    if score >= 7:
        return Severity.HIGH
    if score >= 4:
        return Severity.MEDIUM
    return Severity.LOW if score > 0 else Severity.UNKNOWN


def uri(path: str) -> str:
    """Return a relative path as a URI: percent-encoded, `/` between folders, bytes that are no UTF-8 kept."""
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape").replace(b"\\", b"/").lstrip(b"/")) or "."


def _framed(runs: Iterable[Iterable[str]]) -> Iterator[str]:
    yield f'{{"$schema":"{SCHEMA}","version":"2.1.0","runs":['
    for place, run in enumerate(runs):
        if place:
            yield ",\n"
        yield from run
    yield "]}\n"


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    """Return the most severe first, else in their order, so that a limit cuts the least severe."""
    return sorted(findings, key=attrgetter("severity"), reverse=True)


def _most_severe(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    if len(runs) <= RUNS:
        return [*runs], []
    worst = sorted(
        range(len(runs)),
        key=lambda place: (-max((f.severity for f in runs[place].findings), default=-1), place),
    )
    kept = set(worst[:RUNS])
    return (
        [run for place, run in enumerate(runs) if place in kept],
        [run for place, run in enumerate(runs) if place not in kept],
    )


def _left_out_runs(runs: Sequence[Run]) -> str:
    names = ", ".join(f"{run.tool} on {run.target} ({len(run.findings)} results)" for run in runs)
    return f"Code scanning takes {RUNS} runs: left out are {names}. The full log holds them."


def _left_out_results(findings: Sequence[Finding]) -> str:
    from collections import Counter

    counts = Counter(finding.severity for finding in findings)
    said = ", ".join(f"{counts[each]} {each.word}" for each in sorted(counts, reverse=True))
    return f"{len(findings)} results are left out ({said}): code scanning takes no more. The full log holds them."


def _help(finding: Finding, title: str) -> str:
    said = [title.rstrip(".") + "."]
    if finding.package and finding.package.fixed:
        said.append(f"Fixed in {finding.package.name} {', '.join(finding.package.fixed)}.")
    if finding.fix:
        said.append(finding.fix)
    if finding.aliases:
        said.append(f"Also known as {', '.join(finding.aliases[:10])}.")
    if finding.url:
        said.append(finding.url)
    return plain(" ".join(said))


def _region(region: Region) -> str:
    """Return a region that makes sense: it ends behind its start, and has columns where both are known."""
    line, column, end_line, end_column = region
    if end_line <= line:
        if column <= 0:
            return f'"startLine":{line}'
        end = f',"endColumn":{end_column}' if end_column > column and end_line in (0, line) else ""
        return f'"startLine":{line},"startColumn":{column}{end}'
    start = f',"startColumn":{column}' if column > 0 else ""
    end = f',"endColumn":{end_column}' if column > 0 and end_column > 0 else ""
    return f'"startLine":{line}{start},"endLine":{end_line}{end}'


def _properties(finding: Finding) -> str:
    """Return what is no part of a result elsewhere; what every result has in common is in `_PROPERTIES`."""
    made = _sure(finding.severity, finding.confidence)
    if package := finding.package:
        made += (
            f',"package":{_text(package.name)},"version":{_text(package.version)},'
            f'"ecosystem":{_text(package.ecosystem)},"fixed":[{",".join(map(_text, package.fixed))}]'
        )
    if finding.also:
        made += f',"also":[{",".join(map(_text, finding.also))}]'
    return f',"properties":{{{made}}}'


def _sure(severity: Severity, confidence: Severity | None) -> str:
    sure = "" if confidence is None else f',"confidence":"{confidence.word}"'
    return f'"severity":"{severity.word}"{sure}'


#: The properties of a result without a package that nobody else reported, by severity and confidence; none where the
#: level says it all.
_NOT_SAID = -1
_PROPERTIES = tuple(
    tuple(
        f',"properties":{{{_sure(severity, confidence)}}}' if confidence is not None or not severity else ""
        for confidence in (*Severity, None)
    )
    for severity in Severity
)
