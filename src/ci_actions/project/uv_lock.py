"""Pure: is a uv.lock of this pyproject.toml? uv keeps in it what the project asked for (`[package.metadata]`).

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile. What uv compares besides (sources, indexes, overrides,
workspaces, environments) makes the answer unknown: `uv lock --check` knows it in milliseconds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ci_actions.project import ranges
from ci_actions.project.answer import IN_STEP, Answer, drifted, together, unknown
from ci_actions.project.files import ProjectFiles, parse_toml
from ci_actions.project.locks import normalised, scan

if TYPE_CHECKING:
    from packaging.requirements import Requirement

#: Settings of uv that never change what gets locked.
_HARMLESS = frozenset(
    (
        "build-backend", "cache-dir", "cache-keys", "check-url", "compile-bytecode", "concurrent-builds",
        "concurrent-downloads", "concurrent-installs", "default-groups", "link-mode", "offline", "pip", "publish-url",
        "python-downloads", "python-preference", "required-version", "trusted-publishing",
    )
)  # fmt: skip
#: What stands before the packages of a lock that depends on nothing but the project.
_PLAIN = frozenset(("version", "revision", "requires-python", "resolution-markers"))
_PACKAGE = re.compile(r"^\[\[package\]\]$", re.MULTILINE)
_ROOTS = ('\nsource = { virtual = "." }\n', '\nsource = { editable = "." }\n')
#: uv writes the limits of minor versions as limits of full ones, which is the same for these two signs alone.
_MINOR = re.compile(r'\bpython_version (<|>=) (?="\d+\.\d+")')
_REQUIREMENT = re.compile(r"\s*([\w.-]*\w)\s*(?:\[([\w\s.,-]*)\]\s*)?((?:[<>=!~][^;@()]*)?)")
_REFERENCE = re.compile(r'\{ name = "([^"]+)"')


def compare(files: ProjectFiles, lock: str = "uv.lock") -> Answer:
    """Return whether the lock is of this project, as far as one sees without uv."""
    pyproject = files.toml("pyproject.toml")
    settings = {**files.table("pyproject.toml", "tool", "uv"), **files.toml("uv.toml")}
    if strange := sorted(set(settings) - _HARMLESS - {"package"}):
        return unknown(f"[tool.uv] {strange[0]} counts too")
    text = files.text(lock).replace("\r\n", "\n")
    starts = [found.start() for found in _PACKAGE.finditer(text)]
    head = parse_toml(text[: starts[0] if starts else None].encode(), files.shown(lock))
    blocks = (text[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True))
    root = next((each for each in blocks if any(root in each for root in _ROOTS)), None)
    if lock != "uv.lock" or head.get("version") != 1 or set(head) - _PLAIN or root is None:
        return unknown("the lock is of more than this project")
    (package,) = _tables(parse_toml(root.encode(), files.shown(lock)).get("package"))
    project = files.table("pyproject.toml", "project")
    if {"dependencies", "optional-dependencies"} & set(_list(project.get("dynamic"))):
        return unknown("dependencies are dynamic")
    answers = [
        _python(project, head),
        _identity(pyproject, project, package),
        _requirements(_of_project(project), _metadata(package, "requires-dist"), "[project]"),
        _groups(pyproject, package),
        _extras(project, package),
    ]
    known = {each.name for each in scan(lock, text.encode())}
    if not {normalised(each) for each in _REFERENCE.findall(text)} <= known:
        answers.append(unknown("the lock refers to packages that it does not hold"))
    return together(answers)


def _python(project: Mapping[str, object], head: Mapping[str, object]) -> Answer:
    wanted, locked = project.get("requires-python"), head.get("requires-python")
    if not isinstance(wanted, str) or not isinstance(locked, str):
        return unknown("requires-python is missing, so uv takes the interpreter's version")
    if _clauses(wanted) == _clauses(locked):
        return IN_STEP
    try:
        same = ranges.minors(ranges.pep440(wanted)) == ranges.minors(ranges.pep440(locked))
    except ranges.NoRange:
        same = True
    if same:
        return unknown(f"requires-python '{wanted}' stands in the lock as '{locked}'")
    return drifted(f"pyproject.toml (requires-python is '{wanted}', locked for '{locked}')")


def _clauses(specifier: str) -> frozenset[str]:
    return frozenset("".join(each.split()) for each in specifier.split(","))


def _identity(
    pyproject: Mapping[str, object], project: Mapping[str, object], package: Mapping[str, object]
) -> Answer:
    name, version = project.get("name"), project.get("version")
    if not isinstance(name, str) or normalised(name) != package.get("name"):
        return drifted(f"pyproject.toml (it is named {name}, locked as {package.get('name')})")
    if version != package.get("version"):
        if not isinstance(version, str) or not isinstance(package.get("version"), str):
            return unknown("the version of the project is dynamic")
        from packaging.version import InvalidVersion, Version

        try:
            other = Version(version) != Version(str(package["version"]))
        except InvalidVersion:
            other = False
        if other:
            return drifted(f"pyproject.toml (its version is {version}, locked as {package['version']})")
        return unknown(f"the version '{version}' stands in the lock as '{package['version']}'")
    tool = pyproject.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    is_package = uv.get("package") if isinstance(uv, dict) else None
    installed = is_package if isinstance(is_package, bool) else "build-system" in pyproject
    kept = package.get("source")
    if (isinstance(kept, dict) and "editable" in kept) != installed:
        return unknown("whether the project itself is installed has changed")
    return IN_STEP


def _extras(project: Mapping[str, object], package: Mapping[str, object]) -> Answer:
    optional = project.get("optional-dependencies")
    wanted = sorted(normalised(each) for each in (optional if isinstance(optional, dict) else ()))
    kept = package.get("metadata")
    locked = sorted(map(str, _list(kept.get("provides-extras") if isinstance(kept, dict) else None)))
    return IN_STEP if wanted == locked else drifted("pyproject.toml (optional-dependencies have other names)")


def _groups(pyproject: Mapping[str, object], package: Mapping[str, object]) -> Answer:
    written = pyproject.get("dependency-groups")
    groups = written if isinstance(written, dict) else {}
    metadata = package.get("metadata")
    kept = metadata.get("requires-dev") if isinstance(metadata, dict) else None
    locked = kept if isinstance(kept, dict) else {}
    wanted = {normalised(name): list(_flat(groups, name, ())) for name in groups}
    if set(wanted) != set(locked):
        filled = {name for name in wanted if wanted[name]} ^ {name for name in locked if locked[name]}
        if filled:
            return drifted(f"pyproject.toml (dependency-groups: {', '.join(sorted(filled))})")
        return unknown("an empty dependency group came or went")
    return together(
        _requirements(wanted[name], _tables(locked[name]), f"dependency-groups {name}")
        for name in sorted(wanted)
    )


def _flat(groups: Mapping[str, object], name: str, seen: tuple[str, ...]) -> Iterator[str]:
    """Yield the requirements of a group, included groups too: https://peps.python.org/pep-0735/."""
    by_name = {normalised(each): value for each, value in groups.items()}
    if normalised(name) in seen:
        return
    for each in _list(by_name.get(normalised(name))):
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict) and isinstance(each.get("include-group"), str):
            yield from _flat(groups, each["include-group"], (*seen, normalised(name)))


