"""From a bundle to a release, against the double of GitHub's API: made once, by whoever comes, and never changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.github_answers import Answered
from tests.doubles.github_api import READER, WRITER, Api, Fault, served
from tests.doubles.github_openapi import Description, description_or_skip

from ci_actions.ci_release_publish import CAPABILITY, reading
from ci_actions.ci_release_publish.decide import mark
from ci_actions.kit import run as runner
from ci_actions.kit.clock import Clock
from ci_actions.kit.report import Report, Result
from ci_actions.kit.untrusted import RefusedError

ROOT = Path(__file__).resolve().parents[3]
FILES = {"shop-1.2.3-py3-none-any.whl": b"wheel", "shop-1.2.3.tar.gz": b"sdist"}
ALL = ["SHA256SUMS", *sorted(FILES)]


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
    bare = tmp_path / "bare"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    with served(description, bare, "acme/app") as api:
        yield api


def git(api: Api, *words: str) -> str:
    who = {
        f"GIT_{each}_{what}": "test@example.com"
        for each in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", *words],
        cwd=api.git,
        env={"PATH": os.environ["PATH"], **who},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(api: Api, message: str = "a change") -> str:
    tree = git(api, "mktree", "--missing")  # of nothing
    return git(api, "commit-tree", tree, "-m", message)


@dataclass
class Caller:
    """The job that publishes: a bundle as release.yml leaves it, and the run for the tag."""

    api: Api
    folder: Path
    commit: str
    tag: str = "v1.2.3"
    clock: Stopwatch = field(default_factory=Stopwatch)

    @property
    def bundle(self) -> Path:
        return self.folder / "release"

    def put(self, files: Mapping[str, bytes] = FILES, *, notes: str = "- Refunds.\n", **more: Any) -> Caller:
        """Leave a bundle; `more` changes what `release.json` says."""
        dist = self.bundle / "dist"
        dist.mkdir(parents=True, exist_ok=True)
        for old in dist.iterdir():
            old.unlink()
        about = []
        for name, content in sorted(files.items()):
            (dist / name).write_bytes(content)
            about.append({"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        document = {
            "schema": "ci-actions-release/1", "tag": self.tag, "version": self.tag[1:], "prerelease": False,
            "commit": self.commit, "files": about,
        }  # fmt: skip
        (self.bundle / "release.json").write_text(json.dumps(document | more))
        (self.bundle / "SHA256SUMS").write_text(
            "".join(f"{each['sha256']}  {each['name']}\n" for each in about)
        )
        (self.bundle / "notes.md").write_text(notes)
        return self

    def environ(self, token: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "GITHUB_REPOSITORY": "acme/app",
            "GITHUB_REF": f"refs/tags/{self.tag}",
            "GITHUB_SHA": self.commit,
            "GITHUB_API_URL": self.api.url,
            "INPUT_GITHUB_TOKEN": token,
        }

    def publish(self, *words: str, token: str = WRITER) -> Report:
        return runner.judge(
            CAPABILITY,
            runner.parse_arguments(words, runner.flags(CAPABILITY.config)),
            environ=self.environ(token),
            here=self.folder,
            sections=(),
            progress=lambda line: None,
            clock=self.clock,
        )

    def child(self) -> subprocess.Popen[str]:
        """Publish in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "ci_actions", "ci-release-publish"],
            cwd=self.folder,
            env={**self.environ(WRITER), "PYTHONPATH": str(ROOT / "src"), "HOME": str(self.folder)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


@pytest.fixture
def caller(api: Api, tmp_path: Path) -> Caller:
    folder = tmp_path / "work"
    folder.mkdir()
    sha = commit(api)
    git(api, "update-ref", "refs/tags/v1.2.3", sha)
    return Caller(api, folder, sha).put()


def said(report: Report) -> str:
    return "\n".join(each.message for each in report.annotations)


def the_release(api: Api) -> dict[str, Any]:
    (found,) = api.releases.values()
    return found


def attached(api: Api) -> dict[str, bytes]:
    return {about["name"]: content for _, about, content in api.assets.values()}


def assert_released(api: Api, caller: Caller) -> None:
    release = the_release(api)
    assert (release["tag_name"], release["draft"], release["target_commitish"]) == (
        "v1.2.3",
        False,
        caller.commit,
    )
    assert release["body"] == f"{mark(caller.commit)}\n\n- Refunds.\n"
    assert attached(api) == {**FILES, "SHA256SUMS": (caller.bundle / "SHA256SUMS").read_bytes()}
    assert len(api.assets) == 3


def writes(api: Api) -> list[str]:
    found = [each for each in api.calls if each.startswith(("repos/create", "repos/up", "repos/delete"))]
    api.calls.clear()
    return found


# --- once ------------------------------------------------------------------------------------------


def test_the_first_release(api: Api, caller: Caller) -> None:
    report = caller.publish()
    assert (report.result, report.exit_code) == (Result.PASSED, 0), said(report)
    assert report.headline == "ci-release-publish: v1.2.3 is published with 3 files, as the latest"
    assert report.outputs == {"url": "https://github.com/acme/app/releases/tag/v1.2.3", "published": "true"}
    assert_released(api, caller)
    assert the_release(api)["latest"]
    assert writes(api) == [
        "repos/create-release",
        *["repos/upload-release-asset"] * 3,
        "repos/update-release",
    ]


def test_again_changes_nothing(api: Api, caller: Caller) -> None:
    caller.publish()
    writes(api)
    report = caller.publish()
    assert (report.exit_code, report.headline) == (
        0, "ci-release-publish: v1.2.3 is published already, with the same files",
    )  # fmt: skip
    assert (writes(api), report.outputs["published"]) == ([], "true")


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        (FILES | {"shop-1.2.3.tar.gz": b"SDIST"}, "shop-1.2.3.tar.gz has another content"),
        (FILES | {"shop-1.2.3.tar.gz": b"longer"}, "shop-1.2.3.tar.gz has 5 bytes and not 6"),
        (FILES | {"more.whl": b"x"}, "more.whl is missing"),
        ({"shop-1.2.3.tar.gz": b"sdist"}, "shop-1.2.3-py3-none-any.whl was not built here"),
    ],
)
def test_a_published_release_with_other_files_stays(
    api: Api, caller: Caller, files: dict[str, bytes], shown: str
) -> None:
    caller.publish()
    before = attached(api)
    writes(api)
    report = caller.put(files).publish()
    assert (report.result, report.exit_code) == (Result.FAILED, 1)
    assert shown in said(report)
    assert "take the next version" in said(report)
    assert (attached(api), writes(api)) == (before, [])


