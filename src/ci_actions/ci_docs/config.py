"""The inputs of ci-docs, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, LIST, PATH, Common, Kind, declare, items, one_of, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "documents": "How many documents were read.",
    "links": "How many links were checked.",
    "broken": "How many links, labels, footnotes and entries of an index are broken.",
    "not-checked": "How many links nobody could decide, each with its reason in the report.",
}


@dataclass(frozen=True)
class Index:
    """A document that must link to every document which fits a glob."""

    document: str
    glob: str


def index(text: str) -> Index:
    """Return the rule in `docs/index.md => docs/**`; raises ValueError for anything else."""
    document, arrow, glob = (part.strip() for part in text.partition("=>"))
    if not (document and arrow and glob):
        raise ValueError(f"'{text}' must be a document and a glob, like 'docs/index.md => docs/**'")
    return Index(document, glob)


INDEXES: Kind[tuple[Index, ...]] = items(
    index, "a list, one per line or separated by commas, like 'docs/index.md => docs/**'"
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which documents are read, and which of their links may lead nowhere."""

    paths: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of the documents, Markdown or reStructuredText; every tracked *.md and *.rst without any.",
    )
    exclude: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of documents that are left out; what links to them is checked all the same.",
    )
    index: tuple[Index, ...] = declare(
        INDEXES,
        default=(),
        help="Documents that must link to all others of a folder, themselves or through the index or README of a folder: "
        "`docs/index.md => docs/**`.",
    )
    allow: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of targets that may be missing: paths from the git root, addresses, or `#anchor`s.",
    )
    external: str = declare(
        one_of("off", "check"),
        default="off",
        help="Whether addresses of other servers are asked for; without it the run needs no network.",
    )
    external_timeout: int = declare(
        whole(1, 300), default=20, help="Seconds that one server may take for an answer."
    )
    annotations: int = declare(
        whole(0, 50), default=10, help="How many broken links are annotated at their lines."
    )
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
