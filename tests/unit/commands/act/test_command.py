"""The command line of act for a consumer's repository; tests/e2e runs it under real act."""

from __future__ import annotations

import json
import os
import shlex
import sys
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ci_actions import home, vendoring
from ci_actions.commands.act.command import _environment, act
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable

WORKFLOW = """\
on: [push, pull_request]
jobs:
  a:
    runs-on: [self-hosted, big]
    steps:
      - uses: org/ci-actions/coverage-gate@v1
      - uses: org/ci-actions/quality@v2
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def argv(self) -> list[str]:
        return shlex.split(self.out)


@pytest.fixture(scope="module", autouse=True)
def _dependencies() -> None:
    root = home.root()
    vendor = Path(home.vendor_folder(root, os.environ))
    if not vendor.is_dir():
        vendoring.build(Path(root, "requirements", "runtime.txt"), vendor, sys.executable)


@pytest.fixture
def root(repository: Any) -> Path:
    repository.commit(
        {".github/workflows/ci.yml": WORKFLOW, ".github/workflows/cd.yaml": WORKFLOW.replace("big", "cd")}
    )
    repository.git("remote", "add", "origin", "https://github.com/acme/shop.git")
    path: Path = repository.path
    return path


def run(here: Path, *words: str, **environ: str) -> Said:
    out, err = StringIO(), StringIO()
    code = act(list(words), {**os.environ, **environ}, here=here, out=out, err=err)
    return Said(code, out.getvalue(), err.getvalue())


def values(argv: list[str], option: str) -> list[str]:
    return [following for word, following in pairwise(argv) if word == option]


def test_the_whole_command_line(root: Path, tmp_path: Path) -> None:
    said = run(root, f"--to={tmp_path / 'to'}")
    to = tmp_path / "to"
    assert said.code == 0
    assert said.argv == [
        *"act push --workflows .github/workflows".split(),
        *"--platform big=-self-hosted --platform cd=-self-hosted --platform self-hosted=-self-hosted".split(),
        *f"--local-repository org/ci-actions@v1={to}/tree --concurrent-jobs 1".split(),
        *f"--cache-server-path {to}/cache --cache-server-addr 127.0.0.1".split(),
        *f"--artifact-server-path {to}/artifacts --artifact-server-addr 127.0.0.1".split(),
    ]
    assert "note: .github/workflows/ci.yml:7: org/ci-actions/quality@v2 is not org/ci-actions@v1" in said.err
    assert "note: .github/workflows/cd.yaml:7: " in said.err
    assert "files written" in said.err
    assert "not committed" not in said.err
    assert "no remote" not in said.err
    assert "it is there already" in run(root, f"--to={to}").err


def test_what_the_tree_says_of_itself(root: Path, tmp_path: Path) -> None:
    to = tmp_path / "to"
    said = run(root, f"--to={to}", "--ref=v7", "--repository=acme/ours")
    assert values(said.argv, "--local-repository") == [f"acme/ours@v7={to}/tree"]
    assert "is not" not in said.err
    assert not [path for path in (to / "tree").rglob("*.yml") if "uses: $/" in path.read_text()]


def test_one_workflow_by_name_and_by_path(root: Path, tmp_path: Path) -> None:
    to = f"--to={tmp_path / 'to'}"
    for given in ("cd.yaml", ".github/workflows/cd.yaml", str(root / ".github/workflows/cd.yaml")):
        argv = run(root, to, f"--workflow={given}").argv
        assert values(argv, "--workflows") == [".github/workflows/cd.yaml"]
        assert "big=-self-hosted" not in argv
    below = root / "sub"
    below.mkdir()
    argv = run(below, to, "--workflow=../.github/workflows/ci.yml").argv
    assert argv[:4] == ["act", "--directory", str(root), "push"]
    assert values(argv, "--workflows") == [".github/workflows/ci.yml"]


def test_options_of_act_come_last_and_are_not_ours(root: Path, tmp_path: Path) -> None:
    said = run(
        root,
        "--docker",
        "--offline",
        "--event=pull_request",
        f"--to={tmp_path / 'to'}",
        "--",
        "-j",
        "a",
        "--json",
    )
    assert said.argv[:2] == ["act", "pull_request"]
    assert "--platform" not in said.argv
    assert said.argv[-5:] == ["--action-offline-mode", "--pull=false", "-j", "a", "--json"]


def test_as_json(root: Path, tmp_path: Path) -> None:
    said = json.loads(run(root, "--json", f"--to={tmp_path / 'to'}").out)
    assert said["command"][:2] == ["act", "push"]
    assert (said["directory"], said["labels"], said["fetched"]) == (
        str(root),
        ["big", "cd", "self-hosted"],
        [],
    )
    assert said["notes"][0]["where"] == ".github/workflows/cd.yaml:7"


def test_a_dry_run_writes_nothing(root: Path, tmp_path: Path) -> None:
    said = run(root, "--dry-run", f"--to={tmp_path / 'to'}")
    assert said.argv[0] == "act"
    assert not (tmp_path / "to").exists()


def test_a_tree_inside_of_the_repository_is_no_part_of_it(root: Path, repository: Any) -> None:
    run(root, "--to=.act")
    assert repository.git("status", "--porcelain") == ""


def test_what_is_not_committed_is_said(root: Path, tmp_path: Path) -> None:
    for name in "abcde":
        (root / name).write_text("")
    said = run(root, f"--to={tmp_path / 'to'}").err
    assert "note: not committed, so CI would not see it, but act does: a, b, c and 2 more" in said


@pytest.mark.parametrize(
    ("names", "option", "note"), [(["up"], ["up"], False), ([], [], True), (["a", "b"], [], False)]
)
def test_a_repository_without_origin(
    repository: Any, tmp_path: Path, names: list[str], option: list[str], note: bool
) -> None:
    repository.commit({".github/workflows/ci.yml": WORKFLOW})
    for name in names:
        repository.git("remote", "add", name, "https://github.com/acme/shop.git")
    said = run(repository.path, f"--to={tmp_path / 'to'}")
    assert values(said.argv, "--remote-name") == option
    assert ("this repository has no remote" in said.err) == note


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "input 'to' is required"),
        (["--to=t", "--ref=a..b"], "ref 'a..b' is no name of a tag or branch"),
        (["--to=t", "--ref=-x"], "must not start with '-'"),
        (["--to=t", "--repository=ci-actions"], "must be a repository, like org/ci-actions"),
        (["--to=t", "--repository=a/b@v1"], "must be a repository, like org/ci-actions"),
        (
            ["--to=t", "--workflow=none.yml"],
            "is none of: .github/workflows/cd.yaml, .github/workflows/ci.yml",
        ),
        (["--to=t", "--event=schedule"], "--event 'schedule' starts none of"),
        (["--to=t", "--run", "--dry-run"], "contradict each other"),
        (["--to=t", "push"], "what is meant for act stands behind --"),
        (["--to=.github"], "holds something that `ci-actions act` did not write"),
        (["--to=t", "--plattform=x"], "option '--plattform' is unknown"),
    ],
    ids=lambda each: " ".join(each)[:30] if isinstance(each, list) else "",
)
def test_what_cannot_be_meant(root: Path, words: list[str], problem: str) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(BadInput) as wrong:
        run(root, *words)
    assert problem in wrong.value.message
    assert sorted(root.rglob("*")) == before


def test_where_there_is_nothing_to_run(repository: Any, tmp_path: Path) -> None:
    repository.commit({"a": ""})
    with pytest.raises(BadInput, match="holds no workflow"):
        run(repository.path, "--to=t")
    with pytest.raises(CannotJudge, match="is not in a git repository"):
        run(tmp_path, "--to=t")


def test_a_workflow_that_nobody_can_read(root: Path) -> None:
    (root / ".github/workflows/bad.yml").write_text("on: push\njobs: {a: [}\n")
    with pytest.raises(BadInput, match=r"\.github/workflows/bad\.yml:2:12: is no YAML"):
        run(root, "--to=t")


def test_without_act(root: Path, tmp_path: Path) -> None:
    git = Path(next(p for p in os.environ["PATH"].split(os.pathsep) if Path(p, "git").exists()), "git")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    with pytest.raises(Unavailable, match="act is not on PATH") as missing:
        run(root, f"--to={tmp_path / 'to'}", "--run", PATH=str(tmp_path / "bin"))
    assert "nektosact.com/installation" in missing.value.advice


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for act")
def test_an_act_that_is_too_old(root: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "act"
    program.write_text("#!/bin/sh\necho usage: act --local-repository\n")
    program.chmod(0o755)
    with pytest.raises(Unavailable, match="does not know --concurrent-jobs: it is too old"):
        run(root, f"--to={tmp_path / 'to'}", "--run", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")


SECRETS = {
    "GITHUB_TOKEN": "t",
    "AWS_SECRET_ACCESS_KEY": "a",
    "NPM": "n",
    "DOCKER_AUTH_CONFIG": "d",
    "PATH": "/bin",
    "LC_ALL": "C",
    "https_proxy": "p",
}
KEPT = {"PATH": "/bin", "LC_ALL": "C", "https_proxy": "p"}


@pytest.mark.parametrize(
    ("extra", "more"),
    [
        ([], {}),
        (["-s", "GITHUB_TOKEN"], {"GITHUB_TOKEN": "t"}),
        (["--secret=GITHUB_TOKEN", "--env", "NPM"], {"GITHUB_TOKEN": "t", "NPM": "n"}),
        (["-s", "GITHUB_TOKEN=mine", "-s"], {}),
        (["-j", "NPM", "NPM"], {}),
    ],
)
def test_nothing_secret_is_handed_on_unasked(extra: list[str], more: dict[str, str]) -> None:
    assert _environment(SECRETS, extra) == {**KEPT, **more}


def test_help(root: Path) -> None:
    said = run(root, "--help")
    assert said.out.startswith("ci-actions act --to FOLDER [--run]")
    for option in (
        "--to",
        "--ref",
        "--repository",
        "--event",
        "--workflow",
        "--run",
        "--docker",
        "--offline",
        "--json",
    ):
        assert f"  {option}" in said.out
