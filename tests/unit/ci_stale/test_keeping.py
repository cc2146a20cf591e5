"""From the listing to the comment, against the double of GitHub's API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doubles.github_answers import user
from tests.doubles.github_api import Api, Fault
from tests.doubles.github_pulls import BOT
from tests.doubles.upkeeping import HOUSEKEEPER, NOW, READER, Runner, upkeep_api

from ci_actions.ci_stale import CAPABILITY
from ci_actions.ci_stale.model import MARK
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report, Result

EVE = user("eve", 901)
LONG_AGO, MARKED, YESTERDAY = "2026-06-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with upkeep_api(tmp_path) as api:
        api.issues.now = NOW
        yield api


@pytest.fixture
def keeper(api: Api, tmp_path: Path) -> Runner:
    (tmp_path / "work").mkdir()
    return Runner(CAPABILITY, tmp_path / "work", api.url)


def kept(keeper: Runner, *words: str, token: str = HOUSEKEEPER) -> Report:
    return keeper.run("--dry-run=false", *words, token=token)


def quiet(api: Api, **more: object) -> int:
    number: int = api.issues.open("quiet", "text", EVE, (), updated_at=LONG_AGO, **more)["number"]
    return number


def marked(api: Api, when: str = MARKED, told: bool = True) -> int:
    """Return one that was marked by us, and nothing since."""
    number: int = api.issues.open("marked", "text", EVE, ("stale",), updated_at=when)["number"]
    api.issues.happened(number, "labeled", when, label={"name": "stale", "color": "ffffff"})
    if told:
        api.pulls.comment(number, f"{MARK}\nmarked")["created_at"] = when
    return number


def labels(api: Api, number: int) -> list[str]:
    return [each["name"] for each in api.issues.issues[number]["labels"]]


def test_one_is_marked_and_told_why(api: Api, keeper: Runner) -> None:
    number = quiet(api)
    young: int = api.issues.open("young", "text", EVE, (), updated_at=YESTERDAY)["number"]
    report = kept(keeper)
    assert (report.result, report.outputs["marked"]) == (Result.PASSED, "1")
    assert labels(api, number) == ["stale"]
    (body,) = api.pulls.bodies(number)
    assert body.startswith(MARK)
    assert "a comment is enough" in body
    assert "closed in 14 days" in body
    assert (labels(api, young), api.pulls.bodies(young)) == ([], [])


def test_a_dry_run_says_it_and_does_nothing(api: Api, keeper: Runner) -> None:
    number = quiet(api)
    report = keeper.run(token=HOUSEKEEPER)
    assert (report.outputs["marked"], labels(api, number), api.pulls.bodies(number)) == ("1", [], [])
    assert "a dry run: 1 to mark" in report.headline
    assert not {"issues/create-comment", "issues/add-labels"} & set(api.calls)


def test_a_pull_request_is_closed_when_its_time_is_over(api: Api, keeper: Runner) -> None:
    number = marked(api)
    api.issues.issues[number]["pull_request"] = dict.fromkeys(
        ("url", "html_url", "diff_url", "patch_url"), "https://x"
    )
    assert kept(keeper).outputs["closed"] == "1"
    assert api.issues.issues[number]["state"] == "closed"
    assert "This pull request is closed" in api.pulls.bodies(number)[-1]


def test_an_issue_is_closed_as_not_planned(api: Api, keeper: Runner) -> None:
    number = marked(api)
    assert kept(keeper).outputs["closed"] == "1"
    assert api.issues.issues[number]["state_reason"] == "not_planned"


def test_a_comment_of_a_person_takes_the_mark_away(api: Api, keeper: Runner) -> None:
    number = marked(api)
    api.pulls.comment(number, "still there", EVE)["created_at"] = YESTERDAY
    assert kept(keeper).outputs["kept"] == "1"
    assert (labels(api, number), api.issues.issues[number]["state"]) == ([], "open")


@pytest.mark.parametrize("who", [BOT, user("dependabot[bot]", 77, "Bot")], ids=["ours", "another robot's"])
def test_a_comment_of_a_robot_does_not(api: Api, keeper: Runner, who: dict[str, object]) -> None:
    number = marked(api)
    api.pulls.comment(number, "report", who)["created_at"] = YESTERDAY
    assert kept(keeper).outputs["closed"] == "1"
    assert api.issues.issues[number]["state"] == "closed"


def test_a_push_counts_as_activity(api: Api, keeper: Runner) -> None:
    number = marked(api)
    api.issues.happened(number, "head_ref_force_pushed", YESTERDAY, EVE)
    assert kept(keeper).outputs["kept"] == "1"


def test_a_second_run_changes_nothing(api: Api, keeper: Runner) -> None:
    number = quiet(api)
    assert kept(keeper).outputs["marked"] == "1"
    again = kept(keeper)
    assert json.loads(again.outputs["done-json"]) == []
    assert len(api.pulls.bodies(number)) == 1


def test_what_changed_meanwhile_is_left_alone(api: Api, keeper: Runner) -> None:
    number = quiet(api)
    other = quiet(api)

    def somebody_comes() -> None:
        api.issues.issues[other]["updated_at"] = NOW

    api.faults.append(Fault("issues/get", 502, then=somebody_comes))
    report = kept(keeper)
    left = {each["number"]: each["left"] for each in json.loads(report.outputs["done-json"])}
    assert left == {number: "", other: "something happened to it meanwhile"}
    assert (report.result, api.pulls.bodies(other)) == (Result.PASSED, [])


def test_a_locked_conversation_does_not_keep_others_from_being_marked(api: Api, keeper: Runner) -> None:
    locked, other = quiet(api, locked=True), quiet(api)
    report = kept(keeper)
    assert (labels(api, locked), labels(api, other)) == ([], ["stale"])
    assert report.exit_code is Exit.UNAVAILABLE
    assert "locked" in report.annotations[0].message


def test_a_rate_limit_ends_the_run_and_says_what_is_left(api: Api, keeper: Runner) -> None:
    first, second = quiet(api), quiet(api)
    api.faults.append(Fault("issues/create-comment", 403, {"Retry-After": "999"}))
    report = kept(keeper)
    assert report.exit_code is Exit.UNAVAILABLE
    assert [each["left"] != "" for each in json.loads(report.outputs["done-json"])] == [True, True]
    assert (labels(api, first), labels(api, second)) == ([], [])


def test_a_short_rate_limit_is_waited_for(api: Api, keeper: Runner) -> None:
    number = quiet(api)
    api.faults.append(Fault("issues/create-comment", 403, {"Retry-After": "7"}))
    assert kept(keeper).result is Result.PASSED
    assert (keeper.clock.slept, labels(api, number)) == ([7.0], ["stale"])


def test_no_more_operations_than_allowed(api: Api, keeper: Runner) -> None:
    numbers = [quiet(api) for _ in range(5)]
    report = kept(keeper, "--operations=4")
    assert (report.outputs["marked"], report.outputs["left-over"]) == ("2", "3")
    assert sum(bool(labels(api, each)) for each in numbers) == 2


def test_a_token_without_the_right_is_told_what_it_needs(api: Api, keeper: Runner) -> None:
    quiet(api)
    report = kept(keeper, token=READER)
    assert report.exit_code is Exit.UNAVAILABLE
    assert "`issues: write` and `pull-requests: write`" in report.annotations[0].message


def test_a_history_that_cannot_be_read_closes_nothing(api: Api, keeper: Runner) -> None:
    number = marked(api)
    api.faults += [Fault("issues/list-events-for-timeline", 500)] * 3
    report = kept(keeper)
    assert (report.exit_code, api.issues.issues[number]["state"]) == (Exit.UNAVAILABLE, "open")
