"""The inputs of ci-maintenance, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import LIST, PATH, TEXT, Common, declare

#: What the action gives back, beside what every action does.
OUTPUTS = {"issue-report": "Path of the report from which report-issue.yml writes an issue."}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which reports make one, and what the verdict on all of them is. The verdict is not given here."""

    reports: str = declare(
        PATH,
        default="reports",
        in_settings=False,
        help="Folder with the JSON reports of the parts, each in a folder of its own or not.",
    )
    expect: tuple[str, ...] = declare(
        LIST,
        default=(),
        in_settings=False,
        help="Capabilities that must have left a report; the one of a part that is missing is said to be.",
    )
    verdict: str = declare(
        TEXT,
        default="",
        in_settings=False,
        help="How all of it ended: the output `result` of ci-aggregate.",
    )
    failed_jobs: str = declare(
        TEXT,
        default="",
        in_settings=False,
        help="The jobs that are not green, a JSON array: the output `failed-jobs-json` of ci-aggregate.",
    )
    name: str = declare(TEXT, default="", in_settings=False, help="Tells projects of one repository apart.")
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
