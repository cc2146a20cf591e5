"""Pure: config + facts -> outcome. Whether what was seen is a verdict at all, and which.

Exit codes of pytest: https://docs.pytest.org/en/stable/reference/exit-codes.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ci_actions.ci_test import again
from ci_actions.ci_test.config import Config
from ci_actions.ci_test.model import BAD, Collection, Facts, Outcome, State, Test, Trouble

NO_TESTS = 5
_SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}
_NAMED = 5


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the verdict: a test that failed is seen whatever pytest's exit code says, and a pass needs every test."""
    if config.by_command:
        return Outcome(
            facts=facts,
            tests=(),
            problems=tuple(_problems_of_command(config, facts)),
            complaints=tuple(_complaints_of_command(facts)),
            warnings=facts.warnings,
        )
    collection = facts.recorded.collections[0] if facts.recorded.collections else None
    tests = again.merged(_tests(facts, collection), facts.again)
    if facts.again and not any(each.state in BAD for each in tests):
        # What made pytest end so is no failure any more.
        facts = replace(facts, code=0)
    not_run = sum(1 for each in tests if not each.ran and each.trouble is None)
    problems = tuple(_problems(config, facts, collection, tests, not_run))
    return Outcome(
        facts=facts,
        tests=tests,
        problems=problems,
        complaints=tuple(_complaints(facts, tests)) if not problems else (),
        warnings=tuple(_warnings(config, facts, tests, not_run)),
        not_run=not_run,
    )


def _tests(facts: Facts, collection: Collection | None) -> tuple[Test, ...]:
    """Return what became of exactly the tests of this shard; one that did not begin is an error without a trouble."""
    seen = facts.recorded.tests
    if collection is None:
        return tuple(seen.values())
    return tuple(seen.get(name) or Test(id=name, state=State.ERROR, ran=False) for name in collection.mine)


# --- pytest ---------------------------------------------------------------------------------------


def _problems(
    config: Config, facts: Facts, collection: Collection | None, tests: tuple[Test, ...], not_run: int
) -> Iterator[str]:
    """Yield what keeps the run from a verdict, what explains the rest first."""
    recorded = facts.recorded
    if not recorded.started:
        yield f"The interpreter ({facts.how}) did not come as far as pytest: it {_ended(facts)}.{_said(facts)}"
        return
    if not recorded.has_pytest:
        yield (
            f"There is no pytest in the environment ({facts.how}, {recorded.interpreter}). Add it to what is installed for "
            "tests, or name what runs them with the input command."
        )
        return
    if facts.code is None:
        yield f"The tests did not end within {config.timeout} minutes and were stopped{_while(facts)}."
        return
    if not recorded.finished:
        yield f"pytest {_ended(facts)} before its end{_while(facts)}.{'' if recorded.running else _said(facts)}"
        return
    if recorded.uncollected:
        yield from _uncollected(recorded.uncollected)
    elif facts.code == 2:
        yield f"pytest was interrupted{_while(facts)}, so not every test has run.{_said(facts)}"
    if facts.code == 3 or recorded.internal_error:
        last = recorded.internal_error.strip().splitlines()[-1:]
        yield f"pytest, or a plugin of it, failed itself{': ' + last[0] if last else ''}. The log has the traceback."
    if facts.code == 4:
        yield f"pytest does not understand how it is called.{_said(facts)}"
    elif facts.code not in range(NO_TESTS + 1):
        yield f"pytest ended with exit code {facts.code}, which no rule explains.{_said(facts)}"
    yield from _problems_of_collection(facts, collection, tests, not_run)
    yield from _problems_of_coverage(config, facts, tests)


def _problems_of_collection(
    facts: Facts, collection: Collection | None, tests: tuple[Test, ...], not_run: int
) -> Iterator[str]:
    if facts.code not in (0, 1, NO_TESTS) or facts.recorded.uncollected:
        return
    if collection is None:
        yield "pytest ended without collecting tests. Does an argument or `addopts` ask for something else?"
    elif any(each.sha256 != collection.sha256 for each in facts.recorded.collections):
        yield (
            "The workers of pytest-xdist did not collect the same tests. Names of tests that are random, or that come from "
            "a set, differ in every process."
        )
    elif not collection.count and collection.deselected:
        yield (
            f"All {collection.deselected:,} tests that pytest collected are deselected: nothing was tested. Look at -k, "
            "-m and --deselect in `addopts` and args."
        )
    elif not collection.count:
        yield "pytest collected no tests: nothing was tested. Look at `testpaths`, and at working-directory."
    elif cut := [each.id for each in tests if each.trouble and not each.ran]:
        yield f"pytest was ended in the middle of {', '.join(cut[:_NAMED])}. Nobody knows what it says."
    elif not_run and facts.code != 1:
        yield f"pytest ended with exit code {facts.code}, but {_not_run(not_run, tests)}. Nobody knows what they say."


