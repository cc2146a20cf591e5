"""What a consumer downloads, and how long the first start of an action takes from it.

    python benchmarks/release.py [--runs 9]

Every candidate gives the verdict of a coverage gate on one small repository, as a step of a job: inputs in the
environment, outputs and summary into GitHub's files. "Freshly unpacked" is a released tree without any bytecode,
unpacked anew before each run, as in each job of each consumer; files are in the page cache, for all candidates
alike. The peers stand for what others do: an action that installs its dependencies first, and a Node action bundled
with esbuild that reads the same report, asks git for the same diff and uses @actions/core.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from measure import Candidate, Measured, measure, table
from start import make_project

from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.publish import tree
from ci_actions.publish.tree import File, Files

ROOT = Path(__file__).resolve().parents[1]
PYTHON = os.path.realpath(sys.executable)
FRESH = "released tree, freshly unpacked"
WARM = "released tree, second start"
VENDOR_ONLY = "freshly unpacked, with bytecode of vendor/"
COMPILED = "freshly unpacked, with bytecode of vendor/ and src/"
NODE = "Node action, bundled, freshly unpacked"
PIP = "action that runs venv and pip install first"
TARGET = "action that runs pip install --target first"
#: The runner images' interpreters would each need their own: `ubuntu-24.04`, `ubuntu-26.04`, setup-python's.
SHIPPED_FOR = 3

PACKAGES = {"@actions/core": "3.0.1", "fast-xml-parser": "5.12.1", "esbuild": "0.28.2"}
NODE_ACTION = """\
import * as core from "@actions/core";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";

const git = (...words) => execFileSync("git", words, { encoding: "utf8" });
const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const document = new XMLParser({ ignoreAttributes: false }).parse(readFileSync(core.getInput("files")));
const hits = new Map();
for (const part of list(document.coverage.packages.package))
  for (const one of list(part.classes.class))
    for (const line of list(one.lines.line))
      hits.set(`${one["@_filename"]}:${line["@_number"]}`, Number(line["@_hits"]));
const base = git("merge-base", core.getInput("base"), "HEAD").trim();
let file = "", changed = 0, covered = 0;
for (const line of git("diff", "--unified=0", base, "HEAD").split("\\n")) {
  const name = /^\\+\\+\\+ b\\/(.*)$/.exec(line), hunk = /^@@ -\\S+ \\+(\\d+)(?:,(\\d+))? @@/.exec(line);
  if (name) file = name[1];
  for (let at = 0; hunk && at < Number(hunk[2] ?? 1); at++) {
    const count = hits.get(`${file}:${Number(hunk[1]) + at}`);
    if (count !== undefined) { changed++; covered += count > 0 ? 1 : 0; }
  }
}
const all = [...hits.values()], percent = (100 * all.filter(Boolean).length) / all.length;
core.setOutput("overall", percent.toFixed(2));
core.setOutput("new-code", ((100 * covered) / changed).toFixed(2));
await core.summary.addHeading("coverage", 3).addRaw(`${percent} %`).write();
if (percent < 80 || covered < changed * 0.85) core.setFailed("coverage is too low");
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        files = released()
        print_sizes(files, scratch)
        candidates = list(actions(files, scratch, step(scratch)))
        measured = measure(candidates, runs)
        slow = [*pip_actions(files, scratch, step(scratch))]
        measured |= measure(slow, 2)
        print(f"\nPython {sys.version.split()[0]}\n\n{table(measured, FRESH)}\n")
        print_verdicts(measured)
    return 0


def print_verdicts(measured: Mapping[str, Measured]) -> None:
    """Say how the promises of the issue stand."""
    fresh = measured[FRESH].seconds
    print(f"faster than venv and pip: {measured[PIP].seconds / fresh:.1f} x (promised: 20)")
    print(f"faster than pip --target: {measured[TARGET].seconds / fresh:.1f} x")
    if NODE in measured:
        print(f"against Node: {fresh / measured[NODE].seconds:.2f} x its time (promised: at most 2)")


