"""The file in which a project accepts findings for a while: who, why and until when. Pure.

    [[suppression]]
    rule = "B602"                  # or: fingerprint = "3f2a…", at least 16 digits
    path = "tools/**"              # with `rule` only: a glob as in .gitignore
    reason = "Arguments are constants; reviewed in the threat model of the tools."
    owner = "platform"
    expires = 2026-12-31
    ticket = "SEC-41"              # optional

The order of the entries means nothing, so that the file merges cleanly; there is no time stamp.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ci_actions.findings.model import Finding
from ci_actions.kit.errors import BadInput
from ci_actions.kit.globs import Matches, matcher
from ci_actions.kit.inputs import suggestion

FILE = ".security-suppressions.toml"
SHORTEST_REASON = 15
#: From so many days before the end on, an entry is mentioned.
SOON = timedelta(days=14)
_SHORTEST_FINGERPRINT = 16
_KEYS = ("fingerprint", "rule", "path", "reason", "owner", "expires", "ticket")
_HEADER = re.compile(r"""(?m)^[ \t]*\[\[[ \t]*["']?suppression["']?[ \t]*\]\]""")
_EXAMPLE = "write [[suppression]] tables with rule and path (or fingerprint), reason, owner and expires"


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """One entry: findings with this fingerprint (or its first digits), or of this rule in these paths."""

    reason: str
    owner: str
    expires: date
    fingerprint: str = ""
    rule: str = ""
    path: str = ""
    ticket: str = ""
    line: int = 0

    @property
    def what(self) -> str:
        """What it holds for, in words."""
        return f"{self.rule} in {self.path}" if self.rule else f"fingerprint {self.fingerprint[:16]}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What it holds for; two entries with one key differ in their reasons only."""
        return (self.fingerprint, self.rule.lower(), self.path)

    @property
    def order(self) -> tuple[object, ...]:
        """A place among others that does not depend on the order in the file."""
        return (self.expires, *self.key, self.owner, self.reason, self.ticket)

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.expires < today


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What the entries do to the findings.

    `suppressed` leads from the place of a finding to the entry that holds for it, `expired` to one that did: that
    finding counts again. `unused` fit no finding; `soon` are in use and end within two weeks.
    """

    suppressed: Mapping[int, Suppression]
    expired: Mapping[int, Suppression]
    unused: tuple[Suppression, ...] = ()
    soon: tuple[Suppression, ...] = ()


def parse(text: str, *, file: str, today: date, max_days: int) -> tuple[Suppression, ...]:
    """Return the entries of a file. Raises BadInput with everything that is wrong with it, and where."""
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is no TOML: {error}", file=file) from None
    problems = [
        f"{file}: '{key}' is unknown{suggestion(key, ['suppression'])}; {_EXAMPLE}"
        for key in document
        if key != "suppression"
    ]
    rows = document.get("suppression", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append(f"{file}: 'suppression' must be tables: {_EXAMPLE}")
        rows = []
    places = _places(text, len(rows))
    entries: list[Suppression] = []
    for row, place in zip(rows, places, strict=True):
        wrong = [
            f"{file}:{_line_of(text, place, key)}: {said}" if place else f"{file}: {said}"
            for key, said in _wrong(row, today, max_days)
        ]
        problems += wrong
        if not wrong:
            entries.append(_entry(row, place[0] if place else 0))
    if problems:
        raise BadInput(*problems, file=file)
    return tuple(entries)


def apply(findings: Sequence[Finding], entries: Iterable[Suppression], today: date) -> Applied:
    """Return which findings are accepted, by which entry, and which entries do nothing or soon will not.

    Of several that fit, the one that holds longest counts.
    """
    ordered = sorted(entries, key=lambda entry: entry.order, reverse=True)
    index = _Index(ordered)
    suppressed: dict[int, Suppression] = {}
    expired: dict[int, Suppression] = {}
    used: set[int] = set()
    for place, finding in enumerate(findings):
        fitting = index.fitting(finding)
        used.update(fitting)
        if fitting:
            first = ordered[min(fitting)]
            (expired if first.is_over(today) else suppressed)[place] = first
    soon = (
        entry
        for place, entry in enumerate(ordered)
        if place in used and today <= entry.expires <= today + SOON
    )
    unused = (entry for place, entry in enumerate(ordered) if place not in used)
    return Applied(
        suppressed=suppressed,
        expired=expired,
        unused=tuple(sorted(unused, key=lambda entry: entry.order)),
        soon=tuple(sorted(soon, key=lambda entry: entry.order)),
    )


class _Index:
    """Finds the entries for a finding without looking at all of them."""

    def __init__(self, entries: Sequence[Suppression]) -> None:
        self._prefixes: dict[str, list[tuple[int, str]]] = {}
        self._rules: dict[str, list[tuple[int, Matches]]] = {}
        for place, entry in enumerate(entries):
            if entry.fingerprint:
                start = entry.fingerprint[:_SHORTEST_FINGERPRINT]
                self._prefixes.setdefault(start, []).append((place, entry.fingerprint))
            else:
                self._rules.setdefault(entry.rule.lower(), []).append((place, matcher([entry.path])))

    def fitting(self, finding: Finding) -> list[int]:
        """Return the places of the entries that fit."""
        places = [
            place
            for mark in (finding.fingerprint, finding.former)
            for place, start in self._prefixes.get(mark[:_SHORTEST_FINGERPRINT], ())
            if mark.startswith(start)
        ]
        if self._rules:
            for name in {finding.rule.lower(), finding.canonical.lower(), *map(str.lower, finding.aliases)}:
                places += [place for place, fits in self._rules.get(name, ()) if fits(finding.path)]
        return places


def _entry(row: Mapping[str, object], line: int) -> Suppression:
    expires = row["expires"]
    assert isinstance(expires, date)
    texts = {key: str(row.get(key, "")).strip() for key in _KEYS if key != "expires"}
    texts["fingerprint"] = texts["fingerprint"].lower()
    return Suppression(**texts, expires=expires, line=line)


def _wrong(row: Mapping[str, object], today: date, max_days: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an entry, each with the key that it is about."""
    for key in row:
        if key not in _KEYS:
            yield key, f"'{key}' is unknown{suggestion(key, _KEYS)}; allowed are {', '.join(_KEYS)}"
    yield from _wrong_target(row)
    for key, least, what in (
        ("reason", SHORTEST_REASON, f"say in at least {SHORTEST_REASON} characters why this is acceptable"),
        ("owner", 1, "say who answers for it, like owner = 'platform'"),
    ):
        value = row.get(key, "")
        if not isinstance(value, str):
            yield key, f"'{key}' must be text: {what}"
        elif len(value.strip()) < least:
            short = "is missing" if key not in row else "is too short" if value else "is empty"
            yield key, f"'{key}' {short}: {what}"
    if not isinstance(row.get("ticket", ""), str):
        yield "ticket", "'ticket' must be text, like ticket = 'SEC-41'"
    yield from _wrong_expiry(row, today, max_days)


def _wrong_target(row: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key in ("fingerprint", "rule", "path"):
        if key in row and not (isinstance(row[key], str) and str(row[key]).strip()):
            yield key, f"'{key}' must be text that is not empty"
            return
    fingerprint, rule, path = (str(row.get(key, "")).strip() for key in ("fingerprint", "rule", "path"))
    if bool(fingerprint) == bool(rule):
        yield "fingerprint" if fingerprint else "", "give either 'fingerprint', or 'rule' and 'path'"
    elif fingerprint and path:
        yield "path", "'path' goes with 'rule'; a fingerprint holds its path already"
    elif fingerprint and not re.fullmatch(rf"[0-9a-fA-F]{{{_SHORTEST_FINGERPRINT},64}}", fingerprint):
        yield (
            "fingerprint",
            f"'fingerprint' must be {_SHORTEST_FINGERPRINT} to 64 hexadecimal digits, as the report shows them",
        )
    elif rule and re.search(r"[*?\[\]]", rule):
        yield (
            "rule",
            f"'rule' is '{rule}', which would accept findings nobody has seen: name one rule, like 'B602'",
        )
    elif rule and not path:
        yield "", "'path' is missing: say where the rule may be broken, like path = 'tools/**'"


def _wrong_expiry(row: Mapping[str, object], today: date, max_days: int) -> Iterator[tuple[str, str]]:
    expires = row.get("expires")
    latest = today + timedelta(days=max_days)
    if expires is None:
        yield "", f"'expires' is missing: give a date until {latest}, like expires = {latest}"
    elif isinstance(expires, datetime) or not isinstance(expires, date):
        yield "expires", f"'expires' must be a date without quotes and time, like expires = {latest}"
    elif expires > latest:
        yield (
            "expires",
            f"'expires' is {expires}, which is more than {max_days} days away: {latest} is the latest",
        )


def _places(text: str, count: int) -> list[tuple[int, int] | None]:
    """Return where each table begins and ends in the file, in lines; nothing for tables that are written inline."""
    starts = [text.count("\n", 0, found.start()) + 1 for found in _HEADER.finditer(text)]
    if len(starts) != count:
        return [None] * count
    return [*itertools.pairwise([*starts, text.count("\n") + 2])]


def _line_of(text: str, place: tuple[int, int], key: str) -> int:
    first, end = place
    assigned = re.compile(rf"""[ \t]*["']?{re.escape(key)}["']?[ \t]*=""")
    lines = text.split("\n")
    return next(
        (
            number
            for number in range(first, end)
            if key and number <= len(lines) and assigned.match(lines[number - 1])
        ),
        first,
    )
