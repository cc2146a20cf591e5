"""One workflow or action with its path, its lines, and every expression in it with its place. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ci_actions.workflows import expressions, reading
from ci_actions.workflows.document import Items, Node, Parser, Place, Scalar, Table, pure
from ci_actions.workflows.expressions import Expression, NotAnExpression
from ci_actions.workflows.model import Action, Job, Step, Workflow, calls
from ci_actions.workflows.source import place_of

WORKFLOWS = ".github/workflows/"
ACTIONS = ("action.yml", "action.yaml")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Held:
    """An expression and what holds it: the keys that lead to it from its step, job or file, the innermost last."""

    place: Place
    text: str
    tree: Expression
    scalar: Scalar
    keys: tuple[str, ...]
    job: Job | None = None
    step: Step | None = None

    @property
    def is_condition(self) -> bool:
        """Whether it is an `if`, or all of one."""
        return self.keys == ("if",)


@dataclass(frozen=True, eq=False, repr=False)
class File:
    """A workflow or an action of a repository; it is read when it is first asked for something."""

    path: str
    data: bytes
    parser: Parser = pure

    @cached_property
    def content(self) -> Workflow | Action:
        """What it holds."""
        if self.path.rpartition("/")[2] in ACTIONS:
            return reading.action(self.data, self.parser)
        return reading.workflow(self.data, self.parser)

    @cached_property
    def text(self) -> str:
        """Its text, as far as it is any."""
        return self.data.decode("utf-8-sig", "replace")

    @property
    def workflow(self) -> Workflow | None:
        """The workflow, None for an action."""
        return self.content if isinstance(self.content, Workflow) else None

    @property
    def action(self) -> Action | None:
        """The action, None for a workflow."""
        return self.content if isinstance(self.content, Action) else None

    @property
    def jobs(self) -> Mapping[str, Job]:
        """The jobs of a workflow; an action has none."""
        return self.content.jobs if isinstance(self.content, Workflow) else {}

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines of the file, without their ends."""
        return self.text.splitlines()

    def line(self, number: int) -> str:
        """Return one line, nothing for one that is not there."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    @cached_property
    def calls(self) -> Sequence[Job | Step]:
        """Everything that says `uses`, in the order of the file."""
        return list(calls(self.content))

    @cached_property
    def step_lists(self) -> Sequence[tuple[Job | None, Sequence[Step]]]:
        """The steps of each job, or those of a composite action."""
        if isinstance(self.content, Action):
            return [(None, self.content.steps)]
        return [(job, job.steps) for job in self.content.jobs.values()]

    @cached_property
    def steps(self) -> Sequence[tuple[Job | None, Step]]:
        """Every step with its job."""
        return [(job, step) for job, steps in self.step_lists for step in steps]

    @cached_property
    def expressions(self) -> Sequence[Held]:
        """Every expression that can be read; what GitHub would refuse is a linter's to find."""
        return list(self._expressions())

    def _expressions(self) -> Iterator[Held]:
        if isinstance(self.content.root, Table):
            yield from self._of(self.content.root, None, None)
        for job in self.jobs.values():
            yield from self._of(job.node, job, None)
        for job_of_step, step in self.steps:
            yield from self._of(step.node, job_of_step, step)

    def _of(self, table: Table, job: Job | None, step: Step | None) -> Iterator[Held]:
        """Yield those of a file, a job or a step; a part that is asked by itself is left out."""
        inner = "" if step else "steps" if job else "runs" if self.action else "jobs"
        for name, node in table.entries:
            if name.text != inner:
                yield from self._below(node, (name.text,), job, step)

    def _below(self, node: Node, keys: tuple[str, ...], job: Job | None, step: Step | None) -> Iterator[Held]:
        if isinstance(node, Scalar):
            condition = keys == ("if",) and (job is not None or step is not None)
            if condition or "${{" in node.text:
                yield from self._of_text(node, keys, job, step, condition=condition)
        elif isinstance(node, Items):
            for each in node.items:
                yield from self._below(each, keys, job, step)
        else:
            for name, value in node.entries:
                yield from self._below(value, (*keys, name.text), job, step)

    def _of_text(
        self, node: Scalar, keys: tuple[str, ...], job: Job | None, step: Step | None, *, condition: bool
    ) -> Iterator[Held]:
        try:
            if condition and "${{" not in node.text:
                found = [("", expressions.condition(node.text))]
            else:
                found = list(expressions.written(node.text))
        except NotAnExpression:
            return
        seen: dict[str, int] = {}
        for text, tree in found:
            seen[text] = seen.get(text, -1) + 1
            place = place_of(self.lines, node, text, seen[text]) if text else node.place
            yield Held(
                place=place, text=text or node.text, tree=tree, scalar=node, keys=keys, job=job, step=step
            )
