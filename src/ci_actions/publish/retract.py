"""`ci-actions release retract`: everybody who follows `vX` or `vX.Y` is back on the release before.

One release back, to what `release/vN-previous` keeps; the immutable tag and its release stay, marked as
retracted. The urgent part comes first: `vX` moves, then `vX.Y`, then the words. A run that was killed is
continued by the next one with the same --version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ci_actions.kit.errors import BadInput, Exit
from ci_actions.publish.github import GitHub
from ci_actions.publish.lines import Version, released, version_at
from ci_actions.publish.publishing import RETRACTED, Say, git_of, github_of, parser, saying
from ci_actions.publish.remote import Refs, Remote


@dataclass(frozen=True, kw_only=True)
class Retraction:
    """What is taken back, what takes its place, and which tags still have to move."""

    bad: Version
    bad_commit: str
    good: Version
    good_commit: str
    moves: tuple[str, ...]


def decide(refs: Refs, version: Version | None) -> Retraction:
    """Return what to do; raises BadInput, with the reason, when there is nothing to go back to.

    Without a version it is the newest release of the newest line.
    """
    known = released(refs.tags)
    bad = version or max(known, default=None)
    if bad is None or bad not in known:
        raise BadInput(f"{bad or 'nothing'} is not released: there is nothing to retract")
    good_commit = refs.branches.get(bad.previous, "")
    good = version_at(refs.tags, good_commit)
    if good is None:
        raise BadInput(
            f"{bad.tag} is the first release of its line: there is none to go back to. Publish a mended one"
        )
    current = refs.tags.get(bad.major_tag, "")
    if good >= bad or current not in (known[bad], good_commit):
        at = version_at(refs.tags, current)
        raise BadInput(
            f"{bad.major_tag} is at {at.tag if at else current[:12] or 'nothing'}, and {bad.previous} keeps {good.tag}: "
            f"{bad.tag} cannot be retracted. Only the newest release can, one back"
        )
    moves = tuple(name for name in (bad.major_tag, bad.minor_tag) if refs.tags.get(name) == known[bad])
    return Retraction(bad=bad, bad_commit=known[bad], good=good, good_commit=good_commit, moves=moves)


def advisory(retraction: Retraction, repository: str) -> str:
    """Return the text for the release, a security advisory or a message to consumers."""
    bad, good = retraction.bad, retraction.good
    return f"""{RETRACTED}
> [!WARNING]
> **{bad.tag} is retracted.** Use {good.tag}, or the release that follows this one.

### What happened

*Say in two sentences what {bad.tag} does wrong, since when, and what an attacker or a mistake can make of it.*

### Who is affected

| You use | You have now | Do |
|---|---|---|
| `@{bad.major_tag}` or `@{bad.minor_tag}` | {good.tag}, from the next job on | run again what ran on {bad.tag} |
| `@{bad.tag}` | {bad.tag}: this tag never moves | write `@{good.tag}` |
| `@{retraction.bad_commit}` | {bad.tag} | write `@{retraction.good_commit} # {good.tag}` |

### How to find it

`git grep -nE '{repository}/.*@({retraction.bad_commit}|{bad.tag.replace(".", "[.]")})'` in every repository that uses it.
"""


def retract(
    retraction: Retraction, remote: Remote, refs: Refs, github: GitHub | None, text: str, say: Say
) -> None:
    """Move the tags back and mark the release; what is done already is not done again.

    Raises Unavailable when a tag moved meanwhile, or when the remote or GitHub refuses.
    """
    for name in retraction.moves:
        say(f"move: {name} = {retraction.good_commit[:12]} ({retraction.good.tag})")
        remote.move(retraction.good_commit, f"refs/tags/{name}", refs.tag_objects[name])
    if github is None:
        say("note: without GITHUB_TOKEN the release is not marked; put the advisory there by hand")
        return
    release = github.published(retraction.bad.tag)
    if release and RETRACTED not in release.body:
        say(f"mark: the release {retraction.bad.tag}")
        github.describe(
            release, title=f"{retraction.bad.tag} (retracted)", body=f"{text}\n---\n\n{release.body}"
        )
    good = github.published(retraction.good.tag)
    if good and retraction.good == _newest_but(refs, retraction.bad):
        say(f"mark: {retraction.good.tag} as the latest release")
        github.make_latest(good)


def _newest_but(refs: Refs, bad: Version) -> Version | None:
    return max((version for version in released(refs.tags) if version != bad), default=None)


def main(words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO) -> int:
    """Run `ci-actions release retract`, print the advisory, and return the exit code.

    Raises BadInput when there is nothing to go back to, Unavailable when the remote or GitHub refuses.
    """
    arguments = parser("retract", "Move vX and vX.Y back to the release before.")
    arguments.add_argument(
        "--advisory", metavar="FILE", help="write the advisory there, not to standard output"
    )
    given = arguments.parse_args(list(words))
    say: Callable[[str], None] = saying(err)
    remote = Remote(git_of(environ, here), given.remote)
    refs = remote.refs()
    retraction = decide(refs, Version.parse(given.version) if given.version else None)
    repository = (
        given.repository or environ.get("GITHUB_REPOSITORY") or remote.repository() or "org/ci-actions"
    )
    text = advisory(retraction, repository)
    say(
        f"plan: {retraction.bad.tag} is retracted, {retraction.good.tag} ({retraction.good_commit[:12]}) takes its place"
    )
    for name in (retraction.bad.major_tag, retraction.bad.minor_tag):
        say(f"plan: {'to do  ' if name in retraction.moves else 'done   '} move {name}")
    if not given.dry_run:
        with_token = bool(environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN"))
        github = github_of(given.repository or "", environ, remote) if with_token else None
        # A tag can only be moved to a commit that is here.
        remote.fetch(f"refs/heads/{retraction.bad.previous}")
        retract(retraction, remote, refs, github, text, say)
    if given.advisory:
        (here / given.advisory).write_text(text, encoding="utf-8")
    else:
        print(text, file=out)
    return Exit.PASSED
