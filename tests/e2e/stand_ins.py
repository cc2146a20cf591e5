"""Stand-ins for actions that act cannot fetch here, on GitHub's own client libraries (`tools/stand-ins/`).

They are bundled once into the cache outside the checkout; act copies an action's folder, so each is one file.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "tools" / "stand-ins"


def stand_ins_or_skip() -> Path:
    """Return the folder of the bundled stand-ins, made now if need be; a missing npm skips, under CI=true it fails."""
    files = sorted(path for path in SOURCE.rglob("*") if path.is_file())
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ci-actions" / "npm"
    kept = cache / f"stand-ins-{digest}"
    why = "" if kept.is_dir() else _make(kept)
    if why:
        reason = f"no stand-ins for GitHub's actions: {why}\nInstall Node.js 20 with npm, and let it reach its registry."
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return kept


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
        (place / "x64").symlink_to(prefix)
        (place / "x64.complete").touch()


def _make(kept: Path) -> str:
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".stand-ins-", dir=kept.parent) as scratch:
        work, made = Path(scratch, "work"), Path(scratch, "made")
        shutil.copytree(SOURCE, work)
        why = _run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", f"{scratch}/.npm"], work
        )
        for action in sorted(work.glob("**/action.yml")) if not why else ():
            folder = made / action.parent.relative_to(work)
            folder.mkdir(parents=True)
            shutil.copy(action, folder)
            words = "node_modules/.bin/esbuild --bundle --platform=node --log-level=warning".split()
            why = why or _run(
                [*words, str(action.with_name("index.js")), f"--outfile={folder}/index.js"], work
            )
        if not why and not kept.exists():
            made.rename(kept)
    return why


def _run(words: list[str], cwd: Path) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
    return f"{words[0]} failed: {done.stderr[-600:]}" if done.returncode else ""
