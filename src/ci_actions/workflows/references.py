"""What stands behind `uses:`, taken apart.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsuses
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_REMOTE = re.compile(
    r"(?P<owner>[A-Za-z0-9][A-Za-z0-9-]*)/(?P<name>[A-Za-z0-9._-]+)(?P<path>/[^@\s]*)?@(?P<ref>[^@\s]+)"
)
_FULL_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_WORKFLOW = re.compile(r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$")


@dataclass(frozen=True)
class Local:
    """`./x`: of a step in the workspace, of a job in the repository of the workflow that says it."""

    path: str


@dataclass(frozen=True)
class Same:
    """`$/x`: the repository that the line stands in, at the commit that runs."""

    path: str


@dataclass(frozen=True)
class Remote:
    """`owner/name/path@ref`; `path` is empty for the root."""

    owner: str
    name: str
    path: str
    ref: str

    @property
    def repository(self) -> str:
        """`owner/name`, as it is written."""
        return f"{self.owner}/{self.name}"

    @property
    def pinned(self) -> bool:
        """Whether it names a full commit, which nobody can move."""
        return _FULL_SHA.fullmatch(self.ref) is not None

    def is_in(self, repository: str) -> bool:
        """Whether it means this repository; GitHub ignores case."""
        return self.repository.casefold() == repository.casefold()


@dataclass(frozen=True)
class Image:
    """`docker://image`."""

    name: str


Reference = Local | Same | Remote | Image


def parse(text: str) -> Reference | None:
    """Return what a `uses:` names, None for what GitHub does not understand (an expression, a ref that is missing)."""
    text = text.strip()
    if "${{" in text:
        return None
    if text.startswith("docker://"):
        return Image(text.removeprefix("docker://")) if text != "docker://" else None
    if text.startswith("$/"):
        # "It must not include an @{ref} suffix": it is this commit.
        return None if "@" in text else Same(text[2:].strip("/"))
    if text == "." or text.startswith("./"):
        return Local(text[2:].strip("/"))
    if found := _REMOTE.fullmatch(text):
        return Remote(found["owner"], found["name"], (found["path"] or "").strip("/"), found["ref"])
    return None


def is_workflow(path: str) -> bool:
    """Whether a path below a repository is that of a workflow; elsewhere GitHub finds none."""
    return _WORKFLOW.search(path) is not None
