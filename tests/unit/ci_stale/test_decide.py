"""What is marked, unmarked and closed, as values: nothing that is younger than its window, and never more than allowed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_stale.config import Config
from ci_actions.ci_stale.decide import DAY, decide
from ci_actions.ci_stale.model import Deed, Facts, History, Item

NOW = 1_000 * DAY


def item(number: int = 1, quiet: float = 100, **more: Any) -> Item:
    """Return one that nothing happened to for so many days."""
    made = {"title": "x", "is_pull": False, "created": 0.0, "updated": NOW - quiet * DAY}
    return Item(number=number, **{**made, **more})


def deed(
    one: Item, history: History | None = None, config: Config | None = None, unknown: bool = False
) -> Deed | None:
    facts = Facts(
        now=NOW,
        items=(one,),
        histories={one.number: history} if history else {},
        unknown={one.number: "?"} if unknown else {},
    )
    plans = decide(config or Config(), facts).plans
    return plans[0].deed if plans else None


@pytest.mark.parametrize(
    ("one", "config", "expected"),
    [
        pytest.param(item(quiet=60), Config(), Deed.MARK, id="as old as the window"),
        pytest.param(item(quiet=59.99), Config(), None, id="younger than the window"),
        pytest.param(item(labels=("Pinned",)), Config(), None, id="an exempt label in another case"),
        pytest.param(item(labels=("bug",)), Config(), Deed.MARK, id="another label"),
        pytest.param(item(milestone="v2"), Config(exempt_milestones=("V2",)), None, id="an exempt milestone"),
        pytest.param(item(milestone="v2"), Config(exempt_milestones=("*",)), None, id="any milestone"),
        pytest.param(item(), Config(exempt_milestones=("*",)), Deed.MARK, id="no milestone"),
        pytest.param(item(assignees=("eve",)), Config(exempt_assignees=("eve",)), None, id="an exempt person"),
        pytest.param(item(assignees=("eve",)), Config(exempt_assignees=("*",)), None, id="anybody"),
        pytest.param(item(assignees=("eve",)), Config(), Deed.MARK, id="somebody"),
        pytest.param(item(is_pull=True, draft=True), Config(), None, id="a draft"),
        pytest.param(item(is_pull=True, draft=True), Config(exempt_drafts=False), Deed.MARK, id="drafts too"),
        pytest.param(item(is_pull=True), Config(kinds=("issues",)), None, id="issues only"),
        pytest.param(item(), Config(kinds=("pull-requests",)), None, id="pull requests only"),
    ],
)  # fmt: skip
def test_what_is_marked(one: Item, config: Config, expected: Deed | None) -> None:
    assert deed(one, config=config) is expected


def marked(days: float, *, came_back: float | None = None, told: bool = True) -> History:
    activity = None if came_back is None else NOW - came_back * DAY
    return History(marked=NOW - days * DAY, activity=activity, told=told)


@pytest.mark.parametrize(
    ("history", "config", "expected"),
    [
        pytest.param(marked(14), Config(), Deed.CLOSE, id="its time is over"),
        pytest.param(marked(13.99), Config(), None, id="its time is not over"),
        pytest.param(marked(400), Config(days_before_close=None), None, id="never closed"),
        pytest.param(marked(20, came_back=1), Config(), Deed.UNMARK, id="somebody came back"),
        pytest.param(marked(2, came_back=1), Config(), Deed.UNMARK, id="somebody came back soon"),
        pytest.param(marked(20, came_back=30), Config(), Deed.CLOSE, id="somebody was there before"),
        pytest.param(
            marked(20, told=False), Config(), None, id="somebody else marked it and nobody was told"
        ),
        pytest.param(History(marked=None), Config(), None, id="nobody knows since when"),
        pytest.param(None, Config(), None, id="its history could not be read"),
    ],
)
def test_what_becomes_of_a_mark(history: History | None, config: Config, expected: Deed | None) -> None:
    assert deed(item(labels=("STALE",), quiet=1), history, config) is expected


def test_what_is_unknown_is_left_alone() -> None:
    assert deed(item(), unknown=True) is None


def test_marks_are_taken_back_first_and_the_rest_waits() -> None:
    back = item(9, quiet=1, labels=("stale",))
    items = (item(1, 70), item(2, 90), item(3, 80), back)
    found = decide(
        Config(operations=5), Facts(now=NOW, items=items, histories={9: marked(5, came_back=1)}, unknown={})
    )
    assert [(plan.item.number, plan.deed) for plan in found.plans] == [
        (9, Deed.UNMARK), (2, Deed.MARK), (3, Deed.MARK),
    ]  # fmt: skip
    assert [plan.item.number for plan in found.waiting] == [1]


ITEMS = st.lists(
    st.builds(
        item,
        number=st.integers(1, 50),
        quiet=st.floats(0, 300),
        is_pull=st.booleans(),
        labels=st.sampled_from([(), ("stale",), ("pinned",), ("stale", "security")]),
    ),
    max_size=12,
    unique_by=lambda each: each.number,
)
HISTORIES = st.builds(
    History,
    marked=st.none() | st.floats(700 * DAY, NOW),
    activity=st.none() | st.floats(700 * DAY, NOW),
    told=st.booleans(),
)


@given(ITEMS, st.dictionaries(st.integers(1, 50), HISTORIES), st.integers(1, 20))
def test_nothing_young_or_exempt_is_ever_touched(
    items: list[Item], histories: dict[int, History], operations: int
) -> None:
    config = Config(operations=operations)
    found = decide(config, Facts(now=NOW, items=tuple(items), histories=histories, unknown={}))
    assert sum(plan.deed.operations for plan in found.plans) <= operations
    for plan in (*found.plans, *found.waiting):
        assert not {"pinned", "security"} & set(plan.item.labels)
        if plan.deed is Deed.MARK:
            assert NOW - plan.item.updated >= 60 * DAY
        elif plan.deed is Deed.CLOSE:
            history = histories[plan.item.number]
            assert history.marked is not None
            assert NOW - history.marked >= 14 * DAY


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (Config(label="Pinned"), "exempt-labels keeps"),
        (Config(label=" "), "input 'label' is empty"),
    ],
)
def test_inputs_that_cannot_be_meant(config: Config, problem: str) -> None:
    assert any(problem in each for each in config.problems())
