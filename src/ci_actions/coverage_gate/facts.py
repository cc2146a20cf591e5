"""The edge that reads: reports, data files, git, the work tree, the baseline -> Facts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ci_actions.coverage_gate import baseline, evidence, formats, loosened, merge, source_files
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.discovery import Discovery, Found, discover
from ci_actions.coverage_gate.model import Checkout, CoverageReport, Facts
from ci_actions.coverage_gate.paths import Repository, resolver
from ci_actions.kit.base import Base, Compare, NoBase, resolve_base
from ci_actions.kit.diff import Change, ChangedFile
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.git import Git, changed, foresee
from ci_actions.kit.globs import matcher
from ci_actions.kit.run import Edges

if TYPE_CHECKING:
    from mmap import mmap

#: Above this many files the work tree is read only where a gate looks at single lines; elsewhere a file's size bounds its lines.
READ_ALL = 2000
#: Reports of this size and more are mapped, not read: their pages can be dropped again.
LARGE = 1 << 20


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return everything the decision stands on.

    Raises CannotJudge for a report that cannot be read; what is merely missing becomes a fact.
    """
    change = _Change.find(config, edges)
    try:
        found = discover(config.files, config.format, edges.directory, edges.root)
        reports, data, warnings = _read_reports(config, edges, found)
    finally:
        # Git is at work already, and is waited for also when a report cannot be read: no child outlives the run.
        change.complete(edges.git)
        tracked = _tracked(edges)
    everything = True
    if data:
        only = _needed_only(config, change.files, tracked, edges)
        everything = only is None
        reports += (_analyse(config, edges, data, only),)
    repository = _repository(config, edges, tracked | {each.path for each in change.files or ()})
    reports, merged = _at_home(reports, repository, edges)
    changes = [
        each
        for each in change.files or ()
        if each.added and (each.path in merged.files or source_files.is_code(each.path))
    ]
    exact = {each.path for each in changes} | set(
        filter(matcher(config.critical_paths, repository.directory), merged.files)
    )
    contents = dict(
        _contents(edges.root, exact if len(merged.files) > READ_ALL else exact | merged.files.keys())
    )
    checkout = _checkout(edges.root, reports, contents)
    directory = repository.directory
    others = frozenset(path for each in reports for path in each.others)
    # In no report, or listed without a line: what is written there decides.
    known = {path for path, file in merged.files.items() if file.measured | file.excluded} | others
    unknown = [each for each in changes if each.path not in known]
    source = repository.source
    if unknown and not source:
        source = source_files.detect(tracked, [*merged.files, *others], directory)
    facts = Facts(
        reports=reports,
        files=merged.files,
        others=others,
        everything=everything,
        change=change.files,
        no_change=change.no_change,
        change_problem=change.problem,
        base=change.base.sha if change.base else "",
        base_how=change.base.how if change.base else "",
        head=change.head,
        blob_url=_blob_url(edges, change.head),
        directory=directory,
        checkout=checkout,
        texts=dict(_texts(contents, changes if evidence.any_older(reports, change.head_time) else unknown)),
        source=source,
        head_time=change.head_time,
        now=edges.clock.now(),
        warnings=(*warnings, *change.warnings, *merged.warnings),
        conflicts=merged.conflicts,
    )
    before, note = baseline.fetch(config, edges.directory, edges.git, edges.http, edges.context)
    return replace(
        facts,
        baseline=before,
        baseline_note=note,
        update_baseline=_may_update(config, edges),
        history=baseline.history(edges.directory / config.history) if config.history else (),
        loosened=tuple(_loosened(config, edges, facts)),
    )


