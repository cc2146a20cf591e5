"""Pure: the one interface of all tools: detect, command, parse, count. A tool is a module of `tools/`."""

from __future__ import annotations

import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.findings.redaction import Redactor
from ci_actions.quality.detection import Place, Project
from ci_actions.quality.model import Answer, Command, Detected, Ran

#: What ends a line for Python and for every tool here; form feed, U+2028 and others do not.
LINE_END = re.compile(r"\r\n|\r|\n")


class NotUnderstood(Exception):
    """A tool's exit code and output do not make an answer; the message says why, in the user's words."""


@dataclass(frozen=True)
class Source:
    """A file as tools count in it: lines without their ends, and whether a byte order mark stands before them."""

    lines: tuple[str, ...]
    marked: bool = False

    @classmethod
    def of(cls, content: bytes) -> Source:
        """Return the lines of a file; bytes that are no UTF-8 are replaced one by one."""
        marked = content.startswith(b"\xef\xbb\xbf")
        text = content[3 * marked :].decode("utf-8", "replace")
        return cls(tuple(LINE_END.split(text)), marked)

    def line(self, number: int) -> str:
        """Return one line, empty behind the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


NO_SOURCE = Source(())


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """Where and with what a tool runs.

    `root` is the git root of the tree that is looked at (absolute, links resolved) and `prefix` the working directory
    in it. `config` is absolute, empty where the tool has none. `paths` are what the user named, relative to the
    working directory; `roots` are the entries of the working directory that hold files of git for this tool.
    `files` are those files, relative to the git root. `settings_below` says that folders further down have settings of
    their own. `source` returns a file by such a path.
    """

    launcher: tuple[str, ...]
    version: tuple[int, ...]
    root: str
    prefix: str = ""
    config: str = ""
    paths: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    scratch: str = ""
    python: str = ""
    settings: Mapping[str, Any] | None = None
    settings_below: bool = False
    source: Callable[[str], Source] = lambda _: NO_SOURCE

    @property
    def directory(self) -> str:
        """The working directory, absolute."""
        return f"{self.root}/{self.prefix}" if self.prefix else self.root

    def relative(self, path: str) -> str:
        """Return a path that a tool printed relative to the git root, empty for one outside of it."""
        named = path.replace("\\", "/") if ":" in self.root[:3] else path
        full = posixpath.normpath(posixpath.join(self.directory, named))
        return full[len(self.root) + 1 :] if full.startswith(self.root + "/") else ""

    def finding(
        self,
        tool: str,
        rule: str,
        message: str,
        *,
        path: str,
        kind: Kind = Kind.CODE,
        severity: Severity = Severity.HIGH,
        region: Region | None = None,
        url: str = "",
        fix: str = "",
    ) -> Finding:
        """Return a finding at a path as the tool printed it; one outside of the repository keeps it in the message."""
        where = self.relative(path) if path else ""
        said = redacted(one_line(message))
        return Finding(
            tool=tool,
            rule=rule,
            kind=kind,
            severity=severity,
            message=said if where or not path else f"{path}: {said}",
            path=where,
            region=region if region and region.line > 0 and where else None,
            url=url,
            fix=fix,
        )


@dataclass(frozen=True)
class Program:
    """What starts a tool: the distribution that brings it, its console script, and what `python -m` takes."""

    package: str
    script: str
    module: str


class Tool(ABC):
    """A linter, formatter or type checker.

    `name` is ours, `programs` are what may start it, the preferred one first. `suffixes` are the files it is for.
    `weight` guesses how long it takes against the others until that was measured. `cached` says that an unchanged run
    may be answered from memory, `writes` that it needs a tree that it may write to.
    """

    name: ClassVar[str]
    programs: ClassVar[tuple[Program, ...]]
    places: ClassVar[tuple[Place, ...]] = ()
    suffixes: ClassVar[tuple[str, ...]] = (".py", ".pyi")
    weight: ClassVar[int] = 1
    cached: ClassVar[bool] = True
    writes: ClassVar[bool] = False

    @property
    def package(self) -> str:
        """The distribution that brings it."""
        return self.programs[0].package

    def detect(self, project: Project) -> Detected | None:
        """Return why this tool runs in the project, None where nothing names it."""
        return project.detect(self.name, self.package, self.places)

    def program(self, versions: Mapping[str, str]) -> Program | None:
        """Return what starts it among the distributions that are installed, None where it is not there."""
        return next((each for each in self.programs if each.package in versions), None)

    @abstractmethod
    def commands(self, on: Invocation) -> tuple[Command, ...]:
        """Return the processes that make one answer; all of them only read."""

    @abstractmethod
    def read(self, on: Invocation, ran: Mapping[str, Ran]) -> Answer:
        """Return what the processes said. Raises NotUnderstood where codes and output make no answer."""

    def fixers(self, _on: Invocation) -> tuple[Command, ...]:
        """Return the processes that write what the tool would rather have, none where it cannot."""
        return ()


def expect(ran: Ran, codes: Iterable[int | None], name: str) -> None:
    """Raise NotUnderstood for an exit code that is no answer; says what the tool itself said last."""
    if ran.stopped:
        raise NotUnderstood(f"{name} {ran.stopped}")
    if ran.code is not None and ran.code < 0:
        raise NotUnderstood(f"{name} was killed by signal {-ran.code}{said(ran)}")
    if ran.code not in codes:
        raise NotUnderstood(f"{name} stopped with exit code {ran.code}{said(ran)}")


def said(ran: Ran, limit: int = 500) -> str:
    """Return `: …` with what a process said of itself, beginning and end of what is long; empty for nothing.

    Of a traceback that is what was raised.
    """
    text = one_line(_raised(ran.complaint)) or one_line(ran.text)
    if len(text) > 2 * limit:
        text = f"{text[:limit]} … {text[-limit:]}"
    return f": {redacted(text)}" if text else ""


def _raised(text: str) -> str:
    """Return the text, or what follows the frames of the last traceback in it."""
    _, found, rest = text.rpartition("Traceback (most recent call last):")
    if not found:
        return text
    lines = rest.splitlines()
    first = next((number for number, line in enumerate(lines) if line[:1].strip()), 0)
    return "\n".join(lines[first:])


def contradiction(name: str, ran: Ran, what: str) -> NotUnderstood:
    """Return the error for an exit code that does not go with what was printed."""
    return NotUnderstood(f"{name} ended with exit code {ran.code}, but {what}{said(ran)}")


def redacted(text: str) -> str:
    """Return text without what looks like a credential: plugins for security quote what they find."""
    redactor = Redactor()
    redactor.learn_message(text)
    return redactor.text(text)


_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def one_line(text: str) -> str:
    """Return text without colours and line breaks."""
    return " ".join(_ESCAPE.sub("", text).split())


def load_json(name: str, content: bytes | None) -> Any:
    """Return what a tool wrote as JSON. Raises NotUnderstood for anything else."""
    import json

    if content is None:
        raise NotUnderstood(f"{name} wrote no result")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as wrong:
        raise NotUnderstood(f"{name} wrote no valid JSON ({wrong})") from None


def code_points(line: str, at: int, unit: str) -> int:
    """Return the 1-based column in code points of a 0-based offset in bytes of UTF-8 or units of UTF-16."""
    encoded = (
        line.encode("utf-8", "surrogatepass")
        if unit == "utf-8"
        else line.encode("utf-16-le", "surrogatepass")
    )
    width = 1 if unit == "utf-8" else 2
    return len(encoded[: at * width].decode("utf-8" if width == 1 else "utf-16-le", "ignore")) + 1


def listed(on: Invocation, output: bytes) -> frozenset[str]:
    """Return the files of git that a tool lists, one a line, also those with a line break in their names."""
    text = output.decode("utf-8", "surrogateescape")
    named = {path for line in text.splitlines() if (path := on.relative(line))}
    return frozenset(path for path in on.files if path in named or ("\n" in path and path in text))


_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def hunks(
    on: Invocation, tool: str, diff: bytes, name_of: Callable[[str], str], *, sorts: bool = False
) -> tuple[Finding, ...]:
    """Return one finding for each place that a unified diff changes: lines without one between them that stays.

    A hunk, as formatters print it, holds several that lie near each other. `name_of` takes what stands behind `--- ` and
    returns the file's name. Of a tool that `sorts`, lines that are only put in are those that the hunk takes out elsewhere,
    if it takes any. Hunks are counted line by line, so a source line that looks like a header is never one. Raises
    NotUnderstood for a diff that breaks off.
    """
    found = []
    lines = diff.split(b"\n")
    at, path = 0, ""
    while at < len(lines):
        line = lines[at].decode("utf-8", "surrogateescape")
        if line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith(b"+++ "):
            path = name_of(line[4:].rstrip("\r"))
            at += 2
        elif path and (match := _HUNK.match(line)):
            before, after = (int(match[2] or 1), int(match[4] or 1))
            at, places = _body(lines, at + 1, before, after, tool)
            taken = [each for each in places if each.removes]
            for first, last, _ in taken if sorts and taken else places:
                begin = max(int(match[1]) + (first if before else 0), 1)
                end = max(int(match[1]) + (last if before else 0), begin)
                found.append(
                    on.finding(
                        tool,
                        "format",
                        f"{tool} would change this",
                        path=path,
                        kind=Kind.STYLE,
                        severity=Severity.MEDIUM,
                        region=Region(begin, 0, end),
                    )
                )
        else:
            at += 1
    return tuple(found)


class _Place(NamedTuple):
    """The first and last of the old lines of a hunk that change together, counted from 0.

    Where lines are only put in, it is the line that they are put before.
    """

    first: int
    last: int
    removes: bool = False


def _body(lines: list[bytes], at: int, before: int, after: int, tool: str) -> tuple[int, list[_Place]]:
    """Return where a hunk ends, and each place in it that changes."""
    old = 0
    places: list[_Place] = []
    changes = False
    while before > 0 or after > 0:
        if at >= len(lines):
            raise NotUnderstood(f"{tool} printed a diff that breaks off")
        sign = lines[at][:1]
        at += 1
        if sign == b"\\":
            continue
        if sign not in (b"-", b"+"):
            before, after, old, changes = before - 1, after - 1, old + 1, False
            continue
        if not changes:
            places.append(_Place(old, old))
            changes = True
        if sign == b"-":
            places[-1] = _Place(places[-1].first, old, removes=True)
            before, old = before - 1, old + 1
        else:
            after -= 1
    return at, places