def test_a_server_that_says_no_digests(api: Api, caller: Caller) -> None:
    caller.publish()
    for _, about, _ in api.assets.values():
        about["digest"] = None
    assert caller.publish().exit_code == 0
    report = caller.put(FILES | {"shop-1.2.3.tar.gz": b"SDIST"}).publish()
    assert (report.exit_code, "shop-1.2.3.tar.gz has another content" in said(report)) == (1, True)


def test_a_release_without_files(api: Api, caller: Caller) -> None:
    assert caller.put({}).publish().exit_code == 0
    assert (api.assets, the_release(api)["draft"]) == ({}, False)


def test_a_dry_run(api: Api, caller: Caller) -> None:
    report = caller.publish("--dry-run")
    assert (report.exit_code, writes(api)) == (0, [])
    assert report.headline.endswith("v1.2.3 would be published with 3 files, as the latest")


# --- which one is the latest -----------------------------------------------------------------------


def other(api: Api, tag: str, *, draft: bool = False, prerelease: bool = False) -> None:
    id = api.number()
    url = f"{api.url}/repos/acme/app/releases/{id}"
    about = {
        "id": id, "node_id": "R", "url": url, "assets_url": f"{url}/assets", "upload_url": url, "html_url": url,
        "tarball_url": None, "zipball_url": None, "tag_name": tag, "target_commitish": "main", "name": tag, "body": "",
        "draft": draft, "prerelease": prerelease, "immutable": False, "created_at": "2026-11-21T12:00:00Z",
        "published_at": None, "author": None,
    }  # fmt: skip
    api.releases[id] = api.description.minimal("release") | {
        key: value for key, value in about.items() if value is not None
    }


