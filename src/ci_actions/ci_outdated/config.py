"""The inputs of ci-outdated, declared once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ci_actions.kit.inputs import PATH, Common, Kind, declare, one_of
from ci_actions.project.model import Manager
from ci_actions.project.upgrades import BARS

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "packages-json": "Every package as a JSON array: locked, allowed and newest version, state, and why.",
    "outdated": "How many packages have a newer release that the project allows.",
    "unknown": "How many packages nothing is known of.",
}


def _python(text: str) -> str:
    if not re.fullmatch(r"\d+\.\d+(?:\.\d+)?", text):
        raise ValueError
    return text


PYTHON: Kind[str] = Kind("a version of Python, like '3.12' or '3.12.4'", _python)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Whose lock is compared with the index, and what turns the run red."""

    manager: str = declare(
        one_of("auto", *(each.value for each in Manager)),
        default="auto",
        help="The package manager; found by the project's files without it.",
    )
    python_version: str = declare(
        PYTHON,
        default="",
        help="The Python, like `3.12`, that a newer release must run on; the oldest that the project supports without it.",
    )
    fail_on_outdated: str = declare(
        one_of(*BARS),
        default="none",
        help="From which step on a direct dependency that is behind what the project allows turns the run red; `any`: a "
        "patch too.",
    )
    on_unknown: str = declare(
        one_of("warn", "fail"),
        default="warn",
        help="What a package means of which nothing is known: a warning, or no verdict. Where nothing is known of any, "
        "there is none anyway.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
