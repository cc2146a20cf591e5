"""Pure: versions, and the names that a release line has on the remote (design §6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ci_actions.kit.errors import BadInput

_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
_TRAILER = re.compile(r"^(?P<name>Release|Source-Commit): (?P<value>\S+)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Version:
    """A version of the whole set, and the names that follow from it."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the version that a text names; raises BadInput for everything but X.Y.Z.

        Pre-releases are not published: whoever wants to try main pins a commit of it.
        """
        found = _VERSION.fullmatch(text)
        if not found:
            raise BadInput(f"'{text}' is no version to release; write X.Y.Z, for example '1.2.0'.")
        return cls(*(int(part) for part in found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """The tag that never moves."""
        return f"v{self}"

    @property
    def minor_tag(self) -> str:
        """The tag that follows the newest patch of a minor version."""
        return f"v{self.major}.{self.minor}"

    @property
    def major_tag(self) -> str:
        """The tag that follows the newest release of a major version."""
        return f"v{self.major}"

    @property
    def branch(self) -> str:
        """The branch of the line. Not called like a tag: tools differ in which of the two they take."""
        return f"release/v{self.major}"

    @property
    def previous(self) -> str:
        """The branch that keeps the release before the newest: its workflow files stay on a branch tip."""
        return f"release/v{self.major}-previous"


def released(tags: Mapping[str, str]) -> dict[Version, str]:
    """Return the versions among the tags, oldest first, with their commits."""
    found = {}
    for name, commit in tags.items():
        if name.startswith("v") and _VERSION.fullmatch(name[1:]):
            found[Version.parse(name[1:])] = commit
    return dict(sorted(found.items()))


def version_at(tags: Mapping[str, str], commit: str) -> Version | None:
    """Return the newest version whose tag is at a commit, None when there is none."""
    return max((version for version, at in released(tags).items() if at == commit), default=None)


def out_of_line(version: Version, tags: Mapping[str, str]) -> str:
    """Return why a new version cannot follow those that are released, "" when it can."""
    known = released(tags)
    same = [each for each in known if each.major == version.major]
    if same:
        newest = max(same)
        if version < newest:
            return f"{version} is older than {newest}, which is released: a line only goes on"
        return ""
    if known and version != Version(max(known).major + 1, 0, 0):
        return f"{version} begins a new line; after {max(known)} the next one begins with {max(known).major + 1}.0.0"
    return ""


def message(version: Version, source: str) -> str:
    """Return the message of a release commit; its trailers say what it is, to people and to `publish`."""
    return (
        f"release: {version.tag}\n\n"
        f"The tree of {source} and what is generated from it.\n\n"
        f"Release: {version.tag}\nSource-Commit: {source}\n"
    )


def trailers(text: str) -> Mapping[str, str]:
    """Return `Release` and `Source-Commit` of a release commit's last paragraph, nothing for another commit."""
    return {found["name"]: found["value"] for found in _TRAILER.finditer(text.rstrip().rpartition("\n\n")[2])}