class _Change:
    """The change under test, or why there is none."""

    def __init__(self) -> None:
        self.files: tuple[ChangedFile, ...] | None = None
        self.base: Base | None = None
        self.no_change = ""
        self.problem = ""
        self.head = ""
        self.head_time: float | None = None
        self.warnings: tuple[str, ...] = ()

    @classmethod
    def find(cls, config: Config, edges: Edges[Config]) -> _Change:
        """Ask git; what keeps it from answering is a fact, because not every gate needs a change."""
        made = cls()
        try:
            (commit,) = edges.git.commits("HEAD")
            if commit:
                made.head, made.head_time = commit.sha, float(commit.time)
            base = resolve_base(config.base, config.deepen, edges.context, edges.git, _compare(config, edges))
            if isinstance(base, NoBase):
                made.no_change = base.reason
                return made
            made.base = base
            foresee(edges.git, base)
        except CannotJudge as why:
            made.problem = " ".join(why.problems)
        return made

    def complete(self, git: Git) -> None:
        """Ask what changed since the base; git has been working on the answer."""
        if self.base is None:
            return
        try:
            found: Change = changed(git, self.base)
            self.files, self.warnings = found.files, found.warnings
        except CannotJudge as why:
            self.problem = " ".join(why.problems)


def _compare(config: Config, edges: Edges[Config]) -> Compare | None:
    """Return what asks GitHub for a merge base, where there is a token to ask with."""
    repository = edges.context.repository
    if not config.github_token or not repository or not edges.context.github:
        return None
    return lambda base, head: edges.http.merge_base(repository, base, head)


def _tracked(edges: Edges[Config]) -> frozenset[str]:
    """Return the files of the repository, relative to the git root; outside of git those of the working directory."""
    try:
        return frozenset(edges.git.tracked())
    except CannotJudge:
        found = (
            Path(folder, name).relative_to(edges.root).as_posix()
            for folder, _, names in os.walk(edges.directory)
            for name in names
        )
        return frozenset(found)


def _at_home(
    reports: tuple[CoverageReport, ...], repository: Repository, edges: Edges[Config]
) -> tuple[tuple[CoverageReport, ...], merge.Merged]:
    """Return the reports with paths of the repository, and all of them merged.

    Files that git does not track are looked for only when a report names one: the search walks the work tree.
    """
    found = tuple(_resolved(each, repository) for each in reports)
    merged = merge.merge(file for report in found for file in report.files)
    if not merged.files.keys() <= repository.files:
        try:
            more = frozenset(edges.git.untracked())
        except CannotJudge:
            return found, merged
        if more - repository.files:
            known = replace(repository, files=repository.files | more)
            found = tuple(_resolved(each, known) for each in reports)
            merged = merge.merge(file for report in found for file in report.files)
    return found, merged


def _repository(config: Config, edges: Edges[Config], tracked: frozenset[str]) -> Repository:
    directory = edges.directory.relative_to(edges.root).as_posix()
    directory = "" if directory == "." else directory
    roots = dict.fromkeys([edges.root.as_posix(), Path(os.path.realpath(edges.root)).as_posix()])
    folders = (each.replace("\\", "/").removeprefix("./").rstrip("/") for each in config.source)
    source = tuple("/".join(part for part in (directory, each) if part not in ("", ".")) for each in folders)
    return Repository(
        files=tracked, roots=tuple(roots), directory=directory, source=source, rules=config.path_map
    )


# --- reports -------------------------------------------------------------------------------------


def _read_reports(
    config: Config, edges: Edges[Config], found: Discovery
) -> tuple[tuple[CoverageReport, ...], list[Found], list[str]]:
    """Return the reports with the paths they wrote, the data files that coverage.py has to analyse, and warnings."""
    if not config.files:
        edges.progress(f"coverage reports found: {', '.join(each.name for each in found.files)}")
        if found.left_aside:
            edges.progress(f"left aside, as they stand beside better ones: {', '.join(found.left_aside)}")
    reports = []
    data = []
    seen: dict[bytes, str] = {}
    warnings = []
    for each in found.files:
        kind = formats.Format(each.forced) if each.forced else formats.recognise(each.name, head(each.path))
        if kind is formats.Format.DATA:
            data.append(each)
            continue
        report, fingerprint = _read(each, kind, counts=bool(config.cobertura_out))
        if other := seen.get(fingerprint):
            warnings.append(f"{each.name} and {other} are byte for byte the same report.")
        seen[fingerprint] = each.name
        reports.append(report)
    return tuple(reports), data, warnings


