"""Copies of a tree for tools that do not know `$/` yet (design §6): act and GitHub Enterprise Server, and actionlint.

`$/` is "this repository, this commit"; only `uses:` of workflows and actions holds it.
Whoever reads a tree like this tests the same jobs and steps, but not that `$/` itself resolves.
"""

from __future__ import annotations

import re

from ci_actions.kit.errors import BadInput
from ci_actions.publish.tree import File, Files

REPOSITORY = "org/ci-actions"
_WORKFLOWS = ".github/workflows/"
#: A step's or job's `uses: $/path`, quoted or not; what stands before and behind it stays.
_USES = re.compile(
    rb"""(?m)^(?P<before>[ \t]*(?:-[ \t]+)?uses:[ \t]*(?P<quote>["']?))\$/(?P<path>[^\s"'@#]+)"""
)
#: What act takes for a ref in `--local-repository org/ci-actions@REF`.
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def for_act(files: Files, ref: str, repository: str = REPOSITORY) -> Files:
    """Return the tree with `uses: $/x` as `uses: org/ci-actions/x@REF`. Raises BadInput for what is no ref."""
    if not _REF.fullmatch(ref) or ".." in ref:
        raise BadInput(f"ref '{ref}' is no name of a tag or branch, like v1")
    return _rewritten(files, f"{repository}/".encode(), f"@{ref}".encode())


def for_actionlint(files: Files) -> Files:
    """Return the tree with `uses: $/x` as `uses: ./x`, which actionlint looks into."""
    return _rewritten(files, b"./", b"")


def changed(before: Files, after: Files) -> int:
    """Return how many files of one tree have other content in another."""
    return sum(path in after and after[path].data != file.data for path, file in before.items())


def _rewritten(files: Files, start: bytes, end: bytes) -> Files:
    def replacement(found: re.Match[bytes]) -> bytes:
        return found["before"] + start + found["path"] + end

    return {
        path: File(_USES.sub(replacement, file.data), file.mode) if _may_use(path) else file
        for path, file in files.items()
    }


def _may_use(path: str) -> bool:
    """Whether a file is a workflow or an action."""
    if path.startswith(_WORKFLOWS):
        return path.endswith((".yml", ".yaml"))
    return path.rpartition("/")[2] in ("action.yml", "action.yaml")
