"""A world to release in: a bare remote with GitHub's rule about workflow files, a maintainer's clone, the API.

Run as a program it is a release command that can be killed: `releasing.py STEP ORDERS` takes its orders as
JSON, and kills itself when STEP steps were announced.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ci_actions.github.releases import Attachment
from ci_actions.kit.clock import Clock
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.publish.github import GitHub
from ci_actions.publish.lines import Version
from ci_actions.publish.publishing import Edges, Wanted, publish
from ci_actions.publish.remote import Remote

ROOT = Path(__file__).resolve().parents[2]

#: "a token cannot push a commit or tag whose workflow files are not, with path and content, on some branch tip":
#: research/platform.md §8.3. It also refuses every branch that is not continued, and every tag vX.Y.Z that moves.
HOOK = r"""#!/usr/bin/env bash
set -euo pipefail
[[ -z ${NO_RULES:-} ]] || exit 0
zero=0000000000000000000000000000000000000000
known=$(git for-each-ref --format='%(objectname)' refs/heads | while read -r tip; do
    git ls-tree -r "$tip" -- .github/workflows; done | sort -u)
while read -r old new ref; do
    [[ $new != "$zero" ]] || { echo "refused: $ref would be deleted"; exit 1; }
    case $ref in
    refs/heads/*)
        [[ $old == "$zero" ]] || git merge-base --is-ancestor "$old" "$new" || { echo "refused: $ref is forced"; exit 1; } ;;
    refs/tags/v*.*.*)
        [[ $old == "$zero" ]] || { echo "refused: $ref never moves"; exit 1; } ;;
    esac
    for commit in $(git rev-list "$new" --not --all) $(git rev-parse "$new^{commit}"); do
        while read -r line; do
            [[ -z $line ]] || grep -qxF -- "$line" <<<"$known" || {
                echo "refusing to allow a GitHub App to create or update workflow" \
                    "\`${line##*$'\t'}\` without \`workflows\` permission"
                exit 1
            }
        done < <(git ls-tree -r "$commit" -- .github/workflows)
    done
done
"""


class Impatient(Clock):
    """Does not wait: what a test waits for is not the clock."""

    def sleep(self, seconds: float) -> None:
        """Return at once."""


class PlainMaker:
    """Stands for the real maker where only the order of steps matters: doors, and a list of digests."""

    def __init__(self, git: Git) -> None:
        self._git, self._remote = git, Remote(git)

    def changelog(self, version: Version, previous: str) -> str:
        """Return one line."""
        return f"{version} after {previous or 'nothing'}"

    def make(self, version: Version, folder: Path) -> None:
        """Write main's files, a door, and the list."""
        source = self._git.head()
        self._remote.write_out(self._remote.files(source), folder)
        for path in sorted((folder / "actions").glob("*/*")):
            door = folder / path.parent.name / path.name
            door.parent.mkdir(exist_ok=True)
            door.write_bytes(path.read_bytes())
        (folder / "release.json").write_text(json.dumps({"version": str(version), "files": digests(folder)}))

    def problems(self, folder: Path, version: Version, source: str) -> Sequence[str]:
        """Compare with the list."""
        listed = json.loads((folder / "release.json").read_text())
        wrong = [] if listed["version"] == str(version) else ["another version"]
        return [*wrong, *([] if listed["files"] == digests(folder) else ["files differ from release.json"])]

    def attachments(self, folder: Path, commit: str) -> Sequence[Attachment]:
        """Return two files."""
        version = json.loads((folder / "release.json").read_text())["version"]
        name, content = f"ci-actions-{version}.tar.gz", json.dumps(digests(folder)).encode()
        sums = f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()
        archive = Attachment(name=name, content=content)
        return [archive, Attachment(name="SHA256SUMS", content=sums, content_type="text/plain")]

    def notes(self, folder: Path, version: Version, commit: str, previous: str) -> str:
        """Return a table with one line."""
        return f"| `org/ci-actions/coverage-gate@{commit} # {version.tag}` |"


def digests(folder: Path) -> Mapping[str, str]:
    """Return the digest of every file but the list."""
    paths = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in paths.items()
        if name != "release.json" and not name.startswith(".git/")
    }


