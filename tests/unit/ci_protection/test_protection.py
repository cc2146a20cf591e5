"""What is declared, what GitHub tells to whom, and what follows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_api import Api, Fault
from tests.doubles.upkeeping import ADMINISTRATOR, READER, Runner, upkeep_api, work_tree

from ci_actions.ci_protection import CAPABILITY, reading
from ci_actions.ci_protection.decide import compared
from ci_actions.ci_protection.model import OPEN, Layer, State, Value
from ci_actions.kit.errors import BadInput, Exit
from ci_actions.kit.report import Report, Result

FILE = ".github/branch-protection.yml"
D, U, A = State.DRIFTED, State.UNKNOWN, State.AS_DECLARED
CHECK = "ci / all-green"
DECLARED = f"""\
branches:
  main:
    required-checks: [{CHECK}]
    reviews: 1
    linear-history: true
    force-pushes: false
"""
CLASSIC = {
    "required_status_checks": {"strict": True, "contexts": [CHECK], "checks": [{"context": CHECK, "app_id": None}]},
    "required_pull_request_reviews": {"dismiss_stale_reviews": False, "require_code_owner_reviews": False,
                                      "required_approving_review_count": 1},
    "required_linear_history": {"enabled": True},
    "allow_force_pushes": {"enabled": False},
    "allow_deletions": {"enabled": False},
}  # fmt: skip


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with upkeep_api(tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture
def api(double: Api) -> Api:
    double.upkeep.__init__(double)  # type: ignore[misc]
    double.faults.clear()
    return double


def judged(api: Api, tmp_path: Path, *words: str, text: str = DECLARED, token: str = READER) -> Report:
    folder = work_tree(tmp_path / "work", {FILE: text})
    return Runner(CAPABILITY, folder, api.url).run(*words, token=token)


def states(report: Report) -> dict[str, str]:
    return {each["property"]: each["state"] for each in json.loads(report.outputs["protection-json"])}


def everything(state: State, *, but: Mapping[str, State] | None = None) -> dict[str, str]:
    names = ("required-checks", "reviews", "linear-history", "force-pushes")
    return {name: (but or {}).get(name, state).value for name in names}


def with_rules(api: Api, checks: tuple[str, ...] = (CHECK,), reviews: int = 1) -> None:
    api.upkeep.branches["main"] = None
    configured = [{"context": each} for each in checks]
    api.upkeep.rule(
        "main", "required_status_checks",
        required_status_checks=configured, strict_required_status_checks_policy=False,
    )  # fmt: skip
    api.upkeep.rule(
        "main", "pull_request", required_approving_review_count=reviews, dismiss_stale_reviews_on_push=False,
        require_code_owner_review=False, require_last_push_approval=False, required_review_thread_resolution=False,
    )  # fmt: skip
    api.upkeep.rule("main", "required_linear_history")
    api.upkeep.rule("main", "non_fast_forward")


# --- what GitHub tells -----------------------------------------------------------------------------------


def test_rules_say_everything_to_a_token_that_reads(api: Api, tmp_path: Path) -> None:
    with_rules(api)
    report = judged(api, tmp_path)
    assert (report.result, states(report)) == (Result.PASSED, everything(A))


def test_a_declared_check_that_is_not_required_is_drift(api: Api, tmp_path: Path) -> None:
    with_rules(api, checks=("lint",))
    report = judged(api, tmp_path)
    assert report.exit_code is Exit.NOT_MET
    assert states(report) == everything(A, but={"required-checks": D})
    (said,) = [each for each in report.annotations if each.level.value == "error"]
    assert (said.file, said.line) == (FILE, 3)
    assert said.message == "main: required-checks lacks ci / all-green and has lint, which nobody declared"


def test_a_branch_that_nothing_protects_has_drifted(api: Api, tmp_path: Path) -> None:
    api.upkeep.branches["main"] = None
    report = judged(api, tmp_path)
    assert (report.exit_code, states(report)) == (Exit.NOT_MET, everything(D))


def test_of_classic_protection_a_reader_knows_the_checks_alone(api: Api, tmp_path: Path) -> None:
    api.upkeep.branches["main"] = CLASSIC
    report = judged(api, tmp_path)
    assert states(report) == everything(U, but={"required-checks": A})
    assert report.result is Result.PASSED
    (warning,) = report.annotations
    assert "protection-token" in warning.message
    assert judged(api, tmp_path / "again", "--on-unknown=fail").exit_code is Exit.CANNOT_JUDGE


def test_the_other_token_tells_the_rest(api: Api, tmp_path: Path) -> None:
    api.upkeep.branches["main"] = CLASSIC
    report = judged(
        api,
        tmp_path,
        f"--protection-token={ADMINISTRATOR}",
        text=DECLARED.replace("reviews: 1", "reviews: 2"),
    )
    assert states(report) == everything(A, but={"reviews": D})
    assert "main: reviews is 1, declared is 2" in [each.message for each in report.annotations]


def test_another_token_without_the_right_tells_nothing_more(api: Api, tmp_path: Path) -> None:
    api.upkeep.branches["main"] = CLASSIC
    report = judged(api, tmp_path, f"--protection-token={READER}")
    assert states(report) == everything(U, but={"required-checks": A})
    assert "administration: read" in report.annotations[0].message
    assert READER not in json.dumps([report.details, [each.message for each in report.annotations]])


def test_classic_protection_and_rules_hold_together(api: Api, tmp_path: Path) -> None:
    with_rules(api, checks=("lint",), reviews=2)
    api.upkeep.branches["main"] = CLASSIC
    text = DECLARED.replace(f"[{CHECK}]", f"[{CHECK}, lint]").replace("reviews: 1", "reviews: 2")
    report = judged(api, tmp_path, f"--protection-token={ADMINISTRATOR}", text=text)
    assert states(report) == everything(A)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault("repos/get-branch", 403), "contents: read"),
        (Fault("repos/get-branch", 500), "status 500"),
        (Fault("repos/get-branch", 401), "does not know the token"),
        (Fault("repos/get-branch-rules", 404), "the rules of the branch"),
    ],
    ids=["denied", "down", "a strange token", "no rules are told"],
)
def test_what_could_not_be_asked_is_unknown_and_never_as_declared(
    api: Api, tmp_path: Path, fault: Fault, why: str
) -> None:
    with_rules(api)
    api.faults += [fault] * 3
    report = judged(api, tmp_path)
    assert set(states(report).values()) == {"unknown"}
    assert report.exit_code is Exit.CANNOT_JUDGE
    assert why in report.annotations[0].message
    api.faults.clear()


def test_a_branch_that_does_not_exist_has_drifted(api: Api, tmp_path: Path) -> None:
    report = judged(api, tmp_path)
    assert (report.exit_code, states(report)) == (Exit.NOT_MET, everything(D))
    assert "there is no such branch" in report.annotations[0].message


def test_a_ruleset_that_is_not_enforced_is_told(api: Api, tmp_path: Path) -> None:
    with_rules(api)
    api.upkeep.ruleset("strict", "evaluate")
    api.upkeep.ruleset("used", "active")
    section: Any = judged(api, tmp_path).details["section"]
    assert section["rows"] == ["The ruleset strict (evaluate) is not enforced"]


def test_the_name_of_a_branch_may_hold_slashes(api: Api, tmp_path: Path) -> None:
    with_rules(api)
    api.upkeep.branches["release/v1"] = None
    api.upkeep.rules["release/v1"] = api.upkeep.rules["main"]
    report = judged(api, tmp_path, text=DECLARED.replace("main", "release/v1"))
    assert states(report) == everything(A)


def test_nothing_is_declared(api: Api, tmp_path: Path) -> None:
    folder = work_tree(tmp_path / "work", {"README.md": "x"})
    report = Runner(CAPABILITY, folder, api.url).run()
    assert (report.result, report.exit_code) == (Result.SKIPPED, Exit.PASSED)
    assert Runner(CAPABILITY, folder, api.url).run("--file=other.yml").exit_code is Exit.BAD_INPUT


# --- the file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f:1:1: is empty"),
        ("main: {}", "write `branches:`"),
        ("branches:\n  main:\n", "f:2:3: 'main' says nothing that can be compared"),
        ("branches:\n  main: {reviews: two}", "f:2:10: 'reviews' must be a whole number from 0 to 10"),
        ("branches:\n  main: {reviews: true}", "must be a whole number"),
        ("branches:\n  main: {reviews: 11}", "must be a whole number"),
        ("branches:\n  main: {linear-history: yes}", "'linear-history' must be true or false"),
        ("branches:\n  main: {required-checks: ci}", "must be a list of names"),
        ("branches:\n  main: {linear-histroy: true}", "'linear-histroy' is unknown (did you mean 'linear-history'?)"),
        ("branchs:\n  main: {reviews: 1}", "'branchs' is unknown (did you mean 'branches'?)"),
        ("branches:\n  main: {reviews: 1, reviews: 2}", "stands here already, in line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file(text: str, problem: str) -> None:
    with pytest.raises(BadInput) as refused:
        reading.declared(text.encode(), "f")
    assert any(problem in each for each in refused.value.problems), refused.value.problems


# --- layers ----------------------------------------------------------------------------------------------


def layer(name: str, value: Value) -> Layer:
    return Layer(values={**OPEN, name: value})


NOBODY = Layer(values={}, why="nobody says")


@pytest.mark.parametrize(
    ("name", "declared", "layers", "state"),
    [
        ("linear-history", True, (layer("linear-history", True), NOBODY), A),
        ("linear-history", False, (layer("linear-history", True), NOBODY), D),
        ("linear-history", True, (layer("linear-history", False), NOBODY), U),
        ("linear-history", False, (layer("linear-history", False), NOBODY), U),
        ("force-pushes", False, (layer("force-pushes", False), NOBODY), A),
        ("force-pushes", True, (layer("force-pushes", False), NOBODY), D),
        ("force-pushes", True, (layer("force-pushes", True), NOBODY), U),
        ("force-pushes", False, (layer("force-pushes", True), layer("force-pushes", False)), A),
        ("reviews", 1, (layer("reviews", 2), NOBODY), D),
        ("reviews", 1, (layer("reviews", 1), NOBODY), U),
        ("reviews", 2, (layer("reviews", 1), layer("reviews", 2)), A),
        ("reviews", 0, (layer("reviews", 0), layer("reviews", 0)), A),
        ("required-checks", ("a",), (layer("required-checks", ("a", "b")), NOBODY), D),
        ("required-checks", ("a",), (layer("required-checks", ("a",)), NOBODY), U),
        ("required-checks", ("a", "b"), (layer("required-checks", ("a",)), layer("required-checks", ("b",))), A),
        ("required-checks", ("a",), (layer("required-checks", ()), layer("required-checks", ())), D),
        ("merge-queue", False, (NOBODY, NOBODY), U),
    ],
)  # fmt: skip
def test_layers_together(name: str, declared: Value, layers: tuple[Layer, ...], state: State) -> None:
    assert compared(name, declared, layers)[0] is state
    assert compared(name, declared, layers[::-1])[0] is state
