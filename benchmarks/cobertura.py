"""The gate of a Cobertura report of 10 000 files × 100 lines with a 5 000-line diff, against diff-cover in the same run.

    python benchmarks/cobertura.py [--files 10000] [--runs 7]

Both answers are compared before any time counts. With ten times the files the time must be at most eleven times.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Candidate, measure, table

ROOT = Path(__file__).resolve().parents[1]
LINES = 100
CHANGED_FILES = 200
CHANGED_LINES = 25
GATE: list[str | Path] = [ROOT / "actions" / "coverage-gate" / "start.sh", "coverage-gate"]


def main() -> int:
    """Measure and print; return 1 when the answers differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--linear", action="store_true", help="also measure ten times the files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = make_project(Path(scratch) / "project", options.files)
        ours, theirs = gate(project, "coverage-gate"), diff_cover(project)
        laptop = gate(project, "coverage-gate, on a laptop", in_a_job=False)
        if (code := compare(project, ours, theirs)) != 0:
            return code
        measured = measure([ours, laptop, theirs], options.runs)
        print(f"\n{options.files} files × {LINES} lines, {CHANGED_FILES * CHANGED_LINES} changed lines\n")
        print(table(measured, theirs.name))
        if options.linear:
            large = gate(
                make_project(Path(scratch) / "large", options.files * 10),
                "coverage-gate, ten times the files",
            )
            both = measure([ours, large], 3)
            print("\n" + table(both, ours.name))
    return 0


def gate(project: Path, name: str, *, in_a_job: bool = True) -> Candidate:
    """Return our command: overall and new-code gates, the start of the interpreter included.

    In a job the change ends at the commit that is checked out; on a laptop what is not committed counts too.
    """
    argv: list[str | Path] = [
        "bash",
        *GATE,
        "--files",
        "coverage.xml",
        "--base",
        "main",
        "--min-new-code",
        "50",
        "--min-overall",
        "50",
    ]
    env = {"CI_ACTIONS_PYTHON": os.path.realpath(sys.executable)}
    if in_a_job:
        scratch = project.with_name(f"{project.name}-job")
        scratch.mkdir(exist_ok=True)
        files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary"}
        env |= {name: str(scratch / file) for name, file in files.items()}
        env |= {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(scratch)}
    return Candidate(name, argv, cwd=project, env=env)


def diff_cover(project: Path) -> Candidate:
    """Return the peer's command, which judges the changed lines only."""
    argv: list[str | Path] = [
        Path(sys.executable).parent / "diff-cover",
        "coverage.xml",
        "--compare-branch",
        "main",
        "--fail-under",
        "50",
    ]
    return Candidate("diff-cover", argv, cwd=project)


def compare(project: Path, ours: Candidate, theirs: Candidate) -> int:
    """Return 0 when both count the same changed lines."""
    report = project / "report"
    run(project, [*ours.argv, "--report-dir", str(report)])
    run(project, [*theirs.argv, "--format", f"json:{project / 'diff-cover.json'}"])
    details = json.loads((report / "report.json").read_text())["outputs"]
    peer = json.loads((project / "diff-cover.json").read_text())
    mine = (int(details["new-code-total"]), int(details["new-code-total"]) - int(details["new-code-covered"]))
    other = (peer["total_num_lines"], peer["total_num_violations"])
    print(f"changed lines, missed lines: ours {mine}, diff-cover {other}")
    shutil.rmtree(report)
    return int(mine != other)


def make_project(project: Path, files: int) -> Path:
    """Make a repository with a feature branch and its report, the same for the same number of files."""
    seed = random.Random(7)
    project.mkdir()
    git(project, "init", "--quiet", "--initial-branch=main")
    names = [f"src/pkg{number // 100:03}/module{number:05}.py" for number in range(files)]
    for name in names:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"value_{line} = {line}\n" for line in range(1, LINES + 1)))
    (project / ".gitignore").write_text("/coverage.xml\n/report/\n.ci-actions/\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=base")
    git(project, "switch", "--quiet", "--create=feature")
    for name in seed.sample(names, min(CHANGED_FILES, files)):
        path = project / name
        lines = path.read_text().splitlines()
        for line in seed.sample(range(LINES), CHANGED_LINES):
            lines[line] += "  # changed"
        path.write_text("\n".join(lines) + "\n")
    git(project, "commit", "--quiet", "--all", "--message=feature")
    write_report(project / "coverage.xml", names, seed)
    return project


def write_report(path: Path, names: list[str], seed: random.Random) -> None:
    """Write what `coverage xml` writes for these files."""
    with path.open("w") as file:
        file.write('<?xml version="1.0" ?>\n<coverage version="7.17.3" timestamp="4102444800000" ')
        file.write(
            f'lines-valid="{len(names) * LINES}" line-rate="0.85" branches-covered="0" branches-valid="0" '
        )
        file.write('branch-rate="0" complexity="0">\n\t<sources>\n')
        file.write(f"\t\t<source>{path.parent}</source>\n\t</sources>\n\t<packages>\n")
        file.write(
            '\t\t<package name="." line-rate="0.85" branch-rate="0" complexity="0">\n\t\t\t<classes>\n'
        )
        for name in names:
            file.write(f'\t\t\t\t<class name="{name.rpartition("/")[2]}" filename="{name}" complexity="0" ')
            file.write('line-rate="0.85" branch-rate="0">\n\t\t\t\t\t<methods/>\n\t\t\t\t\t<lines>\n')
            for line in range(1, LINES + 1):
                file.write(f'\t\t\t\t\t\t<line number="{line}" hits="{int(seed.random() < 0.85)}"/>\n')
            file.write("\t\t\t\t\t</lines>\n\t\t\t\t</class>\n")
        file.write("\t\t\t</classes>\n\t\t</package>\n\t</packages>\n</coverage>\n")


def git(project: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "n"), ("EMAIL", "e@x"))
    }
    subprocess.run(["git", *arguments], cwd=project, env={**os.environ, **who}, check=True)


def run(project: Path, argv: list[str | Path]) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(list(map(str, argv)), cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr + done.stdout)


if __name__ == "__main__":
    sys.exit(main())
