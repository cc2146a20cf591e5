from __future__ import annotations

from itertools import permutations

import pytest

from ci_actions.kit import errors
from ci_actions.kit.errors import PRECEDENCE, BadInput, CannotJudge, CiActionsError, Exit, Unavailable, worst


def test_the_screen_lists_every_code_once() -> None:
    listed = [line.split()[0] for line in (errors.__doc__ or "").splitlines() if line[:1].isdigit()]
    assert [int(code) for code in listed] == sorted(Exit)


def test_precedence_knows_every_code_once() -> None:
    assert sorted(PRECEDENCE) == sorted(Exit)
    assert [int(code) for code in PRECEDENCE] == [70, 2, 3, 4, 5, 1, 0]


def test_the_worst_of_two_is_the_one_that_comes_first() -> None:
    for one, other in permutations(PRECEDENCE, 2):
        assert worst([one, other]) is min(one, other, key=PRECEDENCE.index)


def test_nothing_that_ended_is_a_pass_and_all_of_them_a_defect() -> None:
    assert worst([]) is Exit.PASSED
    assert worst([0, 0]) is Exit.PASSED
    assert worst(range(6)) is Exit.BAD_INPUT
    assert worst(Exit) is Exit.DEFECT


@pytest.mark.parametrize("code", [6, -1, 127])
def test_a_code_that_is_none_of_ours_is_refused(code: int) -> None:
    with pytest.raises(ValueError, match=str(code)):
        worst([0, code])


@pytest.mark.parametrize(
    ("error", "code", "problems"),
    [
        (CiActionsError("Broken."), 70, ("Broken.",)),
        (CannotJudge("No report.", advice="Write one."), 3, ("No report. Write one.",)),
        (Unavailable("No answer."), 4, ("No answer.",)),
        (BadInput("one", "two", file="pyproject.toml"), 2, ("one", "two")),
    ],
)
def test_errors_carry_code_and_problems(error: CiActionsError, code: int, problems: tuple[str, ...]) -> None:
    assert (error.exit_code, error.problems) == (code, problems)


def test_errors_name_their_file() -> None:
    assert BadInput("x", file="a.toml").file == "a.toml"
    assert CannotJudge("x").file is None
