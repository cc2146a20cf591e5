"""What a `uses` names, as what it takes, gives and asks for: ours by our own declarations, local ones by their files. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from ci_actions.kit.inputs import Declared, complaint
from ci_actions.workflows import expressions, references
from ci_actions.workflows.document import Scalar
from ci_actions.workflows.expressions import NotAnExpression
from ci_actions.workflows.model import Action, Called, Input, Job, Permissions, Step, Workflow
from ci_actions.workflows.references import Local, Reference, Remote, Same

#: GitHub allows ten levels: https://docs.github.com/actions/reference/workflows-and-actions/reusing-workflow-configurations
LEVELS = 10
_RANKS = {"none": 0, "read": 1, "write": 2}
_MAJOR = re.compile(r"v(\d+)(?:\.\d+)*")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Taken:
    """An input. `declared` returns the declaration that its text is read by in the end, if it is one of ours."""

    name: str
    type: str = "string"
    required: bool = False
    declared: Callable[[], Declared | None] = lambda: None

    def complaint(self, value: Scalar) -> str:
        """Return what is wrong with a value that is written down, nothing where it is fine or not known before a run."""
        text = "" if value.value is None else value.text
        if "${{" in text:
            return ""
        if self.type == "boolean" and text not in ("true", "false"):
            return f"'{self.name}' is '{text}' but must be true or false"
        if self.type == "number" and not isinstance(Scalar(value.place, text, plain=True).value, int | float):
            return f"'{self.name}' is '{text}' but must be a number"
        if not text.strip():
            return ""
        declared = self.declared()
        return complaint(declared, self.name, text) if declared else ""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Asked:
    """A permission that a job of a called workflow asks for; `job` names it as its check does."""

    job: str
    scope: str
    level: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Callee:
    """What is called. Names are in small letters: GitHub ignores case. `outputs` is None where nobody can tell them.

    `strict` says that GitHub refuses what it does not take, as it does for workflows; an action only warns.
    """

    title: str
    strict: bool
    ours: bool
    inputs: Mapping[str, Taken]
    secrets: Mapping[str, Taken] = field(default_factory=dict)
    outputs: frozenset[str] | None = None
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Ours:
    """What this version of ours holds: a workflow by its path, the inputs and outputs of an action by its path.

    Both return None for what is not there.
    """

    repository: str
    version: str
    workflow: Callable[[str], Workflow | None]
    action: Callable[[str], tuple[Mapping[str, Declared], frozenset[str]] | None]

    def speaks_for(self, reference: Remote) -> bool:
        """Whether this version knows what a reference of ours holds: not that of another major version."""
        wanted, mine = _MAJOR.fullmatch(reference.ref), re.match(r"(\d+)\.", self.version)
        return not wanted or not mine or mine[1] == "0" or wanted[1] == mine[1]


class Callees:
    """Finds what is called, each once; `content` returns what a file of the repository holds, None without one."""

    def __init__(self, content: Callable[[str], Workflow | Action | None], ours: Ours) -> None:
        self._local = content
        self._ours = ours
        self._known: dict[tuple[bool, str], Callee | None] = {}

    def is_ours(self, reference: Reference | None) -> bool:
        """Whether a reference means our repository."""
        return isinstance(reference, Remote) and reference.is_in(self._ours.repository)

    def of(self, reference: Reference | None) -> Callee | None:
        """Return what a reference names; None for what is others' or not there."""
        path = path_of(reference)
        if isinstance(reference, Local | Same):
            return self._at(path, ours=False)
        if isinstance(reference, Remote) and self.is_ours(reference) and self._ours.speaks_for(reference):
            return self._at(path, ours=True)
        return None

    def is_missing(self, reference: Reference | None) -> bool:
        """Whether ours, or the repository, has nothing that can be called under this name."""
        if isinstance(reference, Remote):
            return self.is_ours(reference) and self._ours.speaks_for(reference) and self.of(reference) is None
        return isinstance(reference, Local | Same) and self.of(reference) is None

    def _at(self, path: str, *, ours: bool) -> Callee | None:
        key = (ours, path)
        if key not in self._known:
            self._known[key] = None  # what calls itself ends here
            self._known[key] = self._made(path, ours=ours)
        return self._known[key]

    def _made(self, path: str, *, ours: bool) -> Callee | None:
        title = f"{self._ours.repository}/{path}" if ours else f"./{path}"
        if references.is_workflow(path):
            content = self._ours.workflow(path) if ours else self._local(path)
            if isinstance(content, Workflow) and content.called:
                return self._workflow(title, content, content.called, ours=ours)
            return None
        if ours:
            return self._own_action(title, path)
        found = (self._local(f"{path}/action.{end}".lstrip("/")) for end in ("yml", "yaml"))
        action = next((each for each in found if isinstance(each, Action)), None)
        return _action(title, action) if action else None

    def _workflow(self, title: str, workflow: Workflow, called: Called, *, ours: bool) -> Callee:
        inner = _Inner(self, workflow, ours=ours)
        return Callee(
            title=title,
            strict=True,
            ours=ours,
            inputs={name.lower(): inner.taken(each) for name, each in called.inputs.items()},
            secrets={name.lower(): _plainly(each) for name, each in called.secrets.items()},
            outputs=frozenset(map(str.lower, called.outputs)),
            asked=tuple(inner.asked()),
        )

    def _own_action(self, title: str, path: str) -> Callee | None:
        declared = self._ours.action(path)
        if declared is None:
            return None
        inputs, outputs = declared
        taken = {
            name: Taken(name=name, required=each.required, declared=partial(_same, each))
            for name, each in inputs.items()
        }
        return Callee(title=title, strict=False, ours=True, inputs=taken, outputs=outputs)

    def inner(self, reference: Reference | None, *, ours: bool) -> Callee | None:
        """Return what a file of ours, or of the repository, calls itself."""
        if ours and isinstance(reference, Same | Local):
            return self._at(path_of(reference), ours=True)
        return self.of(reference)


