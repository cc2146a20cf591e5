"""The edge that reads: what git tracks, every document, and what its links name beyond that."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath

from ci_actions.ci_docs import gfm, rst
from ci_actions.ci_docs.config import Config
from ci_actions.ci_docs.model import Asked, Document, Facts, Kind, Link, Sphinx
from ci_actions.ci_docs.places import Inside, Outside, lines_of, place_of
from ci_actions.kit.errors import BadInput
from ci_actions.kit.globs import matcher
from ci_actions.kit.run import Edges

_LINK, _SUBMODULE = "120000", "160000"
_SCANS: Mapping[str, Callable[[str], Document]] = {".md": gfm.scan, ".markdown": gfm.scan, ".rst": rst.scan}
#: Larger files are no text that a link names a line of, and no document that somebody wrote (bytes).
LARGEST = 16 * 1024 * 1024
_IS_CONF = re.compile(rb"^\s*(?:extensions|project|html_theme|master_doc|root_doc)\s*[:=]", re.MULTILINE)
#: With these, labels come from elsewhere: https://www.sphinx-doc.org/en/master/usage/extensions/index.html
_OPEN_LABELS = re.compile(
    rb"intersphinx|autodoc|autosectionlabel|autosummary|apidoc|autoapi|breathe|automodapi|numpydoc"
)
_OPEN_NAMES = re.compile(rb"rst_prolog|rst_epilog")


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return all documents and what their links stand on.

    Raises CannotJudge outside of git, BadInput for a document of an index that is not there.
    """
    tree = _tree(edges)
    chosen = _chosen(config, tree, edges.prefix)
    reader = _Reader(edges.root)
    documents = {path: document for path in chosen if (document := reader.read(path)) is not None}
    sphinx = tuple(_sphinx(tree, edges.root))
    wanted = _Wanted(tree, documents)
    others = {
        path: document
        for path in sorted(wanted.documents(sphinx) - documents.keys())
        if (document := reader.read(path)) is not None
    }
    index = tuple(rule.document for rule in config.index if rule.document not in documents)
    if index:
        raise BadInput(*(f"input 'index' names {each}, which is none of the documents" for each in index))
    context = edges.context
    head = edges.git.resolve("HEAD") if context.repository else None
    return Facts(
        documents=documents,
        others=others,
        files=tree.files,
        strangers=frozenset(each for each in wanted.missing if os.path.lexists(edges.root / each)),
        opaque=tree.opaque,
        lines={path: count for path in wanted.counted if (count := _lines(edges.root / path)) is not None},
        sphinx=sphinx,
        unread=tuple(path for path in chosen if path in reader.unread),
        asked=_asked(config, edges, documents),
        directory=edges.prefix,
        blob_url=f"{context.server_url}/{context.repository}/blob/{head}" if head else "",
    )


# --- the tree --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tree:
    """What git tracks: files, and what nobody looks into (submodules, links to folders); `links` are links to files."""

    files: frozenset[str]
    opaque: frozenset[str]
    links: frozenset[str]


def _tree(edges: Edges[Config]) -> _Tree:
    done = edges.git.run("ls-files", "-s", "-z")
    if not done.ok:
        raise edges.git.failed(done)
    files, opaque, links = set(), set(), set()
    for line in done.text.split("\0")[:-1]:
        about, _, path = line.partition("\t")
        mode = about[:6]
        if mode == _SUBMODULE or (mode == _LINK and (edges.root / path).is_dir()):
            opaque.add(path)
            continue
        files.add(path)
        if mode == _LINK:
            links.add(path)
    return _Tree(frozenset(files), frozenset(opaque), frozenset(links))


