"""The edge that reads: git, and those files of the work tree that say something about tests, tools and services."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ci_actions.ci_plan.signs import MORE_FILES, is_test
from ci_actions.commands.init import dependabot, places
from ci_actions.commands.init.model import WORKFLOWS, Facts
from ci_actions.kit.git import Git
from ci_actions.project.reading import read_project
from ci_actions.quality.detection import REQUIREMENTS

#: Of Python files that are read for imports and variables: no more, and none that is larger.
_MOST_SOURCES = 2000
_LARGEST = 1024 * 1024
#: Read at the root and in the folders of projects.
_NAMES = frozenset(
    {
        *MORE_FILES,
        "setup.cfg", "tox.toml", "noxfile.py", "Makefile", "GNUmakefile", "makefile", "justfile", "Justfile",
        "pyproject.toml", "ci-actions.toml", "package.json", ".nvmrc", ".node-version", ".gitmodules", ".gitattributes",
    }
)  # fmt: skip
_MATTERS = re.compile(
    r"\.github/(?:workflows/[^/]+\.ya?ml|dependabot\.ya?ml)"
    r"|(?:.*/)?package\.json|(?:.*/)?(?:docker-)?compose(?:[.-][^/]*)?\.ya?ml|(?:.*/)?vite\.config\.[cm]?[jt]s"
    r"|(?i:readme)\.(?:md|rst|markdown)|(?:.*/)?[Dd]ockerfile[^/]*"
)
#: What init may write, read whether git knows it or not.
_TARGETS = (
    *(f"{WORKFLOWS}/{name}.yml" for name in ("ci", "nightly", "maintenance", "comment")),
    *dependabot.PATHS,
)
#: Where an address of a database is likely read from the environment.
_SETTINGS = re.compile(
    r"(?:.*/)?(?:conftest|config|settings|database|db|core/config)(?:/[a-z_]+)?\.py|(?:.*/)?\.env\.[a-z.]+"
)
_REMOTE = re.compile(
    r"(?:(?P<scheme>https?|ssh|git)://(?:[^@/]+@)?(?P<host>[^/:]+)(?::\d+)?/|(?:[^@/:]+@)?(?P<scp>[A-Za-z0-9.-]+):)"
    r"(?P<slug>[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+?)(?:\.git)?/?"
)
#: These never run workflows of GitHub.
_OTHERS = frozenset({"gitlab.com", "bitbucket.org", "codeberg.org", "git.sr.ht"})
#: What a default branch is called where nothing says it.
_USUAL = ("main", "master", "trunk", "develop")


def gather(git: Git) -> Facts:
    """Return the repository around a folder.

    Raises CannotJudge where there is none, BadInput for files of a project that cannot be read.
    """
    root = git.root()
    files = tuple(sorted(each for each in git.files() if os.path.lexists(root / each)))
    folders = places.candidates(files)
    projects = {each: read_project(root / each, root) for each in folders}
    branch, why = _branch(git)
    server, slug = address(_url(git))
    return Facts(
        files=files,
        content=_content(root, dict.fromkeys((*_TARGETS, *_wanted(files, folders)))),
        projects=projects,
        links=frozenset(_links(root, files)),
        edited=frozenset(_edited(git)),
        branch=branch,
        branch_why=why,
        slug=slug,
        server=server,
    )


def address(url: str) -> tuple[str, str]:
    """Return the server and `owner/name` that the address of a remote means, GitHub and nothing where it means none."""
    found = _REMOTE.fullmatch(url)
    if not found:
        return "https://github.com", ""
    host = found["host"] or found["scp"]
    if host in _OTHERS:
        return "https://github.com", ""
    # Aliases of ~/.ssh/config begin with what they stand for; port 443 has a name of its own.
    if host.startswith("github.com") or host == "ssh.github.com":
        host = "github.com"
    return f"https://{host}", found["slug"]


def _wanted(files: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """Yield the files to read: settings, and what tests and settings in Python say."""
    from ci_actions.quality.tools import config_files

    tools, sources = config_files(), 0
    for path in files:
        folder, _, name = path.rpartition("/")
        configures = name in _NAMES or name in tools or REQUIREMENTS.fullmatch(name)
        if _MATTERS.fullmatch(path) or (
            configures and (folder in ("", *folders) or folder.endswith("requirements"))
        ):
            yield path
        elif _SETTINGS.fullmatch(path) or is_test(path) or ("/tests/" in f"/{path}" and name.endswith(".py")):
            sources += 1
            if sources <= _MOST_SOURCES:
                yield path


def _content(root: Path, paths: Iterable[str]) -> dict[str, bytes]:
    return {path: data for path in paths if (data := _read(root / path)) is not None}


def _read(path: Path) -> bytes | None:
    """Return the bytes of a file, None for one that is no plain file, too large, or not to be read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _links(root: Path, files: Sequence[str]) -> Iterator[str]:
    """Yield the links among what init may write, and among the folders of it."""
    for path in (".github", ".github/workflows", *files):
        if (path.startswith(".github") or "/" not in path or path.endswith(".toml")) and (
            root / path
        ).is_symlink():
            yield path


def _edited(git: Git) -> Iterator[str]:
    """Yield what differs from the last commit; before the first one there is nothing to differ from."""
    done = git.run("status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all")
    return (entry[3:] for entry in done.text.split("\0") if len(entry) > 3) if done.ok else iter(())


def _url(git: Git) -> str:
    remote = git.remote()
    return git.run("config", "--get", f"remote.{remote}.url").text.strip() if remote else ""


def _branch(git: Git) -> tuple[str, str]:
    """Return the name of the default branch, and where it was found."""
    if found := git.default_branch():
        return found, "the remote's default branch"
    known = git.run("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes").text.split()
    names = {each.removeprefix(f"{git.remote()}/") for each in known}
    for each in _USUAL:
        if each in names:
            return each, "the branch of that name, as no remote says which is its default"
    # Asked like this it is known before the first commit, too.
    if current := git.run("symbolic-ref", "--quiet", "--short", "HEAD").text.strip():
        return current, "the branch that is checked out, as no remote says which is its default"
    return "main", "git says nothing of branches"