def _of_project(project: Mapping[str, object]) -> list[str]:
    """Return the requirements of `[project]`, those of extras with the marker that uv gives them."""
    found = [each for each in _list(project.get("dependencies")) if isinstance(each, str)]
    optional = project.get("optional-dependencies")
    for extra, wanted in optional.items() if isinstance(optional, dict) else ():
        for each in _list(wanted):
            text, semicolon, marker = str(each).partition(";")
            named = f"extra == '{normalised(extra)}'"
            found.append(f"{text} ; {f'({marker.strip()}) and {named}' if semicolon else named}")
    return found


def _metadata(package: Mapping[str, object], key: str) -> Iterator[Mapping[str, object]]:
    metadata = package.get("metadata")
    return _tables(metadata.get(key) if isinstance(metadata, dict) else None)


def _requirements(wanted: Iterable[str], locked: Iterable[Mapping[str, object]], where: str) -> Answer:
    """Return whether requirements are those that stand in the lock, each as often as there."""
    texts, theirs = list(wanted), list(locked)
    if Counter(map(_plain, texts)) == Counter(map(_locked_text, theirs)):
        return IN_STEP
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        ours = [Requirement(each) for each in texts]
    except InvalidRequirement:
        return unknown(f"{where} holds what is no requirement")
    if strange := set(map(_name, ours)) ^ {str(each.get("name")) for each in theirs}:
        return drifted(f"pyproject.toml ({where}: {', '.join(sorted(strange))})")
    if Counter(map(_text, ours)) == Counter(map(_locked_text, theirs)):
        return IN_STEP
    counts = Counter(map(_name, ours)) + Counter(str(each.get("name")) for each in theirs)
    for each in ours:
        (other, *more) = [their for their in theirs if their.get("name") == _name(each)]
        alone = counts[_name(each)] == 2 and not more and not each.marker and "marker" not in other
        if alone and not each.url and set(other) <= {"name", "specifier", "extras"} and _differs(each, other):
            return drifted(f"pyproject.toml ({where}: {each}, locked as {_locked_text(other)})")
    return unknown(f"the lock writes {where} in another way")


