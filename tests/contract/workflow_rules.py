"""What our workflows, actions and examples keep to, where no linter looks. One function per rule; each yields what breaks it.

Rules are about files as values: `test_static.py` applies them to this checkout, and to snippets that break them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ci_actions.workflows import expressions, reading
from ci_actions.workflows.document import Node, Place, Scalar, Table, walk
from ci_actions.workflows.expressions import And, Compare, Expression, Literal, Not, NotAnExpression, Or
from ci_actions.workflows.model import Action, Called, Input, Job, Permissions, Step, Uses, Workflow, calls
from ci_actions.workflows.references import Local, Remote, Same

OURS = "org/ci-actions"
REF = "v1"
LEVELS = {"none": 0, "read": 1, "write": 2}
#: Whatever these hold, they hold it as text.
TEXTS = (
    ("steps", "outputs"),
    ("needs", "outputs"),
    ("steps", "outcome"),
    ("steps", "conclusion"),
    ("needs", "result"),
)
VERSION = re.compile(r"# v\d+(?:\.\d+)*(?: .*)?")
USES = re.compile(r"\buses:[ \t]*(?P<quote>['\"]?)(?P<target>[^\s'\"`#]+)(?P=quote)(?P<behind>[^\n`]*)")
IGNORE = re.compile(r"#\s*zizmor:\s*ignore(?P<rest>.*)")


@dataclass(frozen=True)
class Files:
    """The files that rules look at, by their paths: workflows, actions, examples, and Markdown as text."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, root: Path) -> Files:
        """Return those of a checkout."""
        patterns = (".github/workflows/*.yml", "action.yml", "actions/*/action.yml", "examples/**/*.yml")
        found = {path for pattern in patterns for path in root.glob(pattern)}
        found |= {
            path
            for pattern in ("*.md", "actions/*/*.md", "examples/**/*.md", "docs/**/*.md")
            for path in root.glob(pattern)
        }
        return cls({path.relative_to(root).as_posix(): path.read_text("utf-8") for path in sorted(found)})

    @cached_property
    def workflows(self) -> Mapping[str, Workflow]:
        """Workflows, those of the examples too; other YAML of the examples has no jobs."""
        return {
            path: reading.workflow(text.encode())
            for path, text in self.texts.items()
            if path.endswith(".yml")
            and not path.endswith("action.yml")
            and re.search("^jobs:", text, re.MULTILINE)
        }

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """Actions."""
        return {
            path: reading.action(text.encode())
            for path, text in self.texts.items()
            if path.rpartition("/")[2] == "action.yml"
        }

    @property
    def all(self) -> Iterator[tuple[str, Workflow | Action]]:
        """Both."""
        yield from self.workflows.items()
        yield from self.actions.items()

    @property
    def callees(self) -> Iterator[tuple[str, Workflow, Called]]:
        """The workflows that can be called."""
        for path, workflow in self.workflows.items():
            if workflow.called:
                yield path, workflow, workflow.called

    def target(self, path: str, uses: Uses | None) -> str:
        """Return the path of what a `uses` in a file means, if it is ours; nothing for others'."""
        reference = uses.reference if uses else None
        example = path.startswith("examples/")
        if isinstance(reference, Same) or (isinstance(reference, Local) and not example):
            inner = reference.path
        elif isinstance(reference, Remote) and reference.is_in(OURS):
            # A door of a release is the folder below actions/.
            inner = reference.path if reference.path.startswith(".github/") else f"actions/{reference.path}"
        else:
            return ""
        return inner if inner.endswith(".yml") else f"{inner}/action.yml".lstrip("/")


Rule = Callable[[Files], Iterator[str]]


def at(path: str, place: Place, text: str) -> str:
    return f"{path}:{place}: {text}"


# --- shapes ----------------------------------------------------------------------------------------


def every_file_can_be_read(files: Files) -> Iterator[str]:
    for path, file in files.all:
        for problem in file.problems:
            yield at(path, problem.place, problem.text)


