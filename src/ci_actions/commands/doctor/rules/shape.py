"""How workflows follow and call each other. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ci_actions.commands.doctor.callees import path_of
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Level, Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.commands.doctor.rules.trust import followed
from ci_actions.kit.inputs import suggestion
from ci_actions.workflows.document import Items, Node, Scalar, Table
from ci_actions.workflows.model import Workflow
from ci_actions.workflows.references import Local, Same

#: Workflows that GitHub itself makes.
_OF_GITHUB = frozenset(
    (
        "CodeQL",
        "CodeQL Setup",
        "pages-build-deployment",
        "pages build and deployment",
        "Dependabot Updates",
        "Dependency Graph",
    )
)
_FILTERS = ("paths", "paths-ignore")
_PATTERN = re.compile(r"[*?!\[]|(?<!\\)\+|\$\{\{")


def _followed(file: File, repository: Repository) -> Iterator[Said]:
    if file.workflow is None or "workflow_run" not in file.workflow.events:
        return
    names = repository.workflow_names
    # Names are patterns in which `+` and others can be escaped; nothing says that case matters.
    known = {each.casefold() for each in (*names, *_OF_GITHUB)}
    for node in _names(file.workflow):
        if node.text.replace("\\", "").casefold() not in known and not _PATTERN.search(node.text):
            yield Said(
                place=node.place,
                message=f"no workflow here is called '{node.text}'{suggestion(node.text, names)}, so this one never runs for it",
                fix="write the `name` of the workflow as it stands in its file",
            )


def _names(workflow: Workflow) -> Iterator[Scalar]:
    wanted = set(followed(workflow))
    root = workflow.root
    on = root.get("on") if isinstance(root, Table) else None
    event = on.get("workflow_run") if isinstance(on, Table) else None
    node: Node | None = event.get("workflows") if isinstance(event, Table) else None
    for each in node.items if isinstance(node, Items) else [node]:
        if isinstance(each, Scalar) and each.text in wanted:
            yield each


def _groups(file: File, repository: Repository) -> Iterator[Said]:
    workflow = file.workflow
    if workflow is None:
        return
    for job in workflow.jobs.values():
        reference = job.uses.reference if job.uses else None
        called = repository.every.get(path_of(reference)) if isinstance(reference, Local | Same) else None
        theirs = _group(called.workflow.root) if called and called.workflow else None
        if theirs is None or not job.uses or not called:
            continue
        for mine in (_group(workflow.root), _group(job.node)):
            if mine and mine.text == theirs.text and "inputs." not in mine.text:
                yield Said(
                    place=mine.place,
                    message=f"{called.path} has the same concurrency group, in which `github.workflow` is that of the caller: "
                    "the run waits for itself and is cancelled",
                    fix="take `concurrency` out of what is called",
                )


def _group(node: Node | None) -> Scalar | None:
    found = node.get("concurrency") if isinstance(node, Table) else None
    group = found.get("group") if isinstance(found, Table) else found
    return group if isinstance(group, Scalar) else None


def _timeouts(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job in file.jobs.values():
        if not job.uses and job.node.get("timeout-minutes") is None and job.steps:
            if all(step.node.get("timeout-minutes") for step in job.steps):
                continue
            yield Said(
                place=job.place,
                message=f"job '{job.id}' may hang for six hours",
                fix="add `timeout-minutes`",
            )


def _filters(file: File, repository: Repository) -> Iterator[Said]:
    workflow = file.workflow
    if workflow is None or not any(
        (callee := repository.callee(job)) and callee.ours and callee.title.endswith("/ci.yml")
        for job in workflow.jobs.values()
    ):
        return
    root = workflow.root
    on = root.get("on") if isinstance(root, Table) else None
    for event in ("pull_request", "merge_group"):
        about = on.get(event) if isinstance(on, Table) else None
        for word in _FILTERS if isinstance(about, Table) else ():
            key = about.key(word) if isinstance(about, Table) else None
            if key:
                yield Said(
                    place=key.place,
                    message=f"with `{word}` the check `all-green` never comes for other changes, and a pull request that "
                    "requires it waits for ever",
                    fix="take it away: ci.yml itself finds out what a change needs, see its inputs `paths` and `docs-globs`",
                )


RULES = (
    Rule(
        id="unknown-workflow-run",
        question="Is every workflow that `workflow_run` names there?",
        why="A name that nothing has starts nothing, and nobody says so.",
        ask=_followed,
    ),
    Rule(
        id="shared-concurrency",
        question="Has nothing that is called the concurrency group of its caller?",
        why="In a called workflow `github.workflow` is the caller's name.",
        ask=_groups,
    ),
    Rule(
        id="path-filter",
        question="Is ci.yml not called behind a filter of paths?",
        why="A workflow that a filter keeps from running leaves its required check open.",
        ask=_filters,
    ),
    Rule(
        id="no-timeout",
        question="Has each job a `timeout-minutes`?",
        why="Without it a job that hangs takes 360 minutes.",
        ask=_timeouts,
        level=Level.REMARK,
    ),
)
