"""`ci-actions release publish`: from a tested commit of main to a release that consumers use.

A machine without memory. Every step looks at the remote and does only what is missing there, so a run that was
killed is continued by the next one, on any machine: the same commit of main makes the same release commit. The
order is what keeps `vX` safe: what it will point at is pushed, fetched back, verified and published before.

1. `release/vN-previous` and `release/vN` (branches first: GitHub lets a token without the `workflows` permission
   push a tag only while some branch tip has the same workflow files; platform §8.3)
2. the immutable tag, 3. the draft with its assets, fetched back and compared, 4. the published release,
5. `vX.Y`, then `vX`.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol, TextIO

from ci_actions.github.releases import Attachment, Release
from ci_actions.kit.errors import BadInput, CannotJudge, Exit
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.publish.github import Check, GitHub
from ci_actions.publish.lines import Version, message, out_of_line, released, trailers
from ci_actions.publish.remote import File, Refs, Remote

Say = Callable[[str], None]

SUMS = "SHA256SUMS"
#: Stands in the notes of a release that `retract` took back.
RETRACTED = "<!-- ci-actions: retracted -->"


# --- what is wanted, and what is there: values -------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What shall be released: a version, and the commit of main that it is made of."""

    version: Version
    source: str
    time: int
    branch: str = "main"
    #: Names of checks that must be there, and globs of those that do not count.
    required: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    #: The run that we are part of: its own jobs cannot be finished.
    run: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What clone, remote and GitHub say before anything is done."""

    refs: Refs
    dirty: tuple[str, ...] = ()
    on_branch: bool = True
    same_workflows: bool = True
    #: What GitHub's API names as the tip of main; another one than git's is another repository.
    api_tip: str = ""
    #: Messages of the release commits: of the version's tag, and of the line's branch tip.
    tag_message: str = ""
    tip_message: str = ""
    release: Release | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the plan, and whether an earlier run did it."""

    text: str
    done: bool


class Maker(Protocol):
    """Builds and verifies release trees."""

    def changelog(self, version: Version, previous: str) -> str:
        """Return what changed since the tag `previous` ("" for none); raises BadInput if X.Y.Z must rise more."""

    def make(self, version: Version, folder: Path) -> None:
        """Write the tree of the release into a new folder."""

    def problems(self, folder: Path, version: Version, source: str) -> Sequence[str]:
        """Return what is wrong with a release tree, nothing for a good one."""

    def attachments(self, folder: Path, commit: str) -> Sequence[Attachment]:
        """Return what is attached to the release whose commit is known now."""

    def notes(self, folder: Path, version: Version, commit: str, previous: str) -> str:
        """Return the text of the release."""


# --- decisions: pure ---------------------------------------------------------------------------


def ours(wanted: Wanted, text: str) -> bool:
    """Whether a release commit with this message is what an earlier run made of the same wish."""
    found = trailers(text)
    return (
        found.get("Release") == wanted.version.tag
        and found.get("Source-Commit", "").lower() == wanted.source.lower()
    )


def existing(wanted: Wanted, seen: Seen) -> str:
    """Return the release commit that an earlier run has pushed, "" when there is none."""
    if (at := seen.refs.tags.get(wanted.version.tag)) and ours(wanted, seen.tag_message):
        return at
    if ours(wanted, seen.tip_message):
        return seen.refs.branches.get(wanted.version.branch, "")
    return ""


