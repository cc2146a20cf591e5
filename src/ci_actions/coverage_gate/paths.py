"""Pure: from the paths that reports write to paths relative to the git root.

Nothing is guessed: a path is taken when it names a file of the repository by one of the rules below,
in this order, else it stays as it is and the gate says that it is not in the checkout.

1. `path-map`, the first rule whose pattern is the beginning of the path;
2. as it is: absolute below the git root, or relative to the report's `<source>` folders, the working
   directory, the configured `source` folders, the git root;
3. a hosted runner's workspace (`/home/runner/work/r/r/…`, `D:/a/r/r/…`, `/__w/r/r/…`), which is the git
   root of another job;
4. by its ending, for formats whose paths start at an unknown package root (JaCoCo, Go), if only one file fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from posixpath import normpath

from ci_actions.coverage_gate.config import PathRule
from ci_actions.coverage_gate.model import CoverageReport

#: Workspaces of hosted runners and of jobs in containers: everything behind is relative to the git root.
_WORKSPACES = re.compile(
    r"(?:/home/runner/work|/Users/runner/work|[A-Za-z]:/a|/__w)/(?P<name>[^/]+)/(?P=name)/|/github/workspace/"
)
_DRIVE = re.compile(r"[A-Za-z]:/")


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What paths can lead to. `files` are relative to the git root; so is `directory`, empty for the root itself.

    `roots` are the spellings of the git root's absolute path (as given, and with links resolved).
    """

    files: frozenset[str]
    roots: tuple[str, ...]
    directory: str = ""
    source: tuple[str, ...] = ()
    rules: tuple[PathRule, ...] = ()
    _endings: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def ending_with(self, path: str) -> list[str]:
        """Return the files that are `path` or end with `/path`."""
        if not self._endings:
            for each in self.files:
                self._endings.setdefault(each.rpartition("/")[2], []).append(each)
        candidates = self._endings.get(path.rpartition("/")[2], [])
        return [each for each in candidates if each == path or each.endswith("/" + path)]


def resolver(report: CoverageReport, repository: Repository) -> Callable[[str], str]:
    """Return what turns a path of this report into a path relative to the git root, or leaves it as it is."""
    sources = [_slashed(each) for each in report.sources if each]
    known = repository.files
    # Most paths are plain and below a source folder: one look-up a file, which counts with ten thousand files.
    folders = dict.fromkeys(_candidates("", sources, repository)) if not repository.rules else {}
    starts = ["" if folder == "." else f"{folder}/" for folder in folders]

    def resolve(written: str) -> str:
        for start in starts:
            if start + written in known:
                return start + written
        path = _slashed(written)
        mapped = apply_rules(path, repository.rules)
        if mapped != path:
            return _first_known(_candidates(mapped, [], repository), known) or _tidy(mapped, repository)
        found = _first_known(_candidates(path, sources, repository), known)
        if found is None and report.relative_to_packages:
            found = _by_ending(path, repository)
        return found or _tidy(path, repository)

    return resolve


def apply_rules(path: str, rules: Sequence[PathRule]) -> str:
    """Return the path with the beginning replaced by the first rule that fits, whole folders only; `*` is one folder."""
    for rule in rules:
        pattern = "/".join(
            "[^/]*".join(map(re.escape, part.split("*")))
            for part in _slashed(rule.pattern).rstrip("/").split("/")
        )
        if (found := re.match(f"{pattern}(?:/|$)", path)) is not None:
            rest = path[found.end() :]
            start = _slashed(rule.replacement).rstrip("/")
            return "/".join(part for part in (start, rest) if part) or "."
    return path


def closest(path: str, measured: Iterable[str]) -> str:
    """Return the measured path that shares the longest ending with `path`, at least its file name; else nothing."""
    wanted = path.split("/")[::-1]
    best, best_length = "", 0
    for each in measured:
        length = 0
        for ours, theirs in zip(wanted, each.split("/")[::-1], strict=False):
            if ours != theirs:
                break
            length += 1
        if length > best_length:
            best, best_length = each, length
    return best


def _slashed(path: str) -> str:
    path = path.strip() if path != path.strip() and "\n" not in path else path
    if "\\" in path and ("/" not in path or _DRIVE.match(path.replace("\\", "/"))):
        path = path.replace("\\", "/")
    return path


def _candidates(path: str, sources: Sequence[str], repository: Repository) -> Iterator[str]:
    """Yield the paths relative to the git root that a written path can mean, likeliest first."""
    if _absolute(path):
        if (below := _below_root(path, repository.roots)) is not None:
            yield below
        elif workspace := _WORKSPACES.match(path):
            yield normpath(path[workspace.end() :])
        return
    for source in sources:
        yield from _candidates(normpath(f"{source}/{path}"), (), repository)
    for folder in (repository.directory, *repository.source, ""):
        joined = normpath(f"{folder}/{path}" if folder else path)
        if not joined.startswith("../"):
            yield joined


def _absolute(path: str) -> bool:
    return path.startswith("/") or _DRIVE.match(path) is not None


def _below_root(path: str, roots: Sequence[str]) -> str | None:
    tidy = normpath(path)
    for root in roots:
        start = root.rstrip("/") + "/"
        if tidy == root.rstrip("/"):
            return "."
        # A drive letter is written in either case.
        if tidy.startswith(start) or (_DRIVE.match(start) and tidy.lower().startswith(start.lower())):
            return tidy[len(start) :]
    return None


def _first_known(candidates: Iterable[str], known: frozenset[str]) -> str | None:
    return next((each for each in candidates if each in known), None)


def _tidy(path: str, repository: Repository) -> str:
    """Return how a path that names no known file is shown: relative to the git root where it is below it."""
    if _absolute(path):
        below = _below_root(path, repository.roots)
        return path if below is None else below
    return normpath(f"{repository.directory}/{path}" if repository.directory else path)


def _by_ending(path: str, repository: Repository) -> str | None:
    """Return the one file that a package path or a module path means; None when several could be meant."""
    segments = path.removeprefix("/").split("/")
    for start in range(len(segments)):
        found = repository.ending_with("/".join(segments[start:]))
        if repository.source and len(found) > 1:
            below = [
                each for each in found if any(each.startswith(f"{folder}/") for folder in repository.source)
            ]
            found = below or found
        if repository.directory and len(found) > 1:
            found = [each for each in found if each.startswith(f"{repository.directory}/")] or found
        if len(found) == 1 and (start == 0 or start < len(segments) - 1 or "/" not in found[0]):
            return found[0]
        if found:
            return None
    return None
