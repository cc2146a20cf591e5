"""The verdict on documents, from values: what servers said, and what a report makes of it."""

from __future__ import annotations

import pytest

from ci_actions.ci_docs.config import Config, Index, index
from ci_actions.ci_docs.decide import decide
from ci_actions.ci_docs.model import Answer, Asked, Document, Facts, Kind, Link
from ci_actions.ci_docs.report import report
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Level, Result

ADDRESS = "https://a.b/c"


def facts(*asked: Answer, **more: object) -> Facts:
    links = tuple(Link(Kind.LINK, f"{ADDRESS}{n}#x", n + 1, 1) for n in range(len(asked)))
    said = {f"{ADDRESS}{n}": Asked(each, "why") for n, each in enumerate(asked)}
    return Facts(documents={"a.md": Document(links=links)}, files=frozenset({"a.md"}), asked=said, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "code", "warnings"),
    [
        ((Answer.ALIVE,), Exit.PASSED, 0),
        ((Answer.ALIVE, Answer.DEAD), Exit.NOT_MET, 0),
        ((Answer.ALIVE, Answer.UNKNOWN), Exit.PASSED, 1),
        ((Answer.UNKNOWN, Answer.UNKNOWN), Exit.UNAVAILABLE, 2),
        ((), Exit.PASSED, 0),
    ],
    ids=["alive", "dead", "unknown", "nothing answers", "nothing asked"],
)
def test_what_servers_said(asked: tuple[Answer, ...], code: Exit, warnings: int) -> None:
    outcome = decide(Config(external="check"), facts(*asked))
    assert outcome.code is code
    assert len(outcome.warnings) == warnings


def test_a_dead_address_may_be_allowed() -> None:
    assert (
        decide(Config(external="check", allow=("https://a.b/**",)), facts(Answer.ALIVE, Answer.DEAD)).code
        is Exit.PASSED
    )


def test_annotations_are_limited_and_never_none_of_a_red_run() -> None:
    links = tuple(Link(Kind.LINK, f"no{n}", n + 1, 1) for n in range(30))
    outcome = decide(Config(), Facts(documents={"a.md": Document(links=links)}, files=frozenset({"a.md"})))
    for most, shown in ((10, 10), (3, 3), (0, 1)):
        made = report(Config(annotations=most), outcome)
        assert len(made.annotations) == shown
        assert made.annotations[0].level is Level.ERROR
        assert made.result is Result.FAILED
        assert made.outputs["broken"] == "30"


def test_names_from_anywhere_are_shown_as_they_are() -> None:
    link = Link(Kind.LINK, "<b>@x|`y`.md", 1, 1)
    made = report(
        Config(),
        decide(Config(), Facts(documents={"a.md": Document(links=(link,))}, files=frozenset({"a.md"}))),
    )
    assert "<b>" not in made.summary[0]
    assert "@x" not in made.summary[0]


def test_rules_of_an_index() -> None:
    assert index(" docs/index.md =>docs/** ") == Index("docs/index.md", "docs/**")
    for wrong in ("docs", "=> x", "x =>", ""):
        with pytest.raises(ValueError, match="must be a document and a glob"):
            index(wrong)
