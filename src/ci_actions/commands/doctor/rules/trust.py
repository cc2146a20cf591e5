"""Code of strangers that runs with the rights of the repository. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.workflows.document import Items, Scalar, Table
from ci_actions.workflows.model import Job, Step, Workflow
from ci_actions.workflows.references import Local, Remote

_HEAD = {
    "pull_request_target": re.compile(
        r"github\.event\.pull_request\.(?:head\.(?:sha|ref)|merge_commit_sha)|github\.head_ref"
        r"|refs/pull/\$\{\{|github\.event\.number|github\.event\.pull_request\.number"
    ),
    "workflow_run": re.compile(r"github\.event\.workflow_run\.(?:head_sha|head_branch|head_commit\.id)"),
}
#: Conditions that let only our own branches through.
_OWN = re.compile(
    r"head\.repo\.full_name\s*==\s*github\.repository|github\.repository\s*==\s*github\.event\.pull_request\.head\.repo"
    r"|head_repository\.full_name\s*==\s*github\.repository|head\.repo\.fork\s*==\s*false|!\s*github\.event\.pull_request\.head\.repo\.fork"
    r"|workflow_run\.event\s*==\s*'(?:push|schedule|release|workflow_dispatch)'|author_association|head\.repo\.owner\.login\s*=="
    r"|head_branch\s*==\s*'|github\.actor\s*==|user\.login\s*==|merged\s*==\s*true|pull_request\.merged\b"
    r"|triggering_actor\s*==|workflow_run\.actor\.login\s*=="
)


def _checkouts(file: File, repository: Repository) -> Iterator[Said]:
    workflow = file.workflow
    if workflow is None:
        return
    for event, head in _HEAD.items():
        if event not in workflow.events or (event == "workflow_run" and _only_trusted(workflow, repository)):
            continue
        for job in workflow.jobs.values():
            yield from _in_job(job, event, head)


def _in_job(job: Job, event: str, head: re.Pattern[str]) -> Iterator[Said]:
    if job.condition and _OWN.search(job.condition.text):
        return
    for number, step in enumerate(job.steps):
        ref = step.given.get("ref")
        if not _is_checkout(step) or not isinstance(ref, Scalar) or not head.search(ref.text):
            continue
        if step.condition and (_OWN.search(step.condition.text) or "event_name" in step.condition.text):
            continue
        if runs := next((each for each in job.steps[number + 1 :] if _runs(each)), None):
            yield Said(
                place=ref.place,
                message=f"on {event} this job has the rights of the repository, checks out the code of whoever opened the pull "
                f"request, and then runs something of it or on it (line {runs.place.line})",
                fix="run it on `pull_request`, and hand on what it found as an artifact that is read as data",
            )


def _runs(step: Step) -> bool:
    """Whether a step may run what is checked out: a script, an action of the workspace, or what runs a project's tools."""
    reference = step.uses.reference if step.uses else None
    return step.run is not None or isinstance(reference, Local)


def _is_checkout(step: Step) -> bool:
    reference = step.uses.reference if step.uses else None
    return isinstance(reference, Remote) and reference.repository.lower() == "actions/checkout"


def _only_trusted(workflow: Workflow, repository: Repository) -> bool:
    """Whether what a `workflow_run` follows never runs for a pull request."""
    named = set(followed(workflow))
    found = {
        path: each.workflow
        for path, each in repository.every.items()
        if each.workflow and (each.workflow.name or path) in named
    }
    events = {event for each in found.values() for event in each.events}
    return {each.name or path for path, each in found.items()} == named and not any(
        event.startswith("pull_request") for event in events
    )


def followed(workflow: Workflow) -> Iterator[str]:
    """Yield the names that `on.workflow_run.workflows` holds."""
    root = workflow.root
    on = root.get("on") if isinstance(root, Table) else None
    event = on.get("workflow_run") if isinstance(on, Table) else None
    node = event.get("workflows") if isinstance(event, Table) else None
    for each in node.items if isinstance(node, Items) else [node]:
        if isinstance(each, Scalar):
            yield each.text


RULES = (
    Rule(
        id="untrusted-checkout",
        question="Does nothing with the rights of the repository run the code of a pull request?",
        why="`pull_request_target` and `workflow_run` have secrets and a token that may write. zizmor flags the triggers "
        "themselves; this rule the checkout of the head with something run after it. A condition that lets only branches or "
        "people of the repository through is believed.",
        ask=_checkouts,
    ),
)
