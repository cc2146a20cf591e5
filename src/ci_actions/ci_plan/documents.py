"""Pure: which files are documentation only: a change of nothing else needs no test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ci_actions.kit.globs import matcher
from ci_actions.project.files import matters

_WRITTEN = (".md", ".markdown", ".rst", ".adoc", ".asciidoc")
_IN_DOCS = (*_WRITTEN, ".txt", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".drawio", ".puml", ".mmd")
_FOLDERS = frozenset({"doc", "docs", "documentation"})
#: What lies in these is read by tests, whatever it is called.
_TESTED = frozenset({"test", "tests", "testing", "testdata", "fixtures", "__snapshots__"})
#: https://docs.github.com/communities/setting-up-your-project-for-healthy-contributions
_NAMES = (
    "license",
    "licence",
    "copying",
    "notice",
    "authors",
    "contributors",
    "changelog",
    "changes",
    "codeowners",
)
#: Where they decide what is built or how it is checked.
_NEVER = ("cmakelists.txt", "robots.txt")


def documentation(globs: Sequence[str], directory: str, packages: Collection[str]) -> Callable[[str], bool]:
    """Return whether a file (relative to the git root) is documentation only.

    `globs` are the user's, for the files of the project in `directory`. Without any, and elsewhere, a rule decides: it
    leaves out what lies among tests, and in `packages`, the folders of Python packages, where a text may be data. What
    says what is installed never is documentation.
    """
    chosen = matcher(globs, directory)
    start = f"{directory}/" if directory else ""

    def is_document(path: str) -> bool:
        if decides(path):
            return False
        return chosen(path) if globs and path.startswith(start) else _by_rule(path, packages)

    return is_document


def decides(path: str) -> bool:
    """Whether a file says what is installed or how this project is checked, like `requirements/dev.txt`."""
    folder, _, name = path.rpartition("/")
    parent = folder.rpartition("/")[2]
    return (
        matters(name)
        or (parent == "requirements" and matters(f"requirements/{name}"))
        or name in ("ci-actions.toml", "action.yml", "action.yaml")
        or path.startswith((".github/workflows/", ".github/actions/"))
    )


def _by_rule(path: str, packages: Collection[str]) -> bool:
    folder, _, name = path.rpartition("/")
    folders = folder.split("/") if folder else []
    if name.lower() in _NEVER or not _TESTED.isdisjoint(folders):
        return False
    if any("/".join(folders[: end + 1]) in packages for end in range(len(folders))):
        return False
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    if ending in (_WRITTEN if _FOLDERS.isdisjoint(folders) else _IN_DOCS):
        return True
    stem = name.lower().partition(".")[0]
    return ending in ("", ".txt", ".mit", ".apache") and stem.partition("-")[0] in _NAMES