def refusals(wanted: Wanted, seen: Seen) -> Iterator[str]:
    """Yield everything that forbids publishing, in the user's words; checks are judged apart."""
    tip = seen.refs.branches.get(wanted.branch, "")
    if seen.dirty:
        shown = ", ".join(seen.dirty[:10]) + (" …" if len(seen.dirty) > 10 else "")
        yield f"uncommitted: {shown}. A release is made of a commit: commit, or put them away"
    if not tip:
        yield f"the remote has no branch '{wanted.branch}'"
    elif not seen.on_branch:
        yield f"{wanted.source[:12]} is not on the remote's '{wanted.branch}': push it, and let the checks run"
    elif not seen.same_workflows:
        yield (
            f".github/workflows of {wanted.source[:12]} differs from that of {wanted.branch}'s tip {tip[:12]}: GitHub lets "
            "no token without the `workflows` permission push such files; release a newer commit"
        )
    if tip and seen.api_tip != tip:
        yield (
            f"git says that {wanted.branch} is at {tip[:12]}, GitHub's API says {seen.api_tip[:12] or 'nothing'}: are "
            "the remote and --repository the same repository?"
        )
    yield from _tag_refusals(wanted, seen)


def _tag_refusals(wanted: Wanted, seen: Seen) -> Iterator[str]:
    version, refs = wanted.version, seen.refs
    if version.tag in refs.tags and not ours(wanted, seen.tag_message):
        yield f"the tag {version.tag} exists, for another commit: a released version never changes; take the next one"
    elif version.tag not in refs.tags and (why := out_of_line(version, refs.tags)):
        yield why
    if seen.release and RETRACTED in seen.release.body:
        yield f"{version.tag} was retracted: it stays as it is, and the mended one is the next version"
    if seen.release and version.tag not in refs.tags and not seen.release.draft:
        yield f"the release {version.tag} is published, but its tag is gone: take the next version"
    for name in (version.tag, version.minor_tag, version.major_tag):
        if name in refs.branches:
            yield f"there is a branch called '{name}', like the tag: rename it, tools differ in which one they take"


