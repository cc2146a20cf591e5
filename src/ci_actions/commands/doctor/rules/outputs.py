"""Outputs that are asked for: of steps, of jobs, and of what a job calls. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ci_actions.commands.doctor.files import File, Held
from ci_actions.commands.doctor.model import Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.kit.inputs import suggestion
from ci_actions.workflows import expressions
from ci_actions.workflows.document import Table
from ci_actions.workflows.model import Job, Step


def _unknown_outputs(file: File, repository: Repository) -> Iterator[Said]:
    for held in file.expressions:
        for path in expressions.paths(held.tree):
            if len(path) > 1:
                yield from _looked_up(file, repository, held, path)


def _looked_up(file: File, repository: Repository, held: Held, path: tuple[str, ...]) -> Iterator[Said]:
    if path[0] == "steps":
        yield from _of_step(file, repository, held, path)
    elif path[0] == "needs" and held.job:
        yield from _of_need(file, repository, held, held.job, path)
    elif path[0] == "jobs" and held.job is None:
        job = _job(file, path[1])
        if job is None:
            names = list(file.jobs)
            yield _empty(held, path, f"there is no job '{path[1]}'{suggestion(path[1], names)}", "name a job")
        else:
            yield from _of_job(repository, held, job, path)


def _of_step(file: File, repository: Repository, held: Held, path: tuple[str, ...]) -> Iterator[Said]:
    if file.workflow and held.job is None:
        return
    steps = held.job.steps if held.job else file.action.steps if file.action else ()
    named = [each for each in steps if each.id.lower() == path[1].lower()]
    if not named:
        known = [each.id for each in steps if each.id]
        where = f"job '{held.job.id}'" if held.job else "this action"
        yield _empty(
            held,
            path,
            f"{where} has no step with the id '{path[1]}'{suggestion(path[1], known)}",
            "give the step that is meant this id",
        )
    elif len(path) > 2 and path[2].lower() == "outputs" and len(named) == 1:
        yield from _given(repository, held, named[0], path)


def _of_need(
    file: File, repository: Repository, held: Held, job: Job, path: tuple[str, ...]
) -> Iterator[Said]:
    needs = [each.lower() for each in job.needs]
    if path[1].lower() not in needs:
        known = "" if _job(file, path[1]) else suggestion(path[1], job.needs)
        fix = "add it to `needs`" if _job(file, path[1]) else "name a job that is in `needs`"
        yield _empty(held, path, f"job '{job.id}' does not need '{path[1]}'{known}", fix)
    elif needed := _job(file, path[1]):
        yield from _of_job(repository, held, needed, path)


def _of_job(repository: Repository, held: Held, job: Job, path: tuple[str, ...]) -> Iterator[Said]:
    if len(path) < 3 or path[2].lower() != "outputs":
        return
    if job.uses:
        yield from _given(repository, held, job, path)
    elif len(path) > 3:
        outputs = job.node.get("outputs")
        names = [key.text for key, _ in outputs.entries] if isinstance(outputs, Table) else []
        if path[3].lower() not in map(str.lower, names):
            yield _empty(
                held,
                path,
                f"job '{job.id}' has no output '{path[3]}'{suggestion(path[3], names)}",
                f"declare it under `outputs:` of job '{job.id}'",
            )


def _given(repository: Repository, held: Held, call: Job | Step, path: tuple[str, ...]) -> Iterator[Said]:
    callee = repository.callee(call)
    if callee and callee.outputs is not None and len(path) > 3 and path[3].lower() not in callee.outputs:
        names = sorted(callee.outputs)
        has = f"its outputs are {', '.join(names)}" if names else "it has no outputs"
        yield _empty(held, path, f"{callee.title} has no output '{path[3]}'{suggestion(path[3], names)}", has)


def _job(file: File, name: str) -> Job | None:
    return next((job for key, job in file.jobs.items() if key.lower() == name.lower()), None)


def _empty(held: Held, path: tuple[str, ...], why: str, fix: str) -> Said:
    return Said(place=held.place, message=f"`{'.'.join(path)}` is always empty: {why}", fix=fix)


def _unknown_needs(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job in file.jobs.values():
        for name in job.needs:
            if _job(file, name) is None:
                node = job.node.get("needs")
                yield Said(
                    place=node.place if node else job.place,
                    message=f"job '{job.id}' needs '{name}', which is not there{suggestion(name, file.jobs)}; GitHub refuses "
                    "the whole file",
                    fix="name a job of this file",
                )


RULES = (
    Rule(
        id="unknown-output",
        question="Does every output that is asked for exist: of a step, a job, a called workflow?",
        why="What does not exist is an empty text, and nobody says so. Of a script, of others' actions and of actions that are "
        "programs nobody can tell the outputs; they are not asked about.",
        ask=_unknown_outputs,
    ),
    Rule(
        id="unknown-need",
        question="Is every job in `needs` there?",
        why="GitHub refuses the whole file. actionlint asks the same.",
        ask=_unknown_needs,
    ),
)
