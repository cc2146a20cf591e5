"""Fingerprints: by what a finding is known again after lines have moved. Pure.

Two kinds are made. `line_hash` is the `primaryLocationLineHash` of code scanning, exactly as
github/codeql-action computes it (https://github.com/github/codeql-action/blob/main/src/fingerprints.ts), so that both
uploads of a finding are one alert. `fingerprint`, `ciActions/v1`, is our own: a SHA-256 over

- code, misconfiguration, licence, style: kind, rule, path, the text of the line without its spaces, and which of
  several equal ones it is;
- dependency: kind, advisory, package, path of the manifest; neither version nor line;
- secret: kind, rule, path, the name that the line gives the value to, and which of several equal ones it is.

What lies in an image or in an old commit is told apart by that.

Nothing is ever derived from a secret: a line that a secret stands on enters only as its outline, and has no line hash.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate, repeat
from operator import mul

from ci_actions.findings.model import Finding, Kind
from ci_actions.findings.redaction import outline, shapes_in, without_shapes

WINDOW = 100
_MASK = (1 << 64) - 1
#: What follows the last character of a file.
_END = "\uffff"
_POWERS = tuple(accumulate(repeat(37, WINDOW - 1), lambda power, base: power * base & _MASK, initial=1))[::-1]
_DROPPED = {ord(" "): None, ord("\t"): None}
_NUMBER = re.compile(r"\d+")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

#: Returns the text of a file by its path, None where there is none; see `decoded`.
Read = Callable[[str], str | None]


def decoded(data: bytes) -> str:
    """Return the text of a file as code scanning sees it: UTF-8, broken bytes replaced, line ends as they are."""
    return data.decode("utf-8", "replace")


def stamp(findings: Iterable[Finding], read: Read, *, renames: Mapping[str, str] | None = None) -> None:
    """Fill in `fingerprint` and `line_hash` of every finding, and `former` in files that were renamed.

    `renames` leads from the new path of a file to its old one. Each file is read once. Where the line of a finding
    cannot be had, its message takes the place of the text.
    """
    here: dict[str, list[Finding]] = {}
    elsewhere: dict[str, list[Finding]] = {}
    for finding in findings:
        (here if finding.is_here else elsewhere).setdefault(finding.path, []).append(finding)
    for by_path in (here, elsewhere):
        for path, found in by_path.items():
            source = Source(read(path) if by_path is here else None)
            _stamp_file(found, source, (renames or {}).get(path, ""))


def line_hashes(text: str, lines: Iterable[int]) -> dict[int, str]:
    """Return the `primaryLocationLineHash` of these lines of a file; lines that it does not have are left out."""
    return Source(text).hashes(lines)


class Source:
    """The text of one file, as fingerprints see it."""

    def __init__(self, text: str | None) -> None:
        self.lines: Sequence[str] = ()
        if text is not None:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            self.lines = text.split("\n")
        self._shapes = shapes_in(text) if text else ()
        self._starts: list[int] | None = None
        self._packed = ""

    def line(self, number: int) -> str | None:
        """Return one line, None where the file does not have it."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None

    def shown(self, number: int) -> str:
        """Return one line without credentials and spaces, empty where the file does not have it."""
        line = self.line(number)
        return "".join(without_shapes(line, self._shapes).split()) if line else ""

    def hashes(self, numbers: Iterable[int], *, avoid: Sequence[tuple[int, int]] = ()) -> dict[int, str]:
        """Return the hashes of lines, but none that any line in the ranges `avoid` has a part in."""
        wanted = sorted({number for number in numbers if 0 < number <= len(self.lines)})
        if not wanted:
            return {}
        packed, starts = self._positions()
        last = wanted[-1]
        found: dict[int, str] = {}
        seen: dict[str, int] = {}
        asked = set(wanted)
        for number, start in enumerate(starts[:last], start=1):
            window = packed[start : start + WINDOW]
            count = seen[window] = seen.get(window, 0) + 1
            if number in asked and not (avoid and self._overlaps(number, start, avoid)):
                found[number] = f"{_hash(window):x}:{count}"
        return found

    def _overlaps(self, number: int, start: int, avoid: Sequence[tuple[int, int]]) -> bool:
        _, starts = self._positions()
        last = bisect_right(starts, start + WINDOW - 1)
        return any(first <= last and end >= number for first, end in avoid)

    def _positions(self) -> tuple[str, list[int]]:
        """Return the text without spaces and tabs, in UTF-16 units, and where each line starts in it."""
        if self._starts is None:
            packed = "\n".join(self.lines).translate(_DROPPED) + _END
            if not packed.isascii():
                packed = _ASTRAL.sub(_units, packed)
            self._packed = packed
            self._starts = list(accumulate((len(line) + 1 for line in packed.split("\n")), initial=0))[:-1]
        return self._packed, self._starts


def _units(found: re.Match[str]) -> str:
    """Return a character outside of the basic plane as the two units that JavaScript sees."""
    rest = ord(found[0]) - 0x10000
    return chr(0xD800 + (rest >> 10)) + chr(0xDC00 + (rest & 0x3FF))


def _hash(window: str) -> int:
    """Return the polynomial of the window with base 37, modulo 2**64; a short window is followed by zeros."""
    total: int = sum(map(mul, map(ord, window), _POWERS))
    return total & _MASK


def _stamp_file(findings: list[Finding], source: Source, old_path: str) -> None:
    from hashlib import sha256

    if len(findings) > 1:
        findings = sorted(findings, key=_place)
    secret = [
        (finding.region.line, max(finding.region.end_line, finding.region.line))
        for finding in findings
        if finding.kind is Kind.SECRET and finding.region
    ]
    wanted = [each.line for each in findings if each.kind is not Kind.SECRET] if source.lines else ()
    hashes = source.hashes(wanted, avoid=secret)
    texts: dict[int, str] = {}
    said: dict[str, str] = {}
    seen: dict[str, int] = {}
    for finding in findings:
        kind = finding.kind
        region = finding.region
        line = region[0] if region else 0
        head = f"{kind._value_}\0{finding.canonical or finding.rule}\0{finding.target or finding.commit}\0"
        if kind is Kind.DEPENDENCY:
            tail = f"\0{finding.package.key if finding.package else ''}"
        else:
            text = texts.get(line)
            if text is None:
                text = texts[line] = _text(source, line, secret) if source.lines else ""
            if not text and kind is not Kind.SECRET:
                # Without a line there is only what the tool says; numbers in it, such as a line's, may change.
                text = said.get(finding.message)
                if text is None:
                    text = said[finding.message] = _NUMBER.sub("0", finding.message)
            key = head + text
            nth = seen.get(key, 0)
            seen[key] = nth + 1
            tail = f"\0{text}\0{nth}"
        finding.fingerprint = sha256(
            f"{head}{finding.path}{tail}".encode("utf-8", "surrogatepass")
        ).hexdigest()
        if old_path:
            finding.former = sha256(f"{head}{old_path}{tail}".encode("utf-8", "surrogatepass")).hexdigest()
        if hashes and line and kind is not Kind.SECRET:
            finding.line_hash = hashes.get(line, "")


def _text(source: Source, line: int, secret: Sequence[tuple[int, int]]) -> str:
    """Return what of a line enters: its outline where a secret stands on it."""
    if secret and any(first <= line <= last for first, last in secret):
        return outline(source.line(line) or "")
    return source.shown(line)


def _place(finding: Finding) -> tuple[int, int]:
    region = finding.region
    return (region[0], region[1]) if region else (0, 0)
