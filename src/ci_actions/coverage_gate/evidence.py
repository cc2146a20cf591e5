"""Pure: reasons not to believe what was measured. Any of them means that there is no verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ci_actions.coverage_gate import source_files
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.model import CoverageReport, Facts, FileCoverage, Unmeasured
from ci_actions.coverage_gate.paths import closest
from ci_actions.kit import lines

#: Some producers name one line behind the last, the end of the file.
END_OF_FILE = 1
_SHOWN = 3


def problems(config: Config, facts: Facts, unmeasured: Sequence[Unmeasured]) -> Iterator[str]:
    """Yield every reason for having no verdict, in the user's words."""
    yield from _empty(facts.reports)
    for report in facts.reports:
        yield from (f"{report.file}: {each}" for each in report.problems)
    yield from _missing_reports(config, facts.reports)
    yield from _elsewhere(facts)
    yield from _stale(facts)
    yield from _outdated(facts)
    if config.on_unmeasured_file == "fail":
        yield from (_unmeasured(each, len(facts.reports)) for each in unmeasured)


def warnings(config: Config, facts: Facts, unmeasured: Sequence[Unmeasured]) -> Iterator[str]:
    """Yield what the reader should know although it does not decide."""
    yield from facts.warnings
    for report in facts.reports:
        yield from (f"{report.file}: {each}" for each in report.warnings)
        if _is_older(report, facts.head_time):
            yield f"{report.file} is older than the newest commit; were the tests run on this revision?"
    for path in facts.conflicts:
        names = [report.file for report in facts.reports if any(each.path == path for each in report.files)]
        yield f"{path} was not the same file when {' and '.join(names[:_SHOWN])} measured it."
    if config.on_unmeasured_file == "warn":
        yield from (_unmeasured(each, len(facts.reports)) for each in unmeasured)


def find_unmeasured(config: Config, facts: Facts) -> Iterator[Unmeasured]:
    """Yield the changed source files with changed code of which no report knows."""
    if facts.change is None or config.on_unmeasured_file == "ignore":
        return
    measured = facts.measured
    matches = source_files.is_source(
        facts.source, config.exclude, measured, facts.directory, named=bool(config.source)
    )
    for file in facts.change:
        if file.status == "D" or not file.added or not matches(file.path):
            continue
        text = facts.texts.get(file.path)
        if file.path in measured:
            # Listed, and nothing known of it: as good as not listed, if there is something to know.
            listed = facts.files.get(file.path)
            empty = listed is not None and not listed.measured | listed.excluded
            changed = source_files.statements(file.path, text or ()) & file.added if empty else 0
        else:
            changed = file.added if text is None else source_files.code_lines(file.path, text, file.added)
        if changed:
            yield Unmeasured(path=file.path, lines=changed, closest=closest(file.path, measured))