def counted(wanted: Wanted, checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks that count: not those of this very run, nor those that are to be ignored."""
    return tuple(
        check
        for check in checks
        if not (wanted.run and f"/actions/runs/{wanted.run}/" in f"{check.url}/")
        and not any(fnmatch.fnmatchcase(check.name, glob) for glob in wanted.ignored)
    )


def check_problems(wanted: Wanted, checks: Sequence[Check]) -> tuple[str, ...]:
    """Return why the commit's checks are no proof; a commit without any check is not green."""
    found = counted(wanted, checks)
    problems = [f"check '{check.name}' is {check.state}: {check.url}" for check in found if not check.green]
    # Nobody may wave a gate through by skipping it.
    problems += [
        f"check '{check.name}' is {check.state}, which proves nothing: {check.url}"
        for check in found
        if check.name in wanted.required and check.green and check.state != "success"
    ]
    missing = [name for name in wanted.required if name not in {check.name for check in found}]
    problems += [f"check '{name}' did not run on {wanted.source[:12]}" for name in missing]
    if not found:
        problems.append(f"no check ran on {wanted.source[:12]}: nothing shows that it works")
    return tuple(problems)


def previous(wanted: Wanted, seen: Seen, commit: str) -> str:
    """Return the commit that `release/vN-previous` must keep, "" when it is right as it is.

    It is what `vX` points at, not the branch's tip: a tip that an unfinished or a retracted release left behind
    is nothing to go back to.
    """
    version, refs = wanted.version, seen.refs
    current = refs.tags.get(version.major_tag, "")
    if current in ("", commit) or refs.branches.get(version.previous) == current:
        return ""
    return current


def moves(wanted: Wanted, refs: Refs, commit: str) -> tuple[str, ...]:
    """Return the moving tags that must still move, `vX` last; none moves from a newer version to an older."""
    version = wanted.version
    known = {at: each for each, at in released(refs.tags).items()}
    found = []
    for name in (version.minor_tag, version.major_tag):
        at = refs.tags.get(name, "")
        if at != commit and not (at in known and known[at] > version):
            found.append(name)
    return tuple(found)


def release_before(version: Version, tags: Mapping[str, str]) -> str:
    """Return the tag of the newest release that is older, "" for the first."""
    older = max((each for each in released(tags) if each < version), default=None)
    return older.tag if older else ""


def is_latest(version: Version, tags: Mapping[str, str]) -> bool:
    """Whether no newer version is released."""
    return all(each <= version for each in released(tags))


def plan(wanted: Wanted, seen: Seen) -> tuple[Step, ...]:
    """Return the steps in their order, with those marked that are done already."""
    version, refs = wanted.version, seen.refs
    commit = existing(wanted, seen)
    has = bool(commit)
    tagged = version.tag in refs.tags
    public = bool(seen.release and not seen.release.draft)
    first = version.branch not in refs.branches
    parents = "one parent" if first else f"on top of {version.branch}"
    keep = previous(wanted, seen, commit)
    steps = [
        (f"build and verify the tree of {version.tag} from {wanted.source[:12]}", False),
        (
            f"push {version.previous}" + (f" = {keep[:12]}" if keep else " (nothing to keep, or kept)"),
            not keep,
        ),
        (f"push {version.branch} ({parents}), then fetch it back and verify it", has),
        (f"push the tag {version.tag}", tagged),
        (f"draft the release {version.tag} with its assets, and compare what GitHub holds", public),
        (f"publish the release {version.tag}", public),
    ]
    still = moves(wanted, refs, commit) if has else (version.minor_tag, version.major_tag)
    steps += [(f"move {name}", name not in still) for name in (version.minor_tag, version.major_tag)]
    return tuple(Step(text=text, done=done) for text, done in steps)


# --- the machine -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Edges:
    """All that a run touches."""

    git: Git
    remote: Remote
    github: GitHub
    maker: Maker
    say: Say
    dirt: Callable[[], tuple[str, ...]] = field(default=tuple)


def look(wanted: Wanted, edges: Edges) -> Seen:
    """Return what is there now."""
    version, refs = wanted.version, edges.remote.refs()
    names = [f"refs/heads/{wanted.branch}"] if wanted.branch in refs.branches else []
    names += [f"refs/heads/{version.branch}"] if version.branch in refs.branches else []
    names += [f"refs/tags/{version.tag}"] if version.tag in refs.tags else []
    if names:
        edges.remote.fetch(*names)
    main = refs.branches.get(wanted.branch, "")
    at, tip = refs.tags.get(version.tag, ""), refs.branches.get(version.branch, "")
    return Seen(
        refs=refs,
        dirty=edges.dirt(),
        on_branch=bool(main) and edges.remote.is_ancestor(wanted.source, main),
        same_workflows=bool(main) and edges.remote.workflows(wanted.source) == edges.remote.workflows(main),
        api_tip=edges.github.ref(f"heads/{wanted.branch}") or "",
        tag_message=_message(edges.git, at),
        tip_message=_message(edges.git, tip),
        release=edges.github.release(version.tag),
        checks=edges.github.checks(wanted.source),
    )


def _message(git: Git, commit: str) -> str:
    found = git.commits(commit)[0] if commit else None
    return found.message if found else ""


def publish(wanted: Wanted, edges: Edges, *, dry_run: bool = False) -> int:
    """Publish, or go on with what an earlier run began, and return the exit code.

    Raises BadInput for what forbids it, CannotJudge when something is not what was built, Unavailable when
    the remote or GitHub is away, refuses, or was changed by somebody else meanwhile.
    """
    say, version = edges.say, wanted.version
    seen = look(wanted, edges)
    if problems := list(refusals(wanted, seen)):
        raise BadInput(*problems)
    if problems := list(check_problems(wanted, seen.checks)):
        for problem in problems:
            say(f"not green: {problem}")
        return Exit.NOT_MET
    before = release_before(version, seen.refs.tags)
    if before:
        edges.remote.fetch_tag(before)
    edges.maker.changelog(version, before)
    steps = plan(wanted, seen)
    for step in steps:
        say(f"plan: {'done   ' if step.done else 'to do  '} {step.text}")
    if dry_run:
        return Exit.PASSED
    with tempfile.TemporaryDirectory(prefix="ci-actions-release-") as scratch:
        _perform(wanted, seen, edges, Path(scratch))
    say(f"{version.tag} is released; {version.minor_tag} and {version.major_tag} follow it")
    return Exit.PASSED


def _perform(wanted: Wanted, seen: Seen, edges: Edges, scratch: Path) -> None:
    version, say = wanted.version, edges.say
    tree = scratch / "tree"
    commit = _build(wanted, seen, edges, tree)
    if keep := previous(wanted, seen, commit):
        say(f"push: {version.previous} = {keep[:12]}")
        edges.remote.push(keep, f"refs/heads/{version.previous}")
    if not existing(wanted, seen):
        say(f"push: {version.branch} = {commit[:12]}")
        edges.remote.push(commit, f"refs/heads/{version.branch}")
    # The branch itself may be further by now; the tag is what stays.
    if version.tag not in seen.refs.tags:
        say(f"verify: {version.branch}, fetched back")
        _verify_back(wanted, edges, f"refs/heads/{version.branch}", commit, scratch / "branch")
        say(f"push: tag {version.tag}")
        tag = edges.remote.tag(version.tag, commit, _tag_message(wanted), wanted.time)
        edges.remote.push(tag, f"refs/tags/{version.tag}")
    say(f"verify: {version.tag}, fetched back")
    _verify_back(wanted, edges, f"refs/tags/{version.tag}", commit, scratch / "tag")
    _release(wanted, edges, tree, commit)
    _move(wanted, edges, commit)


def _build(wanted: Wanted, seen: Seen, edges: Edges, tree: Path) -> str:
    """Return the release commit, made here; raises when an earlier run pushed another one."""
    version, say = wanted.version, edges.say
    say(f"build: the tree of {version.tag}")
    edges.maker.make(version, tree)
    say(f"verify: the tree of {version.tag}")
    _raise(edges.maker.problems(tree, version, wanted.source), "The built tree")
    pushed = existing(wanted, seen)
    if pushed:
        parents = edges.git.parents(pushed)
    else:
        tip = seen.refs.branches.get(version.branch)
        parents = (tip, wanted.source) if tip else (wanted.source,)
        if tip and tip not in released(seen.refs.tags).values():
            say(
                f"note: {version.branch} ends in a release that was never finished; this one goes on top of it"
            )
    made = edges.remote.write_tree(tree)
    commit = edges.remote.commit(made, parents, message(version, wanted.source), wanted.time)
    _raise(list(additive_problems(edges.remote.files(wanted.source), edges.remote.files(commit))), "The tree")
    if pushed and pushed != commit:
        raise CannotJudge(
            f"An earlier run pushed {pushed[:12]} for {version.tag}; the same commit of main gives {commit[:12]} now.",
            advice="The builds differ, so neither is trusted. Release the next version.",
        )
    return commit


def additive_problems(source: Mapping[str, File], release: Mapping[str, File]) -> Iterator[str]:
    """Yield where a release has not main's files, bit for bit: a release only adds."""
    for path, file in source.items():
        if path not in release:
            yield f"{path} of main is missing"
        elif release[path] != file:
            yield f"{path} differs from main's"


def _verify_back(wanted: Wanted, edges: Edges, ref: str, commit: str, scratch: Path) -> None:
    """Raise unless the remote gives a stranger exactly the commit that was built, and that is a good release."""
    repository = scratch.with_suffix(".git")
    got, files = edges.remote.fetched_back(ref, repository)
    if got != commit:
        raise CannotJudge(f"{ref} is {got[:12]} on the remote, not {commit[:12]}, which was built.")
    if files != edges.remote.files(commit):
        raise CannotJudge(f"The files of {ref} on the remote are not those that were built.")
    edges.remote.write_out(files, scratch, cwd=repository)
    _raise(edges.maker.problems(scratch, wanted.version, wanted.source), ref)


def _tag_message(wanted: Wanted) -> str:
    return f"ci-actions {wanted.version.tag}\n\nSource-Commit: {wanted.source}\n"


def _release(wanted: Wanted, edges: Edges, tree: Path, commit: str) -> None:
    """Draft, fill, compare and publish the release of the tag."""
    version, say, github = wanted.version, edges.say, edges.github
    attachments = edges.maker.attachments(tree, commit)
    release = github.release(version.tag)
    before = release_before(version, edges.remote.refs().tags)
    if release is None:
        say(f"draft: {version.tag}")
        release = github.create_draft(version.tag, commit, edges.maker.notes(tree, version, commit, before))
    if not release.draft:
        # Compared with the build before it was published. Packed anew, with another zlib, it may be other bytes.
        say(f"verify: assets of {version.tag}, by their checksums")
        _raise(list(_sum_problems(github, release)), f"The release {version.tag}")
        return
    _attach(edges, release, attachments)
    say(f"verify: assets of {version.tag}, fetched back")
    _raise(list(_asset_problems(github, release, attachments)), f"The release {version.tag}")
    say(f"publish: {version.tag}")
    github.publish(release, latest=is_latest(version, edges.remote.refs().tags))


def _attach(edges: Edges, release: Release, attachments: Sequence[Attachment]) -> None:
    """Upload what is missing in a draft, and delete what does not belong there or is not whole."""
    wanted = {each.name: each for each in attachments}
    there = set()
    for asset in edges.github.assets(release):
        belongs = wanted.get(asset.name)
        if belongs and asset.complete and edges.github.download(asset) == belongs.content:
            there.add(asset.name)
        else:
            edges.say(f"delete: {asset.name}, which is not what belongs here")
            edges.github.delete_asset(asset)
    for each in attachments:
        if each.name not in there:
            edges.say(f"upload: {each.name} ({len(each.content)} bytes)")
            edges.github.upload(release, each.name, each.content, each.content_type)


def _asset_problems(github: GitHub, release: Release, attachments: Sequence[Attachment]) -> Iterator[str]:
    there = {asset.name: asset for asset in github.assets(release)}
    for each in attachments:
        asset = there.pop(each.name, None)
        if asset is None:
            yield f"{each.name} is missing"
        elif github.download(asset) != each.content:
            yield f"{each.name} is not what was uploaded"
    for name in there:
        yield f"{name} does not belong to it"


def _sum_problems(github: GitHub, release: Release) -> Iterator[str]:
    """Yield which assets of a published release are not what its own checksums say."""
    there = {asset.name: github.download(asset) for asset in github.assets(release)}
    lines = there.pop(SUMS, b"").decode("utf-8", "replace").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if not sums:
        yield f"{SUMS} is missing, or empty"
    for name in sorted(there.keys() | sums.keys()):
        if name not in there:
            yield f"{name} is missing"
        elif hashlib.sha256(there[name]).hexdigest() != sums.get(name):
            yield f"{name} is not what {SUMS} says"


def _move(wanted: Wanted, edges: Edges, commit: str) -> None:
    """Move `vX.Y` and then `vX`, if the release is public and what they leave is kept."""
    version, say = wanted.version, edges.say
    public = edges.github.published(version.tag)
    if public is None or public.draft:
        raise CannotJudge(f"GitHub shows no published release {version.tag}; the moving tags stay.")
    refs = edges.remote.refs()
    if refs.tags.get(version.tag) != commit:
        raise CannotJudge(f"The tag {version.tag} is not at {commit[:12]}; the moving tags stay.")
    if edges.github.ref(f"tags/{version.tag}") != refs.tag_objects[version.tag]:
        raise CannotJudge(f"GitHub's API and git do not agree about {version.tag}; the moving tags stay.")
    for name in moves(wanted, refs, commit):
        say(f"move: {name} = {commit[:12]}")
        edges.remote.move(commit, f"refs/tags/{name}", refs.tag_objects.get(name, ""))


def _raise(problems: Sequence[str], what: str) -> None:
    if problems:
        more = f" and {len(problems) - 10} more" if len(problems) > 10 else ""
        raise CannotJudge(f"{what} is not as it must be: {'; '.join(problems[:10])}{more}.")


# --- the command line --------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """Parses like every command of ours: what is wrong is BadInput, and nothing is abbreviated."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise BadInput."""
        raise BadInput(f"{self.prog}: {message}")


def parser(name: str, description: str) -> Parser:
    """Return a parser with the options that `publish` and `retract` share."""
    made = Parser(f"ci-actions release {name}", description)
    made.add_argument("--version", metavar="X.Y.Z", required=name == "publish")
    made.add_argument("--dry-run", action="store_true", help="print the plan and change nothing")
    made.add_argument("--remote", default="origin", help="name of the remote (default: origin)")
    made.add_argument(
        "--repository", metavar="OWNER/NAME", help="default: GITHUB_REPOSITORY, else the remote's"
    )
    return made


def github_of(repository: str, environ: Mapping[str, str], remote: Remote) -> GitHub:
    """Return the API of the repository that is named, of this job's, or of the remote's."""
    named = repository or environ.get("GITHUB_REPOSITORY") or remote.repository()
    token = token_of(environ)
    if not token:
        raise BadInput(
            "GITHUB_TOKEN is not set; it needs `contents: write`, `checks: read`, `statuses: read`."
        )
    api = environ.get("GITHUB_API_URL") or "https://api.github.com"
    return GitHub(named, token=token, api_url=api)


def token_of(environ: Mapping[str, str]) -> str:
    """Return the token of the job or of `gh`, "" without one."""
    return environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN") or ""


def git_of(environ: Mapping[str, str], here: Path) -> Git:
    """Return git with the token for the server."""
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return Git(Process(environ), here, token=token_of(environ), server_url=server, environ=environ)


def main(words: Sequence[str], environ: Mapping[str, str], *, here: Path, out: TextIO, err: TextIO) -> int:
    """Run `ci-actions release publish` and return its exit code; raises what `publish` raises."""
    from ci_actions.publish.making import RealMaker
    from ci_actions.publish.tree import dirt

    arguments = parser("publish", "Publish a tested commit of main as a release.")
    arguments.add_argument(
        "--main", default="main", metavar="BRANCH", help="the tested branch (default: main)"
    )
    arguments.add_argument("--check", action="append", default=[], help="name of a check that must be there")
    arguments.add_argument(
        "--ignore-check", action="append", default=[], help="glob of checks that do not count"
    )
    given = arguments.parse_args(list(words))
    git = git_of(environ, here)
    remote = Remote(git, given.remote)
    if git.is_shallow():
        raise CannotJudge(
            "This clone is shallow: a release continues history.", advice="Check out with `fetch-depth: 0`."
        )
    source = git.head()
    wanted = Wanted(
        version=Version.parse(given.version),
        source=source,
        time=git.commit_time(source),
        branch=given.main,
        required=tuple(given.check),
        ignored=tuple(given.ignore_check),
        run=environ.get("GITHUB_RUN_ID", ""),
    )
    edges = Edges(
        git=git,
        remote=remote,
        github=github_of(given.repository or "", environ, remote),
        maker=RealMaker(git, environ),
        say=saying(err),
        dirt=lambda: dirt(git),
    )
    code = publish(wanted, edges, dry_run=given.dry_run)
    if code == Exit.PASSED and not given.dry_run:
        print(wanted.version.tag, file=out)
    return code


def saying(err: TextIO) -> Say:
    """Return what prints progress, harmless in a job's log."""
    from ci_actions.kit.emit import harmless

    def say(line: str) -> None:
        print(harmless(line), file=err, flush=True)

    return say
