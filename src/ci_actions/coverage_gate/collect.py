"""The phase `collect`: analyse the data files where they were made, and hand on what a later job merges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ci_actions.coverage_gate import formats, reading
from ci_actions.coverage_gate.config import Config
from ci_actions.coverage_gate.discovery import discover
from ci_actions.coverage_gate.model import CoverageReport
from ci_actions.kit import lines, markdown
from ci_actions.kit.errors import CannotJudge, Exit
from ci_actions.kit.report import Annotation, Level, Product, Report, Result
from ci_actions.kit.run import Edges

#: Where coverage.py puts its data: one name, or one for each process.
DATA_FILES = (".coverage*",)


@dataclass(frozen=True)
class Collected:
    """What the agent said: the document to hand on, and the same as a report."""

    document: Mapping[str, object]
    report: CoverageReport


def gather(config: Config, edges: Edges[Config]) -> Collected:
    """Return the analysis of all coverage.py data files that `files` means.

    Raises CannotJudge when there is none, or when the agent cannot read one.
    """
    found = discover(config.files or DATA_FILES, config.format, edges.directory, edges.root).files
    data = [
        each for each in found if formats.recognise(each.name, reading.head(each.path)) is formats.Format.DATA
    ]
    if not data:
        raise CannotJudge(
            f"collect analyses coverage.py data files, but {', '.join(each.name for each in found)} is none.",
            advice="Name the data files with files; other reports can be handed on as they are.",
        )
    document = reading.collect(config, edges, data)
    return Collected(document, reading.as_report(config.collect, document))


def decide(_: Config, found: Collected) -> Collected:
    """Return what was found: nothing is judged here."""
    return found


def report(config: Config, outcome: Collected) -> Report:
    """Return what was collected; what could not be analysed keeps the later gate from a verdict, so it does here."""
    found = outcome.report
    problems = (
        *found.problems,
        *(() if any(each.measured for each in found.files) else ("0 measurable lines",)),
    )
    measured = sum(lines.count(each.measured) for each in found.files)
    said = f"{len(found.files)} files, {measured} lines by {found.tool} on Python {found.interpreter}"
    return Report(
        capability="coverage-gate",
        result=Result.ERROR if problems else Result.PASSED,
        exit_code=Exit.CANNOT_JUDGE if problems else Exit.PASSED,
        headline=f"coverage-gate: collected {said}",
        preface=found.cautions,
        annotations=tuple(
            Annotation(level=Level.ERROR, title="coverage-gate: cannot be analysed", message=each)
            for each in problems
        ),
        summary=("\n".join(f"- {markdown.escape(each)}" for each in problems),) if problems else (),
        show_summary=config.summary,
        products=(
            Product("collected-file", "collected.json", lambda: json.dumps(outcome.document), config.collect),
        ),
        folder=config.report_dir,
    )
