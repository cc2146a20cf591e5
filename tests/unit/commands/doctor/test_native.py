"""libyaml finds the same as the parser without it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.commands.doctor import native
from ci_actions.workflows import document
from ci_actions.workflows.document import START, Items, Node, Scalar, pure

ROOT = Path(__file__).parents[4]
FILES = sorted(
    path for pattern in (".github/workflows/*.yml", "actions/*/action.yml", "examples/**/*.yml") for path in ROOT.glob(pattern)
)  # fmt: skip


def parser() -> document.Parser:
    found = native.parser()
    assert found is not pure, "the developers' environment has PyYAML with libyaml"
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_our_files_are_the_same_to_both(path: Path) -> None:
    assert document.read(path.read_bytes(), parser()) == document.read(path.read_bytes())


def without_places_of_nothing(node: Node) -> object:
    """Return a node; of a value that is not there the two see different places."""
    if isinstance(node, Scalar):
        return node if node.text or not node.plain else Scalar(START, "", plain=True)
    if isinstance(node, Items):
        return (node.place, [without_places_of_nothing(each) for each in node.items])
    entries = [
        (without_places_of_nothing(key), without_places_of_nothing(value)) for key, value in node.entries
    ]
    return (node.place, entries)


@given(st.text("ab:-{}[],#&*!|>'\"%@`?\n \t\x00é\u2028🙂<$", max_size=40))
def test_any_text_that_is_yaml_is_the_same_to_both(text: str) -> None:
    without = document.read(text.encode())
    if without.root is None:
        return  # libyaml is content with some texts that are none
    found = document.read(text.encode(), parser())
    assert found.root is not None
    assert without_places_of_nothing(found.root) == without_places_of_nothing(without.root)
    assert [each.text for each in found.problems] == [each.text for each in without.problems]


def test_where_there_is_none_the_other_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr("sysconfig.get_path", lambda _: "/nowhere")
    assert native.parser() is pure


def test_the_native_half_of_the_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert parser()("a: 1")
