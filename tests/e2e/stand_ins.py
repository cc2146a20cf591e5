"""Stand-ins for actions that act cannot fetch here, on GitHub's own client libraries (`tools/stand-ins/`).

They are bundled once into the cache outside the checkout; act copies an action's folder, so each is one file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.doubles.bundles import bundled_or_skip

SOURCE = Path(__file__).resolve().parents[2] / "tools" / "stand-ins"


def stand_ins_or_skip() -> Path:
    """Return the folder of the bundled stand-ins, made now if need be; a missing npm skips, under CI=true it fails."""
    return bundled_or_skip(SOURCE)


def stands_for(folder: Path) -> dict[str, Path]:
    """Return the actions that ours, our workflows and examples name, by the very commits, and the folders that stand for them."""
    root = SOURCE.parents[1]
    found: dict[str, Path] = {}
    for pattern in ("actions/*/action.yml", ".github/workflows/*.yml", "examples/workflows/*.yml"):
        for file in sorted(root.glob(pattern)):
            text = file.read_text(encoding="utf-8")
            for owner, name, commit in re.findall(r"uses: ([\w.-]+)/([\w.-]+)\S*@([0-9a-f]{40})", text):
                if (folder / name).is_dir():
                    found[f"{owner}/{name}@{commit}"] = folder / name
    return found


def tool_cache(folder: Path, prefixes: Mapping[str, str]) -> None:
    """Fill the tool cache of act with interpreters of this machine: their full versions and where they lie.

    The layout is that of https://github.com/actions/toolkit/tree/main/packages/tool-cache.
    """
    for version, prefix in prefixes.items():
        place = folder / "Python" / version
        place.mkdir(parents=True, exist_ok=True)
        # Several modules of one session share act's tool cache.
        if not (place / "x64").is_symlink():
            (place / "x64").symlink_to(prefix)
        (place / "x64.complete").touch()
