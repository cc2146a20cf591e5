from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.ci_aggregate import runs

from ci_actions.ci_flaky import history
from ci_actions.ci_flaky.config import Config
from ci_actions.ci_flaky.decide import decide
from ci_actions.ci_flaky.history import Moment
from ci_actions.ci_flaky.model import Facts, Outcome
from ci_actions.ci_flaky.report import report, told
from ci_actions.kit import emit
from ci_actions.kit.errors import CannotJudge, Exit
from ci_actions.kit.report import Report

NOW = Moment(at=1_760_000_000, commit="0a1b2c3d" * 5)
A, B = runs.TESTS[:2]


def shard(id_: str = "3.12-1", **outcomes: str) -> bytes:
    """Return a record in which the tests `a` and `b` ended as said, and the others passed."""
    named = {{"a": A, "b": B}[name]: outcome for name, outcome in outcomes.items()}
    found: dict[str, Any] = {**runs.record(outcomes=named), "id": id_}
    if A in named:
        found["tests"][A]["message"] = "assert 1 == 2"
    return json.dumps(found).encode()


def facts(*shards: bytes, earlier: bytes | None = None, problem: str = "") -> Facts:
    files = {f"{number}/shard.json": content for number, content in enumerate(shards)}
    return Facts(files=files, history=earlier, problem=problem, now=NOW)


def judged(given: Facts, **config: Any) -> tuple[Outcome, Report]:
    settings = Config(shards="x", history="h.json", history_out="h.json", **config)
    outcome = decide(settings, given)
    return outcome, report(settings, outcome)


@pytest.mark.parametrize(
    ("mode", "outcomes", "code", "headline"),
    [
        ("report", {}, Exit.PASSED, "none of 6 tests was flaky"),
        ("fail", {}, Exit.PASSED, "none of 6 tests was flaky"),
        ("report", {"a": "rerun-passed"}, Exit.PASSED, "1 of 6 tests passed only when run again"),
        ("fail", {"a": "rerun-passed"}, Exit.NOT_MET, "1 of 6 tests passed only when run again"),
        ("fail", {"a": "failed"}, Exit.PASSED, "none of 6 tests was flaky"),
    ],
)
def test_the_verdict(mode: str, outcomes: dict[str, str], code: Exit, headline: str) -> None:
    _, said = judged(facts(shard(**outcomes)), flaky=mode)
    assert said.exit_code is code
    assert said.headline == f"ci-flaky: {headline}"
    assert said.outputs["flaky"] == ("1" if "rerun-passed" in outcomes.values() else "0")


def test_versions_come_together_and_the_history_goes_on() -> None:
    first, _ = judged(facts(shard(a="rerun-passed"), shard("3.13-1", a="failed", b="failed")))
    earlier = history.render(first.history).encode()
    second, said = judged(facts(shard(a="rerun-passed"), shard("3.13-1", a="rerun-passed"), earlier=earlier))
    (one,) = second.flaky
    assert (one.id, one.shards, one.message) == (A, ("3.12-1", "3.13-1"), "assert 1 == 2")
    assert told(one.past) == "flaky 3 times and failed once in 4 runs since 2025-10-09 (0a1b2c3)"
    assert [name for name, _ in second.before] == []
    text = emit.summary(said)
    assert "flaky 3 times and failed once in 4 runs since 2025-10-09" in text
    assert "assert 1 == 2" in text
    (product,) = said.products
    assert history.parse(product.render().encode()) == second.history


def test_what_was_flaky_earlier_is_not_forgotten_when_it_passes() -> None:
    first, _ = judged(facts(shard(a="rerun-passed")))
    second, said = judged(facts(shard(), earlier=history.render(first.history).encode()))
    assert [name for name, _ in second.before] == [A]
    assert "Flaky in earlier runs (1)" in emit.summary(said)


@pytest.mark.parametrize(
    "given",
    [facts(), facts(b""), facts(shard(), b"{}"), Facts(files={"x": None}, history=None, problem="", now=NOW)],
)
def test_without_every_record_there_is_no_verdict(given: Facts) -> None:
    with pytest.raises(CannotJudge):
        judged(given)


@pytest.mark.parametrize(
    ("earlier", "problem", "said"),
    [(b"{", "", "it is no JSON"), (None, "Permission denied", "Permission denied"), (None, "", "")],
)
def test_a_history_that_cannot_be_used_begins_anew_and_says_so(
    earlier: bytes | None, problem: str, said: str
) -> None:
    outcome, _ = judged(facts(shard(a="failed"), earlier=earlier, problem=problem))
    assert outcome.history[A].runs == 1
    assert [said in each for each in outcome.warnings] == ([True] if said else [])


def test_names_are_no_markup() -> None:
    content = json.loads(shard())
    content["tests"]["x.py::t[<b>|`]"] = {"outcome": "rerun-passed", "seconds": 1, "message": "<script>@all"}
    _, said = judged(facts(json.dumps(content).encode()))
    text = emit.summary(said)
    assert "<script>" not in text
    assert "<b>" not in text
