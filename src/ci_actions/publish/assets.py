"""What is attached to a release: archive, wheel, SBOM, provenance and checksums, all made of its tree alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.process import Process
from ci_actions.publish import provenance, sbom, tree, verify, wheel
from ci_actions.publish.tree import Files, Release

SUMS = "SHA256SUMS"
#: A release whose archive is larger is refused: every job of every consumer downloads it.
LARGEST_ARCHIVE = 3_000_000


def make(files: Files, process: Process, python: str, commit: str = "") -> dict[str, bytes]:
    """Return the attachments of a released tree by name; `commit` is its commit, once there is one.

    Raises CannotJudge for a tree that is no release, or too large; else what `wheel.build` raises.
    """
    try:
        claim = verify.read_claim(files[tree.RELEASE].data)
    except (KeyError, verify.Unreadable) as why:
        raise CannotJudge(f"{tree.RELEASE}: {why}") from why
    name = f"ci-actions-{claim.version}"
    archive = tree.tar_gz(tree.kept_in_archives(files), name, claim.time)
    if len(archive) > LARGEST_ARCHIVE:
        raise CannotJudge(f"The archive would have {len(archive)} bytes; {LARGEST_ARCHIVE} is the most.")
    wheel_name, wheel_data = wheel.build(files, claim.time, process, python)
    made = {
        f"{name}.tar.gz": archive,
        wheel_name: wheel_data,
        f"{name}.cdx.json": sbom.document(files, claim.version, claim.time),
    }
    made[f"{name}.intoto.jsonl"] = provenance.statement(made, files, claim, commit)
    return {**made, SUMS: provenance.sums(made)}


def write(release: Release, folder: Path, process: Process, python: str) -> Sequence[Path]:
    """Write the attachments of a release into a new folder and return their paths."""
    made = make(release.files, process, python)
    tree.write({name: tree.File(data) for name, data in made.items()}, folder, release.source.time)
    return [folder / name for name in sorted(made)]
