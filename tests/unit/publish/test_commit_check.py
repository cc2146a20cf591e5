from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.publish.commit_check import Subject, main, problems


@pytest.mark.parametrize(
    "text",
    [
        "feat: read Clover reports",
        "fix(kit)!: say what is wrong\n\nBREAKING CHANGE: other words\n",
        'Revert "feat: read Clover reports"\n\nThis reverts commit 0123456789abcdef.\n',
        "feat: " + "x" * 94,
    ],
)
def test_what_follows_the_convention(text: str) -> None:
    assert list(problems(Subject(where="title", text=text))) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Update things", "does not say what kind of change"),
        ("", "does not say what kind of change"),
        ("feature: more", "no type"),
        ("feat(kit) more", "does not say what kind of change"),
        ("fixup! feat: more", "is not finished"),
        ("WIP: more", "is not finished"),
        ("feat: " + "x" * 95, "101 characters"),
        ("feat: more.", "full stop"),
        ("feat: more\nand more", "second line must be empty"),
    ],
)
def test_what_does_not(text: str, says: str) -> None:
    found = list(problems(Subject(where="title", text=text)))
    assert any(says in problem for problem in found)


def run(here: Path, *words: str, **environ: str) -> tuple[int, str, str]:
    import os

    out, err = StringIO(), StringIO()
    code = main(words, {**os.environ, **environ}, here=here, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def test_a_range_of_commits(repository: Any) -> None:
    base = repository.commit({"a": "1"}, "what came before")
    repository.commit({"a": "2"}, "feat: one")
    assert run(repository.path, "--base", base)[0] == 0
    repository.commit({"a": "3"}, "two")
    code, out, err = run(repository.path, "--base", base)
    assert code == 1
    assert "2 checked, 1 problems" in out
    assert "'two' does not say" in err


def test_a_title_from_the_environment_is_a_value(new_repository: Callable[[], Any]) -> None:
    here = new_repository().path
    assert run(here, PR_TITLE="feat: `id` $(id) ::error::")[0] == 0
    code, _, err = run(here, PR_TITLE="::error::x")
    assert code == 1
    assert not any(line.startswith("::") for line in err.splitlines())


def test_nothing_to_check_and_a_base_that_is_not_here(repository: Any) -> None:
    repository.commit({"a": "1"}, "feat: one")
    with pytest.raises(BadInput, match="nothing to check"):
        run(repository.path)
    with pytest.raises(CannotJudge, match="no commit"):
        run(repository.path, "--base", "0" * 40)
    with pytest.raises(BadInput):
        run(repository.path, "--base", "--output=x")
