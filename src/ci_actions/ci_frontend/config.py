"""The inputs of ci-frontend, declared once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ci_actions.kit.inputs import BOOLEAN, LIST, PATH, TEXT, Common, declare, whole

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "outputs-json": "What was built: a JSON array with path and bytes, paths relative to the git root.",
    "bytes": "Size of all that together.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """What is run in the folder of package.json, and what must be there afterwards."""

    outputs: tuple[str, ...] = declare(
        LIST,
        default=(),
        help="Globs of what the build makes, like `dist/**`; each must fit a file that this run wrote and that holds "
        "something.",
    )
    install: str = declare(
        TEXT,
        default="",
        help="Command that installs the dependencies; `npm ci` without it, `none` for none at all.",
    )
    build: str = declare(TEXT, default="", help="Command that builds; `npm run build` without it.")
    test: str = declare(TEXT, default="", help="Command that tests what was built; none without it.")
    timeout: int = declare(whole(1, 1440), default=30, help="Minutes that all commands together may take.")
    summary: bool = declare(BOOLEAN, default=True, help="Whether the job summary is written.")
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )

    def problems(self) -> Iterable[str]:
        """Return that nothing is asked for, or what lies out of the folder: that is not the build's."""
        if not self.outputs:
            yield "input 'outputs' is required: name what the build makes, like 'dist/**', or nobody could tell it from nothing"
        for each in self.outputs:
            if each.startswith("/") or ".." in each.replace("\\", "/").split("/"):
                yield f"input 'outputs' names '{each}', which leads out of the folder of package.json"
