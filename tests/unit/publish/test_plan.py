"""Which version comes next, decided from values, and read from a real history with real tags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest

from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.publish import plan, tree
from ci_actions.publish.commits import Change, Level, parse
from ci_actions.publish.contract import Action, Contract, Input
from ci_actions.publish.plan import Planned, Previous, decide, order, raised

TIME = 1_700_000_000
BEFORE = Previous("v1.4.2", "1.4.2", "b" * 40)
OLD = Contract(actions={"gate": Action({"min": Input(default="80")})})


class Repo(Protocol):
    path: Path

    def git(self, *words: str) -> str: ...
    def commit(self, files: dict[str, str] | None = None, message: str = "") -> str: ...


def changes(*messages: str) -> list[Change]:
    return [Change(f"{number:040x}", parse(message)) for number, message in enumerate(messages)]


def decided(
    *messages: str, new: Contract = OLD, asked: str = "", previous: Previous | None = BEFORE
) -> Planned:
    return decide(
        previous=previous,
        commit="c" * 40,
        time=TIME,
        changes=changes(*messages),
        old=OLD,
        new=new,
        asked=asked,
    )


@pytest.mark.parametrize(
    ("messages", "version"),
    [
        (["docs: x"], "1.4.3"),
        (["no convention"], "1.4.3"),
        (["fix: x", "docs: y"], "1.4.3"),
        (["fix: x", "feat: y"], "1.5.0"),
        (["feat: x", "fix!: y"], "2.0.0"),
        (["fix: x\n\nBREAKING CHANGE: y"], "2.0.0"),
    ],
)
def test_the_gravest_commit_decides(messages: list[str], version: str) -> None:
    assert decided(*messages).version == version


def test_the_contract_beats_what_the_messages_confess() -> None:
    new = Contract(actions={"gate": Action({"min": Input(default="85")})})
    made = decided("fix: a better default", new=new)
    assert (made.version, made.level) == ("2.0.0", Level.MAJOR)
    assert made.reasons[0].text == "contract: gate: input 'min' had the default '80', has '85'"
    assert "### Breaking\n\n- gate: input 'min' had the default '80', has '85'" in made.changelog
    assert made.reasons[1].text.endswith("fix: a better default")


def test_the_first_release() -> None:
    assert decided("feat: x", previous=None).version == "1.0.0"
    assert decided("feat: x", previous=None, asked="0.9.0").version == "0.9.0"


def test_a_version_that_is_asked_for_may_be_larger_but_not_smaller() -> None:
    assert decided("feat: x", asked="2.0.0").version == "2.0.0"
    assert decided("feat: x", asked="1.5.0-rc.1").version == "1.5.0-rc.1"
    with pytest.raises(BadInput, match=r"1\.4\.3 is too small: 1\.5\.0 is the least, for commit .*feat: x"):
        decided("feat: x", asked="1.4.3")
    with pytest.raises(BadInput, match="must be like"):
        decided("feat: x", asked="v2")


def test_nothing_to_release() -> None:
    with pytest.raises(BadInput, match=r"nothing to release: c+ was released as v1\.4\.2"):
        decided()


def test_the_section_of_the_changelog() -> None:
    made = decided(
        "feat(gate): newest", "perf: faster", "fix(kit)!: sums\n\nBREAKING CHANGE: They are exact.", "docs: x",
        f"revert: doors\n\nThis reverts commit {5:040x}.", "feat: doors", "security: a hole", "feat: oldest",
    )  # fmt: skip
    assert made.changelog == (
        "## [2.0.0] - 2023-11-14\n"
        "\n### Breaking\n\n- `kit`: sums. They are exact.\n"
        "\n### Added\n\n- oldest\n- `gate`: newest\n"
        "\n### Changed\n\n- faster\n"
        "\n### Security\n\n- a hole\n"
    )
    assert "Nothing that a consumer would notice" in decided("docs: x").changelog


@pytest.mark.parametrize(
    ("level", "version"), [(Level.PATCH, "1.4.3"), (Level.MINOR, "1.5.0"), (Level.MAJOR, "2.0.0")]
)
def test_raising(level: Level, version: str) -> None:
    assert raised("1.4.2", level) == version


def test_order() -> None:
    ordered = [
        "0.9.0",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-rc.2",
        "1.0.0-rc.10",
        "1.0.0",
        "1.2.0",
        "1.10.0",
    ]
    shuffled = ordered[1::2] + ordered[::2]
    assert sorted(shuffled, key=order) == ordered


# --- a real history ----------------------------------------------------------------------------

ACTION = "inputs:\n  min: {default: '80'}\noutputs:\n  result: {value: x}\n"


def git(repository: Repo) -> Git:
    return Git(Process(os.environ), repository.path, environ=os.environ)


def released(repository: Repo, version: str) -> str:
    """Commit a release beside main, as `publish` does, and tag it."""
    source = tree.read_commit(git(repository))
    made = tree.make(source, version, {})
    repository.git("checkout", "--quiet", "--detach")
    sha = repository.commit({path: made.files[path].data.decode() for path in made.generated}, "release")
    repository.git("tag", "--annotate", f"v{version}", "--message", version)
    repository.git("tag", "--force", "v" + version.split(".", maxsplit=1)[0])
    repository.git("checkout", "--quiet", "main")
    return sha


def test_three_releases_of_a_real_history(repository: Repo) -> None:
    repository.commit({"actions/gate/action.yml": ACTION}, "feat: a gate")
    first = plan.plan(git(repository))
    assert (first.version, first.previous) == ("1.0.0", None)
    released(repository, first.version)
    with pytest.raises(BadInput, match="nothing to release"):
        plan.plan(git(repository))

    repository.commit({"actions/scan/action.yml": "outputs: {}\n"}, "chore: said too little")
    second = plan.plan(git(repository))
    assert (second.version, second.reasons[0].text) == ("1.1.0", "contract: action scan is new")
    released(repository, second.version)

    repository.commit({"actions/gate/action.yml": ACTION.replace("80", "90")}, "fix: 90 is better")
    third = plan.plan(git(repository))
    assert third.version == "2.0.0"
    assert third.previous is not None
    assert third.previous.tag == "v1.1.0"
    assert third.previous.source == second.commit
    assert [each.level for each in third.reasons] == [Level.MAJOR, Level.PATCH]
    assert "v1.1.0 -> 2.0.0 (major)" in third.text()
    released(repository, third.version)

    # A fix for the first line: its release before is v1.0.0, whatever came later elsewhere.
    repository.git("checkout", "--quiet", "-b", "old", first.commit)
    repository.commit({"README.md": "x"}, "fix: old")
    assert plan.plan(git(repository)).version == "1.0.1"


def test_merges_say_nothing_and_a_tag_that_is_no_release_is_refused(repository: Repo) -> None:
    repository.commit({"actions/gate/action.yml": ACTION}, "feat: a gate")
    released(repository, "1.0.0")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit({"a": ""}, "fix: a")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "feat!: a merge", "side")
    assert plan.plan(git(repository)).version == "1.0.1"
    assert plan.plan(git(repository), previous="v1.0.0").version == "1.0.1"
    with pytest.raises(BadInput, match="no tag of a release"):
        plan.plan(git(repository), previous="v1")
    with pytest.raises(CannotJudge, match=r"v9\.0\.0 is not here"):
        plan.plan(git(repository), previous="v9.0.0")
