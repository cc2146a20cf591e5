"""Pure: facts -> what is still to be done on GitHub, or why nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ci_actions.ci_release_publish.config import Config
from ci_actions.ci_release_publish.model import Cause, Facts, File, Outcome, State
from ci_actions.github.releases import Asset
from ci_actions.kit.errors import Exit


def decide(_: Config, facts: Facts) -> Outcome:
    """Return how far the release is; every reason against publishing is named at once."""
    bundle, release = facts.bundle, facts.release
    if causes := tuple(_of_tag(facts)):
        return Outcome(facts=facts, causes=causes)
    body = f"{mark(bundle.commit)}\n\n{bundle.notes}"
    outcome = Outcome(facts=facts, body=body, latest=is_latest(facts))
    if release is None:
        return outcome
    if release.draft:
        if release.body.startswith(mark(bundle.commit)):
            return Outcome(facts=facts, state=State.BEGUN, body=body, latest=outcome.latest)
        return Outcome(facts=facts, causes=(_foreign(bundle.tag, release.url),))
    differing = tuple(differences(bundle.files, facts.assets, facts.read))
    if differing:
        return Outcome(facts=facts, causes=(_other(bundle.tag, differing),), url=release.url)
    return Outcome(facts=facts, state=State.DONE, url=release.url, published=True)


def mark(commit: str) -> str:
    """Return the hidden first line of the releases that are ours: a draft of somebody else's is not touched."""
    return f"<!-- ci-actions:release {commit} -->"


def is_latest(facts: Facts) -> bool:
    """Whether this is the highest version of all that are no pre-releases; tags of another form do not count."""
    from packaging.version import InvalidVersion, Version

    if facts.bundle.prerelease:
        return False
    own = Version(facts.bundle.version)
    for tag in facts.others:
        try:
            if Version(tag) > own:
                return False
        except InvalidVersion:
            continue
    return True


def differences(files: Sequence[File], assets: Sequence[Asset], read: Mapping[int, str]) -> Iterator[str]:
    """Yield what is attached and should not be, or should be and is not.

    `read` has the SHA-256 of the assets that were fetched back, as GitHub says no digest of them.
    """
    wanted = {each.name: each for each in files}
    there = {each.name: each for each in assets}
    yield from (f"{name} is missing" for name in wanted if name not in there)
    yield from (f"{name} was not built here" for name in there if name not in wanted)
    for name, file in wanted.items():
        if asset := there.get(name):
            if not asset.complete:
                yield f"{name} is not whole"
            elif asset.size != file.size:
                yield f"{name} has {asset.size:,} bytes and not {file.size:,}"
            elif _digest(asset, read) != file.sha256:
                yield f"{name} has another content"


def _digest(asset: Asset, read: Mapping[int, str]) -> str:
    """Return the SHA-256 of an asset."""
    return read.get(asset.id, asset.digest.removeprefix("sha256:"))


def _of_tag(facts: Facts) -> Iterator[Cause]:
    bundle = facts.bundle
    if (facts.run_tag and facts.run_tag != bundle.tag) or facts.run_commit != bundle.commit:
        yield Cause(
            code=Exit.BAD_INPUT,
            text=f"The bundle is of {bundle.tag} at {bundle.commit[:12]}, and this run is for {facts.run_tag or 'no tag'} at "
            f"{facts.run_commit[:12]}.",
            advice="Call release.yml and release-publish.yml in one run, which is for the tag.",
        )
    if not facts.tagged:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"There is no tag {bundle.tag} any more.",
            advice="Push it again where it was, or take the next version: GitHub would make a tag of its own.",
        )
    elif facts.tagged != bundle.commit:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"The tag {bundle.tag} is on {facts.tagged[:12]} now, and {bundle.commit[:12]} was built.",
            advice="A tag of a release never moves: take the next version.",
        )


def _foreign(tag: str, url: str) -> Cause:
    return Cause(
        code=Exit.NOT_MET,
        text=f"There is a draft for {tag} that this workflow has not made for this commit: {url}",
        advice="Delete it, and run the failed job again.",
    )


def _other(tag: str, differing: Sequence[str]) -> Cause:
    more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
    return Cause(
        code=Exit.NOT_MET,
        text=f"{tag} is published, with other files: {', '.join(differing[:5])}{more}.",
        advice="What is published never changes: take the next version.",
    )
