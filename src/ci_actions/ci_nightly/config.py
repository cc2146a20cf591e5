"""The inputs of ci-nightly, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import PATH, TEXT, Common, declare

#: What the action gives back, beside what every action does.
OUTPUTS = {"issue-report": "Path of the report for report-issue.yml."}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Where the reports of the jobs lie, and which project they are of."""

    name: str = declare(TEXT, default="", in_settings=False, help="What the project is called in the title.")
    verdict: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="The JSON report of ci-aggregate; without it nobody knows how the night ended.",
    )
    reports: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="Folder with the JSON report of each job, each in a folder of its own.",
    )
    out: str = declare(
        PATH, default="", in_settings=False, help="Path to which the report for report-issue.yml is written."
    )

    def problems(self) -> Iterable[str]:
        """Return what is missing."""
        if not self.out:
            yield "input 'out' is missing: it names the file for report-issue.yml"
