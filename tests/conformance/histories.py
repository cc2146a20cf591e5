"""The repositories of the rows: usually `main` with a tag `base`, and `feature` with one commit more."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What a history is made of."""

    folder: Path
    base: Mapping[str, str]
    change: Mapping[str, str]
    removed: Sequence[str]
    renamed: Mapping[str, str]


def build(
    name: str,
    folder: Path,
    *,
    base: Mapping[str, str],
    change: Mapping[str, str],
    removed: Sequence[str],
    renamed: Mapping[str, str],
) -> Path:
    """Make the history `name` below `folder`; return its work tree."""
    return HISTORIES[name](Plan(folder, base, change, removed, renamed))


def git(repository: Path, *words: str) -> str:
    """Run git and return what it says; a failure fails the test."""
    done = subprocess.run(["git", *words], cwd=repository, capture_output=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode("utf-8", "surrogateescape").strip()


def write(repository: Path, files: Mapping[str, str]) -> None:
    """Write files; the text `-> target` makes a symbolic link."""
    for name, text in files.items():
        file = repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            file.symlink_to(text.removeprefix("-> "))
        else:
            file.write_bytes(text.encode("utf-8", "surrogateescape"))


def commit(repository: Path, message: str) -> str:
    """Commit everything and return the commit."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(repository, "rev-parse", "HEAD")


def feature(plan: Plan) -> Path:
    """`main`, and `feature` checked out."""
    repository = plan.folder / "app"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    for option in (
        "user.name Test",
        "user.email test@example.com",
        "commit.gpgsign false",
        "core.autocrlf false",
    ):
        git(repository, "config", *option.split())
    write(repository, plan.base)
    commit(repository, "base")
    git(repository, "tag", "base")
    git(repository, "checkout", "--quiet", "-b", "feature")
    for old, new in plan.renamed.items():
        (repository / new).parent.mkdir(parents=True, exist_ok=True)
        git(repository, "mv", old, new)
    for name in plan.removed:
        (repository / name).unlink()
    write(repository, plan.change)
    commit(repository, "change")
    return repository


def cloned(plan: Plan, *options: str, branch: str = "feature") -> Path:
    """A clone of `feature` whose origin is a bare repository, made with the given options."""
    origin = plan.folder / "origin.git"
    source = feature(plan)
    git(plan.folder, "clone", "--quiet", "--bare", str(source), str(origin))
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")  # as GitHub does
    shutil.rmtree(source)
    git(plan.folder, "clone", "--quiet", *options, f"--branch={branch}", f"file://{origin}", str(source))
    return source


def behind(repository: Path, files: Mapping[str, str]) -> str:
    """Let `main` go on without `feature`; return its tip, `feature` is checked out again."""
    git(repository, "checkout", "--quiet", "main")
    write(repository, files)
    tip = commit(repository, "main goes on")
    git(repository, "checkout", "--quiet", "feature")
    return tip


def shallow(plan: Plan) -> Path:
    """Only the last commit, as actions/checkout takes it; the remote has the rest."""
    return cloned(plan, "--depth=1")


def shallow_two(plan: Plan) -> Path:
    """The last two commits."""
    return cloned(plan, "--depth=2")


def shallow_without_remote(plan: Plan) -> Path:
    """Only the last commit, and no way to get more."""
    made = cloned(plan, "--depth=1")
    shutil.rmtree(plan.folder / "origin.git")
    return made


def merge_commit(plan: Plan) -> Path:
    """The merge commit that GitHub makes for a pull request, detached; `main` went on in another file."""
    repository = feature(plan)
    base = behind(repository, {"src/other.py": "x = 1\n"})
    head = git(repository, "rev-parse", "feature")
    git(repository, "checkout", "--quiet", "--detach", "main")
    git(repository, "merge", "--quiet", "--no-ff", "-m", f"Merge {head} into {base}", "feature")
    return repository


def octopus(plan: Plan) -> Path:
    """A merge of three branches."""
    repository = feature(plan)
    git(repository, "checkout", "--quiet", "-b", "third", "base")
    write(repository, {"docs/third.md": "third\n"})
    commit(repository, "third")
    git(repository, "checkout", "--quiet", "-b", "octopus", "base")
    write(repository, {"docs/octopus.md": "octopus\n"})
    commit(repository, "octopus")
    git(repository, "merge", "--quiet", "-m", "three at once", "feature", "third")
    return repository


def diverged(plan: Plan) -> Path:
    """`main` went on in the same file that the change touches."""
    repository = feature(plan)
    behind(
        repository, {"src/app.py": "def double(x):\n    return x + x\n\n\ndef unrelated(x):\n    return x\n"}
    )
    return repository


def detached(plan: Plan) -> Path:
    """The head itself checked out, no branch."""
    repository = feature(plan)
    git(repository, "checkout", "--quiet", "--detach")
    return repository


def unrelated(plan: Plan) -> Path:
    """`main` and `feature` have no commit in common."""
    repository = feature(plan)
    git(repository, "checkout", "--quiet", "--orphan", "lonely")
    commit(repository, "alone")
    return repository


def no_branch_to_compare_with(plan: Plan) -> Path:
    """Neither main nor master nor a remote."""
    repository = feature(plan)
    git(repository, "branch", "--quiet", "--move", "main", "trunk")
    return repository


def no_repository(plan: Plan) -> Path:
    """Files, and no git."""
    repository = feature(plan)
    shutil.rmtree(repository / ".git")
    return repository


def no_commit(plan: Plan) -> Path:
    """A repository in which nothing is committed."""
    repository = no_repository(plan)
    git(repository, "init", "--quiet", "--initial-branch=main")
    return repository


def grafted(plan: Plan) -> Path:
    """History rewritten by a replacement: git shows `feature` as a root commit, though its parent is there."""
    repository = feature(plan)
    git(repository, "replace", "--graft", "feature")
    return repository


def submodule(plan: Plan) -> Path:
    """The change also moves a submodule below the source."""
    repository = feature(plan)
    other = plan.folder / "other"
    other.mkdir()
    git(other, "init", "--quiet", "--initial-branch=main")
    for option in ("user.name Test", "user.email test@example.com"):
        git(other, "config", *option.split())
    write(other, {"vendored.py": "x = 1\n"})
    commit(other, "other")
    git(
        repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "src/other"
    )
    commit(repository, "a submodule")
    return repository


def executable_only(plan: Plan) -> Path:
    """The change is nothing but a mode."""
    repository = feature(plan)
    (repository / "src" / "app.py").chmod(0o755)
    git(repository, "tag", "--force", "base")
    git(repository, "branch", "--force", "main", "feature")
    commit(repository, "a mode")
    return repository


def four_hundred_files(plan: Plan) -> Path:
    """A change of 400 files: more than GitHub's API lists of a change."""
    files = {f"src/part_{number:03}.py": "a = 1\n" for number in range(400)}
    return feature(replace(plan, base=files, change={name: f"{text}b = 2\n" for name, text in files.items()}))


def name_without_encoding(plan: Plan) -> Path:
    """The change adds a source whose name is no UTF-8."""
    repository = feature(plan)
    with open(os.fsencode(repository / "src") + b"/caf\xe9.py", "wb") as file:  # noqa: PTH123 (a name of bytes)
        file.write(b"def new():\n    return 1\n")
    commit(repository, "no UTF-8")
    return repository


def on_main(plan: Plan) -> Path:
    """`main` itself, with both commits."""
    repository = feature(plan)
    git(repository, "checkout", "--quiet", "main")
    git(repository, "merge", "--quiet", "--ff-only", "feature")
    return repository


HISTORIES: Mapping[str, Callable[[Plan], Path]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        feature,
        cloned,
        shallow,
        shallow_two,
        shallow_without_remote,
        merge_commit,
        octopus,
        diverged,
        detached,
        unrelated,
        no_branch_to_compare_with,
        no_repository,
        no_commit,
        grafted,
        submodule,
        executable_only,
        four_hundred_files,
        name_without_encoding,
        on_main,
    )
}
