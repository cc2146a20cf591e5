"""From the bytes of a file to a workflow or an action; what has another shape is a problem with its place.

It checks no more than it needs: GitHub's own parser says what a key may hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ci_actions.workflows import document, references
from ci_actions.workflows.document import START, Items, Node, Parser, Problem, Scalar, Table, pure
from ci_actions.workflows.model import (
    Action,
    Called,
    Input,
    Job,
    Permissions,
    Step,
    Uses,
    Workflow,
)

_EVERY = {"read-all": "read", "write-all": "write"}
#: What a step may have beside what it does; one with a key that is none of these may do something that is new.
_BESIDE = frozenset(
    ("id", "if", "name", "env", "with", "shell", "working-directory", "continue-on-error", "timeout-minutes")
)


def workflow(data: bytes, parser: Parser = pure) -> Workflow:
    """Return the workflow that a file holds, with what is wrong with the file; never raises."""
    read = document.read(data, parser)
    reader = _Reader(list(read.problems))
    root = reader.table(read.root, "a workflow") if read.root else None
    if root is None:
        return Workflow(root=read.root, problems=reader.found())
    events = dict(reader.events(root))
    return Workflow(
        root=root,
        name=reader.text(root, "name"),
        events=tuple(events),
        dispatched=reader.inputs(reader.inner(events.get("workflow_dispatch"), "inputs")),
        called=reader.called(events["workflow_call"], root.key("on")) if "workflow_call" in events else None,
        permissions=reader.permissions(root),
        jobs={job.id: job for job in reader.jobs(root)},
        problems=reader.found(),  # last: the lines above find them
    )


def action(data: bytes, parser: Parser = pure) -> Action:
    """Return the action that an `action.yml` holds, with what is wrong with the file; never raises."""
    read = document.read(data, parser)
    reader = _Reader(list(read.problems))
    root = reader.table(read.root, "an action") if read.root else None
    if root is None:
        return Action(root=read.root, problems=reader.found())
    runs = reader.inner(root, "runs")
    return Action(
        root=root,
        name=reader.text(root, "name"),
        inputs=reader.inputs(reader.inner(root, "inputs")),
        outputs=reader.entries(reader.inner(root, "outputs")),
        using=reader.text(runs, "using") if runs else "",
        steps=tuple(reader.steps(runs)) if runs else (),
        problems=reader.found(),  # last: the lines above find them
    )


class _Reader:
    """Takes nodes apart and notes what it did not expect."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems

    def found(self) -> tuple[Problem, ...]:
        """Return the problems, in the order of the file."""
        return tuple(sorted(set(self._problems)))

    # Shapes

    def table(self, node: Node | None, what: str) -> Table | None:
        """Return a mapping; null is an empty one for GitHub, so it is None without a problem."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return None
        if isinstance(node, Table):
            return node
        self._problems.append(Problem(node.place, f"{what} must be a mapping"))
        return None

    def inner(self, node: Node | None, name: str) -> Table | None:
        """Return the mapping behind a key."""
        return self.table(node.get(name), f"'{name}'") if isinstance(node, Table) else None

    def scalar(self, table: Table, name: str) -> Scalar | None:
        """Return the scalar behind a key."""
        node = table.get(name)
        if node is None or isinstance(node, Scalar):
            return node
        self._problems.append(Problem(node.place, f"'{name}' must be one value"))
        return None

    def text(self, table: Table, name: str) -> str:
        """Return the text behind a key, nothing when there is none."""
        found = self.scalar(table, name)
        return found.text if found else ""

    def entries(self, table: Table | None) -> Mapping[str, Node]:
        """Return a mapping by its keys."""
        return MappingProxyType({key.text: value for key, value in table.entries} if table else {})

    def texts(self, node: Node | None, what: str) -> Iterator[str]:
        """Yield a text, or those of a list."""
        for each in node.items if isinstance(node, Items) else [node]:
            if isinstance(each, Scalar):
                yield each.text
            elif each is not None:
                self._problems.append(Problem(each.place, f"{what} must be text"))

    # Parts

    def events(self, root: Table) -> Iterator[tuple[str, Table | None]]:
        """Yield what starts a workflow: a word, a list of words, or a mapping."""
        node = root.get("on")
        if node is None:
            self._problems.append(Problem(root.place, "'on' is missing: nothing starts this workflow"))
        elif isinstance(node, Table):
            for key, value in node.entries:
                # `schedule` holds a list.
                yield key.text, value if isinstance(value, Table) else None
        else:
            for name in self.texts(node, "an event"):
                yield name, None

    def called(self, table: Table | None, on: Scalar | None) -> Called:
        """Return what `on.workflow_call` takes."""
        return Called(
            place=table.place if table else on.place if on else START,
            inputs=self.inputs(self.inner(table, "inputs")),
            secrets=self.inputs(self.inner(table, "secrets")),
            outputs=self.entries(self.inner(table, "outputs")),
        )

    def inputs(self, table: Table | None) -> Mapping[str, Input]:
        """Return declared inputs or secrets by their names."""
        found = {}
        for key, value in table.entries if table else ():
            about = self.table(value, f"'{key.text}'") or Table(value.place, ())
            required = self.scalar(about, "required")
            found[key.text] = Input(
                place=key.place,
                name=key.text,
                type=self.text(about, "type") or "string",
                required=required is not None and required.value is True,
                default=about.get("default"),
                options=tuple(self.texts(about.get("options"), "an option")),
            )
        return MappingProxyType(found)

    def permissions(self, table: Table) -> Permissions | None:
        """Return the `permissions:` of a workflow or job, None where it says nothing about them."""
        node = table.get("permissions")
        if node is None:
            return None
        if isinstance(node, Scalar):
            return Permissions(place=node.place, levels={}, every=_EVERY.get(node.text, ""))
        levels = self.entries(self.table(node, "'permissions'"))
        return Permissions(
            place=node.place,
            levels={name: each.text for name, each in levels.items() if isinstance(each, Scalar)},
        )

    def jobs(self, root: Table) -> Iterator[Job]:
        """Yield the jobs of a workflow."""
        jobs = self.inner(root, "jobs")
        if jobs is None:
            self._problems.append(Problem(root.place, "'jobs' is missing"))
            return
        for key, value in jobs.entries:
            table = self.table(value, f"job '{key.text}'")
            if table is None:
                self._problems.append(Problem(key.place, f"job '{key.text}' is empty"))
                continue
            secrets = table.get("secrets")
            inherits = isinstance(secrets, Scalar) and secrets.text == "inherit"
            strategy = self.inner(table, "strategy")
            yield Job(
                place=key.place,
                id=key.text,
                node=table,
                name=self.scalar(table, "name"),
                uses=self.uses(table),
                given=self.entries(self.inner(table, "with")),
                secrets=self.entries(None if inherits else self.inner(table, "secrets")),
                inherits_secrets=inherits,
                runs_on=table.get("runs-on"),
                matrix=strategy.get("matrix") if strategy else None,
                needs=tuple(self.texts(table.get("needs"), "'needs'")),
                permissions=self.permissions(table),
                condition=self.scalar(table, "if"),
                steps=tuple(self.steps(table)),
            )

    def steps(self, table: Table) -> Iterator[Step]:
        """Yield the steps of a job or of a composite action."""
        node = table.get("steps")
        if node is not None and not isinstance(node, Items):
            self._problems.append(Problem(node.place, "'steps' must be a list"))
        for each in node.items if isinstance(node, Items) else ():
            step = self.table(each, "a step")
            if step is None:
                self._problems.append(Problem(each.place, "a step is empty"))
                continue
            if {key.text for key, _ in step.entries} <= _BESIDE:
                self._problems.append(Problem(step.place, "a step must have 'run' or 'uses'"))
            yield Step(
                place=step.place,
                node=step,
                id=self.text(step, "id"),
                uses=self.uses(step),
                given=self.entries(self.inner(step, "with")),
                run=self.scalar(step, "run"),
                condition=self.scalar(step, "if"),
            )

    def uses(self, table: Table) -> Uses | None:
        """Return the `uses:` of a job or step; what GitHub does not understand is a problem."""
        found = self.scalar(table, "uses")
        if found is None:
            return None
        reference = references.parse(found.text)
        if reference is None:
            self._problems.append(Problem(found.place, f"uses: {found.text} names no action or workflow"))
        return Uses(place=found.place, text=found.text, reference=reference)
