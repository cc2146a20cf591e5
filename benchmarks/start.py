"""How long an action takes to start, against the bare interpreter, node, and what most Python actions do.

    python benchmarks/start.py [--runs 15]

"First line" is the time from `start.sh` to the moment the capability takes over: interpreter found, program loaded,
inputs and settings read. Measured on a copy of the tree in which that line ends the run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cobertura import git
from measure import Candidate, measure, table

ROOT = Path(__file__).resolve().parents[1]
TAKES_OVER = "def _judge() -> Steps[Config]:\n"
OPTIONS = ["--files", "coverage.xml", "--base", "main"]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    python = os.path.realpath(sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        project = make_project(scratch / "project")
        env = {"CI_ACTIONS_PYTHON": python}
        start: list[str | Path] = ["bash", ROOT / "actions/coverage-gate/start.sh", "coverage-gate", *OPTIONS]
        first_line: list[str | Path] = [
            "bash",
            stopped_tree(scratch / "tree") / "actions/coverage-gate/start.sh",
            "coverage-gate",
            *OPTIONS,
        ]
        candidates = [
            Candidate(
                "bare interpreter (`-I -S -X utf8 -c pass`)", [python, "-I", "-S", "-X", "utf8", "-c", "pass"]
            ),
            Candidate("bootstrap to the capability's first line", first_line, cwd=project, env=env),
            Candidate("whole gate of a tiny repository", start, cwd=project, env=env),
        ]
        if node := shutil.which("node"):
            candidates.append(Candidate("`node -e ''`", [node, "-e", ""]))
        measured = measure(candidates, runs)
        print(f"\nPython {sys.version.split()[0]}\n")
        print(table(measured, candidates[0].name))
        fresh = Candidate(
            "fresh venv and `pip install` of the same dependencies", ["bash", fresh_venv(scratch), python]
        )
        print("\n" + table(measure([candidates[2], fresh], 3), candidates[2].name))
    return 0


def stopped_tree(tree: Path) -> Path:
    """Return a copy of our tree whose capability ends the run with its first line, with warm bytecode."""
    shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "actions", tree / "actions")
    shutil.copytree(ROOT / "requirements", tree / "requirements")
    package = tree / "src/ci_actions/coverage_gate/__init__.py"
    text = package.read_text()
    if TAKES_OVER not in text:
        raise SystemExit(
            f"{package.name} has changed: the benchmark no longer finds the capability's first line"
        )
    package.write_text(text.replace(TAKES_OVER, TAKES_OVER + "    raise SystemExit(0)\n"))
    return tree


def make_project(project: Path) -> Path:
    """Make a repository with one source file, a change and a report."""
    project.mkdir()
    git(project, "init", "--quiet", "--initial-branch=main")
    (project / "app.py").write_text("first = 1\nsecond = 2\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=base")
    git(project, "switch", "--quiet", "--create=feature")
    (project / "app.py").write_text("first = 1\nsecond = 2\nthird = 3\n")
    git(project, "commit", "--quiet", "--all", "--message=feature")
    lines = "".join(f'<line number="{number}" hits="1"/>' for number in (1, 2, 3))
    (project / "coverage.xml").write_text(
        f'<?xml version="1.0" ?><coverage version="7.17.3"><packages><package name="."><classes>'
        f'<class name="app.py" filename="app.py"><methods/><lines>{lines}</lines></class>'
        f"</classes></package></packages></coverage>"
    )
    return project


def fresh_venv(scratch: Path) -> Path:
    """Return a script that does what most Python actions do first: an environment, and their dependencies into it."""
    script = scratch / "fresh.sh"
    lock = ROOT / "requirements" / "runtime.txt"
    script.write_text(
        f'set -e\nrm -rf "{scratch}/venv"\n"$1" -m venv "{scratch}/venv"\n'
        f'"{scratch}/venv/bin/pip" install --quiet --no-deps --require-hashes -r "{lock}"\n'
    )
    return script


if __name__ == "__main__":
    subprocess.run(
        ["bash", ROOT / "actions/coverage-gate/start.sh", "--version"], check=True, stdout=subprocess.DEVNULL
    )
    sys.exit(main())
