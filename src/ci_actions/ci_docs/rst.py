"""Pure: reStructuredText, with the roles and directives of Sphinx -> its links, its anchors, what it gets wrong in itself.

https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html. What is code, or the body of a directive that nobody
knows to hold text, is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from ci_actions.ci_docs.inlines import html
from ci_actions.ci_docs.model import Document, Kind, Link, Remark
from ci_actions.ci_docs.slugs import Slugger

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+\s*$")
_DIRECTIVE = re.compile(r"(?P<indent> *)\.\. (?:\|[^|]+\| )?(?P<name>[\w:.+-]+)::(?: +(?P<argument>.*))?$")
_TARGET = re.compile(r" *\.\. _(?P<name>`[^`]+`|(?:\\.|[^:`\\]|:(?! |$))+):(?: +(?P<target>.*))?$")
_ANONYMOUS = re.compile(r" *(?:\.\. __:|__) +(?P<target>\S.*)$")
_COMMENT = re.compile(r" *\.\.(?: (?!\[|_|\|).*)?$")
_OPTION = re.compile(r" *:(?P<name>[\w-]+):(?: +(?P<value>.*))?$")
_LITERAL = re.compile(r"``.+?``(?!`)", re.DOTALL)
_ROLE = re.compile(r"(?<![\w`\\]):(?P<role>[\w:+.-]+):`(?P<text>(?:[^`\\]|\\.)+)`", re.DOTALL)
_TITLED = re.compile(r"(?P<title>.*?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
_PHRASE = re.compile(r"(?<![\w`\\:])`(?P<text>(?:[^`\\]|\\.)+)`(?P<end>__?)(?![\w`])", re.DOTALL)
_INTERNAL = re.compile(r"(?<!\w)_`(?P<name>[^`]+)`")
_SIMPLE = re.compile(
    r"(?<![\w`\\./:@#&=?%+~-])(?P<name>[A-Za-z0-9](?:[A-Za-z0-9]|[-_.:+](?=[A-Za-z0-9]))*)_(?P<two>_?)(?=$|[\s'\")\]}>/:.,;!?-])"
)
_QUOTED = re.compile(r"`[^`]+`_?_?")
#: What the end of a name looks like.
_UNDERSCORE = re.compile(r"_(?:$|[\s'\")\]}>/:.,;!?-]|_(?!\w))")
_ADDRESS = re.compile(r"https?://[^\s<>`\"]+")
_NO_WORD = re.compile(r"[^a-z0-9]+")

#: Directives whose body is no text.
_CODE = frozenset(
    {
        "code", "code-block", "sourcecode", "highlight", "raw", "math", "parsed-literal", "graphviz", "digraph", "graph",
        "mermaid", "uml", "plantuml", "prompt", "ipython", "doctest", "testcode", "testsetup", "testoutput", "testcleanup",
        "productionlist", "csv-table", "command-output", "program-output", "argparse", "click", "jinja", "autoprogram",
        "literalinclude", "include", "aafig", "blockdiag", "seqdiag", "nwdiag", "actdiag", "tikz", "runblock", "meta",
        "ipython3", "jupyter-execute", "exec", "plot", "toctree", "autosummary", "index", "list-of-files", "default-domain",
    }
)  # fmt: skip
#: Directives whose body is text like any other.
_TEXT = frozenset(
    {
        "note", "warning", "tip", "hint", "important", "caution", "danger", "error", "attention", "admonition", "seealso",
        "topic", "sidebar", "rubric", "figure", "image", "table", "list-table", "container", "compound", "epigraph", "pull-quote",
        "highlights", "versionadded", "versionchanged", "deprecated", "versionremoved", "only", "glossary", "hlist", "centered",
        "contents", "todo", "class", "function", "method", "attribute", "module", "py:function", "py:class", "py:method",
        "py:attribute", "py:module", "py:data", "py:exception", "option", "envvar", "program", "describe", "line-block", "tab",
        "tabs", "tab-set", "tab-item", "dropdown", "grid", "card", "grid-item-card", "details", "replace", "unicode", "footer",
        "header", "target-notes", "sectionauthor", "codeauthor", "confval", "rst:directive", "data", "exception", "cmdoption",
    }
)  # fmt: skip
_FILES = {"image": Kind.IMAGE, "figure": Kind.IMAGE, "include": Kind.FILE, "literalinclude": Kind.FILE}
_REFERENCES = ("ref", "numref", "std:ref", "std:numref")
#: Pages that Sphinx makes, and labels that it brings: https://www.sphinx-doc.org/en/master/usage/restructuredtext/directives.html#special-names
BUILT_IN = frozenset({"genindex", "modindex", "search", "py-modindex"})


def normal(name: str) -> str:
    """Return a reference name as names are compared: https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#reference-names"""
    return " ".join(name.replace("\\", "").split()).lower()


