"""Asks every rule about every file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ci_actions.commands.doctor import ignoring
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Found, Judged, Level, Rule
from ci_actions.commands.doctor.repository import Repository

SYNTAX = "syntax"


def judge(repository: Repository, rules: Sequence[Rule]) -> Judged:
    """Return what the rules find in a repository."""
    found: list[Found] = []
    suppressed: list[Found] = []
    unreadable: list[Found] = []
    known = {*(each.id for each in rules), SYNTAX}
    for file in repository.files.values():
        broken = list(_broken(file))
        if not _can_be_judged(file):
            unreadable += broken
            continue
        left, accepted = ignoring.sort_out(file, [*broken, *_asked(file, repository, rules)], known)
        found += left
        suppressed += accepted
    return Judged(
        files=len(repository.files),
        found=sorted(found, key=lambda each: each.key),
        suppressed=sorted(suppressed, key=lambda each: each.key),
        unreadable=sorted(unreadable, key=lambda each: each.key),
    )


def _can_be_judged(file: File) -> bool:
    """Whether there is anything to ask about: a mapping, for a workflow one with jobs."""
    content = file.content
    return content.root is not None and (file.workflow is None or bool(file.jobs))


def _broken(file: File) -> Iterator[Found]:
    problems = file.content.problems
    for problem in problems:
        yield Found(
            path=file.path,
            place=problem.place,
            rule=SYNTAX,
            level=Level.PROBLEM,
            message=problem.text,
            fix="GitHub does not run a file like this: mend it first",
        )


def _asked(file: File, repository: Repository, rules: Sequence[Rule]) -> Iterator[Found]:
    for rule in rules:
        for said in rule.ask(file, repository):
            yield Found(
                path=file.path,
                place=said.place,
                rule=rule.id,
                level=said.level or rule.level,
                message=said.message,
                fix=said.fix,
            )
