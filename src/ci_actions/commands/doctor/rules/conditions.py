"""Conditions that are always true, or always false, because of what GitHub takes for text. Pure.

Text is true unless it is empty, and a text is equal to a boolean only if it is a number equal to 1 or 0, or empty:
https://docs.github.com/actions/reference/workflows-and-actions/expressions#operators
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ci_actions.commands.doctor.files import File, Held
from ci_actions.commands.doctor.model import Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.workflows import expressions
from ci_actions.workflows.document import Place, Scalar
from ci_actions.workflows.expressions import And, Call, Compare, Expression, Literal, Not, NotAnExpression, Or
from ci_actions.workflows.model import Input, Job, Step, Workflow
from ci_actions.workflows.references import Remote

_WORDS = ("true", "false")
#: Outputs that hold `true` or `false`: by action, by name (None for each).
_BOOLEAN_OUTPUTS: dict[str, tuple[str, ...] | None] = {
    "dorny/paths-filter": None,
    "tj-actions/changed-files": (
        "any_changed", "any_deleted", "any_modified", "only_changed", "only_deleted", "only_modified",
    ),
    "actions/setup-node": ("cache-hit",),
    "actions/setup-python": ("cache-hit",),
}  # fmt: skip
#: Booleans of the events: https://docs.github.com/webhooks/webhook-events-and-payloads
_BOOLEANS_OF_EVENTS = (
    "created", "deleted", "forced", "pull_request.draft", "pull_request.merged", "release.draft", "release.prerelease",
    *(
        f"{place}.{name}"
        for place in ("repository", "pull_request.base.repo", "pull_request.head.repo")
        for name in ("archived", "fork", "private")
    ),
)  # fmt: skip
#: dorny's own outputs beside one for each filter.
_NOT_BOOLEAN = re.compile(r"changes|.*_(?:count|files)")


def _always_true(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for place, condition in _conditions(file):
        if "${{" not in condition.text:
            continue
        try:
            segments = list(expressions.segments(condition.text))
        except NotAnExpression:
            continue
        if len(segments) > 1:
            end = condition.text != condition.text.rstrip() and len(segments) == 2
            yield Said(
                place=place,
                message="always true: "
                + ("the line end of a block" if end else "what stands outside of `${{ }}`")
                + " makes a text of it, and a text is true",
                fix="write it on one line without `|` or `>`"
                if end
                else "put all of it into one `${{ }}`, or leave that away",
            )


def _conditions(file: File) -> Iterator[tuple[Place, Scalar]]:
    for job in file.jobs.values():
        if job.condition:
            yield job.condition.place, job.condition
    for _, step in file.steps:
        if step.condition:
            yield step.condition.place, step.condition


def _boolean_and_text(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for held in file.expressions:
        for part in expressions.parts(held.tree):
            if isinstance(part, Compare) and part.sign in ("==", "!="):
                for one, other in ((part.left, part.right), (part.right, part.left)):
                    if isinstance(other, Literal):
                        yield from _compared(file, held, expressions.dotted(one), other.value, part.sign)


def _compared(file: File, held: Held, path: tuple[str, ...], value: object, sign: str) -> Iterator[Said]:
    name = ".".join(path)
    if isinstance(value, str) and value.lower() in _WORDS and _is_boolean(file, path):
        yield Said(
            place=held.place,
            message=f"`{name}` is a boolean here, and no boolean is equal to the text '{value}': "
            f"this is always {'false' if sign == '==' else 'true'}",
            fix=f"write `{name}`, or `!{name}`",
        )
    elif isinstance(value, bool) and _is_text(file, path):
        word = str(value).lower()
        yield Said(
            place=held.place,
            message=f"`{name}` is a text here, and the text '{word}' is not equal to the boolean {word}: "
            f"this is {'false' if sign == '==' else 'true'} when it holds '{word}'",
            fix=f"compare with the text: `{name} {sign} '{word}'`",
        )


def _is_boolean(file: File, path: tuple[str, ...]) -> bool:
    """Whether this is a boolean wherever it is there: of an event, or an input of a workflow."""
    event, _, name = ".".join(path).lower().partition("github.event.")
    return (not event and name in _BOOLEANS_OF_EVENTS) or _is_boolean_input(file, path)


def _is_boolean_input(file: File, path: tuple[str, ...]) -> bool:
    """Whether this is an input of a workflow, declared as boolean wherever it is declared."""
    if len(path) != 2 or path[0] != "inputs" or file.workflow is None:
        return False
    found = list(_declared(file.workflow, path[1]))
    return bool(found) and all(each.type == "boolean" for each in found)


def _declared(workflow: Workflow, name: str) -> Iterator[Input]:
    for inputs in (workflow.dispatched, workflow.called.inputs if workflow.called else {}):
        for key, each in inputs.items():
            if key.lower() == name.lower():
                yield each


def _is_text(file: File, path: tuple[str, ...]) -> bool:
    """Whether this can be nothing but a text: an output, a variable, an input of an action."""
    lowered = tuple(each.lower() for each in path)
    if len(path) == 4 and path[0] in ("steps", "needs") and lowered[2] == "outputs":
        return True
    if len(path) == 2 and path[0] in ("env", "vars", "secrets"):
        return True
    if len(path) == 2 and path[0] == "inputs" and file.action is not None:
        return True
    return len(path) == 4 and lowered[:3] == ("github", "event", "inputs")


def _text_as_boolean(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for held in file.expressions:
        if not held.is_condition:
            continue
        for path in _taken_as_boolean(held.tree):
            if why := _can_be_false(file, held, path):
                name = ".".join(path)
                yield Said(
                    place=held.place,
                    message=f"`{name}` {why}, and the text 'false' is true",
                    fix=f"write `{name} == 'true'`",
                )


def _taken_as_boolean(tree: Expression) -> Iterator[tuple[str, ...]]:
    """Yield the paths whose truth decides a condition."""
    if isinstance(tree, And | Or):
        yield from _taken_as_boolean(tree.left)
        yield from _taken_as_boolean(tree.right)
    elif isinstance(tree, Not):
        yield from _taken_as_boolean(tree.of)
    elif path := expressions.dotted(tree):
        yield path


def _can_be_false(file: File, held: Held, path: tuple[str, ...]) -> str:
    """Return why a text can be `false`, nothing where nobody can tell."""
    lowered = tuple(each.lower() for each in path)
    if len(path) == 2 and path[0] == "inputs" and file.action:
        declared = next((each for key, each in file.action.inputs.items() if key.lower() == lowered[1]), None)
        default = declared.default if declared else None
        if isinstance(default, Scalar) and default.text in _WORDS:
            return "is the text of a boolean, as every input of an action is text"
    if lowered[:3] == ("github", "event", "inputs") and len(path) == 4 and file.workflow:
        declared = file.workflow.dispatched.get(path[3])
        return "is the text of a boolean here" if declared and declared.type == "boolean" else ""
    if len(path) == 4 and lowered[2] == "outputs":
        if path[0] == "steps":
            return _of_step(_step(held, file, lowered[1]), path[3])
        if path[0] == "needs" and (job := _named(file, lowered[1])):
            return _of_job(file, job, path[3])
    return ""


def _step(held: Held, file: File, name: str) -> Step | None:
    steps = held.job.steps if held.job else file.action.steps if file.action else ()
    return next((each for each in steps if each.id.lower() == name), None)


def _named(file: File, name: str) -> Job | None:
    return next((job for key, job in file.jobs.items() if key.lower() == name), None)


def _of_job(file: File, job: Job, output: str) -> str:
    """Follow a job's output to the step that it comes from, or to the condition that it is."""
    from ci_actions.workflows.document import Table

    outputs = job.node.get("outputs")
    value = outputs.get(output) if isinstance(outputs, Table) else None
    if not isinstance(value, Scalar):
        return ""
    try:
        segments = list(expressions.segments(value.text.strip()))
    except NotAnExpression:
        return ""
    if len(segments) != 1 or isinstance(segments[0], str):
        return ""
    if _gives_boolean(file, segments[0]):
        return "is the text that job outputs make of a boolean"
    path = expressions.dotted(segments[0])
    if len(path) != 4 or path[0] != "steps":
        return ""
    step = next((each for each in job.steps if each.id.lower() == path[1].lower()), None)
    return _of_step(step, path[3])