def what_is_used_exists_and_knows_what_it_is_given(files: Files) -> Iterator[str]:
    for path, file in files.all:
        for call in calls(file):
            target = files.target(path, call.uses)
            if not target:
                continue
            assert call.uses
            callee = files.workflows.get(target) if isinstance(call, Job) else files.actions.get(target)
            if callee is None:
                yield at(path, call.uses.place, f"uses: {call.uses.text}, but there is no {target}")
            elif isinstance(callee, Workflow) and not callee.called:
                yield at(path, call.uses.place, f"{target} cannot be called")
            else:
                yield from _given(path, call, callee)


def _given(path: str, call: Job | Step, callee: Workflow | Action) -> Iterator[str]:
    assert call.uses
    takes = callee.called.inputs if isinstance(callee, Workflow) and callee.called else callee.inputs
    yield from _compared(path, call.uses, "input", call.given, takes)
    if isinstance(callee, Workflow) and callee.called and isinstance(call, Job) and not call.inherits_secrets:
        yield from _compared(path, call.uses, "secret", call.secrets, callee.called.secrets)


def _compared(
    path: str, uses: Uses, what: str, given: Mapping[str, Node], takes: Mapping[str, Input]
) -> Iterator[str]:
    for name, node in given.items():
        if name not in takes:
            yield at(path, node.place, f"{uses.text} has no {what} '{name}'")
    for name, about in takes.items():
        if about.required and about.default is None and name not in given:
            yield at(path, uses.place, f"{uses.text} needs the {what} '{name}'")


def every_input_is_used_and_every_used_one_declared(files: Files) -> Iterator[str]:
    for path, file in files.all:
        used = {
            name[1]
            for _, each, _ in _expressions(file)
            for name in expressions.paths(each)
            if name[:1] == ("inputs",) and len(name) > 1
        }
        declared = file.called.inputs if isinstance(file, Workflow) and file.called else file.inputs
        for name in sorted(used - file.inputs.keys()):
            yield at(path, Place(1, 1), f"inputs.{name} is declared nowhere")
        for name, about in declared.items():
            if name not in used:
                yield at(path, about.place, f"input '{name}' is used nowhere")


def a_step_that_is_named_is_there(files: Files) -> Iterator[str]:
    """actionlint looks into workflows only."""
    for path, action in files.actions.items():
        known = {step.id for step in action.steps}
        for place, each, _ in _expressions(action):
            for name in expressions.paths(each):
                if name[:1] == ("steps",) and len(name) > 1 and name[1] not in known:
                    yield at(path, place, f"there is no step '{name[1]}'")


def what_is_ours_is_named_as_ours(files: Files) -> Iterator[str]:
    """`./` is the caller's checkout in a called workflow; and an example is another repository."""
    for path, file in files.all:
        for call in calls(file):
            assert call.uses
            reference = call.uses.reference
            if path.startswith("examples/"):
                if isinstance(reference, Same | Local):
                    yield at(path, call.uses.place, f"uses: {call.uses.text}: write {OURS}/…@{REF}")
            elif isinstance(reference, Local) and reference.path:
                # The root of a repository has no other name.
                yield at(path, call.uses.place, f"uses: {call.uses.text}: write $/{reference.path}")


# --- pins ------------------------------------------------------------------------------------------


def what_is_others_is_pinned(files: Files) -> Iterator[str]:
    """A full SHA with its version beside it, in what runs, and in what people copy."""
    for path, text in files.texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            for found in USES.finditer(line):
                problem = _pin(path, found["target"], found["behind"].strip())
                if problem and (path.endswith(".md") or _says_uses(files, path, number)):
                    yield at(path, Place(number, found.start() + 1), f"uses: {found['target']}: {problem}")


