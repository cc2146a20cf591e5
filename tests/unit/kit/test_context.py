"""The context from variables and events of real shape, of act's, and of no shape at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.kit.context import Context, Event, load_event

EVENTS = Path(__file__).parents[2] / "events"


def read(name: str) -> Context:
    lines = (EVENTS / f"{name}.env").read_text(encoding="utf-8").splitlines()
    environ = dict(line.split("=", 1) for line in lines if line)
    return Context.from_environ(environ, load_event(EVENTS / f"{name}.json"))


def test_a_pull_request() -> None:
    context = read("pull_request")
    assert context.github
    assert not context.act
    assert context.is_pull_request
    assert context.pull_request == 12
    assert (context.base_ref, context.base_sha) == ("main", "1" * 40)
    assert (context.head_ref, context.head_sha) == ("feature/x", "2" * 40)
    assert context.sha == "3" * 40
    assert (context.ref, context.ref_name) == ("refs/pull/12/merge", "12/merge")
    assert not context.fork
    assert not context.is_default_branch
    assert context.default_branch == "main"
    assert context.before == "", "the previous head of the pull request is no push"
    assert context.run_url == "https://github.com/acme/app/actions/runs/17"
    assert (context.run_attempt, context.workflow, context.job, context.actor) == (2, "ci", "coverage", "ann")
    assert context.workspace == Path("/home/runner/work/app/app")
    assert context.runner_temp == Path("/home/runner/work/_temp")


def test_a_pull_request_from_a_fork() -> None:
    assert read("pull_request_fork").fork


def test_a_push() -> None:
    context = read("push")
    assert (context.before, context.after, context.forced) == ("1" * 40, "2" * 40, True)
    assert context.is_default_branch
    assert not context.is_tag
    assert context.pull_request is None


def test_a_merge_group() -> None:
    context = read("merge_group")
    assert (context.merge_group_base_sha, context.merge_group_head_sha) == ("1" * 40, "2" * 40)
    assert context.base_sha == ""


def test_a_server_of_ones_own() -> None:
    environ = {
        "GITHUB_SERVER_URL": "https://git.example.org/",
        "GITHUB_API_URL": "https://git.example.org/api/v3",
    }
    context = Context.from_environ(environ, None)
    assert (context.server_url, context.api_url) == (
        "https://git.example.org",
        "https://git.example.org/api/v3",
    )


def test_act_knows_little() -> None:
    context = read("act_pull_request")
    assert context.github
    assert context.act
    assert (context.pull_request, context.base_sha, context.base_ref, context.fork) == (None, "", "", False)


def test_a_laptop() -> None:
    assert Context.from_environ({}, None) == Context()
    assert Context().run_url == ""


@pytest.mark.parametrize(
    ("pull", "fork"),
    [
        ({"head": {"repo": {"full_name": "Acme/App"}}, "base": {"repo": {"full_name": "acme/app"}}}, False),
        ({"head": {"repo": {"full_name": "eve/app"}}}, True),
        ({"head": {"repo": {"full_name": "acme/app"}}}, False),
        ({"head": {"repo": None}}, True),
        ({"head": {}}, False),
        ({}, False),
    ],
)
def test_fork(pull: dict[str, Any], fork: bool) -> None:
    context = Context.from_environ({"GITHUB_REPOSITORY": "acme/app"}, {"pull_request": pull})
    assert context.fork is fork


@pytest.mark.parametrize(
    ("event_name", "ref", "event", "number"),
    [
        ("pull_request", "", {"number": 3}, 3),
        ("pull_request", "", {"number": "3"}, 3),
        ("pull_request", "", {"number": True}, None),
        ("pull_request", "refs/pull/4/merge", {"number": -1}, 4),
        ("issues", "", {"number": 3}, None),
        ("push", "refs/pull/x/merge", {}, None),
        ("pull_request", "", {"number": "9" * 5000}, None),
    ],
)
def test_the_number_of_a_pull_request(
    event_name: str, ref: str, event: dict[str, Any], number: int | None
) -> None:
    environ = {"GITHUB_EVENT_NAME": event_name, "GITHUB_REF": ref}
    assert Context.from_environ(environ, event).pull_request == number


@pytest.mark.parametrize(
    "sha", ["--upload-pack=x", "HEAD", "1" * 39, "1" * 41, "G" * 40, 5, None, ["1" * 40]]
)
def test_what_is_no_object_name_is_none(sha: object) -> None:
    event = {"pull_request": {"base": {"sha": sha}}, "before": sha}
    context = Context.from_environ({"GITHUB_EVENT_NAME": "push"}, event)
    assert (context.base_sha, context.before) == ("", "")


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (None, "the event file cannot be read: No such file or directory"),
        (b"", "the event file is not JSON"),
        (b"\xff\xfe", "the event file is not JSON"),
        (b"[" * 100_000, "the event file is not JSON"),
        (b"[]", "the event file holds no JSON object"),
        (b'{"number": 1}', ""),
    ],
)
def test_load_event(tmp_path: Path, content: bytes | None, note: str) -> None:
    path = tmp_path / "event.json"
    if content is not None:
        path.write_bytes(content)
    event = load_event(path)
    assert event.note == note
    assert Context.from_environ({}, event).note == note
    assert event == ({} if note else {"number": 1})


def test_no_event_is_named() -> None:
    assert load_event("").note == load_event(None).note == "no event file is named"


WORDS = ["pull_request", "base", "head", "repo", "sha", "ref", "number", "full_name", "repository",
         "default_branch", "merge_group", "before", "after", "forced"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("1" * 40),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(st.sampled_from(WORDS), JSON),
    st.sampled_from(["push", "pull_request", "merge_group", "", "x"]),
    st.text(max_size=12),
)
def test_no_event_breaks_it(event: dict[str, object], name: str, ref: str) -> None:
    environ = {"GITHUB_EVENT_NAME": name, "GITHUB_REF": ref, "GITHUB_RUN_ATTEMPT": ref}
    context = Context.from_environ(environ, Event(json.loads(json.dumps(event))))
    assert context.before in ("", "1" * 40)
    assert context.run_attempt >= 1
    assert isinstance(context.default_branch, str)
