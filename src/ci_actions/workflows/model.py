"""Workflows and actions as values: jobs, steps, inputs, and what they call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ci_actions.workflows.document import Node, Place, Problem, Scalar, Table
from ci_actions.workflows.references import Reference


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Uses:
    """A `uses:`; `reference` is None for what GitHub does not understand."""

    place: Place
    text: str
    reference: Reference | None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Step:
    """A step of a job or of a composite action; `given` is its `with:`."""

    place: Place
    node: Table
    id: str = ""
    uses: Uses | None = None
    given: Mapping[str, Node] = field(default_factory=dict)
    run: Scalar | None = None
    condition: Scalar | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Input:
    """A declared input or secret. The `type` of an action's input is always `string`."""

    place: Place
    name: str
    type: str = "string"
    required: bool = False
    default: Node | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Permissions:
    """A `permissions:`: levels by scope, or one level for `every` scope (`read-all`, `write-all`)."""

    place: Place
    levels: Mapping[str, str]
    every: str = ""

    def level(self, scope: str) -> str:
        """Return `none`, `read` or `write`; what is not named is `none`."""
        return self.levels.get(scope, self.every or "none")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Job:
    """A job: one that has steps, or one that calls a workflow by `uses`."""

    place: Place
    id: str
    node: Table
    name: Scalar | None = None
    uses: Uses | None = None
    given: Mapping[str, Node] = field(default_factory=dict)
    secrets: Mapping[str, Node] = field(default_factory=dict)
    inherits_secrets: bool = False
    runs_on: Node | None = None
    matrix: Node | None = None
    needs: tuple[str, ...] = ()
    permissions: Permissions | None = None
    condition: Scalar | None = None
    steps: tuple[Step, ...] = ()

    @property
    def title(self) -> str:
        """The name that its check has."""
        return self.name.text if self.name else self.id


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Called:
    """What a workflow takes when it is called: `on.workflow_call`."""

    place: Place
    inputs: Mapping[str, Input]
    secrets: Mapping[str, Input]
    outputs: Mapping[str, Node]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Workflow:
    """A workflow. `events` are its triggers; `called` is None when no other workflow can call it."""

    root: Node | None
    problems: tuple[Problem, ...] = ()
    name: str = ""
    events: tuple[str, ...] = ()
    dispatched: Mapping[str, Input] = field(default_factory=dict)
    called: Called | None = None
    permissions: Permissions | None = None
    jobs: Mapping[str, Job] = field(default_factory=dict)

    @property
    def inputs(self) -> Mapping[str, Input]:
        """The inputs that it may ask for: those of a call, and those of a dispatch."""
        return {**self.dispatched, **(self.called.inputs if self.called else {})}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Action:
    """An action. `using` is `composite`, `docker` or a version of node; only a composite one has steps."""

    root: Node | None
    problems: tuple[Problem, ...] = ()
    name: str = ""
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: Mapping[str, Node] = field(default_factory=dict)
    using: str = ""
    steps: tuple[Step, ...] = ()


def calls(file: Workflow | Action) -> Iterator[Job | Step]:
    """Yield everything in a file that says `uses`, in the order of the file."""
    if isinstance(file, Action):
        yield from (step for step in file.steps if step.uses)
        return
    for job in file.jobs.values():
        if job.uses:
            yield job
        yield from (step for step in job.steps if step.uses)
