"""Which version comes next: the larger of what the commit messages say and what the contract's change demands.

The release before is a tag; its tree says of which commit of main it was made (`release.json`), and that commit,
not the tag's own, is where the new commits begin: releases are on a branch of their own (design §6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Git
from ci_actions.publish import commits, contract, tree, verify
from ci_actions.publish.commits import Change as Commit
from ci_actions.publish.commits import Level
from ci_actions.publish.contract import Change, Contract

FIRST = "1.0.0"
_TAG = re.compile(r"v((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))")
#: Headings of https://keepachangelog.com/en/1.1.0/, in its order, and the types of commits below them.
SECTIONS = {
    "Added": ("feat",),
    "Changed": ("perf",),
    "Fixed": ("fix",),
    "Removed": ("revert",),
    "Security": ("security",),
}


@dataclass(frozen=True)
class Previous:
    """The release before: its tag, its version, and the commit of main that it was made of."""

    tag: str
    version: str
    source: str


@dataclass(frozen=True)
class Reason:
    """Why the version rises: what it raises, and the commit or the change of the contract that does it."""

    level: Level
    text: str


@dataclass(frozen=True)
class Planned:
    """The next release: `level` is what its version raises, `changelog` its section."""

    version: str
    level: Level
    previous: Previous | None
    commit: str
    reasons: tuple[Reason, ...]
    changelog: str

    def text(self) -> str:
        """Return what the command prints."""
        before = f"{self.previous.tag} -> " if self.previous else "the first release: "
        lines = [f"{before}{self.version} ({self.level.word}), of {self.commit[:12]}", ""]
        lines += [f"  {reason.level.word:<6} {reason.text}" for reason in self.reasons]
        return "\n".join([*lines, "", self.changelog.rstrip("\n")])

    def as_json(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "version": self.version,
            "level": self.level.word,
            "previous": self.previous.tag if self.previous else None,
            "commit": self.commit,
            "reasons": [{"level": each.level.word, "text": each.text} for each in self.reasons],
            "changelog": self.changelog,
        }


# --- pure --------------------------------------------------------------------------------------


def decide(
    *,
    previous: Previous | None,
    commit: str,
    time: int,
    changes: Sequence[Commit],
    old: Contract,
    new: Contract,
    asked: str = "",
) -> Planned:
    """Return the plan for a commit. `changes` are the commits since the release before, the newest first.

    Raises BadInput when nothing has changed, and when `asked` is less than what has to be.
    """
    if previous is None:
        version, level = asked or FIRST, Level.MAJOR
        reasons: tuple[Reason, ...] = (Reason(level, "no release before this one"),)
    else:
        if not changes:
            raise BadInput(f"nothing to release: {commit[:12]} was released as {previous.tag}")
        reasons = tuple(sorted(_reasons(changes, contract.compare(old, new)), key=lambda each: -each.level))
        level = max([Level.PATCH, *(each.level for each in reasons)])
        version = asked or raised(previous.version, level)
        _refuse_less(asked, raised(previous.version, level), reasons)
    if problems := list(tree.version_problems(version)):
        raise BadInput(*problems)
    return Planned(version, level, previous, commit, reasons, changelog(version, time, changes, reasons))


def raised(version: str, level: Level) -> str:
    """Return the next version after one."""
    major, minor, patch = map(int, version.split("."))
    if level is Level.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level is Level.MINOR else f"{major}.{minor}.{patch + 1}"


def order(version: str) -> tuple[Any, ...]:
    """Return the key that sorts versions as https://semver.org/#spec-item-11 does."""
    numbers, _, extra = version.partition("-")
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in extra.split(".") if part]
    return (*map(int, numbers.split(".")), not extra, parts)


def changelog(version: str, time: int, changes: Sequence[Commit], reasons: Iterable[Reason] = ()) -> str:
    """Return the section of a version, in the form of Keep a Changelog, oldest change first."""
    said = [each.said for each in reversed(commits.without_reverted(changes)) if each.said]
    day = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")
    lines = [f"## [{version}] - {day}"]
    breaking = [each for each in said if each.breaking]
    spoken = {_line(each) for each in breaking}
    # A change of the contract that no message confesses is said here all the same.
    silent = [each.text for each in reasons if each.level is Level.MAJOR and each.text.startswith(_CONTRACT)]
    if breaking or silent:
        lines += ["", "### Breaking", ""]
        lines += [f"- {_line(each)}{_what_breaks(each)}" for each in breaking]
        lines += [f"- {text.removeprefix(_CONTRACT)}" for text in silent]
    for heading, types in SECTIONS.items():
        entries = [_line(each) for each in said if each.type in types and _line(each) not in spoken]
        if entries:
            lines += ["", f"### {heading}", "", *(f"- {entry}" for entry in dict.fromkeys(entries))]
    if len(lines) == 1:
        lines += ["", "### Changed", "", "- Nothing that a consumer would notice."]
    return "\n".join(lines) + "\n"


