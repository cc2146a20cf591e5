"""Pins against tags, as values, and against the double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.doubles.github_api import Api, Fault
from tests.doubles.upkeeping import Runner, upkeep_api, work_tree

from ci_actions.ci_pins import CAPABILITY
from ci_actions.ci_pins.config import Config
from ci_actions.ci_pins.decide import decide
from ci_actions.ci_pins.model import Facts, Kind, Pin, Row, State, Tags
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report, Result
from ci_actions.project.upgrades import Step

W, U, N, B, C = State.WRONG, State.UNKNOWN, State.UNPINNED, State.OUTDATED, State.CURRENT
OLD, MID, NEW, OTHER = ("1" * 40, "2" * 40, "3" * 40, "f" * 40)
#: `v4` has moved from v4.0.0 to v4.1.0, and v5 is out.
TAGS = {
    "v5.0.0-rc.1": OTHER, "v5.0.0": NEW, "v5": NEW, "v4.1.0": MID, "v4": MID, "v4.0.0": OLD, "nightly": "9" * 40,
}  # fmt: skip


def judged(pin: Pin, tags: Tags | None = None, bar: str = "none") -> Row:
    facts = Facts(pins=(pin,), tags={"a/b": tags or Tags(commits=TAGS)})
    return decide(Config(fail_on_outdated=bar), facts).rows[0]


def action(ref: str, said: str = "", kind: Kind = Kind.ACTION) -> Pin:
    return Pin(kind=kind, repository="a/b", ref=ref, said=said, places=(("w.yml", 1),))


@pytest.mark.parametrize(
    ("pin", "state", "version", "step", "why"),
    [
        pytest.param(action(NEW, "v5.0.0"), C, "v5.0.0", Step.NONE, "", id="the newest"),
        pytest.param(action(NEW, "5.0.0"), C, "v5.0.0", Step.NONE, "", id="without the v"),
        pytest.param(action(NEW, "v5"), C, "v5.0.0", Step.NONE, "", id="a name that moves and means it still"),
        pytest.param(action(MID, "v4.1.0"), B, "v4.1.0", Step.MAJOR, "", id="a major version behind"),
        pytest.param(action(OLD, "v4"), B, "v4.0.0", Step.MAJOR, "v4 has moved on", id="a name that has moved"),
        pytest.param(action(OLD, "v5"), W, "v4.0.0", Step.NONE, "its commit is v4.0.0", id="another major than it says"),
        pytest.param(action(OLD, "v4.1.0"), W, "v4.0.0", Step.NONE, "its commit is v4.0.0", id="another version"),
        pytest.param(action(OTHER, "v4.1.0"), W, "", Step.NONE, "no tag means its commit", id="a commit of nobody"),
        pytest.param(action(NEW, "v6.0.0"), W, "v5.0.0", Step.NONE, "there is no such tag", id="a tag that is gone"),
        pytest.param(action(MID), B, "v4.1.0", Step.MAJOR, "write # v4.1.0 behind it", id="it says nothing"),
        pytest.param(action("8" * 40), U, "", Step.NONE, "no tag means its commit", id="nothing tells its version"),
        pytest.param(action("v5"), N, "v5", Step.NONE, f"write {NEW} # v5.0.0", id="a tag that moves"),
        pytest.param(action("v4.0.0"), N, "v4.0.0", Step.MAJOR, f"write {OLD} # v4.0.0", id="a tag that is old"),
        pytest.param(action("main"), N, "", Step.NONE, "main is a branch", id="a branch"),
        pytest.param(action("1111111"), N, "", Step.NONE, "a part of a commit", id="a short commit"),
        pytest.param(action("v5.0.0", kind=Kind.HOOK), C, "v5.0.0", Step.NONE, "", id="a hook"),
        pytest.param(action("v4.0.0", kind=Kind.HOOK), B, "v4.0.0", Step.MAJOR, "", id="an old hook"),
        pytest.param(action("v9", kind=Kind.HOOK), W, "", Step.NONE, "there is no tag v9", id="a hook of no tag"),
        pytest.param(action("nightly", kind=Kind.HOOK), U, "nightly", Step.NONE, "no version", id="a hook of no version"),
        pytest.param(action(OLD, "v4.0.0", Kind.HOOK), B, "v4.0.0", Step.MAJOR, "", id="a hook that is frozen"),
        pytest.param(
            Pin(kind=Kind.IMAGE, repository="docker://x", ref=""), N, "", Step.NONE, "digest", id="an image without one"
        ),
        pytest.param(
            Pin(kind=Kind.IMAGE, repository="docker://x", ref="sha256:0", problem="no registry"), U, "", Step.NONE,
            "no registry", id="an image",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_pin(pin: Pin, state: State, version: str, step: Step, why: str) -> None:
    row = judged(pin)
    assert (row.state, row.version, row.step) == (state, version, step), row.why
    assert why in row.why
    assert row.gates is (state is W)


def test_tags_that_are_not_known_make_it_unknown() -> None:
    row = judged(action(NEW, "v5.0.0"), Tags(commits={}, problem="GitHub refuses"))
    assert (row.state, row.why) == (U, "GitHub refuses")


def test_a_repository_without_versions_has_nothing_newer() -> None:
    row = judged(action(OLD, "v4.0.0"), Tags(commits={"v4.0.0": OLD}))
    assert (row.state, row.newest) == (C, "v4.0.0")
    assert judged(action("nightly"), Tags(commits={"nightly": OLD})).state is N


@pytest.mark.parametrize(("bar", "gates"), [("none", False), ("major", True), ("minor", True), ("any", True)])
def test_what_is_behind_turns_it_red_from_the_bar_on(bar: str, gates: bool) -> None:
    assert judged(action(MID, "v4.1.0"), bar=bar).gates is gates


# --- asked of GitHub -------------------------------------------------------------------------------------


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with upkeep_api(tmp_path) as api:
        api.upkeep.tags["a/b"] = TAGS
        api.upkeep.tags["c/d"] = {f"v1.{minor}.0": f"{minor:040x}" for minor in range(250)}
        yield api


def ran(api: Api, tmp_path: Path, *uses: str, words: tuple[str, ...] = ()) -> Report:
    steps = "".join(f"      - uses: {each}\n" for each in uses)
    text = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}"
    files = {
        ".github/workflows/ci.yml": text,
        "deep/er/action.yml": "runs: {using: composite, steps: [{uses: a/b@v4}]}",
    }
    return Runner(CAPABILITY, work_tree(tmp_path / "work", files), api.url).run(*words)


def test_several_pages_of_tags_and_several_places(api: Api, tmp_path: Path) -> None:
    pinned = f"c/d@{3:040x} # v1.3.0"
    report = ran(api, tmp_path, pinned, pinned, f"a/b@{NEW} # v5.0.0")
    found = {each["ref"][:12]: each for each in json.loads(report.outputs["pins-json"])}
    assert found[f"{3:040x}"[:12]]["newest"] == "v1.249.0"
    assert found[f"{3:040x}"[:12]]["places"] == [".github/workflows/ci.yml:6", ".github/workflows/ci.yml:7"]
    assert found["v4"]["places"] == ["deep/er/action.yml:1"]
    assert (report.result, report.outputs["unpinned"], report.outputs["outdated"]) == (
        Result.PASSED,
        "1",
        "2",
    )


def test_a_pin_that_lies_turns_it_red_at_its_line(api: Api, tmp_path: Path) -> None:
    report = ran(api, tmp_path, f"a/b@{OLD} # v5.0.0")
    assert (report.result, report.exit_code, report.outputs["wrong"]) == (Result.FAILED, Exit.NOT_MET, "1")
    (said,) = [each for each in report.annotations if each.level.value == "error"]
    assert (said.file, said.line) == (".github/workflows/ci.yml", 6)


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ([], "does not exist"),
        ([Fault("repos/list-tags", 403)], "GitHub refuses (403"),
        ([Fault("repos/list-tags", 401)], "does not know the token"),
        ([Fault("repos/list-tags", 500)] * 3, "failed 3 times"),
        ([Fault("repos/list-tags", drop="before")] * 3, "failed 3 times"),
        ([Fault("repos/list-tags", 429, {"Retry-After": "999"})], "limits the rate"),
    ],
    ids=["not there", "denied", "a strange token", "down", "broken off", "limited"],
)
def test_what_cannot_be_asked_is_unknown(api: Api, tmp_path: Path, faults: list[Fault], why: str) -> None:
    """The repositories are asked in the order of their names: a/b first, which the action uses."""
    if not faults:
        del api.upkeep.tags["a/b"]
    api.faults += faults
    report = ran(api, tmp_path, f"c/d@{249:040x} # v1.249.0")
    found = {each["repository"]: each for each in json.loads(report.outputs["pins-json"])}
    assert (found["a/b"]["state"], found["c/d"]["state"]) == ("unknown", "up to date")
    assert why in found["a/b"]["why"]
    assert report.exit_code is Exit.PASSED
    assert report.outputs["unknown"] == "1"


def test_nothing_known_of_anything_is_no_verdict(api: Api, tmp_path: Path) -> None:
    api.faults += [Fault("repos/list-tags", 500)] * 3
    assert ran(api, tmp_path).exit_code is Exit.UNAVAILABLE


def test_a_server_that_is_down_is_not_asked_for_everything(api: Api, tmp_path: Path) -> None:
    uses = [f"o/r{number}@v1" for number in range(9)]
    api.faults += [Fault("", 503)] * 99
    report = ran(api, tmp_path, *uses)
    assert (report.exit_code, report.outputs["unknown"]) == (Exit.UNAVAILABLE, "10")
    assert len(api.faults) == 99 - 2 * 3
    api.faults.clear()


def test_an_unknown_one_is_no_verdict_where_it_is_asked_for(api: Api, tmp_path: Path) -> None:
    report = ran(api, tmp_path, "x/y@v1", words=("--on-unknown=fail",))
    assert report.exit_code is Exit.CANNOT_JUDGE


def test_a_repository_that_uses_nothing(api: Api, tmp_path: Path) -> None:
    report = Runner(CAPABILITY, work_tree(tmp_path / "work", {"x": "y"}), api.url).run()
    assert (report.result, report.exit_code) == (Result.SKIPPED, Exit.PASSED)
