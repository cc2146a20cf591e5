from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from ci_actions.coverage_gate import baseline
from ci_actions.coverage_gate.config import BASELINE_SCHEMA, Config
from ci_actions.coverage_gate.model import Tally
from ci_actions.kit.clock import Clock
from ci_actions.kit.context import Context
from ci_actions.kit.errors import CannotJudge, Unavailable
from ci_actions.kit.git import Git
from ci_actions.kit.http import Answer, Http
from ci_actions.kit.process import Completed, Process

GOOD: dict[str, Any] = {
    "schema": BASELINE_SCHEMA,
    "sha": "a" * 40,
    "totals": {"lines": {"covered": 8, "total": 9}, "combined": {"covered": 0, "total": 0}},
}


class NoGit(Git):
    """A git that nobody may ask."""

    def __init__(self) -> None:
        """Stand nowhere."""

    def run(self, *words: Any, **more: Any) -> Completed:
        raise AssertionError(f"git {words}")


class NoHttp(Http):
    """A server that nobody may ask."""

    def api(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        raise AssertionError(f"GET {path}")


class Scripted(NoHttp):
    """A server with one answer for each path; others may not be asked."""

    def __init__(self, answers: Mapping[str, Answer | Unavailable]) -> None:
        super().__init__()
        self.answers = answers

    def api(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        if path not in self.answers:
            return super().api(path, parameters)
        answer = self.answers[path]
        if isinstance(answer, Unavailable):
            raise answer
        return answer


CONTEXT = Context(github=True, repository="acme/app", default_branch="main")


def fetch(
    kind: str, folder: Path, *, git: Git | None = None, http: Http | None = None, context: Context = CONTEXT
) -> Any:
    return baseline.fetch(Config(baseline=kind), folder, git or NoGit(), http or NoHttp(), context)


# --- what it holds -----------------------------------------------------------------------------


def test_a_baseline_is_read() -> None:
    found = baseline.parse(json.dumps(GOOD).encode(), "x.json")
    assert (found.sha, found.where) == ("a" * 40, "x.json")
    assert found.tallies == {"lines": Tally(8, 9), "combined": Tally(0, 0)}


def test_another_schema_says_so() -> None:
    with pytest.raises(
        CannotJudge, match="has the schema 'other/9', this release reads ci-actions-coverage-baseline/"
    ):
        baseline.parse(json.dumps(GOOD | {"schema": "other/9"}).encode(), "x")


NO_TOTALS: list[Any] = [
    [],
    "lines",
    {"lines": 3},
    {"lines": {}},
    {"lines": {"covered": 1}},
    {"lines": {"covered": 2, "total": 1}},
    {"lines": {"covered": -1, "total": 1}},
    {"lines": {"covered": 0.5, "total": 1}},
    {"lines": {"covered": "1", "total": "2"}},
]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"3",
        b"{}",
        b"{" * 3,
        b"[" * 100_000,
        json.dumps({"totals": {}}).encode(),
        *(json.dumps(GOOD | {"totals": totals}).encode() for totals in NO_TOTALS),
    ],
)
def test_what_is_no_baseline_is_an_error_and_never_nothing(content: bytes) -> None:
    if content == json.dumps(GOOD | {"totals": []}).encode():
        assert baseline.parse(content, "x").tallies == {}, "no totals is no baseline of any metric"
        return
    with pytest.raises(CannotJudge, match="The baseline x cannot be read"):
        baseline.parse(content, "x")


# --- where it is -------------------------------------------------------------------------------


def test_none(tmp_path: Path) -> None:
    assert fetch("none", tmp_path) == (None, "")


def test_a_file_below_the_working_directory(tmp_path: Path) -> None:
    assert fetch("file:a/b.json", tmp_path) == (None, "there is no a/b.json yet")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.json").write_text(json.dumps(GOOD))
    found, note = fetch("file:a/b.json", tmp_path)
    assert (found.tallies["lines"], found.where, note) == (Tally(8, 9), "a/b.json", "")
    (tmp_path / "a" / "b.json").write_text("{")
    with pytest.raises(CannotJudge):
        fetch("file:a/b.json", tmp_path)


def real(repository: Any) -> Git:
    import os

    return Git(Process(os.environ), repository.path, clock=Clock())


