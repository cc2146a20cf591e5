"""`ci-actions doctor` as it is started, in real repositories, and from a wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from tests.contract.test_schemas import validator
from tests.doubles.sarif_schema import check_schema

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("ci-actions")
GOOD = """\
name: ci
on: [pull_request, push]
permissions: {}
jobs:
  ci:
    permissions:
      contents: read # to check out
    uses: org/ci-actions/.github/workflows/ci.yml@v1
    with:
      groups: dev
"""
BAD = GOOD.replace("groups: dev", "group: dev")
UNPINNED = "runs:\n  using: composite\n  steps:\n    - uses: o/r@v1\n"

pytestmark = pytest.mark.integration


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    write(tmp_path, ".github/workflows/ci.yml", GOOD)
    return tmp_path


def write(repository: Path, path: str, text: str) -> None:
    (repository / path).parent.mkdir(parents=True, exist_ok=True)
    (repository / path).write_text(text, encoding="utf-8")


def doctor(
    here: Path, *words: str, command: Path = COMMAND, **environ: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run(
        [command, "doctor", *words],
        cwd=here,
        env=clean | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def answer(here: Path, *words: str, code: int) -> Any:
    done = doctor(here, "--json", *words)
    assert done.returncode == code, done.stdout + done.stderr
    made = json.loads(done.stdout)
    assert [error.message for error in validator("doctor").iter_errors(made)] == []
    assert made["exit-code"] == code
    return made


def test_a_clean_repository_passes(repository: Path) -> None:
    done = doctor(repository)
    assert (done.returncode, done.stdout) == (0, "✅ doctor: 0 problems, 0 remarks in 1 file\n")


def test_a_misspelt_input_is_named_with_line_column_and_fix(repository: Path) -> None:
    write(repository, ".github/workflows/ci.yml", BAD)
    done = doctor(repository)
    assert done.returncode == 1
    assert done.stdout.startswith(".github/workflows/ci.yml\n  10:7  problem  unknown-input: ")
    assert "did you mean 'groups'?" in done.stdout
    assert "      | group: dev\n      fix: " in done.stdout
    assert done.stdout.endswith("❌ doctor: 1 problem, 0 remarks in 1 file\n")
    [found] = answer(repository, code=1)["findings"]
    assert (found["file"], found["line"], found["column"]) == (".github/workflows/ci.yml", 10, 7)


def test_a_dry_run_says_what_would_fail(repository: Path) -> None:
    write(repository, ".github/workflows/ci.yml", BAD)
    assert answer(repository, "--dry-run", code=0)["result"] == "would-fail"


def test_remarks_do_not_turn_it_red(repository: Path) -> None:
    write(
        repository,
        ".github/workflows/b.yml",
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{run: x}]\n",
    )
    assert [each["rule"] for each in answer(repository, code=0)["findings"]] == ["no-timeout"]


def test_a_file_that_cannot_be_read_is_no_pass_and_not_left_out(repository: Path) -> None:
    write(repository, ".github/workflows/broken.yml", "on: push\njobs:\n  a: [\n")
    write(repository, ".github/workflows/z.yml", BAD)
    made = answer(repository, code=3)
    assert [each["file"] for each in made["unreadable"]] == [".github/workflows/broken.yml"]
    assert made["unreadable"][0]["line"] == 4
    assert [each["rule"] for each in made["findings"]] == ["unknown-input"]


def test_nothing_to_look_at_is_no_pass(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert done.returncode == 3
    assert "holds no workflow and no action" in done.stdout


@pytest.mark.parametrize("words", [["gone.yml"], ["/"], ["--sarf=x"], ["--repository=x"]])
def test_what_cannot_be_meant_is_two(repository: Path, words: list[str]) -> None:
    done = doctor(repository, *words)
    assert done.returncode == 2, done.stdout
    assert words[0].partition("=")[0] in done.stdout


def test_what_git_ignores_is_left_out_and_what_is_new_is_not(repository: Path) -> None:
    write(repository, ".gitignore", "/build/\n")
    write(repository, "build/action.yml", UNPINNED)
    write(repository, "tools/new/action.yml", UNPINNED)
    assert [each["file"] for each in answer(repository, code=1)["findings"]] == ["tools/new/action.yml"]


def test_without_git_others_files_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, ".github/actions/x/action.yaml", UNPINNED)
    write(tmp_path, "node_modules/y/action.yml", UNPINNED)
    write(tmp_path, ".venv/z/action.yml", UNPINNED)
    found = answer(tmp_path, code=1)["findings"]
    assert [each["file"] for each in found] == [".github/actions/x/action.yaml"]


def test_files_and_folders_can_be_named_from_below(repository: Path) -> None:
    write(repository, "tools/x/action.yml", UNPINNED)
    write(repository, "examples/one.yml", BAD)
    write(repository, ".github/workflows/b.yml", BAD)
    below = repository / "tools"
    assert answer(below, "../.github/workflows/ci.yml", code=0)["files"] == 1
    assert [each["file"] for each in answer(below, "x", code=1)["findings"]] == ["tools/x/action.yml"]
    assert [each["file"] for each in answer(below, "../examples", code=1)["findings"]] == ["examples/one.yml"]
    assert answer(below, "..", code=1)["files"] == answer(below, code=1)["files"] == 3


def test_a_file_that_is_named_is_judged_by_what_is_beside_it(repository: Path) -> None:
    caller = "name: x\non: push\npermissions: {}\njobs:\n  a:\n    uses: ./.github/workflows/callee.yml\n"
    write(repository, ".github/workflows/caller.yml", caller)
    write(
        repository, ".github/workflows/callee.yml", "on: push\njobs: {a: {runs-on: x, timeout-minutes: 1}}\n"
    )
    [found] = answer(repository, ".github/workflows/caller.yml", code=1)["findings"]
    assert "cannot be called" in found["message"]


def test_sarif_is_valid_and_holds_what_a_comment_accepts(repository: Path) -> None:
    write(
        repository,
        "action.yml",
        UNPINNED + "    - uses: o/s@v1 # ci-actions: ignore[unpinned] ours to move\n",
    )
    done = doctor(repository, "--sarif", "out/doctor.sarif")
    assert done.returncode == 1, done.stdout
    log = check_schema((repository / "out/doctor.sarif").read_text())
    accepted = [each.get("suppressions") for each in log["runs"][0]["results"]]
    assert accepted[0] is None
    assert accepted[1][0]["justification"] == "ours to move"


def test_inside_of_actions_findings_are_annotations(repository: Path) -> None:
    write(repository, ".github/workflows/ci.yml", BAD.replace("dev", "'::error::x'"))
    done = doctor(repository, GITHUB_ACTIONS="true")
    commands = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert len(commands) == 1
    assert commands[0].startswith("::error ")
    assert "file=.github/workflows/ci.yml" in commands[0]
    assert "line=10" in commands[0]


def test_many_files_in_several_processes_are_the_same_as_in_one(repository: Path) -> None:
    for number in range(150):
        write(repository, f".github/workflows/w{number}.yml", BAD if number % 3 else GOOD)
    several, one = doctor(repository), doctor(repository, CI_ACTIONS_JOBS="1")
    assert several.stdout == one.stdout
    assert "100 problems, 0 remarks in 151 files" in one.stdout


def test_help_and_the_list_of_rules(tmp_path: Path) -> None:
    assert "ci-actions: ignore[RULE] reason" in doctor(tmp_path, "--help").stdout
    listed = doctor(tmp_path, "--list")
    assert listed.returncode == 0
    assert "unknown-input" in listed.stdout


@pytest.mark.slow
def test_the_wheel_knows_our_declarations_and_takes_libyaml_from_beside_it(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Slow: builds a wheel and an environment. The parsers are in tests/unit/commands/doctor/test_native.py."""
    folder = tmp_path_factory.mktemp("wheel")
    hatchling = Path(sys.executable).with_name("hatchling")
    subprocess.run(
        [hatchling, "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True, capture_output=True
    )
    venv.create(folder / "env", with_pip=True)
    python = folder / "env/bin/python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, *folder.glob("*.whl")], check=True)
    write(repository, ".github/workflows/ci.yml", BAD)
    without = doctor(repository, command=folder / "env/bin/ci-actions")
    assert without.returncode == 1, without.stderr
    assert "did you mean 'groups'?" in without.stdout
    subprocess.run([*pip, "pyyaml"], check=True)
    beside = doctor(repository, command=folder / "env/bin/ci-actions")
    assert (beside.returncode, beside.stdout) == (1, without.stdout)
    asked = (
        "from ci_actions import bootstrap, home; import sys; sys.path.insert(0, bootstrap.dependencies(home.root()));"
        "import yaml; assert not yaml.__with_libyaml__; from ci_actions.commands.doctor import native;"
        "from ci_actions.workflows.document import pure; print(native.parser() is not pure)"
    )
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