def _pin(path: str, target: str, behind: str) -> str:
    prose = path.endswith(".md") or path.startswith("examples/")
    if target.startswith(("$/", "./")) or target in (".", "…"):
        return ""
    owner, _, rest = target.partition("/")
    ref = target.partition("@")[2]
    if f"{owner}/{rest.partition('/')[0].partition('@')[0]}" == OURS:
        if not prose:
            return "inside of this repository write $/"
        placeholder = re.fullmatch(r"v\d+(\.\d+)*|<.*|[0-9a-f]{40}", ref)
        return "" if placeholder else f"write @{REF}"
    if not re.fullmatch(r"[0-9a-f]{40}", ref):
        return "pin the full SHA (git ls-remote names it)"
    return "" if VERSION.fullmatch(behind) else "name the version behind it: # v1.2.3"


def _says_uses(files: Files, path: str, number: int) -> bool:
    """Whether a line of YAML is a `uses:`, not a text that mentions one."""
    file = files.workflows.get(path) or files.actions.get(path)
    return file is not None and any(call.uses and call.uses.place.line == number for call in calls(file))


def a_checkout_leaves_no_token_behind(files: Files) -> Iterator[str]:
    for path, file in files.all:
        for call in calls(file):
            if call.uses and call.uses.text.startswith("actions/checkout@"):
                kept = call.given.get("persist-credentials")
                if not isinstance(kept, Scalar) or kept.value is not False:
                    yield at(path, call.uses.place, "write persist-credentials: false")


def an_ignore_says_why(files: Files) -> Iterator[str]:
    for path, text in files.texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            for found in IGNORE.finditer(line):
                if not path.endswith(".md") and not re.fullmatch(r"\[[\w-]+(,[\w-]+)*\] \w.*", found["rest"]):
                    yield at(
                        path,
                        Place(number, found.start() + 1),
                        "name the rule and the reason: # zizmor: ignore[rule] why",
                    )


# --- rights ----------------------------------------------------------------------------------------


def rights_are_asked_for_by_jobs(files: Files) -> Iterator[str]:
    for path, workflow in files.workflows.items():
        if workflow.permissions is None or workflow.permissions.levels or workflow.permissions.every:
            yield at(
                path, Place(1, 1), "write `permissions: {}` on top, and grants at the jobs that need them"
            )
        for job in workflow.jobs.values():
            if job.permissions is None:
                yield at(path, job.place, f"job '{job.id}' says nothing about permissions")
            elif job.permissions.every:
                yield at(path, job.permissions.place, f"job '{job.id}' asks for everything")
            if job.inherits_secrets:
                yield at(path, job.place, f"job '{job.id}' hands on every secret: name them")
        for number, line in enumerate(files.texts[path].splitlines(), 1):
            if re.match(r" +[a-z-]+: (read|write)\b", line) and " # " not in line:
                yield at(path, Place(number, 1), f"'{line.strip()}' says no reason")


def a_caller_grants_what_its_callee_asks_for(files: Files) -> Iterator[str]:
    """Else GitHub refuses the whole run before any job: https://github.com/actions/runner/issues/4151"""
    for path, workflow in files.workflows.items():
        for job in workflow.jobs.values():
            callee = files.workflows.get(files.target(path, job.uses))
            if callee is None:
                continue
            granted = job.permissions or workflow.permissions
            for scope, (level, where) in sorted(_asked(files, files.target(path, job.uses), ()).items()):
                has = granted.level(scope) if granted else "none"
                if LEVELS.get(has, 0) < LEVELS[level]:
                    yield at(
                        path,
                        job.place,
                        f"job '{job.id}' grants {scope}: {has}, but {where} asks for {scope}: {level}",
                    )


