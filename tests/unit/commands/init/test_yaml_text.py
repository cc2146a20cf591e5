from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.commands.init.yaml_text import entry, scalar
from ci_actions.workflows import document
from ci_actions.workflows.document import Scalar, Table


@given(
    st.text(st.characters(exclude_categories=["Cs"]))
    | st.from_regex(r"[a-z0-9.:#' ,&*!{}\[\]%@=<>|-]{1,12}", fullmatch=True)
)
def test_any_text_is_read_as_that_text(text: str) -> None:
    """By YAML 1.1, as most tools read it, and by GitHub's rules."""
    made = f"key: {scalar(text)}\n"
    assert yaml.safe_load(made) == {"key": text}
    root = document.read(made.encode()).root
    assert isinstance(root, Table)
    value = root.get("key")
    assert isinstance(value, Scalar)
    assert value.value == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dev", "dev"),
        ("tests, typing", "tests, typing"),
        ("80", "'80'"),
        ("on", "'on'"),
        ("3.10", "'3.10'"),
        ("services/orders", "services/orders"),
        ("it's: so", "'it''s: so'"),
        ("a\tb", '"a\\tb"'),
    ],
)
def test_as_a_person_would_write_it(text: str, shown: str) -> None:
    assert scalar(text) == shown


def test_several_lines_are_a_block() -> None:
    made = entry("outputs", "dist/a\ndist/b", 2)
    assert made == "  outputs: |\n    dist/a\n    dist/b\n"
