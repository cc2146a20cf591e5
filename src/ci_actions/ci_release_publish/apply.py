"""Edge: draft, assets, comparison, publication; each step does only what is missing, so a run that was killed is continued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ci_actions.ci_release_publish.config import Config
from ci_actions.ci_release_publish.decide import differences, mark
from ci_actions.ci_release_publish.facts import fetched, releases_of
from ci_actions.ci_release_publish.model import Bundle, Outcome, State
from ci_actions.github.releases import Release, Releases
from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.run import Edges

_TYPES = {
    ".whl": "application/zip",
    ".zip": "application/zip",
    ".gz": "application/gzip",
    "SHA256SUMS": "text/plain; charset=utf-8",
}


def apply(config: Config, outcome: Outcome, edges: Edges[Config]) -> Outcome:
    """Return what was done. Raises CannotJudge where GitHub does not hold what was built; then nothing is published."""
    if config.dry_run or outcome.causes or outcome.state is State.DONE:
        return outcome
    releases, bundle = releases_of(config, edges), outcome.facts.bundle
    steps: list[str] = []
    release = outcome.facts.release
    if release is None:
        release = releases.create_draft(bundle.tag, bundle.commit, outcome.body, prerelease=bundle.prerelease)
        # Somebody may have made one at the same moment: it is as good if it is one of this workflow, for this commit.
        if not release.body.startswith(mark(bundle.commit)):
            raise CannotJudge(
                f"Somebody else has made a release for {bundle.tag} meanwhile.", advice="Run it again."
            )
        steps.append("made a draft")
    if release.draft:
        steps += _attach(bundle, release, releases)
        _compare(bundle, release, releases)
        # Between the question and the answer the tag may have moved, and a published release cannot be taken back.
        if (now := releases.tagged(bundle.tag)) != bundle.commit:
            raise CannotJudge(
                f"The tag {bundle.tag} was moved to {(now or 'nowhere')[:12]} meanwhile: nothing is published.",
                advice="Take the next version.",
            )
        release = releases.publish(release, latest=outcome.latest)
        steps.append("published it" + (" as the latest" if outcome.latest else ""))
    else:
        _compare(bundle, release, releases)
    return replace(outcome, url=release.url, published=True, steps=tuple(steps))


def _attach(bundle: Bundle, release: Release, releases: Releases) -> Sequence[str]:
    """Attach what is missing; what an earlier run has left half-way or otherwise is replaced."""
    wanted = {each.name: each for each in bundle.files}
    right, steps = set(), []
    for asset in releases.assets(release):
        file = wanted.get(asset.name)
        if file and not list(differences((file,), (asset,), fetched((file,), (asset,), releases))):
            right.add(asset.name)
        else:
            releases.delete_asset(asset)
            steps.append(f"took {asset.name} away")
    for name, file in wanted.items():
        if name not in right:
            kind = _TYPES.get(name) or _TYPES.get(Path(name).suffix, "application/octet-stream")
            releases.upload(release, name, Path(file.path).read_bytes(), kind)
            steps.append(f"attached {name}")
    return steps


def _compare(bundle: Bundle, release: Release, releases: Releases) -> None:
    """Raise CannotJudge unless GitHub holds every file as it was built, and nothing else."""
    assets = releases.assets(release)
    if found := list(differences(bundle.files, assets, fetched(bundle.files, assets, releases))):
        raise CannotJudge(
            f"GitHub holds something else than was built: {', '.join(found)}.",
            advice="Run the failed job again.",
        )
