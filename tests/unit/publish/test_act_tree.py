"""Trees for tools that do not know `$/`."""

from __future__ import annotations

import pytest

from ci_actions.kit.errors import BadInput
from ci_actions.publish import act_tree
from ci_actions.publish.tree import EXECUTABLE, File

WORKFLOW = b"""\
jobs:
  a:
    uses: $/.github/workflows/ci.yml
  b:
    steps:
      - uses: $/actions/coverage-gate  # why
      - name: x
        uses: "$/actions/scan"
      - uses: '$/actions/scan'
      - uses: actions/checkout@v4
      - run: |
          echo "uses: no" $/x
"""


def rewritten(scan: bytes) -> bytes:
    path = scan.replace(b"actions/scan", b"%s")
    return (
        WORKFLOW.replace(b"$/.github/workflows/ci.yml", path % b".github/workflows/ci.yml")
        .replace(b"$/actions/coverage-gate", path % b"actions/coverage-gate")
        .replace(b"$/actions/scan", scan)
    )


def test_for_act() -> None:
    files = {".github/workflows/x.yml": File(WORKFLOW, EXECUTABLE)}
    made = act_tree.for_act(files, "v1")
    assert made[".github/workflows/x.yml"] == File(rewritten(b"org/ci-actions/actions/scan@v1"), EXECUTABLE)
    assert act_tree.changed(files, made) == 1


def test_for_actionlint() -> None:
    made = act_tree.for_actionlint({"actions/x/action.yml": File(WORKFLOW)})
    assert made["actions/x/action.yml"].data == rewritten(b"./actions/scan")


@pytest.mark.parametrize(
    "path", ["README.md", "src/a.py", "examples/ci.yml", "docs/.github/workflows/x.yml", "action.yml.txt"]
)
def test_nothing_else_is_touched(path: str) -> None:
    assert act_tree.for_act({path: File(WORKFLOW)}, "v1")[path].data == WORKFLOW


@pytest.mark.parametrize("ref", ["", "-x", "a b", "a..b", "$x", "v1\n"])
def test_what_is_no_ref(ref: str) -> None:
    with pytest.raises(BadInput, match="no name of a tag or branch"):
        act_tree.for_act({}, ref)
