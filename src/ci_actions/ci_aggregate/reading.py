"""Pure: JSON -> how jobs ended, and what was asked for. Strict: what is not understood is not believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ci_actions.ci_aggregate.model import Asked, Ended, Expected, Plan
from ci_actions.kit.strict import Unreadable, a_text, an_object, parsed
from ci_actions.workflows.jobs import JOBS


def needs(text: str) -> Mapping[str, Ended]:
    """Return how each job ended, from `toJSON(needs)`, or each step, from `toJSON(steps)`. Raises Unreadable."""
    found = an_object(parsed(text), "it")
    if not found:
        raise Unreadable("it names no job")
    return {name: _ended(name, an_object(each, f"'{name}'")) for name, each in found.items()}


def _ended(name: str, found: Mapping[str, Any]) -> Ended:
    """Return how a job (`result`) or a step (`outcome`, and `conclusion` after continue-on-error) ended.

    https://docs.github.com/actions/reference/workflows-and-actions/contexts#needs-context
    """
    if "result" in found:
        return Ended(a_text(found, "result", f"'{name}'"))
    if "outcome" in found:
        return Ended(
            a_text(found, "outcome", f"'{name}'"),
            is_step=True,
            tolerated=found.get("conclusion") in ("success", "skipped"),
        )
    raise Unreadable(f"'{name}' has neither result nor outcome")


def plan(text: str, expected_jobs: Sequence[str] = JOBS) -> Plan:
    """Return what was asked for, from `jobs-json` of ci-plan, of at least those jobs. Raises Unreadable."""
    found = an_object(parsed(text), "it")
    jobs = {}
    for job in (*expected_jobs, *sorted(set(found) - set(expected_jobs))):
        if job not in found:
            raise Unreadable(f"it says nothing of '{job}'")
        said = an_object(found[job], f"'{job}'")
        if not isinstance(said.get("run"), bool):
            raise Unreadable(f"'{job}' has no run that is true or false")
        jobs[job] = Asked(run=said["run"], why=a_text(said, "why", f"'{job}'"))
    tests = found["test"]
    shards = tests.get("shards", [])
    if not isinstance(shards, list):
        raise Unreadable("the shards of 'test' are no list")
    expected = tuple(_expected(an_object(each, "a shard of 'test'")) for each in shards)
    if len({each.id for each in expected}) < len(expected):
        raise Unreadable("two shards of 'test' have one id")
    if jobs["test"].run and not expected:
        raise Unreadable("'test' is to run in no shard")
    return Plan(
        jobs=jobs, shards=expected, runner=a_text(tests, "runner", "'test'") if "runner" in tests else ""
    )


def _expected(found: Mapping[str, Any]) -> Expected:
    where = "a shard of 'test'"
    return Expected(a_text(found, "id", where), a_text(found, "python", where), a_text(found, "shard", where))
