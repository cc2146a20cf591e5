"""Pure: what `[project]` asks for, with extras that stand for others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ci_actions.project.files import texts
from ci_actions.project.locks import normalised

#: A name, extras and no version: how a project refers to its own extras.
_REFERENCE = re.compile(r"\s*([\w.-]+)\s*\[([^\]]*)\]\s*(?:;(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a project asks for, as requirements, and those of the named extras that it does not have."""

    requirements: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def asked(project: Mapping[str, object], extras: Iterable[str], *, with_base: bool = True) -> Asked:
    """Return what the table `[project]` asks for: its dependencies, if `with_base`, and these extras.

    An extra may name others by the name of the project (`all = ["shop[paint,print]"]`). That name is never among what is
    asked for: what an index has of it is another version of the project, or a stranger's.
    """
    optional = project.get("optional-dependencies")
    tables = optional.items() if isinstance(optional, dict) else ()
    by_name = {normalised(name): texts(wanted) for name, wanted in tables}
    own = normalised(str(project.get("name", "")))
    waiting = [(extra, "") for extra in extras]
    seen = set[tuple[str, str]]()
    requirements, unknown = dict[str, None](), dict[str, None]()

    def take(texts: Iterable[str], marker: str) -> None:
        for each in texts:
            reference = _REFERENCE.fullmatch(each)
            if reference and normalised(reference[1]) == own:
                inner = _both(marker, (reference[3] or "").strip())
                waiting.extend((extra.strip(), inner) for extra in reference[2].split(","))
            else:
                requirements[_only_where(each, marker)] = None

    if with_base:
        take(texts(project.get("dependencies")), "")
    for extra, marker in waiting:
        if (normalised(extra), marker) in seen:
            continue
        seen.add((normalised(extra), marker))
        if normalised(extra) not in by_name:
            unknown[extra] = None
        take(by_name.get(normalised(extra), ()), marker)
    return Asked(tuple(requirements), tuple(unknown))


def _only_where(requirement: str, marker: str) -> str:
    """Return a requirement that is one only where the marker holds, too."""
    if not marker:
        return requirement
    text, _, own = requirement.partition(";")
    return f"{text.rstrip()} ; {_both(own.strip(), marker)}"


def _both(one: str, other: str) -> str:
    return f"({one}) and ({other})" if one and other else one or other