def _differs(wanted: Requirement, locked: Mapping[str, object]) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        other = wanted.specifier != SpecifierSet(str(locked.get("specifier", "")))
    except InvalidSpecifier:
        return False
    return other or {normalised(each) for each in wanted.extras} != set(map(str, _list(locked.get("extras"))))


def _name(requirement: Requirement) -> str:
    return normalised(requirement.name)


def _text(requirement: Requirement) -> str:
    """Return a requirement as one text; with an address it is like none in a lock."""
    extras = ",".join(sorted(normalised(each) for each in requirement.extras))
    specifier = ",".join(sorted("".join(str(each).split()) for each in requirement.specifier))
    marker = _MINOR.sub(r"python_full_version \1 ", str(requirement.marker or ""))
    return _joined(_name(requirement), extras, specifier, marker, requirement.url or "")


def _plain(requirement: str) -> str:
    """Return what `_text` does for a requirement without marker and address, empty for any other.

    The parser takes longer to load than all else that is done here.
    """
    found = _REQUIREMENT.fullmatch(requirement)
    if found is None:
        return ""
    extras = ",".join(sorted({normalised(each.strip()) for each in (found[2] or "").split(",")}))
    specifier = ",".join(sorted("".join(found[3].split()).rstrip(",").split(",")))
    return _joined(normalised(found[1]), extras, specifier, "", "")


def _locked_text(locked: Mapping[str, object]) -> str:
    extras = ",".join(sorted(map(str, _list(locked.get("extras")))))
    specifier = ",".join(sorted(_clauses(str(locked.get("specifier", ""))))) if "specifier" in locked else ""
    marker = str(locked.get("marker", "")).replace("'", '"')
    strange = set(locked) - {"name", "specifier", "extras", "marker"}
    return _joined(str(locked.get("name")), extras, specifier, marker, ",".join(sorted(strange)))


def _joined(name: str, extras: str, specifier: str, marker: str, other: str) -> str:
    made = f"{name}[{extras}]" if extras else name
    return f"{made}{specifier}{f' ; {marker}' if marker else ''}{f' @ {other}' if other else ''}"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _tables(value: object) -> Iterator[Mapping[str, object]]:
    yield from (each for each in _list(value) if isinstance(each, dict))
