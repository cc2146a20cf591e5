"""From a tag in a real repository to the bundle of a release, and everything that forbids it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ci_actions.ci_release import CAPABILITY
from ci_actions.ci_release.report import SCHEMA
from ci_actions.ci_release_publish import reading
from ci_actions.kit import run as runner
from ci_actions.kit.clock import Clock
from ci_actions.kit.report import Report, Result

CHANGELOG = "# Changes\n\n## [1.2.3] - 2026-11-21\n\n- Refunds.\n\n## [1.2.2] - 2026-10-01\n\n- Old.\n"
PROJECT = '[project]\nname = "shop"\nversion = "{}"\n'


@dataclass
class Project:
    """A clone of a project, as the job has it, and the remote that it came from."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    def git(self, *words: str, at: Path | None = None) -> str:
        who = {
            f"GIT_{each}_{what}": "test@example.com"
            for each in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **who,
        }
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *words],
            cwd=at or self.clone, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.clone / name.replace("__", ".")).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str) -> None:
        self.git("push", "--quiet", "--force", "origin", *refs)

    def shallow(self, ref: str, depth: int = 1) -> None:
        """Take the clone that actions/checkout makes of a tag."""
        self.git(
            "clone",
            "--quiet",
            "--depth",
            str(depth),
            "--branch",
            ref,
            self.origin.as_uri(),
            "shallow",
            at=self.folder,
        )
        self.clone.rename(self.folder / "whole")
        (self.folder / "shallow").rename(self.clone)

    def verify(self, *words: str, tag: str = "v1.2.3") -> Report:
        environ = {
            "PATH": os.environ["PATH"],
            "GITHUB_ACTIONS": "true",
            "GITHUB_REF": f"refs/tags/{tag}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "INPUT_DEFAULT_BRANCH": "main",
            **self.env,
        }
        return runner.judge(
            CAPABILITY,
            runner.parse_arguments(words, runner.flags(CAPABILITY.config)),
            environ=environ,
            here=self.clone,
            sections=(),
            progress=lambda line: None,
            clock=Clock(),
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.origin.mkdir()
    made.clone.mkdir()
    made.git("init", "--quiet", "--bare", "--initial-branch=main", at=made.origin)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("remote", "add", "origin", made.origin.as_uri())
    made.commit(pyproject__toml=PROJECT.format("1.2.2"))
    made.commit(pyproject__toml=PROJECT.format("1.2.3"), CHANGELOG__md=CHANGELOG)
    made.git("tag", "v1.2.3")
    made.push("main", "v1.2.3")
    return made


def said(report: Report) -> str:
    return "\n".join(each.message for each in report.annotations)


def files(report: Report) -> dict[str, str]:
    return {each.path or each.name: each.render() for each in report.products}


# --- green -----------------------------------------------------------------------------------------


def test_a_tag_that_may_be_released(project: Project) -> None:
    report = project.verify()
    assert (report.result, report.exit_code) == (Result.PASSED, 0), report
    assert report.outputs["version"] == "1.2.3"
    assert report.outputs["tag"] == "v1.2.3"
    assert report.outputs["prerelease"] == "false"
    assert files(report) == {"notes.md": "- Refunds.\n"}


def test_the_bundle(project: Project) -> None:
    dist = project.folder / "dist"
    dist.mkdir()
    (dist / "shop-1.2.3.tar.gz").write_bytes(b"sdist")
    (dist / "shop-1.2.3-py3-none-any.whl").write_bytes(b"wheel")
    report = project.verify("--dist", str(dist), "--built-version", "1.2.3", "--out", "bundle")
    assert report.exit_code == 0, said(report)
    made = files(report)
    assert set(made) == {"bundle/notes.md", "bundle/SHA256SUMS", "bundle/release.json"}
    document = json.loads(made["bundle/release.json"])
    assert document["commit"] == project.git("rev-parse", "HEAD")
    assert [each["name"] for each in document["files"]] == [
        "shop-1.2.3-py3-none-any.whl",
        "shop-1.2.3.tar.gz",
    ]
    (dist / "SHA256SUMS").write_text(made["bundle/SHA256SUMS"])
    subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=dist, check=True, capture_output=True
    )
    # What publishes reads exactly this.
    promise = reading.read(made["bundle/release.json"].encode())
    assert promise.files[0].sha256 == hashlib.sha256(b"wheel").hexdigest()
    assert reading.sums(promise.files) == made["bundle/SHA256SUMS"]
    assert reading.SCHEMA == SCHEMA


