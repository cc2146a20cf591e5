"""Publishing and retracting on a real remote that has GitHub's rules, and the double of GitHub's API."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_api import READER, WRITER, Api, Fault, served
from tests.doubles.github_openapi import Description, description_or_skip
from tests.doubles.releasing import World, digests

from ci_actions.kit.errors import BadInput, CannotJudge, Exit, Unavailable
from ci_actions.publish import retract
from ci_actions.publish.lines import Version
from ci_actions.publish.publishing import publish

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load(description_or_skip())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.create(tmp_path)


@pytest.fixture
def api(world: World, description: Description) -> Iterator[Api]:
    with served(description, world.bare) as api:
        yield api


def release(world: World, api: Api, version: str, **more: Any) -> int:
    """Let the checks of what is checked out be green, and publish it."""
    api.check(world.head)
    return world.publish(version, api.url, token=WRITER, **more)


def change(world: World, text: str, **files: str) -> str:
    return world.change({"src/code.py": text, **files}, f"feat: {text}")


def assert_safe(world: World, api: Api, tmp_path: Path) -> None:
    """Whatever happened: what moving tags point at is a published release whose files are those it lists."""
    refs = world.refs()
    maker = world.edges(api.url, WRITER).maker
    for name in ("v1", "v1.0", "v1.1"):
        at = refs.get(f"tags/{name}")
        if at is None:
            continue
        versions = [
            ref.removeprefix("tags/") for ref, commit in refs.items() if commit == at and ref.count(".") == 2
        ]
        assert len(versions) == 1, f"{name} is at {at}, which is no release"
        assert versions[0] in api.published(), f"{name} is at {versions[0]}, which is not published"
        folder = tmp_path / "safe" / name / at
        if not folder.exists():
            world.git("clone", "--quiet", "--branch", versions[0], str(world.bare), str(folder))
        assert maker.problems(folder, Version.parse(versions[0][1:]), "") == []
        names = {
            about["name"]
            for owner, about, _ in api.assets.values()
            if owner == api.published()[versions[0]]["id"]
        }
        assert names == {f"ci-actions-{versions[0][1:]}.tar.gz", "SHA256SUMS"}


# --- a history ---------------------------------------------------------------------------------


def test_three_releases_of_two_lines(world: World, api: Api) -> None:
    first_source = change(world, "one")
    assert release(world, api, "1.0.0") == Exit.PASSED
    refs = world.refs()
    first = refs["tags/v1.0.0"]
    assert refs["tags/v1"] == refs["tags/v1.0"] == refs["heads/release/v1"] == first
    assert "heads/release/v1-previous" not in refs
    assert world.git("rev-list", "--parents", "-n1", first, at=world.bare).split()[1:] == [first_source]
    assert "Source-Commit: " + first_source in world.git("log", "-1", "--format=%B", first, at=world.bare)
    assert world.git("cat-file", "-t", "v1.0.0", at=world.bare) == "tag"
    assert world.git("cat-file", "-t", "v1", at=world.bare) == "commit"

    second_source = change(world, "two", **{".github/workflows/ci.yml": "on: [workflow_call]\n"})
    assert release(world, api, "1.1.0") == Exit.PASSED
    refs = world.refs()
    second = refs["tags/v1.1.0"]
    assert refs["tags/v1"] == refs["tags/v1.1"] == second
    assert refs["tags/v1.0"] == refs["tags/v1.0.0"] == first == refs["heads/release/v1-previous"]
    assert world.git("rev-list", "--parents", "-n1", second, at=world.bare).split()[1:] == [
        first,
        second_source,
    ]

    third_source = change(world, "three")
    assert release(world, api, "2.0.0") == Exit.PASSED
    refs = world.refs()
    third = refs["tags/v2.0.0"]
    assert refs["tags/v2"] == refs["tags/v2.0"] == refs["heads/release/v2"] == third
    assert refs["tags/v1"] == second
    assert world.git("rev-list", "--parents", "-n1", third, at=world.bare).split()[1:] == [third_source]

    # No release is attached to a moving tag, and all of them are public.
    assert sorted(api.published()) == ["v1.0.0", "v1.1.0", "v2.0.0"]
    assert len(api.releases) == 3
    assert api.published()["v2.0.0"]["latest"]
    assert f"coverage-gate@{second} # v1.1.0" in api.published()["v1.1.0"]["body"]
    # Main's bytes are the release's, whatever git makes of line ends.
    assert world.git("rev-parse", f"{third}:crlf.txt", at=world.bare) == world.git(
        "rev-parse", f"{third_source}:crlf.txt"
    )


def test_publishing_again_what_is_published_changes_nothing(world: World, api: Api) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    before = world.refs()
    api.calls.clear()
    assert release(world, api, "1.0.0") == Exit.PASSED
    assert world.refs() == before
    assert not [call for call in api.calls if "create" in call or "upload" in call or "update" in call]


def test_the_same_commit_is_made_on_another_machine(world: World, api: Api, tmp_path: Path) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    other.git("clone", "--quiet", str(world.bare), str(other.clone), at=tmp_path / "other")
    other.git("config", "user.name", "Another")
    assert other.publish("1.0.0", api.url, token=WRITER) == Exit.PASSED


def test_a_dry_run_prints_the_plan_and_changes_nothing(world: World, api: Api) -> None:
    before = world.refs()
    assert release(world, api, "1.0.0", dry_run=True) == Exit.PASSED
    assert world.refs() == before
    assert not api.releases
    assert [line for line in world.said if "move v1" in line] == [
        "plan: to do   move v1.0",
        "plan: to do   move v1",
    ]


def test_main_may_move_on_if_its_workflows_stay(world: World, api: Api) -> None:
    source = change(world, "tested")
    change(world, "later")
    world.git("checkout", "--quiet", source)
    assert release(world, api, "1.0.0") == Exit.PASSED
    assert world.git("show", "v1:src/code.py", at=world.bare) == "tested"


def test_a_second_release_after_main_moved_on_with_other_workflows(world: World, api: Api) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    change(world, "two", **{".github/workflows/ci.yml": "on: push\n"})
    change(world, "three", **{".github/workflows/ci.yml": "on: [push]\n"})
    assert release(world, api, "1.0.1") == Exit.PASSED
    assert world.refs()["tags/v1"] == world.refs()["tags/v1.0.1"]
    # The old tag's workflow files are on no tip but the one that was kept for this.
    assert retracted(world, api, "--version", "1.0.1") == Exit.PASSED
    assert world.refs()["tags/v1"] == world.refs()["tags/v1.0.0"]


def test_the_hook_refuses_what_github_refuses(world: World, api: Api) -> None:
    """Without it the tests above would prove nothing."""
    edges = world.edges(api.url, WRITER)
    (world.clone / ".github" / "workflows" / "ci.yml").write_text("on: other\n")
    world.git("commit", "--quiet", "--all", "--message", "other workflows")
    with pytest.raises(Unavailable, match="without `workflows` permission"):
        edges.remote.push(world.head, "refs/heads/release/v1")
    with pytest.raises(Unavailable, match="without `workflows` permission"):
        edges.remote.push(world.head, "refs/tags/v1.0.0")


def test_tags_are_signed_where_a_key_is_configured(world: World, api: Api, tmp_path: Path) -> None:
    key = tmp_path / "key"
    if shutil.which("ssh-keygen") is None:
        pytest.skip("no ssh-keygen to sign with; install the OpenSSH client")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    world.git("config", "gpg.format", "ssh")
    world.git("config", "user.signingkey", str(key))
    assert release(world, api, "1.0.0") == Exit.PASSED
    text = world.git("cat-file", "tag", "v1.0.0", at=world.bare)
    assert "\ntag v1.0.0\n" in text
    assert "BEGIN SSH SIGNATURE" in text
    (tmp_path / "signers").write_text("somebody@example.com " + key.with_suffix(".pub").read_text())
    world.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "signers"), at=world.bare)
    world.git("verify-tag", "v1.0.0", at=world.bare)
    assert world.git("tag") == ""


# --- what is refused ---------------------------------------------------------------------------


def test_a_tag_that_exists(world: World, api: Api) -> None:
    world.git("push", "--quiet", "origin", "HEAD:refs/tags/v1.0.0")
    with pytest.raises(BadInput, match=r"the tag v1\.0\.0 exists"):
        release(world, api, "1.0.0")


def test_a_version_that_is_released_from_another_commit(world: World, api: Api) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    change(world, "two")
    before = world.refs()
    with pytest.raises(BadInput, match=r"the tag v1\.0\.0 exists"):
        release(world, api, "1.0.0")
    assert world.refs() == before


@pytest.mark.parametrize(
    ("name", "state", "says"),
    [
        ("gate", "failure", "'gate' is failure"),
        ("gate", "in_progress", "'gate' is in_progress"),
        ("gate", "cancelled", "'gate' is cancelled"),
        ("", "", "no check ran"),
        ("lint", "success", "'gate' did not run"),
    ],
)
def test_a_commit_whose_checks_are_not_green(
    world: World, api: Api, name: str, state: str, says: str
) -> None:
    if name:
        api.check(world.head, name, state)
    before = world.refs()
    assert world.publish("1.0.0", api.url, token=WRITER, required=("gate",)) == Exit.NOT_MET
    assert any(says in line for line in world.said)
    assert world.refs() == before
    assert not api.releases


def test_a_red_check_on_the_second_page(world: World, api: Api) -> None:
    api.most_per_page = 2
    for number in range(5):
        api.check(world.head, f"job {number}")
    api.check(world.head, "job 5", "failure")
    assert world.publish("1.0.0", api.url, token=WRITER) == Exit.NOT_MET
    # Run again, and green: the newest of a name counts.
    api.check(world.head, "job 5")
    assert world.publish("1.0.0", api.url, token=WRITER) == Exit.PASSED


def test_a_red_status(world: World, api: Api) -> None:
    api.status(world.head, "an old service", "failure")
    assert release(world, api, "1.0.0") == Exit.NOT_MET


def test_the_jobs_of_this_very_run_do_not_count(world: World, api: Api) -> None:
    url = "https://github.com/org/ci-actions/actions/runs/77/job/5"
    api.check(world.head, "release: publish", "in_progress", details_url=url)
    api.check(world.head, "release: smoke", "failure")
    assert release(world, api, "1.0.0", run="77", ignored=("release: *",)) == Exit.PASSED


def test_workflows_that_differ_from_mains(world: World, api: Api) -> None:
    source = world.head
    world.change({".github/workflows/ci.yml": "on: other\n"})
    world.git("checkout", "--quiet", source)
    with pytest.raises(BadInput, match="release a newer commit"):
        release(world, api, "1.0.0")


def test_a_commit_that_is_not_on_main(world: World, api: Api) -> None:
    world.git("commit", "--quiet", "--allow-empty", "--message", "not pushed")
    with pytest.raises(BadInput, match="is not on the remote's 'main'"):
        release(world, api, "1.0.0")


def test_a_shallow_clone(world: World, api: Api, tmp_path: Path) -> None:
    change(world, "two")
    world.git("clone", "--quiet", "--depth=1", world.bare.as_uri(), str(tmp_path / "shallow"))
    done = command(world, api, "publish", "--version=1.0.0", at=tmp_path / "shallow")
    assert done.returncode == Exit.CANNOT_JUDGE
    assert "fetch-depth: 0" in done.stdout + done.stderr


def test_a_version_out_of_line(world: World, api: Api) -> None:
    assert release(world, api, "1.1.0") == Exit.PASSED
    change(world, "two")
    for version in ("1.0.9", "3.0.0", "2.1.0"):
        with pytest.raises(BadInput):
            release(world, api, version)


def test_a_token_that_only_reads(world: World, api: Api) -> None:
    api.check(world.head)
    api.tokens[READER] = {"contents": "read", "checks": "read", "statuses": "read"}
    with pytest.raises(BadInput, match="contents: write") as refused:
        world.publish("1.0.0", api.url, token=READER)
    assert READER not in str(refused.value)
    assert "tags/v1" not in world.refs()


def test_an_asset_that_is_not_what_was_uploaded(world: World, api: Api, tmp_path: Path) -> None:
    """Between upload and publication one byte changes."""
    api.check(world.head)

    def tamper(line: str) -> None:
        if line.startswith("verify: assets"):
            number, (owner, about, content) = next(iter(api.assets.items()))
            api.assets[number] = (owner, about, content[:-1] + b"!")

    edges = world.edges(api.url, WRITER)
    object.__setattr__(edges, "say", tamper)
    with pytest.raises(CannotJudge, match="is not what was uploaded"):
        publish(world.wanted("1.0.0"), edges)
    assert not api.published()
    assert "tags/v1" not in world.refs()
    # The draft is mended by the next run.
    assert world.publish("1.0.0", api.url, token=WRITER) == Exit.PASSED
    assert_safe(world, api, tmp_path)


def test_a_published_asset_that_is_not_what_its_checksums_say(world: World, api: Api) -> None:
    """GitHub keeps it from changing; if it did all the same, no tag would move."""
    assert release(world, api, "1.0.0") == Exit.PASSED
    world.git("update-ref", "-d", "refs/tags/v1", at=world.bare)
    number, (owner, about, content) = next(iter(api.assets.items()))
    api.assets[number] = (owner, about, content + b"!")
    with pytest.raises(CannotJudge, match="is not what SHA256SUMS says"):
        release(world, api, "1.0.0")
    assert "tags/v1" not in world.refs()
    api.assets[number] = (owner, about, content)
    assert release(world, api, "1.0.0") == Exit.PASSED
    assert world.refs()["tags/v1"] == world.refs()["tags/v1.0.0"]


def test_one_changed_byte_fails_the_verification(world: World, api: Api) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    world.git("checkout", "--quiet", world.refs()["tags/v1"])
    maker = world.edges(api.url, WRITER).maker
    listed = dict(digests(world.clone))
    assert listed
    target = world.clone / "coverage-gate" / "start.sh"
    target.write_bytes(target.read_bytes() + b"#")
    assert maker.problems(world.clone, Version(1, 0, 0), "")


# --- killed, broken, concurrent ----------------------------------------------------------------


@pytest.mark.slow
def test_killed_at_every_step_and_resumed(description: Description, tmp_path: Path) -> None:
    """Slow: a release for every step of one; sampled by those that are broken once."""
    step, finished = 1, False
    while not finished:
        folder = tmp_path / f"step{step}"
        folder.mkdir()
        world = World.create(folder)
        with served(description, world.bare) as api:
            assert release(world, api, "1.0.0") == Exit.PASSED
            change(world, "two", **{".github/workflows/ci.yml": "on: push\n"})
            api.check(world.head)
            child = world.child("1.1.0", api.url, token=WRITER, kill_at=step)
            out, err = child.communicate(timeout=120)
            finished = child.returncode == 0
            assert finished or child.returncode == -9, err
            assert_safe(world, api, folder)
            if not finished:
                assert world.publish("1.1.0", api.url, token=WRITER) == Exit.PASSED, out
            refs = world.refs()
            assert refs["tags/v1"] == refs["tags/v1.1"] == refs["tags/v1.1.0"]
            assert refs["heads/release/v1-previous"] == refs["tags/v1.0.0"]
            assert len(api.releases) == 2
            assert_safe(world, api, folder)
        step += 1
    assert step > 10


def test_killed_and_given_up_for_a_later_commit(world: World, api: Api, tmp_path: Path) -> None:
    """What an unfinished release left behind harms nobody, and is nothing to go back to."""
    assert release(world, api, "1.0.0") == Exit.PASSED
    change(world, "broken")
    api.check(world.head)
    child = world.child("1.1.0", api.url, token=WRITER, kill_at=5)
    child.communicate(timeout=120)
    unfinished = world.refs()["heads/release/v1"]
    assert "tags/v1.1.0" not in world.refs()
    change(world, "mended")
    assert release(world, api, "1.1.0") == Exit.PASSED
    assert any("never finished" in line for line in world.said)
    refs = world.refs()
    assert world.git("rev-parse", f"{refs['tags/v1']}^1", at=world.bare) == unfinished
    assert refs["heads/release/v1-previous"] == refs["tags/v1.0.0"]
    assert_safe(world, api, tmp_path)


WRITES = (
    "repos/create-release",
    "repos/upload-release-asset",
    "repos/update-release",
)


@pytest.mark.parametrize("operation", WRITES)
def test_killed_before_the_answer_came(world: World, api: Api, tmp_path: Path, operation: str) -> None:
    """The work is done, and nobody knows."""
    api.check(world.head)
    children: list[subprocess.Popen[str]] = []
    api.faults.append(Fault(operation, drop="after", then=lambda: children.pop().kill()))
    child = world.child("1.0.0", api.url, token=WRITER)
    children.append(child)
    child.communicate(timeout=120)
    assert child.returncode == -9
    assert "tags/v1" not in world.refs()
    assert world.publish("1.0.0", api.url, token=WRITER) == Exit.PASSED
    assert len(api.releases) == 1
    assert_safe(world, api, tmp_path)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("fault", ["before", "after", "502"])
def test_a_call_that_breaks_is_repeated_without_harm(
    world: World, api: Api, tmp_path: Path, operation: str, fault: str
) -> None:
    drop = fault if fault != "502" else ""
    api.faults.append(Fault(operation, drop=drop))
    assert release(world, api, "1.0.0") == Exit.PASSED
    assert not api.faults
    assert len(api.releases) == 1
    assert len(api.assets) == 2
    assert_safe(world, api, tmp_path)


def test_an_upload_that_broke_off_is_replaced(world: World, api: Api, tmp_path: Path) -> None:
    api.check(world.head)

    def half() -> None:
        api.add_asset(next(iter(api.releases)), "SHA256SUMS", b"hal", state="open")

    api.faults += [
        Fault("repos/upload-release-asset", drop="after"),
        Fault("repos/upload-release-asset", drop="before", then=half),
    ]
    assert world.publish("1.0.0", api.url, token=WRITER) == Exit.PASSED
    assert_safe(world, api, tmp_path)


def test_rate_limits_are_waited_for(world: World, api: Api) -> None:
    api.faults += [
        Fault(status=429, headers={"Retry-After": "7"}),
        Fault(
            "repos/create-release",
            status=403,
            headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"},
        ),
    ]
    assert release(world, api, "1.0.0") == Exit.PASSED
    assert not api.faults


def test_an_api_that_is_away_leaves_something_to_resume(world: World, api: Api, tmp_path: Path) -> None:
    api.faults += [Fault("repos/update-release") for _ in range(3)]
    with pytest.raises(Unavailable, match="status 502"):
        release(world, api, "1.0.0")
    assert "tags/v1" not in world.refs()
    assert release(world, api, "1.0.0") == Exit.PASSED
    assert_safe(world, api, tmp_path)


def test_two_at_the_same_time(world: World, api: Api, tmp_path: Path) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    change(world, "two")
    api.check(world.head)
    children = [world.child("1.1.0", api.url, token=WRITER) for _ in range(2)]
    ends = [(child.communicate(timeout=120), child.returncode) for child in children]
    assert (
        any(code == 0 for _, code in ends) or world.publish("1.1.0", api.url, token=WRITER) == Exit.PASSED
    ), ends
    # Whoever lost says so, or found everything done.
    for (_, err), code in ends:
        assert code == 0 or "Unavailable" in err or "CannotJudge" in err, err
    refs = world.refs()
    assert refs["tags/v1"] == refs["tags/v1.1.0"]
    assert len(api.published()) == 2
    assert_safe(world, api, tmp_path)


def test_somebody_pushes_the_branch_meanwhile(world: World, api: Api) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    change(world, "two")
    api.check(world.head)
    edges = world.edges(api.url, WRITER)

    def say(line: str) -> None:
        if line.startswith("push: release/v1 ="):
            tree = world.git("rev-parse", "v1^{tree}", at=world.bare)
            other = world.git("commit-tree", "-p", "v1", "-m", "somebody's", tree, at=world.bare)
            world.git("update-ref", "refs/heads/release/v1", other, at=world.bare)

    object.__setattr__(edges, "say", say)
    with pytest.raises(Unavailable, match="changed on the remote meanwhile"):
        publish(world.wanted("1.1.0"), edges)
    assert world.refs()["tags/v1"] == world.refs()["tags/v1.0.0"]


# --- retracting --------------------------------------------------------------------------------


def retracted(world: World, api: Api, *words: str) -> int:
    environ = {
        "GITHUB_TOKEN": WRITER, "GITHUB_API_URL": api.url, "GITHUB_REPOSITORY": "org/ci-actions",
        **os.environ,
    }  # fmt: skip
    out, err = StringIO(), StringIO()
    code = retract.main(words, environ, here=world.clone, out=out, err=err)
    world.said += [*out.getvalue().splitlines(), *err.getvalue().splitlines()]
    assert WRITER not in out.getvalue() + err.getvalue()
    return code


def test_retract_goes_one_release_back_and_the_next_one_goes_on(
    world: World, api: Api, tmp_path: Path
) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    change(world, "bad", **{".github/workflows/ci.yml": "on: push\n"})
    assert release(world, api, "1.1.0") == Exit.PASSED
    before = world.refs()
    assert retracted(world, api) == Exit.PASSED
    refs = world.refs()
    assert refs["tags/v1"] == refs["tags/v1.1"] == refs["tags/v1.0.0"]
    assert {**refs, "tags/v1": 0, "tags/v1.1": 0} == {**before, "tags/v1": 0, "tags/v1.1": 0}
    assert any("**v1.1.0 is retracted.**" in line for line in world.said)
    assert "is retracted" in api.published()["v1.1.0"]["body"]
    assert api.published()["v1.0.0"]["latest"]
    # Again: nothing is left to do.
    assert retracted(world, api, "--version", "1.1.0") == Exit.PASSED
    assert world.refs() == refs
    with pytest.raises(BadInput, match="was retracted"):
        release(world, api, "1.1.0")

    change(world, "mended")
    assert release(world, api, "1.1.1") == Exit.PASSED
    refs = world.refs()
    assert refs["tags/v1"] == refs["tags/v1.1"] == refs["tags/v1.1.1"]
    assert refs["heads/release/v1-previous"] == refs["tags/v1.0.0"]
    assert retracted(world, api) == Exit.PASSED
    assert world.refs()["tags/v1"] == refs["tags/v1.0.0"]
    assert_safe(world, api, tmp_path)


def test_the_first_release_of_a_line_cannot_be_retracted(world: World, api: Api) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    with pytest.raises(BadInput, match="first release of its line"):
        retracted(world, api)


def test_retract_that_was_killed_in_between_goes_on(world: World, api: Api) -> None:
    assert release(world, api, "1.0.0") == Exit.PASSED
    change(world, "bad")
    assert release(world, api, "1.1.0") == Exit.PASSED
    good = world.refs()["tags/v1.0.0"]
    world.git("push", "--quiet", "--force", "origin", f"{good}:refs/tags/v1")
    assert retracted(world, api) == Exit.PASSED
    assert world.refs()["tags/v1.1"] == good


# --- the real thing ----------------------------------------------------------------------------


def command(world: World, api: Api, *words: str, at: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as `_release.yml` does."""
    environ = {
        **os.environ, "GITHUB_TOKEN": WRITER, "GITHUB_API_URL": api.url, "GITHUB_REPOSITORY": "org/ci-actions",
        "GITHUB_RUN_ID": "77",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "ci_actions", "release", *words],
        cwd=at or world.clone, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert WRITER not in done.stdout + done.stderr
    return done


