"""Which labels a job's `runs-on` can mean, as far as the files say it.

An expression is not evaluated but asked what it can become: `a && 'x' || 'y'` can be both. That is what somebody needs
who has to provide for every label, and it never guesses: what depends on a run is named instead.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_actions.workflows import expressions
from ci_actions.workflows.document import Items, Node, Scalar, Table
from ci_actions.workflows.expressions import And, Call, Expression, Literal, NotAnExpression, Or
from ci_actions.workflows.model import Input, Job

#: Of one value; a matrix has at most 256 jobs.
_MANY = 256


@dataclass(frozen=True)
class Possible:
    """The values that something can have, and what it depends on that no file says."""

    values: tuple[Any, ...] = ()
    unknown: tuple[str, ...] = ()

    @classmethod
    def together(cls, found: Iterable[Possible]) -> Possible:
        """Return what any of them can be."""
        every = list(found)
        values = {json.dumps(value, sort_keys=True): value for each in every for value in each.values}
        unknown = dict.fromkeys(name for each in every for name in each.unknown)
        return cls(tuple(values.values())[:_MANY], tuple(unknown))


@dataclass(frozen=True)
class Scope:
    """What `inputs` and `matrix` hold where an expression stands."""

    inputs: Mapping[str, Possible] = field(default_factory=dict)
    matrix: Mapping[str, Possible] | None = field(default_factory=dict)
    """None when the whole matrix comes from a run."""


def started(declared: Mapping[str, Input]) -> Scope:
    """Return the scope of a workflow that an event starts: its inputs have their defaults, or any of their options."""
    return Scope({name.lower(): _default(each) for name, each in declared.items()})


def called(declared: Mapping[str, Input], given: Mapping[str, Node], caller: Scope) -> Scope:
    """Return the scope of a workflow that is called with these inputs."""
    handed_on = {name.lower(): possible(node, caller) for name, node in given.items()}
    return Scope(
        {name.lower(): handed_on.get(name.lower()) or _default(each) for name, each in declared.items()}
    )


def within(job: Job, scope: Scope) -> Scope:
    """Return the scope of a job's own keys, which know its matrix too."""
    return Scope(scope.inputs, _matrix(job.matrix, scope))


def labels(job: Job, scope: Scope) -> Possible:
    """Return the labels that a job can ask for, in the scope of its workflow.

    A group of runners has no labels and counts as unknown.
    """
    inner = within(job, scope)
    found: list[Possible] = []
    for part in _parts(job.runs_on):
        each = possible(part, inner)
        found.append(Possible(tuple(_named(each.values)), each.unknown))
    if isinstance(job.runs_on, Table) and job.runs_on.get("group") and not job.runs_on.get("labels"):
        found.append(Possible(unknown=("group",)))
    return Possible.together(found)


def possible(node: Node, scope: Scope) -> Possible:
    """Return the values that a node can have once its expressions are evaluated."""
    if isinstance(node, Scalar):
        return _of_text(node, scope)
    if isinstance(node, Items):
        inner = [possible(each, scope) for each in node.items]
        combined = _product(inner)
        return Possible(tuple(list(each) for each in combined), Possible.together(inner).unknown)
    keys = [key.text for key, _ in node.entries]
    inner = [possible(value, scope) for _, value in node.entries]
    combined = _product(inner)
    return Possible(
        tuple(dict(zip(keys, each, strict=True)) for each in combined), Possible.together(inner).unknown
    )


def _product(inner: list[Possible]) -> Iterator[tuple[Any, ...]]:
    return itertools.islice(itertools.product(*(each.values for each in inner)), _MANY)


def _default(declared: Input) -> Possible:
    if declared.default is not None:
        known = possible(declared.default, Scope())
        return Possible.together([known, Possible(declared.options)])
    empty: dict[str, Any] = {"boolean": False, "number": 0}
    return Possible(declared.options or (empty.get(declared.type, ""),))


def _of_text(node: Scalar, scope: Scope) -> Possible:
    if "${{" not in node.text:
        return Possible((node.value,))
    try:
        segments = list(expressions.segments(node.text))
    except NotAnExpression:
        return Possible(unknown=(node.text,))
    inner = [Possible((each,)) if isinstance(each, str) else _of(each, scope) for each in segments]
    if len(inner) == 1:
        return inner[0]
    joined = tuple("".join(map(_text, each)) for each in _product(inner))
    return Possible(joined, Possible.together(inner).unknown)


