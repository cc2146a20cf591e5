"""Which commit a change is compared with. Decides from the context and from what git answers.

The first that applies: the `base` input; the first parent of the merge commit that GitHub makes for a
pull request; the base of a merge group; the merge base with the base of a pull request; what was
pushed before; the merge base with the default branch. An event without a change has no base, with the
reason; a change whose base cannot be had is an error, never an empty change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ci_actions.kit.context import ZEROS, Context
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.git import Commit, Git, check_revision

#: Given base and head, the merge base that GitHub's compare API names, None when it does not answer.
#: https://docs.github.com/rest/commits/commits#compare-two-commits
Compare = Callable[[str, str], str | None]

#: How deep `deepen: auto` goes.
AUTO_DEPTH = 1000
#: The first step; each one goes four times as deep as the last. Most branches need one.
FIRST_DEPTH = 16

ADVICE = "Use actions/checkout with fetch-depth: 0, or pass base:."

_REFUSED = re.compile("not our ref|unadvertised object|couldn't find remote ref")
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, kw_only=True)
class Base:
    """What a change is compared with.

    `head` is the commit under test, None for the working tree. `how` says in one sentence how `sha` was
    found. With `patch_file` the change is in that file, and `sha` is "".
    """

    sha: str
    head: str | None
    how: str
    patch_file: Path | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NoBase:
    """There is no change to judge, and why."""

    reason: str


class _Found(NamedTuple):
    """A commit to compare with, how it was found, and what is odd about it."""

    sha: str
    how: str
    warnings: tuple[str, ...] = ()


def resolve_base(
    spec: str, deepen: str, context: Context, git: Git, compare: Compare | None = None
) -> Base | NoBase:
    """Return what to compare with for the `base` and `deepen` inputs, or why there is no change.

    Raises BadInput for inputs that cannot be meant, CannotJudge for a change whose base cannot be had.
    """
    limit = _limit(deepen)
    if spec.startswith("file:"):
        return _patch_file(spec, git)
    if spec and spec != "merge-parent":
        check_revision(spec)
    elif not spec and (reason := _without_change(context)):
        return NoBase(reason=reason)
    return _Search(context, git, limit, compare).find(spec)


def short(sha: str) -> str:
    """Return a commit as reports name it."""
    return sha[:7]


def _limit(deepen: str) -> int:
    if deepen in ("", "auto"):
        return AUTO_DEPTH
    if deepen == "never":
        return 0
    if deepen.isascii() and deepen.isdigit() and 0 < len(deepen) < 10:
        return int(deepen)
    raise BadInput(f"deepen is '{deepen}' but must be auto, never or a number of commits, like 500")


def _patch_file(spec: str, git: Git) -> Base:
    name = spec.removeprefix("file:")
    if not name:
        raise BadInput("base is 'file:' without a path; write for example file:diff.patch")
    return Base(sha="", head=None, how=f"the patch {name}", patch_file=git.directory / name)


def _without_change(context: Context) -> str:
    """Return why the event brings no change, "" when it does or when nobody knows."""
    event = context.event_name
    if not context.github or not event or context.is_pull_request or event == "merge_group":
        return ""
    if event != "push":
        return f"the event {event} brings no change"
    return f"the tag {context.ref_name} brings no change" if context.is_tag else ""


class _Search:
    """One search; remembers the commit under test and how deep it has dug."""

    def __init__(self, context: Context, git: Git, limit: int, compare: Compare | None) -> None:
        self._context = context
        self._git = git
        self._limit = limit
        self._compare = compare
        self._dug = 0
        self._why = ""
        self._here: set[str] = set()
        # act copies the working tree, with what is not committed.
        self._local = context.act or not context.github
        self._head: Commit

    def find(self, spec: str) -> Base | NoBase:
        """Return the base, or why there is no change."""
        context = self._context
        known = [context.base_sha, context.merge_group_base_sha, context.before]
        asked = [name for name in known if name and name != ZEROS]
        head, *others = self._git.commits("HEAD", "HEAD^1", *asked)
        if head is None:
            if not self._local:
                raise CannotJudge("The checkout has no commit.", advice=ADVICE)
            return NoBase(reason="nothing is committed yet")
        self._head = head
        self._here = {commit.sha for commit in others if commit}
        found = self._found(spec)
        if isinstance(found, NoBase):
            return found
        return Base(
            sha=found.sha, head=None if self._local else head.sha, how=found.how, warnings=found.warnings
        )

    def _found(self, spec: str) -> _Found | NoBase:
        context = self._context
        if spec == "merge-parent":
            return self._merge_parent()
        if spec:
            return self._given(spec)
        if context.is_pull_request:
            return self._first_parent() if self._is_test_merge() else self._pull_request()
        if context.merge_group_base_sha:
            sha = context.merge_group_base_sha
            self._need(sha)
            return _Found(sha=sha, how=f"the base {short(sha)} of the merge group")
        if context.event_name == "push" and context.before:
            return self._pushed()
        if not self._local and context.event_name:
            # The default branch may hold the commit under test already: then there would seem to be no change.
            raise self._nameless()
        return self._branch()

    # The ways, in order

    def _merge_parent(self) -> _Found:
        if len(self._head.parents) < 2:
            raise CannotJudge(
                f"base is merge-parent, but the commit under test, {short(self._head.sha)}, is no merge.",
                advice="Check out the merge commit of the pull request (the default of actions/checkout).",
            )
        return self._first_parent()

    def _given(self, spec: str) -> _Found | NoBase:
        """The `base` input: where the history under test left that commit, branch or tag."""
        sha = self._lookup(spec)
        if sha is None:
            raise CannotJudge(
                f"base is '{spec}', which names no commit here"
                + (f" and none on the remote {remote}." if (remote := self._git.remote()) else "."),
                advice="Write a branch, a tag or a full SHA that the remote has, or use fetch-depth: 0.",
            )
        self._need(sha, deep=FIRST_DEPTH)
        try:
            found = self._fork(sha, spec)
        except CannotJudge as why:
            # The commit itself is what was asked for.
            return _Found(
                sha=sha,
                how=f"the base input, {_named(spec, sha)}",
                warnings=(
                    f"Compared with {short(sha)} itself, not with where the branch left it. {why.message}",
                ),
            )
        if found.sha == self._head.sha and not self._local:
            return NoBase(reason=f"the commit under test, {short(found.sha)}, is part of the base {spec}")
        if found.sha == sha:
            return _Found(sha=sha, how=f"the base input, {_named(spec, sha)}", warnings=found.warnings)
        return found

    def _is_test_merge(self) -> bool:
        """Whether HEAD is the merge commit that GitHub made for this pull request.

        Its second parent is the head of the pull request; when that has moved on since the event, the
        message that GitHub writes tells: `Merge <head> into <base>`.
        """
        head = self._head
        if len(head.parents) != 2 or head.sha == self._context.head_sha:
            return False
        base, tip = head.parents
        return tip == self._context.head_sha or head.message.strip() == f"Merge {tip} into {base}"

    def _first_parent(self) -> _Found:
        sha = self._head.parents[0]
        if not self._has(sha):
            # The default checkout has depth 1, so the parents are named and absent: one step brings both.
            self._dig(1, self._head.sha)
            self._need(sha)
        return _Found(sha=sha, how=f"first parent {short(sha)} of the merge commit {short(self._head.sha)}")

    def _pull_request(self) -> _Found | NoBase:
        context = self._context
        name = context.base_ref or "the base branch"
        sha = context.base_sha or self._tip(context.base_ref)
        if not sha and context.act:
            return self._branch()
        if not sha:
            raise self._nameless()
        self._need(sha, deep=FIRST_DEPTH)
        found = self._fork(sha, name)
        if found.sha == self._head.sha and not context.act:
            raise CannotJudge(
                f"The checkout {short(found.sha)} is part of {name}: it holds nothing of this pull request.",
                advice="Check out its head: under pull_request_target actions/checkout takes the base.",
            )
        return found

    def _nameless(self) -> CannotJudge:
        why = f" ({self._context.note})" if self._context.note else ""
        return CannotJudge(
            f"The event {self._context.event_name} names no base commit{why}.", advice="Pass base:."
        )

    def _pushed(self) -> _Found | NoBase:
        context = self._context
        before = context.before
        if set(before) == {"0"}:
            if context.is_default_branch:
                return NoBase(reason=f"this push created the default branch {context.default_branch}")
            return self._branch()
        if before == self._head.sha:
            return NoBase(reason=f"nothing was pushed since {short(before)}")
        how = "before this forced push" if context.forced else "before this push"
        if self._had(before):
            return _Found(sha=before, how=f"{short(before)}, the tip of {context.ref_name} {how}")
        gone = f"The commit {short(before)} from {how} is gone."
        if context.is_default_branch:
            raise CannotJudge(f"{gone} {self._missing(before).message}", advice=ADVICE)
        found = self._branch()
        if isinstance(found, NoBase):
            return found
        return _Found(sha=found.sha, how=found.how, warnings=(*found.warnings, gone))

    def _branch(self) -> _Found | NoBase:
        """Where the branch under test left the default branch."""
        named = self._default()
        if named is None:
            if self._context.github and not self._context.act:
                raise CannotJudge("Cannot tell the default branch to compare with.", advice="Pass base:.")
            raise CannotJudge(
                "Cannot tell what to compare with: there is no origin/HEAD, main or master.",
                advice="Pass --base with a branch, tag or commit.",
            )
        name, sha = named
        self._need(sha, deep=FIRST_DEPTH)
        found = self._fork(sha, name)
        if found.sha != self._head.sha:
            return found
        if self._local:
            last = f"the last commit {short(found.sha)}, which {name} has too: what is not committed counts"
            return _Found(sha=found.sha, how=last, warnings=found.warnings)
        return NoBase(reason=f"the commit under test, {short(found.sha)}, is part of {name}")

    # Names

    def _default(self) -> tuple[str, str] | None:
        name = self._context.default_branch
        if name:
            sha = self._tip(name)
            return (name, sha) if sha else None
        names = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
        refs = [f"refs/{'remotes' if '/' in name else 'heads'}/{name}" for name in names]
        found = zip(names, self._git.commits(*refs), strict=True)
        return next(((name, commit.sha) for name, commit in found if commit), None)

    def _tip(self, branch: str) -> str:
        """The tip of a branch: as fetched, as it is here, or as the remote says; "" for none."""
        if not branch:
            return ""
        check_revision(branch)
        for commit in self._git.commits(f"refs/remotes/origin/{branch}", f"refs/heads/{branch}"):
            if commit:
                return commit.sha
        return self._git.remote_ref(branch) or ""

    def _lookup(self, spec: str) -> str | None:
        """The commit that the user names; a runner's clone knows few names, so the remote is asked last."""
        here, fetched = self._git.commits(spec, f"refs/remotes/origin/{spec}")
        found = here or fetched
        if found:
            return found.sha
        if _OBJECT.fullmatch(spec):
            return spec
        return self._git.remote_ref(spec)

    # History

    def _fork(self, sha: str, name: str) -> _Found:
        """The merge base of HEAD and a commit that is here, beyond doubt; deepens as long as there is any."""
        head = self._head.sha
        was_cut = self._git.is_shallow()
        for _ in self._ever_deeper(sha):
            bases = self._git.merge_bases(sha, head)
            if self._git.proves(bases, sha, head):
                return self._judged(bases, sha, name, was_cut=was_cut)
        named = self._compare(sha, head) if self._compare else None
        if named and _OBJECT.fullmatch(named) and self._had(named):
            return _Found(
                sha=named, how=f"merge base {short(named)} with {name}, as GitHub's compare API says"
            )
        raise self._missing(sha, what="where this branch left")

    def _ever_deeper(self, sha: str) -> Iterator[None]:
        """Yield once at once, and again each time that there is more history to look at."""
        yield
        target = FIRST_DEPTH
        while self._git.is_shallow() and self._dug < self._limit:
            step = min(target, self._limit) - self._dug
            target *= 4
            if step <= 0:
                continue
            if not self._dig(step, sha, self._head.sha):
                return
            yield

    def _judged(self, bases: Sequence[str], sha: str, name: str, *, was_cut: bool) -> _Found:
        if not bases:
            raise CannotJudge(
                f"The commit under test and {_named(name, sha)} have no common history.", advice="Pass base:."
            )
        base = bases[0]
        warnings = []
        named = self._compare(sha, self._head.sha) if self._compare and (was_cut or len(bases) > 1) else None
        if named and named in bases:
            base = named
        elif named:
            warnings.append(
                f"GitHub's compare API names {short(named)} as merge base with {name}, "
                f"the history here {short(base)}; the latter was taken."
            )
        elif len(bases) > 1:
            warnings.append(f"There are {len(bases)} merge bases with {name}; {short(base)} was taken.")
        how = f"merge base {short(base)} with {name}"
        return _Found(sha=base, how=how, warnings=tuple(warnings))

    # Fetching

    def _has(self, sha: str) -> bool:
        if sha not in self._here and self._git.has(sha):
            self._here.add(sha)
        return sha in self._here

    def _had(self, sha: str, deep: int = 1) -> bool:
        """Whether the commit is here, after fetching it if need be."""
        if not self._has(sha):
            self._obtain(sha, deep)
        return self._has(sha)

    def _need(self, sha: str, deep: int = 1) -> None:
        if not self._had(sha, deep):
            raise self._missing(sha)

    def _obtain(self, sha: str, deep: int) -> None:
        """Fetch one commit.

        Complete history is never cut. A shallow clone gets it together with HEAD, `deep` more than HEAD
        has commits: less could cut off what is there.
        """
        if not self._limit:
            self._why = "deepen is never"
        elif not self._git.is_shallow():
            self._why = self._git.fetch(sha)
        else:
            deep = min(deep, self._limit)
            depth = self._git.depth(self._head.sha) + deep
            self._why = self._fetch(sha, self._head.sha, depth=depth)
            self._dug = 0 if self._why else deep

    def _dig(self, step: int, *wants: str) -> bool:
        """Deepen by so many commits; return whether that worked."""
        if not self._limit:
            self._why = "deepen is never"
            return False
        self._why = self._fetch(*wants, deepen=step)
        self._dug += 0 if self._why else step
        return not self._why

    def _fetch(self, first: str, *others: str, depth: int = 0, deepen: int = 0) -> str:
        """Fetch all, or the first alone: HEAD may never have been pushed, or be forgotten by the remote."""
        why = self._git.fetch(first, *others, depth=depth, deepen=deepen)
        if others and why and _REFUSED.search(why):
            why = self._git.fetch(first, depth=depth, deepen=deepen)
        return why

    def _missing(self, sha: str, what: str = "the base commit") -> CannotJudge:
        clone = "this shallow clone" if self._git.is_shallow() else "this clone"
        dug = f" after deepening to {self._dug}" if self._dug else ""
        why = f" ({self._why})" if self._why else ""
        return CannotJudge(f"Cannot find {what} {short(sha)} in {clone}{dug}{why}.", advice=ADVICE)


def _named(name: str, sha: str) -> str:
    return short(sha) if sha.startswith(name) else f"{name} ({short(sha)})"
