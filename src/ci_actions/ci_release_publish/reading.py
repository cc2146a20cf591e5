"""Pure: bytes of a `release.json` -> what it promises, or a refusal in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ci_actions.kit.untrusted import RefusedError, Value, document

#: What release.yml writes; a test holds both against each other.
SCHEMA = "ci-actions-release/1"
#: Assets of one release: https://docs.github.com/repositories/releasing-projects-on-github/about-releases
MOST = 999

_TAG = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.-]{0,30}")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:a|b|rc)?[0-9]*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: GitHub renames other signs in silence, and then it is another file: https://docs.github.com/rest/releases/assets
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, kw_only=True)
class Promised:
    """A file as it was built."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What `release.json` says."""

    tag: str
    version: str
    prerelease: bool
    commit: str
    files: tuple[Promised, ...]


def read(data: bytes) -> Promise:
    """Return what the file promises. Raises RefusedError."""
    found = document(data, "the file").fields("schema", "tag", "version", "prerelease", "commit", "files")
    found["schema"].one_of(SCHEMA)
    if not isinstance(found["prerelease"].raw, bool):
        raise found["prerelease"].refuse("must be true or false")
    made = Promise(
        tag=found["tag"].like(_TAG, 60, "a tag like v1.2.3"),
        version=found["version"].like(_VERSION, 60, "a version like 1.2.3"),
        prerelease=found["prerelease"].raw,
        commit=found["commit"].like(_COMMIT, 64, "a commit"),
        files=tuple(_file(each) for each in found["files"].items(MOST)),
    )
    names = [each.name.lower() for each in made.files]
    if len(set(names)) != len(names) or "sha256sums" in names:
        raise RefusedError("'files' must each have a name of their own, and none may be called SHA256SUMS")
    return made


def _file(value: Value) -> Promised:
    found = value.fields("name", "size", "sha256")
    return Promised(
        name=found["name"].like(_NAME, 200, "a name of letters, digits, '.', '_' and '-'"),
        size=found["size"].number(1),
        sha256=found["sha256"].like(_SHA256, 64, "a SHA-256"),
    )


def sums(files: Sequence[Promised]) -> str:
    """Return the checksums of the files, as `sha256sum --check` reads them."""
    return "".join(f"{each.sha256}  {each.name}\n" for each in files)
