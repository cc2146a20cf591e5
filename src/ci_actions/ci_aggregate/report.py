"""Pure: outcome -> Report. What people read, in one place: the table of jobs, failed and slow tests, outputs, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.ci_aggregate.config import Config
from ci_actions.ci_aggregate.model import Judged, Outcome, Verdict
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit, worst
from ci_actions.kit.report import Annotation, Level, Product, Report, Result
from ci_actions.project import durations
from ci_actions.workflows.shards import FAILED, FLAKY, Record

NAME = "ci-aggregate"
_FAILED_ROWS = 100
_SLOWEST = 10
_MARKS = {Verdict.GREEN: "✅", Verdict.NOT_MET: "❌", Verdict.UNKNOWN: "⛔"}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    code = _code(outcome)
    red = _red(outcome)
    return Report(
        capability=NAME,
        result={Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}.get(code, Result.ERROR),
        exit_code=code,
        headline=f"{NAME}: {_headline(outcome)}",
        outputs={"failed-jobs-json": json.dumps(red)},
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        next_step=_next_step(outcome),
        log=tuple(_log(outcome)),
        details=_details(outcome, red),
        products=tuple(_products(config, outcome)),
    )


def _code(outcome: Outcome) -> Exit:
    proof, verdicts = outcome.proof, {each.verdict for each in outcome.jobs}
    causes = (
        (Exit.CANNOT_JUDGE, Verdict.UNKNOWN in verdicts or bool(proof.problems)),
        (Exit.NOT_MET, Verdict.NOT_MET in verdicts or bool(proof.failures)),
    )
    return worst(code for code, found in causes if found)


def _red(outcome: Outcome) -> list[str]:
    """Return the jobs that keep the run from being green: `test` also when its shards alone say so."""
    bad = {each.name for each in outcome.jobs if each.verdict is not Verdict.GREEN}
    if outcome.proof.problems or outcome.proof.failures:
        bad.add("test")
    return [each.name for each in outcome.jobs if each.name in bad]


# --- words -----------------------------------------------------------------------------------------


def _causes(outcome: Outcome) -> list[str]:
    """Return what went wrong by itself, one sentence each."""
    return [
        *(_sentence(each.why) for each in _red_jobs(outcome) if not each.follows),
        *outcome.proof.problems,
        *outcome.proof.failures,
    ]


def _red_jobs(outcome: Outcome) -> list[Judged]:
    return [each for each in outcome.jobs if each.verdict is not Verdict.GREEN]


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."


def _headline(outcome: Outcome) -> str:
    causes = _causes(outcome)
    if causes:
        others = len(causes) - 1 + sum(bool(each.follows) for each in _red_jobs(outcome))
        more = f" (and {others} more {'reason' if others == 1 else 'reasons'})" if others else ""
        return f"not green. {causes[0].rstrip('.')}{more}"
    ran = sum(each.asked is True for each in outcome.jobs)
    idle = sum(each.asked is False for each in outcome.jobs)
    left = f", {idle} had nothing to do" if idle else ""
    return f"green. All jobs that were asked for succeeded ({ran}){left}{_tested(outcome)}"


def _tested(outcome: Outcome) -> str:
    tests = {name for each in outcome.proof.records for name in each.tests}
    versions = {each.python for each in outcome.proof.records}
    if not tests:
        return ""
    on = f" on {len(versions)} versions of Python" if len(versions) > 1 else ""
    flaky = _flaky(outcome)
    not_at_once = f", {len(flaky)} of them flaky" if flaky else ""
    return f"; {len(tests)} {'test' if len(tests) == 1 else 'tests'}{on}{not_at_once}"


def _flaky(outcome: Outcome) -> list[str]:
    """Return the tests that passed only when they were run again, in any shard."""
    found = (
        name for each in outcome.proof.records for name, test in each.tests.items() if test.outcome == FLAKY
    )
    return sorted(set(found))


def _next_step(outcome: Outcome) -> str:
    first = next(iter(_red_jobs(outcome)), None)
    if first and first.verdict is Verdict.NOT_MET:
        return f"look at the job {first.follows or first.name}: its summary says what it needs"
    if first:
        return "hand toJSON(needs) on, and list every job of the workflow in needs"
    if outcome.proof.problems:
        return "run all jobs again; if this stays, the artifacts of the shards and the log of the job test say why"
    return "look at the job test" if outcome.proof.failures else ""


# --- for machines ----------------------------------------------------------------------------------


def _details(outcome: Outcome, red: Sequence[str]) -> Mapping[str, object]:
    return {
        "failed-jobs": list(red),
        "jobs": [
            {
                "name": each.name,
                "asked": each.asked,
                "result": each.result,
                "verdict": each.verdict.value,
                "why": each.why,
            }
            for each in outcome.jobs
        ],
        "problems": list(outcome.proof.problems),
        "failures": list(outcome.proof.failures),
        "warnings": list(outcome.warnings),
        "flaky": _flaky(outcome),
        "shards": [
            {
                "id": each.id,
                "python": each.python,
                "shard": each.shard,
                "tests": len(each.tests),
                "failed": _failed(each),
                "seconds": each.seconds,
                "exit": each.exit,
            }
            for each in outcome.proof.records
        ],
    }


def _failed(record: Record) -> list[str]:
    return sorted(name for name, test in record.tests.items() if test.outcome in FAILED)


def _products(config: Config, outcome: Outcome) -> Iterator[Product]:
    found = outcome.durations
    if config.durations_out and found is not None:
        yield Product(
            "durations-file", "durations.json", lambda: durations.render(found), config.durations_out
        )


# --- for people ------------------------------------------------------------------------------------


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    for cause in _causes(outcome):
        yield Annotation(level=Level.ERROR, title=f"{NAME}: not green", message=cause)
    for warning in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=warning)


def _summary(outcome: Outcome) -> Iterator[str]:
    rows = [
        [
            each.name,
            _asked(each),
            f"{_MARKS[each.verdict]} {markdown.escape(each.result)}",
            markdown.escape(each.why),
        ]
        for each in outcome.jobs
    ]
    yield markdown.table(("Job", "Asked for", "Result", "Why"), rows)
    if said := (*outcome.proof.problems, *outcome.proof.failures, *outcome.warnings):
        yield "\n".join(f"- {markdown.escape(each)}" for each in said)
    failed = [[markdown.code(name), each.id] for each in outcome.proof.records for name in _failed(each)]
    if failed:
        yield markdown.table(("Failed test", "Shard"), failed, limit=_FAILED_ROWS)
    if flaky := _flaky(outcome):
        rows = [[markdown.code(name)] for name in flaky]
        yield markdown.table(("Flaky: passed only when run again",), rows, limit=_FAILED_ROWS)
    if outcome.proof.records:
        yield markdown.details(f"Shards ({len(outcome.proof.records)})", _shards(outcome))
    if slowest := _slowest(outcome):
        body = markdown.table(
            ("Test", "Seconds"), [[markdown.code(name), f"{took:.2f}"] for name, took in slowest], right=(1,)
        )
        yield markdown.details("Slowest tests", body)


def _asked(each: Judged) -> str:
    if each.asked is None:
        return ""
    return "yes" if each.asked else "no"


def _shards(outcome: Outcome) -> str:
    rows = [
        [
            each.id,
            markdown.escape(each.interpreter),
            str(len(each.tests)),
            str(len(_failed(each))),
            f"{each.seconds:.1f}",
        ]
        for each in outcome.proof.records
    ]
    return markdown.table(("Shard", "Interpreter", "Tests", "Failed", "Seconds"), rows, right=(2, 3, 4))


def _slowest(outcome: Outcome) -> list[tuple[str, float]]:
    """Return the tests of this run that take longest, on the version where they do."""
    took: dict[str, float] = {}
    for record in outcome.proof.records:
        for name, test in record.tests.items():
            took[name] = max(test.seconds, took.get(name, 0.0))
    return sorted(took.items(), key=lambda each: (-each[1], each[0]))[:_SLOWEST]


def _log(outcome: Outcome) -> Iterator[str]:
    for each in outcome.jobs:
        yield f"{_MARKS[each.verdict]} {each.name:<9} {each.result:<9} {each.why}".rstrip()
    for record in outcome.proof.records:
        yield f"shard {record.id}: {len(record.tests)} tests, {record.seconds:.1f} s"
        yield from (f"  failed: {name}" for name in _failed(record)[:_FAILED_ROWS])