def _asked(files: Files, path: str, seen: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the most that any job of a callee asks for, by scope, and which job it is."""
    found: dict[str, tuple[str, str]] = {}
    callee = files.workflows.get(path)
    for job in callee.jobs.values() if callee and path not in seen else ():
        assert callee
        asked: dict[str, tuple[str, str]] = {}
        declared: Permissions | None = job.permissions or callee.permissions
        for scope, level in declared.levels.items() if declared else ():
            asked[scope] = (level, f"{path}, job '{job.id}',")
        if job.uses:
            asked |= _asked(files, files.target(path, job.uses), (*seen, path))
        for scope, (level, where) in asked.items():
            if LEVELS[level] > LEVELS[found.get(scope, ("none", ""))[0]]:
                found[scope] = (level, where)
    return found


# --- expressions -----------------------------------------------------------------------------------


def no_expression_stands_in_a_script(files: Files) -> Iterator[str]:
    for path, file in files.all:
        for step in _steps(file):
            script = step.given.get("script")
            for text in (step.run, script if isinstance(script, Scalar) else None):
                if text and "${{" in text.text:
                    yield at(
                        path, text.place, "an expression in a script becomes code: hand it on through env"
                    )


def booleans_and_texts_are_not_compared(files: Files) -> Iterator[str]:
    """`inputs.x == 'true'` is false for a boolean, and `outputs.x == true` for a text; and 'false' is truthy."""
    for path, file in files.all:
        booleans = {name for name, about in file.inputs.items() if about.type == "boolean"}
        for place, expression, is_condition in _expressions(file):
            found = [*_mismatches(expression, booleans), *_truthy(expression, is_condition=is_condition)]
            yield from (at(path, place, text) for text in found)


def _mismatches(expression: Expression, booleans: set[str]) -> Iterator[str]:
    for each in expressions.parts(expression):
        if not isinstance(each, Compare):
            continue
        for one, other in ((each.left, each.right), (each.right, each.left)):
            value = other.value if isinstance(other, Literal) else None
            wrong = {"boolean": str, "text": bool}.get(kind := _kind(one, booleans))
            if wrong and isinstance(value, wrong):
                yield f"{'.'.join(expressions.dotted(one))} is a {kind}, and is compared with {value!r}"


def _truthy(expression: Expression, *, is_condition: bool) -> Iterator[str]:
    for each in _truths(expression, is_condition=is_condition):
        name = expressions.dotted(each)
        if len(name) == 4 and name[0] in ("steps", "needs") and name[2] == "outputs":
            yield f"{'.'.join(name)} is text, and 'false' is truthy: compare it"


def _kind(expression: Expression, booleans: set[str]) -> str:
    name = expressions.dotted(expression)
    if name[:1] == ("inputs",) and len(name) == 2:
        return "boolean" if name[1] in booleans else "text"
    return "text" if len(name) > 2 and (name[0], name[2]) in TEXTS else ""


def _truths(expression: Expression, *, is_condition: bool) -> Iterator[Expression]:
    """Yield the parts of an expression of which only the truth counts."""
    if isinstance(expression, Not):
        yield from _truths(expression.of, is_condition=True)
    elif isinstance(expression, And):
        yield from _truths(expression.left, is_condition=True)
        yield from _truths(expression.right, is_condition=is_condition)
    elif isinstance(expression, Or):
        yield from _truths(expression.left, is_condition=is_condition)
        yield from _truths(expression.right, is_condition=is_condition)
    elif is_condition:
        yield expression


def what_a_callee_hands_on_it_takes_as_text(files: Files) -> Iterator[str]:
    """One place has the defaults, our actions' own: empty means "not given" there, and a boolean cannot be empty."""
    for path, workflow, called in files.callees:
        for step in _steps(workflow):
            if not files.target(path, step.uses):
                continue
            for node in step.given.values():
                found = (
                    re.fullmatch(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}", node.text)
                    if isinstance(node, Scalar)
                    else None
                )
                about = called.inputs.get(found[1]) if found else None
                if about is None:
                    continue
                empty = isinstance(about.default, Scalar) and about.default.value == ""
                if about.type != "string" or not (empty or about.required):
                    yield at(
                        path,
                        about.place,
                        f"input '{about.name}' is handed on: write type: string, default: ''",
                    )


# --- callees ---------------------------------------------------------------------------------------


def a_callee_runs_where_its_caller_says(files: Files) -> Iterator[str]:
    for path, workflow, called in files.callees:
        runs_on = called.inputs.get("runs-on")
        if (
            runs_on is None
            or runs_on.type != "string"
            or not isinstance(runs_on.default, Scalar)
            or runs_on.default.text != '"ubuntu-latest"'
        ):
            yield at(
                path, called.place, "it takes no `runs-on`: a string with JSON, default '\"ubuntu-latest\"'"
            )
        if (minutes := called.inputs.get("timeout-minutes")) is None or minutes.type != "number":
            yield at(path, called.place, "it takes no `timeout-minutes`: a number")
        for job in workflow.jobs.values():
            text = job.runs_on.text if isinstance(job.runs_on, Scalar) else ""
            if not job.uses and not re.fullmatch(r"\$\{\{ fromJSON\(inputs\.runs-on\) \}\}", text):
                yield at(
                    path, job.place, f"job '{job.id}' must have runs-on: ${{{{ fromJSON(inputs.runs-on) }}}}"
                )


def a_callee_has_no_concurrency_and_names_its_jobs(files: Files) -> Iterator[str]:
    """`github.workflow` is the caller's there, so that it would cancel its own caller; and names are what people require."""
    for path, workflow, _ in files.callees:
        assert isinstance(workflow.root, Table)
        for table in (workflow.root, *(job.node for job in workflow.jobs.values())):
            if key := table.key("concurrency"):
                yield at(path, key.place, "concurrency belongs to the caller")
        for job in workflow.jobs.values():
            if job.name is None:
                yield at(path, job.place, f"job '{job.id}' has no name")


def every_job_has_an_end(files: Files) -> Iterator[str]:
    for path, workflow in files.workflows.items():
        for job in workflow.jobs.values():
            if not job.uses and job.node.get("timeout-minutes") is None:
                yield at(path, job.place, f"job '{job.id}' has no timeout-minutes")


def job_names(files: Files) -> Iterator[str]:
    """Yield `workflow.yml: name` for every job of our workflows: what a check is called, and so public."""
    for path, workflow in sorted(files.workflows.items()):
        if path.startswith(".github/"):
            for job in workflow.jobs.values():
                yield f"{path.rpartition('/')[2]}: {job.title}"


RULES: tuple[Rule, ...] = (
    every_file_can_be_read,
    what_is_used_exists_and_knows_what_it_is_given,
    every_input_is_used_and_every_used_one_declared,
    a_step_that_is_named_is_there,
    what_is_ours_is_named_as_ours,
    what_is_others_is_pinned,
    a_checkout_leaves_no_token_behind,
    an_ignore_says_why,
    rights_are_asked_for_by_jobs,
    a_caller_grants_what_its_callee_asks_for,
    no_expression_stands_in_a_script,
    booleans_and_texts_are_not_compared,
    what_a_callee_hands_on_it_takes_as_text,
    a_callee_runs_where_its_caller_says,
    a_callee_has_no_concurrency_and_names_its_jobs,
    every_job_has_an_end,
)


# --- walking ---------------------------------------------------------------------------------------


def _steps(file: Workflow | Action) -> Iterator[Step]:
    if isinstance(file, Action):
        yield from file.steps
    else:
        yield from (step for job in file.jobs.values() for step in job.steps)


def _expressions(file: Workflow | Action) -> Iterator[tuple[Place, Expression, bool]]:
    """Yield every expression of a file, where it stands, and whether it is an `if:`. One that nobody can read is skipped."""
    for node in walk(file.root) if file.root else ():
        for key, value in node.entries if isinstance(node, Table) else ():
            if isinstance(value, Scalar) and key.text == "if":
                try:
                    yield value.place, expressions.condition(value.text), True
                except NotAnExpression:
                    continue
        if isinstance(node, Scalar) and "${{" in node.text:
            try:
                for each in expressions.segments(node.text):
                    if not isinstance(each, str):
                        yield node.place, each, False
            except NotAnExpression:
                continue
