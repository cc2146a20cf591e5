"""Pure: the digests that Poetry, PDM and Pipenv keep in their locks of what they locked, made as each of them makes it.

How they are made is written nowhere but in their sources: `poetry.packages.locker`, `pdm.project.project_file`,
`pipenv.utils.pipfile` (before 2026: `plette.pipfiles`). tests/integration/test_drift.py compares with the real ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ci_actions.project.answer import IN_STEP, Answer, drifted, unknown
from ci_actions.project.files import ProjectFiles, is_pylock
from ci_actions.project.locks import normalised, read_lock

_POETRY_LEGACY = ("dependencies", "source", "extras", "dev-dependencies")
_POETRY_PROJECT = ("requires-python", "dependencies", "optional-dependencies")
#: From this version on `[dependency-groups]` is in Poetry's digest.
_POETRY_GROUPS = (2, 3)
#: PDM's digest has been made in this way since its lock files have this version.
_PDM_FORMAT = "4.5."
_PIPFILE_SECTIONS = frozenset(
    ("source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop")
)


def of_poetry(files: ProjectFiles, lock: str) -> Answer:
    """Return whether a poetry.lock is of this pyproject.toml.

    Poetry 1 looks at `[tool.poetry]` only, 2.0 at `[project]` too, 2.3 at `[dependency-groups]` as well; the version that
    wrote the lock decides. A digest that fits another version is for Poetry to judge.
    """
    found = read_lock(files.shown(lock), files.bytes(lock))
    pyproject = files.toml("pyproject.toml")
    try:
        digests = [
            _poetry_1(pyproject),
            _poetry_2(pyproject, groups=False),
            _poetry_2(pyproject, groups=True),
        ]
    except TypeError:
        return unknown("pyproject.toml holds a date, which Poetry cannot hash")
    version = _version(found.written_by)
    own = digests[0 if version < (2,) else 1 if version < _POETRY_GROUPS else 2]
    if found.content_hash == own:
        return IN_STEP
    if found.content_hash in digests:
        return unknown(
            f"the lock was written by {found.written_by}, and its digest fits another version of Poetry"
        )
    return drifted("pyproject.toml (content-hash differs)")


def is_poetry_1(files: ProjectFiles, lock: str) -> bool:
    """Whether Poetry 1 wrote a lock: its `lock` command updates everything unless it is told not to."""
    return _version(read_lock(files.shown(lock), files.bytes(lock)).written_by) < (2,)


def _version(written_by: str) -> tuple[int, ...]:
    """Return the version of Poetry in a header; those before 1.4 named none."""
    parts = written_by.partition(" ")[2].split(".")[:2]
    return tuple(int(each) for each in parts if each.isdigit()) or (1,)


def _poetry_1(pyproject: Mapping[str, object]) -> str:
    return _digest(_poetry_tool(pyproject, with_legacy=True))


def _poetry_2(pyproject: Mapping[str, object], *, groups: bool) -> str:
    project = _table(pyproject, "project")
    relevant: dict[str, object] = {}
    if kept := {key: project[key] for key in _POETRY_PROJECT if key in project}:
        relevant["project"] = kept
    if groups and (named := _table(pyproject, "dependency-groups")):
        relevant["dependency-groups"] = named
    if not relevant:
        return _poetry_1(pyproject)
    return _digest({**relevant, "tool": {"poetry": _poetry_tool(pyproject, with_legacy=False)}})


def _poetry_tool(pyproject: Mapping[str, object], *, with_legacy: bool) -> dict[str, object]:
    """Return what counts of `[tool.poetry]`; alone, the keys of old count even where they are missing."""
    poetry = _table(pyproject, "tool", "poetry")
    found = dict.fromkeys(_POETRY_LEGACY) if with_legacy else {}
    return found | {key: poetry[key] for key in (*_POETRY_LEGACY, "group") if key in poetry}


def of_pdm(files: ProjectFiles, lock: str) -> Answer:
    """Return whether a pdm.lock, or a pylock.toml that PDM wrote, is of this pyproject.toml."""
    document = files.toml(lock)
    metadata = _table(document, "tool", "pdm") if is_pylock(lock) else _table(document, "metadata")
    pyproject = files.toml("pyproject.toml")
    settings = _table(pyproject, "tool", "pdm")
    if "lock_inputs" in metadata or "lock_inputs" in _table(settings, "resolution"):
        return unknown("the lock holds its inputs themselves (lock_inputs)")
    if "workspace" in settings or "project" not in pyproject:
        return unknown("PDM puts a workspace, and a project without [project], together itself")
    if is_pylock(lock):
        kept = _table(metadata, "hashes").get("sha256")
    else:
        read_lock(files.shown(lock), files.bytes(lock))
        if not str(metadata["lock_version"]).startswith(_PDM_FORMAT):
            return unknown(f"the lock has the format {metadata['lock_version']}, of an older PDM")
        kept = str(metadata.get("content_hash", "")).removeprefix("sha256:")
    try:
        own = _pdm(pyproject)
    except (TypeError, AttributeError):
        return unknown("pyproject.toml holds what PDM cannot hash")
    return IN_STEP if kept == own else drifted("pyproject.toml (content_hash differs)")


def _pdm(pyproject: Mapping[str, object]) -> str:
    project, settings = _table(pyproject, "project"), _table(pyproject, "tool", "pdm")
    groups: dict[str, list[object]] = {}
    for name, wanted in [
        *_table(pyproject, "dependency-groups").items(),
        *_table(settings, "dev-dependencies").items(),
    ]:
        if not isinstance(wanted, list):
            raise TypeError(name)
        groups[normalised(name)] = [*groups.get(normalised(name), []), *wanted]
    return _digest(
        {
            "sources": settings.get("source", []),
            "dependencies": project.get("dependencies", []),
            "dev-dependencies": groups,
            "optional-dependencies": project.get("optional-dependencies", {}),
            "requires-python": project.get("requires-python", ""),
            "resolution": settings.get("resolution", {}),
        }
    )


def of_pipenv(files: ProjectFiles, lock: str) -> Answer:
    """Return whether a Pipfile.lock is of this Pipfile.

    Pipenv normalises the names of packages since 2026; where that makes a difference it depends on the pipenv.
    """
    kept = read_lock(files.shown(lock), files.bytes(lock)).content_hash
    if "Pipfile" not in files.content:
        return unknown("there is no Pipfile")
    pipfile = files.toml("Pipfile")
    if "source" not in pipfile:
        return unknown("a Pipfile without [[source]] means what the environment says (PIP_INDEX_URL)")
    try:
        digests = {_pipfile(pipfile, normalise=each) for each in (True, False)}
    except (TypeError, AttributeError):
        return unknown("the Pipfile holds what pipenv cannot hash")
    if kept not in digests:
        return drifted("the Pipfile (hash differs)")
    return (
        IN_STEP
        if len(digests) == 1
        else unknown("old and new versions of pipenv hash this Pipfile differently")
    )


def _pipfile(pipfile: Mapping[str, object], *, normalise: bool) -> str:
    def section(name: str) -> dict[str, object]:
        found = pipfile.get(name, {})
        if not isinstance(found, dict):
            raise TypeError(name)
        return {normalised(key) if normalise else key: value for key, value in found.items()}

    data: dict[str, object] = {
        "_meta": {"sources": pipfile["source"], "requires": pipfile.get("requires", {})},
        "default": section("packages"),
        "develop": section("dev-packages"),
    }
    data |= {name: section(name) for name in pipfile if name not in _PIPFILE_SECTIONS}
    return _digest(data, separators=(",", ":"))


def _digest(data: object, separators: tuple[str, str] | None = None) -> str:
    """Return the SHA-256 of values as JSON; raises TypeError for what JSON has no form for."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=separators).encode()).hexdigest()


def _table(values: Mapping[str, object], *path: str) -> dict[str, object]:
    found: object = values
    for each in path:
        found = found.get(each, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
