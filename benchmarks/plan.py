"""The plan of a run, from `start.sh` to the outputs, in a monorepo of 20 000 files, against what git alone needs for it.

    python benchmarks/plan.py [--files 20000] [--runs 7]

Wanted are at most 1 s for each plan, and with ten times the files at most eleven times the time. Git's
part, the list of the files and of the changed ones, is what no plan can do without.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cobertura import git
from measure import Candidate, measure, table

ROOT = Path(__file__).resolve().parents[1]
START = ROOT / "actions/ci-plan/start.sh"
PROJECTS = 40
CHANGED = 200
LIMIT = 1.0
PYPROJECT = """\
[project]
name = "service"
requires-python = ">=3.11"
[build-system]
requires = ["setuptools"]
[tool.coverage.run]
branch = true
[tool.uv.sources]
common = { path = "../../libs/common" }
"""


def main() -> int:
    """Measure and print; return 1 when a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        few = make_project(scratch / "few", options.files // 10)
        many = make_project(scratch / "many", options.files)
        timed = f"{options.files} files, 200 changed"
        candidates = [
            Candidate(f"git ls-files and git diff, {timed}", git_alone(), cwd=many),
            plan(f"plan of a project, {options.files // 10} files", few),
            plan(f"plan of a project, {timed}", many),
            plan(f"plan of the whole, {timed}, 20 000 recorded tests", many, whole=True),
            plan(f"plan of the whole, {options.files} files, all changed", many, whole=True, base="empty"),
        ]
        check(candidates[2], "services/s0/pyproject.toml and", jobs=6)
        measured = measure(candidates, options.runs)
    print(table(measured, candidates[0].name))
    alone, small, *larger = (each.seconds for each in measured.values())
    growth = larger[0] / small
    print(
        f"\nten times the files take {growth:.1f} times the time, {larger[0] / alone:.1f} times that of git alone"
    )
    return int(max(larger) > LIMIT or growth > 11)


def plan(name: str, project: Path, *, whole: bool = False, base: str = "main") -> Candidate:
    """Return the action as a job starts it."""
    words = (
        ["--durations", "durations.json", "--shards", "auto"]
        if whole
        else ["--working-directory", "services/s0"]
    )
    env = {"CI_ACTIONS_PYTHON": os.path.realpath(sys.executable)}
    return Candidate(
        name, ["bash", START, "ci-plan", *words, f"--base={base}", "--json"], cwd=project, env=env
    )


def git_alone() -> list[str | Path]:
    """Return what git has to do for any plan."""
    return [
        "bash",
        "-c",
        "git ls-files -z >/dev/null && git diff --name-only -z --no-renames main HEAD >/dev/null",
    ]


def check(candidate: Candidate, why: str, jobs: int) -> None:
    """Exit where the plan is not the one that is meant: a fast answer must be the right one."""
    done = subprocess.run(
        list(map(str, candidate.argv)),
        cwd=candidate.cwd,
        env={**os.environ, **(candidate.env or {})},
        capture_output=True,
        check=True,
    )
    found = json.loads(json.loads(done.stdout)["outputs"]["jobs-json"])
    running = [each for each in found.values() if each["run"]]
    if len(running) != jobs or why not in found["test"]["why"]:
        raise SystemExit(f"another plan than was meant: {found}")


def make_project(project: Path, files: int) -> Path:
    """Make a monorepo of services with tests and documents, and a branch that changes some of one of them."""
    project.mkdir()
    git(project, "init", "--quiet", "--initial-branch=empty")
    git(project, "commit", "--quiet", "--allow-empty", "--message=empty")
    git(project, "switch", "--quiet", "--create=main")
    for number in range(PROJECTS):
        write(project / f"services/s{number}/pyproject.toml", PYPROJECT)
    write(project / "pyproject.toml", PYPROJECT)
    write(project / "libs/common/pyproject.toml", "[project]\nname = 'common'\n")
    for number in range(files):
        service = project / f"services/s{number % PROJECTS}"
        kind, ending = (("src/m", "py"), ("tests/test_m", "py"), ("docs/d", "md"))[number // PROJECTS % 3]
        write(service / f"{kind}{number}.{ending}", f"VALUE = {number}\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=base")
    git(project, "switch", "--quiet", "--create=feature")
    for number, path in enumerate(sorted((project / "services/s0").rglob("*.*"))[:CHANGED]):
        write(path, path.read_text() + f"\n# {number}\n")
    write(project / "services/s0/src/m0.py", "VALUE = -1\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=feature")
    seconds = {f"services/s0/tests/test_m{number}.py::test_it[{number}]": 0.05 for number in range(20_000)}
    write(project / "durations.json", json.dumps(seconds))
    write(project / ".git/info/exclude", "durations.json\n")
    return project


def write(path: Path, text: str) -> None:
    """Write a file, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    subprocess.run(["bash", START, "--version"], check=True, stdout=subprocess.DEVNULL)
    sys.exit(main())
