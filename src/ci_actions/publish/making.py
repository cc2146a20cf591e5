"""Edge: how `publish` has a release built and verified, by the modules behind `release build` and `verify`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_actions.github.releases import Attachment
from ci_actions.kit.git import Git
from ci_actions.kit.process import Process
from ci_actions.publish import assets, plan, provenance, tree, verify
from ci_actions.publish.lines import Version

_TYPES = {
    ".gz": "application/gzip",
    ".whl": "application/zip",
    ".json": "application/vnd.cyclonedx+json",
    ".jsonl": "application/jsonl",
}


class RealMaker:
    """Builds from the commit that is checked out; raises what `tree.build`, `assets.make` and `plan.plan` raise."""

    def __init__(self, git: Git, environ: Mapping[str, str], python: str = sys.executable) -> None:
        self._git = git
        self._environ = environ
        self._python = python

    def changelog(self, version: Version, previous: str) -> str:
        """Return the section of the changelog; raises BadInput when the version promises more than is kept."""
        return plan.plan(self._git, previous=previous, version=str(version)).changelog

    def make(self, version: Version, folder: Path) -> None:
        """Write the tree of the release into a new folder."""
        made = tree.build(self._git, str(version), self._python, self._environ)
        tree.write(made.files, folder, made.source.time)

    def problems(self, folder: Path, version: Version, source: str) -> Sequence[str]:
        """Return what is wrong with a release tree, nothing for a good one."""
        files = tree.read_folder(folder)
        found = [str(each) for each in verify.problems(files, against=tree.read_commit(self._git, source))]
        if not found and (claimed := verify.read_claim(files[tree.RELEASE].data).version) != str(version):
            found.append(f"{tree.RELEASE}: says that it is {claimed}, not {version}")
        return found

    def attachments(self, folder: Path, commit: str) -> Sequence[Attachment]:
        """Return what is attached to the release whose commit is known now."""
        made = assets.make(tree.read_folder(folder), Process(self._environ), self._python, commit)
        return [
            Attachment(
                name=name, content=data, content_type=_TYPES.get(name[name.rfind(".") :], "text/plain")
            )
            for name, data in made.items()
        ]

    def notes(self, folder: Path, version: Version, commit: str, previous: str) -> str:
        """Return the text of the release: what changed, what to write into a workflow, how to verify it."""
        files = tree.read_folder(folder)
        pins = provenance.pins(files, verify.read_claim(files[tree.RELEASE].data), commit)
        return f"{self.changelog(version, previous).rstrip()}\n\n{pins}\n\n{_verification(version)}\n"


def _verification(version: Version) -> str:
    repository = provenance.REPOSITORY
    return (
        "To verify it: "
        f"`gh release verify {version.tag} -R {repository}`, "
        f"`gh attestation verify ci-actions-{version}.tar.gz -R {repository} "
        f"--signer-workflow {repository}/.github/workflows/_release.yml`, `sha256sum --check SHA256SUMS`, and "
        f"`ci-actions release verify --rebuild {version.tag}` in a clone."
    )
