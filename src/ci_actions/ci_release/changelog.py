"""Pure: a changelog -> the section of one version, as Markdown for the text of a release.

Known are Keep a Changelog (`## [1.2.3] - 2026-11-21`), `## 1.2.3`, `# v1.2.3 (2026-11-21)`, headings underlined with `===` or
`---`, and reStructuredText (`1.2.3 (2026-11-21)`, underlined). What stands in code or in an HTML comment is no heading.
https://keepachangelog.com/en/1.1.0/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ci_actions.ci_release.tags import same

_VERSION = r"[0-9]+(?:\.[0-9]+)+(?:[.-]?(?:alpha|beta|a|b|c|rc|dev|post)[.-]?[0-9]*)*"
#: What a heading of a version begins with, once links and emphasis are taken off: `1.2.3`, `v1.2.3`, `[1.2.3]`, `Version 1.2.3`.
_BEGINS = re.compile(
    rf"(?:version |release )?\[?v?(?P<version>{_VERSION})\]?(?=$|[\s(,:;/\u2013\u2014-])", re.IGNORECASE
)
#: The name of the project in front of it: `Mypy 1.18`, `pytest 8.4.2 (2025-09-03)`.
_NAME = re.compile(r"(?P<name>[A-Za-z][\w.-]*)[ \t]+(?=\[?v?[0-9])")
#: What it may end with, so that it also ends a section of another level: nothing, a date, a remark behind a sign.
_ENDS = re.compile(r"\s*(?:$|[(,:;/\u2013\u2014-]|[0-9]{4}|\[)")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(?P<level>#{1,6})(?:[ \t]+(?P<text>.*?))?(?:[ \t]+#+)?[ \t]*")
_SETEXT = re.compile(r" {0,3}(?P<sign>=+|-+)[ \t]*")
#: Lines that cannot be the text of a heading that is underlined: lists, quotes, tables, indented code.
_NO_TEXT = re.compile(r" {4}|\t| {0,3}(?:(?:[-*+]|#{1,6}|[0-9]{1,9}[.)])(?=\s|$)|[>|])|\s*$")
_DEFINITION = re.compile(r" {0,3}\[(?P<label>[^\]\[]+)\]:[ \t]*\S+.*")
_LINK = re.compile(r"\[(?P<text>[^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_ADORNMENT = re.compile(r"(?P<sign>[!-/:-@\[-`{-~])(?P=sign)*\s*")
_RST_TARGET = re.compile(r"\.\. _(?P<label>`[^`]+`|[^:`]+): *(?P<url>\S+)\s*")
_RST_LINK = re.compile(r"`(?P<text>[^`<]*?)\s*<(?P<url>[^`>\s]+)>`__?")
_RST_NAMED = re.compile(
    r"(?<![\w`])(?:`(?P<quoted>[^`]+)`|(?P<plain>[A-Za-z0-9][\w.-]*[A-Za-z0-9]|[A-Za-z0-9]))_(?![\w_])"
)
_RST_ROLE = re.compile(r":[a-z:]+:`(?P<text>[^`]+)`")


@dataclass(frozen=True)
class Heading:
    """A heading: from which line to which, how deep, and its text."""

    first: int
    last: int
    level: int
    text: str

    @property
    def version(self) -> str:
        """The version that it is about, "" for none."""
        found = _BEGINS.match(_bare(self.text))
        return found["version"] if found else ""

    @property
    def is_of_a_version(self) -> bool:
        """Whether it is about a version and nothing else."""
        bare = _bare(self.text)
        found = _BEGINS.match(bare)
        return bool(found and _ENDS.match(bare, found.end()))


def is_rst(path: str, text: str) -> bool:
    """Whether a file is reStructuredText: by its name, or, where that says nothing, as only so it has versions."""
    if path.lower().endswith((".rst", ".rest")):
        return True
    return not path.lower().endswith((".md", ".markdown")) and not versions(text, rst=False)


def versions(text: str, *, rst: bool) -> tuple[str, ...]:
    """Return the versions that have a section, in their order."""
    return tuple(each.version for each in _headings(text.splitlines(), rst=rst) if each.version)


def section(text: str, version: str, *, rst: bool) -> str | None:
    """Return what changed in a version as Markdown, "" for a section that says nothing, None without one."""
    lines = text.splitlines()
    headings = _headings(lines, rst=rst)
    at = next(
        (place for place, each in enumerate(headings) if each.version and same(each.version, version)), None
    )
    if at is None:
        return None
    own, below = headings[at], []
    end = len(lines)
    for each in headings[at + 1 :]:
        if each.level <= own.level or each.is_of_a_version:
            end = each.first
            break
        below.append(each)
    body = lines[own.last + 1 : end]
    inner = [_moved(each, own.last + 1) for each in below]
    return _rst(body, inner, lines) if rst else _markdown(body, inner, lines)


# --- headings --------------------------------------------------------------------------------------


def _bare(text: str) -> str:
    """Return the text of a heading without links, emphasis and code."""
    return _LINK.sub(lambda found: found["text"], text).replace("\\", "").strip().strip("*_`").strip()


def _moved(heading: Heading, by: int) -> Heading:
    return Heading(heading.first - by, heading.last - by, heading.level, heading.text)


def _headings(lines: Sequence[str], *, rst: bool) -> Sequence[Heading]:
    """Return the headings; where those of versions begin with the project's name, without it.

    `Python 3.14` inside of a section is no version of the project: its name has to stand in a heading as high as those
    without one, and before another version, too; where all have one, in a heading as high as the highest.
    """
    found = list(_headings_of_rst(lines) if rst else _headings_of_markdown(lines))
    named = {each: bare for each in found if _name(each) and (bare := _without_name(each)).is_of_a_version}
    plain = [each for each in found if each.version]
    highest = min((each.level for each in plain or named), default=0)
    often = Counter(map(_name, named))
    names = {_name(each) for each in named if each.level <= highest and (not plain or often[_name(each)] > 1)}
    return [named[each] if each in named and _name(each) in names else each for each in found]


def _name(heading: Heading) -> str:
    """Return the word in front of the version of a heading, "" for none."""
    found = None if heading.version else _NAME.match(_bare(heading.text))
    return found["name"].lower() if found else ""


def _without_name(heading: Heading) -> Heading:
    """Return a heading without the word in front of a version."""
    return replace(heading, text=_NAME.sub("", _bare(heading.text))) if _name(heading) else heading


def _headings_of_markdown(lines: Sequence[str]) -> Iterator[Heading]:
    prose = [kind == "prose" for kind in _kinds(lines)]
    for number, line in enumerate(lines):
        if not prose[number]:
            continue
        if found := _ATX.fullmatch(line):
            yield Heading(number, number, len(found["level"]), found["text"] or "")
        elif number and prose[number - 1] and (found := _SETEXT.fullmatch(line)):
            above = lines[number - 1]
            alone = number < 2 or not lines[number - 2].strip() or not prose[number - 2]
            if alone and not _NO_TEXT.match(above):
                yield Heading(number - 1, number, 1 if found["sign"][0] == "=" else 2, above.strip())


def _kinds(lines: Sequence[str]) -> Sequence[str]:
    """Return what each line is: prose, code between fences, or a comment of HTML."""
    found, fence, comment = [], "", False
    for line in lines:
        opened = _FENCE.match(line)
        if fence:
            found.append("code")
            if opened and opened["fence"].startswith(fence) and not line[opened.end() :].strip():
                fence = ""
        elif comment or line.lstrip().startswith("<!--"):
            found.append("comment")
            comment = "-->" not in line
        elif opened:
            found.append("code")
            fence = opened["fence"]
        else:
            found.append("prose")
    return found


def _headings_of_rst(lines: Sequence[str]) -> Iterator[Heading]:
    """Yield titles with their underlines; how deep one is says the order in which its kind first came.

    https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#sections
    """
    kinds: list[tuple[str, bool]] = []
    for number, (text, under) in enumerate(pairwise(lines)):
        found = _ADORNMENT.fullmatch(under)
        title = text.strip()
        if not found or not title or _ADORNMENT.fullmatch(text) or len(under.rstrip()) < len(title):
            continue
        above = lines[number - 1] if number else ""
        over = bool(above) and above.rstrip() == under.rstrip()
        if not over and (text[0].isspace() or above.strip()):
            continue
        kind = (found["sign"], over)
        if kind not in kinds:
            kinds.append(kind)
        yield Heading(number - over, number + 1, kinds.index(kind) + 1, title)


# --- what stands below them ------------------------------------------------------------------------


def _markdown(body: Sequence[str], inner: Sequence[Heading], lines: Sequence[str]) -> str:
    """Return the section with the definitions of the links that it uses, wherever those stand in the file."""
    titles = {number for each in inner for number in range(each.first, each.last + 1)}
    kept, said = [], False
    for number, (line, kind) in enumerate(zip(body, _kinds(body), strict=True)):
        if kind == "prose" and _DEFINITION.fullmatch(line):
            continue
        kept.append(line)
        said = said or (kind != "comment" and number not in titles and bool(line.strip()))
    if not said:
        return ""
    text = "\n".join(kept).strip("\n")
    used = [
        line.strip()
        for line, kind in zip(lines, _kinds(lines), strict=True)
        if kind == "prose"
        and (found := _DEFINITION.fullmatch(line))
        and f"[{found['label'].lower()}]" in text.lower()
    ]
    return f"{text}\n" + ("\n" + "".join(f"{line}\n" for line in used) if used else "")


def _rst(body: Sequence[str], inner: Sequence[Heading], lines: Sequence[str]) -> str:
    """Return the section as Markdown: its titles and links; the rest of both is read alike."""
    urls = {
        found["label"].strip("`").lower(): found["url"]
        for line in lines
        if (found := _RST_TARGET.fullmatch(line))
    }
    adorned = {number: each for each in inner for number in range(each.first, each.last + 1)}
    made: list[str] = []
    said = False
    for number, line in enumerate(body):
        heading = adorned.get(number)
        if heading:
            if number == heading.last:
                made.append(f"### {heading.text}")
        elif not _RST_TARGET.fullmatch(line):
            # Comments and directives begin so.
            said = said or bool(line.strip() and not line.startswith(".. "))
            made.append(_rst_line(line, urls))
    return "\n".join(made).strip("\n") + "\n" if said else ""


def _rst_line(line: str, urls: dict[str, str]) -> str:
    def named(found: re.Match[str]) -> str:
        text = found["quoted"] or found["plain"]
        url = urls.get(text.lower())
        return f"[{text}]({url})" if url else found[0]

    made = _RST_LINK.sub(lambda found: f"[{found['text'] or found['url']}]({found['url']})", line)
    made = _RST_ROLE.sub(lambda found: f"`{found['text']}`", made)
    return _RST_NAMED.sub(named, made)
