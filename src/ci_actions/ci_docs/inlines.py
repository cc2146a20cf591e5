"""Pure: the links in a piece of Markdown: https://github.github.com/gfm/#inlines"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_NEXT = re.compile(r"[\\`<\[\]]|!(?=\[)|https?://|www\.")
_TICKS = re.compile(r"`+")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>")
_MAIL = re.compile(r"<[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+>")
_COMMENT = re.compile(r"<!--(?:>|->|.*?-->)", re.DOTALL)
_TAG = re.compile(
    r"""<(?:/[A-Za-z][\w-]*\s*|(?P<name>[A-Za-z][\w-]*)(?P<attributes>(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*)\s*/?)>"""
)
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""")
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.){0,999})\]", re.DOTALL)
_FOOTNOTE = re.compile(r"\[\^([^\]\s\[]+)\]")
_SPACE = re.compile(r"[ \t]*\n?[ \t]*")
_ANGLED = re.compile(r"<((?:[^<>\n\\]|\\.)*)>")
_TITLE = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)""", re.DOTALL)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<]+")
_BARE_HOST = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+")
_DEFINITION = re.compile(
    r""" {0,3}\[(?!\^)(?P<label>(?:[^\[\]\\]|\\.){1,999})\]:[ \t]*\n?[ \t]*(?P<target><(?:[^<>\n\\]|\\.)*>|[^\s<]\S*)"""
    r"""(?:(?:[ \t]+|[ \t]*\n[ \t]*)(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?[ \t]*(?:\n|$)"""
)
_RAW = ("script", "style", "textarea")
#: Underscores that mark emphasis stand at the edge of a word; those of code and of escapes are hidden before.
_EMPHASIS = re.compile(r"(?<![^\W_])(_+)(?=[^\s_])(.+?)(?<=[^\s_])\1(?![^\W_])")
_HIDDEN = "\ue000"


@dataclass(frozen=True, slots=True)
class Found:
    """One link or one part of a link, by the place of its first sign.

    `sort` is `link`, `image`, `address` (written out), `undefined` (a reference whose label nothing defines), `footnote`
    or `anchor` (an id or a name of HTML). `label` is that of a reference.
    """

    sort: str
    place: int
    value: str
    label: str = ""


@dataclass(slots=True)
class _Opener:
    place: int
    image: bool
    found: int
    said: int
    active: bool = True


@dataclass(slots=True)
class _Reader:
    text: str
    labels: Mapping[str, str]
    footnotes: Collection[str]
    found: list[Found] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    openers: list[_Opener] = field(default_factory=list)

    def read(self) -> None:
        text, at = self.text, 0
        for_ever: set[int] = set()
        while (special := _NEXT.search(text, at)) is not None:
            start = special.start()
            self._say(text[at:start])
            sign = text[start]
            if sign == "\\":
                escaped = text[start + 1 : start + 2]
                self.said.append(_hidden(escaped) if _ESCAPE.match(text, start) else "\\" + escaped)
                at = start + 2
            elif sign == "`":
                at = self._code(start, for_ever)
            elif sign == "<":
                at = self._angle(start)
            elif sign in "hw":
                at = self._address(start)
            elif sign == "]":
                at = self._close(start)
            else:
                at = self._bracket(start, image=sign == "!")
        self._say(text[at:])

    def _say(self, text: str) -> None:
        if text:
            if "&" in text:
                from html import unescape

                text = unescape(text)
            self.said.append(text)

    def _code(self, start: int, for_ever: set[int]) -> int:
        ticks = _TICKS.match(self.text, start)
        assert ticks is not None
        length, at = len(ticks[0]), ticks.end()
        if length not in for_ever:
            for closing in _TICKS.finditer(self.text, at):
                if len(closing[0]) == length:
                    self.said.append(_hidden(self.text[at : closing.start()].strip(" ")))
                    return closing.end()
            for_ever.add(length)  # No run of this length closes any more.
        self.said.append(ticks[0])
        return at

    def _angle(self, start: int) -> int:
        text = self.text
        if autolink := _AUTOLINK.match(text, start):
            self.found.append(Found("address", start, autolink[1]))
            self.said.append(_hidden(autolink[1]))
            return autolink.end()
        if mail := _MAIL.match(text, start):
            self.said.append(_hidden(mail[0][1:-1]))
            return mail.end()
        if comment := _COMMENT.match(text, start):
            return comment.end()
        if tag := _TAG.match(text, start):
            if tag["name"]:
                self.found += of_tag(tag["name"], tag["attributes"], start)
            return tag.end()
        self.said.append("<")
        return start + 1

    def _address(self, start: int) -> int:
        text = self.text
        address = _ADDRESS.match(text, start)
        before = text[start - 1 : start]
        if address is None or before.isalnum() or not _BARE_HOST.match(address[0]):
            self.said.append(text[start])
            return start + 1
        # A bracket ends what is written out in the text of a link; GitHub takes it for part of the address else.
        said = _trimmed(address[0].partition("](")[0] if self.openers else address[0])
        if self.openers:
            said = said.partition("]")[0]
        full = said if said.startswith("http") else f"http://{said}"
        self.found.append(Found("address", start, full))
        self.said.append(_hidden(said))
        return start + max(len(said), 1)

    def _bracket(self, start: int, *, image: bool) -> int:
        at = start + image
        footnote = _FOOTNOTE.match(self.text, at)
        if footnote and not image and self.text[footnote.end() : footnote.end() + 1] != "(":
            self.found.append(Found("footnote", start, footnote[1]))
            if footnote[1].casefold() not in self.footnotes:
                self.said.append(footnote[0])
            return footnote.end()
        self.openers.append(_Opener(start, image, len(self.found), len(self.said)))
        self.said.append("![" if image else "[")
        return at + 1

    def _close(self, place: int) -> int:
        if not self.openers:
            self.said.append("]")
            return place + 1
        opener = self.openers.pop()
        if not opener.active:
            self.said.append("]")
            return place + 1
        target = _inline_target(self.text, place + 1)
        if target is not None:
            self._link(opener, target[0])
            return target[1]
        inside = self.text[opener.place + 1 + opener.image : place]
        # `[text][^1]`: a footnote behind brackets is no label of theirs.
        reference = None if _FOOTNOTE.match(self.text, place + 1) else _LABEL.match(self.text, place + 1)
        label = normal((reference[1].strip() if reference else "") or inside)
        if label in self.labels and _LABEL.fullmatch(
            f"[{inside}]" if not (reference and reference[1].strip()) else reference[0]
        ):
            self._link(opener, self.labels[label], label)
            return reference.end() if reference else place + 1
        if reference and self._is_meant(opener.place) and "\n\n" not in label:
            self.found.append(Found("undefined", opener.place, reference[1].strip() or inside, label))
        self.said.append("]")
        return place + 1

    def _is_meant(self, place: int) -> bool:
        """Whether brackets stand where a link would: `matrix[0][1]` is none."""
        before = self.text[place - 1 : place] if place else ""
        return not before or not (before.isalnum() or before in "_)]}")

    def _link(self, opener: _Opener, target: str, label: str = "") -> None:
        # What is written out inside is the text of this link.
        inside = [each for each in self.found[opener.found :] if each.sort != "address"]
        self.found[opener.found :] = [
            Found("image" if opener.image else "link", opener.place, target, label),
            *inside,
        ]
        if opener.image:
            del self.said[opener.said :]
            return
        self.said[opener.said] = ""
        for each in self.openers:
            each.active = each.active and each.image


def normal(label: str) -> str:
    """Return a label as labels are compared: https://github.github.com/gfm/#matches"""
    return " ".join(label.split()).casefold()


def _hidden(text: str) -> str:
    return text.replace("_", _HIDDEN)


def _trimmed(address: str) -> str:
    """Return an address without what ends a sentence: https://github.github.com/gfm/#extended-autolink-path-validation"""
    while True:
        made = address.rstrip("?!.,:*_~'\"")
        if made.endswith(")") and made.count(")") > made.count("("):
            made = made[:-1]
        elif made.endswith(";"):
            made = re.sub(r"&\w+;$", "", made).rstrip(";")
        if made == address:
            return made
        address = made


def _inline_target(text: str, at: int) -> tuple[str, int] | None:
    """Return the target in `(target "title")` and where that ends, None where there is no such thing."""
    if text[at : at + 1] != "(":
        return None
    at = _after_space(text, at + 1)
    if angled := _ANGLED.match(text, at):
        target, at = angled[1], angled.end()
    else:
        end = _bare_target(text, at)
        if end is None:
            return None
        target, at = text[at:end], end
    spaced = _after_space(text, at)
    if spaced > at and (title := _TITLE.match(text, spaced)):
        spaced = _after_space(text, title.end())
    if text[spaced : spaced + 1] != ")":
        return None
    return unescaped(target), spaced + 1


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _bare_target(text: str, at: int) -> int | None:
    """Return where a target ends that is not in angles: at a space, or a parenthesis that nothing opened."""
    depth = 0
    if text[at : at + 1] == "<":
        return None
    while at < len(text):
        sign = text[at]
        if sign == "\\" and text[at + 1 : at + 2].strip():
            at += 2
            continue
        if sign.isspace() or ord(sign) < 32:
            break
        if sign == "(":
            depth += 1
        elif sign == ")":
            if not depth:
                break
            depth -= 1
        at += 1
    return None if depth else at


def unescaped(target: str) -> str:
    """Return a target with its escapes and entities read."""
    if "\\" in target:
        target = _ESCAPE.sub(r"\1", target)
    if "&" in target:
        from html import unescape

        target = unescape(target)
    return target


def inlines(text: str, labels: Mapping[str, str], footnotes: Collection[str] = ()) -> tuple[list[Found], str]:
    """Return the links in a piece of text, and the text as a reader sees it, emphasis and links taken off.

    `labels` leads from the normal form of each label that is defined to its target.
    """
    reader = _Reader(text, labels, footnotes)
    reader.read()
    said = "".join(reader.said)
    if "_" in said:
        said = _EMPHASIS.sub(r"\2", said)
    return sorted(reader.found, key=lambda each: each.place), said.replace(_HIDDEN, "_")


def definitions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, label and target of the definitions that a paragraph begins with; last the place behind them, bare."""
    at = 0
    while (found := _DEFINITION.match(text, at)) is not None:
        if not found["label"].strip():
            break
        target = found["target"]
        target = target[1:-1] if target.startswith("<") else target
        yield at, found["label"], unescaped(target)
        at = found.end()
    yield at, "", ""


def of_tag(name: str, attributes: str, place: int) -> Iterator[Found]:
    """Yield the links and anchors of one tag of HTML."""
    from html import unescape

    tag = name.lower()
    for found in _ATTRIBUTE.finditer(attributes):
        key, value = found[1].lower(), unescape(found[2] or found[3] or found[4] or "").strip()
        if key in ("id", "name"):
            yield Found("anchor", place, value)
        elif key == "href" and tag == "a":
            yield Found("link", place, value)
        elif key == "src" and tag in ("img", "video", "audio", "source", "picture"):
            yield Found("image", place, value)
        elif key == "srcset" and tag in ("img", "source"):
            yield from (Found("image", place, part.split()[0]) for part in value.split(",") if part.strip())


def html(text: str) -> Iterator[Found]:
    """Yield the links and anchors in a block of HTML; comments hold none."""
    at = 0
    while (place := text.find("<", at)) >= 0:
        found = _COMMENT.match(text, place) or _TAG.match(text, place)
        if found is None:
            # A comment without an end goes on to the end of its block.
            if text.startswith("<!--", place):
                return
            at = place + 1
            continue
        at = found.end()
        if found.re is _TAG and found["name"]:
            yield from of_tag(found["name"], found["attributes"], place)
            if found["name"].lower() in _RAW:
                # What stands in there is no HTML; without an end it goes on to the end.
                at = text.lower().find(f"</{found['name'].lower()}", at)
                if at < 0:
                    return