def path_of(reference: Reference | None) -> str:
    """Return the path that a reference names inside its repository."""
    return reference.path if isinstance(reference, Local | Same | Remote) else ""


def lacks(permissions: Permissions, asked: Asked) -> bool:
    """Whether a job with these permissions may not give what is asked for."""
    return _RANKS.get(permissions.level(asked.scope), 0) < _RANKS.get(asked.level, 0)


def _action(title: str, action: Action) -> Callee:
    inputs = {name.lower(): _plainly(each) for name, each in action.inputs.items()}
    if action.using == "docker":
        inputs |= {name: Taken(name=name) for name in ("args", "entrypoint")}
    return Callee(
        title=title,
        strict=False,
        ours=False,
        inputs=inputs,
        # An action that is a program may set what it does not declare.
        outputs=frozenset(map(str.lower, action.outputs)) if action.using == "composite" else None,
    )


def _plainly(declared: Input) -> Taken:
    return Taken(
        name=declared.name, type=declared.type, required=declared.required and declared.default is None
    )


class _Inner:
    """Looks into a workflow that is called: where its inputs go, and what its jobs ask for."""

    def __init__(self, callees: Callees, content: Workflow, *, ours: bool) -> None:
        self._callees = callees
        self._content = content
        self._ours = ours

    def taken(self, declared: Input) -> Taken:
        """Return an input; whose declaration it is read by is looked for when somebody asks."""
        plain = _plainly(declared)
        return replace(plain, declared=partial(self._read_by, declared.name.lower()))

    def _read_by(self, name: str) -> Declared | None:
        """Return the declaration that the first action of ours has for an input which it gets as it is."""
        for call, inner in self._handed_on.get(name, ()):
            callee = self._callees.inner(call.uses.reference, ours=self._ours) if call.uses else None
            taken = callee.inputs.get(inner) if callee else None
            if taken and (found := taken.declared()):
                return found
        return None

    @cached_property
    def _handed_on(self) -> Mapping[str, list[tuple[Job | Step, str]]]:
        """Where each input goes: to which call, and as which input."""
        found: dict[str, list[tuple[Job | Step, str]]] = {}
        for job in self._content.jobs.values():
            calls: tuple[Job | Step, ...] = (job, *job.steps)
            for call in calls:
                for name, node in call.given.items() if call.uses else ():
                    if isinstance(node, Scalar) and (source := _input_of(node.text)):
                        found.setdefault(source, []).append((call, name.lower()))
        return found

    def asked(self) -> Iterator[Asked]:
        """Yield what the jobs ask for, those of nested workflows too, each as its check is called."""
        for job in self._content.jobs.values():
            # A job without `permissions` has those of its workflow; without those it has what its caller gives.
            own = job.permissions or self._content.permissions
            if own:
                for scope, level in own.levels.items():
                    if _RANKS.get(level, 0):
                        yield Asked(job=job.title, scope=scope, level=level)
            elif job.uses and (callee := self._callees.inner(job.uses.reference, ours=self._ours)):
                for each in callee.asked:
                    yield Asked(job=f"{job.title} / {each.job}", scope=each.scope, level=each.level)


def _same(declared: Declared) -> Declared:
    return declared


def _input_of(text: str) -> str:
    """Return the input whose value a text is, nothing where it is anything else."""
    try:
        found = list(expressions.written(text))
    except NotAnExpression:
        return ""
    if len(found) == 1 and found[0][0] == text.strip():
        path = expressions.dotted(found[0][1])
        if len(path) == 2 and path[0] == "inputs":
            return path[1].lower()
    return ""