def test_a_release_without_files(project: Project) -> None:
    made = files(project.verify("--dist", "nowhere"))
    assert (made["SHA256SUMS"], json.loads(made["release.json"])["files"]) == ("", [])


def test_a_prerelease(project: Project) -> None:
    project.commit(
        CHANGELOG__md=CHANGELOG.replace("1.2.3", "1.2.3rc1"), pyproject__toml=PROJECT.format("1.2.3-rc1")
    )
    project.git("tag", "v1.2.3-rc.1")
    project.push("main", "v1.2.3-rc.1")
    report = project.verify("--allow-prerelease", tag="v1.2.3-rc.1")
    assert (report.exit_code, report.outputs["version"], report.outputs["prerelease"]) == (
        0,
        "1.2.3rc1",
        "true",
    )
    refused = project.verify(tag="v1.2.3-rc.1")
    assert (refused.exit_code, "set the input allow-prerelease" in said(refused)) == (2, True)


def test_an_older_commit_of_the_branch(project: Project) -> None:
    project.commit(more="x")
    project.push("main")
    project.git("checkout", "--quiet", "v1.2.3")
    assert project.verify().exit_code == 0


def test_an_annotated_tag(project: Project) -> None:
    project.git("tag", "--force", "--annotate", "--message", "1.2.3", "v1.2.3")
    project.push("v1.2.3")
    assert project.verify().exit_code == 0
    project.git("tag", "--delete", "v1.2.3")
    assert project.verify().exit_code == 0


def test_reasons_are_named_together(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "topic")
    project.commit(pyproject__toml=PROJECT.format("1.2.4"), CHANGELOG__md="# Changes\n")
    project.git("tag", "--force", "v1.2.3")
    report = project.verify()
    assert (report.result, report.exit_code) == (Result.FAILED, 1)
    for each in ("is not on 'main'", "says version 1.2.4, and the tag is v1.2.3", "has no section for 1.2.3"):
        assert each in said(report)
    assert report.headline.endswith("is not on 'main', and 2 more")
    assert files(report) == {}


# --- where the tag is ------------------------------------------------------------------------------


def test_a_commit_that_is_on_no_branch(project: Project) -> None:
    project.git("checkout", "--quiet", "--detach")
    lost = project.commit(more="x")
    project.git("tag", "--force", "v1.2.3")
    project.push("v1.2.3")
    report = project.verify()
    assert report.exit_code == 1
    assert f"{lost[:12]}, the commit of v1.2.3, is not on 'main'." in said(report)


def test_a_tag_that_is_somewhere_else(project: Project) -> None:
    project.commit(more="x")
    project.push("main")
    report = project.verify()
    assert (report.exit_code, "The tag v1.2.3 is on" in said(report)) == (1, True)


def test_a_tag_that_is_nowhere(project: Project) -> None:
    report = project.verify(tag="v1.2.4")
    assert (report.exit_code, "There is no tag v1.2.4 here, and none on the remote." in said(report)) == (
        1,
        True,
    )


@pytest.mark.parametrize("behind", [0, 1, 5, 70])
def test_a_shallow_clone_is_deepened_until_it_is_seen(project: Project, behind: int) -> None:
    for number in range(behind):
        project.git("commit", "--quiet", "--allow-empty", "--message", f"{number}")
    project.push("main")
    project.shallow("v1.2.3")
    assert project.verify().exit_code == 0


def test_a_shallow_clone_of_a_commit_that_is_not_on_it(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "topic")
    project.commit(more="x")
    project.git("tag", "--force", "v1.2.3")
    project.push("v1.2.3")
    project.git("checkout", "--quiet", "main")
    for number in range(70):
        project.git("commit", "--quiet", "--allow-empty", "--message", f"{number}")
    project.push("main")
    project.shallow("v1.2.3")
    report = project.verify()
    assert (report.exit_code, "is not on 'main'" in said(report)) == (1, True)