def _problems_of_coverage(config: Config, facts: Facts, tests: tuple[Test, ...]) -> Iterator[str]:
    recorded = facts.recorded
    if config.coverage == "true" and not facts.data_files and (tests or not recorded.collections):
        if recorded.coverage_problem:
            yield f"coverage.py could not measure: {recorded.coverage_problem}."
        elif recorded.no_cov:
            yield "input 'coverage' is 'true', but --no-cov tells pytest-cov to measure nothing."
        elif not recorded.coverage:
            yield (
                "input 'coverage' is 'true', but there is no coverage.py in the environment. Add it to what is installed for "
                "tests."
            )
        elif facts.code in (0, 1):
            yield "input 'coverage' is 'true', but no data file of coverage.py is there after the tests."
    if facts.missing and facts.code == 0:
        yield _missing(facts)


def _complaints(facts: Facts, tests: tuple[Test, ...]) -> Iterator[str]:
    if facts.code == 1 and not any(each.state in BAD for each in tests):
        yield f"pytest ended with exit code 1 although no test failed.{_said(facts)}"


def _warnings(config: Config, facts: Facts, tests: tuple[Test, ...], not_run: int) -> Iterator[str]:
    recorded = facts.recorded
    yield from facts.warnings
    flaky = sum(each.state is State.RERUN_PASSED for each in tests)
    if flaky:
        yield f"{_counted(flaky, 'test')} passed only when run again."
    yield from _warnings_of_further_runs(config, facts, tests)
    if tests and all(each.state is State.SKIPPED for each in tests):
        yield f"Every test was skipped ({len(tests):,}): nothing was tested."
    if recorded.collections and recorded.collections[0].count and not tests:
        yield f"There are fewer units of tests than parts: part {config.shard} has none."
    if not_run and facts.code == 1:
        yield f"{_not_run(not_run, tests)}: pytest stopped before.".replace("1 tests were", "1 test was")
    if recorded.fail_under_ignored:
        yield (
            "The fail-under of pytest-cov is not applied: each part measures only its own tests. The gate over all parts "
            "judges."
        )
    if recorded.coverage_problem and config.coverage == "auto":
        yield f"Coverage was not measured: {recorded.coverage_problem}."
    if facts.missing and facts.code != 0:
        yield _missing(facts)


def _warnings_of_further_runs(config: Config, facts: Facts, tests: tuple[Test, ...]) -> Iterator[str]:
    """Yield why tests that failed were not run again, or why a run of them says nothing."""
    bad = any(each.state in BAD for each in tests)
    if config.retries and bad and not facts.again and (why := again.refusal(facts)):
        yield f"What failed was not run again: {why}."
    for number, run in enumerate(facts.again, 2):
        if why := again.unproven(run):
            yield f"Run {number}, of {_counted(len(run.asked), 'test')} that had failed, proves nothing: {why}."


# --- a command ------------------------------------------------------------------------------------


def _problems_of_command(config: Config, facts: Facts) -> Iterator[str]:
    code = facts.code
    if code is None:
        yield f"The tests did not end within {config.timeout} minutes and were stopped."
    elif code in (126, 127):
        yield f"The command could not be run (exit code {code}).{_said(facts)}"
    elif code < 0 or code > 128:
        yield f"The command {_ended(facts)}.{_said(facts)}"
    elif code == 0:
        if facts.missing:
            yield _missing(facts)
        elif config.coverage == "true" and not (facts.copied or facts.data_files):
            yield (
                "input 'coverage' is 'true', but the command left no `.coverage` here. Name the reports that it writes with "
                "coverage-files."
            )


def _complaints_of_command(facts: Facts) -> Iterator[str]:
    if facts.code is not None and 0 < facts.code <= 128 and facts.code not in (126, 127):
        yield f"The command ended with exit code {facts.code}.{_said(facts)}"


# --- words ----------------------------------------------------------------------------------------


def _ended(facts: Facts) -> str:
    code = facts.code or 0
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if number:
        return f"was killed by {_SIGNALS.get(number, f'signal {number}')}"
    return f"ended with exit code {code}"


def _while(facts: Facts) -> str:
    running = facts.recorded.running
    if not running:
        return ""
    return f" while it ran {', '.join(running[:_NAMED])}{' …' if len(running) > _NAMED else ''}"


def _said(facts: Facts) -> str:
    """Return the last thing that was printed and says something."""
    lines = [line.strip() for line in facts.tail if line.strip(" =-_.")]
    errors = [line for line in lines if line.startswith(("ERROR", "E  ", "FAIL", "INTERNALERROR", "Error"))]
    last = (errors or lines)[-1:]
    return f" It said: {last[0][:500]}" if last else ""


def _uncollected(found: tuple[Trouble, ...]) -> Iterator[str]:
    first = found[0]
    line = next((each.strip() for each in reversed(_lines(first)) if each.strip()), "")
    more = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
    yield f"pytest cannot collect {first.id}{more}: the tests in there have not run. {line[:500]}".rstrip()


def _lines(trouble: Trouble) -> list[str]:
    return (trouble.text or trouble.message).splitlines()


def _missing(facts: Facts) -> str:
    names = ", ".join(f"'{each}'" for each in facts.missing)
    return f"input 'coverage-files' names {names}, but no such file was written by this run."


def _not_run(number: int, tests: tuple[Test, ...]) -> str:
    return f"{number:,} of {len(tests):,} tests were not run"


def _counted(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
