"""One merged Cobertura document, for tools that show coverage and read nothing else.

The format is that of http://cobertura.sourceforge.net/xml/coverage-04.dtd, written as coverage.py writes it:
a package for each folder, a class for each file, `filename` relative to the root of the repository, which is
the one `source`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from ci_actions.coverage_gate.model import FileCoverage, Outcome, Tally
from ci_actions.kit import lines

_DOCTYPE = '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
#: What an XML 1.0 document cannot hold, not even as a character reference.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {ord(sign): f"&#{ord(sign)};" for sign in "\t\n\r"}
_ESCAPES |= {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def render(outcome: Outcome) -> str:
    """Return the document; characters in paths that XML cannot hold stand in it as escapes, NUL as x00."""
    return "".join(pieces(outcome))


def pieces(outcome: Outcome) -> Iterator[str]:
    """Yield the document in pieces, at most a file at a time."""
    in_lines, in_branches = _sums(outcome.files)
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n'
        f'<coverage version="ci-actions" timestamp="{int(outcome.now * 1000)}"'
        f' lines-valid="{in_lines.total}" lines-covered="{in_lines.covered}" line-rate="{_rate(in_lines)}"'
        f' branches-valid="{in_branches.total}" branches-covered="{in_branches.covered}"'
        f' branch-rate="{_rate(in_branches)}" complexity="0">\n'
        "<sources><source>.</source></sources>\n<packages>\n"
    )
    ordered = sorted(outcome.files, key=lambda file: (_folder(file.path), file.path))
    for folder, files in groupby(ordered, key=lambda file: _folder(file.path)):
        yield from _package(folder, tuple(files))
    yield "</packages>\n</coverage>\n"


def _package(folder: str, files: tuple[FileCoverage, ...]) -> Iterator[str]:
    name = folder.replace("/", ".") or "."
    yield f'<package name="{_attribute(name)}"{_rates(files)} complexity="0">\n<classes>\n'
    for file in files:
        path = _attribute(file.path)
        yield (
            f'<class name="{path.rpartition("/")[2]}" filename="{path}"{_rates((file,))} complexity="0">\n'
            f"<methods/>\n<lines>\n{''.join(_lines(file))}</lines>\n</class>\n"
        )
    yield "</classes>\n</package>\n"


def _lines(file: FileCoverage) -> Iterator[str]:
    """Yield an element for each measured line."""
    # A string of bits is read in constant time; shifting a large integer for each line is not.
    hit = bin(file.hit)[:1:-1].ljust(lines.last(file.measured) + 1, "0")
    if not file.hits and not file.branches:
        for number in lines.numbers(file.measured):
            yield f'<line number="{number}" hits="{hit[number]}"/>\n'
        return
    for number in lines.numbers(file.measured):
        # The set of hit lines decides: counts may be known for some reports of a merge and not for others.
        hits = max(file.hits.get(number, 1), 1) if hit[number] == "1" else 0
        if way := file.branches.get(number):
            share = int(way.covered * 100 // way.total) if way.total else 0
            yield (
                f'<line number="{number}" hits="{hits}" branch="true"'
                f' condition-coverage="{share}% ({way.covered}/{way.total})"/>\n'
            )
        else:
            yield f'<line number="{number}" hits="{hits}"/>\n'


def _sums(files: Iterable[FileCoverage]) -> tuple[Tally, Tally]:
    """Return lines and branches of all files together, of exactly those lines that are written."""
    covered = total = ways_covered = ways = 0
    for file in files:
        covered += lines.count(file.hit & file.measured)
        total += lines.count(file.measured)
        if file.branches:
            measured = bin(file.measured)[:1:-1]
            for number, each in file.branches.items():
                if measured[number : number + 1] == "1":
                    ways_covered += each.covered
                    ways += each.total
    return Tally(covered, total), Tally(ways_covered, ways)


def _rates(files: Iterable[FileCoverage]) -> str:
    in_lines, in_branches = _sums(files)
    return f' line-rate="{_rate(in_lines)}" branch-rate="{_rate(in_branches)}"'


def _rate(tally: Tally) -> str:
    """Return the share from 0 to 1, rounded down: only what is complete is `1`; of nothing it is `0`."""
    if tally.total and tally.covered == tally.total:
        return "1"
    tenthousandths = int(tally.covered * 10000 // tally.total) if tally.total else 0
    return f"{tenthousandths / 10000:.4f}" if tenthousandths else "0"


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _attribute(text: str) -> str:
    """Return text for a quoted attribute: line ends survive reading, impossible characters become visible."""
    possible = _IMPOSSIBLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return possible.translate(_ESCAPES)
