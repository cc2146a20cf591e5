"""The inputs of ci-comment, as a caller gives them."""

from __future__ import annotations

import pytest

from ci_actions.ci_comment.config import Config
from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import Settings, read


def given(**inputs: str) -> Config:
    return read(Config, options={name: [value] for name, value in inputs.items()}, environ={})


@pytest.mark.parametrize("id", ["default", "api", "a", "1", "team.a_b-c", "x" * 64])
def test_an_id_that_can_be_told_apart(id: str) -> None:
    assert given(**{"comment-id": id}).comment_id == id


@pytest.mark.parametrize("id", ["a b", "-a", ".a", "a-->", "<!--", "x" * 65, "ä", "a/b", "a\nb"])
def test_an_id_that_cannot(id: str) -> None:
    with pytest.raises(BadInput, match="input 'comment-id' is") as bad:
        given(**{"comment-id": id})
    assert "like 'default'" in str(bad.value)


def test_no_change_brings_settings_along() -> None:
    with pytest.raises(BadInput, match="cannot stand in a settings file"):
        read(
            Config,
            options={},
            environ={},
            settings=Settings({"comment-id": "x"}, "pyproject.toml", "tool.ci-actions.ci-comment"),
        )


def test_the_token_is_never_shown() -> None:
    assert "s3cret" not in repr(given(**{"github-token": "s3cret"}))
