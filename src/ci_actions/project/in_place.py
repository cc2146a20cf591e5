"""Pure: what an installation in place (editable) depends on, for projects whose files alone say it.

Such an installation is a path to the sources and what `[project]` says. Where no code of the project and no plugin takes
part in making it, it stays right until one of those changes, and can be kept with the environment. A build of anything else
may depend on everything: `setup.py`, versions out of git, compiled modules. uv, too, builds again only when such files
change: https://docs.astral.sh/uv/concepts/cache/#dynamic-metadata
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ci_actions.project.files import ProjectFiles
from ci_actions.project.locks import normalised

#: Backends that run nothing of a project of their own accord, where each is told what to do, and what there names code to
#: run or files to copy.
_BACKENDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "hatchling.build": (
        "hatch",
        frozenset(
            "hooks dependencies dev-mode-exact extra-metadata force-include require-runtime-dependencies "
            "require-runtime-features sbom-files shared-data shared-scripts".split()
        ),
    ),
    "flit_core.buildapi": ("flit", frozenset({"metadata", "external-data"})),
    "pdm.backend": ("pdm", frozenset({"build"})),
    "poetry.core.masonry.api": ("poetry", frozenset({"build"})),
    "uv_build": ("uv", frozenset({"data"})),
}
#: Hatch's settings of environments to work in: their dependencies are none of the build.
_BESIDE = "envs"
#: What brings the backends, and what they ask for to install in place.
_BRING = frozenset({"hatchling", "flit-core", "pdm-backend", "poetry-core", "uv-build", "editables"})
_CODE = frozenset({"setup.py", "setup.cfg", "hatch.toml", "hatch_build.py", "pdm_build.py"})


def depends_on(files: ProjectFiles, layout: Iterable[str]) -> str:
    """Return a digest of all that installing the project in place depends on, empty where only a build can tell.

    `layout` are the folders and modules among which backends look for packages.
    """
    if not _is_settled(files):
        return ""
    from hashlib import sha256

    content = b"\0".join(
        [files.bytes("pyproject.toml"), *(each.encode("utf-8", "surrogateescape") for each in sorted(layout))]
    )
    return sha256(content).hexdigest()


def _is_settled(files: ProjectFiles) -> bool:
    system = files.table("pyproject.toml", "build-system")
    project = files.table("pyproject.toml", "project")
    requires = system.get("requires")
    name, tells = _BACKENDS.get(str(system.get("build-backend")), ("", frozenset()))
    return (
        bool(name)
        and "backend-path" not in system
        and isinstance(requires, list)
        and {_distribution(str(each)) for each in requires} <= _BRING
        and isinstance(project.get("name"), str)
        and isinstance(project.get("version"), str)
        and not project.get("dynamic")
        and not _CODE & files.names
        and not any(each in tells for each in _keys(files.table("pyproject.toml", "tool", name)))
    )


def _distribution(requirement: str) -> str:
    """Return the name in a requirement (PEP 508), normalised; one with an extra is another."""
    found = re.match(r"\s*([\w.-]+)\s*(\[)?", requirement)
    return normalised(found[1]) + (found[2] or "") if found else ""


def _keys(table: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of all settings of a table that have to do with building."""
    for name, value in table.items():
        if name != _BESIDE:
            yield name
            if isinstance(value, Mapping):
                yield from _keys(value)
