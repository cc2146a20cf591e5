"""The inputs of ci-aggregate, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, LIST, PATH, TEXT, Common, declare, one_of
from ci_actions.workflows.jobs import PIPELINES, Pipeline

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "failed-jobs-json": "Names of the jobs that keep the run from being green, as a JSON array.",
    "durations-file": "Path of the merged durations; empty when none were asked for or no test was timed.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """How the jobs ended, what the plan asked for, and what the shards recorded.

    Nothing of it stands in a settings file: the change under test brings that along, and this is the last word on it.
    """

    dry_run: bool = declare(
        BOOLEAN,
        default=False,
        in_settings=False,
        help="Report everything and end green: a job that is not green says `would-fail`.",
    )
    workflow: str = declare(
        one_of(*PIPELINES), default="ci", in_settings=False, help="Which workflow it is: `ci` or `nightly`."
    )
    needs: str = declare(
        TEXT,
        default="",
        in_settings=False,
        help="How the jobs ended: `toJSON(needs)`, or `toJSON(steps)` where all of them are steps of one job.",
    )
    plan: str = declare(
        TEXT, default="", in_settings=False, help="What was asked for: the output `jobs-json` of ci-plan."
    )
    jobs: tuple[str, ...] = declare(
        LIST,
        default=(),
        in_settings=False,
        help="Names of the jobs that must have run, in their order, for a workflow that has other jobs than ci.yml; they stand "
        "for a plan.",
    )
    shards: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="Folder with the `shard.json` of every shard, each in a folder of its own; needed when tests were asked for.",
    )
    durations: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="File with the durations of earlier runs, which count on for tests that this run did not get to.",
    )
    durations_out: str = declare(
        PATH, default="", in_settings=False, help="Path to which the merged durations are written."
    )

    @property
    def pipeline(self) -> Pipeline:
        """The jobs of the workflow."""
        return PIPELINES[self.workflow]

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if self.jobs and self.plan:
            yield "input 'jobs' stands for a plan: give it or 'plan', not both"