def test_a_branch_here_and_on_the_remote(
    new_repository: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, local = new_repository(), new_repository()
    local.commit({"a": ""})
    local.git("remote", "add", "origin", remote.path.as_uri())
    remote.commit({"a": ""})
    assert fetch("branch:coverage", local.path, git=real(local)) == (None, "there is no branch coverage yet")
    remote.git("switch", "--quiet", "-c", "coverage")
    remote.commit({"x": ""})
    said = "there is no coverage-baseline.json on branch coverage yet"
    assert fetch("branch:coverage", local.path, git=real(local)) == (None, said)
    remote.commit({"coverage-baseline.json": json.dumps(GOOD)})
    found, note = fetch("branch:coverage", local.path, git=real(local))
    assert (found.where, found.tallies["lines"], note) == (
        "coverage-baseline.json on branch coverage",
        Tally(8, 9),
        "",
    )


def test_a_local_branch_without_a_remote(repository: Any) -> None:
    repository.commit({"coverage-baseline.json": json.dumps(GOOD)})
    found, _ = fetch("branch:main", repository.path, git=real(repository))
    assert found.tallies["lines"] == Tally(8, 9)


# --- artifacts ---------------------------------------------------------------------------------

LIST = "/repos/acme/app/actions/artifacts"


def artifact(
    number: int, branch: str = "main", *, created: str = "2026-01-01", fork: bool = False, **more: Any
) -> dict[str, Any]:
    run = {"head_branch": branch, "repository_id": 1, "head_repository_id": 2 if fork else 1}
    return {"id": number, "created_at": created, "expired": False, "workflow_run": run, **more}


def listed(*found: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps({"artifacts": found}).encode(), {})


def packed(name: str = "coverage-baseline.json", text: str = json.dumps(GOOD)) -> Answer:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return Answer(200, buffer.getvalue(), {})


def test_the_newest_artifact_of_the_default_branch(tmp_path: Path) -> None:
    found = listed(
        artifact(1, created="2026-01-02"),
        artifact(2, created="2026-03-01"),
        artifact(3, created="2026-09-01", fork=True),
        artifact(4, "other", created="2026-09-01"),
        artifact(5, created="2026-09-01", expired=True),
        artifact(6, created="2026-09-01", workflow_run=None),
    )
    http = Scripted({LIST: found, f"{LIST}/2/zip": packed()})
    made, note = fetch("artifact", tmp_path, http=http)
    assert (made.tallies["lines"], made.where, note) == (Tally(8, 9), "artifact coverage-baseline", "")


@pytest.mark.parametrize(
    ("answers", "note"),
    [
        ({LIST: Answer(403, b"", {})}, "GitHub answered 403 for the artifacts; the job needs actions: read"),
        ({LIST: listed()}, "the default branch has no artifact coverage-baseline yet"),
        ({LIST: listed(artifact(1, fork=True))}, "the default branch has no artifact coverage-baseline yet"),
        ({LIST: Answer(200, b"[]", {})}, "the default branch has no artifact coverage-baseline yet"),
        ({LIST: Unavailable("GET failed.")}, "GET failed."),
        (
            {LIST: listed(artifact(1)), f"{LIST}/1/zip": Answer(410, b"", {})},
            "GitHub answered 410 for the artifact coverage-baseline",
        ),
    ],
)
def test_an_artifact_that_cannot_be_had(
    tmp_path: Path, answers: dict[str, Answer | Unavailable], note: str
) -> None:
    assert fetch("artifact", tmp_path, http=Scripted(answers)) == (None, note)


@pytest.mark.parametrize("answer", [Answer(200, b"no zip", {}), packed("other.json"), packed(text="{")])
def test_an_artifact_that_is_none_is_an_error(tmp_path: Path, answer: Answer) -> None:
    with pytest.raises(CannotJudge):
        fetch("artifact", tmp_path, http=Scripted({LIST: listed(artifact(1)), f"{LIST}/1/zip": answer}))


def test_a_laptop_has_no_artifacts(tmp_path: Path) -> None:
    context = replace(CONTEXT, repository="")
    assert fetch("artifact", tmp_path, context=context) == (
        None,
        "artifacts can be read only in GitHub Actions",
    )


# --- history -----------------------------------------------------------------------------------


def test_history(tmp_path: Path) -> None:
    assert baseline.history(tmp_path / "none") == ()
    (tmp_path / "some").write_bytes(b'{"a": 1}\n{"b": 2}\n\xff')
    assert baseline.history(tmp_path / "some") == ('{"a": 1}', '{"b": 2}', "\ufffd")