@pytest.mark.slow
def test_this_checkout_is_released_and_retracted(tmp_path: Path, description: Description) -> None:
    """Slow: builds all of this checkout twice; sampled by the releases of a small one above."""
    world = World.of_this_checkout(tmp_path)
    publish_1 = ("publish", "--check=gate", "--ignore-check=release: *")
    with served(description, world.bare) as api:
        api.check(world.head)
        done = command(world, api, *publish_1, "--version=1.0.0")
        assert (done.returncode, done.stdout) == (0, "v1.0.0\n"), done.stderr
        assert api.published()["v1.0.0"]["latest"]
        names = sorted(about["name"] for _, about, _ in api.assets.values())
        assert names == [
            "SHA256SUMS", "ci-actions-1.0.0.cdx.json", "ci-actions-1.0.0.intoto.jsonl", "ci-actions-1.0.0.tar.gz",
            "ci_actions-1.0.0-py3-none-any.whl",
        ]  # fmt: skip
        first = world.refs()["tags/v1.0.0"]
        assert f"org/ci-actions/coverage-gate@{first} # v1.0.0" in api.published()["v1.0.0"]["body"]
        # A stranger's clone of what `@v1` names is, byte for byte, a release.
        stranger = tmp_path / "a stranger"
        world.git("clone", "--quiet", "--branch=v1", str(world.bare), str(stranger))
        verified = command(world, api, "verify", "v1", at=stranger)
        assert verified.returncode == 0, verified.stdout + verified.stderr

        world.change({"docs/news.md": "news\n"}, "feat: news")
        # What the commits and the contract ask for, no version may fall short of.
        api.check(world.head)
        assert command(world, api, *publish_1, "--version=1.0.1").returncode == Exit.BAD_INPUT
        assert world.refs()["tags/v1"] == first
        done = command(world, api, *publish_1, "--version=1.1.0")
        assert done.returncode == 0, done.stderr
        assert "news" in api.published()["v1.1.0"]["body"]
        assert world.refs()["tags/v1"] == world.refs()["tags/v1.1.0"] != first

        world.change({"docs/news.md": "other news\n"}, "feat!: other news")
        api.check(world.head)
        assert command(world, api, *publish_1, "--version=1.2.0").returncode == Exit.BAD_INPUT
        done = command(world, api, *publish_1, "--version=2.0.0")
        assert done.returncode == 0, done.stderr
        assert world.refs()["tags/v2"] == world.refs()["heads/release/v2"] == world.refs()["tags/v2.0.0"]
        assert world.refs()["tags/v1"] == world.refs()["tags/v1.1.0"]

        done = command(world, api, "retract", "--version=1.1.0")
        assert done.returncode == 0, done.stderr
        assert world.refs()["tags/v1"] == first
        world.git("fetch", "--quiet", "--force", "--tags", at=stranger)
        assert command(world, api, "verify", "v1", at=stranger).returncode == 0
