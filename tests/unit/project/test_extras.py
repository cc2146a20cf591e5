"""What a project asks for, when extras stand for others."""

from __future__ import annotations

from typing import Any

import pytest

from ci_actions.project.extras import Asked, asked

PROJECT: dict[str, Any] = {
    "name": "Web.Shop",
    "dependencies": ["greet>=1"],
    "optional-dependencies": {
        "paint": ["colours"],
        "print_all": ["paper", "ink; os_name == 'nt'"],
        "all": ["web-shop[paint, print-all]"],
        "old": ["Web_Shop[print_all] ; python_version < '3.12'"],
        "round": ["web.shop[all]", "web-shop[round]"],
        "lost": ["web-shop[nothing]"],
        "other": ["web-shop-tools[paint]", "web-shop[paint] @ https://host/shop.zip"],
    },
}


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ((), ()),
        (("paint",), ("colours",)),
        (("Print.All",), ("paper", "ink; os_name == 'nt'")),
        (("all",), ("colours", "paper", "ink; os_name == 'nt'")),
        (("paint", "all"), ("colours", "paper", "ink; os_name == 'nt'")),
        (
            ("old",),
            ("paper ; python_version < '3.12'", "ink ; (os_name == 'nt') and (python_version < '3.12')"),
        ),
        (("round",), ("colours", "paper", "ink; os_name == 'nt'")),
        (("other",), ("web-shop-tools[paint]", "web-shop[paint] @ https://host/shop.zip")),
    ],
    ids=[
        "none",
        "one",
        "another spelling",
        "several",
        "twice",
        "under a marker",
        "in a circle",
        "others' names",
    ],
)
def test_extras_that_stand_for_others(extras: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert asked(PROJECT, extras) == Asked(("greet>=1", *expected))
    assert asked(PROJECT, extras, with_base=False) == Asked(expected)


@pytest.mark.parametrize(("extra", "unknown"), [("prints", "prints"), ("lost", "nothing")])
def test_extras_that_are_not_there(extra: str, unknown: str) -> None:
    assert asked(PROJECT, [extra]).unknown == (unknown,)


@pytest.mark.parametrize("project", [{}, {"dependencies": "greet", "optional-dependencies": []}])
def test_tables_of_another_form_ask_for_nothing(project: dict[str, Any]) -> None:
    assert asked(project, ["paint"]) == Asked((), ("paint",))