def _of(expression: Expression, scope: Scope) -> Possible:
    """Return what an expression can become; of a condition in front of `&&` only what stands behind it."""
    match expression:
        case Literal(value=value):
            return Possible((value,))
        case Or(left=left, right=right):
            first = _of(left, scope)
            truthy = Possible(tuple(each for each in first.values if each), first.unknown)
            return Possible.together([truthy, _of(right, scope)])
        case And(right=right):
            return _of(right, scope)
        case Call(name=name, arguments=(argument,)) if name.lower() == "fromjson":
            inner = _of(argument, scope)
            return Possible(tuple(_decoded(inner.values)), inner.unknown)
        case Call(name=name):
            return Possible(unknown=(f"{name}()",))
    return _looked_up(expressions.dotted(expression), scope)


def _looked_up(path: tuple[str, ...], scope: Scope) -> Possible:
    if len(path) < 2 or path[0] not in ("inputs", "matrix"):
        return Possible(unknown=(".".join(path) or "an expression",))
    known = scope.inputs if path[0] == "inputs" else scope.matrix
    if known is None:
        return Possible(unknown=(".".join(path),))
    found = known.get(path[1].lower(), Possible(("",)))
    values = list(found.values)
    for key in path[2:]:
        values = [each[key] for each in values if isinstance(each, dict) and key in each]
    return Possible(tuple(values), found.unknown)


def _matrix(node: Node | None, scope: Scope) -> Mapping[str, Possible] | None:
    """Return what each key of a matrix can be; what `exclude` takes away is not missed."""
    if node is None:
        return {}
    if not isinstance(node, Table):
        found = possible(node, scope)
        whole = [each for each in found.values if isinstance(each, dict)]
        return _of_objects(whole) if whole and not found.unknown else None
    matrix: dict[str, list[Possible]] = {}
    for key, value in node.entries:
        held = possible(value, scope)
        rows = [row for each in held.values for row in (each if isinstance(each, list) else [each])]
        if key.text == "include":
            for name, inner in _of_objects([row for row in rows if isinstance(row, dict)]).items():
                matrix.setdefault(name, []).append(Possible(inner.values, held.unknown))
        elif key.text != "exclude":
            matrix.setdefault(key.text.lower(), []).append(Possible(tuple(rows), held.unknown))
    return {name: Possible.together(found) for name, found in matrix.items()}


def _of_objects(rows: Iterable[dict[str, Any]]) -> dict[str, Possible]:
    """Return the keys of a matrix that is given whole: each row's lists are choices, `include` holds rows."""
    matrix: dict[str, list[Possible]] = {}
    for row in rows:
        for name, value in row.items():
            if name == "include" and isinstance(value, list):
                inner = _of_objects([each for each in value if isinstance(each, dict)])
                for key, held in inner.items():
                    matrix.setdefault(key, []).append(held)
            elif name != "exclude":
                choices = tuple(value) if isinstance(value, list) else (value,)
                matrix.setdefault(name.lower(), []).append(Possible(choices))
    return {name: Possible.together(found) for name, found in matrix.items()}


def _parts(node: Node | None) -> Iterator[Node]:
    if isinstance(node, Items):
        yield from node.items
    elif isinstance(node, Table):
        yield from _parts(node.get("labels"))
    elif node is not None:
        yield node


def _named(values: Iterable[Any]) -> Iterator[str]:
    """Yield the labels of what `runs-on` became: a label, a list of them, or an object with `labels`."""
    for value in values:
        if isinstance(value, str) and value.strip():
            yield value.strip()
        elif isinstance(value, list):
            yield from _named(value)
        elif isinstance(value, dict):
            yield from _named([value.get("labels")])


def _decoded(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        try:
            yield json.loads(value) if isinstance(value, str) else value
        except ValueError:
            continue


def _text(value: Any) -> str:
    """Return a value as GitHub writes it into a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return (
        value
        if isinstance(value, str)
        else json.dumps(value)
        if isinstance(value, list | dict)
        else str(value)
    )
