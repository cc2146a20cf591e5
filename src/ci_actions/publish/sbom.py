"""What a release carries of others, as a CycloneDX document: from the lock and from the packages' own metadata. Pure.

Format: https://cyclonedx.org/docs/1.6/json/. Everything in it follows from the tree, the date and the serial number
too: two builds of one release give one document.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from ci_actions.kit.errors import CannotJudge
from ci_actions.publish import tree
from ci_actions.publish.tree import Files

_SPEC = "1.6"
_LOCKED = re.compile(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
#: Names of https://spdx.org/licenses/ that packages give in the old `License` field.
_SPDX = re.compile(r"(?:MIT|MPL-2\.0|Apache-2\.0|BSD-[23]-Clause|ISC|PSF-2\.0|0BSD|Unlicense)")
_CLASSIFIED = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
#: What is no identifier stays a name: "BSD License" says not which.
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True)
class Package:
    """One vendored package. `locked` are the digests of the archives that the lock allows, `vendored` is that of
    the files that a release holds of it.
    """

    name: str
    version: str
    licence: Mapping[str, Any]
    texts: tuple[str, ...]
    locked: tuple[str, ...]
    vendored: str

    @property
    def purl(self) -> str:
        """Its package URL: https://github.com/package-url/purl-spec."""
        return f"pkg:pypi/{self.name}@{self.version}"


def packages(files: Files) -> tuple[Package, ...]:
    """Return what `vendor/` of a tree holds, by name.

    Raises CannotJudge when lock and folder do not name the same packages in the same versions.
    """
    lock = locked(files[tree.LOCK].data.decode() if tree.LOCK in files else "")
    found = {each.name: each for each in _vendored(files, lock)}
    there, named = {(each.name, each.version) for each in found.values()}, {key[:2] for key in lock.values()}
    if there != named:
        differing = ", ".join(sorted(f"{name} {version}" for name, version in there ^ named))
        raise CannotJudge(f"{tree.VENDOR}/ and {tree.LOCK} do not hold the same packages: {differing}")
    return tuple(found[name] for name in sorted(found))


def locked(lock: str) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Return name, version and digests of every package of a lock, by name."""
    starts = list(_LOCKED.finditer(lock))
    ends = [each.start() for each in starts[1:]] + [len(lock)]
    return {
        (name := normal(start[1])): (name, start[2], tuple(sorted(_HASH.findall(lock[start.end() : end]))))
        for start, end in zip(starts, ends, strict=True)
    }


def normal(name: str) -> str:
    """Return a name as indexes compare it: https://packaging.python.org/specifications/name-normalization/."""
    return re.sub(r"[-_.]+", "-", name).lower()


def document(files: Files, version: str, time: int) -> bytes:
    """Return the whole document for a released tree."""
    held = packages(files)
    root = f"pkg:github/org/ci-actions@v{version}"
    made = {
        "$schema": f"http://cyclonedx.org/schema/bom-{_SPEC}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _SPEC,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{root}#{tree.tree_id(files)}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "ci-actions",
                "version": version,
                "purl": root,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [_component(each) for each in held],
        "dependencies": [
            {"ref": root, "dependsOn": [each.purl for each in held]},
            *({"ref": each.purl} for each in held),
        ],
    }
    return (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode()


def _component(package: Package) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "scope": "required",
        "licenses": [package.licence],
        # The archives differ by system; the files that are taken of them do not.
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in package.locked],
        "properties": [
            {"name": "ci-actions:vendored-files-sha256", "value": package.vendored},
            *({"name": "ci-actions:licence-file", "value": path} for path in package.texts),
        ],
    }


def _vendored(files: Files, lock: Mapping[str, tuple[str, str, tuple[str, ...]]]) -> Iterator[Package]:
    notes = [path for path in files if re.fullmatch(rf"{tree.VENDOR}/[^/]+\.dist-info/METADATA", path)]
    for path in notes:
        about = BytesHeaderParser().parsebytes(files[path].data)
        name, version = normal(str(about["Name"])), str(about["Version"])
        folder = path.rpartition("/")[0]
        texts = tuple(
            each for each in sorted(files) if each.startswith(f"{folder}/") and not each.endswith("/METADATA")
        )
        if not any(re.search(r"(?i)licen[cs]e|copying", each) for each in texts):
            raise CannotJudge(f"{name} in {tree.VENDOR}/ has no licence text", file=path)
        digests = lock.get(name, ("", "", ()))[2]
        yield Package(name, version, licence(about), texts, digests, _digest(files, folder))


def licence(about: Message) -> Mapping[str, Any]:
    """Return the licence of a package as CycloneDX has it: an expression, an identifier, or a name."""
    if expression := about["License-Expression"]:
        return {"expression": str(expression)}
    given = str(about["License"] or "").strip()
    if _SPDX.fullmatch(given):
        return {"license": {"id": given}}
    classifiers = [str(each) for each in about.get_all("Classifier", [])]
    for each in classifiers:
        if each in _CLASSIFIED:
            return {"license": {"id": _CLASSIFIED[each]}}
    names = [each.removeprefix(_CLASSIFIER) for each in classifiers if each.startswith(_CLASSIFIER)]
    return {"license": {"name": (given.splitlines() or names or ["see its licence file"])[0]}}


def _digest(files: Files, folder: str) -> str:
    """Return one digest for the files of a package: those of its metadata, and of the folders named like it.

    Line by line `digest  path`, sorted, as `sha256sum` prints them.
    """
    name = folder.rpartition("/")[2].split("-", 1)[0].lower()
    own = {name, "yaml" if name == "pyyaml" else name}
    chosen = [
        path
        for path in sorted(files)
        if path.startswith(f"{folder}/")
        or (path.startswith(f"{tree.VENDOR}/") and path.split("/")[1].removesuffix(".py") in own)
    ]
    listed = "".join(f"{files[path].sha256}  {path}\n" for path in chosen)
    return hashlib.sha256(listed.encode()).hexdigest()
