"""Checksums, the statement of where a release comes from, and the lines that pin it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

from ci_actions.publish import provenance, tree, verify
from ci_actions.publish.tree import File, Source

FILES = {
    "actions/gate/action.yml": File(b"name: gate"),
    "requirements/runtime.txt": File(b"six==1 --hash=sha256:" + b"1" * 64 + b"\n"),
    ".github/workflows/ci.yml": File(b"on: {workflow_call: {}}\njobs: {}"),
    ".github/workflows/_release.yml": File(b"on: {workflow_call: {}}\njobs: {}"),
}
VENDOR = {
    "vendor/six-1.dist-info/METADATA": File(b"Name: six\nVersion: 1\nLicense: MIT\n"),
    "vendor/six-1.dist-info/LICENSE": File(b"MIT"),
}
RELEASE = tree.make(Source("c" * 40, 1_700_000_000, FILES), "1.2.3", VENDOR)
CLAIM = verify.read_claim(RELEASE.files["release.json"].data)
CONTENTS = {"b.whl": b"wheel", "a.tar.gz": b"archive"}


def test_sums_are_those_that_sha256sum_checks(tmp_path: Path) -> None:
    for name, data in CONTENTS.items():
        (tmp_path / name).write_bytes(data)
    text = provenance.sums(CONTENTS)
    assert (
        text
        == "".join(
            f"{hashlib.sha256(CONTENTS[name]).hexdigest()}  {name}\n" for name in sorted(CONTENTS)
        ).encode()
    )
    done = subprocess.run(["sha256sum", "--check", "--strict"], cwd=tmp_path, input=text, check=False)
    assert done.returncode == 0


def test_the_statement_names_attachments_commit_lock_and_packages() -> None:
    line = provenance.statement(CONTENTS, RELEASE.files, CLAIM)
    assert line == provenance.statement(dict(reversed(CONTENTS.items())), RELEASE.files, CLAIM)
    assert line.count(b"\n") == 1
    made = json.loads(line)
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["predicateType"] == "https://slsa.dev/provenance/v1"
    assert [each["name"] for each in made["subject"]] == ["a.tar.gz", "b.whl"]
    definition = made["predicate"]["buildDefinition"]
    assert definition["resolvedDependencies"][0]["digest"] == {"gitCommit": "c" * 40}
    assert definition["resolvedDependencies"][2]["uri"] == "pkg:pypi/six@1"
    assert definition["internalParameters"] == {"SOURCE_DATE_EPOCH": 1_700_000_000, "tree": CLAIM.tree}


def test_the_commit_of_the_release_is_a_subject_once_it_is_known() -> None:
    made = json.loads(provenance.statement(CONTENTS, RELEASE.files, CLAIM, "d" * 40))
    assert made["subject"][-1]["digest"] == {"gitCommit": "d" * 40}


def test_every_door_and_public_workflow_has_a_line_that_pins_it() -> None:
    table = provenance.pins(RELEASE.files, CLAIM, "d" * 40)
    assert f"uses: org/ci-actions/gate@{'d' * 40} # v1.2.3" in table
    assert f"uses: org/ci-actions/.github/workflows/ci.yml@{'d' * 40} # v1.2.3" in table
    assert "_release" not in table
