"""Whether a tree is the release it says it is: every byte of it is main's, a door's, the lock's, or `release.json`'s.

`release.json` names every file with its digest, and is itself what can be made again from the tree. So a
changed file is named at once; whoever changes file and manifest together is found out by the id of main's
tree, by main itself (`against`), and by the lock built anew (`vendor`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci_actions.publish import tree
from ci_actions.publish.tree import EXECUTABLE, PLAIN, RELEASE, VENDOR, File, Files, Source


@dataclass(frozen=True, order=True)
class Problem:
    """One way in which a tree is not the release it says it is."""

    path: str
    text: str

    def __str__(self) -> str:
        """Path and text, as they are printed."""
        return f"{self.path}: {self.text}"


@dataclass(frozen=True)
class Claim:
    """What a `release.json` says."""

    version: str
    commit: str
    time: int
    tree: str
    doors: tuple[str, ...]
    files: Mapping[str, str]


class Unreadable(ValueError):
    """A `release.json` that is none; the text says why."""


def read_claim(data: bytes) -> Claim:
    """Return what a `release.json` says. Raises Unreadable."""
    try:
        made: Any = json.loads(data)
        if made["schema"] != tree.SCHEMA:
            raise Unreadable(f"has schema {made['schema']}, which this version does not know")
        return Claim(
            str(made["version"]),
            str(made["commit"]),
            int(made["time"]),
            str(made["tree"]),
            tuple(map(str, made["doors"])),
            {str(path): str(digest) for path, digest in made["files"].items()},
        )
    except (KeyError, TypeError, AttributeError, ValueError) as why:
        if isinstance(why, Unreadable):
            raise
        raise Unreadable(f"is no manifest of a release ({why})") from why


def problems(
    files: Files, *, against: Source | None = None, vendor: Files | None = None
) -> tuple[Problem, ...]:
    """Return everything that is wrong with a released tree, by path; nothing for a good one.

    `against` is the commit of main that it must be made of, `vendor` what its lock installs, built anew.
    """
    if RELEASE not in files:
        return (Problem(RELEASE, "is missing: this is not a released tree"),)
    try:
        claim = read_claim(files[RELEASE].data)
    except Unreadable as why:
        return (Problem(RELEASE, str(why)),)
    absent = left_out(files, claim)
    unlisted = tuple(_listed(files, claim, absent))
    found = [
        *unlisted,
        *_shape(files, claim),
        *_doors(files, claim),
        # A file that was named already makes another tree, of course.
        *(_claimed(files, claim) if not absent and not unlisted else ()),
        *(_source(files, claim, against, absent) if against else ()),
        *(_vendor(files, vendor) if vendor is not None else ()),
    ]
    return tuple(sorted(set(found)))


def left_out(files: Files, claim: Claim) -> frozenset[str]:
    """Return the names in the root that an archive leaves out, and that are missing from the tree altogether.

    They are no part of what runs; all the rest of an archive can be verified without them.
    """
    present = {path.split("/", 1)[0] for path in files}
    listed = {path.split("/", 1)[0] for path in claim.files}
    return frozenset(tree.export_ignored(files) & listed) - present


def _listed(files: Files, claim: Claim, absent: frozenset[str]) -> Iterator[Problem]:
    """Every file is listed, every listed one is there, and has the digest and the mode that is listed."""
    for path in claim.files.keys() - files.keys():
        if path.split("/", 1)[0] not in absent:
            yield Problem(path, f"is missing; {RELEASE} names it")
    for path, file in files.items():
        if path == RELEASE:
            continue
        digest, _, mode = claim.files.get(path, "").partition(" ")
        if not digest:
            yield Problem(path, f"is not part of the release, says {RELEASE}")
        elif digest != file.sha256:
            yield Problem(path, f"has other content than {RELEASE} says")
        elif file.mode in (PLAIN, EXECUTABLE) and file.mode != (mode or PLAIN):
            yield Problem(path, f"has mode {file.mode}; {RELEASE} says {mode or PLAIN}")


def _shape(files: Files, claim: Claim) -> Iterator[Problem]:
    """What no release may hold, whatever its manifest says."""
    for path, file in files.items():
        for text in tree.content_problems({path: file}):
            yield Problem(path, text.removeprefix(f"{path} "))
    for text in tree.portability_problems(files):
        yield Problem(text.split(" ", 1)[0], text)
    for text in tree.version_problems(claim.version):
        yield Problem(RELEASE, text)
    foreign = {path for path in claim.files if not _harmless(path)}
    for path in foreign:
        yield Problem(RELEASE, f"names a path outside the tree: {path}")


def _harmless(path: str) -> bool:
    return not path.startswith("/") and not {"", ".", ".."} & set(path.split("/"))


def _doors(files: Files, claim: Claim) -> Iterator[Problem]:
    """Exactly one door per public action, byte for byte."""
    public = tree.public_actions(files)
    if public != claim.doors:
        yield Problem(RELEASE, f"names the actions {', '.join(claim.doors)}; there are {', '.join(public)}")
    expected = tree.door_files(files, public)
    actual = {path: file for path, file in files.items() if path.split("/", 1)[0] in public}
    for path in expected.keys() ^ actual.keys():
        yield Problem(path, "is missing" if path in expected else f"has no counterpart below {tree.ACTIONS}/")
    for path in expected.keys() & actual.keys():
        if not same(expected[path], actual[path]):
            yield Problem(path, f"differs from {tree.ACTIONS}/{path}")


def _claimed(files: Files, claim: Claim) -> Iterator[Problem]:
    """The manifest is the one that this tree gives, byte for byte, and main's tree has the id it names."""
    source = Source(claim.commit, claim.time, _sources(files, claim.doors))
    if tree.tree_id(source.files) != claim.tree:
        yield Problem(
            RELEASE, f"says that main's tree is {claim.tree}; without what was generated this is another"
        )
    elif files[RELEASE].data != tree.manifest(claim.version, source, files, claim.doors):
        yield Problem(RELEASE, "is not what this tree gives")


