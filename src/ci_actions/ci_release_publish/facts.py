"""Edge: the bundle that release.yml left, and what is on GitHub."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_actions.ci_release_publish import reading
from ci_actions.ci_release_publish.config import Config
from ci_actions.ci_release_publish.model import Bundle, Facts, File
from ci_actions.github.releases import Asset, Releases
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.run import Edges
from ci_actions.kit.untrusted import LARGEST, RefusedError


def gather(config: Config, edges: Edges[Config]) -> Facts:
    """Return what shall be released and what is there.

    Raises BadInput where there is no bundle or the token has no right, CannotJudge for a bundle that contradicts itself.
    """
    bundle = _bundle(edges.directory / config.bundle)
    context = edges.context
    releases = releases_of(config, edges)
    every = list(releases.all())
    found = [each for each in every if each.tag == bundle.tag]
    release = min(found, key=lambda each: (each.draft, each.id), default=None)
    assets = releases.assets(release) if release else ()
    return Facts(
        bundle=bundle,
        run_tag=context.ref.removeprefix("refs/tags/") if context.is_tag else "",
        run_commit=context.sha,
        tagged=releases.tagged(bundle.tag) or "",
        release=release,
        assets=assets,
        read=fetched(bundle.files, assets, releases) if release and not release.draft else {},
        others=tuple(each.tag for each in every if not (each.draft or each.prerelease)),
    )


def releases_of(config: Config, edges: Edges[Config]) -> Releases:
    """Return the releases of this run's repository."""
    return Releases(
        edges.context.repository,
        token=config.github_token,
        api_url=edges.context.api_url,
        clock=edges.clock,
    )


def fetched(files: Sequence[File], assets: Sequence[Asset], releases: Releases) -> Mapping[int, str]:
    """Return the SHA-256 of the assets of which GitHub says no digest, as older servers do: they are fetched back."""
    sizes = {each.name: each.size for each in files}
    return {
        each.id: hashlib.sha256(releases.download(each)).hexdigest()
        for each in assets
        if each.complete and not each.digest and sizes.get(each.name) == each.size
    }


def _bundle(folder: Path) -> Bundle:
    """Return the bundle in a folder, every file of it compared with what `release.json` and `SHA256SUMS` say."""
    about = folder / "release.json"
    if not about.is_file():
        raise BadInput(
            f"there is no release.json in '{folder}': release-publish.yml is a job behind release.yml, in the same run, and "
            "reads its artifact `…-release`"
        )
    try:
        with about.open("rb") as stream:
            promised = reading.read(stream.read(LARGEST + 1))
        notes = (folder / "notes.md").read_text(encoding="utf-8")
        sums = (folder / "SHA256SUMS").read_text(encoding="ascii")
    except (RefusedError, OSError, UnicodeDecodeError) as why:
        raise CannotJudge(f"The bundle cannot be read: {why}.", advice=_AGAIN) from why
    if sums != reading.sums(promised.files):
        raise CannotJudge("SHA256SUMS and release.json do not agree.", advice=_AGAIN)
    lying = sorted(each.name for each in (folder / "dist").iterdir()) if (folder / "dist").is_dir() else []
    if lying != sorted(each.name for each in promised.files):
        raise CannotJudge("The files in dist are not those that release.json names.", advice=_AGAIN)
    files = tuple(_file(folder / "dist" / each.name) for each in promised.files)
    for file, each in zip(files, promised.files, strict=True):
        if (file.size, file.sha256) != (each.size, each.sha256):
            raise CannotJudge(
                f"{each.name} is not the file that was built: its checksum differs.", advice=_AGAIN
            )
    return Bundle(
        tag=promised.tag,
        version=promised.version,
        prerelease=promised.prerelease,
        commit=promised.commit,
        notes=notes,
        files=(*files, _file(folder / "SHA256SUMS")) if files else (),
    )


_AGAIN = "Run the whole workflow again."


def _file(path: Path) -> File:
    if path.is_symlink() or not path.is_file():
        raise CannotJudge(f"{path.name} is no plain file.", advice=_AGAIN)
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(name=path.name, path=str(path), size=path.stat().st_size, sha256=digest)
