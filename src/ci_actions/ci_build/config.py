"""The inputs of ci-build, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, PATH, TEXT, Common, declare, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "dist": "Folder with the distributions; it holds nothing else unless `out` names a folder that did.",
    "version": "Version that all of them name.",
    "sdist": "Path of the source distribution.",
    "wheels-json": "The wheels: a JSON array with path, bytes, sha256 and tags.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """With what is built, where it goes, and how strict the judgement is."""

    python: str = declare(
        TEXT,
        default="",
        help="Interpreter that builds: it decides the tags of wheels that hold compiled code. Below 3.11, or without it, the "
        "job's own builds if it is new enough, else the newest found.",
    )
    out: str = declare(
        PATH, default="", help="Folder for the distributions; `dist` beside the report without it."
    )
    strict: bool = declare(
        BOOLEAN, default=False, help="Whether a warning of `twine check` turns the run red."
    )
    timeout: int = declare(whole(1, 1440), default=30, help="Minutes that the whole build may take.")
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
