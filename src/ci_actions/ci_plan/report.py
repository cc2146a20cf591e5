"""Pure: outcome -> Report. What people read, in one place: the table, outputs, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.ci_plan import sharing
from ci_actions.ci_plan.config import Config
from ci_actions.ci_plan.model import Outcome
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result
from ci_actions.workflows.jobs import ALL_JOBS

NAME = "ci-plan"
#: Changed files that the summary lists.
_FILES = 50


def report(_: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    running = [job for job, decision in outcome.jobs.items() if decision.run]
    return Report(
        capability=NAME,
        result=Result.PASSED if running else Result.SKIPPED,
        exit_code=Exit.PASSED,
        headline=_headline(outcome, running),
        preface=tuple(_preface(outcome)),
        outputs=_outputs(outcome),
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        log=tuple(_log(outcome)),
        details=_details(outcome),
    )


def _headline(outcome: Outcome, running: Sequence[str]) -> str:
    if not running:
        return f"{NAME}: nothing runs: {_first_why(outcome)}"
    where = f" for {outcome.facts.directory}" if outcome.facts.directory else ""
    return f"{NAME}: {len(running)} of {len(outcome.jobs)} jobs run{where}: {', '.join(running)}"


def _first_why(outcome: Outcome) -> str:
    """Return the reason of the job that always has one: what changed, or its switch."""
    return outcome.jobs["security"].why


def _preface(outcome: Outcome) -> Iterator[str]:
    """Yield what must be read before the plan is believed."""
    if outcome.facts.loosened:
        yield "This change itself takes from what runs: " + "; ".join(outcome.facts.loosened) + "."
    yield from outcome.cautions


# --- for machines ----------------------------------------------------------------------------------


def jobs_as_json(outcome: Outcome) -> Mapping[str, object]:
    """Return what ci-aggregate needs: each job with `run` and `why`; of the tests also the runner and the shards."""
    found: dict[str, dict[str, object]] = {
        job: {"run": decision.run, "why": decision.why} for job, decision in outcome.jobs.items()
    }
    found["test"]["runner"] = outcome.runner
    found["test"]["shards"] = [
        {"id": each.id, "python": each.python, "shard": each.shard} for each in outcome.shards
    ]
    return found


def _outputs(outcome: Outcome) -> Mapping[str, str]:
    entries = outcome.shards or (sharing.NONE,)
    frontend = outcome.facts.frontend
    return {
        "jobs-json": json.dumps(jobs_as_json(outcome)),
        **{job: "true" if _runs(outcome, job) else "false" for job in ALL_JOBS},
        "python": outcome.python,
        "python-project": "true" if outcome.facts.signs.python else "false",
        "versions": json.dumps(outcome.versions),
        "test-matrix": json.dumps({"include": [each.as_json() for each in entries]}),
        "expect-reports": "\n".join(each.id for each in outcome.shards),
        "durations-used": "true" if outcome.facts.recorded.given and _is_split(outcome) else "false",
        "frontend-directory": frontend.folder if frontend and _runs(outcome, "frontend") else "",
        "name": outcome.name,
    }


def _runs(outcome: Outcome, job: str) -> bool:
    """Return whether a job runs; one of another workflow does not."""
    return job in outcome.jobs and outcome.jobs[job].run


def _is_split(outcome: Outcome) -> bool:
    return len(outcome.shards) > len(outcome.versions)


def _details(outcome: Outcome) -> Mapping[str, object]:
    facts = outcome.facts
    return {
        "jobs": jobs_as_json(outcome),
        "base": facts.base,
        "base-how": facts.base_how,
        "no-change": facts.no_change,
        "problem": facts.problem,
        "changed": None if facts.changed is None else len(facts.changed),
        "own": list(outcome.own),
        "belonging": list(facts.belonging.folders),
        "python": {"version": outcome.python, "why": outcome.python_why},
        "versions": {"versions": list(outcome.versions), "why": outcome.versions_why},
        "shards-why": outcome.shards_why,
        "loosened": list(facts.loosened),
        "warnings": list(outcome.warnings),
    }


# --- for people ------------------------------------------------------------------------------------


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    for said in (*_preface(outcome), *outcome.warnings):
        yield Annotation(level=Level.WARNING, title=NAME, message=said)


def _summary(outcome: Outcome) -> Iterator[str]:
    rows = [
        [job, "yes" if decision.run else "no", markdown.escape(decision.why)]
        for job, decision in outcome.jobs.items()
    ]
    yield markdown.table(("Job", "Runs", "Why"), rows)
    yield markdown.table(("", ""), [[name, markdown.escape(text)] for name, text in _about(outcome)])
    if outcome.own:
        listed = "\n".join(f"- {markdown.code(each)}" for each in outcome.own[:_FILES])
        more = f"\n- … and {len(outcome.own) - _FILES} more" if len(outcome.own) > _FILES else ""
        yield markdown.details(f"Changed files of this project ({len(outcome.own)})", listed + more)


def _about(outcome: Outcome) -> Iterator[tuple[str, str]]:
    facts = outcome.facts
    yield "Changed", _changed(outcome)
    if facts.belonging.folders:
        yield "Belongs to it", ", ".join(facts.belonging.folders)
    if outcome.python:
        yield "Python", f"{outcome.python}, from {outcome.python_why}"
        yield "Versions", f"{', '.join(outcome.versions)}, from {outcome.versions_why}"
    if outcome.shards:
        each = len(outcome.shards) // max(len(outcome.versions), 1)
        yield "Shards", f"{each} a version: {outcome.shards_why}" if outcome.python else outcome.shards_why


def _changed(outcome: Outcome) -> str:
    facts = outcome.facts
    if facts.changed is None:
        return facts.no_change or "unknown"
    count = len(facts.changed)
    files = "1 file" if count == 1 else f"{count} files"
    part = f", {len(outcome.own)} of this project" if facts.directory else ""
    return f"{files}{part}, against {facts.base_how}"


def _log(outcome: Outcome) -> Iterator[str]:
    for job, decision in outcome.jobs.items():
        yield f"{'runs ' if decision.run else 'skips'} {job:<9} {decision.why}"
    for name, text in _about(outcome):
        yield f"{name}: {text}"
