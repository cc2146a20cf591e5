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
from ci_actions.workflows.document import pure

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


@given(st.text("ab:-{}[],#&*!|>'\"%@`\n \t\x00é\u2028🙂<$", max_size=40))
def test_any_text_that_is_yaml_is_the_same_to_both(text: str) -> None:
    without = document.read(text.encode())
    found = document.read(text.encode(), parser())
    # libyaml is content with some texts that are none; what it refuses is read again.
    assert found == without or without.root is None


def test_where_there_is_none_the_other_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr("sysconfig.get_path", lambda _: "/nowhere")
    assert native.parser() is pure


def test_the_native_half_of_the_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert parser()("a: 1")