@dataclass
class World:
    """Remote and clone, with a history of releases to make."""

    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def bare(self) -> Path:
        """The remote."""
        return self.folder / "a remote.git"

    @property
    def clone(self) -> Path:
        """The maintainer's clone."""
        return self.folder / "a clone"

    @classmethod
    def of_this_checkout(cls, folder: Path) -> World:
        """Make a remote with GitHub's rules whose main is what git knows of this checkout, or would add."""
        world = cls._empty(folder)
        listed = world.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", at=ROOT)
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (world.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, world.clone / name)
        world.change({})
        return world

    @classmethod
    def create(cls, folder: Path) -> World:
        """Make a remote with GitHub's rules and a clone with a first commit."""
        world = cls._empty(folder)
        world.change({
            "actions/coverage-gate/action.yml": "name: coverage-gate\n",
            "actions/coverage-gate/start.sh": "exec true\n",
            ".github/workflows/ci.yml": "on: workflow_call\n",
            ".gitattributes": "* text=auto\n",
            ".gitignore": "/vendor/\nrelease.json\n",
            "crlf.txt": "one\r\ntwo\r\n",
        })  # fmt: skip
        return world

    @classmethod
    def _empty(cls, folder: Path) -> World:
        world = cls(folder)
        world.git("init", "--quiet", "--bare", "--initial-branch=main", str(world.bare), at=folder)
        world.git("clone", "--quiet", str(world.bare), str(world.clone), at=folder)
        hook = world.bare / "hooks" / "pre-receive"
        hook.write_text(HOOK)
        hook.chmod(0o755)
        return world

    def git(self, *words: str, at: Path | None = None, env: Mapping[str, str] | None = None) -> str:
        """Return what git says; a failure fails the test."""
        done = subprocess.run(
            ["git", *words], cwd=at or self.clone, capture_output=True, text=True, check=False,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def change(self, files: Mapping[str, str], message: str = "feat: a change") -> str:
        """Commit files on main and push them as a person does, who may push workflow files."""
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", "HEAD:refs/heads/main", env={"NO_RULES": "1"})
        return self.head

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def refs(self) -> dict[str, str]:
        """Return the remote's refs, tags peeled, without `refs/`."""
        listed = self.git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", at=self.bare)
        rows = (line.split() for line in listed.splitlines())
        return {row[0].removeprefix("refs/"): row[-1] for row in rows}

    def edges(self, api_url: str, token: str) -> Edges:
        """Return the edges of a run in this world."""
        git = Git(Process(os.environ), self.clone)
        github = GitHub("org/ci-actions", token=token, api_url=api_url, clock=Impatient())
        remote = Remote(git)
        return Edges(git=git, remote=remote, github=github, maker=PlainMaker(git), say=self.said.append)

    def wanted(self, version: str, **more: Any) -> Wanted:
        """Return the wish to release what is checked out."""
        git = Git(Process(os.environ), self.clone)
        source = git.head()
        return Wanted(version=Version.parse(version), source=source, time=git.commit_time(source), **more)

    def publish(self, version: str, api_url: str, *, token: str, dry_run: bool = False, **more: Any) -> int:
        """Publish what is checked out, and return the exit code."""
        return publish(self.wanted(version, **more), self.edges(api_url, token), dry_run=dry_run)

    def child(self, version: str, api_url: str, *, token: str, kill_at: int = -1) -> subprocess.Popen[str]:
        """Start `publish` in a process of its own, which kills itself when so many steps were announced."""
        orders = {"folder": str(self.folder), "version": version, "api_url": api_url, "token": token}
        path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
        return subprocess.Popen(
            [sys.executable, __file__, str(kill_at), json.dumps(orders)],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


def _main() -> int:
    kill_at, orders = int(sys.argv[1]), json.loads(sys.argv[2])
    world = World(Path(orders.pop("folder")))
    wanted, edges = world.wanted(orders["version"]), world.edges(orders["api_url"], orders["token"])
    announced = 0

    def say(line: str) -> None:
        nonlocal announced
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        announced += not line.startswith("plan:")
        if announced == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return publish(wanted, Edges(**{**vars(edges), "say": say}))


if __name__ == "__main__":
    sys.exit(_main())