_CONTRACT = "contract: "


def _reasons(changes: Sequence[Commit], differences: Iterable[Change]) -> Iterator[Reason]:
    for change in commits.without_reverted(changes):
        if change.said and change.said.level > Level.NONE:
            yield Reason(change.said.level, f"commit {change.sha[:12]}: {_header(change.said)}")
    for difference in differences:
        yield Reason(difference.level, f"{_CONTRACT}{difference.text}")


def _refuse_less(asked: str, needed: str, reasons: Sequence[Reason]) -> None:
    if not asked or list(tree.version_problems(asked)):
        return
    # 2.0.0-rc.1 is a candidate for what 2.0.0 may hold.
    if order(asked.partition("-")[0]) < order(needed):
        why = reasons[0].text if reasons else "something has changed"
        raise BadInput(f"version {asked} is too small: {needed} is the least, for {why}")


def _header(said: commits.Conventional) -> str:
    scope = f"({said.scope})" if said.scope else ""
    return f"{said.type}{scope}{'!' if said.breaking else ''}: {said.subject}"


def _line(said: commits.Conventional) -> str:
    scope = f"`{said.scope}`: " if said.scope else ""
    return f"{scope}{said.subject}"


def _what_breaks(said: commits.Conventional) -> str:
    return "" if said.breaking == said.subject else f". {said.breaking}"


# --- reading -----------------------------------------------------------------------------------


def plan(git: Git, *, commit: str = "HEAD", previous: str = "", version: str = "") -> Planned:
    """Return the plan for a commit of this repository.

    Raises CannotJudge for a revision that is not here or a tree that cannot be read, BadInput as `decide` does.
    """
    source = tree.read_commit(git, commit)
    before = _named(git, previous) if previous else newest(git, source.commit)
    return decide(
        previous=before,
        commit=source.commit,
        time=source.time,
        changes=tuple(history(git, before.source if before else "", source.commit)),
        old=contract.read(tree.read_files(git, before.tag)) if before else Contract(),
        new=contract.read(source.files),
        asked=version,
    )


def newest(git: Git, commit: str) -> Previous | None:
    """Return the newest release whose commit of main is an ancestor of this one; candidates do not count."""
    listed = git.run("tag", "--list", "v*")
    if not listed.ok:
        raise CannotJudge(f"git tag failed: {listed.complaint}")
    versions = [found[1] for tag in listed.text.split("\n") if (found := _TAG.fullmatch(tag))]
    for version in sorted(versions, key=order, reverse=True):
        found_release = _named(git, f"v{version}")
        if git.run("merge-base", "--is-ancestor", found_release.source, commit).ok:
            return found_release
    return None


def history(git: Git, since: str, commit: str) -> Iterator[Commit]:
    """Yield the commits that a release adds, the newest first; merges say nothing of their own."""
    span = f"{since}..{commit}" if since else commit
    done = git.run("log", "--no-merges", "-z", "--format=%H%n%B", span, "--")
    if not done.ok:
        raise CannotJudge(f"git log {span} failed: {done.complaint}")
    for record in filter(None, done.text.split("\0")):
        sha, _, message = record.partition("\n")
        yield Commit(sha, commits.parse(message))


def _named(git: Git, tag: str) -> Previous:
    """Return what a tag released. A tag without `release.json` is of main itself."""
    found = _TAG.fullmatch(tag)
    if not found:
        raise BadInput(f"'{tag}' is no tag of a release, like v1.2.3")
    sha = git.resolve(tag)
    if sha is None:
        raise CannotJudge(f"the tag {tag} is not here.", advice="Fetch it: git fetch --tags")
    about = git.show(tag, tree.RELEASE)
    source = verify.read_claim(about).commit if about else sha
    if git.resolve(source) is None:
        raise CannotJudge(
            f"{tag} was made of {source}, which is not here.", advice="Fetch main with its history."
        )
    return Previous(tag, found[1], source)
