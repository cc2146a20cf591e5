"""What a wheel carries beside the package: all that surrounds `src/` in a tree and is read when the program runs.

The locks and the actions always; `vendor/` and `release.json` where there are any, that is in a released tree. A
wheel of a source tree fetches what the lock names at its first start, as a source tree itself does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ("release.json", "action.yml", "requirements/runtime.txt")
FOLDERS = (
    "vendor",
    "actions",
    ".github/workflows",
    "requirements/managers",
    "requirements/scanners",
    "requirements/tools",
)
PLACE = "ci_actions/_release"  # `PACKAGED` in src/ci_actions/home.py


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds data to the wheel; an editable install finds it where it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files, one by one: a folder would bring bytecode along."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        for path in sorted(each for name in FOLDERS for each in (root / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and not _internal(path.relative_to(root)):
                build_data["force_include"][str(path)] = f"{PLACE}/{path.relative_to(root).as_posix()}"
        for name in FILES:
            if (root / name).is_file():
                build_data["force_include"][str(root / name)] = f"{PLACE}/{name}"


def _internal(path: Path) -> bool:
    """Whether a workflow is our own: `doctor` and `act` read public ones only."""
    return path.parts[0] == ".github" and path.name.startswith("_")
