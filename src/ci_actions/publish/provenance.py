"""Where the files of a release come from: checksums, an in-toto statement, and the lines that pin it. Pure.

The statement is SLSA's (https://slsa.dev/spec/v1.0/provenance), unsigned: `_release.yml` has GitHub sign the same
subjects with `actions/attest`. It says nothing that two builds of one release would say differently.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ci_actions.kit import markdown
from ci_actions.publish import contract, sbom, tree
from ci_actions.publish.tree import Files
from ci_actions.publish.verify import Claim

REPOSITORY = "org/ci-actions"
SERVER = "https://github.com"
_BUILD_TYPE = "https://github.com/org/ci-actions/blob/main/RELEASING.md#build"


def sums(contents: Mapping[str, bytes]) -> bytes:
    """Return the text that `sha256sum --check` reads."""
    return "".join(f"{_sha256(data)}  {name}\n" for name, data in sorted(contents.items())).encode()


def statement(contents: Mapping[str, bytes], files: Files, claim: Claim, commit: str = "") -> bytes:
    """Return one line of JSON: these attachments were built of this commit and these packages.

    `commit` is the commit of the release, a subject of its own, once it is known.
    """
    subjects: list[dict[str, Any]] = [
        {"name": name, "digest": {"sha256": _sha256(data)}} for name, data in sorted(contents.items())
    ]
    if commit:
        subjects.append(
            {"name": f"git+{SERVER}/{REPOSITORY}@v{claim.version}", "digest": {"gitCommit": commit}}
        )
    made = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": _BUILD_TYPE,
                "externalParameters": {
                    "command": ["ci-actions", "release", "build", f"--version={claim.version}"],
                    "source": f"git+{SERVER}/{REPOSITORY}@{claim.commit}",
                },
                "internalParameters": {"SOURCE_DATE_EPOCH": claim.time, "tree": claim.tree},
                "resolvedDependencies": [
                    {
                        "uri": f"git+{SERVER}/{REPOSITORY}",
                        "digest": {"gitCommit": claim.commit},
                    },
                    {"uri": tree.LOCK, "digest": {"sha256": files[tree.LOCK].sha256}},
                    # Their digests are in the lock, whose own stands above.
                    *({"uri": each.purl} for each in sbom.packages(files)),
                ],
            },
            "runDetails": {
                "builder": {"id": f"{SERVER}/{REPOSITORY}/.github/workflows/_release.yml"},
                # The commit's time, not that of the build: see above.
                "metadata": {
                    "startedOn": datetime.fromtimestamp(claim.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                },
            },
        },
    }
    return (json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def pins(files: Files, claim: Claim, commit: str) -> str:
    """Return the table of `uses:` lines for the notes; they name the commit, not the tag's object."""
    doors = [f"{REPOSITORY}/{name}" for name in claim.doors]
    workflows = [f"{REPOSITORY}/{path}" for path in contract.public_workflows(files)]
    rows: Sequence[Sequence[str]] = [
        [markdown.code(f"uses: {path}@{commit} # v{claim.version}")] for path in (*doors, *workflows)
    ]
    return markdown.table(("Pinned to this release",), rows)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
