"""The inputs of ci-caches, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, PATH, TEXT, Common, declare, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "deleted-json": "What was deleted, or in a dry run would be, as a JSON array: id, key, ref, bytes, why.",
    "deleted": "How many caches were deleted, or would be.",
    "bytes": "How many bytes they take.",
    "left-over": "How many are left for the next run.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which caches are of no use any more."""

    dry_run: bool = declare(
        BOOLEAN,
        default=True,
        help="Say what would be deleted and delete nothing; write `false` once the report is what you want.",
    )
    days_unused: int = declare(
        whole(1, 3650), default=14, help="Days after which a cache that nobody has restored is of no use."
    )
    operations: int = declare(
        whole(1, 500),
        default=100,
        help="How many caches one run may delete; what is left waits for the next run.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token that reads and deletes: `actions: write`, `contents: read` and `pull-requests: read`.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
