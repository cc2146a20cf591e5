"""Whether what runs today is what ran yesterday. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Level, Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.workflows.model import Uses
from ci_actions.workflows.references import Remote

_VERSION = re.compile(r"v\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?")


def _unpinned(file: File, repository: Repository) -> Iterator[Said]:
    for uses, reference in _remote(file):
        if reference.pinned:
            continue
        if not repository.callees.is_ours(reference):
            yield Said(
                place=uses.place,
                message=f"{uses.text} is whatever the tag or branch '{reference.ref}' means on the day",
                fix="name the full commit SHA, with the version behind it as a comment",
            )
        elif not _VERSION.fullmatch(reference.ref):
            yield Said(
                place=uses.place,
                message=f"{uses.text} is no release: '{reference.ref}' moves with every commit",
                fix="name a release: @v1, or a full commit SHA with the version behind it as a comment",
            )


def _unversioned(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for uses, reference in _remote(file):
        behind = file.line(uses.place.line)[uses.place.column - 1 :].partition(reference.ref)[2]
        if reference.pinned and "#" not in behind:
            yield Said(
                place=uses.place,
                message="nobody can tell which version this commit is, and no updater raises it",
                fix="write the version behind it: `# v1.2.3`",
            )


def _remote(file: File) -> Iterator[tuple[Uses, Remote]]:
    for call in file.calls:
        if call.uses and isinstance(call.uses.reference, Remote):
            yield call.uses, call.uses.reference


RULES = (
    Rule(
        id="unpinned",
        question="Is everything that is used named by a full commit SHA, ours at least by a release?",
        why="A tag is moved by whoever holds the repository, or took it over. zizmor asks the same, and about images.",
        ask=_unpinned,
    ),
    Rule(
        id="unversioned-pin",
        question="Does each SHA have its version beside it?",
        why="Dependabot and Renovate raise the pins that have one.",
        ask=_unversioned,
        level=Level.REMARK,
    ),
)