@pytest.mark.parametrize(
    ("others", "latest"),
    [
        (["v1.2.2"], True),
        (["v1.10.0"], False),
        (["v2.0.0", "v1.2.2"], False),
        (["nightly", "2025-01-01-build"], True),
        (["1.0"], True),
    ],
)
def test_the_latest_is_the_highest(api: Api, caller: Caller, others: list[str], latest: bool) -> None:
    for each in others:
        other(api, each)
    assert caller.publish().exit_code == 0
    assert any(each.get("latest") for each in api.releases.values()) is latest


def test_drafts_and_prereleases_are_not_higher(api: Api, caller: Caller) -> None:
    other(api, "v2.0.0", draft=True)
    other(api, "v2.0.0rc1", prerelease=True)
    assert caller.publish().headline.endswith("as the latest")


def test_a_prerelease_is_never_the_latest(api: Api, caller: Caller) -> None:
    git(api, "update-ref", "refs/tags/v1.2.3rc1", caller.commit)
    caller.tag = "v1.2.3rc1"
    report = caller.put(prerelease=True).publish()
    assert (report.exit_code, report.headline.endswith("3 files")) == (0, True)
    assert (the_release(api)["prerelease"], the_release(api).get("latest")) == (True, None)


# --- killed, broken, at the same time --------------------------------------------------------------


def killing(api: Api, at: int, child: Callable[[], subprocess.Popen[str]], *, done: bool) -> None:
    """Kill the child at one of its writes: before it is done, or when it is and the answer is on its way."""
    real, count = api.answer, 0

    def answer(method: str, address: str, headers: Mapping[str, str], body: bytes) -> Answered:
        nonlocal count
        count += method != "GET"
        if method == "GET" or count != at:
            return real(method, address, headers, body)
        answered = real(method, address, headers, body) if done else (502, {}, b"")
        child().kill()
        return answered

    api.answer = answer  # type: ignore[method-assign]


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, 6), ids=["draft", "file-1", "file-2", "file-3", "publication"])
def test_killed_at_every_write_and_continued(api: Api, caller: Caller, write: int, done: bool) -> None:
    children: list[subprocess.Popen[str]] = []
    real = api.answer
    killing(api, write, lambda: children[0], done=done)
    children.append(caller.child())
    children[0].communicate(timeout=60)
    assert children[0].returncode == -9
    api.answer = real  # type: ignore[method-assign]
    # Until the last write nobody has seen anything.
    assert len(api.published()) == (write == 5 and done)
    assert caller.publish().exit_code == 0
    assert_released(api, caller)


def test_a_child_that_is_not_killed(api: Api, caller: Caller) -> None:
    child = caller.child()
    out, err = child.communicate(timeout=60)
    assert (child.returncode, WRITER in out + err) == (0, False), out + err
    assert_released(api, caller)


@pytest.mark.parametrize(
    "operation", ["repos/create-release", "repos/upload-release-asset", "repos/update-release"]
)
@pytest.mark.parametrize("drop", ["before", "after", ""])
def test_a_call_that_breaks_is_repeated_without_harm(
    api: Api, caller: Caller, operation: str, drop: str
) -> None:
    api.faults.append(Fault(operation, drop=drop))
    assert caller.publish().exit_code == 0
    assert api.faults == []
    assert_released(api, caller)


def test_a_secondary_limit_is_waited_for(api: Api, caller: Caller) -> None:
    api.faults.append(Fault("repos/upload-release-asset", 403, {"Retry-After": "60"}))
    assert caller.publish().exit_code == 0
    assert caller.clock.slept == [60.0]
    assert_released(api, caller)


