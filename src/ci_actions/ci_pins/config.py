"""The inputs of ci-pins, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import PATH, TEXT, Common, declare, one_of
from ci_actions.project.upgrades import BARS

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "pins-json": "Every pin as a JSON array: what is used, where, the version it is, the newest, state, and why.",
    "wrong": "How many pins are not what they say they are.",
    "unpinned": "How many actions are used by a name that somebody can move.",
    "outdated": "How many pins have a newer release.",
    "unknown": "How many pins nothing is known of.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """What turns the run red."""

    fail_on_outdated: str = declare(
        one_of(*BARS),
        default="none",
        help="From which step on a pin that is behind the newest release turns the run red; `any`: a patch too.",
    )
    on_unknown: str = declare(
        one_of("warn", "fail"),
        default="warn",
        help="What a pin means of which nothing is known: a warning, or no verdict. Where nothing is known of any, there is "
        "none anyway.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token that reads the tags of others' repositories; that of the job may read all public ones.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
