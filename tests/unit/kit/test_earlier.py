"""Phases of one action that hand on what they know, with another action's step in between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ci_actions.kit import emit, run
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import CannotJudge, Exit
from ci_actions.kit.inputs import LIST, TEXT, Common, declare
from ci_actions.kit.report import Report, Result
from ci_actions.kit.run import Capability, Edges, Phase, Steps


@dataclass(frozen=True, kw_only=True)
class Config(Common):
    """The inputs of a capability with two phases."""

    name: str = declare(TEXT, default="x", aliases=("title",), help="A name.")
    parts: tuple[str, ...] = declare(LIST, default=(), help="Parts.")
    key: str = declare(TEXT, default="", secret=True, help="A secret.")


def plan() -> Steps[Config]:
    def report(config: Config, given: dict[str, str]) -> Report:
        code = Exit.NOT_MET if config.name == "red" else Exit.PASSED
        return Report(
            capability="two",
            result=Result.FAILED if code else Result.PASSED,
            exit_code=code,
            headline="planned",
            details={"inputs": given, "decided": config.name.upper()},
        )

    return Steps(lambda config, edges: dict(edges.given), lambda config, facts: facts, report)


def finish() -> Steps[Config]:
    def gather(config: Config, edges: Edges[Config]) -> str:
        planned = edges.earlier["plan"]
        assert planned
        return str(planned.details["decided"])

    def report(config: Config, facts: str) -> Report:
        said = f"{facts} {config.name} {config.parts} {config.key}"
        return Report(capability="two", result=Result.PASSED, exit_code=Exit.PASSED, headline=said)

    return Steps(gather, lambda config, facts: facts, report)


TWO = Capability(
    name="two",
    question="?",
    config=Config,
    phases=(Phase("plan", plan), Phase("finish", finish, after=("plan",))),
    outputs={},
)


def judged(words: list[str], environ: dict[str, str], here: Path) -> Report:
    return run.judge(
        TWO,
        run.parse_arguments(words, run.flags(Config)),
        environ=environ,
        here=here,
        sections=("two",),
        progress=lambda _: None,
        clock=Clock(),
    )


def left(report: Report, folder: Path) -> str:
    path = folder / "report.json"
    path.write_text(emit.as_json(report, report.outputs))
    return str(path)


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        ([], {"INPUT_NAME": "shop"}, "SHOP shop () "),
        ([], {"INPUT_TITLE": "shop", "INPUT_PARTS": "a, b"}, "SHOP shop ('a', 'b') "),
        (["--title=till"], {"INPUT_NAME": "shop"}, "TILL till () "),
        (["--parts=a", "--parts=b,c"], {"INPUT_PARTS": "z"}, "X x ('a', 'b', 'c') "),
    ],
    ids=["variable", "alias", "option-beats-variable", "list"],
)
def test_later_phases_have_the_inputs_of_the_first(
    tmp_path: Path, words: list[str], environ: dict[str, str], said: str
) -> None:
    planned = judged(["plan", *words], environ, tmp_path)
    finished = judged(["finish"], {"CI_ACTIONS_PLAN": left(planned, tmp_path)}, tmp_path)
    assert finished.headline == said


def test_a_secret_is_handed_on_by_a_line_of_its_own_only(tmp_path: Path) -> None:
    planned = left(judged(["plan"], {"INPUT_KEY": "hush"}, tmp_path), tmp_path)
    assert "hush" not in Path(planned).read_text()
    assert judged(["finish"], {"CI_ACTIONS_PLAN": planned}, tmp_path).headline == "X x () "
    told = judged(["finish"], {"CI_ACTIONS_PLAN": planned, "INPUT_KEY": "hush"}, tmp_path)
    assert told.headline == "X x () hush"


def test_a_phase_after_one_that_failed_only_passes_it_on(tmp_path: Path) -> None:
    planned = left(judged(["plan"], {"INPUT_NAME": "red"}, tmp_path), tmp_path)
    report = judged(["finish"], {"CI_ACTIONS_PLAN": planned}, tmp_path)
    assert (report.result, report.exit_code, report.headline) == (Result.FAILED, Exit.NOT_MET, "planned")
    assert not report.show_summary


def test_bad_input_of_the_first_phase_reaches_the_last(tmp_path: Path) -> None:
    planned = left(judged(["plan", "--nmae=x"], {}, tmp_path), tmp_path)
    report = judged(["finish"], {"CI_ACTIONS_PLAN": planned}, tmp_path)
    assert (report.result, report.exit_code) == (Result.ERROR, Exit.BAD_INPUT)


@pytest.mark.parametrize("content", [None, "", "{", "{}", '{"result": "passed"}', "[]"])
def test_a_first_phase_that_left_nothing_readable_is_no_pass(tmp_path: Path, content: str | None) -> None:
    environ = {}
    if content is not None:
        (tmp_path / "report.json").write_text(content)
        environ["CI_ACTIONS_PLAN"] = str(tmp_path / "report.json")
    report = judged(["finish"], environ, tmp_path)
    assert (report.result, report.exit_code) == (Result.ERROR, CannotJudge.exit_code)
    assert "plan" in report.annotations[0].message
