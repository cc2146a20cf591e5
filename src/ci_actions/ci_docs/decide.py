"""Pure: configuration and facts -> outcome. A link is broken only where that is certain; what is not is counted apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath

from ci_actions.ci_docs.config import Config, Index
from ci_actions.ci_docs.model import (
    Answer,
    Cause,
    Document,
    Facts,
    Finding,
    Kind,
    Link,
    Outcome,
    Sphinx,
    Unchecked,
)
from ci_actions.ci_docs.places import Inside, Nowhere, Outside, Place, Undecided, lines_of, place_of
from ci_actions.kit.errors import Exit
from ci_actions.kit.globs import Matches, matcher

#: What a document of Sphinx may be written in; `:doc:` and toctree leave it out.
SUFFIXES = (".rst", ".md", ".txt", ".ipynb")
_DOCUMENTS = (".md", ".markdown", ".rst")
_READMES = ("readme", "index")
#: What browsers and GitHub's own pages bring.
_OF_EVERY_PAGE = ("top", "readme")
_IMAGE_THEMES = ("gh-dark-mode-only", "gh-light-mode-only")


def decide(config: Config, facts: Facts) -> Outcome:
    """Return what leads nowhere."""
    judge = _Judge(config, facts)
    for path, document in facts.documents.items():
        judge.document(path, document)
    for rule in config.index:
        judge.index(rule)
    return Outcome(
        facts=facts,
        findings=tuple(sorted(judge.findings, key=lambda each: (each.path, each.line, each.column))),
        unchecked=tuple(judge.unchecked),
        checked=judge.checked,
        causes=tuple(_causes(facts)),
        unused_allowances=tuple(glob for glob in config.allow if glob not in judge.allowances),
    )


def _causes(facts: Facts) -> Iterator[Cause]:
    if not facts.documents:
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text="There is no document to look at.",
            advice="Commit one, or correct the inputs paths and exclude.",
        )
    for each in facts.unread:
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text=f"{each} cannot be read.",
            advice="Documents are text, written in UTF-8.",
        )
    asked = facts.asked.values()
    if asked and all(each.answer is Answer.UNKNOWN for each in asked):
        yield Cause(
            code=Exit.UNAVAILABLE,
            text=f"None of {len(facts.asked)} addresses answered.",
            advice="Is there a network? Behind a proxy set HTTPS_PROXY, or set external: off.",
        )


@dataclass(slots=True)
class _Judge:
    config: Config
    facts: Facts
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    checked: int = 0
    allowances: set[str] = field(default_factory=set)
    _allowed: list[tuple[str, Matches]] = field(default_factory=list)
    _folders: set[str] = field(default_factory=set)
    _lower: dict[str, str] = field(default_factory=dict)
    _labels: set[str] = field(default_factory=set)
    _reached: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._allowed = [(glob, matcher([glob])) for glob in self.config.allow]
        for path in (*self.facts.files, *self.facts.opaque):
            while path := dirname(path):
                if path in self._folders:
                    break
                self._folders.add(path)
        self._folders.add("")
        for document in (*self.facts.documents.values(), *self.facts.others.values()):
            self._labels |= document.labels

    # --- documents

    def document(self, path: str, document: Document) -> None:
        """Look at one document."""
        sphinx = _sphinx_of(path, self.facts.sphinx)
        for remark in document.remarks:
            if remark.broken and remark.rule == "reference" and sphinx and sphinx.open_names:
                link = Link(Kind.NAME, remark.message, remark.line, remark.column)
                self.unchecked.append(
                    Unchecked(path, link, "rst_prolog or rst_epilog of conf.py may define it")
                )
                continue
            self.findings.append(
                Finding(
                    rule=remark.rule, path=path, line=remark.line, column=remark.column, message=remark.message,
                    broken=remark.broken,
                )
            )  # fmt: skip
        for link in document.links:
            self._link(path, link, sphinx)

    def _link(self, path: str, link: Link, sphinx: Sphinx | None) -> None:
        if link.kind is Kind.REF:
            self._label(path, link, sphinx)
        elif link.kind in (Kind.DOC, Kind.TOCTREE):
            self._page(path, link, sphinx)
        elif link.kind is Kind.NAME:
            self._undecided(path, link, "an included file, or a directive that we do not know, may define it")
        else:
            root = (
                sphinx.folder
                if sphinx and link.kind in (Kind.FILE, Kind.IMAGE) and path.endswith(".rst")
                else ""
            )
            self._place(path, link, place_of(link.target, path, root), sphinx)

    def _place(self, path: str, link: Link, place: Place, sphinx: Sphinx | None) -> None:
        if isinstance(place, Undecided):
            self._undecided(path, link, place.why)
        elif isinstance(place, Outside):
            self._address(path, link, place)
        elif isinstance(place, Nowhere):
            self._broken("target", path, link, place.why)
        else:
            self._inside(path, link, place, sphinx)

    def _inside(self, path: str, link: Link, place: Inside, sphinx: Sphinx | None) -> None:
        there = place.path
        if any(there == each or there.startswith(f"{each}/") for each in self.facts.opaque):
            self._undecided(path, link, "it lies in a submodule, or behind a symbolic link")
            return
        if (there in self.facts.files and not place.folder) or there in self._folders:
            self._reached.setdefault(path, set()).add(there)
            self._fragment(path, link, place)
        elif sphinx and path.endswith(".rst") and link.kind is Kind.LINK:
            self._undecided(path, link, "Sphinx writes the page that it may lead to")
        elif link.kind is Kind.IMAGE and there.endswith(".*") and self._fits(there):
            self.checked += 1
        elif sphinx and "." not in there.rpartition("/")[2]:
            self._undecided(
                path, link, "Sphinx may find a document without its suffix, or a label; GitHub does not"
            )
        else:
            self._broken("target", path, link, self._missing(place), there)

    def _fits(self, glob: str) -> bool:
        """Whether an image exists in any format, as Sphinx chooses one by its writer."""
        return any(each.startswith(glob[:-1]) for each in self.facts.files)

    def _missing(self, place: Inside) -> str:
        there = place.path
        if there in self.facts.strangers:
            return f"'{there}' is there, but git does not track it: add it, or nobody else has it"
        if there in self.facts.files:
            return f"'{there}/' is no folder but a file: leave out the / at the end"
        if not self._lower:
            self._lower = {each.casefold(): each for each in (*self.facts.files, *self._folders)}
        if (close := self._lower.get(there.casefold())) is not None:
            return f"'{there}' does not exist; names are case-sensitive, and there is '{close}'"
        for suffix in (*_DOCUMENTS, ".html"):
            stem = there.removesuffix(".html")
            if stem + suffix in self.facts.files:
                return f"'{there}' does not exist; did you mean '{stem + suffix}'?"
        return f"'{there}' does not exist"

    # --- anchors

    def _fragment(self, path: str, link: Link, place: Inside) -> None:
        fragment, there = place.fragment, place.path
        if not fragment or fragment in _OF_EVERY_PAGE or fragment.startswith(":~:") or (
            link.kind is Kind.IMAGE and fragment in _IMAGE_THEMES
        ):  # fmt: skip
            self.checked += 1
            return
        if there in self._folders and there not in self.facts.files:
            readme = next(
                (
                    each
                    for each in self._pages_of(there)
                    if each.rpartition("/")[2].lower().startswith("readme.")
                ),
                "",
            )
            if not readme:
                self._undecided(
                    path, link, "what GitHub shows of a folder without a README has no anchors that we know"
                )
                return
            there = readme
        if lines := lines_of(fragment):
            self._lines(path, link, there, *lines)
            return
        document = self.facts.documents.get(there) or self.facts.others.get(there)
        if document is None:
            self._undecided(path, link, f"the anchors of '{there}' are not known")
            return
        self._anchor(path, link, there, fragment, document)

    def _anchor(self, path: str, link: Link, there: str, fragment: str, document: Document) -> None:
        name = fragment.removeprefix("user-content-")
        if name in document.anchors or fragment in document.anchors:
            self.checked += 1
            return
        where = "this document" if there == path else f"'{there}'"
        lower = {each.lower(): each for each in document.anchors}
        if close := lower.get(name.lower()):
            # GitHub's pages find it all the same, by a script; other programs do not.
            self.checked += 1
            self._remark(
                "anchor", path, link, f"'#{fragment}' is spelled '#{close}' in {where}", broken=False
            )
            return
        from difflib import get_close_matches

        similar = get_close_matches(name, document.anchors, n=1, cutoff=0.75)
        hint = f"; did you mean '#{similar[0]}'?" if similar else ""
        self._broken("anchor", path, link, f"there is no '#{fragment}' in {where}{hint}", there)

    def _lines(self, path: str, link: Link, there: str, first: int, last: int) -> None:
        length = self.facts.lines.get(there)
        if length is None:
            self._undecided(path, link, f"'{there}' is no text")
        elif not 1 <= first <= length or last > length:
            self._broken(
                "line",
                path,
                link,
                f"'{there}' has {length} lines, and no line {last if last > length else first}",
            )
        else:
            self.checked += 1

    # --- Sphinx

    def _label(self, path: str, link: Link, sphinx: Sphinx | None) -> None:
        from ci_actions.ci_docs.rst import BUILT_IN

        if link.target in self._labels or link.target in BUILT_IN:
            self.checked += 1
        elif sphinx is None or sphinx.open_labels:
            self._undecided(
                path, link, "it may be a label of another project, of code, or of a title (conf.py)"
            )
        else:
            self._broken("label", path, link, f"nothing is labelled '{link.target}'")

    def _page(self, path: str, link: Link, sphinx: Sphinx | None) -> None:
        target = link.target.removeprefix("*")
        glob = target != link.target
        if ":" in target:
            self._undecided(path, link, "it is a page of another project")
            return
        root = sphinx.folder if sphinx else ""
        # Nothing is above the source folder: https://github.com/sphinx-doc/sphinx `docname_join`
        inside = dirname(path)[len(root) :].strip("/")
        there = normpath(join("/", "" if target.startswith("/") else inside, target.lstrip("/")))
        there = join(root, there.lstrip("/"))
        if glob:
            fits = matcher([f"/{there}{suffix}" for suffix in SUFFIXES])
            found = [each for each in self.facts.files if fits(each)]
        else:
            # A suffix may be written out, and a package be documented by a folder of its own.
            found = [
                each for each in (there, *(there + suffix for suffix in SUFFIXES)) if each in self.facts.files
            ]
        if found:
            self.checked += 1
            self._reached.setdefault(path, set()).update(found)
        elif any(f"{there}{suffix}" in self.facts.strangers for suffix in ("", *SUFFIXES)):
            self._broken("target", path, link, f"'{there}' is there, but git does not track it")
        elif sphinx and sphinx.open_labels and _is_generated(there):
            self._undecided(path, link, "sphinx-apidoc or autosummary writes it")
        else:
            kind = "fits" if glob else "is"
            self._broken(
                "target", path, link, f"no document {kind} '{there}' ({', '.join(SUFFIXES[:2])})", there
            )

    # --- other servers

    def _address(self, path: str, link: Link, place: Outside) -> None:
        asked = self.facts.asked.get(place.address.partition("#")[0])
        if asked is None:
            if self.config.external == "check" and place.address:
                self._undecided(
                    path,
                    link,
                    "nobody asks for addresses that are reserved for examples and for this machine",
                )
            return
        if asked.answer is Answer.DEAD:
            self._broken("address", path, link, f"{place.address} is dead: {asked.why}")
            return
        self.checked += 1
        if asked.answer is Answer.UNKNOWN:
            self.checked -= 1
            self._remark(
                "address", path, link, f"{place.address} could not be checked: {asked.why}", broken=False
            )

    # --- the index

    def index(self, rule: Index) -> None:
        """See that a document leads to all that it must."""
        if rule.document not in self.facts.documents:
            message = f"'{rule.document}' is to be an index and is none of the documents"
            self.findings.append(Finding(rule="index", path=rule.document, line=1, column=1, message=message))
            return
        fits = matcher([rule.glob])
        reached = self._reach(rule.document)
        for each in sorted(self.facts.documents):
            if each != rule.document and fits(each) and each not in reached and not self._is_allowed(each):
                message = f"'{rule.document}' does not lead to it (index: {rule.document} => {rule.glob})"
                self.findings.append(Finding(rule="index", path=each, line=1, column=1, message=message))

    def _reach(self, start: str) -> set[str]:
        """Return the documents that an index links to, itself, or through the indexes of folders that it links to."""
        reached: set[str] = set()
        waiting = [start]
        while waiting:
            for there in self._reached.get(waiting.pop(), ()):
                pages = self._pages_of(there) if there in self._folders else [there]
                for page in pages:
                    if page not in reached:
                        reached.add(page)
                        if page.rpartition("/")[2].partition(".")[0].lower() in _READMES:
                            waiting.append(page)
        return reached

    def _pages_of(self, folder: str) -> list[str]:
        """Return the documents that stand for a folder."""
        start = f"{folder}/" if folder else ""
        names = [each for each in (*self.facts.documents, *self.facts.others) if each.startswith(start)]
        return [
            each
            for each in names
            if "/" not in each[len(start) :] and each[len(start) :].partition(".")[0].lower() in _READMES
        ]

    # --- words

    def _broken(self, rule: str, path: str, link: Link, message: str, there: str = "") -> None:
        self.checked += 1
        fragment = link.target.partition("#")[2]
        if not any(map(self._is_allowed, filter(None, (link.target, there, fragment and f"#{fragment}")))):
            self._remark(rule, path, link, message, broken=True)

    def _is_allowed(self, target: str) -> bool:
        for glob, fits in self._allowed:
            if glob == target or fits(target):
                self.allowances.add(glob)
                return True
        return False

    def _remark(self, rule: str, path: str, link: Link, message: str, *, broken: bool) -> None:
        self.findings.append(
            Finding(rule=rule, path=path, line=link.line, column=link.column, message=message, broken=broken)
        )

    def _undecided(self, path: str, link: Link, why: str) -> None:
        self.unchecked.append(Unchecked(path, link, why))


def _sphinx_of(path: str, known: Sequence[Sphinx]) -> Sphinx | None:
    """Return the source folder of Sphinx that a document lies in, the innermost if there are several."""
    inside = [each for each in known if not each.folder or path.startswith(f"{each.folder}/")]
    return max(inside, key=lambda each: len(each.folder), default=None)


def _is_generated(path: str) -> bool:
    return not {"api", "apidoc", "generated", "_autosummary", "autoapi", "reference", "modules"}.isdisjoint(
        path.split("/")
    )
