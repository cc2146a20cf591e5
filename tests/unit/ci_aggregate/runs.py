"""What a green run hands over, for the tests of this folder to break."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ci_actions.ci_aggregate.config import Config
from ci_actions.ci_aggregate.decide import decide
from ci_actions.ci_aggregate.model import Facts, File, Outcome
from ci_actions.ci_aggregate.proof import digest
from ci_actions.ci_aggregate.report import report
from ci_actions.kit.report import Report
from ci_actions.workflows.jobs import JOBS

TESTS = tuple(f"tests/test_a.py::test_{number}" for number in range(6))


def needs(**results: str) -> str:
    """Return `toJSON(needs)` of a run in which every job succeeded but those that are named."""
    found = dict.fromkeys(("plan", *JOBS), "success") | results
    return json.dumps({job: {"result": result, "outputs": {}} for job, result in found.items() if result})


def shard(name: str, python: str = "3.12", part: str = "1/1") -> dict[str, str]:
    """Return a shard as the plan names it."""
    return {"id": name, "python": python, "shard": part}


def plan(*shards: Mapping[str, str], off: Collection[str] = (), runner: str = "pytest") -> str:
    """Return `jobs-json` of a plan that asks for every job but those that are `off`."""
    jobs: dict[str, Any] = {job: {"run": job not in off, "why": "src/a.py changed"} for job in JOBS}
    jobs["test"] |= {"runner": runner, "shards": list(shards or (shard("3.12-1"),))}
    return json.dumps(jobs)


def record(
    name: str = "3.12-1",
    tests: Iterable[str] = TESTS,
    *,
    python: str = "3.12",
    part: str = "1/1",
    collected: Iterable[str] = TESTS,
    outcomes: Mapping[str, str] | None = None,
    seconds: float = 1.0,
    **more: Any,
) -> dict[str, Any]:
    """Return a `shard.json` as ci-test writes it."""
    names = list(collected)
    found = {
        "format": "ci-actions-shard",
        "version": 1,
        "id": name,
        "python": python,
        "shard": part,
        "collected": {"count": len(names), "sha256": digest(names)},
        "tests": {
            test: {"outcome": (outcomes or {}).get(test, "passed"), "seconds": seconds} for test in tests
        },
        "seconds": 12.5,
        "exit": 1 if set((outcomes or {}).values()) & {"failed", "error"} else 0,
        "interpreter": f"CPython {python}.6",
        "pytest": "8.3.2",
        "runner": "pytest",
    }
    return found | more


def files(*records: Any) -> tuple[File, ...]:
    """Return the files of records; bytes stay what they are."""
    return tuple(
        File(
            f"shard-{number}/shard.json",
            each if isinstance(each, bytes) else json.dumps(each).encode(),
        )
        for number, each in enumerate(records)
    )


def facts(**given: Any) -> Facts:
    """Return the facts of a green run."""
    return Facts(**({"needs": needs(), "plan": plan(), "files": files(record())} | given))


def outcome(**given: Any) -> Outcome:
    """Return the verdict on a green run in which this is different."""
    return decide(Config(), facts(**given))


def told(config: Config | None = None, **given: Any) -> Report:
    """Return the report on a green run in which this is different."""
    return report(config or Config(), outcome(**given))
