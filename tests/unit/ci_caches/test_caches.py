"""Which caches are deleted: as values, and against the double of GitHub's API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.doubles.github_api import Api, Fault
from tests.doubles.upkeeping import READER, SWEEPER, Runner, upkeep_api

from ci_actions.ci_caches import CAPABILITY
from ci_actions.ci_caches.config import Config
from ci_actions.ci_caches.decide import DAY, decide, newest, prefix
from ci_actions.ci_caches.model import Cache, Facts, Fate
from ci_actions.ci_caches.report import shown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Report, Result

NOW = 1_000 * DAY
MAIN, TOPIC, PULL = "refs/heads/main", "refs/heads/topic", "refs/pull/7/merge"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("Linux-node-958aff96db2d75d67787d1e634ae70b659de937b", "Linux-node"),
        ("ci-actions-durations-app@123456", "ci-actions-durations-app"),
        (
            "setup-uv-1-x86_64-unknown-linux-gnu-3.12-pruned-0123456789",
            "setup-uv-1-x86_64-unknown-linux-gnu-3.12-pruned",
        ),
        ("node-cache-Linux-x64-npm-", "node-cache-Linux-x64-npm"),
        ("pip", "pip"),
        ("v1", "v1"),
    ],
)
def test_what_keys_of_one_kind_share(key: str, kind: str) -> None:
    assert prefix(key) == kind


def cache(
    id: int, ref: str = MAIN, key: str = "pip-1234567", unused: float = 0, created: float = 0, **more: str
) -> Cache:
    return Cache(
        id=id,
        ref=ref,
        key=key,
        version=more.get("version", "v"),
        created=created,
        used=NOW - unused * DAY,
        size=1,
    )


def deleted(*caches: Cache, fates: Mapping[str, Fate] | None = None, operations: int = 100) -> list[int]:
    facts = Facts(now=NOW, default_branch="main", caches=caches, fates=fates or {})
    return [plan.cache.id for plan in decide(Config(operations=operations), facts).plans]


@pytest.mark.parametrize(
    ("one", "fate", "goes"),
    [
        pytest.param(cache(1, PULL), Fate.GONE, True, id="of a closed pull request"),
        pytest.param(cache(1, PULL), Fate.ALIVE, False, id="of an open one"),
        pytest.param(cache(1, PULL), Fate.UNKNOWN, False, id="of one that could not be asked about"),
        pytest.param(cache(1, TOPIC), Fate.GONE, True, id="of a branch that was deleted"),
        pytest.param(cache(1, TOPIC), Fate.ALIVE, False, id="of a branch that is there"),
        pytest.param(cache(1, TOPIC, unused=14), Fate.ALIVE, True, id="nobody used it"),
        pytest.param(cache(1, TOPIC, unused=13.9), Fate.ALIVE, False, id="somebody used it"),
        pytest.param(cache(1, TOPIC, unused=14), Fate.UNKNOWN, True, id="nobody used it, whatever it is of"),
        pytest.param(
            cache(1, MAIN, unused=400), Fate.ALIVE, False, id="the newest of its kind on the default branch"
        ),
    ],
)
def test_what_goes(one: Cache, fate: Fate, goes: bool) -> None:
    assert deleted(one, fates={one.ref: fate}) == ([1] if goes else [])


def test_of_the_default_branch_the_newest_of_each_kind_stays() -> None:
    caches = (
        cache(1, key="pip-aaaaaaa", created=1, unused=99),
        cache(2, key="pip-bbbbbbb", created=2, unused=99),
        cache(3, key="npm-aaaaaaa", created=1, unused=99),
        cache(4, key="pip-ccccccc", created=1, unused=99, version="other"),
    )
    assert deleted(*caches, fates={MAIN: Fate.GONE}) == [1]


def test_what_is_gone_goes_first_and_the_rest_waits() -> None:
    caches = (cache(1, TOPIC, unused=90), cache(2, PULL), cache(3, TOPIC, unused=99))
    fates = {TOPIC: Fate.ALIVE, PULL: Fate.GONE}
    assert deleted(*caches, fates=fates) == [2, 3, 1]
    assert deleted(*caches, fates=fates, operations=2) == [2, 3]


CACHES = st.lists(
    st.builds(
        cache,
        id=st.integers(1, 99),
        ref=st.sampled_from([MAIN, TOPIC, PULL]),
        key=st.sampled_from(["pip-1234567", "pip-7654321", "npm-1"]),
        unused=st.floats(0, 99),
        created=st.integers(0, 9),
    ),
    max_size=15,
    unique_by=lambda each: each.id,
)


@given(CACHES, st.sampled_from(Fate))
def test_every_kind_that_the_default_branch_has_it_keeps(caches: list[Cache], fate: Fate) -> None:
    gone = set(deleted(*caches, fates=dict.fromkeys((MAIN, TOPIC, PULL), fate)))
    kinds = {(prefix(each.key), each.version) for each in caches if each.ref == MAIN}
    left = {(prefix(each.key), each.version) for each in caches if each.ref == MAIN and each.id not in gone}
    assert left == kinds
    assert not gone & newest(caches, MAIN)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (5 * 1024**2, "5 MiB"), (10 * 1024**3, "10 GiB")]
)  # fmt: skip
def test_sizes(size: int, text: str) -> None:
    assert shown(size) == text


# --- asked of GitHub -------------------------------------------------------------------------------------


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with upkeep_api(tmp_path) as api:
        api.upkeep.branches["main"] = None
        yield api


@pytest.fixture
def sweeper(api: Api, tmp_path: Path) -> Runner:
    (tmp_path / "work").mkdir()
    return Runner(CAPABILITY, tmp_path / "work", api.url)


def swept(sweeper: Runner, *words: str, token: str = SWEEPER) -> Report:
    return sweeper.run("--dry-run=false", *words, token=token)


NEW, OLD = "2026-11-21T00:00:00Z", "2026-10-01T00:00:00.0000000Z"


def test_caches_of_what_is_gone_are_deleted(api: Api, sweeper: Runner) -> None:
    api.upkeep.branches["feature/x"] = None
    api.pulls.open("eve:topic", "a" * 40, number=7, state="closed")
    api.pulls.open("eve:topic", "a" * 40, number=8)
    caches = {
        "closed": api.upkeep.cache("refs/pull/7/merge", "pip-1", NEW),
        "open": api.upkeep.cache("refs/pull/8/merge", "pip-1", NEW),
        "deleted": api.upkeep.cache("refs/heads/gone", "pip-1", NEW),
        "there": api.upkeep.cache("refs/heads/feature/x", "pip-1", NEW),
        "unused": api.upkeep.cache("refs/heads/feature/x", "pip-2", OLD),
        "main": api.upkeep.cache("refs/heads/main", "pip-2", OLD),
        "tag": api.upkeep.cache("refs/tags/v1", "pip-2", OLD),
    }
    api.most_per_page = 2
    report = swept(sweeper)
    assert report.result is Result.PASSED
    assert {name for name, id in caches.items() if id in api.upkeep.caches} == {"open", "there", "main"}
    assert (report.outputs["deleted"], report.outputs["bytes"]) == ("4", "4096")


def test_a_dry_run_deletes_nothing(api: Api, sweeper: Runner) -> None:
    api.upkeep.cache("refs/heads/gone", "pip-1", NEW)
    report = sweeper.run(token=SWEEPER)
    assert (report.outputs["deleted"], len(api.upkeep.caches)) == ("1", 1)
    assert "actions/delete-actions-cache-by-id" not in api.calls


def test_the_default_branch_is_asked_for_where_the_event_does_not_say(api: Api, sweeper: Runner) -> None:
    sweeper.event = {}
    api.upkeep.default_branch = "trunk"
    api.upkeep.branches["trunk"] = None
    id = api.upkeep.cache("refs/heads/trunk", "pip-1", OLD)
    assert swept(sweeper).result is Result.PASSED
    assert id in api.upkeep.caches


def test_where_branches_cannot_be_read_none_counts_as_gone(api: Api, sweeper: Runner) -> None:
    """GitHub says 404 then, as of a branch that was deleted."""
    del api.upkeep.branches["main"]
    id = api.upkeep.cache("refs/heads/topic", "pip-1", NEW)
    report = swept(sweeper)
    assert id in api.upkeep.caches
    assert "The branch main is not there" in report.annotations[0].message


@pytest.mark.parametrize("operation", ["pulls/get", "repos/get-branch"])
def test_a_ref_that_cannot_be_asked_about_keeps_its_caches(api: Api, sweeper: Runner, operation: str) -> None:
    ids = {
        api.upkeep.cache("refs/pull/7/merge", "pip-1", NEW),
        api.upkeep.cache("refs/heads/gone", "pip-1", NEW),
    }
    api.pulls.open("eve:topic", "a" * 40, number=7, state="closed")

    def refuse_the_next() -> None:
        api.faults += [Fault(operation, 500)] * 3

    if operation == "pulls/get":
        refuse_the_next()
    else:
        # The first question about a branch is whether any can be read.
        api.faults.append(
            Fault(
                operation, 502, then=lambda: api.faults.append(Fault("pulls/get", 502, then=refuse_the_next))
            )
        )
    report = swept(sweeper)
    assert len(ids & set(api.upkeep.caches)) == 1
    assert report.annotations[0].level.value == "warning"
    assert report.result is Result.PASSED


def test_what_cannot_be_deleted_is_not_green(api: Api, sweeper: Runner) -> None:
    api.upkeep.cache("refs/heads/gone", "pip-1", NEW)
    api.upkeep.cache("refs/heads/gone", "pip-2", NEW)
    api.faults.append(Fault("actions/delete-actions-cache-by-id", 403))
    report = swept(sweeper)
    assert (report.exit_code, len(api.upkeep.caches)) == (Exit.UNAVAILABLE, 2)
    assert [each["left"] != "" for each in json.loads(report.outputs["deleted-json"])] == [True, True]


def test_a_cache_that_is_gone_already_is_as_good(api: Api, sweeper: Runner) -> None:
    api.upkeep.cache("refs/heads/gone", "pip-1", NEW)
    api.faults.append(Fault("actions/delete-actions-cache-by-id", 502, then=api.upkeep.caches.clear))
    assert swept(sweeper).result is Result.PASSED


def test_a_token_without_the_right_is_told_what_it_needs(api: Api, sweeper: Runner) -> None:
    report = swept(sweeper, token=READER)
    assert report.exit_code is Exit.UNAVAILABLE
    assert "`actions: write`" in report.annotations[0].message


def test_no_caches_at_all(api: Api, sweeper: Runner) -> None:
    assert swept(sweeper).result is Result.PASSED
