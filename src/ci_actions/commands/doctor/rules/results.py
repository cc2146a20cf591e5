"""Jobs that say how others ended, or should. Pure.

A job that is skipped counts as passed where its check is required, and without a status function an `if` means
`success() && …`: https://docs.github.com/actions/reference/workflows-and-actions/expressions#status-check-functions
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Level, Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.shell import commands
from ci_actions.workflows import expressions
from ci_actions.workflows.document import Place, Scalar
from ci_actions.workflows.expressions import Call, NotAnExpression
from ci_actions.workflows.model import Job, Step
from ci_actions.workflows.references import Remote

_STATUS = frozenset(("always", "failure", "cancelled", "success"))
#: Actions that publish, with what has to be given for it.
_PUBLISHING: Mapping[str, str] = {
    "pypa/gh-action-pypi-publish": "",
    "softprops/action-gh-release": "",
    "actions/deploy-pages": "",
    "peaceiris/actions-gh-pages": "",
    "docker/build-push-action": "push",
}
_RESULT = r"needs\s*\.\s*[\w*-]+\s*\.\s*result"
_LOOKS = re.compile(rf"{_RESULT}|toJSON\(\s*needs\s*\)", re.IGNORECASE)
#: A look at what can only be a failure.
_LOOKS_FOR_RED = re.compile(
    rf"contains\(\s*{_RESULT}\s*,\s*'(?:failure|cancelled)'|{_RESULT}\s*(?:==\s*'(?:failure|cancelled)'|!=\s*'success')",
    re.IGNORECASE,
)
#: What a check is called that stands for all others.
_FOR_ALL = re.compile(
    r"(?:^|[\W_])(?:all|alls|green|pass|passed|passing|success|successful|required|complete|completed|conclusion)(?:[\W_]|$)",
    re.IGNORECASE,
)
_ALLS_GREEN = "re-actors/alls-green"


def _blind(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job in file.jobs.values():
        if not job.needs or job.uses:
            continue
        waits = _waits_for_all(job)
        stands_for_all = _FOR_ALL.search(job.id) or _FOR_ALL.search(job.title)
        if (
            stands_for_all
            and (waits or not job.condition)
            and _only_talks(job)
            and not _looks(file, job, _LOOKS)
        ):
            missed = (
                "is green whatever became of"
                if waits
                else "is skipped, which counts as passed, after a failure of"
            )
            yield Said(
                place=job.place,
                message=f"job '{job.id}' {missed} {_listed(job.needs)}",
                fix="write `if: ${{ !cancelled() }}` and fail unless every `needs.*.result` is 'success', or let "
                f"{_ALLS_GREEN} do it",
            )
        elif not waits and not _may_go_on(file, job) and (place := _looks(file, job, _LOOKS_FOR_RED)):
            yield Said(
                place=place,
                message=f"job '{job.id}' looks for failures of what it needs, but it runs only if all of that was green; else "
                "it is skipped, which counts as passed",
                fix="write `if: ${{ always() }}`, or `!cancelled()`, for the job",
            )


def _not_waited_for(file: File, repository: Repository) -> Iterator[Said]:
    """Ask of a check that stands for all whether it waits for all; what comes after it is not meant."""
    del repository
    for job in file.jobs.values():
        named = _FOR_ALL.search(job.id) or _FOR_ALL.search(job.title)
        if not named or len(job.needs) < 2 or not _waits_for_all(job) or not _looks(file, job, _LOOKS):
            continue
        before = _reached(file, [job.id])
        left = [
            each.id
            for each in file.jobs.values()
            if each.id not in before
            and job.id not in _reached(file, [each.id])
            and each.node.get("continue-on-error") is None
            and not each.condition
        ]
        if left:
            node = job.node.get("needs")
            yield Said(
                place=node.place if node else job.place,
                message=f"job '{job.id}' says how the others ended, but does not wait for {_listed(tuple(left))}",
                fix="add it to `needs`, if it is to be required",
            )


def _reached(file: File, names: Sequence[str]) -> set[str]:
    """Return jobs with all that they need, themselves included."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += file.jobs[name].needs if name in file.jobs else ()
    return found


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{each}'" for each in names[:3]) + (
        f" and {len(names) - 3} more" if len(names) > 3 else ""
    )


def _waits_for_all(job: Job) -> bool:
    """Whether a job runs also after a failure of what it needs."""
    if job.condition is None:
        return False
    try:
        tree = expressions.condition(job.condition.text)
    except NotAnExpression:
        return True  # A text, or something that only GitHub can read: nobody can tell.
    return any(isinstance(each, Call) and each.name.lower() in _STATUS for each in expressions.parts(tree))


def _looks(file: File, job: Job, wanted: re.Pattern[str]) -> Place | None:
    """Return where a job asks how what it needs ended."""
    for held in file.expressions:
        if held.job is job and wanted.search(held.text):
            return held.place
    if len(job.steps) == 1 and (uses := job.steps[0].uses) and isinstance(uses.reference, Remote):
        return uses.place if uses.reference.repository.lower() == _ALLS_GREEN else None
    return None


def _may_go_on(file: File, job: Job) -> bool:
    """Whether a need may fail and count as green, so that its result is worth a look."""
    needs = [file.jobs[name] for name in job.needs if name in file.jobs]
    return any(each.node.get("continue-on-error") is not None for each in needs) or any(
        _waits_for_all(each) for each in needs
    )


