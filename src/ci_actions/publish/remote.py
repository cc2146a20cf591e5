"""Edge: the refs of the remote and the objects of a release, through git.

Nothing here forces a branch. A moving tag is replaced only while it is where we saw it
(https://git-scm.com/docs/git-push#Documentation/git-push.txt---force-with-leaseltrefnamegtltexpectgt).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci_actions.kit.errors import CannotJudge, CiActionsError, Unavailable
from ci_actions.kit.git import REMOTE_SECONDS, Git
from ci_actions.kit.process import Completed

#: Who makes release commits and tags: the same for everybody, so that everybody makes the same commit.
#: https://api.github.com/users/github-actions%5Bbot%5D
NAME = "github-actions[bot]"
EMAIL = "41898282+github-actions[bot]@users.noreply.github.com"

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_USER_IN_URL = re.compile(r"(?<=://)[^/\s]+@")
_REFUSED = re.compile(r"^!\t[^\t]*:(?P<ref>[^\t]*)\t(?P<why>.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Refs:
    """What the remote holds: commits by the names of branches and tags, annotated tags peeled."""

    branches: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    #: The objects that tags name themselves, which a lease compares.
    tag_objects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class File:
    """One entry of a tree, with its path."""

    mode: str
    kind: str
    sha: str


class Remote:
    """The remote that releases are pushed to, seen from one clone.

    Every method raises CannotJudge when git fails here, and Unavailable when the remote refuses or is away.
    """

    def __init__(self, git: Git, name: str = "origin") -> None:
        self._git = git
        self._name = name

    # Reading

    def refs(self) -> Refs:
        """Return what the remote holds now."""
        done = self._git.run("ls-remote", "--quiet", "--", self._name, timeout=REMOTE_SECONDS)
        if not done.ok:
            raise Unavailable(f"The remote '{self._name}' does not answer: {_words(done)}")
        return parse_refs(done.text)

    def fetch(self, *refs: str) -> None:
        """Fetch these full ref names with their history; writes no ref and no tag."""
        done = self._git.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--", self._name, *refs,
            timeout=REMOTE_SECONDS,
        )  # fmt: skip
        if not done.ok:
            raise Unavailable(f"The remote '{self._name}' gives no {' '.join(refs)}: {_words(done)}")

    def fetch_tag(self, name: str) -> None:
        """Fetch an immutable tag, and keep it in this clone under its name."""
        ref = f"refs/tags/{name}"
        done = self._git.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--", self._name, f"{ref}:{ref}",
            timeout=REMOTE_SECONDS,
        )  # fmt: skip
        if not done.ok:
            raise Unavailable(
                f"The tag {name} cannot be fetched: {_words(done)}",
                advice=f"If this clone has another {name}: git tag --delete {name}",
            )

    def repository(self) -> str:
        """Return `owner/name` as the remote's address has it, "" when it has none."""
        done = self._git.run("remote", "get-url", "--", self._name)
        found = re.search(r"[/:]([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?$", done.text.strip())
        return found[1] if found and done.ok else ""

    def fetched_back(self, ref: str, scratch: Path) -> tuple[str, dict[str, File]]:
        """Return the commit and the files of a ref as a stranger's fresh clone gets them, objects checked.

        The objects end in `scratch`, a new bare repository: nothing of this clone can stand in for them.
        """
        address = self._expect("remote", "get-url", "--", self._name).strip()
        if "://" not in address and not Path(address).is_absolute():
            address = str(self._git.root() / address)
        self._expect("init", "--quiet", "--bare", "--", str(scratch))
        done = self._git.run(
            "-c", "fetch.fsckObjects=true", "fetch", "--quiet", "--no-tags", "--depth=1", "--", address,
            f"{ref}:refs/fetched",
            cwd=scratch, timeout=REMOTE_SECONDS,
        )  # fmt: skip
        if not done.ok:
            raise Unavailable(f"{ref} cannot be fetched back from the remote: {_words(done)}")
        commit = self._expect("rev-parse", "refs/fetched^{commit}", cwd=scratch).strip()
        return commit, self.files(commit, cwd=scratch)

    def files(self, rev: str, *, cwd: Path | None = None) -> dict[str, File]:
        """Return every file of a commit or tree by path."""
        listed = self._expect("ls-tree", "-r", "-z", "--full-tree", rev, cwd=cwd)
        found = {}
        for line in listed.split("\0")[:-1]:
            head, _, path = line.partition("\t")
            mode, kind, sha = head.split(" ")
            found[path] = File(mode=mode, kind=kind, sha=sha)
        return found

    def workflows(self, commit: str) -> str:
        """Return the tree of `.github/workflows` in a commit, "" when it has none."""
        listed = self._expect("ls-tree", "-z", "--full-tree", commit, ".github/workflows")
        return listed.split("\t")[0].split(" ")[2] if listed else ""

    def write_out(self, files: Mapping[str, File], folder: Path, *, cwd: Path | None = None) -> None:
        """Write files with exactly the bytes of their objects: no attribute, no filter, no line ends."""
        asked = "".join(f"{file.sha}\n" for file in files.values()).encode("ascii")
        done = self._git.run("cat-file", "--batch", stdin=asked, cwd=cwd)
        if not done.ok:
            raise CannotJudge(f"git cat-file failed: {_words(done)}")
        at = 0
        for path, file in files.items():
            end = done.stdout.index(b"\n", at)
            size = int(done.stdout[at:end].split(b" ")[2])
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(done.stdout[end + 1 : end + 1 + size])
            target.chmod(0o755 if file.mode == "100755" else 0o644)
            at = end + 1 + size + 1

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` has `old` in its history."""
        return self._git.run("merge-base", "--is-ancestor", old, new).ok

    # Making objects

    def write_tree(self, folder: Path) -> str:
        """Return the tree object of a folder: its exact bytes, whatever `.gitattributes` and `.gitignore` say.

        Only ordinary files are taken; a symlink is refused, as Windows unpacks it as a file.
        """
        paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
        for path in paths:
            if path.is_symlink() or not path.is_file() or "\n" in path.name:
                raise CannotJudge(f"{path.relative_to(folder).as_posix()} is no ordinary file.")
        named = "".join(f"{path}\n" for path in paths).encode("utf-8", "surrogateescape")
        hashed = self._expect("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=named).split()
        entries = b"".join(
            f"{'100755' if os.access(path, os.X_OK) else '100644'} {sha}\t{path.relative_to(folder).as_posix()}".encode(
                "utf-8", "surrogateescape"
            )
            + b"\0"
            for path, sha in zip(paths, hashed, strict=True)
        )
        index = {"GIT_INDEX_FILE": str(folder.parent / f"{folder.name}.index")}
        self._expect("update-index", "-z", "--add", "--index-info", stdin=entries, env=index)
        return self._expect("write-tree", env=index).strip()

    def commit(self, tree: str, parents: Sequence[str], message: str, time: int) -> str:
        """Return the commit of a tree; the same arguments make the same commit, anywhere."""
        words = [word for parent in parents for word in ("-p", parent)]
        return self._expect(
            "commit-tree", "--no-gpg-sign", tree, *words, stdin=message.encode(), env=_signature(time)
        ).strip()

    def tag(self, name: str, commit: str, message: str, time: int) -> str:
        """Return an annotated tag object for a commit, signed if `user.signingkey` is configured.

        An unsigned one is the same wherever it is made. No ref is left.
        """
        if not self._git.run("config", "--get", "user.signingkey").text.strip():
            text = (
                f"object {commit}\ntype commit\ntag {name}\ntagger {NAME} <{EMAIL}> {time} +0000\n\n{message}"
            )
            return self._expect("mktag", stdin=text.encode()).strip()
        # git signs only what it also names: the name is taken away again, so that no clone keeps a tag that
        # nobody else has. The tagger is whoever holds the key.
        date = {"GIT_COMMITTER_DATE": f"{time} +0000"}
        self._expect("tag", "--sign", "--force", "--file=-", name, commit, stdin=message.encode(), env=date)
        try:
            return self._expect("rev-parse", f"refs/tags/{name}").strip()
        finally:
            self._git.run("tag", "--delete", name)

    # Pushing

    def push(self, commit: str, ref: str) -> None:
        """Push an object to a full ref name that is new, or that it continues; never forced."""
        self._push(f"{commit}:{ref}", ref)

    def move(self, commit: str, ref: str, expected: str) -> None:
        """Move a full ref name from the object we saw ("" for none) to another, unless it moved meanwhile."""
        self._push(f"{commit}:{ref}", ref, f"--force-with-lease={ref}:{expected}")

    def _push(self, what: str, ref: str, *options: str) -> None:
        done = self._git.run(
            "push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no", *options,
            "--", self._name, what,
            timeout=REMOTE_SECONDS,
        )  # fmt: skip
        if not done.ok:
            raise _refusal(done, ref)

    def _expect(
        self,
        *words: str,
        stdin: bytes | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        done = self._git.run(*words, stdin=stdin, cwd=cwd, env=env)
        if not done.ok:
            raise CannotJudge(f"git {words[0]} failed: {_words(done)}")
        return done.text


def parse_refs(listed: str) -> Refs:
    """Return what `git ls-remote` lists."""
    branches: dict[str, str] = {}
    peeled: dict[str, str] = {}
    objects: dict[str, str] = {}
    for line in listed.splitlines():
        sha, _, ref = line.partition("\t")
        if not _SHA.fullmatch(sha):
            continue
        if ref.startswith("refs/heads/"):
            branches[ref.removeprefix("refs/heads/")] = sha
        elif ref.startswith("refs/tags/") and ref.endswith("^{}"):
            peeled[ref.removeprefix("refs/tags/").removesuffix("^{}")] = sha
        elif ref.startswith("refs/tags/"):
            objects[ref.removeprefix("refs/tags/")] = sha
    return Refs(branches=branches, tags={**objects, **peeled}, tag_objects=objects)


def _refusal(done: Completed, ref: str) -> CiActionsError:
    found = _REFUSED.search(done.text)
    why = found["why"] if found else ""
    said = " ".join((why, _words(done))).strip()
    if any(word in why for word in ("non-fast-forward", "fetch first", "stale info", "already exists")):
        return Unavailable(
            f"{ref} has changed on the remote meanwhile ({why}).",
            advice="Somebody else is releasing. Run the same command again when they are done.",
        )
    return Unavailable(
        f"The remote refused {ref}: {said}",
        advice="If it speaks of the `workflows` permission: the workflow files of main have changed since the commit "
        "that is released; release a newer commit. Else check rulesets, and `contents: write` of the token.",
    )


def _words(done: Completed) -> str:
    """What git said, on one line, without credentials in addresses; the token is in no command line."""
    said = _USER_IN_URL.sub("***@", " ".join(done.complaint.split()))
    return said or ("no answer in time" if done.code is None else f"exit {done.code}")


def _signature(time: int) -> dict[str, str]:
    date = f"{time} +0000"
    return {
        "GIT_AUTHOR_NAME": NAME,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": NAME,
        "GIT_COMMITTER_EMAIL": EMAIL,
        "GIT_COMMITTER_DATE": date,
    }
