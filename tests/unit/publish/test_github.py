"""The client against the double, which holds every request against GitHub's own description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_api import READER, WRITER, Api, Fault, served
from tests.doubles.github_openapi import Description, description_or_skip

from ci_actions.github.releases import LONGEST_WAIT, Release
from ci_actions.kit.clock import Clock
from ci_actions.kit.errors import BadInput, Unavailable
from ci_actions.publish.github import Check, GitHub

SHA = "a" * 40


class Stopwatch(Clock):
    """Does not wait, but remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 1000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.load(description_or_skip())


@pytest.fixture
def api(description: Description, tmp_path: Path) -> Iterator[Api]:
    import subprocess

    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path)], check=True)
    with served(description, tmp_path) as api:
        yield api


@pytest.fixture
def clock() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def github(api: Api, clock: Stopwatch) -> GitHub:
    return GitHub("org/ci-actions", token=WRITER, api_url=api.url, clock=clock)


def reader(api: Api) -> GitHub:
    return GitHub("org/ci-actions", token=READER, api_url=api.url, clock=Stopwatch())


def test_drafts_are_found_in_the_list_only(api: Api, github: GitHub) -> None:
    assert github.release("v1.0.0") is None
    made = github.create_draft("v1.0.0", SHA, "text")
    assert (made.draft, made.commit, made.body) == (True, SHA, "text")
    assert github.release("v1.0.0") == made
    assert github.published("v1.0.0") is None
    assert reader(api).release("v1.0.0") is None


def test_the_release_is_found_on_the_last_page(api: Api, github: GitHub) -> None:
    first = github.create_draft("v1.0.0", SHA, "")
    for number in range(5):
        github.create_draft(f"v1.0.{number + 1}", SHA, "")
    api.most_per_page = 2
    assert github.release("v1.0.0") == first


def test_of_two_drafts_the_older_one_stays(api: Api, github: GitHub) -> None:
    """Somebody else asks between our question and our answer."""
    other = GitHub("org/ci-actions", token=WRITER, api_url=api.url)
    first = other.create_draft("v1.0.0", SHA, "theirs")
    assert github.create_draft("v1.0.0", SHA, "ours") == first
    assert len(api.releases) == 1


def test_assets(api: Api, github: GitHub) -> None:
    release = github.create_draft("v1.0.0", SHA, "")
    github.upload(release, "a b.txt", b"\x00\xff", "application/octet-stream")
    (asset,) = github.assets(release)
    assert (asset.name, asset.size, asset.complete) == ("a b.txt", 2, True)
    assert github.download(asset) == b"\x00\xff"
    github.upload(release, "a b.txt", b"other", "text/plain")  # one of that name is replaced
    (asset,) = github.assets(release)
    assert github.download(asset) == b"other"
    github.delete_asset(asset)
    github.delete_asset(asset)  # gone already
    assert github.assets(release) == ()


def test_published_releases_are_never_deleted(api: Api, github: GitHub) -> None:
    release = Release(id=1, tag="v1.0.0", commit=SHA, draft=False, url="", upload_url="", body="")
    with pytest.raises(BadInput, match="never deleted"):
        github.delete_draft(release)
    assert api.calls == []


def test_the_token_goes_to_no_other_host(api: Api, github: GitHub) -> None:
    release = Release(
        id=1,
        tag="v1.0.0",
        commit=SHA,
        draft=True,
        url="",
        upload_url="https://evil.example/x{?name}",
        body="",
    )
    with pytest.raises(Unavailable, match=r"evil\.example"):
        github.upload(release, "a", b"", "text/plain")


def test_the_newest_check_of_a_name_counts(api: Api, github: GitHub) -> None:
    api.most_per_page = 1
    api.check(SHA, "a", "failure")
    api.check(SHA, "a", "success")
    api.check(SHA, "b", "in_progress")
    api.status(SHA, "old", "pending")
    found = {check.name: check for check in github.checks(SHA)}
    assert {name: check.state for name, check in found.items()} == {
        "a": "success",
        "b": "in_progress",
        "old": "pending",
    }
    assert {name for name, check in found.items() if check.green} == {"a"}


@pytest.mark.parametrize(
    "state",
    ["failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure", "error", "queued"],
)
def test_what_is_not_green(state: str) -> None:
    assert not Check(name="a", state=state, url="").green


