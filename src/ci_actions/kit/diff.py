"""Which lines a change adds: a parser for what git prints, and one for patch files. Pure.

From git itself, names come from the raw records (NUL-terminated, never quoted) and lines from the
patch; a section belongs to a record when its `diff --git` line is the one git writes for it. Hunks
are counted, so a source line that looks like a header is never one.

Formats: https://git-scm.com/docs/diff-format and https://git-scm.com/docs/diff-generate-patch
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.lines import LAST_LINE, Lines, from_numbers, from_ranges

#: From here on, building the set line by line is faster than hunk by hunk.
MANY_HUNKS = 2000

Status = Literal["A", "M", "R", "C", "D", "T"]
Kind = Literal["text", "binary", "symlink", "submodule"]


@dataclass(frozen=True, kw_only=True)
class ChangedFile:
    """One file of a change.

    `path` is relative to the git root, with `/`; bytes that are no UTF-8 are kept as surrogates.
    `old_path` differs from it for a rename or copy and is None for a new file. `added` holds the line
    numbers in the new file; it is empty for what has no lines to judge: everything that is not
    `text`, a deletion, a change of mode only, a pure rename.
    """

    path: str
    old_path: str | None = None
    status: Status = "M"
    added: Lines = 0
    kind: Kind = "text"


@dataclass(frozen=True, kw_only=True)
class Change:
    """All files of a change, in git's order, and what the reader should know about how it was read."""

    files: tuple[ChangedFile, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def by_path(self) -> Mapping[str, ChangedFile]:
        """The files by their path in the new tree; deleted ones are left out."""
        return {file.path: file for file in self.files if file.status != "D"}


class _Record(NamedTuple):
    """One raw record: `:100644 100644 1a2b… 3c4d… R086`, old path, new path."""

    old_mode: str
    new_mode: str
    status: str
    old: bytes
    new: bytes


class _Section(NamedTuple):
    """One `diff --git` section of a patch."""

    header: bytes
    binary: bool
    added: tuple[tuple[int, int], ...]


def split(output: bytes) -> tuple[bytes, bytes]:
    """Return the raw records and the patch of `git diff --raw -z --patch`: a lone NUL stands between them.

    Raises CannotJudge when the records do not end where they should.
    """
    at = 0
    while output.startswith(b":", at):
        at = _record_end(output, at)
    raw, rest = output[:at], output[at:]
    if rest and not rest.startswith(b"\0"):
        raise _broken("something else stands where a raw record should")
    return raw, rest[1:]


def parse(raw_z: bytes, patch: bytes) -> tuple[ChangedFile, ...]:
    """Return the changed files that raw records (`--raw -z`) and patch of one `git diff` describe.

    Raises CannotJudge when the two do not belong together or the patch breaks off.
    """
    sections = list(_sections(patch))
    files = []
    at = 0
    for record in _records(raw_z):
        if record.status == "U":
            continue  # in conflict; the file itself has a record of its own
        header = _header_of(record)
        # A file that became a symlink or the reverse has two sections, a deletion and a creation.
        most = 2 if record.status == "T" else 1
        end = at
        while end < len(sections) and end - at < most and sections[end].header == header:
            end += 1
        files.append(_file(record, sections[at:end]))
        at = end
    if at < len(sections):
        raise _broken(f"{_shown(sections[at].header)} belongs to no raw record")
    return tuple(files)


def _file(record: _Record, sections: Sequence[_Section]) -> ChangedFile:
    kind = _kind(record.old_mode if record.status == "D" else record.new_mode)
    added = tuple(pair for section in sections for pair in section.added)
    if kind == "text" and (any(section.binary for section in sections) or _too_long(added)):
        kind = "binary"
    return ChangedFile(
        path=_decoded(record.new),
        old_path=None if record.status == "A" else _decoded(record.old),
        status=_status(record.status),
        added=_lines(added) if kind == "text" else 0,
        kind=kind,
    )


def _kind(mode: str) -> Kind:
    if mode == "120000":
        return "symlink"
    return "submodule" if mode == "160000" else "text"


def _lines(added: Sequence[tuple[int, int]]) -> Lines:
    """The set of these lines; one step per hunk costs the length of the file, so many go in one by one."""
    if len(added) < MANY_HUNKS:
        return from_ranges(added)
    return from_numbers(number for first, last in added for number in range(first, last + 1))


def _too_long(added: Sequence[tuple[int, int]]) -> bool:
    """More lines than any source file has: data that happens to be text."""
    return any(end > LAST_LINE for _, end in added)


def _status(letter: str) -> Status:
    match letter:
        case "A" | "M" | "R" | "C" | "D" | "T":
            return letter
        case _:
            raise _broken(f"status {letter!r} is unknown")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _shown(line: bytes) -> str:
    return repr(line[:200].decode("utf-8", "replace"))


def _broken(what: str) -> CannotJudge:
    return CannotJudge(f"The output of git diff cannot be understood: {what}.")


# Raw records


def _record_end(raw: bytes, start: int) -> int:
    """Where the record that starts here ends: two NUL-terminated fields, three for renames and copies."""
    meta = raw.find(b"\0", start)
    fields = raw[start:meta].split(b" ")
    if meta < 0 or len(fields) != 5:
        raise _broken("a raw record is cut off")
    end = meta
    for _ in range(2 if fields[4][:1] in (b"R", b"C") else 1):
        end = raw.find(b"\0", end + 1)
        if end < 0:
            raise _broken("a raw record is cut off")
    return end + 1


def _records(raw: bytes) -> Iterator[_Record]:
    at = 0
    while at < len(raw):
        end = _record_end(raw, at)
        meta, *names = raw[at + 1 : end - 1].split(b"\0")
        old_mode, new_mode, _, _, status = meta.decode("ascii", "replace").split(" ")
        yield _Record(old_mode=old_mode, new_mode=new_mode, status=status[:1], old=names[0], new=names[-1])
        at = end


_ESCAPES = {
    0x07: b"\\a", 0x08: b"\\b", 0x09: b"\\t", 0x0A: b"\\n", 0x0B: b"\\v",
    0x0C: b"\\f", 0x0D: b"\\r", 0x22: b'\\"', 0x5C: b"\\\\",
}  # fmt: skip
_MUST_QUOTE = re.compile(rb'[\x00-\x1f"\\\x7f]')


def quoted(name: bytes) -> bytes:
    """Return the name as git writes it in a patch with core.quotePath=false.

    Rule: `quote_c_style` in https://github.com/git/git/blob/master/quote.c
    """
    if not _MUST_QUOTE.search(name):
        return name
    return b'"' + _MUST_QUOTE.sub(_escape, name) + b'"'


def _escape(found: re.Match[bytes]) -> bytes:
    byte = found[0][0]
    return _ESCAPES.get(byte) or b"\\%03o" % byte


def _header_of(record: _Record) -> bytes:
    return b"diff --git " + quoted(b"a/" + record.old) + b" " + quoted(b"b/" + record.new)


# Hunks, for both kinds of input

_HUNK = re.compile(rb"@@ -(\d{1,18})(?:,(\d{1,18}))? \+(\d{1,18})(?:,(\d{1,18}))? @@")


def _sections(patch: bytes) -> Iterator[_Section]:
    """Yield the sections of a patch that git just made; outside hunks no line can start like a header."""
    lines = patch.split(b"\n")
    at = 0
    while at < len(lines):
        if not lines[at].startswith(b"diff --git "):
            if lines[at] and not lines[at].startswith(b"* Unmerged path "):
                raise _broken(f"{_shown(lines[at])} stands where a section should")
            at += 1
            continue
        header = lines[at]
        at += 1
        binary = False
        while at < len(lines) and not lines[at].startswith((b"@@ ", b"diff --git ", b"* Unmerged ")):
            binary = binary or lines[at].startswith((b"Binary files ", b"GIT binary patch"))
            at += 1
        added, at = _hunks(lines, at)
        yield _Section(header=header, binary=binary, added=added)


def _hunks(lines: Sequence[bytes], at: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """Return the added ranges of the hunks that start here, and the index of the line after them."""
    added: list[tuple[int, int]] = []
    while at < len(lines) and (found := _HUNK.match(lines[at])):
        old = 1 if found[2] is None else int(found[2])
        new = 1 if found[4] is None else int(found[4])
        at = _hunk(lines, at + 1, old, new, int(found[3]), added)
    return tuple(added), at


def _hunk(
    lines: Sequence[bytes], at: int, old: int, new: int, number: int, added: list[tuple[int, int]]
) -> int:
    """Consume one hunk of `old` and `new` lines; append what it adds from line `number` on."""
    while old or new:
        # What follows the last newline is no line, though an empty one may stand for empty context.
        if at >= len(lines) - (not lines[-1]):
            raise _broken("a hunk is cut off")
        mark = lines[at][:1]
        if mark == b"+" and new:
            run = _run(lines, at, new)
            added.append((number, number + run - 1))
            at, new, number = at + run, new - run, number + run
        elif mark == b"-" and old:
            at, old = at + 1, old - 1
        elif mark in (b" ", b"", b"\r") and old and new:
            at, old, new, number = at + 1, old - 1, new - 1, number + 1
        elif mark == b"\\":
            at += 1
        else:
            raise _broken(f"{_shown(lines[at])} does not fit the length of its hunk")
    while at < len(lines) and lines[at].startswith(b"\\"):
        at += 1
    return at


def _run(lines: Sequence[bytes], at: int, most: int) -> int:
    """How many lines from here on are added, `most` at the most."""
    end = at
    last = min(at + most, len(lines))
    while end < last and lines[end].startswith(b"+"):
        end += 1
    return end - at


# Patch files: here the names must come from the patch itself

#: Prefixes that git writes by itself: https://git-scm.com/docs/diff-config#Documentation/diff-config.txt-diffmnemonicPrefix
_PREFIXES = (b"a/", b"b/", b"c/", b"i/", b"o/", b"w/", b"1/", b"2/")
_NONE = b"/dev/null"
_PREFIX = re.compile(rb"[^/]+/")


class _Patched(NamedTuple):
    """One section of a patch file, names still with their prefixes; b"" where the patch names none."""

    old: bytes = b""
    new: bytes = b""
    line: bytes = b""
    renamed: tuple[bytes, bytes] | None = None
    status: Status = "M"
    mode: str = ""
    binary: bool = False
    added: tuple[tuple[int, int], ...] = ()


def parse_patch_file(text: bytes) -> tuple[ChangedFile, ...]:
    """Return the changed files of one patch, as `git diff` or `diff -u` writes it.

    Raises CannotJudge when it holds no diff, a combined diff, a series of commits, breaks off, or names
    one file twice, and when it cannot be told whether its names carry prefixes.
    """
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unusable(
            "it is UTF-16", "Write it with `git diff --output=FILE`, not with a shell that recodes."
        )
    lines = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    sections = list(_patched(lines))
    if not sections:
        raise _unusable("it holds no diff")
    prefixed = _prefixed(sections)
    files: dict[str, ChangedFile] = {}
    for section in sections:
        file = _patched_file(section, prefixed=prefixed)
        before = files.get(file.path)
        if before and (before.status, file.status) == ("D", "A"):
            # A file that became a symlink, or the reverse.
            file = replace(file, status="T", old_path=file.path)
        elif before:
            raise _unusable(f"it changes {file.path} twice", "Give one diff, not a series of commits.")
        files[file.path] = file
    return tuple(files.values())


def _unusable(why: str, advice: str = "") -> CannotJudge:
    return CannotJudge(f"The patch cannot be used: {why}.", advice=advice)


def _patched(lines: Sequence[bytes]) -> Iterator[_Patched]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith((b"diff --cc ", b"diff --combined ", b"@@@ ")):
            raise _unusable("it is a combined diff", "Diff the merge against one parent.")
        if line.startswith(b"diff --git "):
            section, at = _git_section(lines, at)
            yield section
        elif _names_follow(lines, at):
            section, at = _named(lines, at, _Patched())
            yield section
        elif _HUNK.match(line):
            raise _unusable(f"line {at + 1} starts a hunk without a file")
        else:
            at += 1


def _names_follow(lines: Sequence[bytes], at: int) -> bool:
    return lines[at].startswith(b"--- ") and at + 1 < len(lines) and lines[at + 1].startswith(b"+++ ")


def _git_section(lines: Sequence[bytes], at: int) -> tuple[_Patched, int]:
    """Read the section whose `diff --git` line stands here, and return it with the index after it."""
    section = _Patched(line=lines[at][len(b"diff --git ") :].rstrip(b"\r"))
    source = b""
    at += 1
    while at < len(lines) and not _names_follow(lines, at):
        line = lines[at].rstrip(b"\r")
        word, _, rest = line.partition(b" ")
        if line.startswith((b"new file mode ", b"deleted file mode ")):
            section = section._replace(status="A" if word == b"new" else "D", mode=_mode(line))
        elif line.startswith((b"rename from ", b"copy from ")):
            source = _unquoted(rest.partition(b" ")[2])
        elif line.startswith((b"rename to ", b"copy to ")):
            names = (source, _unquoted(rest.partition(b" ")[2]))
            section = section._replace(renamed=names, status="R" if word == b"rename" else "C")
        elif line.startswith((b"new mode ", b"index ")):
            section = section._replace(mode=_mode(line) or section.mode)
        elif line.startswith((b"Binary files ", b"GIT binary patch")):
            return section._replace(binary=True), at + 1
        elif not line.startswith((b"old mode ", b"similarity index ", b"dissimilarity index ")):
            return section, at
        at += 1
    return _named(lines, at, section) if at < len(lines) else (section, at)


def _mode(line: bytes) -> str:
    last = line.rpartition(b" ")[2]
    return last.decode() if re.fullmatch(rb"[0-7]{6}", last) else ""


def _named(lines: Sequence[bytes], at: int, section: _Patched) -> tuple[_Patched, int]:
    """Read `---`, `+++` and the hunks that follow."""
    old, new = _name(lines[at]), _name(lines[at + 1])
    start = at + 2
    added, at = _hunks(lines, start)
    if at == start:
        raise _unusable(f"no hunk follows line {start}")
    if at < len(lines) and lines[at][:1] in (b"+", b"-", b" ") and not _ends(lines, at):
        raise _unusable(f"line {at + 1} is not in any hunk: a hunk is longer than it says")
    if old == _NONE and new == _NONE:
        raise _unusable(f"line {start - 1} names no file")
    status = section.status
    if status == "M" and _NONE in (old, new):
        status = "A" if old == _NONE else "D"
    return section._replace(old=old, new=new, status=status, added=added), at


def _ends(lines: Sequence[bytes], at: int) -> bool:
    """Whether a hunk may end before this line: the next file, or the signature of `git format-patch`."""
    return _names_follow(lines, at) or lines[at].rstrip(b"\r") in (b"-- ", b"--")


def _name(line: bytes) -> bytes:
    """The name on a `---` or `+++` line; git ends one that holds a space with a TAB, diff adds a time."""
    name = line[4:].rstrip(b"\r")
    return _unquoted(name) if name.startswith(b'"') else name.partition(b"\t")[0]


_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)")
_MEANINGS = {escape[1:]: bytes([byte]) for byte, escape in _ESCAPES.items()}


def _unquoted(name: bytes) -> bytes:
    """Undo git's C quoting; a name that is not quoted is itself."""
    if not name.startswith(b'"'):
        return name
    found = _QUOTED.match(name)
    if not found:
        raise _unusable(f"the name {_shown(name)} is quoted and never ends")
    return _ESCAPED.sub(_meaning, found[1])


def _meaning(found: re.Match[bytes]) -> bytes:
    letter = found[1]
    if len(letter) == 3:
        return bytes([int(letter, 8) & 0xFF])
    if letter not in _MEANINGS:
        raise _unusable(f"{_shown(found[0])} is no escape that git writes")
    return _MEANINGS[letter]


def _both(section: _Patched) -> tuple[bytes, bytes] | None:
    """Both names of a section with their prefixes, of one and the same path; None when it has only one."""
    if section.line:
        return _halves(section.line)
    return (section.old, section.new) if _NONE not in (section.old, section.new) else None


def _halves(line: bytes) -> tuple[bytes, bytes] | None:
    """The two names of a `diff --git` line when they name one path; it may hold spaces, so try each.

    A rename cannot be told apart here; it has lines of its own that say both names.
    """
    if line.startswith(b'"'):
        found = _QUOTED.match(line)
        rest = line[found.end() + 1 :] if found else b""
        return (_unquoted(line), _unquoted(rest)) if rest else None
    if line.endswith(b'"'):
        return None
    middle = len(line) // 2
    left, right = line[:middle], line[middle + 1 :]
    if line[middle : middle + 1] == b" " and left == right:
        return left, right
    for space in re.finditer(rb" ", line):
        left, right = line[: space.start()], line[space.end() :]
        if _pair(left, right):
            return left, right
    return None


def _pair(left: bytes, right: bytes) -> tuple[bytes, bytes] | None:
    """The different first folders that stand before one and the same path."""
    one, other = _PREFIX.match(left), _PREFIX.match(right)
    if one and other and one[0] != other[0] and left[one.end() :] == right[other.end() :]:
        return one[0], other[0]
    return None


def _prefixed(sections: Sequence[_Patched]) -> bool:
    """Whether the names carry prefixes, decided over the whole patch.

    `a/x b/x` does and `a/x a/x` does not, even where a folder is called `a`.
    """
    votes: set[bool] = set()
    for section in sections:
        if section.renamed:
            continue
        names = _both(section)
        if names is None:
            if section.line:
                raise _unusable(f"the names in {_shown(section.line)} cannot be told apart")
            continue
        left, right = names
        if left != right and not _pair(left, right):
            raise _unusable(f"{_shown(left)} and {_shown(right)} are not one file")
        votes.add(left != right)
    if len(votes) > 1:
        raise _unusable("some names carry prefixes and some do not")
    return votes.pop() if votes else _guess(sections)


def _guess(sections: Sequence[_Patched]) -> bool:
    """No section names one path twice: renames tell, else creations by the prefixes git is known to use."""
    for section in sections:
        if section.renamed and section.new:
            return section.new != section.renamed[1]
    names = [name for section in sections for name in (section.old, section.new) if name not in (b"", _NONE)]
    return bool(names) and all(name.startswith(_PREFIXES) for name in names)


def _patched_file(section: _Patched, *, prefixed: bool) -> ChangedFile:
    old, new = section.renamed or _paths(section, prefixed=prefixed)
    kind = _kind(section.mode)
    if kind == "text" and section.status != "D" and (section.binary or _too_long(section.added)):
        kind = "binary"
    return ChangedFile(
        path=_decoded(new),
        old_path=None if section.status == "A" else _decoded(old),
        status=section.status,
        added=_lines(section.added) if kind == "text" else 0,
        kind=kind,
    )


def _paths(section: _Patched, *, prefixed: bool) -> tuple[bytes, bytes]:
    old, new = section.old, section.new
    if not new:
        old, new = _halves(section.line) or (b"", b"")  # that they can be told apart was seen before
    old, new = (new if old == _NONE else old), (old if new == _NONE else new)
    if not prefixed:
        return old, new
    return _stripped(old), _stripped(new)


def _stripped(name: bytes) -> bytes:
    found = _PREFIX.match(name)
    if not found:
        raise _unusable(f"the name {_shown(name)} has no prefix, others have")
    return name[found.end() :]
