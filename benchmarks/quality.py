#!/usr/bin/env python3
"""All linters of a real project: quality against the bare tools, side by side and alone, and against pre-commit.

Usage: benchmarks/quality.py [--runs N] [--project attrs|httpx|werkzeug]

The tools of `tools/linters/new.txt` on the source distribution of a well-known project. Measured in turn in one run: each
tool alone, all of them at once (xargs -P), quality without anything remembered, quality again without changes, and
pre-commit with the same tools as hooks.

- all tools take at most 1.10 times the larger of the slowest alone and all their CPU seconds divided by the cores. The CPU
  seconds are those of all at once: where two cores share their units, each second does less while both are busy;
- and, as the slowest one does not run alone then, at most 1.10 times the bare tools all at once;
- at most 0.75 times pre-commit with the same tools as hooks;
- a second run without changes takes at most 0.25 times the first;
- over the bare tool, with one that takes a while, we take at most 150 ms and 5 %.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import linter_sets

#: What runs, as one would type it; `.` and `src` are what quality gives them too.
TOOLS: Mapping[str, Sequence[str]] = {
    "ruff-check": ("ruff", "check", "--no-fix", "."),
    "black": ("black", "--check", "--diff", "."),
    "isort": ("isort", "--check-only", "--diff", "."),
    "flake8": ("flake8",),
    "pylint": ("pylint", "--recursive=y", "--jobs=1"),
    "mypy": ("mypy",),
    "pyright": ("pyright", "--outputjson"),
}
#: The tools that take names of folders on the command line.
WITH_ROOTS = ("flake8", "pylint")
#: The tool whose time is compared with ours when it runs alone.
ALONE = "pylint"


def main() -> int:
    """Run the benchmark and print its table; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--project", default="werkzeug")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(os.path.realpath(folder))
        bench = Bench(linter_sets.project(options.project, scratch), scratch)
        bench.prepare()
        seconds, cpu = bench.measure(options.runs)
    return report(options.project, seconds, cpu)


