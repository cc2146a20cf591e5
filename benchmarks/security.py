#!/usr/bin/env python3
"""security-scan: all scanners at once against each of them alone, and bandit divided among the cores against plain bandit.

    python benchmarks/security.py [--files 5000] [--runs 3]

A seeded repository of Python files and a hundred workflows, each with a weakness now and then; detect-secrets, zizmor and
gitleaks (`make peers`) look at it too. Bandit's findings are compared before any time counts. All in turn in one run:

- all scanners at once take at most 1.15 times the larger of the slowest alone and all their CPU seconds divided by the cores;
- bandit through us is at least 1.7 times as fast as plain bandit, on two cores and more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCANNERS = ("bandit", "detect-secrets", "gitleaks", "zizmor")
#: Candidates beside each scanner alone.
ALL, PLAIN = "all at once", "plain bandit"
WEAK = (
    "    subprocess.call('ls ' + name, shell=True)",
    "    return hashlib.md5(name.encode()).hexdigest()",
    "    eval(name)",
    "    return open('/tmp/' + name)",
    "    yaml.load(name)",
)
PLAINLY = "    value = [each.strip() for each in name.split(',') if each and each != {!r}]"
WORKFLOW = """on: {event}
permissions: {{}}
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{{{ github.event.pull_request.title }}}}
"""


def main() -> int:
    """Run the benchmark and print its table; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(os.path.realpath(folder)))
        size = bench.make(options.files)
        found = bench.compare()
        seconds, cpu = bench.measure(options.runs)
    print(
        f"\n{options.files} Python files ({size / 1e6:.1f} MB), {os.cpu_count()} cores, {found} findings of bandit either way\n"
    )
    return report(seconds, cpu)


class Bench:
    """A repository, the scanners, and the candidates."""

    def __init__(self, scratch: Path) -> None:
        self.project = scratch / "project"
        self.out = scratch / "out"
        gitleaks = subprocess.run(
            [ROOT / "tools" / "build-peers.sh", "--path", "gitleaks"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        if not Path(gitleaks).is_file():
            raise SystemExit("gitleaks is not built; run: make peers")
        digest = hashlib.sha256(Path(gitleaks).read_bytes()).hexdigest()
        self.lock = scratch / "tools.toml"
        self.lock.write_text(f'[gitleaks]\nversion = "8"\npath = "{gitleaks}"\nsha256 = "{digest}"\n')

    def make(self, files: int) -> int:
        """Write and commit the repository; returns the bytes of Python in it."""
        chance = random.Random(20_261_121)
        size = 0
        for number in range(files):
            path = self.project / f"pkg{number % 50:02}" / f"module{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = "\n".join(_module(chance))
            size += len(text)
            path.write_text(text)
        folder = self.project / ".github" / "workflows"
        folder.mkdir(parents=True)
        for number in range(100):
            event = chance.choice(("push", "pull_request", "pull_request_target"))
            (folder / f"w{number}.yml").write_text(WORKFLOW.format(event=event))
        who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        for words in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message=all"]):
            subprocess.run(["git", *words], cwd=self.project, check=True)
        return size

    def ours(self, *scanners: str) -> list[str]:
        """Return the command line for some scanners."""
        return [
            sys.executable, "-m", "ci_actions", "security-scan", f"--tools={','.join(scanners)}", "--history=all",
            "--fail-on=none", f"--tool-lock={self.lock}", f"--report-dir={self.out}", f"--python={sys.executable}",
        ]  # fmt: skip

    def plain(self) -> list[str]:
        """Return the command line of bandit itself, in the environment that we made for it."""
        from ci_actions import home
        from ci_actions.kit.process import Process
        from ci_actions.supply.environments import locked_environment

        lock = ROOT / "requirements" / "scanners" / "bandit.txt"
        folder = locked_environment(
            lock, python=sys.executable, cache=Path(home.cache_home(os.environ)), process=Process(os.environ),
            environ=os.environ, progress=print,
        )  # fmt: skip
        return [str(folder / "python"), "-I", "-m", "bandit", "-r", "-q", "-f", "json", "."]

    def compare(self) -> int:
        """Return how many findings bandit has, which must be the same through us."""
        self._run(self.ours(*SCANNERS), {0})  # makes what is missing
        self._run(self.ours("bandit"), {0})
        rows = json.loads((self.out / "security.json").read_text())["findings"]
        mine = sorted(
            (row["path"], row["line"], row["rule"], row["message"].partition(":")[0]) for row in rows
        )
        found = json.loads(self._run(self.plain(), {1}))["results"]
        theirs = sorted(
            (
                row["filename"].removeprefix("./"),
                row["line_number"],
                row["test_id"],
                " ".join(row["issue_text"].split()).partition(":")[0],
            )
            for row in found
        )
        if mine != theirs:
            raise SystemExit(
                f"bandit finds {len(theirs)}, through us {len(mine)}: {set(mine) ^ set(theirs)}"[:2000]
            )
        return len(mine)

    def measure(self, runs: int) -> tuple[dict[str, float], dict[str, float]]:
        """Return the medians of wall-clock and CPU seconds of all candidates, run in turn."""
        candidates = {name: self.ours(name) for name in SCANNERS}
        candidates |= {ALL: self.ours(*SCANNERS), PLAIN: self.plain()}
        wall: dict[str, list[float]] = {name: [] for name in candidates}
        cpu: dict[str, list[float]] = {name: [] for name in candidates}
        for _ in range(runs):
            for name, words in candidates.items():
                begin, used = time.perf_counter(), _cpu()
                self._run(words, {0, 1})
                wall[name].append(time.perf_counter() - begin)
                cpu[name].append(_cpu() - used)
        return _medians(wall), _medians(cpu)

    def _run(self, words: Sequence[str], codes: set[int]) -> str:
        done = subprocess.run(words, cwd=self.project, capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise SystemExit(f"{' '.join(words)}: {done.returncode}: {done.stderr[-1500:]}")
        return done.stdout


def _module(chance: random.Random) -> list[str]:
    lines = ["import hashlib", "import subprocess", "import yaml", ""]
    for number in range(chance.randint(2, 8)):
        lines += ["", f"def function{number}(name):"]
        lines += [PLAINLY.format(f"word{chance.randint(0, 999)}") for _ in range(chance.randint(1, 6))]
        lines += [chance.choice(WEAK)] if chance.random() < 0.1 else ["    return value"]
    return [*lines, ""]


def _medians(times: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {name: sorted(found)[len(found) // 2] for name, found in times.items()}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(seconds: Mapping[str, float], cpu: Mapping[str, float]) -> int:
    """Print the table and what the targets say; return 1 if one is missed."""
    print("| what | seconds | CPU seconds |\n|---|--:|--:|")
    for name, value in seconds.items():
        print(f"| {name} | {value:.2f} | {cpu[name]:.2f} |")
    slowest = max(seconds[name] for name in SCANNERS)
    bound = max(slowest, sum(cpu[name] for name in SCANNERS) / (os.cpu_count() or 1))
    together = seconds[ALL] / bound
    faster = seconds[PLAIN] / seconds["bandit"]
    print("\n| target | value | wanted |\n|---|--:|--:|")
    print(f"| all at once ÷ max(slowest alone, CPU ÷ cores) | {together:.2f} | at most 1.15 |")
    print(f"| plain bandit ÷ bandit through us | {faster:.2f} | at least 1.70 |")
    return int(together > 1.15 or faster < 1.7)


if __name__ == "__main__":
    sys.exit(main())