@pytest.mark.parametrize(
    ("name", "content", "state"),
    [
        ("shop-1.2.3.tar.gz", b"sd", "open"),
        ("shop-1.2.3.tar.gz", b"other", "uploaded"),
        ("left-over.whl", b"x", "uploaded"),
    ],
    ids=["half-way", "another-build", "nobody-knows-it"],
)
def test_what_an_earlier_run_left_in_its_draft_is_replaced(
    api: Api, caller: Caller, name: str, content: bytes, state: str
) -> None:
    api.faults.append(Fault("repos/upload-release-asset", 403))
    assert caller.publish().exit_code == 2
    api.add_asset(the_release(api)["id"], name, content, state=state)
    assert caller.publish().exit_code == 0
    assert_released(api, caller)


def test_what_github_holds_otherwise_is_not_published(api: Api, caller: Caller) -> None:
    real = api.add_asset

    def add(release: int, name: str, content: bytes, *more: Any, **others: Any) -> dict[str, Any]:
        return real(release, name, content[::-1], *more, **others)

    api.add_asset = add  # type: ignore[method-assign]
    report = caller.publish()
    assert report.exit_code == 3
    assert "GitHub holds something else than was built: " in said(report)
    assert the_release(api)["draft"]


@pytest.mark.parametrize(("content", "code"), [(b"sdist", 0), (b"SDIST", 3)], ids=["the-same", "another"])
def test_another_run_has_published_at_the_same_moment(
    api: Api, caller: Caller, content: bytes, code: int
) -> None:
    """GitHub knows one published release of a tag: whoever comes second looks at what the first one has made."""
    real = api.answer

    def meanwhile(method: str, address: str, headers: Mapping[str, str], body: bytes) -> Answered:
        if method == "POST":
            api.answer = real  # type: ignore[method-assign]
            real(method, address, headers, body)
            sums = (caller.bundle / "SHA256SUMS").read_bytes()
            for name, made in (FILES | {"shop-1.2.3.tar.gz": content, "SHA256SUMS": sums}).items():
                api.add_asset(the_release(api)["id"], name, made)
            the_release(api)["draft"] = False
        return real(method, address, headers, body)

    api.answer = meanwhile  # type: ignore[method-assign]
    assert caller.publish().exit_code == code
    assert (the_release(api)["draft"], len(api.assets)) == (False, 3)


# --- what is not ours ------------------------------------------------------------------------------


def test_a_draft_of_somebody_else_is_not_touched(api: Api, caller: Caller) -> None:
    other(api, "v1.2.3", draft=True)
    before = dict(the_release(api))
    report = caller.publish()
    assert (report.result, report.exit_code) == (Result.FAILED, 1)
    assert "There is a draft for v1.2.3 that this workflow has not made for this commit" in said(report)
    assert (the_release(api), writes(api)) == (before, [])


def test_a_tag_that_was_moved(api: Api, caller: Caller) -> None:
    git(api, "update-ref", "refs/tags/v1.2.3", commit(api, "another"))
    report = caller.publish()
    assert (report.exit_code, writes(api)) == (1, [])
    assert "A tag of a release never moves: take the next version." in said(report)


def test_a_tag_that_moves_while_files_are_attached(api: Api, caller: Caller) -> None:
    later = commit(api, "another")
    real = api.add_asset

    def add(*words: Any, **more: Any) -> dict[str, Any]:
        git(api, "update-ref", "refs/tags/v1.2.3", later)
        return real(*words, **more)

    api.add_asset = add  # type: ignore[method-assign]
    report = caller.publish()
    assert report.exit_code == 3
    assert "was moved to" in said(report)
    assert the_release(api)["draft"]


def test_a_tag_that_is_gone(api: Api, caller: Caller) -> None:
    git(api, "update-ref", "-d", "refs/tags/v1.2.3")
    report = caller.publish()
    assert (report.exit_code, "There is no tag v1.2.3 any more." in said(report)) == (1, True)
    assert writes(api) == []


def test_an_annotated_tag(api: Api, caller: Caller) -> None:
    git(api, "tag", "--force", "--annotate", "--message", "1.2.3", "v1.2.3", caller.commit)
    assert caller.publish().exit_code == 0
    assert_released(api, caller)


