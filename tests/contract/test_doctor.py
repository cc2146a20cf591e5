"""Doctor finds nothing in our own workflows and examples, and its documentation holds its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci_actions.commands.doctor.callees import Ours
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.gathering import choose, listed, read, this_version
from ci_actions.commands.doctor.judging import judge
from ci_actions.commands.doctor.model import Judged
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.rules import RULES
from ci_actions.workflows.document import pure

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples/workflows").glob("*.yml"))


def ours() -> Ours:
    return this_version("org/ci-actions", pure)


def said(answer: Judged) -> list[str]:
    return [
        f"{each.path}:{each.place} {each.rule}: {each.message}"
        for each in (*answer.found, *answer.unreadable, *answer.suppressed)
    ]


def test_our_own_workflows_and_actions_are_clean() -> None:
    chosen = choose(ROOT, ROOT, [], [each for each in listed(ROOT, None) if not each.startswith("tests/")])
    assert len(chosen.paths) > 20
    assert said(judge(read(chosen, ours(), pure), RULES)) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_clean_where_a_consumer_puts_it(path: Path) -> None:
    # `workflow_run` of comment.yml names the workflow of ci.yml.
    files = {
        f".github/workflows/{each.name}": File(f".github/workflows/{each.name}", each.read_bytes())
        for each in {path, ROOT / "examples/workflows/ci.yml"}
    }
    assert said(judge(Repository(files=files, ours=ours()), RULES)) == []


def test_the_documentation_holds_every_rule() -> None:
    text = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    assert all(f"| `{each.id}` | {each.level.value} |" in text for each in RULES)
