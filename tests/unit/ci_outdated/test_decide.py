"""How far a package is behind, by values alone; what is not known is never up to date."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from ci_actions.ci_outdated.config import Config
from ci_actions.ci_outdated.decide import decide, lowest
from ci_actions.ci_outdated.model import Answer, Facts, Package, Release, Row, State
from ci_actions.ci_outdated.report import report
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Result
from ci_actions.project.upgrades import Step

C, B, H, U = State.CURRENT, State.OUTDATED, State.HELD, State.UNKNOWN


def package(version: str = "1.0", **more: Any) -> Package:
    return Package(**{"name": "six", "version": version, "file": "uv.lock", "direct": True, **more})


def offered(*versions: str | Release) -> Answer:
    return Answer(
        releases=tuple(each if isinstance(each, Release) else Release(version=each) for each in versions)
    )


def facts(one: Package, answer: Answer | None, pythons: tuple[str, ...] = ("3.9", "3.12")) -> Facts:
    answers = {one.name: answer} if answer else {}
    return Facts(manager="uv", packages=(one,), answers=answers, pythons=pythons, today="2026-11-21")


def judged(
    one: Package, answer: Answer | None, bar: str = "none", pythons: tuple[str, ...] = ("3.9", "3.12")
) -> Row:
    return decide(Config(fail_on_outdated=bar), facts(one, answer, pythons)).rows[0]


ON_12 = Release(version="2.0", requires_python=">=3.12")


@pytest.mark.parametrize(
    ("one", "answer", "state", "allowed", "newest", "step"),
    [
        pytest.param(package(), offered("0.9", "1.0"), C, "1.0", "1.0", Step.NONE, id="the newest"),
        pytest.param(package(), offered("1.0", "1.0.1"), B, "1.0.1", "1.0.1", Step.PATCH, id="a patch"),
        pytest.param(package(), offered("1.0", "1.0.1", "1.3", "3.0"), B, "3.0", "3.0", Step.MAJOR, id="the last of many"),
        pytest.param(package(), offered("1.0", "2.0rc1"), C, "1.0", "1.0", Step.NONE, id="a pre-release"),
        pytest.param(package("1.0rc1"), offered("1.0rc1", "1.0rc2"), B, "1.0rc2", "1.0rc2", Step.PATCH, id="one was locked"),
        pytest.param(package(), offered("1.0", Release(version="2.0", yanked=True)), C, "1.0", "1.0", Step.NONE, id="yanked"),
        pytest.param(package(), offered("1.0", ON_12), H, "1.0", "2.0", Step.MAJOR, id="for a newer Python"),
        pytest.param(package(), offered("1.0", "1.1", ON_12), B, "1.1", "2.0", Step.MINOR, id="one for ours before it"),
        pytest.param(package(marker="python_version >= '3.12'"), offered("1.0", ON_12), B, "2.0", "2.0", Step.MAJOR,
                     id="locked for newer Pythons only"),
        pytest.param(package(wanted=(("<2",),)), offered("1.0", "1.4", "2.0"), B, "1.4", "2.0", Step.MINOR, id="wanted below"),
        pytest.param(package(wanted=(("<2",),)), offered("1.0", "2.0"), H, "1.0", "2.0", Step.MAJOR, id="held by the project"),
        pytest.param(package(wanted=(("<2", ">=3"),)), offered("1.0", "3.1"), B, "3.1", "3.1", Step.MAJOR, id="either"),
        pytest.param(package(wanted=(("<2",), ("!=1.4",))), offered("1.0", "1.4"), H, "1.0", "1.4", Step.MINOR, id="both"),
        pytest.param(package(wanted=(("no range",),)), offered("1.0", "1.1"), B, "1.1", "1.1", Step.MINOR, id="no range at all"),
        pytest.param(package("1.0+local"), offered("1.0", "1.0.1"), B, "1.0.1", "1.0.1", Step.PATCH, id="a local version"),
        pytest.param(package(), offered("1.0.0"), C, "1.0", "1.0", Step.NONE, id="the same, written otherwise"),
    ],
)  # fmt: skip
def test_what_the_index_has(
    one: Package, answer: Answer, state: State, allowed: str, newest: str, step: Step
) -> None:
    row = judged(one, answer)
    assert (row.state, row.allowed, row.newest, row.step) == (state, allowed, newest, step)


@pytest.mark.parametrize(
    ("one", "answer", "why"),
    [
        (package(), None, "no index may be asked"),
        (package(), Answer(problem="a.example answered with status 500"), "status 500"),
        (package(""), None, "uv.lock names no version"),
        (package(elsewhere="comes from a repository"), offered("1.0"), "which no index knows"),
    ],
    ids=["nobody was asked", "no answer", "not locked", "not from an index"],
)
def test_what_could_not_be_asked_is_unknown(one: Package, answer: Answer | None, why: str) -> None:
    row = judged(one, answer, "any")
    assert (row.state, row.allowed, row.gates) == (U, "", False)
    assert why in row.why


@pytest.mark.parametrize(
    ("answer", "remark"),
    [
        (offered("0.9", "1.1"), "the index has no longer what is locked"),
        (offered(Release(version="1.0", yanked=True)), "what is locked was yanked"),
        (offered("1.0"), ""),
    ],
)
def test_what_became_of_what_is_locked(answer: Answer, remark: str) -> None:
    assert judged(package(), answer).remark == remark


@pytest.mark.parametrize(
    ("direct", "bar", "newer", "gates"),
    [
        (True, "none", "9.0", False),
        (True, "major", "2.0", True),
        (True, "major", "1.1", False),
        (True, "minor", "1.1", True),
        (True, "any", "1.0.1", True),
        (False, "any", "9.0", False),
        (None, "any", "1.0.1", True),
    ],
)
def test_what_turns_it_red(direct: bool | None, bar: str, newer: str, gates: bool) -> None:
    config = Config(fail_on_outdated=bar)
    outcome = decide(config, facts(package(direct=direct), offered("1.0", newer)))
    assert outcome.rows[0].gates is gates
    made = report(config, outcome)
    assert made.exit_code is (Exit.NOT_MET if gates else Exit.PASSED)
    assert [each.level.value for each in made.annotations] == (["error"] if gates else [])


@pytest.mark.parametrize(
    ("on_unknown", "answers", "code"),
    [
        ("warn", {"a": offered("1.0"), "b": Answer(problem="x")}, Exit.PASSED),
        ("fail", {"a": offered("1.0"), "b": Answer(problem="x")}, Exit.CANNOT_JUDGE),
        ("fail", {"a": offered("1.0"), "b": Answer(problem="x", unreachable=True)}, Exit.UNAVAILABLE),
        ("warn", {"a": Answer(problem="x"), "b": Answer(problem="x", unreachable=True)}, Exit.CANNOT_JUDGE),
        ("warn", {"a": Answer(problem="x", unreachable=True), "b": Answer(problem="x", unreachable=True)}, Exit.UNAVAILABLE),
        ("warn", {}, Exit.CANNOT_JUDGE),
        ("fail", {"a": offered("1.0"), "b": offered("1.0")}, Exit.PASSED),
    ],
)  # fmt: skip
def test_what_unknown_ones_mean(on_unknown: str, answers: dict[str, Answer], code: Exit) -> None:
    config = Config(on_unknown=on_unknown)
    packages = (package(name="a"), package(name="b"))
    found = decide(config, Facts(manager="uv", packages=packages, answers=answers, today="2026-11-21"))
    made = report(config, found)
    assert made.exit_code is code
    assert (made.result is Result.PASSED) is (code is Exit.PASSED)
    assert ("unknown" in made.headline) is any(row.state is U for row in found.rows)


def test_how_long_a_release_has_been_out() -> None:
    answer = offered("1.0", Release(version="1.1", uploaded="2026-11-01"))
    assert judged(package(), answer).days == 20
    assert judged(package(), offered("1.0", Release(version="1.1", uploaded="soon"))).days is None
    assert judged(package(), offered("1.0", "1.1")).days is None


@pytest.mark.parametrize(
    ("marker", "pythons", "expected"),
    [
        ("", (), ""),
        ("", ("3.9", "3.12"), "3.9"),
        ("python_version >= '3.11'", ("3.9", "3.11", "3.12"), "3.11"),
        ("python_full_version < '3.10'", ("3.9", "3.11"), "3.9"),
        ("sys_platform == 'nowhere'", ("3.9", "3.11"), "3.9"),
        ("no marker", ("3.9", "3.11"), "3.9"),
        ("extra == 'x'", ("3.9", "3.11"), "3.9"),
    ],
)
def test_the_oldest_python_that_a_package_is_for(
    marker: str, pythons: tuple[str, ...], expected: str
) -> None:
    assert lowest(marker, pythons) == expected


VERSIONS = st.lists(st.integers(0, 5), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@given(VERSIONS, st.lists(VERSIONS, min_size=1, max_size=8), st.sampled_from(["", "<2", ">=1,<4", "!=3"]))
def test_what_is_allowed_is_never_older_and_never_excluded(
    locked: str, versions: list[str], wanted: str
) -> None:
    ordered = sorted(set(versions), key=Version)
    row = judged(package(locked, wanted=((wanted,),) if wanted else ()), offered(*ordered))
    assert Version(row.allowed) >= Version(locked)
    assert Version(row.newest) >= Version(row.allowed)
    assert (row.state is C) is (row.step is Step.NONE)
    if row.state is B and wanted:
        from packaging.specifiers import SpecifierSet

        assert Version(row.allowed) in SpecifierSet(wanted)


def test_the_report_says_everything_of_one() -> None:
    answer = offered("1.0", Release(version="1.1", uploaded="2026-11-01"), ON_12)
    config = Config()
    made = report(config, decide(config, facts(package(), answer)))
    assert made.details["section"] == {
        "title": "Outdated dependencies",
        "rows": [
            "six 1.0 → 1.1 (minor, direct, out for 20 days); 2.0 needs Python >=3.12, and the project runs on 3.9"
        ],
    }
    assert made.outputs["outdated"] == "1"
    assert "| `six` | 1.0 | 1.1 | 2.0 | minor | direct | 20 |" in made.summary[0]
