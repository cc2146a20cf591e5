"""The jobs of `ci.yml` and `nightly.yml`: what plans and verdicts call them. Their names are public."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PLAN = "plan"
#: The jobs of `ci.yml` that a plan decides about, in the order in which they are reported.
JOBS = ("quality", "docs", "security", "test", "build", "frontend", "coverage")
#: The jobs that each one waits for: it does not run when one of them is not green.
AFTER = {
    "quality": (PLAN,),
    "docs": (PLAN,),
    "security": (PLAN,),
    "test": ("quality", "docs"),
    "build": ("quality", "docs"),
    "frontend": ("quality", "docs"),
    "coverage": ("test",),
}
#: The jobs of `nightly.yml`: all of them start at once, but the one that looks at what the tests left.
NIGHTLY_JOBS = ("test", "flaky", "security", "integration", "load")


@dataclass(frozen=True)
class Pipeline:
    """A workflow that is planned: its jobs, and the ones without which each of them does not start."""

    jobs: tuple[str, ...]
    after: Mapping[str, tuple[str, ...]]


#: By the names of their files.
PIPELINES = {
    "ci": Pipeline(JOBS, AFTER),
    "nightly": Pipeline(NIGHTLY_JOBS, dict.fromkeys(NIGHTLY_JOBS, (PLAN,))),
}
#: The jobs of all of them, each once.
ALL_JOBS = tuple(dict.fromkeys(job for pipeline in PIPELINES.values() for job in pipeline.jobs))
