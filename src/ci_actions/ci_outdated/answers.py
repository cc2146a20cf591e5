"""Pure: what an index says of a name, as JSON (PEP 691, with PEP 700) or as HTML (PEP 503).

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from ci_actions.ci_outdated.model import Release
from ci_actions.project.locks import normalised

JSON = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_ARCHIVES = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")


class Unreadable(ValueError):
    """An answer that is none; the message completes "it answered with "."""


class _File(NamedTuple):
    name: str
    requires_python: str = ""
    yanked: bool = False
    uploaded: str = ""


def releases(name: str, body: bytes, kind: str) -> tuple[Release, ...]:
    """Return every version that an index lists, oldest first; raises Unreadable. `kind` is the answer's media type."""
    files = _of_json(body) if kind.partition(";")[0].strip().endswith("json") else _of_html(body)
    return _grouped(normalised(name), files)


def _of_json(body: bytes) -> Iterator[_File]:
    import json

    try:
        document = json.loads(body)
        files = document["files"]
        for each in files:
            yield _File(
                name=_text(each["filename"]),
                requires_python=_text(each.get("requires-python") or ""),
                # A text says why it was yanked, an empty one too.
                yanked=each.get("yanked", False) is not False,
                uploaded=_text(each.get("upload-time") or "")[:10],
            )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unreadable("what is no list of files") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


class _Page(HTMLParser):
    """Collects the links of a page of PEP 503."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[_File] = []
        self._attributes: dict[str, str | None] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._attributes, self._text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._attributes is not None:
            about = self._attributes
            self.files.append(
                _File(self._text.strip(), about.get("data-requires-python") or "", "data-yanked" in about)
            )
            self._attributes = None


def _of_html(body: bytes) -> Iterator[_File]:
    page = _Page()
    text = body.decode("utf-8", "replace")
    page.feed(text)
    page.close()
    if not page.files and "<" not in text:
        raise Unreadable("no page")
    yield from page.files


def _grouped(name: str, files: Iterable[_File]) -> tuple[Release, ...]:
    from packaging.version import InvalidVersion, Version

    by_text: dict[str, list[_File]] = {}
    for file in files:
        if version := version_in(name, file.name):
            by_text.setdefault(version, []).append(file)
    found: dict[Version, list[_File]] = {}
    for text, several in by_text.items():
        try:
            # `1.0` and `1.0.0` are one version.
            found.setdefault(Version(text), []).extend(several)
        except InvalidVersion:
            continue
    return tuple(_release(version, found[version]) for version in sorted(found))


def _release(version: object, files: list[_File]) -> Release:
    kept = [each for each in files if not each.yanked]
    return Release(
        version=str(version),
        requires_python=(kept or files)[-1].requires_python,
        yanked=not kept,
        uploaded=min((each.uploaded for each in files if each.uploaded), default=""),
    )


def version_in(name: str, file: str) -> str:
    """Return the version in the name of a wheel or a source archive of a package, empty for any other file."""
    if file.endswith(".whl"):
        parts = file.removesuffix(".whl").split("-")
        return parts[1] if len(parts) in (5, 6) and normalised(parts[0]) == name else ""
    ending = next((each for each in _ARCHIVES if file.endswith(each)), "")
    if not ending:
        return ""
    stem = file.removesuffix(ending)
    # Older archives have `-` in the name itself.
    for found in re.finditer("-", stem):
        if normalised(stem[: found.start()]) == name:
            return stem[found.end() :]
    return ""