def released() -> Files:
    """Return a release of what is checked out, work in progress included."""
    git = Git(Process(os.environ), ROOT, environ=os.environ)
    source = {path: File((ROOT / path).read_bytes()) for path in (*git.tracked(), *git.untracked())}
    vendor = tree.vendored(source[tree.LOCK].data, PYTHON, os.environ)
    return tree.make(tree.Source("0" * 40, 1_700_000_000, source), "0.0.1", vendor).files


# --- sizes -------------------------------------------------------------------------------------


def print_sizes(files: Files, scratch: Path) -> None:
    """Print what is downloaded, and how long it takes to unpack."""
    kept = tree.kept_in_archives(files)
    compiled = with_bytecode(kept, scratch / "size", "vendor", "src")
    rows = {
        "everything": files,
        "without what archives leave out": kept,
        "and with bytecode for one interpreter": compiled,
    }
    print("| released tree | files | tar.gz | zip | unpacking |\n|---|--:|--:|--:|--:|")
    for name, each in rows.items():
        packed = tree.tar_gz(each, "top", 1_700_000_000)
        zipped = tree.zipped(each, "top", 1_700_000_000)
        seconds = min(unpacking(packed, scratch / "unpacked") for _ in range(5))
        print(f"| {name} | {len(each)} | {mega(packed)} | {mega(zipped)} | {seconds * 1000:.0f} ms |")
    for folder in ("src", "vendor"):
        some = with_bytecode(kept, scratch / f"size-{folder}", folder)
        added = len(tree.tar_gz(some, "top", 0)) - len(tree.tar_gz(kept, "top", 0))
        print(
            f"\nbytecode of {folder}/ for {SHIPPED_FOR} interpreters would add {added * SHIPPED_FOR / 1e6:.2f} MB"
        )


def mega(data: bytes) -> str:
    """Return a size for people."""
    return f"{len(data) / 1e6:.2f} MB"


