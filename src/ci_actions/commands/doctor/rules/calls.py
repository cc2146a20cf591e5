"""What is handed to a call: to ours, and to actions and workflows of the same repository. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci_actions.commands.doctor.callees import Callee, Taken, path_of
from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Level, Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.kit.inputs import suggestion
from ci_actions.workflows import references
from ci_actions.workflows.document import Node, Place, Scalar, Table
from ci_actions.workflows.model import Job, Step

#: What a job that calls a workflow may hold:
#: https://docs.github.com/actions/reference/workflows-and-actions/reusing-workflow-configurations#supported-keywords-for-jobs-that-call-a-reusable-workflow
_OF_A_CALL = frozenset(
    ("name", "uses", "with", "secrets", "strategy", "needs", "if", "concurrency", "permissions", "cache-mode")
)
#: What expressions of a calling job may ask, by the key they stand in:
#: https://docs.github.com/actions/reference/workflows-and-actions/contexts#context-availability
_NOT_IN_WITH = frozenset(("env", "secrets", "steps", "job", "runner", "jobs"))


def _unknown_inputs(file: File, repository: Repository) -> Iterator[Said]:
    for call, callee in _calls(file, repository):
        what = "its run does not start" if callee.strict else "GitHub only warns, and the value has no effect"
        yield from _unknown("input", _keys(call.node, "with"), callee, callee.inputs, what)


def _unknown_secrets(file: File, repository: Repository) -> Iterator[Said]:
    for call, callee in _calls(file, repository):
        if isinstance(call, Job) and not call.inherits_secrets:
            keys = _keys(call.node, "secrets")
            yield from _unknown("secret", keys, callee, callee.secrets, "its run does not start")


def _unknown(
    word: str, keys: Mapping[str, Scalar], callee: Callee, takes: Mapping[str, Taken], what: str
) -> Iterator[Said]:
    for name, key in keys.items():
        if name.lower() not in takes:
            names = [each.name for each in takes.values()]
            hint = suggestion(name, names)
            yield Said(
                place=key.place,
                message=f"{callee.title} has no {word} '{name}'{hint}; {what}",
                fix=_listed(word, names) if not hint else f"write the name of the {word} that is meant",
            )


def _listed(word: str, names: list[str]) -> str:
    if not names:
        return f"take it away: it has no {word}s"
    shown = ", ".join(sorted(names)[:12])
    return f"take it away, or give one of its {word}s: {shown}{' …' if len(names) > 12 else ''}"


def _missing(file: File, repository: Repository) -> Iterator[Said]:
    for call, callee in _calls(file, repository):
        given = {name.lower() for name in call.given}
        for name, taken in callee.inputs.items():
            if taken.required and name not in given:
                # GitHub does not hold actions to what they require; an action may do with nothing.
                level = None if callee.strict or callee.ours else Level.REMARK
                yield _needed(call, callee, "input", "with", taken.name, level)
        if isinstance(call, Job) and not call.inherits_secrets:
            secrets = {name.lower() for name in call.secrets}
            for name, taken in callee.secrets.items():
                if taken.required and name not in secrets:
                    yield _needed(call, callee, "secret", "secrets", taken.name, None)


def _needed(call: Job | Step, callee: Callee, word: str, key: str, name: str, level: Level | None) -> Said:
    return Said(
        place=_uses(call),
        message=f"{callee.title} requires the {word} '{name}'",
        fix=f"give '{name}' under `{key}:`",
        level=level,
    )


def _values(file: File, repository: Repository) -> Iterator[Said]:
    for call, callee in _calls(file, repository):
        for name, node in call.given.items():
            taken = callee.inputs.get(name.lower())
            if taken is None:
                continue
            if not isinstance(node, Scalar):
                yield Said(
                    place=node.place,
                    message=f"input '{name}' of {callee.title} takes one value, not a list or a mapping",
                    fix="write it as text: a list as lines below `|`",
                )
            elif wrong := taken.complaint(node):
                yield Said(
                    place=node.place,
                    message=f"input {wrong}",
                    fix=f"give {callee.title} a value that it takes",
                )


def _targets(file: File, repository: Repository) -> Iterator[Said]:
    for call in file.calls:
        reference = call.uses.reference if call.uses else None
        path = path_of(reference)
        is_workflow = references.is_workflow(path)
        ours = repository.callees.is_ours(reference)
        if isinstance(call, Job) != is_workflow and path:
            here, there = ("a job", "steps") if isinstance(call, Job) else ("a step", "jobs")
            kind = "a workflow" if is_workflow else "an action"
            yield Said(
                place=_uses(call),
                message=f"{here} cannot use {kind}",
                fix=f"call it from {there}",
            )
        elif not repository.callees.is_missing(reference) or not (ours or (is_workflow and repository.whole)):
            # An action in the workspace may come from a checkout of another repository.
            continue
        elif is_workflow and not ours and path in repository.every:
            yield Said(
                place=_uses(call),
                message=f"{path} cannot be called",
                fix="add `workflow_call` to its `on`",
            )
        else:
            yield Said(
                place=_uses(call),
                message=f"there is no {path or 'action at the root'}"
                + (f" in {repository.ours.version} of ours" if ours else ""),
                fix="see the table in our README" if ours else "name a file that is in .github/workflows",
            )


def _keys_of_calls(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job in file.jobs.values():
        for key, _ in job.node.entries if job.uses else ():
            if key.text not in _OF_A_CALL:
                yield Said(
                    place=key.place,
                    message=f"a job that calls a workflow cannot have '{key.text}', so GitHub refuses the whole file",
                    fix="hand it over as an input, if the workflow has one"
                    if key.text != "steps"
                    else "make a job of its own of the steps",
                )


def _contexts_of_calls(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    from ci_actions.workflows import expressions

    for held in file.expressions:
        if held.step or not held.job or not held.job.uses or held.keys[0] != "with":
            continue
        for path in expressions.paths(held.tree):
            if path[0] in _NOT_IN_WITH:
                yield Said(
                    place=held.place,
                    message=f"`{'.'.join(path)}`: the context '{path[0]}' does not exist in `with` of a job that calls a "
                    "workflow, so GitHub refuses the whole file",
                    fix="hand a secret over under `secrets:`"
                    if path[0] == "secrets"
                    else "take it from `vars`, `inputs`, `matrix`, or an output of a job before",
                )


def _calls(file: File, repository: Repository) -> Iterator[tuple[Job | Step, Callee]]:
    for call in file.calls:
        if callee := repository.callee(call):
            yield call, callee


def _keys(table: Table, name: str) -> Mapping[str, Scalar]:
    node: Node | None = table.get(name)
    return {key.text: key for key, _ in node.entries} if isinstance(node, Table) else {}


def _uses(call: Job | Step) -> Place:
    return call.uses.place if call.uses else call.place


RULES = (
    Rule(
        id="unknown-callee",
        question="Does what a `uses` names exist, in this repository or in ours?",
        why="Of this repository's own actions only workflows are looked for: a checkout may bring an action along.",
        ask=_targets,
    ),
    Rule(
        id="unknown-input",
        question="Does the action or workflow that is called have every input that it is given?",
        why="GitHub refuses a workflow with an unknown input, but an action with one only gets a warning, and the value no "
        "effect. Asked for our actions and workflows, and for those of the same repository.",
        ask=_unknown_inputs,
    ),
    Rule(
        id="unknown-secret",
        question="Does the workflow that is called have every secret that it is given?",
        why="GitHub refuses the whole file.",
        ask=_unknown_secrets,
    ),
    Rule(
        id="missing-input",
        question="Is everything given that is required, inputs and secrets?",
        why="GitHub holds callers of workflows to it, but not users of actions: those get an empty text, so for an action of "
        "the same repository it is a remark.",
        ask=_missing,
    ),
    Rule(
        id="input-value",
        question="Is each value that is written down one that the input takes?",
        why="Ours are asked by the same declarations that the actions read their inputs with, also where one of our workflows "
        "hands its input on to them.",
        ask=_values,
    ),
    Rule(
        id="call-keys",
        question="Does a job that calls a workflow have only what such a job may have?",
        why="`env`, `timeout-minutes`, `continue-on-error`, `runs-on` and `environment` are none of it.",
        ask=_keys_of_calls,
    ),
    Rule(
        id="call-context",
        question="Does `with` of a job that calls a workflow ask only for contexts that exist there?",
        why="`env` of the caller is not one of them, and reaches no called workflow in any way.",
        ask=_contexts_of_calls,
    ),
)
