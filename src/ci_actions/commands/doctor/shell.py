"""The commands of a shell script, as far as it takes to see what is piped where: no variable or loop is understood. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_actions.workflows.document import Scalar
from ci_actions.workflows.model import Job, Step, Workflow

_HEREDOC = re.compile(r"<<(?P<dash>-?)\s*(?P<quote>['\"\\]?)(?P<word>[A-Za-z_][\w.]*)(?P=quote)?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PLAIN = re.compile(r"[^\\'\"`$<>#|&;\n]*")
_LEADING = frozenset(("sudo", "time", "exec", "command", "env", "xvfb-run", "nice"))
#: What a script may begin a line with whose end is no failure.
_TESTED = frozenset(("if", "elif", "while", "until", "!", "for", "case"))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Command:
    """One command: its text, the line of the script (from 1) and the column it begins at, and the sign behind it.

    `sign` is `|`, `||`, `&&`, `;`, `&`, or empty at the end of a line.
    """

    text: str
    line: int
    column: int
    sign: str

    @property
    def words(self) -> Sequence[str]:
        """The words without variables and helpers before the program."""
        words = self.text.split()
        while words and (words[0] in _LEADING or _ASSIGNMENT.match(words[0])):
            words = words[1:]
        return words

    @property
    def is_tested(self) -> bool:
        """Whether its end is asked for, so that it is no failure by itself."""
        words = self.text.split()
        return bool(words) and words[0] in _TESTED


def commands(script: str) -> Iterator[Command]:
    """Yield the commands of a script, in order; what stands in quotes, in `$( )` and in here-documents is text of theirs."""
    yield from _Splitter(script).split()


class _Splitter:
    """Walks through a script, sign by sign."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._at = 0
        self._line = 1
        self._ends: list[str] = []

    def split(self) -> Iterator[Command]:
        """Yield the commands."""
        script = self._script
        start, line = 0, 1
        while self._at < len(script):
            # Most of a script is plain; only the signs that mean something are looked at.
            self._at = _PLAIN.match(script, self._at).end()  # type: ignore[union-attr]
            if self._at == len(script):
                break
            sign = script[self._at]
            if sign == "#" and (self._at == 0 or script[self._at - 1] in " \t\n;"):
                end = script.find("\n", self._at)
                yield from self._made(start, self._at, line, "")
                self._at = len(script) if end < 0 else end
                start, line = self._at, self._line
                continue
            found = self._separator()
            if found is None:
                self._skip()
                continue
            yield from self._made(start, self._at, line, found.strip())
            self._at += len(found)
            if found == "\n":
                self._line += 1
                self._skip_documents()
            start, line = self._at, self._line
        yield from self._made(start, len(script), line, "")

    def _separator(self) -> str | None:
        rest = self._script[self._at : self._at + 2]
        if rest in ("||", "&&", "|&"):
            return rest
        if rest[:1] == "&" and (rest[1:] == ">" or self._script[self._at - 1 : self._at] in ("<", ">")):
            return None
        if rest[:1] == "|" and self._script[self._at - 1 : self._at] == ">":
            return None
        return rest[:1] if rest[:1] in "|;&\n" else None

    def _skip(self) -> None:
        """Go behind one sign, or behind what it opens."""
        script, at = self._script, self._at
        sign = script[at]
        if sign == "\\":
            self._go(at + 2)
        elif sign == "'":
            end = script.find("'", at + 1)
            self._go(len(script) if end < 0 else end + 1)
        elif sign == '"':
            self._go(self._behind_quote(at + 1))
        elif sign == "`":
            end = script.find("`", at + 1)
            self._go(len(script) if end < 0 else end + 1)
        elif script.startswith("${{", at):
            end = script.find("}}", at)
            self._go(len(script) if end < 0 else end + 2)
        elif script.startswith(("$(", "<(", ">("), at):
            self._go(self._behind_bracket(at + 2))
        elif script.startswith("<<", at) and (found := _HEREDOC.match(script, at)):
            self._ends.append(found["word"])
            self._go(found.end())
        else:
            self._go(at + 1)

    def _go(self, to: int) -> None:
        if to > self._at + 1:
            self._line += self._script.count("\n", self._at, to)
        self._at = min(to, len(self._script))

    def _behind_quote(self, at: int) -> int:
        script = self._script
        while at < len(script) and script[at] != '"':
            if script[at] == "\\":
                at += 2
            elif script.startswith("$(", at):
                at = self._behind_bracket(at + 2)
            else:
                at += 1
        return at + 1

    def _behind_bracket(self, at: int) -> int:
        script, depth = self._script, 1
        while at < len(script) and depth:
            sign = script[at]
            if sign == "\\":
                at += 2
                continue
            if sign == "'":
                end = script.find("'", at + 1)
                at = len(script) if end < 0 else end + 1
                continue
            if sign == '"':
                # Without brackets of its own: those of a quote may be anything.
                end = script.find('"', at + 1)
                at = len(script) if end < 0 else end + 1
                continue
            depth += (sign == "(") - (sign == ")")
            at += 1
        return at

    def _skip_documents(self) -> None:
        for word in self._ends:
            while self._at < len(self._script):
                end = self._script.find("\n", self._at)
                end = len(self._script) if end < 0 else end
                text = self._script[self._at : end]
                self._at = min(end + 1, len(self._script))
                self._line += 1
                if text.strip() == word:
                    break
        self._ends = []

    def _made(self, start: int, end: int, line: int, sign: str) -> Iterator[Command]:
        text = self._script[start:end]
        stripped = text.strip(" \t\n\\")
        if not stripped:
            return
        before = len(text) - len(text.lstrip(" \t\n\\"))
        line += text.count("\n", 0, before)
        begin = start + before
        column = begin - self._script.rfind("\n", 0, begin)
        yield Command(text=stripped, line=line, column=column, sign="|" if sign == "|&" else sign)


def shell_of(workflow: Workflow | None, job: Job | None, step: Step) -> str:
    """Return the `shell` that a step is run with, empty where nothing names one."""
    from ci_actions.workflows.document import Table

    def default(table: object) -> Scalar | None:
        for key in ("defaults", "run"):
            table = table.get(key) if isinstance(table, Table) else None
        found = table.get("shell") if isinstance(table, Table) else None
        return found if isinstance(found, Scalar) else None

    own = step.node.get("shell")
    places = (
        own if isinstance(own, Scalar) else None,
        default(job.node) if job else None,
        default(workflow.root) if workflow else None,
    )
    return next((each.text.strip() for each in places if each is not None), "")
