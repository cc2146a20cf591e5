"""The steps of an `action.yml` that calls other actions between its own phases: read by the generator, never at run time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Call:
    """A step that starts one of our phases; the first of an action gets all inputs.

    `env` adds variables, `when` is the step's `if`.
    """

    phase: str
    when: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Another:
    """A step that starts another of our capabilities, `inputs` being all it is given."""

    id: str
    capability: str
    when: str
    inputs: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Uses:
    """A step that calls somebody else's action, `action`, by the full commit of `tag`.

    The commit that already stands in the generated file wins over `commit`, so that an updater can raise it there.
    """

    id: str
    action: str
    commit: str
    tag: str
    when: str
    inputs: Mapping[str, str]
    env: Mapping[str, str] = field(default_factory=dict)
    may_fail: bool = False
