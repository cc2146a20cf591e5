"""The edge that reads: reports, data files, git, the work tree, the baseline -> Facts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ci_actions.coverage_gate import baseline, evidence, loosened, merge, reading, source_files, work_tree
from ci_actions.coverage_gate.change import ChangeUnderTest
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.discovery import discover
from ci_actions.coverage_gate.model import CoverageReport, Facts
from ci_actions.coverage_gate.paths import Repository, resolver
from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.globs import matcher
from ci_actions.kit.run import Edges

#: Above this many files the work tree is read only where a gate looks at single lines; elsewhere a file's size
#: bounds its lines.
READ_ALL = 2000


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return everything the decision stands on.

    Raises CannotJudge for a report that cannot be read; what is merely missing becomes a fact.
    """
    change = ChangeUnderTest.find(config, edges)
    beside = _BesideReading(change, edges)
    try:
        found = discover(config.files, config.format, edges.directory, edges.root)
        reports, data, warnings = reading.read_reports(config, edges, found, beside.work_ahead)
    finally:
        # Git is at work already, and is waited for also when a report cannot be read: no child outlives the run.
        beside.work()
    tracked = beside.tracked
    only = reading.needed_only(config, change.files, tracked, edges) if data else None
    if data:
        reports += (reading.analyse(config, edges, data, only),)
    repository = _repository(config, edges, tracked | {each.path for each in change.files or ()})
    reports, merged = _at_home(reports, repository, edges)
    facts = Facts(
        reports=reports,
        files=merged.files,
        others=frozenset(path for each in reports for path in each.others),
        everything=only is None,
        change=change.files,
        no_change=change.no_change,
        change_problem=change.problem,
        base=change.base.sha if change.base else "",
        base_how=change.base.how if change.base else "",
        head=change.head,
        head_time=change.head_time,
        blob_url=_blob_url(edges, change.head),
        directory=repository.directory,
        source=repository.source,
        now=edges.clock.now(),
        warnings=(*warnings, *change.warnings, *merged.warnings),
        conflicts=merged.conflicts,
    )
    facts = _with_work_tree(config, edges.root, facts, beside)
    before, note = baseline.fetch(config, edges.directory, edges.git, edges.http, edges.context)
    return replace(
        facts,
        baseline=before,
        baseline_note=note,
        update_baseline=_may_update(config, edges),
        history=baseline.history(edges.directory / config.history) if config.history else (),
        loosened=tuple(_loosened(config, edges, facts)),
    )


class _BesideReading:
    """What is found out while a second process reads a large report, else after the reports."""

    #: With more files than this, looking at all of them costs more than looking at the measured ones.
    FEW = 20_000

    def __init__(self, change: ChangeUnderTest, edges: Edges[Config]) -> None:
        self._change = change
        self._edges = edges
        self._done = False
        self.tracked: frozenset[str] = frozenset()
        self.sizes: dict[str, int] = {}

    def work(self) -> None:
        """Find out what changed and which files there are, once."""
        if not self._done:
            self._done = True
            self._change.complete(self._edges.git)
            self.tracked = work_tree.tracked(self._edges)

    def work_ahead(self) -> None:
        """Do that, and look at the sizes of the source files, which are sure to be asked for."""
        self.work()
        if not self.sizes and len(self.tracked) <= self.FEW:
            self.sizes = work_tree.sizes_of(self._edges.root, filter(source_files.is_code, self.tracked))


def _with_work_tree(config: Config, root: Path, facts: Facts, beside: _BesideReading) -> Facts:
    """Return the facts with what the work tree adds: how long the measured files are, and what stands in changed ones."""
    changes = [
        each
        for each in facts.change or ()
        if each.added and (each.path in facts.files or source_files.is_code(each.path))
    ]
    wanted = {each.path for each in changes}
    wanted.update(filter(matcher(config.critical_paths, facts.directory), facts.files))
    contents = dict(
        work_tree.contents_of(root, wanted if len(facts.files) > READ_ALL else wanted.union(facts.files))
    )
    unknown = _unknown(changes, facts)
    older = evidence.any_older(facts.reports, facts.head_time)
    source = facts.source
    if unknown and not source:
        source = source_files.detect(beside.tracked, facts.measured, facts.directory)
    return replace(
        facts,
        checkout=work_tree.checkout_of(root, facts.reports, contents, beside.sizes),
        texts=dict(work_tree.texts_of(contents, changes if older else unknown)),
        source=source,
    )


def _unknown(changes: Sequence[ChangedFile], facts: Facts) -> list[ChangedFile]:
    """Return the changed files in no report, or listed without a line: what is written there decides."""
    found = []
    for each in changes:
        file = facts.files.get(each.path)
        if each.path not in facts.others and not (file and file.measured | file.excluded):
            found.append(each)
    return found


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
    directory = edges.prefix
    roots = dict.fromkeys([edges.root.as_posix(), Path(os.path.realpath(edges.root)).as_posix()])
    folders = (each.replace("\\", "/").removeprefix("./").rstrip("/") for each in config.source)
    source = tuple("/".join(part for part in (directory, each) if part not in ("", ".")) for each in folders)
    return Repository(
        files=tracked, roots=tuple(roots), directory=directory, source=source, rules=config.path_map
    )


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