def _places(name: str, report: str) -> Iterator[tuple[int, int]]:
    """Yield where a report's path carries a shard's name as a whole word: `coverage-windows-3.12/coverage.xml`."""
    for found in re.finditer(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", report):
        yield found.span()


def _shards_in(report: str, shards: Iterable[str]) -> set[str]:
    """Return the shards whose names a report's path carries, but not as a piece of another shard's longer name."""
    found = [(start, end, shard) for shard in shards for start, end in _places(shard, report)]
    return {
        shard
        for start, end, shard in found
        if not any(first <= start and end <= last and last - first > end - start for first, last, _ in found)
    }


def _unmeasured(each: Unmeasured, reports: int) -> str:
    said = (
        f"Changed source file {each.path} is in none of the {reports} coverage reports. "
        if reports > 1
        else (f"Changed source file {each.path} is not in the coverage report. ")
    )
    hint = f" Closest measured path: {each.closest}." if each.closest else ""
    return (
        f"{said}Was it imported by the tests (coverage 'source' setting), or is a path-map needed?{hint} "
        "If nothing has to test it, name it in exclude."
    )


def _empty(reports: Iterable[CoverageReport]) -> Iterator[str]:
    for report in reports:
        if not report.others and not any(each.measured for each in report.files):
            yield f"{report.file} holds 0 measurable lines. Treating as an error, not as 100%."


def _missing_reports(config: Config, reports: Sequence[CoverageReport]) -> Iterator[str]:
    names = [name for each in reports for name in each.names]
    if config.expects_number:
        wanted = int(config.expect_reports[0])
        if len(names) < wanted:
            yield (
                f"Expected {wanted} coverage reports (expect-reports), found {len(names)}: "
                f"{', '.join(names)}. Refusing to gate on partial data."
            )
        return
    missing = _unserved(config.expect_reports, names)
    if missing:
        shards = ", ".join(f"'{shard}'" for shard in missing)
        yield (
            f"Expected {len(config.expect_reports)} coverage reports (expect-reports), found "
            f"{len(config.expect_reports) - len(missing)}: missing {shards}. Refusing to gate on partial data."
        )


def _unserved(shards: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the shards that brought no report of their own: no report of `linux-arm` is one of `linux`."""
    carried = [_shards_in(name, shards) for name in names]
    served: dict[int, int] = {}

    def serve(shard: int, tried: set[int]) -> bool:
        for report, found in enumerate(carried):
            if report in tried or shards[shard] not in found:
                continue
            tried.add(report)
            if report not in served or serve(served[report], tried):
                served[report] = shard
                return True
        return False

    for shard in sorted(range(len(shards)), key=lambda shard: -len(shards[shard])):
        serve(shard, set())
    return [name for shard, name in enumerate(shards) if shard not in served.values()]


def _elsewhere(facts: Facts) -> Iterator[str]:
    """Yield reports that measured nothing that is in the checkout: they speak of other files, or of nowhere."""
    for report in facts.reports:
        measured = [each.path for each in report.files if each.measured]
        if measured and not any(path in facts.checkout for path in measured):
            yield (
                f"None of the {len(measured)} files measured by {report.file} is in this checkout "
                f"({', '.join(measured[:_SHOWN])}{', …' if len(measured) > _SHOWN else ''}). "
                "Is the repository checked out, and is a path-map needed, like '/app => .'?"
            )


def _stale(facts: Facts) -> Iterator[str]:
    for report in facts.reports:
        found = [said for each in report.files if (said := _staleness(each, facts))]
        if found:
            more = f" The same goes for {len(found) - 1} more files." if len(found) > 1 else ""
            yield f"{report.file} is stale: {found[0]}{more} Run the tests on this revision again."


def _staleness(file: FileCoverage, facts: Facts) -> str:
    here = facts.checkout.get(file.path)
    if here is None:
        return ""
    end = lines.last(file.measured)
    if end > here.lines + END_OF_FILE:
        return f"it measured {file.path} up to line {end}, but the file has {here.lines} lines."
    if file.digest and here.digest and file.digest != here.digest:
        return f"it measured another version of {file.path}."
    return ""


def any_older(reports: Iterable[CoverageReport], head_time: float | None) -> bool:
    """Whether any report is older than the commit under test."""
    return any(_is_older(each, head_time) for each in reports)


def _is_older(report: CoverageReport, head_time: float | None) -> bool:
    """Whether a report is older than the commit under test; a clock may be a second off."""
    return bool(report.timestamp and head_time and report.timestamp + 1 < head_time)


def _outdated(facts: Facts) -> Iterator[str]:
    """Yield the older reports that know a changed file, but none of its changed code: they were made before the change."""
    older = [report for report in facts.reports if _is_older(report, facts.head_time)]
    for report in older:
        measured = {each.path for each in report.files if each.measured}
        for file in facts.change or ():
            known = facts.files.get(file.path)
            if file.path not in measured or known is None or (known.measured | known.excluded) & file.added:
                continue
            if source_files.statements(file.path, facts.texts.get(file.path, ())) & file.added:
                yield (
                    f"{report.file} is stale: it is older than the newest commit and knows none of the changed lines of "
                    f"{file.path}. Run the tests on this revision again."
                )
                break