def identifier(text: str) -> str:
    """Return the anchor that docutils makes of a title."""
    from unicodedata import normalize

    plain = normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return _NO_WORD.sub("-", plain).strip("-").lstrip("0123456789-")


@dataclass(slots=True)
class _Scan:
    lines: list[str]
    links: list[Link] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    paragraph: list[tuple[int, str]] = field(default_factory=list)
    open_names: bool = False
    anonymous: int = 0
    anonymous_uses: list[tuple[int, int]] = field(default_factory=list)
    phrases: list[tuple[str, int, int, bool]] = field(default_factory=list)
    slugger: Slugger = field(default_factory=Slugger)
    #: Bodies that may be text or not, by their indentation: an unknown name in there is no mistake.
    uncertain: int = -1

    def read(self) -> None:
        """Read all lines."""
        at = 0
        while at < len(self.lines):
            at = self._line(at)
        self._end_of_paragraph()
        self._resolve()

    def _line(self, at: int) -> int:
        line = self.lines[at]
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip():
            self._end_of_paragraph()
            return at + 1
        if 0 <= self.uncertain >= indent:
            self.uncertain = -1
        if line.startswith(" " * indent + "..") and (following := self._explicit(at, indent)):
            return following
        if anonymous := _ANONYMOUS.match(line):
            self._end_of_paragraph()
            self.anonymous += 1
            self._link(Kind.LINK, anonymous["target"].strip(), at, line.index(anonymous["target"]))
            return at + 1
        return self._after_title(at) or self._text(at, line, indent)

    def _after_title(self, at: int) -> int:
        """Take a title, or a line that only divides; return the line behind it, 0 where there is none."""
        over = None if self.paragraph or self.lines[at].strip() == "::" else _ADORNMENT.match(self.lines[at])
        if over:
            closing = self.lines[at + 2] if at + 2 < len(self.lines) else ""
            titled = closing.startswith(over[1] * 2) and self.lines[at + 1].strip()
            return at + 3 if titled and self._title(at + 1) else at + 1
        return at + 2 if self._title(at) else 0

    def _text(self, at: int, line: str, indent: int) -> int:
        if not self.paragraph and line.lstrip().startswith(">>> "):
            # A session of Python, up to the next blank line, is code.
            return next(
                (each for each in range(at, len(self.lines)) if not self.lines[each].strip()), len(self.lines)
            )
        self.paragraph.append((at, line))
        if line.rstrip().endswith("::") and self._is_last_of_paragraph(at):
            self._end_of_paragraph()
            return self._after_body(at + 1, indent)
        return at + 1

    def _is_last_of_paragraph(self, at: int) -> bool:
        return at + 1 >= len(self.lines) or not self.lines[at + 1].strip()

    def _after_body(self, at: int, indent: int) -> int:
        """Return the line behind an indented body."""
        while at < len(self.lines):
            line = self.lines[at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                return at
            at += 1
        return at

    def _title(self, at: int) -> bool:
        """Take a title and its underline; True if there was one."""
        line = self.lines[at]
        under = self.lines[at + 1] if at + 1 < len(self.lines) else ""
        if self.paragraph or not (adorned := _ADORNMENT.match(under)) or _ADORNMENT.match(line):
            return False
        if len(under.rstrip()) < min(len(line.strip()), 4) or (
            line.startswith(" ") and not self._overlined(at, adorned[1])
        ):
            return False
        text = self._spoken(line.strip())
        self.anchors |= {identifier(text), self.slugger.next(text)}
        self.names.setdefault(normal(text), "")
        self._inline([(at, line)])
        return True

    def _overlined(self, at: int, sign: str) -> bool:
        return at > 0 and self.lines[at - 1].startswith(sign * 2)

    def _spoken(self, title: str) -> str:
        """Return a title without its markup."""
        title = _ROLE.sub(lambda found: _TITLED.sub(r"\g<title>", found["text"]), title)
        title = _PHRASE.sub(lambda found: _TITLED.sub(r"\g<title>", found["text"]), title)
        # What is escaped is text, and no markup; an escaped space is nothing at all.
        return re.sub(r"\\\s?(?P<sign>\S?)|``?|\*\*?", lambda found: found["sign"] or "", title)

    # --- explicit markup

    def _explicit(self, at: int, indent: int) -> int:
        """Take a target, a directive or a comment; return the line behind it, 0 for none of these."""
        line = self.lines[at]
        if target := _TARGET.match(line):
            self._end_of_paragraph()
            return self._target(at, indent, target)
        if _ANONYMOUS.match(line):
            return 0
        if directive := _DIRECTIVE.match(line):
            self._end_of_paragraph()
            return self._directive(at, indent, directive)
        if line.strip().startswith(".. ["):
            self._end_of_paragraph()
            self._footnote(at, line)
            return at + 1
        if _COMMENT.match(line) or line.strip() == "..":
            self._end_of_paragraph()
            return self._after_body(at + 1, indent)
        return 0

    def _footnote(self, at: int, line: str) -> None:
        label, closed, rest = line.strip()[4:].partition("]")
        if closed:
            self.names.setdefault(normal(label.lstrip("#")), "")
            self.anchors.add(identifier(label))
            self.paragraph.append((at, " " * (len(line) - len(rest)) + rest))

    def _target(self, at: int, indent: int, found: re.Match[str]) -> int:
        name = found["name"].strip("`")
        said = [(found["target"] or "").strip()]
        following = at + 1
        # An address may go on in the lines below, which are indented.
        while (
            following < len(self.lines)
            and self.lines[following].startswith(" " * (indent + 1))
            and self.lines[following].strip()
        ):
            said.append(self.lines[following].strip())
            following += 1
        target = "".join(said)
        self.names[normal(name)] = target
        if not target or target.endswith("_"):
            self.labels.add(normal(name))
            self.anchors.add(identifier(name))
        if target.endswith("_") and not target.endswith("\\_"):
            self.phrases.append((target[:-1].strip("`"), at, 0, True))
        elif target:
            self._link(Kind.LINK, target.replace("\\", ""), at, max(self.lines[at].rfind(target[:8]), 0))
        return following

    def _directive(self, at: int, indent: int, found: re.Match[str]) -> int:
        name, argument = found["name"].lower(), (found["argument"] or "").strip()
        column = self.lines[at].rfind(argument) if argument else 0
        if name in _FILES and argument and not argument.startswith("<"):
            self._link(_FILES[name], argument, at, column)
        if name == "include":
            self.open_names = True
        end = self._after_body(at + 1, indent)
        body, options = self._options(name, at + 1, end)
        if name == "toctree":
            self._toctree(body, end, glob="glob" in options)
        elif name == "raw" and argument == "html":
            self.anchors |= {
                each.value for each in html("\n".join(self.lines[body:end])) if each.sort == "anchor"
            }
        if name in _CODE:
            return end
        if name not in _TEXT and self.uncertain < 0:
            self.uncertain = indent
        if argument and name not in _FILES and name in _TEXT:
            self._inline([(at, " " * column + argument)])
        return body

    def _options(self, name: str, at: int, end: int) -> tuple[int, set[str]]:
        """Take the options of a directive; return the line behind them, and their names."""
        options = set()
        while at < end and (option := _OPTION.match(self.lines[at])):
            key, value = option["name"], (option["value"] or "").strip()
            options.add(key)
            column = self.lines[at].rfind(value)
            if key == "name":
                self.labels.add(normal(value))
                self.names.setdefault(normal(value), "")
                self.anchors.add(identifier(value))
            elif key == "target" and value and not value.endswith("_"):
                self._link(Kind.LINK, value, at, column)
            elif key == "file" and name in ("csv-table", "raw"):
                self._link(Kind.FILE, value, at, column)
            at += 1
        return at, options

    def _toctree(self, body: int, end: int, *, glob: bool) -> None:
        for at in range(body, end):
            entry = self.lines[at].strip()
            if not entry or entry.startswith((":", "..")):
                continue
            titled = _TITLED.fullmatch(entry)
            target = titled["target"] if titled else entry
            if target == "self" or target in BUILT_IN:
                continue
            if target.startswith(("https://", "http://")):
                self._link(Kind.LINK, target, at, self.lines[at].rfind(target))
            else:
                mark = "*" if glob and set(target) & set("*?[") else ""
                self._link(Kind.TOCTREE, mark + target, at, self.lines[at].rfind(target))

    # --- text

    def _end_of_paragraph(self) -> None:
        if self.paragraph:
            self._inline(self.paragraph)
            self.paragraph = []

    def _inline(self, lines: Sequence[tuple[int, str]]) -> None:
        text = "\n".join(line for _, line in lines)
        if not ("`" in text or "_" in text or "://" in text):
            return
        places = _Lines.of(lines)
        # Most paragraphs hold few of these, and expressions that find nothing cost more than a look.
        if "`" in text:
            text = self._marked(text, places)
        if "://" in text:
            for found in _ADDRESS.finditer(text):
                at, column = places.where(found.start())
                self._link(Kind.LINK, found[0].rstrip(".,;:!?)'\""), at, column)
            text = _ADDRESS.sub(_blank, text)
        if not _UNDERSCORE.search(text):
            return
        for found in _SIMPLE.finditer(text):
            at, column = places.where(found.start())
            if found["two"]:
                self.anonymous_uses.append((at, column))
            else:
                self.phrases.append((found["name"], at, column, self.uncertain >= 0))

    def _marked(self, text: str, places: _Lines) -> str:
        """Take what stands in backquotes; return the text with spaces in its place."""
        if "``" in text:
            text = _LITERAL.sub(_blank, text)
        if "_`" in text:
            text = _INTERNAL.sub(self._internal, text)
        if ":`" in text:
            for found in _ROLE.finditer(text):
                self._role(found, places)
            text = _ROLE.sub(_blank, text)
        if "`_" in text:
            for found in _PHRASE.finditer(text):
                self._phrase(found, places)
        return _QUOTED.sub(_blank, text)

    def _internal(self, found: re.Match[str]) -> str:
        self.names.setdefault(normal(found["name"]), "")
        self.anchors.add(identifier(found["name"]))
        return _blank(found)

    def _role(self, found: re.Match[str], places: _Lines) -> None:
        role = found["role"]
        titled = _TITLED.fullmatch(found["text"])
        target = " ".join((titled["target"] if titled else found["text"]).split())
        at, column = places.where(found.start())
        if role in _REFERENCES:
            self._link(Kind.REF, target.lower(), at, column)
        elif role in ("doc", "std:doc"):
            self._link(Kind.DOC, target, at, column)
        elif role == "download":
            self._link(Kind.FILE, target, at, column)

    def _phrase(self, found: re.Match[str], places: _Lines) -> None:
        at, column = places.where(found.start())
        titled = _TITLED.fullmatch(found["text"])
        if titled:
            target = "".join(titled["target"].split())
            if target.endswith("_") and not target.endswith("\\_"):
                self.phrases.append(
                    (" ".join(titled["target"].split())[:-1].strip("`"), at, column, self.uncertain >= 0)
                )
                return
            if title := titled["title"]:
                self.names.setdefault(normal(title), target)
            self._link(Kind.LINK, target.replace("\\", ""), at, column)
        elif found["end"] == "__":
            self.anonymous_uses.append((at, column))
        else:
            self.phrases.append((found["text"], at, column, self.uncertain >= 0))

    def _link(self, kind: Kind, target: str, at: int, column: int) -> None:
        self.links.append(Link(kind, target, at + 1, max(column, 0) + 1))

    # --- names

    def _resolve(self) -> None:
        """Say which names nothing defines; those of uncertain text and of documents with included parts may be known."""
        for name, at, column, uncertain in self.phrases:
            if normal(name) in self.names:
                continue
            if uncertain or self.open_names:
                self.links.append(Link(Kind.NAME, name, at + 1, column + 1))
            else:
                said = " ".join(name.split())
                self.remarks.append(
                    Remark("reference", f"nothing defines the target `{said}`_", at + 1, column + 1)
                )
        if len(self.anonymous_uses) > self.anonymous:
            at, column = self.anonymous_uses[self.anonymous]
            said = f"{len(self.anonymous_uses)} anonymous references (`…`__) and {self.anonymous} anonymous targets (__ …)"
            self.remarks.append(Remark("reference", said, at + 1, column + 1))


@dataclass(slots=True)
class _Lines:
    """The lines of a piece of text, and where each of them begins in it."""

    numbers: list[int]
    starts: list[int]

    @classmethod
    def of(cls, lines: Sequence[tuple[int, str]]) -> _Lines:
        starts = [0]
        for _, line in lines[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        return cls([at for at, _ in lines], starts)

    def where(self, place: int) -> tuple[int, int]:
        """Return line and column of a place in the text, both counted from 0."""
        index = bisect_right(self.starts, place) - 1
        return self.numbers[index], place - self.starts[index]


def _blank(found: re.Match[str]) -> str:
    """Return spaces as long as what was found, so that places stay what they are."""
    return re.sub(r"[^\n]", " ", found[0])


def scan(text: str) -> Document:
    """Return what a document of reStructuredText holds."""
    lines = [line.rstrip("\r").expandtabs(8) for line in text.removeprefix("\ufeff").split("\n")]
    # Names of a template are those of what it is filled in with.
    made = _Scan(lines, open_names="{%" in text)
    made.read()
    return Document(
        links=tuple(sorted(made.links, key=lambda each: (each.line, each.column))),
        anchors=frozenset(made.anchors),
        labels=frozenset(made.labels),
        names=frozenset(made.names),
        remarks=tuple(made.remarks),
        open_names=made.open_names,
    )