def test_a_ref_that_is_not_there(github: GitHub) -> None:
    assert github.ref("heads/main") is None
    assert github.ref("tags/v1.0.0") is None


# --- what goes wrong ---------------------------------------------------------------------------


def test_a_token_without_rights_hears_which_one(api: Api) -> None:
    with pytest.raises(BadInput, match="'contents: write'") as refused:
        reader(api).create_draft("v1.0.0", SHA, "")
    assert READER not in str(refused.value)
    with pytest.raises(BadInput, match="'checks: read'"):
        reader(api).checks(SHA)


def test_a_token_that_nobody_knows(api: Api) -> None:
    unknown = GitHub("org/ci-actions", token="a-wrong-one", api_url=api.url)
    with pytest.raises(BadInput, match="does not know the token") as refused:
        unknown.release("v1.0.0")
    assert "a-wrong-one" not in str(refused.value)


def test_another_repository(api: Api) -> None:
    with pytest.raises(BadInput, match="not found"):
        GitHub("org/another", token=WRITER, api_url=api.url).create_draft("v1.0.0", SHA, "")
    with pytest.raises(BadInput, match="is no repository"):
        GitHub("../x", token=WRITER)


def test_reading_is_repeated(api: Api, github: GitHub) -> None:
    api.faults += [Fault(), Fault(drop="before")]
    assert github.release("v1.0.0") is None
    api.faults += [Fault(status=503)] * 3
    with pytest.raises(Unavailable, match="status 503"):
        github.release("v1.0.0")


@pytest.mark.parametrize("drop", ["before", "after"])
def test_creating_is_repeated_only_when_it_did_not_work(api: Api, github: GitHub, drop: str) -> None:
    api.faults.append(Fault("repos/create-release", drop=drop))
    github.create_draft("v1.0.0", SHA, "")
    assert len(api.releases) == 1
    assert api.calls.count("repos/create-release") == 1


def test_limits_are_waited_for_as_github_asks(api: Api, github: GitHub, clock: Stopwatch) -> None:
    api.faults += [
        Fault(status=429, headers={"Retry-After": "7"}),
        Fault(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1030"}),
    ]
    assert github.release("v1.0.0") is None
    assert clock.slept == [7.0, 30.0]


def test_a_limit_of_the_hour_is_not_waited_for(api: Api, github: GitHub, clock: Stopwatch) -> None:
    api.faults.append(Fault(status=429, headers={"Retry-After": str(int(LONGEST_WAIT) + 1)}))
    with pytest.raises(Unavailable, match="limits the rate for another 181 s"):
        github.release("v1.0.0")
    assert clock.slept == []


def test_waiting_has_an_end(api: Api, github: GitHub, clock: Stopwatch) -> None:
    api.faults += [Fault(status=429) for _ in range(9)]
    with pytest.raises(Unavailable, match="limits the rate"):
        github.release("v1.0.0")
    assert sum(clock.slept) <= LONGEST_WAIT


# --- the double itself -------------------------------------------------------------------------


def test_the_double_complains_about_what_github_would_not_understand(
    description: Description, tmp_path: Path
) -> None:
    import requests

    headers = {"Authorization": f"Bearer {WRITER}", "User-Agent": "x", "X-GitHub-Api-Version": "2022-11-28"}

    def ask(method: str, path: str, **more: Any) -> None:
        requests.request(
            method, f"{double.url}/repos/org/ci-actions{path}", headers=headers, timeout=5, **more
        )

    with served(description, tmp_path) as double:
        ask("GET", "/releases?per_pages=3")
        ask("GET", "/releases?page=first")
        ask("POST", "/releases", json={"name": "no tag", "drafts": True})
        ask("POST", "/releases", json={"tag_name": 1, "draft": True})
        ask("GET", "/actions/secrets")
        found = "\n".join(double.complaints)
        assert "no parameter 'per_pages'" in found
        assert "'first' is not of type 'integer'" in found
        assert "'tag_name' is a required property" in found
        assert "no property 'drafts'" in found
        assert "1 is not of type 'string'" in found
        assert "not a call of ours" in found
        double.complaints.clear()  # else the double fails this test, as it should
