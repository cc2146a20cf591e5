"""Pure: which manager a project uses, and why one thinks so.

A lock file that is there speaks louder than a table in pyproject.toml: it is what gets installed. So `[tool.uv]` beside
a poetry.lock is Poetry's project, and `[tool.uv]` beside a compiled requirements.txt is one of pip-tools (`uv pip compile`).
Between equals the order is that of `_evidence`. Files that managers export (`pylock.toml`, `requirements.txt`) beside a lock
of their own never decide; they are reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ci_actions.kit.errors import BadInput
from ci_actions.kit.globs import expression
from ci_actions.project import requirements
from ci_actions.project.files import ProjectFiles
from ci_actions.project.model import Manager

LOOKED_FOR = "uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml, requirements*.txt, pyproject.toml"

#: What each manager needs at least, so that naming it makes sense.
_NEEDS = {
    Manager.UV: ("pyproject.toml",),
    Manager.POETRY: ("pyproject.toml",),
    Manager.PDM: ("pyproject.toml",),
    Manager.PIPENV: ("Pipfile",),
    Manager.PIP_TOOLS: ("requirements*.txt", "requirements*.in"),
    Manager.PIP: ("requirements*.txt", "pyproject.toml", "setup.py"),
    Manager.HATCH: ("pyproject.toml",),
    Manager.PYLOCK: ("pylock.toml",),
}
#: What `[project]` and `[tool.poetry]` say of dependencies: a new version or description is no new environment.
_DEPENDENCIES = ("name", "dependencies", "optional-dependencies", "requires-python", "dynamic")
_POETRYS = ("name", "dependencies", "dev-dependencies", "group", "extras", "source", "package-mode")


class NoProject(BadInput):
    """Nothing in the folder says that it is a Python project."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign of a manager: the file, relative to the working directory, and what in it says so."""

    manager: Manager
    file: str
    why: str
    is_lock: bool = False

    def __str__(self) -> str:
        return f"{self.file} ({self.why})" if self.why else self.file


@dataclass(frozen=True, kw_only=True)
class Detected:
    """The manager, the reason as a sentence's end, and every sign that was found, of other managers too.

    `locks` are the lock files of this manager, relative to the working directory; none: what gets installed is
    decided anew each time. `inputs` are the other files that say what gets installed.
    """

    manager: Manager
    reason: str
    evidence: tuple[Evidence, ...] = ()
    locks: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[Evidence, ...]:
        """The signs of other managers, which were left aside."""
        return tuple(
            each for each in self.evidence if each.manager is not self.manager and each.file not in self.locks
        )


def detect(files: ProjectFiles, asked: str = "auto") -> Detected:
    """Return the manager of a project; `asked` is what the user wrote after `manager:`.

    Raises NoProject when nothing is found; BadInput when lock files of different managers lie side by side and nobody said
    which one counts, when the manager that is asked for finds nothing to work with, and for an empty lock file.
    """
    found = tuple(_evidence(files))
    if asked in ("", "auto"):
        manager, reason = _decide(files, found)
    else:
        manager = Manager(asked)
        reason = f"manager: {asked}"
        _check_asked(files, manager)
    locks = tuple(dict.fromkeys(each.file for each in found if each.is_lock and each.manager is manager))
    for name in locks:
        if not files.bytes(name).strip():
            raise BadInput(
                f"{files.shown(name)} is empty. Restore it, or write it anew: {mends(manager)}.",
                file=files.shown(name),
            )
    return Detected(
        manager=manager, reason=reason, evidence=found, locks=locks, inputs=_inputs(files, manager, locks)
    )


def mends(manager: Manager) -> str:
    """Return the command that writes this manager's lock anew from what the project asks for."""
    return {
        Manager.UV: "uv lock",
        Manager.POETRY: "poetry lock",
        Manager.PDM: "pdm lock",
        Manager.PIPENV: "pipenv lock",
        Manager.PIP_TOOLS: "pip-compile",
        Manager.PYLOCK: "pip lock",
    }.get(manager, "")