def test_history_that_cannot_be_had_is_no_verdict(project: Project) -> None:
    project.commit(more="x")
    project.commit(more="y")
    project.push("main")
    project.shallow("v1.2.3")
    tip = project.git("rev-parse", "main", at=project.origin)
    project.git("fetch", "--quiet", "--depth=1", "origin", tip)
    # The remote still says what its branches are, and has no commits to give.
    for file in (project.origin / "objects").rglob("*"):
        if file.is_file():
            file.unlink()
    report = project.verify()
    assert report.exit_code == 3
    assert "is on 'main' cannot be told" in said(report) or "cannot be found on the remote" in said(report)


def test_a_branch_that_is_not_there(project: Project) -> None:
    report = project.verify("--default-branch", "trunk")
    assert (report.exit_code, "The branch 'trunk' cannot be found on the remote." in said(report)) == (
        3,
        True,
    )


def test_a_run_that_is_for_no_tag(project: Project) -> None:
    project.env["GITHUB_REF"] = "refs/heads/main"
    report = project.verify()
    assert (report.exit_code, "was started for 'refs/heads/main', which is no tag" in said(report)) == (
        2,
        True,
    )
    assert project.verify("--tag", "v1.2.3").exit_code == 0


# --- versions and changes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pyproject", "built", "code", "text"),
    [
        (PROJECT.format("1.2.3"), "", 0, ""),
        (PROJECT.format("1.2.4"), "", 1, "[project] in pyproject.toml says version 1.2.4"),
        (PROJECT.format("1.2.3.dev0"), "", 1, "says version 1.2.3.dev0"),
        ('[tool.poetry]\nversion = "1.2.3"\n', "", 0, ""),
        ('[tool.poetry]\nversion = "1.0.0"\n', "", 1, "[tool.poetry] in pyproject.toml says version 1.0.0"),
        ('[project]\ndynamic = ["version"]\n[build-system]\n', "", 0, ""),
        ('[project]\ndynamic = ["version"]\n[build-system]\n', "1.2.3", 0, ""),
        ('[project]\ndynamic = ["version"]\n[build-system]\n', "1.2.3.dev4", 1, "What was built names version 1.2.3.dev4"),
        ("[tool.ruff]\n", "", 0, "Nothing here says which version the project has"),
        ("[project\n", "", 2, "pyproject.toml is not valid TOML"),
    ],
)  # fmt: skip
def test_the_version_of_the_project(
    project: Project, pyproject: str, built: str, code: int, text: str
) -> None:
    (project.clone / "pyproject.toml").write_text(pyproject)
    report = project.verify("--built-version", built)
    assert (report.exit_code, text in said(report)) == (code, True)
    assert bool(said(report)) is bool(text)


@pytest.mark.parametrize(
    ("name", "text", "words", "code", "shown"),
    [
        ("CHANGES.md", CHANGELOG, (), 0, ""),
        ("HISTORY.rst", "1.2.3 (2026-11-21)\n------------------\n\n- Refunds.\n", (), 0, ""),
        ("changelog", CHANGELOG, (), 0, ""),
        ("what-is-new.md", CHANGELOG, (), 1, "There is no changelog."),
        ("what-is-new.md", CHANGELOG, ("--changelog", "what-is-new.md"), 0, ""),
        ("CHANGES.md", CHANGELOG, ("--changelog", "x.md"), 2, "there is no such file"),
        ("CHANGES.md", "## 1.2.2\n\n- x\n", (), 1, "CHANGES.md has no section for 1.2.3: it has 1.2.2."),
        ("CHANGES.md", "# Changes\n", (), 1, "has no section for 1.2.3: it has none of any version."),
        ("CHANGES.md", "## 1.2.3\n\n## 1.2.2\n", (), 1, "The section for 1.2.3 in CHANGES.md says nothing."),
        ("CHANGES.md", "## 1.2.3\n\n" + "- words\n" * 20_000, (), 0, "was cut"),
    ],
)  # fmt: skip
def test_the_changelog(
    project: Project, name: str, text: str, words: tuple[str, ...], code: int, shown: str
) -> None:
    (project.clone / "CHANGELOG.md").unlink()
    (project.clone / name).write_text(text)
    report = project.verify(*words)
    assert (report.exit_code, shown in said(report)) == (code, True), said(report)
    assert all(len(notes) <= 120_000 for notes in files(report).values())


def test_a_folder_among_the_files(project: Project) -> None:
    (project.folder / "dist" / "inner").mkdir(parents=True)
    report = project.verify("--dist", str(project.folder / "dist"))
    assert (report.exit_code, "holds what is no plain file: inner" in said(report)) == (2, True)