class Bench:
    """A project, the environment with the tools, and the candidates."""

    def __init__(self, project: Path, scratch: Path) -> None:
        self.project = project
        self.scratch = scratch
        self.python = linter_sets.make("new")
        cache = {"XDG_CACHE_HOME": str(scratch / "cache"), "HOME": str(scratch / "home")}
        self.env = {**os.environ, **cache, "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"}
        # As everywhere: what was compiled once, ours too, is not compiled again.
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)

    def prepare(self) -> None:
        """Write the hook configuration, and commit it: all candidates see the same files."""
        names = self._run(["git", "ls-files", "*.py", "*.pyi"], {0}).split()
        self.roots = sorted({name.partition("/")[0] for name in names})
        settings = (self.project / "pyproject.toml").read_text(encoding="utf-8")
        self.mypy = [] if "files =" in settings.partition("[tool.mypy]")[2][:400] else ["."]
        hooks = "".join(
            f"  - {{id: {name}, name: {name}, entry: {' '.join(self.words(name))}, language: system, "
            "pass_filenames: false, always_run: true}\n"
            for name in TOOLS
        )
        longest = ("pylint", "pyright", "mypy", "black", "flake8", "isort", "ruff-check")
        (self.scratch / "commands").write_text("".join(f"{' '.join(self.words(name))}\n" for name in longest))
        # Where quality does not look: it would run the hooks as well.
        (self.scratch / "hooks.yaml").write_text(f"repos:\n- repo: local\n  hooks:\n{hooks}")
        (self.project / ".pre-commit-config.yaml").unlink(missing_ok=True)
        # As a project is that uses them: what formatters would change has been changed.
        with (self.project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write('\n[tool.isort]\nprofile = "black"\n')
        for words in (["isort", "--quiet", "."], ["black", "--quiet", "."]):
            self._run(words, {0})
        (self.project / ".gitignore").write_text("/.ci-actions/\n__pycache__/\n.*_cache/\n")
        self._run(["git", "add", "--all"], {0})
        who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        self._run(["git", *who, "commit", "--quiet", "--message=settings"], {0})

    def words(self, name: str) -> list[str]:
        """Return the command line of a tool."""
        more = self.roots if name in WITH_ROOTS else self.mypy if name == "mypy" else []
        return [*TOOLS[name], *more]

    def measure(self, runs: int) -> tuple[dict[str, float], dict[str, float]]:
        """Return the medians of wall-clock and CPU seconds of all candidates, run in turn."""
        quality = [sys.executable, "-m", "ci_actions", "quality", f"--python={self.python}"]
        everything = [*quality, "--tools", ",".join(TOOLS)]
        candidates: dict[str, tuple[list[str], Callable[[], None]]] = {
            name: (self.words(name), self.forget) for name in TOOLS
        }
        candidates["quality"] = (everything, self.forget)
        candidates["quality, again"] = (everything, lambda: None)
        candidates[f"quality, {ALONE} only"] = ([*quality, "--tools", ALONE], self.forget)
        at_once = f"xargs -P {os.cpu_count()} -I CMD sh -c CMD < {self.scratch}/commands"
        candidates["bare, at once"] = (["sh", "-c", at_once], self.forget)
        hooks = ["pre-commit", "run", "--all-files", "--config", str(self.scratch / "hooks.yaml")]
        candidates["pre-commit"] = (hooks, self.forget)
        wall: dict[str, list[float]] = {name: [] for name in candidates}
        cpu: dict[str, list[float]] = {name: [] for name in candidates}
        for turn in range(runs + 1):
            for name, (words, before) in candidates.items():
                before()
                begin = time.perf_counter()
                used = _cpu()
                self._run(words, {*range(32), 123})
                if turn:
                    wall[name].append(time.perf_counter() - begin)
                    cpu[name].append(_cpu() - used)
        return (
            {name: sorted(found)[len(found) // 2] for name, found in wall.items()},
            {name: sorted(found)[len(found) // 2] for name, found in cpu.items()},
        )

    def forget(self) -> None:
        """Drop everything that is remembered, ours and the tools' own."""
        shutil.rmtree(self.scratch / "cache", ignore_errors=True)
        for folder in (".mypy_cache", ".ruff_cache", ".ci-actions"):
            shutil.rmtree(self.project / folder, ignore_errors=True)

    def _run(self, words: Sequence[str], codes: set[int]) -> str:
        done = subprocess.run(
            words, cwd=self.project, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode not in codes:
            raise SystemExit(f"{' '.join(words)}: {done.returncode}: {done.stderr[-1000:]}")
        return done.stdout


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(project: str, seconds: Mapping[str, float], cpu: Mapping[str, float]) -> int:
    """Print the table and what the targets say; return 1 if one is missed."""
    cores = os.cpu_count() or 1
    print(f"\n{project}, {len(TOOLS)} tools, {cores} cores\n")
    print("| what | seconds | CPU seconds |\n|---|--:|--:|")
    for name, value in seconds.items():
        print(f"| {name} | {value:.2f} | {cpu[name]:.2f} |")
    bound = max(*(seconds[name] for name in TOOLS), cpu["bare, at once"] / cores)
    targets = (
        ("all tools ÷ max(slowest, CPU ÷ cores)", seconds["quality"] / bound, 1.10),
        ("all tools ÷ bare, at once", seconds["quality"] / seconds["bare, at once"], 1.10),
        ("all tools ÷ pre-commit", seconds["quality"] / seconds["pre-commit"], 0.75),
        ("second run ÷ first", seconds["quality, again"] / seconds["quality"], 0.25),
        (
            f"{ALONE} alone: ours ÷ (1.05 × bare + 150 ms)",
            seconds[f"quality, {ALONE} only"] / (seconds[ALONE] * 1.05 + 0.15),
            1.0,
        ),
    )
    print("\n| target | value | at most |\n|---|--:|--:|")
    for name, value, most in targets:
        print(f"| {name} | {value:.2f} | {most:.2f} |")
    return int(any(value > most for _, value, most in targets))


if __name__ == "__main__":
    sys.exit(main())