def _only_talks(job: Job) -> bool:
    """Whether a job does nothing but print."""
    if not job.steps or not all(step.run for step in job.steps) or job.node.get("environment"):
        return False
    found = [each for step in job.steps if step.run for each in commands(step.run.text)]
    quiet = (["true"], [":"], ["exit", "0"])
    return bool(found) and all(
        (each.words[:1] == ["echo"] and ">" not in each.text) or each.words in quiet for each in found
    )


def _publishes(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job in file.jobs.values():
        if not job.needs or not job.condition or not _always(job.condition) or _looks(file, job, _LOOKS):
            continue
        for step in job.steps:
            if _is_publishing(step) and step.uses:
                yield Said(
                    place=job.condition.place,
                    message=f"job '{job.id}' publishes (line {step.place.line}) also when {_listed(job.needs)} failed",
                    fix="take `always()` away, or ask for `needs.….result == 'success'`",
                )
                break


def _always(condition: Scalar) -> bool:
    try:
        tree = expressions.condition(condition.text)
    except NotAnExpression:
        return False
    return any(isinstance(each, Call) and each.name.lower() == "always" for each in expressions.parts(tree))


def _is_publishing(step: Step) -> bool:
    reference = step.uses.reference if step.uses else None
    if not isinstance(reference, Remote) or reference.repository.lower() not in _PUBLISHING or step.condition:
        return False
    needed = _PUBLISHING[reference.repository.lower()]
    node = step.given.get(needed) if needed else None
    return not needed or (isinstance(node, Scalar) and node.text == "true")


def _second_jobs(file: File, repository: Repository) -> Iterator[Said]:
    for job in file.jobs.values():
        callee = repository.callee(job)
        name = callee.title.rpartition("/")[2] if callee and callee.ours else ""
        if name not in ("code-scanning.yml", "report-issue.yml") or job.uses is None:
            continue
        if not job.needs:
            yield Said(
                place=job.uses.place,
                message=f"{name} takes what other jobs of this run leave, and does not wait for them",
                fix="name the job that makes it in `needs`",
            )
        elif not _waits_for_all(job):
            yield Said(
                place=job.place,
                message=f"job '{job.id}' is skipped when what it needs is red, which is when it has something to say",
                fix="write `if: ${{ !cancelled() }}`"
                if name == "code-scanning.yml"
                else "write `if: ${{ always() }}`",
            )
    yield from _comments(file, repository)


def _comments(file: File, repository: Repository) -> Iterator[Said]:
    if file.workflow is None or {"workflow_run", "workflow_call"} & set(file.workflow.events):
        return
    for job in file.jobs.values():
        callee = repository.callee(job)
        if callee and callee.ours and callee.title.endswith("/comment.yml") and job.uses:
            yield Said(
                place=job.uses.place,
                message="comment.yml writes only when `workflow_run` started it: it takes the artifacts of that other run",
                fix="call it from a workflow of its own with `on: workflow_run`, as examples/workflows/comment.yml does",
            )


def _ours_may_fail(file: File, repository: Repository) -> Iterator[Said]:
    for job, step in file.steps:
        callee = repository.callee(step)
        if callee is None or not callee.ours or callee.title.rpartition("/")[2] not in _GATES:
            continue
        key = step.node.key("continue-on-error")
        value = step.node.get("continue-on-error")
        if key and isinstance(value, Scalar) and value.text == "true" and not _asked_for(file, job, step):
            yield Said(
                place=key.place,
                message=f"whatever {callee.title} finds, this job is green, and nothing asks how the step ended",
                fix="take it away; `dry-run: true` says what would fail without failing",
            )
        dry = step.given.get("dry-run")
        if isinstance(dry, Scalar) and dry.text == "true":
            yield Said(
                place=dry.place,
                message=f"{callee.title} never turns red with `dry-run`",
                fix="take it away once the gate is meant",
                level=Level.REMARK,
            )


_GATES = frozenset(("coverage-gate", "quality", "security-scan"))


def _asked_for(file: File, job: Job | None, step: Step) -> bool:
    """Whether something looks at how a step ended."""
    if not step.id:
        return False
    wanted = re.compile(
        rf"steps\s*\.\s*{re.escape(step.id)}\s*\.\s*(?:outcome|conclusion|outputs\.result)", re.IGNORECASE
    )
    return (
        any(held.job is job and wanted.search(held.text) for held in file.expressions)
        or "toJSON(steps" in file.text
    )


RULES = (
    Rule(
        id="blind-job",
        question="Does a job that is there to say how others ended look at how they ended?",
        why="A job that only prints after its `needs` is skipped after a failure, and a skipped check counts as passed; with "
        "`always()` it is green. So is one that asks for `needs.*.result` but runs only after successes.",
        ask=_blind,
    ),
    Rule(
        id="not-waited-for",
        question="Does a check that stands for all jobs wait for all of them?",
        why="Asked of jobs that look at the results of their needs and are called `all-green`, `success` or the like. "
        "Jobs that come after it, that have an `if`, or that may fail are left out.",
        ask=_not_waited_for,
        level=Level.REMARK,
    ),
    Rule(
        id="publishes-anyway",
        question="Does nothing publish after a failure?",
        why="With `if: always()` a job runs after red ones too. Asked for a few actions that publish.",
        ask=_publishes,
    ),
    Rule(
        id="second-job",
        question="Do our second jobs (code-scanning, report-issue, comment) run when they have something to say?",
        why="They read what the run leaves: before it is done there is nothing, and a red run is what they are for.",
        ask=_second_jobs,
    ),
    Rule(
        id="gate-may-fail",
        question="Can each of our gates turn its job red?",
        why="`continue-on-error` is fine where a later step asks for the outcome. `dry-run` is a remark.",
        ask=_ours_may_fail,
    ),
)