def _source(files: Files, claim: Claim, main: Source, absent: frozenset[str]) -> Iterator[Problem]:
    """Without what was generated, the tree is main's."""
    if claim.commit != main.commit:
        yield Problem(RELEASE, f"was made of commit {claim.commit}, not of {main.commit}")
    if claim.time != main.time:
        yield Problem(RELEASE, f"says that its commit was made at {claim.time}, not at {main.time}")
    expected = {path: file for path, file in main.files.items() if path.split("/", 1)[0] not in absent}
    yield from _differences(_sources(files, claim.doors), expected, "main's commit")


def _vendor(files: Files, built: Files) -> Iterator[Problem]:
    """The dependencies are those that the lock installs."""
    actual = {path: file for path, file in files.items() if path.startswith(f"{VENDOR}/")}
    yield from _differences(actual, built, "what the lock installs")


def _differences(actual: Files, expected: Files, whose: str) -> Iterator[Problem]:
    for path in expected.keys() - actual.keys():
        yield Problem(path, f"is missing, but is in {whose}")
    for path in actual.keys() - expected.keys():
        yield Problem(path, f"is not in {whose}")
    for path in actual.keys() & expected.keys():
        if not same(actual[path], expected[path]):
            yield Problem(path, f"differs from {whose}")


def _sources(files: Files, doors: Iterable[str]) -> dict[str, File]:
    named = tuple(doors)
    return {path: file for path, file in files.items() if not tree.is_generated(path, named)}


def same(one: File, other: File) -> bool:
    """Whether two files have the same bytes and mode."""
    return one.data == other.data and one.mode == other.mode


def commit_named_by(files: Files) -> str:
    """Return the commit of main that a released tree names, "" when it names none."""
    try:
        return read_claim(files[RELEASE].data).commit
    except (KeyError, Unreadable):
        return ""


def conclusion(
    what: str, files: Files, found: Iterable[Problem], main: Source | None, *, rebuilt: bool
) -> str:
    """Return the last line of a verification: the verdict, and what it stands on."""
    if count := len(tuple(found)):
        return f"{what} is not a release as it was made: {count} problem{'s' if count > 1 else ''}"
    claim = read_claim(files[RELEASE].data)
    compared = f"main's {main.commit[:12]}" if main else "its own manifest (--against compares with main)"
    vendor = "and with the lock, built anew" if rebuilt else "not with the lock (--rebuild)"
    absent = ", ".join(sorted(left_out(files, claim)))
    without = f"; without {absent}, which archives leave out" if absent else ""
    return f"{what} is {claim.version}: {len(files)} files compared with {compared}, {vendor}{without}"
