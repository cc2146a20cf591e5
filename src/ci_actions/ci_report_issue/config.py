"""The inputs of ci-report-issue, declared once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import LIST, TEXT, Common, declare, one_of, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "issues-json": "The issues, a JSON array: number and address of each, what it is about, what was done.",
    "issue": "Address of the issue of this workflow; empty when there is none.",
}

_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,63})?")
#: https://docs.github.com/rest/issues/labels: at most 50 characters; a list of labels is split at commas.
_LABEL = re.compile(r"[^,\x00-\x1f]{1,50}")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """How the run ended, where its reports lie, and which issue is theirs."""

    result: str = declare(
        one_of("success", "failure", "cancelled", "skipped"),
        default="",
        in_settings=False,
        help="How the job that is reported ended, `success`, `failure`, `cancelled` or `skipped`: its `needs.<job>.result`.",
    )
    reports: tuple[str, ...] = declare(
        LIST,
        default=("reports",),
        in_settings=False,
        help="Folders of the downloaded artifacts: each holds `report.json` itself, or one folder with a `report.json` for each.",
    )
    name: str = declare(
        TEXT,
        default="",
        in_settings=False,
        help="Tells several issues of one workflow apart, as the `name` of the workflows that are reported does.",
    )
    label: str = declare(
        TEXT,
        default="ci-actions",
        in_settings=False,
        help="Label of the issues; one without it is never taken for ours.",
    )
    reopen_days: int = declare(
        whole(0, 3650),
        default=14,
        in_settings=False,
        help="Within how many days after it was closed an issue is opened again, instead of a new one.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token that finds and writes the issues; needs `issues: write`.",
    )

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if not self.result:
            yield "input 'result' is missing: give it `${{ needs.<job>.result }}` of the job that is reported"
        if not _NAME.fullmatch(self.name):
            yield (
                f"input 'name' is '{self.name}' but must be letters, digits, '.', '_' and '-', "
                "at most 64, beginning with a letter or a digit, like 'orders'"
            )
        if not _LABEL.fullmatch(self.label) or self.label != self.label.strip():
            yield f"input 'label' is '{self.label}' but must be one label of at most 50 characters, without a comma"
