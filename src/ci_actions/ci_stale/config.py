"""The inputs of ci-stale, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, LIST, PATH, TEXT, Common, Kind, declare, items, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "done-json": "What was done, or in a dry run would be, as a JSON array: number, deed, why.",
    "marked": "How many were marked as stale, or would be.",
    "closed": "How many were closed, or would be.",
    "kept": "How many lost the mark, because somebody came back, or would.",
    "left-over": "How many are left for the next run.",
}
KINDS = ("issues", "pull-requests")


def _kind(text: str) -> str:
    if text not in KINDS:
        raise ValueError(f"'{text}' is neither of {', '.join(KINDS)}")
    return text


def _days(text: str) -> int | None:
    return None if text == "off" else DAYS.parse(text)


DAYS = whole(1, 3650)
DAYS_OR_OFF: Kind[int | None] = Kind("a whole number of days, at least 1, or 'off'", _days)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """What counts as stale, and what is never touched."""

    dry_run: bool = declare(
        BOOLEAN,
        default=True,
        help="Say what would be done and do nothing; write `false` once the report is what you want.",
    )
    kinds: tuple[str, ...] = declare(
        items(_kind), default=KINDS, help="What is looked at: issues, pull-requests, or both."
    )
    days_before_stale: int = declare(
        DAYS, default=60, help="Days without any activity after which one is marked."
    )
    days_before_close: int | None = declare(
        DAYS_OR_OFF, default=14, help="Days that a mark stands before it is closed; `off` for never."
    )
    label: str = declare(TEXT, default="stale", help="The label that marks.")
    exempt_labels: tuple[str, ...] = declare(
        LIST,
        default=("pinned", "security"),
        help="Labels whose issues and pull requests are never touched.",
    )
    exempt_milestones: tuple[str, ...] = declare(
        LIST, default=(), help="Milestones whose issues and pull requests are never touched; `*` for any."
    )
    exempt_assignees: tuple[str, ...] = declare(
        LIST, default=(), help="People whose issues and pull requests are never touched; `*` for anybody."
    )
    exempt_drafts: bool = declare(BOOLEAN, default=True, help="Whether drafts are never touched.")
    operations: int = declare(
        whole(1, 500),
        default=60,
        help="How many times one run may change something; what is left waits for the next run.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token that reads and writes: `issues: write` and `pull-requests: write`.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if self.label.casefold() in (each.casefold() for each in self.exempt_labels):
            yield f"input 'label' is '{self.label}', which exempt-labels keeps from being touched"
        if not self.label.strip():
            yield "input 'label' is empty"
