"""Pure: which tests that failed are worth another run, and what such a run proves.

Only a test's own failure is. What keeps a run from being judged (a crash, a file that cannot be collected, a test that
was not run, a percentage of pytest-cov) stays as it is, and a run that did not do what it was asked proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ci_actions.ci_test.model import BAD, Again, Facts, Recorded, State, Test

#: Exit codes of pytest after which all that it ran is known: all passed, some failed, none was run.
_ENDS = (0, 1, 5)
#: What counts as a pass: not a test that is skipped the second time.
_PASSES = (State.PASSED, State.RERUN_PASSED)


def failed(facts: Facts) -> tuple[str, ...]:
    """Return the tests that failed in a run that can be judged, and may be run again."""
    if refusal(facts):
        return ()
    return tuple(name for name, test in facts.recorded.tests.items() if test.state in BAD)


def refusal(facts: Facts) -> str:
    """Return why nothing of a run may be run again, as the end of a sentence; empty where it may."""
    return _unfinished(facts.recorded, facts.code) or _unexplained(facts.recorded)


def _unexplained(recorded: Recorded) -> str:
    """Return what is wrong with a run beside tests that failed, as the end of a sentence."""
    mine = dict.fromkeys(recorded.collections[0].mine)
    if any(each.sha256 != recorded.collections[0].sha256 for each in recorded.collections):
        return "the workers of pytest-xdist collected different tests"
    if any(name not in recorded.tests or not recorded.tests[name].ran for name in mine):
        return "not every test was run"
    if any(test.state in BAD for name, test in recorded.tests.items() if name not in mine):
        return "a test failed that was not collected"
    if recorded.beside > 0:
        return "pytest failed for something beside the tests, too"
    return ""


def unproven(run: Again) -> str:
    """Return why a run of failed tests proves nothing, as the end of a sentence; empty where it does."""
    recorded = run.recorded
    if wrong := _unfinished(recorded, run.code):
        return wrong
    if any(set(each.mine) != set(run.asked) for each in recorded.collections):
        found = len(set(recorded.collections[0].mine) & set(run.asked))
        return f"pytest collected {found:,} of the {len(run.asked):,} tests that had failed"
    bad = any(each.state in BAD for each in recorded.tests.values())
    if run.code and not bad:
        return "pytest failed although no test did"
    return ""


def _unfinished(recorded: Recorded, code: int | None) -> str:
    if code is None:
        return "it was stopped after the timeout"
    if code < 0:
        return f"it was killed by signal {-code}"
    if recorded.uncollected:
        return "pytest could not collect every file"
    if not recorded.finished or recorded.internal_error or code not in _ENDS:
        return f"pytest ended with exit code {code} before its end"
    if not recorded.exited:
        return "pytest, or a plugin, failed after the last test"
    return "" if recorded.collections else "pytest collected nothing"


def passed(run: Again) -> tuple[str, ...]:
    """Return the tests that a run proves to pass now."""
    if unproven(run):
        return ()
    seen = run.recorded.tests
    return tuple(
        name for name in run.asked if name in seen and seen[name].ran and seen[name].state in _PASSES
    )


def merged(tests: Sequence[Test], runs: Sequence[Again]) -> tuple[Test, ...]:
    """Return the tests with what their further runs say: a test that passed in one of them is flaky."""
    found: dict[str, Test] = {each.id: each for each in tests}
    for run in runs:
        if unproven(run):
            continue
        good = set(passed(run))
        for name in run.asked:
            found[name] = _once_more(found[name], run.recorded.tests, is_good=name in good)
    return tuple(found.values())


def _once_more(test: Test, seen: Mapping[str, Test], *, is_good: bool) -> Test:
    if test.id not in seen:
        return test
    if not is_good:
        return replace(test, times=test.times + 1)
    return replace(test, times=test.times + 1, state=State.RERUN_PASSED, seconds=seen[test.id].seconds)
