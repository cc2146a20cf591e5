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
from ci_actions.findings.redaction import outline, without_shapes
from ci_actions.kit.apart import Apart, one_by_one

WINDOW = 100
_MASK = (1 << 64) - 1
#: What follows the last character of a file.
_END = "\uffff"
_POWERS = tuple(accumulate(repeat(37, WINDOW - 1), lambda power, base: power * base & _MASK, initial=1))[::-1]
_DROPPED = {ord(" "): None, ord("\t"): None}
_NUMBER = re.compile(r"\d+")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

#: So many characters are searched in the time that one line takes to be counted.
_CHARACTERS_PER_LINE = 500
#: From so many findings on, files are looked at by several processes if there are any: a fork costs milliseconds.
MANY = 5_000

#: What a finding is marked with: fingerprint, former fingerprint, line hash.
_Marks = tuple[str, str, str]
#: Returns the text of a file by its path, None where there is none; see `decoded`.
Read = Callable[[str], str | None]


def decoded(data: bytes) -> str:
    """Return the text of a file as code scanning sees it: UTF-8, broken bytes replaced, line ends as they are."""
    return data.decode("utf-8", "replace")


def stamp(
    findings: Iterable[Finding],
    read: Read,
    *,
    renames: Mapping[str, str] | None = None,
    apart: Apart = one_by_one,
) -> None:
    """Fill in `fingerprint` and `line_hash` of every finding, and `former` in files that were renamed.

    `renames` leads from the new path of a file to its old one. Each file is read once. Where the line of a finding
    cannot be had, its message takes the place of the text. `apart` does it file by file, if there are many findings.
    """
    here: dict[str, list[Finding]] = {}
    elsewhere: dict[str, list[Finding]] = {}
    for finding in findings:
        (here if finding.is_here else elsewhere).setdefault(finding.path, []).append(finding)
    files = [
        (path, sorted(found, key=_place), by_path is here)
        for by_path in (here, elsewhere)
        for path, found in by_path.items()
    ]

    def marks(file: tuple[str, Sequence[Finding], bool]) -> list[_Marks]:
        path, found, is_here = file
        return _marks(found, Source(read(path) if is_here else None), (renames or {}).get(path, ""))

    if sum(len(found) for _, found, _ in files) < MANY:
        apart = one_by_one
    for (_, found, _), made in zip(files, apart(marks, files), strict=True):
        for finding, (fingerprint, former, line_hash) in zip(found, made, strict=True):
            finding.fingerprint = fingerprint
            finding.former = former
            finding.line_hash = line_hash


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
        self._starts: list[int] | None = None
        self._packed = ""

    def line(self, number: int) -> str | None:
        """Return one line, None where the file does not have it."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None

    def shown(self, number: int) -> str:
        """Return one line without credentials and spaces, empty where the file does not have it."""
        line = self.line(number)
        return "".join(without_shapes(line).split()) if line else ""

    def hashes(self, numbers: Iterable[int], *, avoid: Sequence[tuple[int, int]] = ()) -> dict[int, str]:
        """Return the hashes of lines, but none that any line in the ranges `avoid` has a part in."""
        wanted = sorted({number for number in numbers if 0 < number <= len(self.lines)})
        if not wanted:
            return {}
        packed, starts = self._positions()
        counts = self._counts(wanted)
        return {
            number: f"{_hash(packed[start : start + WINDOW]):x}:{counts[number]}"
            for number, start in ((number, starts[number - 1]) for number in wanted)
            if not (avoid and self._overlaps(number, start, avoid))
        }

    def _counts(self, numbers: Sequence[int]) -> dict[int, int]:
        """Return for each of these lines, in their order, which of several equal windows its own is."""
        packed, starts = self._positions()
        last = numbers[-1]
        # Where few lines are asked for, it is faster to see that their windows stand nowhere before.
        if len(numbers) * starts[last - 1] < _CHARACTERS_PER_LINE * last and all(
            packed.find(packed[start : start + WINDOW], 0, start + WINDOW) == start
            for start in (starts[number - 1] for number in numbers)
        ):
            return dict.fromkeys(numbers, 1)
        asked = set(numbers)
        counts: dict[int, int] = {}
        seen: dict[str, int] = {}
        for number, start in enumerate(starts[:last], start=1):
            window = packed[start : start + WINDOW]
            count = seen[window] = seen.get(window, 0) + 1
            if number in asked:
                counts[number] = count
        return counts

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
    units = window.encode() if window.isascii() else map(ord, window)
    total: int = sum(map(mul, units, _POWERS))
    return total & _MASK


def _marks(findings: Sequence[Finding], source: Source, old_path: str) -> list[_Marks]:
    """Return fingerprint, former one and line hash of each finding of a file; they come in the order of their places."""
    from hashlib import sha256

    is_secret, is_dependency = Kind.SECRET, Kind.DEPENDENCY
    secret = [
        (finding.region.line, max(finding.region.end_line, finding.region.line))
        for finding in findings
        if finding.kind is is_secret and finding.region
    ]
    wanted = [each.line for each in findings if each.kind is not is_secret] if source.lines else ()
    hashes = source.hashes(wanted, avoid=secret)
    texts: dict[int, str] = {}
    said: dict[str, str] = {}
    seen: dict[str, int] = {}
    marks: list[_Marks] = []
    for finding in findings:
        kind = finding.kind
        region = finding.region
        line = region[0] if region else 0
        head = f"{kind._value_}\0{finding.canonical or finding.rule}\0{finding.target or finding.commit}\0"
        if kind is is_dependency:
            tail = f"\0{finding.package.key if finding.package else ''}"
        else:
            text = texts.get(line)
            if text is None:
                text = texts[line] = _text(source, line, secret) if source.lines else ""
            if not text and kind is not is_secret:
                # Without a line there is only what the tool says; numbers in it, such as a line's, may change.
                text = said.get(finding.message)
                if text is None:
                    text = said[finding.message] = _NUMBER.sub("0", finding.message)
            key = head + text
            nth = seen.get(key, 0)
            seen[key] = nth + 1
            tail = f"\0{text}\0{nth}"
        marks.append(
            (
                sha256(_bytes(f"{head}{finding.path}{tail}")).hexdigest(),
                sha256(_bytes(f"{head}{old_path}{tail}")).hexdigest() if old_path else "",
                hashes.get(line, "") if hashes and line and kind is not is_secret else "",
            )
        )
    return marks


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _text(source: Source, line: int, secret: Sequence[tuple[int, int]]) -> str:
    """Return what of a line enters: its outline where a secret stands on it."""
    if secret and any(first <= line <= last for first, last in secret):
        return outline(source.line(line) or "")
    return source.shown(line)


def _place(finding: Finding) -> tuple[int, int]:
    region = finding.region
    return (region[0], region[1]) if region else (0, 0)
