"""The fast path for Cobertura reports in their usual, flat shape; anything else is left to the full parser.

    <class name="x.py" filename="a/x.py" complexity="0" line-rate="1" branch-rate="0">
        <methods/>
        <lines>
            <line number="1" hits="1"/>
            <line number="4" hits="0" branch="true" condition-coverage="50% (1/2)" missing-branches="7"/>
        </lines>
    </class>

A million lines are a million calls from an XML parser into Python, two seconds. Here the bytes between two
classes are split at every `<`, in C, and each piece, like `line number="1" hits="1"/>` with the white space
behind it, is looked up in a dictionary that maps it to a number; the sum of these numbers is the answer for
the class. Reports repeat themselves, so nearly every piece has been seen before. Two things make that exact:

- **A piece gets into the dictionary only by matching a regular expression for the whole of it.** As the
  pieces are everything there is between the classes, the shape is proved, not assumed: comments, CDATA,
  entities, other attributes, methods with lines of their own or a line cut short match nothing, and the
  result is None.
- **The number of a piece is a bit for its line, and the same bit `width` places higher if it was hit.** A sum
  of different powers of two has as many bits as summands, and of equal ones fewer (they carry). So after one
  `sum` the number of bits proves that no line was repeated, and the two halves are the measured lines and the
  hit lines.

What stands between two classes (ends and starts of packages) is matched likewise; what stands before the
first one is read by the full parser. A report of some megabytes is halved at a class, and a forked child
reads the second half. There is no state outside of a call.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers import expat

from ci_actions.coverage_gate.formats.tally import LAST_LINE_OF_ALL
from ci_actions.coverage_gate.formats.xml import Data
from ci_actions.coverage_gate.model import NO_BRANCHES, FileCoverage, LineBranches
from ci_actions.kit import lines

#: What ends a document after its classes; `head + CLOSING` is a document of its own.
CLOSING = b"</classes></package></packages></coverage>"

#: Below this size a second process costs more than it saves.
SIZE_FOR_TWO = 4_000_000

#: How much of a report this process reads if it has other work to do beside it.
SHARE_BESIDE_OTHER_WORK = 0.33

#: Work that has nothing to do with the report.
Meanwhile = Callable[[], None]

_START, _END = b"<class ", b"</class>"

_PARTS = {
    b"s": rb"[ \t\r\n]*",
    b"value": rb'"[^"<&\x00-\x1f\x7f-\xff]*"',
}
_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
# Two usual orders of attributes; whatever else stands in a start tag goes through expat.
_CLASS = re.compile(
    rb"name=%(value)s filename=(%(value)s)"
    rb"(?:(?: complexity=%(value)s)?(?: line-rate=%(value)s)?(?: branch-rate=%(value)s)?"
    rb"| line-rate=%(value)s branch-rate=%(value)s complexity=%(value)s)>%(s)s" % _PARTS
)
_PACKAGE = re.compile(
    rb"name=%(value)s(?: line-rate=%(value)s)?(?: branch-rate=%(value)s)?(?: complexity=%(value)s)?" % _PARTS
)
_AROUND_LINES = re.compile(rb"methods ?/>%(s)s<lines(?:>%(s)s</lines| ?/)>%(s)s" % _PARTS)
_LINE = re.compile(
    rb'line number="([1-9][0-9]{0,7})" hits="([0-9]{1,18})"'
    rb'(?: branch="(?:[Ff]alse|[Tt]rue" condition-coverage="[0-9.]{1,9}%% ?\(([0-9]{1,9})/([0-9]{1,9})\)'
    rb'(?:" missing-branches="[a-z0-9,-]*)?)")?'
    rb" ?/>%(s)s" % _PARTS
)
_NEXT_CLASS = re.compile(rb"</class>%(s)s" % _PARTS)
_NEXT_PACKAGE = re.compile(
    rb"</class>%(s)s</classes>%(s)s</package>%(s)s<package ([^<>]*)>%(s)s<classes>%(s)s" % _PARTS
)
_LAST = re.compile(rb"</class>%(s)s</classes>%(s)s</package>%(s)s</packages>%(s)s</coverage>%(s)s" % _PARTS)

#: Most files end before the first of these lines; sums of longer numbers take longer. What is larger goes one
#: by one.
_WIDTHS = (512, 4096)
_LARGEST_DICTIONARY = 20_000

_Branches = tuple[int, int]
#: A class as a child process hands it on: path, measured lines, hit lines, branches.
_Class = tuple[str, lines.Lines, lines.Lines, dict[int, _Branches]]


@dataclass(frozen=True)
class Flat:
    """What a flat report holds: the bytes before its first class, and its files."""

    head: bytes
    files: tuple[FileCoverage, ...]


class _Different(Exception):
    """The report does not have the shape that this module knows."""


def read(data: Data, meanwhile: Meanwhile | None = None, *, processes: int = 2) -> Flat | None:
    """Return what the report in `data` holds, None if its shape is not the flat one.

    `meanwhile` is called once while a second process reads, and not at all where there is none: there is one only if
    `processes` allows for it.
    """
    start = data.find(_START)
    if start < 0:
        return None
    head = data[:start]
    encoding = _ENCODING.match(head)
    if encoding and encoding[1].lower() != b"utf-8":
        return None
    try:
        return Flat(head, _files(_all_classes(data, start, meanwhile, processes)))
    except _Different:
        return None


def _files(classes: list[_Class]) -> tuple[FileCoverage, ...]:
    if len({path for path, *_ in classes}) < len(classes):
        raise _Different  # Parts of one file must be merged.
    if sum(measured.bit_length() for _, measured, *_ in classes) > LAST_LINE_OF_ALL:
        raise _Different
    shared: dict[_Branches, LineBranches] = {}
    return tuple(
        FileCoverage(
            path,
            measured,
            hit,
            {
                number: shared.get(found) or shared.setdefault(found, LineBranches(*found))
                for number, found in branches.items()
            }
            if branches
            else NO_BRANCHES,
        )
        for path, measured, hit, branches in classes
    )


# Two processes


def _all_classes(data: Data, start: int, meanwhile: Meanwhile | None, processes: int) -> list[_Class]:
    if processes > 1 and len(data) >= SIZE_FOR_TWO and _may_fork():
        share = SHARE_BESIDE_OTHER_WORK if meanwhile else 0.5
        middle = data.find(_END, start + int((len(data) - start) * share))
        second = data.find(_START, middle) if middle >= 0 else -1
        if second >= 0:
            return _in_two_processes(data, start, middle, second, meanwhile)
    return list(_classes(data, start))


def _may_fork() -> bool:
    """Whether a fork is useful (two processors) and safe (no other thread, whose locks would stay locked)."""
    threading = sys.modules.get("threading")
    return (
        sys.platform == "linux"
        and len(os.sched_getaffinity(0)) > 1
        and (threading is None or threading.active_count() == 1)
    )


def _in_two_processes(
    data: Data, start: int, middle: int, second: int, meanwhile: Meanwhile | None
) -> list[_Class]:
    """Return the classes of both parts; the class that ends at `middle` is the last of the first part."""
    import marshal

    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # No process left for us.
        os.close(reading)
        os.close(writing)
        return list(_classes(data, start))
    if child == 0:
        # Nothing of the parent may run on here: no handler, no buffered output, no exception.
        try:
            os.close(reading)
            try:
                answer: list[_Class] | None = list(_classes(data, second))
            except _Different:
                answer = None
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(marshal.dumps(answer))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        try:
            if meanwhile:
                meanwhile()
            first = list(_classes(data, start, stop=middle))
            written = pipe.read()
        finally:
            pipe.close()  # A child that is still writing ends here.
            has_ended_well = _has_ended_well(child)
    # A child that was killed has left the work to us. What it wrote comes from this very program.
    rest: list[_Class] | None = (
        marshal.loads(written) if has_ended_well else list(_classes(data, second))  # noqa: S302
    )
    if rest is None:
        raise _Different
    return first + rest


def _has_ended_well(child: int) -> bool:
    try:
        return os.waitpid(child, 0)[1] == 0
    except ChildProcessError:  # Who started us ignores SIGCHLD, so nobody learns how children end.
        return False


# Classes


def _classes(data: Data, start: int, *, stop: int = -1) -> Iterator[_Class]:
    """Yield the classes from the one that starts at `start` to the one that ends at `stop`, else to the last."""
    pieces = [_Pieces(width) for width in _WIDTHS]
    known: set[bytes] = set()
    while True:
        end = data.find(_END, start)
        if end < 0:
            raise _Different
        yield _class(data[start + len(_START) : end], pieces, known)
        start = data.find(_START, end)
        between = data[end:] if start < 0 else data[end:start]
        if between not in known:
            _check_between(between, is_last=start < 0)
            known.add(between)
        if start < 0 or end == stop:
            return


def _check_between(between: bytes, *, is_last: bool) -> None:
    if is_last:
        if not _LAST.fullmatch(between):
            raise _Different
    elif not _NEXT_CLASS.fullmatch(between):
        package = _NEXT_PACKAGE.fullmatch(between)
        if not package:
            raise _Different
        if not _PACKAGE.fullmatch(package[1]):
            _attributes(b"<package " + package[1])


def _class(block: bytes, widths: list[_Pieces], known: set[bytes]) -> _Class:
    """Return the class whose text between `<class ` and `</class>` is `block`."""
    split = block.split(b"<")
    tag = _CLASS.fullmatch(split[0])
    path = (
        tag[1][1:-1].decode()
        if tag
        else _attributes(_START + split[0].rpartition(b">")[0]).get("filename", "")
    )
    around = b"<".join(split[1:3] + split[3:][-1:])
    if around not in known:
        if not _AROUND_LINES.fullmatch(around):
            raise _Different
        known.add(around)
    body = split[3:-1]
    if not path or "\0" in path:
        raise _Different
    if not body:
        return path, 0, 0, {}
    # `line number="` has 13 characters. A guess from the last line, which `_Pieces` checks for each one.
    digits = body[-1][13 : body[-1].find(b'"', 13)]
    for pieces in widths:
        if digits.isdigit() and len(digits) < 6 and int(digits) < pieces.width:
            return path, *pieces.add_up(body)
    return path, *_one_by_one(body)


def _attributes(tag: bytes) -> dict[str, str]:
    """Return the attributes of the start tag `tag` (without its `>`) as expat reads them."""
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda _, attributes: found.append(attributes)
    try:
        parser.Parse(tag + b"/>", True)  # noqa: FBT003 (has no names)
    except expat.ExpatError:
        raise _Different from None
    finally:
        parser.StartElementHandler = None
    return found[0]


# Lines


class _Pieces(dict[bytes, int]):
    """The pieces seen so far, each with the bits that it stands for: see the top of this file."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._branches: dict[int, _Branches] = {}
        self._with_branches: dict[bytes, tuple[int, int, _Branches]] = {}

    def add_up(self, body: list[bytes]) -> tuple[lines.Lines, lines.Lines, dict[int, _Branches]]:
        """Return the measured lines, the hit lines and the branches of a class."""
        self._branches = {}
        total = sum(map(self.__getitem__, body))
        hit = total >> self.width
        measured = total ^ (hit << self.width)
        if measured.bit_count() != len(body):
            raise _Different
        return measured, hit, self._branches

    def __missing__(self, piece: bytes) -> int:
        seen = self._with_branches.get(piece)
        if seen is not None:
            bits, number, branches = seen
            self._branches[number] = branches
            return bits
        number, is_hit, found = _line(piece)
        if number >= self.width:
            raise _Different
        bits = 1 << number | (1 << number + self.width if is_hit else 0)
        # Branches must be told anew for each class, so these pieces come this way every time.
        if found is not None:
            self._branches[number] = found
            if len(self._with_branches) < _LARGEST_DICTIONARY:
                self._with_branches[piece] = bits, number, found
        elif len(self) < _LARGEST_DICTIONARY:
            self[piece] = bits
        return bits


def _one_by_one(body: list[bytes]) -> tuple[lines.Lines, lines.Lines, dict[int, _Branches]]:
    """Return the same as `_Pieces.add_up`, for files of any length."""
    found = [_line(piece) for piece in body]
    numbers = {number for number, *_ in found}
    if len(numbers) < len(found) or max(numbers) > lines.LAST_LINE:
        raise _Different
    return (
        lines.from_numbers(numbers),
        lines.from_numbers(number for number, is_hit, _ in found if is_hit),
        {number: branches for number, _, branches in found if branches is not None},
    )


def _line(piece: bytes) -> tuple[int, bool, _Branches | None]:
    """Return the number of a line, whether it was hit, and its branches."""
    match = _LINE.fullmatch(piece)
    if match is None:
        raise _Different
    number, hits, covered, total = match.groups()
    if not total or not int(total):
        return int(number), int(hits) > 0, None
    if int(covered) > int(total):
        raise _Different
    return int(number), int(hits) > 0, (int(covered), int(total))