def requirement_files(files: ProjectFiles, groups: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the requirements files to install: `requirements.txt` and that of each group.

    The group `dev` is `requirements-dev.txt`, `dev-requirements.txt` or `requirements/dev.txt`. Where there is no
    `requirements.txt`, the only file stands for it, or that of the group `base`, `main`, `common` or `requirements`.
    Raises BadInput for a group without a file, and when it is not clear where to begin.
    """
    known = files.requirement_files()
    by_group = {group_of(name): name for name in reversed(known)}
    missing = [each for each in groups if each.lower() not in by_group]
    if missing:
        raise BadInput(
            *(
                f"groups: '{each}' has no requirements file in '{files.directory}' "
                f"(found {', '.join(known) or 'none'})."
                for each in missing
            )
        )
    chosen = [by_group[each.lower()] for each in groups]
    base = next(
        (by_group[each] for each in ("", "base", "main", "common", "requirements") if each in by_group), None
    )
    if base is None and len(known) == 1:
        base = known[0]
    if base is None and not chosen and known:
        raise BadInput(
            f"'{files.directory}' has {', '.join(known)} and no requirements.txt. "
            f"Name those to install with groups:, for example groups: {group_of(known[0])}."
        )
    # A file of a group often starts with `-r requirements.txt`: pip installs it once.
    return tuple(
        dict.fromkeys([base, *chosen] if base is not None and not _includes(files, chosen, base) else chosen)
    )


def relevant(files: ProjectFiles, name: str) -> bytes:
    """Return what of a file decides what gets installed, for a digest: all bytes, but of pyproject.toml only its tables
    about dependencies, so that a linter's setting does not cost a cache.
    """
    if name.rpartition("/")[2] != "pyproject.toml":
        return files.bytes(name)
    import json

    document = files.toml(name)
    tools = document.get("tool")
    kept = {
        "project": _part(document.get("project"), _DEPENDENCIES),
        "tool": {
            "poetry": _part(files.table(name, "tool", "poetry"), _POETRYS),
            **_part(tools, ("uv", "pdm", "hatch", "setuptools", "flit")),
        },
        **_part(document, ("build-system", "dependency-groups")),
    }
    return json.dumps(kept, sort_keys=True, default=str).encode()


def _part(table: object, keys: Sequence[str]) -> dict[str, object]:
    """Return what a table has of these keys."""
    return {key: table[key] for key in keys if key in table} if isinstance(table, dict) else {}


# --- evidence, in the order in which it counts ---------------------------------------------------


def _evidence(files: ProjectFiles) -> Iterator[Evidence]:
    """Yield every sign of a manager, those that count first before the others."""
    yield from _of_uv(files)
    yield from _of_poetry(files)
    yield from _of_pdm(files)
    yield from _of_pipenv(files)
    yield from _of_pylock(files)
    yield from _of_hatch(files)
    yield from _of_requirements(files)
    yield from _of_project(files)


def _of_uv(files: ProjectFiles) -> Iterator[Evidence]:
    # uv takes no notice of a lock of its own that a member has.
    if workspace := workspace_root(files):
        yield Evidence(Manager.UV, f"{workspace}/uv.lock", "this is a member of its workspace", is_lock=True)
    elif "uv.lock" in files:
        yield Evidence(Manager.UV, "uv.lock", "", is_lock=True)
    yield from _of_tool(files, Manager.UV, "uv")
    # `uv pip`, which installs requirements files, reads its settings too.
    if "uv.toml" in files.names and ("pyproject.toml" in files or not files.requirement_files()):
        yield Evidence(Manager.UV, "uv.toml", "")


def _of_tool(files: ProjectFiles, manager: Manager, *path: str) -> Iterator[Evidence]:
    found: object = files.toml("pyproject.toml").get("tool")
    for each in path:
        found = found.get(each) if isinstance(found, dict) else None
    if found is not None:
        yield Evidence(manager, "pyproject.toml", f"[tool.{'.'.join(path)}]")


def _of_poetry(files: ProjectFiles) -> Iterator[Evidence]:
    if "poetry.lock" in files:
        yield Evidence(Manager.POETRY, "poetry.lock", "", is_lock=True)
    yield from _of_tool(files, Manager.POETRY, "poetry")


def _of_pdm(files: ProjectFiles) -> Iterator[Evidence]:
    if "pdm.lock" in files:
        yield Evidence(Manager.PDM, "pdm.lock", "", is_lock=True)
    elif files.table("pdm.toml", "lock").get("format") == "pylock" and "pylock.toml" in files:
        # PDM takes a lock of PEP 751 for its own only if told so: https://pdm-project.org/en/latest/usage/lockfile/
        yield Evidence(Manager.PDM, "pylock.toml", "pdm.toml: lock.format", is_lock=True)
    yield from _of_tool(files, Manager.PDM, "pdm")


def _of_pipenv(files: ProjectFiles) -> Iterator[Evidence]:
    if "Pipfile.lock" in files:
        yield Evidence(Manager.PIPENV, "Pipfile.lock", "", is_lock=True)
    if "Pipfile" in files:
        yield Evidence(Manager.PIPENV, "Pipfile", "")


def _of_pylock(files: ProjectFiles) -> Iterator[Evidence]:
    for name in files.pylocks():
        yield Evidence(Manager.PYLOCK, name, "", is_lock=True)


def _of_hatch(files: ProjectFiles) -> Iterator[Evidence]:
    yield from _of_tool(files, Manager.HATCH, "hatch", "envs")
    if "hatch.toml" in files and "envs" in files.toml("hatch.toml"):
        yield Evidence(Manager.HATCH, "hatch.toml", "[envs]")


def _of_requirements(files: ProjectFiles) -> Iterator[Evidence]:
    names = files.requirement_files()
    reasons = [_compiled(files, name) for name in names]
    # A requirements.txt that a person wrote is what the project installs, whatever else is compiled.
    plain = bool(names) and names[0] == "requirements.txt" and not reasons[0]
    for name, why in zip(names, reasons, strict=True):
        if why and not plain:
            yield Evidence(Manager.PIP_TOOLS, name, why, is_lock=True)
        else:
            yield Evidence(Manager.PIP, name, why)
    for name in files.requirement_files(".in"):
        yield Evidence(Manager.PIP_TOOLS, name, "")


def _compiled(files: ProjectFiles, name: str) -> str:
    """Return how one sees that a requirements file is a lock; empty for one that a person wrote."""
    text = files.text(name)
    if written_by := requirements.author(text):
        return f"compiled by {written_by.tool}"
    needed = [
        line
        for line in requirements.lines(text)
        if line.kind in (requirements.Kind.REQUIREMENT, requirements.Kind.EDITABLE)
    ]
    if needed and all(line.hashes for line in needed):
        return "every requirement has a hash"
    source = f"{name.removesuffix('.txt')}.in"
    if source in files and needed and all(requirements.is_pinned(line.text) for line in needed):
        return f"pins what {source} asks for"
    return ""


def _of_project(files: ProjectFiles) -> Iterator[Evidence]:
    if "project" in files.toml("pyproject.toml"):
        yield Evidence(Manager.PIP, "pyproject.toml", "[project]")
    elif "build-system" in files.toml("pyproject.toml"):
        yield Evidence(Manager.PIP, "pyproject.toml", "[build-system]")
    for name in ("setup.py", "setup.cfg"):
        if name in files.content and (name == "setup.py" or b"[metadata]" in files.content[name]):
            yield Evidence(Manager.PIP, name, "")


# --- the decision ------------------------------------------------------------------------------


def _decide(files: ProjectFiles, found: Sequence[Evidence]) -> tuple[Manager, str]:
    if not found:
        raise NoProject(
            f"No dependency file found in '{files.directory}' (looked for {LOOKED_FOR}). "
            "Set working-directory: or manager: none."
        )
    own = [each for each in found if each.is_lock and each.manager in _WITH_A_LOCK]
    if len({each.manager for each in own}) > 1:
        raise BadInput(f"found {_listed(each.file for each in own)} in '{files.directory}'; set manager:")
    # `or`: a lock of its own, then what any tool can write, then tables and files that people write.
    first = next(iter(own or [each for each in found if each.is_lock]), found[0])
    if not first.is_lock and first.manager is Manager.PIP:
        return Manager.PIP, f"{first}, no lock"
    return first.manager, str(first)


_WITH_A_LOCK = (Manager.UV, Manager.POETRY, Manager.PDM, Manager.PIPENV)


def _listed(names: Iterable[str]) -> str:
    *most, last = dict.fromkeys(names)
    return f"{', '.join(most)} and {last}" if most else last


def _check_asked(files: ProjectFiles, manager: Manager) -> None:
    """Raise BadInput when the manager that is asked for finds nothing to work with."""
    needs = _NEEDS.get(manager, ())
    there = {
        "requirements*.txt": bool(files.requirement_files()),
        "requirements*.in": bool(files.requirement_files(".in")),
        "pylock.toml": bool(files.pylocks()),
    }
    if needs and not any(there.get(each, each in files) for each in needs):
        raise BadInput(
            f"manager: {manager} needs {' or '.join(needs)}, and '{files.directory}' has none. "
            "Set working-directory: or another manager."
        )


def _inputs(files: ProjectFiles, manager: Manager, locks: Sequence[str]) -> tuple[str, ...]:
    """Return the files, locks left out, that say what this manager installs."""
    if manager is Manager.NONE:
        return ()
    if manager is Manager.PIPENV:
        names = {"Pipfile"}
    else:
        names = {"pyproject.toml", f"{manager}.toml", "setup.py", "setup.cfg"}
        # The root of a workspace has settings for its members.
        names |= {
            name for name in files.content if name.startswith("../") and name.endswith("/pyproject.toml")
        }
    if manager in (Manager.PIP, Manager.PIP_TOOLS) or "pyproject.toml" not in files.content:
        names |= {name for name in files.content if _is_requirement(name)}
    return tuple(sorted(names & files.content.keys() - set(locks)))


def _is_requirement(name: str) -> bool:
    return name.endswith((".txt", ".in")) and name != "runtime.txt"


def group_of(name: str) -> str:
    """Return the group that a requirements file is for, as its name says: empty for `requirements.txt`."""
    folder, _, file = name.rpartition("/")
    stem = file.lower().rpartition(".")[0]
    if folder:
        return stem
    return stem.replace("requirements", "", 1).strip("-_.")


def _includes(files: ProjectFiles, chosen: Sequence[str], base: str) -> bool:
    return any(
        base in requirements.included([name], files.content.get, kinds=(requirements.Kind.INCLUDE,))
        for name in chosen
        if name != base
    )


# --- uv workspaces -------------------------------------------------------------------------------


def workspace_root(files: ProjectFiles) -> str:
    """Return the folder above, as `..` or `../..`, whose uv workspace has this directory as a member; empty for none.

    https://docs.astral.sh/uv/concepts/projects/workspaces/: members and exclude are globs relative to the root.
    """
    if "workspace" in files.table("pyproject.toml", "tool", "uv"):
        return ""  # It is a root itself.
    steps = 0 if files.directory == "." else files.directory.count("/") + 1
    parts = files.directory.split("/")
    for up in range(1, steps + 1):
        above = "/".join([".."] * up)
        workspace = files.table(f"{above}/pyproject.toml", "tool", "uv", "workspace")
        if not workspace:
            continue
        member = "/".join(parts[-up:])
        if _matches(member, workspace.get("members")) and not _matches(member, workspace.get("exclude")):
            return above if f"{above}/uv.lock" in files else ""
        return ""
    return ""


def _matches(member: str, patterns: object) -> bool:
    if not isinstance(patterns, list):
        return False
    # Anchored, and the folder itself: `packages/*` has no member `packages/a/b`.
    return any(
        re.fullmatch(expression(f"/{each.removeprefix('./').strip('/')}").removesuffix("(?:/.*)?"), member)
        is not None
        for each in patterns
        if isinstance(each, str)
    )