def unpacking(packed: bytes, folder: Path) -> float:
    """Return the seconds that `tar` takes, which is what a runner calls."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    begin = time.perf_counter()
    subprocess.run(["tar", "-xz", "-C", folder], input=packed, check=True)
    return time.perf_counter() - begin


def with_bytecode(files: Files, scratch: Path, *folders: str) -> Files:
    """Return a tree with the bytecode of some of its folders, of the kind that is never compared with its source."""
    scratch.mkdir()
    tree.write(files, scratch / "tree", 1_700_000_000)
    names = [str(scratch / "tree" / folder) for folder in folders]
    unchecked = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([PYTHON, *unchecked, "-s", str(scratch / "tree"), *names], check=True)
    return tree.read_folder(scratch / "tree")


# --- candidates --------------------------------------------------------------------------------


def step(scratch: Path) -> dict[str, str]:
    """Return the environment of a step of a job."""
    temporary = scratch / "runner"
    temporary.mkdir(exist_ok=True)
    return {
        "CI_ACTIONS_PYTHON": PYTHON,
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(temporary / "output"),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        "RUNNER_TEMP": str(temporary),
        "INPUT_FILES": "coverage.xml",
        "INPUT_BASE": "main",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def actions(files: Files, scratch: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """Yield our own trees and the bundled peer."""
    project = make_project(scratch / "project")
    kept = tree.kept_in_archives(files)
    variants = {
        FRESH: kept,
        VENDOR_ONLY: with_bytecode(kept, scratch / "vendor", "vendor"),
        COMPILED: with_bytecode(kept, scratch / "both", "vendor", "src"),
    }
    for number, (name, each) in enumerate(variants.items()):
        place = Unpacked(each, scratch / f"tree{number}")
        prepare = partial(files_of, place, env)
        yield Candidate(name, place.start, cwd=project, env=env, prepare=prepare)
    warm = Unpacked(kept, scratch / "warm")
    warm.unpack()
    yield Candidate(WARM, warm.start, cwd=project, env=env, prepare=lambda: empty(env))
    if bundle := node_bundle(scratch / "node"):
        # `-` stays as it is in the names that the runner gives to inputs of Node actions.
        yield Candidate(NODE, [shutil.which("node") or "node", bundle], cwd=project, env=env,
                        prepare=lambda: empty(env))  # fmt: skip


def pip_actions(files: Files, scratch: Path, env: Mapping[str, str]) -> Iterator[Candidate]:
    """Yield actions that install our dependencies first, from wheels that lie on this disk already, then run."""
    lock = scratch / "runtime.txt"
    lock.write_bytes(files[tree.LOCK].data)
    wheels = scratch / "wheels"
    fetch = ["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    subprocess.run([PYTHON, *fetch, "--dest", wheels, "-r", lock], check=True)
    place = Unpacked(
        {path: file for path, file in files.items() if not path.startswith("vendor/")}, scratch / "pip"
    )
    options = f"--quiet --no-index --find-links '{wheels}' --no-deps --require-hashes -r '{lock}'"
    start = " ".join(f"'{word}'" for word in place.start)
    ways = {
        PIP: f"'{PYTHON}' -m venv '{scratch}/venv'; '{scratch}/venv/bin/pip' install {options}\n"
        f"ln -s '{scratch}'/venv/lib/python*/site-packages '{place.folder}/vendor'",
        TARGET: f"'{PYTHON}' -m pip install {options} --target '{place.folder}/vendor'",
    }
    for number, (name, way) in enumerate(ways.items()):
        script = scratch / f"pip{number}.sh"
        script.write_text(f"set -e\n{way}\n{start}\n")

        def prepare() -> None:
            shutil.rmtree(scratch / "venv", ignore_errors=True)
            files_of(place, env)

        yield Candidate(name, ["bash", script], cwd=scratch / "project", env=env, prepare=prepare)


class Unpacked:
    """A tree that is unpacked anew whenever that is asked for."""

    def __init__(self, files: Files, folder: Path) -> None:
        self.folder = folder
        self.start = ["bash", str(folder / "coverage-gate" / "start.sh"), "coverage-gate"]
        self._archive = folder.with_suffix(".tar.gz")
        self._archive.write_bytes(tree.tar_gz(files, folder.name, 1_700_000_000))

    def unpack(self) -> None:
        """Throw away what is there, bytecode of the last start included."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with tarfile.open(self._archive) as archive:
            archive.extractall(self.folder.parent, filter="data")


def files_of(place: Unpacked, env: Mapping[str, str]) -> None:
    """Prepare a run from a fresh tree."""
    place.unpack()
    empty(env)


def empty(env: Mapping[str, str]) -> None:
    """Make the step's files empty."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        Path(env[name]).write_text("")


def node_bundle(folder: Path) -> Path | None:
    """Return the peer, one file as such actions commit it, or None without Node or without its packages."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        print("\nno node and npm on PATH: the bundled Node action is not measured")
        return None
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "index.mjs").write_text(NODE_ACTION)
    names = [f"{name}@{version}" for name, version in PACKAGES.items()]
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [npm, "install", *quiet, *names], cwd=folder, capture_output=True, text=True, check=False
    )
    esbuild = folder / "node_modules" / ".bin" / "esbuild"
    if done.returncode or not esbuild.exists():
        print(f"\nnpm brought no packages, the bundled Node action is not measured: {done.stderr[-300:]}")
        return None
    target = folder / "dist" / "index.mjs"
    banner = "import { createRequire } from 'module'; const require = createRequire(import.meta.url);"
    options = [
        "--bundle",
        "--platform=node",
        "--format=esm",
        "--minify",
        "--log-level=error",
        f"--banner:js={banner}",
    ]
    subprocess.run([esbuild, "index.mjs", *options, f"--outfile={target}"], cwd=folder, check=True)
    print(f"\nthe Node action's bundle has {mega(target.read_bytes())}")
    return target


if __name__ == "__main__":
    sys.exit(main())
