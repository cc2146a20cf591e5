"""quality green and red under real act, in a source tree and in a release: outcome, outputs, annotations, summary, patch."""

from __future__ import annotations

import json
from collections.abc import Callable

import linter_sets
import pytest
from tests.e2e.acting import Repository, Run, World, always, gate, job

pytestmark = pytest.mark.e2e

RELEASED = "org/ci-actions/quality@v1"
IN_SOURCE = "org/ci-actions/actions/quality@v1"
FILES = {
    "pyproject.toml": "[tool.ruff.lint]\nselect = ['F', 'E', 'I']\n[tool.black]\n[tool.mypy]\n",
    "src/pay/total.py": "def total(amounts: list[int]) -> int:\n    return sum(amounts)\n",
}
TELL = always(
    'echo "told: ${{ steps.gate.outcome }} ${{ steps.gate.outputs.result }} ${{ steps.gate.outputs.findings-all }}"'
)
APPLY = always('git apply "${{ steps.gate.outputs.patch-file }}" && cat src/pay/tax.py')
BAD = "printf 'import os\\nrate: int = \"7\"\\nx = {  }\\n' > src/pay/tax.py"


@pytest.fixture(scope="module")
def run(world: World, new_repository: Callable[[], Repository]) -> Run:
    python = linter_sets.make("new")
    repository = new_repository()
    environment = {"VIRTUAL_ENV": str(python.parent.parent), "XDG_CACHE_HOME": str(world.cache)}
    jobs = {
        "green": job(gate(RELEASED, tools="-hooks"), TELL, env=environment),
        "red": job(BAD, gate(RELEASED, html="true"), TELL, APPLY, env=environment),
        "new": job(BAD, gate(IN_SOURCE, scope="new", base="main"), TELL, env=environment),
        "missing": job(gate(RELEASED, tools="pyright, mypy", python="python3"), TELL),
    }
    repository.with_workflow(jobs, FILES)
    return world.run(repository.path)


def test_green(run: Run) -> None:
    found = run.job("green")
    assert found.result == "success", found.log
    assert "told: success passed 0" in found.log
    assert found.summary.startswith("### ✅ quality: no findings of 3 tools in 6 files")
    tools = {each["name"]: each["state"] for each in json.loads(found.gate["tools-json"])}
    assert tools == {"source": "clean", "ruff-check": "clean", "black": "clean", "mypy": "clean"}
    assert found.annotations == []


def test_red(run: Run) -> None:
    found = run.job("red")
    assert (found.result, found.exit_code) == ("failure", 1)
    assert found.gate["result"] == "failed"
    places = {(each.file, each.line, each.title) for each in found.annotations if each.file}
    assert places >= {
        ("src/pay/tax.py", "1", "ruff-check: F401"),
        ("src/pay/tax.py", "2", "mypy: assignment"),
        ("src/pay/tax.py", "2", "black: format"),
    }
    assert "### ❌ quality: " in found.summary
    assert "**Next:** ci-actions quality --fix mends what tools can mend" in found.summary.replace("\\", "")
    # The patch that it leaves applies to the checkout.
    assert 'rate: int = "7"\nx = {}' in found.log


def test_only_what_the_change_brings(run: Run) -> None:
    found = run.job("new")
    assert found.exit_code == 1
    assert found.gate["findings-new"] == found.gate["findings-all"] != "0"


def test_a_tool_that_is_not_in_the_environment_is_no_pass(run: Run) -> None:
    found = run.job("missing")
    assert (found.result, found.exit_code) == ("failure", 3)
    assert any("pyright is configured (asked for by name) but not in" in each for each in found.said("error"))
