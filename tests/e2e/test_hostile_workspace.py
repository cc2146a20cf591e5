"""A workspace that shadows modules, hooks the start of Python and plants an environment: the verdict is unchanged.

What is planted writes into the file ALARM who ran it. The interpreter of the tests may run it, for it is the
project's own, and analysing coverage data happens there; the action itself never may.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.acting import MEASURE, Repository, Run, World, gate, job

pytestmark = pytest.mark.e2e

PLANTED = """\
import os, sys
with open(os.environ["ALARM"], "a") as alarm:
    alarm.write("{what}: " + " ".join(sys.orig_argv) + "\\n")
"""
SHADOWS = (
    "json.py",
    "requests/__init__.py",
    "sitecustomize.py",
    "usercustomize.py",
    "ci_actions/__init__.py",
    "coverage.py",
)
FILES = {f"evil/{name}": PLANTED.format(what=name) for name in SHADOWS}
MEASURED = f"{MEASURE} money ledger && python3 -m coverage xml --quiet"
PLANT = "cp -R evil/. . && python3 -m venv --without-pip planted"
#: `.pth` files run whenever the interpreter starts, -I or not; only -S keeps them from it.
HOOK = "import runpy; runpy.run_path('$PWD/evil/json.py')"
PTH = f'for folder in planted/lib/python3*/site-packages; do echo "{HOOK}" > "$folder/planted.pth"; done'
ACTIVATE = 'echo "$PWD/planted/bin" >> "$GITHUB_PATH" && echo "VIRTUAL_ENV=$PWD/planted" >> "$GITHUB_ENV"'
VARIABLES = ("PYTHONPATH=$PWD", "PYTHONSTARTUP=$PWD/json.py", "PYTHONHASHSEED=1", "PYTHONINSPECT=1")
PYTHON_VARIABLES = "\n".join(f'echo "{each}" >> "$GITHUB_ENV"' for each in VARIABLES)
# What was planted is new Python code below the root; only `src` is to be in a report.
WANTED = {"source": "src", "min_overall": "50"}
JUDGE = gate(files="coverage.xml", html="true", **WANTED)
JOBS = {
    "plain": job(MEASURED, JUDGE),
    "hostile": job(
        MEASURED, PLANT, PTH, ACTIVATE, PYTHON_VARIABLES, "python3 -c \"print('planted runs')\"", JUDGE
    ),
    "hostile-data": job(
        MEASURED, PLANT, 'echo "PYTHONPATH=$PWD" >> "$GITHUB_ENV"', gate(files=".coverage", **WANTED)
    ),
}


@pytest.fixture(scope="module")
def alarm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alarm") / "alarm.txt"


@pytest.fixture(scope="module")
def run(world: World, new_repository: Callable[[], Repository], alarm: Path) -> Run:
    repository = new_repository()
    repository.with_workflow(JOBS, FILES)
    return world.run(repository.path, env={"ALARM": str(alarm)})


def test_the_trap_is_set(run: Run, alarm: Path) -> None:
    said = alarm.read_text()
    assert "json.py: python3 -c" in said
    assert "sitecustomize.py: python3 -c" in said


def test_the_verdict_is_that_of_a_plain_workspace(run: Run) -> None:
    plain, hostile = run.job("plain"), run.job("hostile")
    assert (plain.result, plain.exit_code) == ("failure", 1)
    assert (hostile.result, hostile.exit_code) == (plain.result, plain.exit_code), hostile.log
    names = ("result", "failed-gates-json", "new-code", "new-code-covered", "new-code-total")
    assert [hostile.gate[each] for each in names] == [plain.gate[each] for each in names]


def test_data_is_analysed_in_the_planted_interpreter_and_never_green_by_it(run: Run) -> None:
    found = run.job("hostile-data")
    assert (found.result, found.gate["result"]) in (("failure", "failed"), ("failure", "error"))
    assert found.exit_code in (1, 3)


def test_nothing_planted_runs_inside_the_action(run: Run, alarm: Path) -> None:
    assert run.job("hostile").result
    assert "_launch.py" not in alarm.read_text()
