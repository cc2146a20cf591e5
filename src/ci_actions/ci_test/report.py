"""Pure: outcome -> Report. What people read, and what the job that aggregates reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ci_actions.ci_test import again, junit
from ci_actions.ci_test.config import Config
from ci_actions.ci_test.model import BAD, Outcome, State, Test
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Product, Report, Result
from ci_actions.project import durations

NAME = "ci-test"
FORMAT = "ci-actions-shard"
VERSION = 1
#: Failures that the summary unfolds, lines of each, and how many of the slowest tests it names.
FAILURES = 20
LINES = 60
SLOWEST = 10
#: What `exit` is where the tests had to be stopped: as a shell would see it.
_STOPPED = -9

_WORDS = {
    State.PASSED: "passed",
    State.RERUN_PASSED: "flaky",
    State.FAILED: "failed",
    State.ERROR: "errors",
    State.SKIPPED: "skipped",
    State.XFAILED: "failed as expected",
    State.XPASSED: "passed unexpectedly",
}


def report(config: Config, outcome: Outcome) -> Report:
    """Return the report, with `shard.json` wherever it is known what was collected."""
    facts = outcome.facts
    exit_code = _exit(outcome)
    result = {Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}.get(exit_code, Result.ERROR)
    return Report(
        capability=NAME,
        result=result,
        exit_code=exit_code,
        headline=f"{NAME} {facts.id}: {_headline(config, outcome)}",
        outputs={
            "shard-file": "",
            "junit-file": "",
            "durations-file": "",
            "tests": "n/a" if config.by_command else str(len(outcome.tests)),
            "failed": "n/a" if config.by_command else str(len(outcome.bad)),
            "skipped": "n/a" if config.by_command else str(outcome.number(State.SKIPPED)),
            "flaky": "n/a" if config.by_command else str(len(outcome.flaky)),
            "coverage-measured": "true" if facts.data_files or facts.copied else "false",
            "report-dir": facts.folder,
        },
        annotations=tuple(_annotations(config, outcome)),
        summary=tuple(_summary(config, outcome)),
        show_summary=config.summary,
        next_step=_next_step(config, outcome),
        log=tuple(_log(config, outcome)),
        details=_details(outcome),
        products=tuple(_products(config, outcome)),
        folder=facts.folder,
    )


def _exit(outcome: Outcome) -> Exit:
    if outcome.problems:
        return Exit.CANNOT_JUDGE
    return Exit.NOT_MET if outcome.complaints or outcome.bad else Exit.PASSED


def _headline(config: Config, outcome: Outcome) -> str:
    facts = outcome.facts
    if outcome.problems:
        return "cannot judge"
    seconds = f"{facts.seconds:.1f} s"
    if config.by_command:
        return f"the command {'failed' if outcome.complaints else 'passed'} in {seconds}"
    if outcome.bad:
        flaky = f", {len(outcome.flaky):,} flaky" if outcome.flaky else ""
        return f"{len(outcome.bad):,} of {_counted(len(outcome.tests), 'test')} failed{flaky} in {seconds}"
    if outcome.complaints:
        return f"pytest failed, no test did, in {seconds}"
    if not outcome.tests:
        return f"none of {_counted(facts.recorded.collections[0].count, 'test')} is in part {config.shard}"
    said = [
        f"{outcome.number(state):,} {_WORDS[state]}"
        for state in _WORDS
        if outcome.number(state) or state is State.PASSED
    ]
    return f"{', '.join(said)} in {seconds}"


def _next_step(config: Config, outcome: Outcome) -> str:
    bad = outcome.bad
    if outcome.problems or not bad:
        return ""
    if bad[0].id.partition("::")[0] == bad[0].id:
        return "run the tests that failed"
    return f"run it alone: python -m pytest {_quoted(bad[0].id)}" + (
        f", in {config.working_directory}" if config.working_directory != "." else ""
    )


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


# --- for machines ---------------------------------------------------------------------------------


def _products(config: Config, outcome: Outcome) -> Iterator[Product]:
    facts = outcome.facts
    if config.by_command or facts.recorded.collections:
        yield Product("shard-file", "shard.json", lambda: json.dumps(shard(config, outcome)))
    if facts.junit:
        flaky = [each.id for each in outcome.flaky]
        yield Product("junit-file", "junit.xml", lambda: junit.with_flaky(facts.junit, flaky))
    timed = {each.id: each.seconds for each in outcome.tests if each.ran and each.state not in BAD}
    if timed:
        yield Product("durations-file", "durations.json", lambda: durations.render(timed))


def shard(config: Config, outcome: Outcome) -> Mapping[str, object]:
    """Return `shard.json`, from which the shards of all jobs are put together."""
    facts = outcome.facts
    collection = facts.recorded.collections[0] if facts.recorded.collections else None
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": facts.id,
        "python": facts.python,
        "shard": str(config.shard),
        "collected": {"count": collection.count, "sha256": collection.sha256} if collection else None,
        "tests": {
            each.id: {"outcome": each.state.value, "seconds": each.seconds, **_times(each)}
            for each in outcome.tests
        },
        "seconds": round(facts.seconds, 3),
        "exit": _STOPPED if facts.code is None else facts.code,
        "interpreter": facts.recorded.interpreter,
        "pytest": facts.recorded.pytest,
        "runner": "command" if config.by_command else "pytest",
    }


def _times(test: Test) -> Mapping[str, object]:
    """Return how often we ran a test, if that is more than once, and what was wrong with it, if anything was."""
    message = _first_line(test)
    return {**({"times": test.times} if test.times > 1 else {}), **({"message": message} if message else {})}


def _first_line(test: Test) -> str:
    message = test.trouble.message if test.trouble else ""
    return next((line.strip() for line in message.splitlines() if line.strip()), "")[:300]


def _details(outcome: Outcome) -> Mapping[str, object]:
    facts = outcome.facts
    recorded = facts.recorded
    collection = recorded.collections[0] if recorded.collections else None
    return {
        "id": facts.id,
        "python": facts.python,
        "interpreter": recorded.interpreter,
        "environment": facts.how,
        "pytest": recorded.pytest,
        "exit": facts.code,
        "seconds": round(facts.seconds, 3),
        "counts": {state.value: outcome.number(state) for state in _WORDS},
        "not-run": outcome.not_run,
        "collected": collection.count if collection else None,
        "deselected": collection.deselected if collection else None,
        "divided-files": [_text(each) for each in collection.divided] if collection else [],
        "shares": [{"tests": number, "seconds": seconds} for number, seconds in collection.shares]
        if collection
        else [],
        "failures": [
            {
                "id": _text(each.id),
                "outcome": each.state.value,
                "file": _text(each.trouble.file),
                "line": each.trouble.line,
                "message": _text(each.trouble.message),
            }
            for each in outcome.bad
            if each.trouble
        ],
        "flaky": [
            {"id": _text(each.id), "times": each.times, "message": _text(_first_line(each))}
            for each in outcome.flaky
        ],
        "runs-of-failures": [
            {
                "asked": len(run.asked),
                "passed": len(again.passed(run)),
                "exit": run.code,
                "why": again.unproven(run),
            }
            for run in facts.again
        ],
        "uncollected": [_text(each.id) for each in recorded.uncollected],
        "coverage-data": list(facts.data_files),
        "coverage-files": list(facts.copied),
        "problems": list(outcome.problems),
        "complaints": list(outcome.complaints),
        "warnings": list(outcome.warnings),
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


# --- for people -----------------------------------------------------------------------------------


def _annotations(config: Config, outcome: Outcome) -> Iterator[Annotation]:
    title = f"{NAME} {outcome.facts.id}"
    for problem in outcome.problems:
        yield Annotation(level=Level.ERROR, title=f"{title}: cannot judge", message=problem)
    for complaint in outcome.complaints:
        yield Annotation(level=Level.ERROR, title=title, message=complaint)
    for each in outcome.facts.recorded.uncollected[: config.annotations]:
        yield Annotation(
            level=Level.ERROR,
            title=f"{title}: cannot be collected",
            message=each.text or each.message or each.id,
            file=each.file,
            line=each.line,
        )
    for test in outcome.bad[: config.annotations]:
        assert test.trouble
        yield Annotation(
            level=Level.ERROR,
            title=f"{title}: {test.id}",
            message=test.trouble.message or test.state.value,
            file=test.trouble.file,
            line=test.trouble.line,
        )
    left = len(outcome.bad) - config.annotations
    if left > 0:
        yield Annotation(
            level=Level.ERROR,
            title=title,
            message=f"{_counted(left, 'more test')} failed; the summary names them.",
        )
    for warning in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=title, message=warning)
    for test in outcome.flaky[: config.annotations]:
        if test.trouble:
            yield Annotation(
                level=Level.WARNING,
                title=f"{title}: flaky: {test.id}",
                message=f"It failed, and passed in run {test.times}: {test.trouble.message or test.state.value}",
                file=test.trouble.file,
                line=test.trouble.line,
            )


def _summary(config: Config, outcome: Outcome) -> Iterator[str]:
    facts = outcome.facts
    said = (*outcome.problems, *outcome.complaints)
    if said:
        yield "\n".join(f"- {markdown.escape(each)}" for each in said)
    if outcome.tests:
        yield _counts(outcome)
    yield from _failures(outcome)
    if said and not outcome.bad and not facts.recorded.uncollected and facts.tail:
        yield markdown.details("The end of the log", _fenced("\n".join(facts.tail)))
    yield from _flaky(outcome)
    if outcome.warnings:
        yield "\n".join(f"- ⚠️ {markdown.escape(each)}" for each in outcome.warnings)
    if outcome.tests:
        yield markdown.details("The slowest tests", _slowest(outcome))
    skipped = [each for each in outcome.tests if each.state is State.SKIPPED]
    if skipped:
        yield markdown.details(f"Skipped ({len(skipped):,})", _skipped(skipped))
    if facts.recorded.collections and config.shard.total > 1:
        yield markdown.details("Share against the other parts", _shares(config, outcome))


def _failures(outcome: Outcome) -> Iterator[str]:
    for each in outcome.facts.recorded.uncollected[:FAILURES]:
        yield markdown.details(f"{each.id} cannot be collected", _fenced(each.text or each.message))
    for test in outcome.bad[:FAILURES]:
        assert test.trouble
        yield markdown.details(
            f"{test.id}: {test.state.value}{f', {test.times} times' if test.times > 1 else ''}",
            _fenced(test.trouble.text or test.trouble.message),
        )
    more = outcome.bad[FAILURES:]
    if more:
        listed = "\n".join(f"- {markdown.code(each.id)}" for each in more)
        yield markdown.details(f"{_counted(len(more), 'more test')} that failed", listed)


def _flaky(outcome: Outcome) -> Iterator[str]:
    """Yield the tests that passed only when they were run again: the run may be green, they are not."""
    if not outcome.flaky:
        return
    rows = [
        [
            markdown.code(each.id),
            f"run {each.times}" if each.times > 1 else "a run of the project's own plugin",
            markdown.escape(_first_line(each)),
        ]
        for each in outcome.flaky
    ]
    yield markdown.table(("Flaky test", "Passed in", "What was wrong at first"), rows, limit=FAILURES * 5)


def _counts(outcome: Outcome) -> str:
    rows = [
        [_WORDS[state].capitalize(), f"{outcome.number(state):,}"]
        for state in _WORDS
        if outcome.number(state)
    ]
    if outcome.not_run:
        rows.append(["Not run", f"{outcome.not_run:,}"])
    return markdown.table(("Tests", f"{len(outcome.tests):,}"), rows, right=(1,))


def _fenced(text: str) -> str:
    """Return the end of a text as code, whatever it holds."""
    lines = [markdown.plain(line) for line in text.splitlines()]
    shown = lines[-LINES:]
    if len(lines) > LINES:
        shown.insert(0, f"… {len(lines) - LINES} lines above")
    longest = max((len(run) for line in shown for run in _ticks(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *shown, fence])


def _ticks(line: str) -> list[str]:
    return "".join(sign if sign == "`" else " " for sign in line).split()


def _slowest(outcome: Outcome) -> str:
    slowest = sorted(outcome.tests, key=lambda each: (-each.seconds, each.id))[:SLOWEST]
    rows = [[markdown.code(each.id), f"{each.seconds:.2f}"] for each in slowest]
    return markdown.table(("Test", "Seconds"), rows, right=(1,))


def _skipped(skipped: list[Test]) -> str:
    reasons: dict[str, int] = {}
    for each in skipped:
        reason = each.reason.removeprefix("Skipped: ") or "no reason given"
        reasons[reason] = reasons.get(reason, 0) + 1
    rows = [[markdown.escape(reason[:300]), f"{number:,}"] for reason, number in sorted(reasons.items())]
    return markdown.table(("Reason", "Tests"), rows, right=(1,), limit=50)


def _shares(config: Config, outcome: Outcome) -> str:
    collection = outcome.facts.recorded.collections[0]
    rows = [
        [
            f"{index}/{config.shard.total}" + (" (here)" if index == config.shard.index else ""),
            f"{number:,}",
            f"{seconds:.1f}",
        ]
        for index, (number, seconds) in enumerate(collection.shares, 1)
    ]
    known = collection.count - collection.unknown
    said = f"Planned by the recorded times of {known:,} of {_counted(collection.count, 'test')}."
    if collection.divided:
        named = ", ".join(markdown.code(each) for each in collection.divided[:10])
        more = f" and {len(collection.divided) - 10:,} more" if len(collection.divided) > 10 else ""
        said += f" In several parts, because whole they would be too long: {named}{more}."
    return f"{said}\n\n" + markdown.table(("Part", "Tests", "Seconds planned"), rows, right=(1, 2), limit=50)


def _log(config: Config, outcome: Outcome) -> Iterator[str]:
    facts = outcome.facts
    if facts.how:
        yield f"environment: {facts.recorded.interpreter or 'unknown'} ({facts.how})"
    if facts.recorded.collections:
        collection = facts.recorded.collections[0]
        yield (
            f"part {config.shard}: {len(collection.mine):,} of {_counted(collection.count, 'test')}, collection "
            f"{collection.sha256[:12]}"
        )
    for each in facts.data_files:
        yield f"coverage data: {each}"
    for each in facts.copied:
        yield f"coverage report: {each}"


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