def _read(found: Found, kind: formats.Format, *, counts: bool) -> tuple[CoverageReport, bytes]:
    from mmap import ACCESS_READ, mmap

    try:
        with found.path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < LARGE:
                content = file.read()
                return formats.read(found.name, content, kind, counts=counts), _fingerprint(content)
            with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
                return formats.read(found.name, mapped, kind, counts=counts), _fingerprint(mapped)
    except OSError as denied:
        raise CannotJudge(f"{found.name} cannot be read: {denied.strerror}.") from denied


def _fingerprint(content: bytes | mmap) -> bytes:
    """Return what tells two reports apart; for a large one its length and its ends, where the differences are."""
    from zlib import crc32

    return b"%d-%d-%d" % (len(content), crc32(content[:LARGE]), crc32(content[-LARGE:]))


def head(path: Path) -> bytes:
    """Return the beginning of a file, enough to tell its format."""
    try:
        with path.open("rb") as file:
            return file.read(formats.HEAD)
    except OSError as denied:
        raise CannotJudge(f"{path} cannot be read: {denied.strerror}.") from denied


def _analyse(
    config: Config, edges: Edges[Config], data: Sequence[Found], only: Sequence[str] | None
) -> CoverageReport:
    """Analyse coverage.py data files in the interpreter that made them."""
    names = tuple(each.name for each in data)
    label = names[0] + (f" (+{len(names) - 1})" if len(names) > 1 else "")
    report = as_report(label, collect(config, edges, data, only))
    return replace(report, parts=names if len(names) > 1 else ())


def as_report(label: str, document: Mapping[str, object]) -> CoverageReport:
    """Return what the agent said as the same report that its file is read as, checked the same way."""
    return formats.read(label, json.dumps(document).encode(), formats.Format.COLLECTED)


def collect(
    config: Config, edges: Edges[Config], data: Sequence[Found], only: Sequence[str] | None = None
) -> dict[str, object]:
    """Return what the agent says of the data files, in the job's own interpreter."""
    from ci_actions.coverage_gate import data_files

    python = data_files.find_python(
        config.python, which=edges.which, venv=_environment(edges), windows=os.name == "nt"
    )
    shown = data[0].name + (f" and {len(data) - 1} more" if len(data) > 1 else "")
    edges.progress(f"analysing {shown} with {' '.join(python)}")
    request = data_files.Request(
        data=tuple(each.path for each in data),
        root=edges.directory,
        only=None if only is None else tuple(only),
        jobs=os.cpu_count() or 1,
        vendor=_own_coverage(),
    )
    return data_files.collect(edges.process, python, request)


def _own_coverage() -> Path | None:
    """Return the folder of our own dependencies, for an interpreter of the job that has no coverage."""
    from importlib.util import find_spec

    found = find_spec("coverage")
    return Path(found.origin).parents[1] if found and found.origin else None


def _environment(edges: Edges[Config]) -> str:
    """Return the environment of the project: the activated one, else the `.venv` that uv and others make."""
    own = edges.directory / ".venv"
    return edges.environ.get("VIRTUAL_ENV", "") or (str(own) if own.is_dir() else "")


