"""The inputs of ci-release, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import ARGUMENT, BOOLEAN, PATH, TEXT, Common, declare

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "version": "The version without `v`, in its normal form (PEP 440).",
    "tag": "The tag.",
    "prerelease": "`true` for a pre-release, else `false`.",
    "notes-file": "Path of what changed, as Markdown; empty unless the tag may be released.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which tag, what it must agree with, and what belongs to the release."""

    tag: str = declare(
        ARGUMENT, default="", in_settings=False, help="The tag; the one of this run without it."
    )
    allow_prerelease: bool = declare(
        BOOLEAN,
        default=False,
        help="Whether tags of pre-releases, `v1.2.3rc1` or `v1.2.3-rc.1`, may be released.",
    )
    default_branch: str = declare(
        ARGUMENT,
        default="",
        in_settings=False,
        help="The branch that the tag must be on; the repository's default branch without it.",
    )
    changelog: str = declare(
        PATH,
        default="",
        help="The file that says what changed, Markdown or reStructuredText; found by its usual names without it.",
    )
    dist: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="Folder of the files to attach, which may be missing or empty; without it nothing was built yet.",
    )
    built_version: str = declare(
        TEXT, default="", in_settings=False, help="The version that the built files name, for `dist`."
    )
    out: str = declare(
        PATH,
        default="",
        in_settings=False,
        help="Folder for `notes.md` and, with `dist`, `SHA256SUMS` and `release.json`; one of the run's own "
        "without it.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token for deepening a shallow clone; `contents: read` is enough.",
    )
