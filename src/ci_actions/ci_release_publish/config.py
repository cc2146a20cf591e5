"""The inputs of ci-release-publish, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import PATH, TEXT, Common, declare

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "url": "Address of the release; empty when there is none.",
    "published": "`true` if the release is published and holds what was built.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Where the bundle lies, and who may publish it."""

    bundle: str = declare(
        PATH,
        default="release",
        in_settings=False,
        help="Folder that release.yml left: `release.json`, `notes.md`, `SHA256SUMS`, and the files in `dist`.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token that makes the release; needs `contents: write`.",
    )
