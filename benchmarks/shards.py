#!/usr/bin/env python3
"""Parts of a suite: how equal they are against pytest-split, and what ci-test costs over pytest itself.

Usage: benchmarks/shards.py [--runs N]

Suites of 10 000 tests with log-normal times, most of them in few files, from a seed. Of each division the longest part is
compared with the mean, which nothing can be below.

- the longest part is at most 1.05 times that of dividing test by test, longest first;
- a plan takes less than 0.3 s;
- ci-test takes at most 1.25 times pytest on 2 000 tests that do nothing, start and reports included.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from measure import RUNS, Candidate, measure, table

ROOT = Path(__file__).resolve().parents[1]
AGENT = ROOT / "src" / "ci_actions" / "ci_test" / "agent.py"
PEER = "pytest==9.0.1 pytest-split==0.10.0"
TESTS = 10_000
FILES = (25, 400)
SHARDS = (4, 8, 20)
#: Answers with the longest part of both algorithms of pytest-split, for each number of parts.
ASK = """
import json, sys
from collections import namedtuple
from pytest_split.algorithms import Algorithms
request = json.load(sys.stdin)
Item = namedtuple("Item", "nodeid")
items = [Item(name) for name in request["durations"]]
print(json.dumps({
    algorithm: [max(group.duration for group in Algorithms[algorithm].value(shards, items, request["durations"]))
                for shards in request["shards"]]
    for algorithm in ("duration_based_chunks", "least_duration")
}))
"""


def main() -> int:
    """Run the benchmark and print its tables; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    python = peer()
    missed = [*balance(python), *overhead(python, options.runs)]
    for each in missed:
        print(f"MISSED: {each}")
    return 1 if missed else 0


def balance(python: Path) -> list[str]:
    """Print how equal the parts are, and return the targets that are missed."""
    agent = load()
    missed = []
    print(
        "| files, parts | pytest-split | pytest-split, least_duration | ci-test | files in several parts | plan |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    for files in FILES:
        durations = suite(files)
        request = json.dumps({"durations": durations, "shards": SHARDS})
        done = subprocess.run([python, "-c", ASK], input=request, capture_output=True, text=True, check=True)
        theirs = json.loads(done.stdout)
        for number, shards in enumerate(SHARDS):
            mean = sum(durations.values()) / shards
            begin = time.perf_counter()
            shares, divided = agent.plan(list(durations), durations, shards)
            took = time.perf_counter() - begin
            ours = max(sum(durations[name] for name in share) for share in shares)
            singly = agent.longest_first(
                [[name] for name in sorted(durations)], agent.costs(durations, durations), shards
            )
            best = max(singly[1]) / 1e6
            ratios = [theirs[name][number] / mean for name in ("duration_based_chunks", "least_duration")]
            print(
                f"| {files}, {shards} | {ratios[0]:.3f} | {ratios[1]:.3f} | {ours / mean:.3f} | {len(divided)} "
                f"| {took * 1000:.0f} ms |"
            )
            # What costs next to nothing is taken for a millisecond, so the two are not quite in one measure.
            if ours > best * 1.06:
                missed.append(
                    f"{files} files in {shards} parts: {ours / best:.3f} of what test by test gives"
                )
            if took >= 0.3:
                missed.append(f"{files} files in {shards} parts: the plan took {took:.2f} s")
    return missed


def overhead(python: Path, runs: int) -> list[str]:
    """Print what ci-test takes over pytest, and return the target if it is missed."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / ".git").mkdir()
        for number in range(20):
            body = "".join(f"def test_{each}():\n    pass\n" for each in range(100))
            (project / f"test_{number}.py").write_text(body)
        pytest: list[str | Path] = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        ours: list[str | Path] = [
            sys.executable,
            "-m",
            "ci_actions",
            "ci-test",
            f"--python={python}",
            "--args=-q -p no:cacheprovider",
        ]
        measured = measure(
            [
                Candidate("pytest", pytest, cwd=project),
                Candidate("pytest --junitxml", [*pytest, f"--junitxml={project / 'junit.xml'}"], cwd=project),
                Candidate("ci-test", ours, cwd=project),
                Candidate("ci-test, one of four parts", [*ours, "--shard=1/4"], cwd=project),
            ],
            runs,
        )
    print(table(measured, "pytest --junitxml"))
    ratio = measured["ci-test"].seconds / measured["pytest --junitxml"].seconds
    return [f"ci-test takes {ratio:.2f} times pytest"] if ratio > 1.25 else []


def suite(files: int) -> Mapping[str, float]:
    """Return the seconds of tests as suites have them: few files hold most of it."""
    chance = random.Random(files)
    weights = [chance.lognormvariate(0, 1) for _ in range(files)]
    homes = chance.choices(range(files), weights, k=TESTS)
    return {
        f"tests/test_{home:03}.py::Test{chance.randrange(4)}::test_{number:05}": chance.lognormvariate(
            -3, 1.5
        )
        for number, home in enumerate(homes)
    }


def load() -> ModuleType:
    """Return the agent, which holds the planner."""
    spec = importlib.util.spec_from_file_location("agent_of_ci_test", AGENT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def peer() -> Path:
    """Return the interpreter of an environment with the peer, made once."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ci-actions" / "pytest-split"
    folder = cache / sha256(f"{sys.executable} {PEER}".encode()).hexdigest()[:16]
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER.split()], check=True)
        (folder / "made").touch()
    return python


if __name__ == "__main__":
    sys.exit(main())