@pytest.mark.parametrize(("tag", "sha"), [("v1.2.4", ""), ("v1.2.3", "f" * 40)])
def test_the_bundle_of_another_run(api: Api, caller: Caller, tag: str, sha: str) -> None:
    caller.tag, caller.commit = tag, sha or caller.commit
    report = caller.publish()
    assert (report.exit_code, writes(api)) == (2, [])
    assert "The bundle is of v1.2.3 at" in said(report)


def test_a_token_that_may_only_read(api: Api, caller: Caller) -> None:
    report = caller.publish(token=READER)
    assert report.exit_code == 2
    assert "It needs the permission 'contents: write'" in said(report)
    assert api.releases == {}


# --- the bundle ------------------------------------------------------------------------------------


def changed(caller: Caller, name: str, content: bytes) -> None:
    (caller.bundle / name).write_bytes(content)


@pytest.mark.parametrize(
    ("break_it", "code", "shown"),
    [
        (lambda caller: (caller.bundle / "release.json").unlink(), 2, "there is no release.json in"),
        (
            lambda caller: changed(caller, "release.json", b"{"),
            3,
            "The bundle cannot be read: it is no JSON.",
        ),
        (lambda caller: (caller.bundle / "notes.md").unlink(), 3, "The bundle cannot be read:"),
        (lambda caller: changed(caller, "SHA256SUMS", b""), 3, "SHA256SUMS and release.json do not agree."),
        (lambda caller: changed(caller, "dist/more.whl", b"x"), 3, "are not those that release.json names"),
        (lambda caller: (caller.bundle / "dist" / "shop-1.2.3.tar.gz").unlink(), 3, "are not those that"),
        (lambda caller: changed(caller, "dist/shop-1.2.3.tar.gz", b"SDIST"), 3, "its checksum differs"),
    ],
    ids=["none", "no-json", "no-notes", "sums", "more", "less", "other"],
)
def test_a_bundle_that_contradicts_itself(
    api: Api, caller: Caller, break_it: Callable[[Caller], None], code: int, shown: str
) -> None:
    break_it(caller)
    report = caller.publish()
    assert (report.exit_code, writes(api)) == (code, [])
    assert shown in said(report)


GOOD: dict[str, Any] = {
    "schema": "ci-actions-release/1", "tag": "v1.2.3", "version": "1.2.3", "prerelease": False, "commit": "a" * 40,
    "files": [{"name": "a.whl", "size": 1, "sha256": "b" * 64}],
}  # fmt: skip


def test_a_promise() -> None:
    assert reading.read(json.dumps(GOOD).encode()).files[0].name == "a.whl"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": "ci-actions-release/2"}, "'schema' must be one of: ci-actions-release/1"),
        ({"more": 1}, "the file must be an object with exactly"),
        ({"tag": "latest"}, "'tag' must be a tag like v1.2.3"),
        ({"tag": "v1.2.3/../x"}, "'tag' must be a tag like v1.2.3"),
        ({"version": "1"}, "'version' must be a version like 1.2.3"),
        ({"prerelease": "false"}, "'prerelease' must be true or false"),
        ({"commit": "main"}, "'commit' must be a commit"),
        ({"files": [GOOD["files"][0] | {"name": "../a"}]}, "'files'[0].name must be a name of letters"),
        ({"files": [GOOD["files"][0] | {"name": ".hidden"}]}, "'files'[0].name must be a name of letters"),
        ({"files": [GOOD["files"][0] | {"name": "a b.whl"}]}, "'files'[0].name must be a name of letters"),
        ({"files": [GOOD["files"][0] | {"size": 0}]}, "'files'[0].size must be a whole number from 1"),
        ({"files": [GOOD["files"][0] | {"sha256": "b"}]}, "'files'[0].sha256 must be a SHA-256"),
        ({"files": GOOD["files"] * 2}, "'files' must each have a name of their own"),
        ({"files": [GOOD["files"][0] | {"name": "SHA256SUMS"}]}, "none may be called SHA256SUMS"),
    ],
)
def test_what_is_no_promise(change: dict[str, Any], why: str) -> None:
    with pytest.raises(RefusedError) as refused:
        reading.read(json.dumps(GOOD | change).encode())
    assert why in str(refused.value)
