"""The inputs of ci-codecov, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import ARGUMENT, BOOLEAN, LIST, PATH, TEXT, Common, declare, items, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "uploaded": "Whether Codecov took the reports: `true` or `false`.",
    "files-json": "The reports that were sent: a JSON array of paths, relative to the git root.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Which reports are sent, and where to."""

    files: tuple[str, ...] = declare(
        LIST, default=(), help="Globs of the coverage reports; each must fit a file."
    )
    token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Codecov's upload token; a public repository may do without.",
    )
    flags: tuple[str, ...] = declare(
        items(ARGUMENT.parse), default=(), help="Codecov's flags for these reports, like `unit`."
    )
    name: str = declare(ARGUMENT, default="", help="Name of the upload, as Codecov shows it.")
    url: str = declare(
        ARGUMENT,
        default="",
        in_settings=False,
        help="Address of a Codecov of your own; the public one without it.",
    )
    timeout: int = declare(whole(1, 60), default=5, help="Minutes that the upload may take.")
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )

    def problems(self) -> Iterable[str]:
        """Return what cannot be meant although every single input can."""
        if not self.files:
            yield "input 'files' is required: name the coverage reports, like 'coverage.xml'"
        if self.url and not self.url.startswith(("https://", "http://")):
            yield "input 'url' must start with https:// or http://"
