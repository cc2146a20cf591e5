from __future__ import annotations

from typing import Any

import pytest

from ci_actions.quality.planning import plan

GIVEN: dict[str, Any] = {
    "tools": [("mypy", "2.4.1", "mypy.ini"), ("black", "26.1", "")],
    "entries": {"mypy.ini": "100644 aa", "a.py": "100644 bb"},
    "files": "f" * 64,
    "python": "3.13.1",
}


def test_the_parts_name_what_differs() -> None:
    made = plan(**GIVEN)
    assert list(made.parts) == ["python", "files", "mypy", "black"]
    assert made.parts["black"] == "26.1"
    assert made.parts["mypy"].startswith("2.4.1 ")
    assert len(made.digest) == 12


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("tools", [("mypy", "2.4.2", "mypy.ini"), ("black", "26.1", "")], "mypy"),
        ("tools", [("mypy", "2.4.1", "mypy.ini"), ("black", "26.2", "")], "black"),
        ("entries", {"mypy.ini": "100644 cc"}, "mypy"),
        ("files", "e" * 64, "files"),
        ("python", "3.13.2", "python"),
    ],
)
def test_another_plan_has_another_digest(name: str, value: Any, part: str) -> None:
    before, after = plan(**GIVEN), plan(**{**GIVEN, name: value})
    assert before.digest != after.digest
    assert [each for each in before.parts if before.parts[each] != after.parts[each]] == [part]


def test_the_order_of_the_tools_means_nothing() -> None:
    assert plan(**{**GIVEN, "tools": GIVEN["tools"][::-1]}).digest == plan(**GIVEN).digest
