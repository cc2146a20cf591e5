from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.commands.init import ownership

BODIES = st.text(st.characters(exclude_characters="\r\ufeff", exclude_categories=["Cs"]))


@given(BODIES)
def test_what_is_marked_is_known(body: str) -> None:
    content = ownership.marked(body).encode()
    assert ownership.is_unedited(content)
    assert ownership.body(content) == body
    windows = content.replace(b"\n", b"\r\n")
    assert ownership.is_unedited(windows)
    assert ownership.body(windows) == body


@given(BODIES, st.data())
def test_an_edit_anywhere_is_an_edit(body: str, data: st.DataObject) -> None:
    text = ownership.marked(body)
    at = data.draw(st.integers(0, len(text)))
    put = data.draw(
        st.text(
            st.characters(exclude_characters="\r\ufeff", exclude_categories=["Cs"]), min_size=1, max_size=3
        )
    )
    assert not ownership.is_unedited((text[:at] + put + text[at:]).encode())
    if at < len(text):
        assert not ownership.is_unedited((text[:at] + text[at + 1 :]).encode())


@pytest.mark.parametrize(
    "content", [b"", b"name: ci\n", b"\xff\xfe", b"# Written by `ci-actions init` (000000000000)\n"]
)
def test_others(content: bytes) -> None:
    assert not ownership.is_unedited(content)
