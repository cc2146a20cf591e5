"""Programs of tests that stand on packages of npm (tools/stand-ins, tools/workflow-parser), each bundled into one file.

They are made once, into the cache outside the checkout, from a lock with hashes; nothing that a package brings along
is run while it is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


def bundled_or_skip(source: Path) -> Path:
    """Return a folder with every `index.js` below `source` as one file, and with the `action.yml` beside it.

    A missing npm, or a registry that does not answer, skips; under CI=true that fails.
    """
    files = sorted(
        path
        for path in source.rglob("*")
        if path.is_file() and "node_modules" not in path.relative_to(source).parts
    )
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ci-actions" / "npm"
    kept = cache / f"{source.name}-{digest}"
    why = "" if kept.is_dir() else _make(source, [path.relative_to(source) for path in files], kept)
    if why:
        reason = f"tools/{source.name}: {why}\nInstall Node.js 20 with npm, and let it reach its registry."
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return kept


def _make(source: Path, files: list[Path], kept: Path) -> str:
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{source.name}-", dir=kept.parent) as scratch:
        work, made = Path(scratch, "work"), Path(scratch, "made")
        shutil.copytree(source, work, ignore=shutil.ignore_patterns("node_modules"))
        why = _run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", f"{scratch}/.npm"], work
        )
        words = "node_modules/.bin/esbuild --bundle --platform=node --log-level=warning".split()
        for entry in [path for path in files if path.name == "index.js"] if not why else ():
            (made / entry).parent.mkdir(parents=True, exist_ok=True)
            about = work / entry.with_name("action.yml")
            if about.is_file():
                shutil.copy(about, made / entry.parent)
            why = why or _run([*words, str(work / entry), f"--outfile={made / entry}"], work)
        if not why and not kept.exists():
            made.rename(kept)
    return why


def _run(words: list[str], cwd: Path) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
    return f"{words[0]} failed: {done.stderr[-600:]}" if done.returncode else ""
