"""The inputs of ci-flaky, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import PATH, Common, declare, one_of

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "flaky": "How many tests passed only when they were run again.",
    "history-file": "Path of the history with this run in it; empty when none was asked for.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """What the shards recorded, what is known of earlier runs, and what a flaky test means."""

    shards: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="Folder with the `shard.json` of every shard, each in a folder of its own.",
    )
    flaky: str = declare(
        one_of("report", "fail"),
        default="report",
        in_settings=False,
        help="Whether flaky tests are reported only, or keep the run from being green.",
    )
    history: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="File with the history, as an earlier run wrote it. One that is not there is none.",
    )
    history_out: str = declare(
        PATH, default="", in_settings=False, help="Path to which the history with this run is written."
    )

    def problems(self) -> Iterable[str]:
        """Return what is missing."""
        if not self.shards:
            yield "input 'shards' is missing: it names the folder with what every shard recorded"