def _needed_only(
    config: Config, change: Sequence[ChangedFile] | None, tracked: frozenset[str], edges: Edges[Config]
) -> list[str] | None:
    """Return the only files whose analysis any gate needs; None when one needs all."""
    together = [gate for gate in config.gate if gate.scope != "new-code" and not gate.paths]
    if config.min_overall is not None or together or config.baseline != "none":
        return None
    if config.html or config.badge or config.cobertura_out or change is None:
        return None
    directory = edges.directory.relative_to(edges.root).as_posix()
    patterns = [*config.critical_paths, *(path for gate in config.gate for path in gate.paths)]
    wanted = matcher(patterns, "" if directory == "." else directory)
    paths = {each.path for each in change if each.status != "D"} | set(filter(wanted, tracked))
    return sorted(str(edges.root / path) for path in paths)


def _resolved(report: CoverageReport, repository: Repository) -> CoverageReport:
    """Return the report with paths relative to the git root; two names of one file become one."""
    resolve = resolver(report, repository)
    parts = [
        file if (path := resolve(file.path)) == file.path else replace(file, path=path)
        for file in report.files
    ]
    if len({file.path for file in parts}) < len(parts):
        parts = list(merge.merge(parts).files.values())
    return replace(report, files=tuple(parts), others=tuple(map(resolve, report.others)))


# --- the work tree ---------------------------------------------------------------------------------


def _contents(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that exist, with what they hold."""
    base = os.fspath(root)
    for path in paths:
        try:
            with open(f"{base}/{path}", "rb") as file:
                yield path, file.read()
        except OSError:
            continue


def _checkout(
    root: Path, reports: Iterable[CoverageReport], contents: Mapping[str, bytes]
) -> Mapping[str, Checkout]:
    """Return how many lines the measured files have: exactly, or no more than their size allows."""
    digested = {file.path for report in reports for file in report.files if file.digest}
    found: dict[str, Checkout] = {}
    base = os.fspath(root)
    for path in {file.path for report in reports for file in report.files}:
        content = contents.get(path)
        if content is not None:
            found[path] = Checkout(_line_count(content), _digest(content) if path in digested else "")
            continue
        try:
            found[path] = Checkout(os.stat(f"{base}/{path}").st_size)
        except OSError:
            continue
    return found


def _line_count(content: bytes) -> int:
    """Return how many lines a file has, whatever ends them."""
    count = content.count(b"\n") or content.count(b"\r")
    return count + (bool(content) and not content.endswith((b"\n", b"\r")))


def _digest(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _texts(
    contents: Mapping[str, bytes], unknown: Iterable[ChangedFile]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the lines of changed files that are looked at: those in no report, and those with a pragma."""
    wanted = {each.path for each in unknown}
    for path, content in contents.items():
        if path in wanted or (path.endswith(".py") and b"pragma" in content.lower()):
            yield path, tuple(content.decode("utf-8", "replace").split("\n"))


def _loosened(config: Config, edges: Edges[Config], facts: Facts) -> Iterator[str]:
    """Yield what the change makes milder: our settings, coverage.py's, and pragmas in changed lines."""
    if not facts.base or facts.change is None:
        return
    before = edges.config_at(facts.base)
    if before is not None:
        yield from loosened.settings(before, config)
    for path in loosened.COVERAGE_FILES:
        where = "/".join(part for part in (facts.directory, path) if part)
        if any(each.path == where for each in facts.change):
            file = edges.root / where
            after = file.read_bytes() if file.is_file() else None
            yield from loosened.coverage_settings(where, edges.git.show(facts.base, where), after)
    for each in facts.change:
        if each.path.endswith(".py"):
            yield from loosened.pragmas(each.path, facts.texts.get(each.path, ()), each.added)


def _blob_url(edges: Edges[Config], head: str) -> str:
    context = edges.context
    return f"{context.server_url}/{context.repository}/blob/{head}" if context.repository and head else ""


def _may_update(config: Config, edges: Edges[Config]) -> bool:
    """Whether this run may write a new baseline: never from a change, unless the user wants it always."""
    if config.ratchet_update != "default-branch":
        return config.ratchet_update == "always"
    context = edges.context
    return context.github and context.is_default_branch and not context.is_pull_request
