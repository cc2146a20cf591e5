"""The inputs of ci-comment, declared once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import PATH, TEXT, Common, declare

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "comments-json": "The comments, a JSON array: pull request, number and address of the comment, what was done.",
    "comment-file": "Path of the comment as Markdown; empty when there was nothing to say.",
}

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which payloads are read, and which comment they make."""

    payloads: str = declare(
        PATH,
        default="payloads",
        in_settings=False,
        help="Folder of the downloaded artifacts: `comment.json` itself, or one folder with a `comment.json` for each.",
    )
    comment_id: str = declare(
        TEXT,
        default="default",
        in_settings=False,
        help="Tells several comments on one pull request apart: the payloads with this `comment-id` make one comment.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token that finds the pull request and writes the comment; needs `pull-requests: write`.",
    )

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if not _ID.fullmatch(self.comment_id):
            yield (
                f"input 'comment-id' is '{self.comment_id}' but must be letters, digits, '.', '_' and '-', "
                "at most 64, beginning with a letter or a digit, like 'default'"
            )
