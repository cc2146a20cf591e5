"""What a change brings in: the findings of its head that its base does not have. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ci_actions.findings.model import Finding
from ci_actions.kit.diff import Change


def renames(change: Change) -> Mapping[str, str]:
    """Return the old path of every file that the change renames, by its new one, for `fingerprints.stamp`."""
    return {
        file.path: file.old_path
        for file in change.files
        if file.status == "R" and file.old_path and file.old_path != file.path
    }


def new(head: Iterable[Finding], base: Iterable[str]) -> list[Finding]:
    """Return the findings of the head that are not among the fingerprints of the base, in their order.

    It is a difference of multisets: of three equal findings where the base had two, one is new. A finding in a
    renamed file is old if the base has it under the old name.
    """
    left = Counter(base)
    found: list[Finding] = []
    for finding in head:
        known = next((each for each in (finding.fingerprint, finding.former) if each and left[each]), "")
        if known:
            left[known] -= 1
        else:
            found.append(finding)
    return found
