"""Asks every rule about every file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ci_actions.commands.doctor import ignoring
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Found, Judged, Level, Rule
from ci_actions.commands.doctor.repository import Repository
from ci_actions.kit.apart import Apart, one_by_one
from ci_actions.workflows.document import START, Place, Problem

SYNTAX = "syntax"


#: Of one file: what is left, what is accepted, and what keeps it from being judged.
_Answer = tuple[list[Found], list[Found], list[Found]]


def judge(repository: Repository, rules: Sequence[Rule], apart: Apart = one_by_one) -> Judged:
    """Return what the rules find in a repository; `apart` may look at several files at a time."""
    known = {*(each.id for each in rules), SYNTAX}

    def look(file: File) -> _Answer:
        broken = list(_broken(file))
        if not _can_be_judged(file):
            return [], [], broken
        # What an alias repeats stands in one place, and is one finding.
        found = dict.fromkeys((*broken, *_asked(file, repository, rules)))
        left, accepted = ignoring.sort_out(file, list(found), known)
        return left, accepted, []

    answers = list(apart(look, list(repository.files.values()), pack=_packed, unpack=_unpacked))
    found, suppressed, unreadable = (
        sorted((each for answer in answers for each in answer[part]), key=lambda each: each.key)
        for part in range(3)
    )
    return Judged(files=len(repository.files), found=found, suppressed=suppressed, unreadable=unreadable)


def _packed(answer: _Answer) -> list[list[tuple[str | int, ...]]]:
    return [
        [
            (each.path, *each.place, each.rule, each.level.value, each.message, each.fix, each.reason)
            for each in part
        ]
        for part in answer
    ]


def _unpacked(packed: list[list[tuple[Any, ...]]]) -> _Answer:
    left, accepted, broken = (
        [
            Found(
                path=path,
                place=Place(line, column),
                rule=rule,
                level=Level(level),
                message=message,
                fix=fix,
                reason=reason,
            )
            for path, line, column, rule, level, message, fix, reason in part
        ]
        for part in packed
    )
    return left, accepted, broken


def _can_be_judged(file: File) -> bool:
    """Whether there is anything to ask about: a mapping, for a workflow one with jobs."""
    content = file.content
    return content.root is not None and (file.workflow is None or bool(file.jobs))


def _broken(file: File) -> Iterator[Found]:
    problems = file.content.problems
    if not problems and not _can_be_judged(file):
        problems = (Problem(START, "holds no job"),)
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
