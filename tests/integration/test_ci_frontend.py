"""ci-frontend on small projects, with the real npm."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Repository
from tests.integration.asking import Answer, ask

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("npm") is None, reason="no npm: install Node.js (apt install npm)"),
]

WRITE = "node -e \"const f=require('fs');f.mkdirSync('dist',{recursive:true});f.writeFileSync('dist/app.js','x'.repeat(7))\""
IGNORE = {".gitignore": "/.ci-actions/\nnode_modules/\n"}


def lock(packages: Mapping[str, object] | None = None, **root: object) -> str:
    about = {"": {"name": "fe", "version": "1.0.0", **root}, **(packages or {})}
    return json.dumps(
        {"name": "fe", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": about}
    )


def project(build: str = WRITE, **more: Any) -> dict[str, str]:
    package = {"name": "fe", "version": "1.0.0", "scripts": {"build": build}, **more}
    return {"package.json": json.dumps(package), "package-lock.json": lock(), **IGNORE}


def frontend(repository: Repository, files: Mapping[str, str], *options: str, **env: str) -> Answer:
    repository.commit(dict(files))
    outputs = () if any(each.startswith("--outputs") for each in options) else ("--outputs", "dist/**")
    return ask("ci-frontend", repository.path, *outputs, *options, env=env)


def test_what_was_built_is_listed(repository: Repository) -> None:
    answer = frontend(repository, project(), "--test", "test -s dist/app.js && echo tested")
    assert answer.code == 0, answer.messages
    assert json.loads(answer.outputs["outputs-json"]) == [{"path": "dist/app.js", "bytes": 7}]
    assert answer.outputs["bytes"] == "7"
    assert [each["name"] for each in answer.report["details"]["steps"]] == ["install", "build", "test"]
    assert "tested" in answer.said


def test_paths_are_those_of_the_repository(repository: Repository) -> None:
    repository.commit({f"web/{name}": text for name, text in project().items()})
    answer = ask("ci-frontend", repository.path, "--working-directory", "web", "--outputs", "dist/*.js")
    assert answer.code == 0, answer.messages
    assert json.loads(answer.outputs["outputs-json"])[0]["path"] == "web/dist/app.js"


def test_a_dependency_is_installed_and_its_program_builds(repository: Repository) -> None:
    tool = {"name": "tool", "version": "1.0.0", "bin": {"make-it": "cli.js"}}
    files = project("make-it", devDependencies={"tool": "file:tool"}) | {
        "tool/package.json": json.dumps(tool),
        "tool/cli.js": "#!/usr/bin/env node\nconst f=require('fs');f.mkdirSync('dist');f.writeFileSync('dist/a','a')\n",
        "package-lock.json": lock(
            {
                "node_modules/tool": {"resolved": "tool", "link": True},
                "tool": {"version": "1.0.0", "dev": True, "bin": {"make-it": "cli.js"}},
            },
            devDependencies={"tool": "file:tool"},
        ),
    }
    answer = frontend(repository, files)
    assert answer.code == 0, answer.messages


def test_a_workspace_has_the_lock_of_its_root(repository: Repository) -> None:
    root = {"name": "all", "version": "1.0.0", "private": True, "workspaces": ["web"]}
    packages = {
        "node_modules/fe": {"resolved": "web", "link": True},
        "web": {"name": "fe", "version": "1.0.0"},
    }
    about = {"name": "all", "version": "1.0.0", "workspaces": ["web"]}
    repository.commit(
        {
            "package.json": json.dumps(root),
            "package-lock.json": lock(packages, **about),
            "web/package.json": project()["package.json"],
            **IGNORE,
        }
    )
    answer = ask("ci-frontend", repository.path / "web", "--outputs", "dist/**")
    assert answer.code == 0, answer.messages


# --- green by accident -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "said"),
    [
        pytest.param("true", "left no 'dist/**': no file fits. Nothing else appeared either", id="nothing"),
        pytest.param("mkdir dist", "dist is there and holds no file that fits", id="empty folder"),
        pytest.param(
            "mkdir dist && touch dist/app.js",
            "left 'dist/**' empty: dist/app.js has 0 bytes",
            id="empty file",
        ),
        pytest.param(
            "mkdir build && echo x > build/a", "no file fits. What appeared: build", id="another folder"
        ),
        pytest.param(
            "ln -s /etc dist", "dist is there and holds no file that fits", id="link out of the folder"
        ),
        pytest.param(
            "mkdir dist && ln -s /etc/passwd dist/app.js", "no file that fits", id="link to a file elsewhere"
        ),
    ],
)
def test_a_build_that_ends_well_and_left_nothing(repository: Repository, build: str, said: str) -> None:
    answer = frontend(repository, project(build))
    assert answer.code == 1, answer.messages
    assert said in answer.messages
    assert answer.outputs["bytes"] == "0"


def test_what_lay_in_the_checkout_is_no_build(repository: Repository) -> None:
    answer = frontend(repository, {**project("true"), "dist/app.js": "old", "dist/b.js": "old"})
    assert answer.code == 1
    assert "wrote nothing: what fits 'dist/**' was there before (dist/app.js, dist/b.js)" in answer.messages


def test_old_and_new_are_told_apart_whatever_time_a_file_claims(repository: Repository) -> None:
    copied = WRITE + " && touch -d '2001-01-01' dist/app.js"
    answer = frontend(repository, {**project(copied), "dist/app.js": "x" * 7, "dist/stale.js": "old"})
    assert answer.code == 0, answer.messages
    assert "1 of the 2 files that fit 'dist/**' were there before" in answer.messages
    assert [each["path"] for each in json.loads(answer.outputs["outputs-json"])] == ["dist/app.js"]


def test_every_glob_must_fit(repository: Repository) -> None:
    answer = frontend(repository, project(), "--outputs", "dist/*.js,dist/*.css")
    assert answer.code == 1
    assert "left no 'dist/*.css'" in answer.messages


# --- what fails ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "options", "code", "said"),
    [
        pytest.param(project("echo why >&2; exit 3"), [], 1, "failed with exit code 3: why", id="build fails"),
        pytest.param(project("no-such-program"), [], 1, "not found", id="program not installed"),
        pytest.param(project(), ["--test", "echo no; false"], 1, "test (`echo no; false`) failed", id="test fails"),
        pytest.param(project(), ["--build", "false | cat"], 1, "build (`false | cat`) failed", id="pipe fails"),
        pytest.param(project(), ["--build", "kill -9 $$"], 3, "was ended by signal 9", id="killed"),
        pytest.param(
            project(dependencies={"left-pad": "1.3.0"}), [], 1, "Missing: left-pad@1.3.0 from lock file", id="lock out of sync",
        ),
        pytest.param(
            {k: v for k, v in project().items() if "lock" not in k}, [], 2, "npm install --package-lock-only", id="no lock"
        ),
        pytest.param(
            {**{k: v for k, v in project().items() if "lock" not in k}, "yarn.lock": ""}, [], 2, "yarn install --immutable",
            id="yarn",
        ),
        pytest.param({"a": ""}, [], 2, "no package.json", id="no project"),
        pytest.param({"package.json": "{"}, [], 2, "not valid JSON", id="no JSON"),
        pytest.param(
            {**project(), "package.json": '{"scripts": {"bundle": "x"}}'}, [], 2, "no script 'build' (there are bundle)",
            id="no script",
        ),
        pytest.param(project(), ["--outputs", "../dist/**"], 2, "leads out of the folder", id="output elsewhere"),
        pytest.param(project(), ["--outputs", ""], 2, "'outputs' is required", id="no output"),
    ],
)  # fmt: skip
def test_what_fails(
    repository: Repository, files: Mapping[str, str], options: list[str], code: int, said: str
) -> None:
    answer = frontend(repository, files, *options)
    assert answer.code == code, answer.messages
    assert said in answer.messages


def test_a_registry_that_does_not_answer_is_no_verdict(repository: Repository) -> None:
    packages = {
        "node_modules/x-y-z": {
            "version": "1.0.0",
            "resolved": "http://127.0.0.1:9/x.tgz",
            "integrity": "sha512-aa==",
        }
    }
    files = project(dependencies={"x-y-z": "1.0.0"}) | {
        "package-lock.json": lock(packages, dependencies={"x-y-z": "1.0.0"})
    }
    answer = frontend(
        repository, files, npm_config_fetch_retries="0", npm_config_registry="http://127.0.0.1:9/"
    )
    assert answer.code == 4, answer.messages
    assert "could not fetch packages" in answer.messages
    assert "ECONNREFUSED" in answer.messages


def test_a_build_that_never_ends_is_stopped_with_all_that_it_started(repository: Repository) -> None:
    from ci_actions.ci_frontend import facts
    from ci_actions.ci_frontend.config import Config
    from ci_actions.kit.clock import Clock
    from ci_actions.kit.run import Edges

    repository.commit(project("node -e \"console.log('pid', process.pid); setInterval(() => 0, 1000)\""))
    edges = Edges[Config](
        root=repository.path, directory=repository.path, environ=dict(os.environ), clock=Clock(),
        progress=lambda _: None, token="", config_at=lambda _git, _revision: None,
    )  # fmt: skip
    # A tenth of a minute: the smallest that an input can say is one.
    found = facts.gather(Config(outputs=("dist/**",), install="none", timeout=0.1), edges)  # type: ignore[arg-type]
    (step,) = found.steps
    assert step.code is None
    pid = next(int(line.split()[1]) for line in step.lines if line.startswith("pid"))
    for _ in range(100):
        if not _alive(pid):
            break
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