def _gives_boolean(file: File, tree: Expression) -> bool:
    """Whether an expression gives nothing but true or false."""
    if isinstance(tree, And | Or):
        return _gives_boolean(file, tree.left) and _gives_boolean(file, tree.right)
    if isinstance(tree, Literal):
        return isinstance(tree.value, bool)
    if isinstance(tree, Call):
        return tree.name.lower() in ("contains", "startswith", "endswith")
    return isinstance(tree, Not | Compare) or _is_boolean(file, expressions.dotted(tree))


def _of_step(step: Step | None, output: str) -> str:
    if step is None:
        return ""
    if step.run:
        writes = re.search(rf"(?<![\w-]){re.escape(output)}=['\"]?false\b", step.run.text)
        return "is the text that a script writes" if writes and "GITHUB_OUTPUT" in step.run.text else ""
    reference = step.uses.reference if step.uses else None
    if not isinstance(reference, Remote) or reference.path:
        return ""
    name = reference.repository.lower()
    outputs = _BOOLEAN_OUTPUTS.get(name, ())
    holds = output.lower() in outputs if outputs is not None else not _NOT_BOOLEAN.fullmatch(output)
    return f"is the text 'true' or 'false' from {name}" if holds else ""


RULES = (
    Rule(
        id="always-true",
        question="Is every `if` an expression, and no text around one?",
        why="`if: ${{ a }} && ${{ b }}` and a block that ends in a line end are text, and always true.",
        ask=_always_true,
    ),
    Rule(
        id="boolean-and-text",
        question="Is a boolean compared with a boolean, and a text with a text?",
        why="Inputs of workflows that are declared boolean are booleans in `inputs` and text in `github.event.inputs`; "
        "`draft`, `merged`, `fork` and the like of an event are booleans; inputs of actions, outputs and variables are "
        "always text. A comparison of the two is never true for `true`.",
        ask=_boolean_and_text,
    ),
    Rule(
        id="text-as-boolean",
        question="Does no condition take the text 'false' for false?",
        why="Asked where the text is known to become 'false': an input of an action with such a default, an output that a script "
        "or one of a few known actions sets, also when it goes through a job's outputs, and a comparison that is one.",
        ask=_text_as_boolean,
    ),
)