def _chosen(config: Config, tree: _Tree, prefix: str) -> list[str]:
    """Return the documents that are read: those of the input `paths`, else all in the working directory."""
    start = f"{prefix}/" if prefix else ""
    wanted = matcher(config.paths, prefix) if config.paths else lambda path: path.startswith(start)
    excluded = matcher(config.exclude, prefix)
    return [
        path
        for path in sorted(tree.files - tree.links)
        if _suffix(path) in _SCANS and wanted(path) and not excluded(path)
    ]


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


class _Reader:
    """Reads documents; `unread` are those that are no text."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.unread: set[str] = set()

    def read(self, path: str) -> Document | None:
        """Return what a document holds, None for one that cannot be read; one that is deleted is in the tree of git only."""
        try:
            text = (self._root / path).read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            self.unread.add(path)
            return None
        return _SCANS[_suffix(path)](text)


def _lines(file: Path) -> int | None:
    """Return how many lines a file has, None for one that is no text."""
    try:
        if file.stat().st_size > LARGEST:
            return None
        content = file.read_bytes()
    except OSError:
        return None
    if b"\0" in content:
        return None
    return content.count(b"\n") + (not content.endswith(b"\n") and bool(content))


def _sphinx(tree: _Tree, root: Path) -> Iterator[Sphinx]:
    for path in sorted(tree.files):
        if path.rpartition("/")[2] != "conf.py":
            continue
        try:
            content = (root / path).read_bytes()
        except OSError:
            continue
        if _IS_CONF.search(content):
            yield Sphinx(
                folder=dirname(path),
                open_labels=bool(_OPEN_LABELS.search(content)),
                open_names=bool(_OPEN_NAMES.search(content)),
            )


# --- what links name -------------------------------------------------------------------------------


class _Wanted:
    """What has to be known of the targets of links: files whose lines count, and paths that git does not know."""

    def __init__(self, tree: _Tree, documents: Mapping[str, Document]) -> None:
        self._tree = tree
        self.counted: set[str] = set()
        self.missing: set[str] = set()
        self._anchored: set[str] = set()
        self._folders: set[str] = set()
        for path, document in documents.items():
            for link in document.links:
                self._take(path, link)

    def _take(self, path: str, link: Link) -> None:
        if link.kind in (Kind.REF, Kind.NAME):
            return
        if link.kind in (Kind.DOC, Kind.TOCTREE):
            there = normpath(join(dirname(path), link.target.lstrip("*/")))
            self.missing |= {there + suffix for suffix in ("", ".rst", ".md")}
            return
        place = place_of(link.target, path)
        if not isinstance(place, Inside):
            return
        if place.path not in self._tree.files:
            self.missing.add(place.path)
            if place.fragment:
                self._folders.add(place.path)
        elif lines_of(place.fragment):
            self.counted.add(place.path)
        elif place.fragment:
            self._anchored.add(place.path)

    def documents(self, sphinx: Iterable[Sphinx]) -> set[str]:
        """Return the documents whose anchors or labels links may name."""
        sources = tuple(f"{each.folder}/" if each.folder else "" for each in sphinx)
        readmes = {each for each in self._tree.files if each.rpartition("/")[2].lower().startswith("readme.")}
        return {
            path
            for path in self._tree.files - self._tree.links
            if _suffix(path) in _SCANS
            and (
                path in self._anchored
                or (sources and path.startswith(sources))
                or (path in readmes and dirname(path) in self._folders)
            )
        }


def _asked(config: Config, edges: Edges[Config], documents: Mapping[str, Document]) -> Mapping[str, Asked]:
    if config.external != "check":
        return {}
    from ci_actions.ci_docs.asking import ask

    addresses = {
        place.address.partition("#")[0]
        for path, document in documents.items()
        for link in document.links
        if link.kind in (Kind.LINK, Kind.IMAGE)
        and isinstance(place := place_of(link.target, path), Outside)
        and place.address
    }
    allowed = matcher(config.allow)
    return ask(
        sorted(each for each in addresses if not allowed(each)),
        timeout=config.external_timeout,
        clock=edges.clock,
        progress=edges.progress,
    )
