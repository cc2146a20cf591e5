"""Pure: which Python a project wants, and which ones it supports.

In this order: the input `python-version`; the input `python-version-file`; `.python-version`; what the project requires
(`requires-python`, else Poetry's `python`, `python_requires`, the Pipfile); what other tools' files pin; the classifiers.
Whatever is chosen, what the project requires must allow it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from ci_actions.kit.errors import BadInput
from ci_actions.project import ranges, version_files
from ci_actions.project.files import ProjectFiles
from ci_actions.project.ranges import NoRange, Range
from ci_actions.project.releases import BY_NAME, KNOWN_UNTIL, RELEASES

if TYPE_CHECKING:
    from configparser import ConfigParser

#: Read when nothing in the project requires a version.
_OTHER_FILES = (".tool-versions", "mise.toml", ".mise.toml", "runtime.txt")
_EXAMPLES = "for example 3.12, 3.12.4, '>=3.10,<3.14', min, max, pypy3.10, 3.13t or 3.14-dev"

_CPYTHON = re.compile(
    r"""(?:c?python[@-]?|cp)?(?P<major>\d+)(?:\.(?P<minor>\d+)(?:\.(?P<patch>\d+))?)?
        (?:[-.]?(?P<stage>a|b|rc|alpha|beta|c)[-.]?(?P<number>\d+))?(?P<threads>t|\+freethreaded)?(?P<dev>-dev)?
        (?:-(?:linux|macos|windows|any)\b.*)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_PYPY = re.compile(r"(?:pypy[@-]?|pp)(\d+\.\d+)(?:\.\d+)?(?:-v?([\w.]+))?", re.IGNORECASE | re.ASCII)
_GRAALPY = re.compile(r"graalpy[@-]?(\d+(?:\.\d+)*)", re.IGNORECASE | re.ASCII)
#: uv's short forms, as in the tags of wheels: `cp313t`, `pypy310`.
_SHORT = re.compile(r"(cp|cpython|pp|pypy)(\d)(\d+)(t?)", re.IGNORECASE | re.ASCII)
#: uv's range of one implementation: `cpython>=3.12`.
_OF_CPYTHON = re.compile(r"(?:cpython|cp)\s*(?=[<>=~^!])", re.IGNORECASE)
#: A range has a sign of one; `3.9, 3.10` is none but a list.
_RANGE = re.compile(r"[<>=~^!*|]|\.x| - ", re.IGNORECASE)
_STAGES = {"a": "alpha", "b": "beta", "c": "rc"}
_KNOWN = (
    f"known are {RELEASES[0].name} to {next(each.name for each in reversed(RELEASES) if not each.prerelease)}, "
    f"as of {KNOWN_UNTIL}"
)
_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d+\.\d+)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Supported:
    """The minor versions that the project supports, oldest first; `source` is where it says so.

    `ended` are those of them that nobody mends any more. `required` is the range behind it, None for classifiers.
    """

    versions: tuple[str, ...]
    source: str
    required: Range | None = None
    warnings: tuple[str, ...] = ()

    @property
    def minimum(self) -> str:
        """The oldest."""
        return self.versions[0]

    @property
    def maximum(self) -> str:
        """The newest."""
        return self.versions[-1]

    @property
    def ended(self) -> tuple[str, ...]:
        """Those past their end of life."""
        return tuple(each for each in self.versions if each in BY_NAME and BY_NAME[each].ended())


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The Python to set up. `request` is what actions/setup-python understands (`3.12`, `3.13t`, `pypy3.10`).

    `version` is the minor or the exact version (of Python, not of PyPy), empty where the request does not say.
    `required` are the ranges that the interpreter must be in: see `satisfies`. `source` says where the wish stands.
    `is_range` is whether any version in these ranges would do, and the newest was taken.
    """

    request: str
    source: str
    implementation: str = "cpython"
    version: str = ""
    free_threaded: bool = False
    prerelease: bool = False
    is_range: bool = False
    required: tuple[Range, ...] = ()
    supported: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """One line for people."""
        return f"Python {self.request}, from {self.source}"

    @property
    def minimum(self) -> str:
        """The oldest version that the project supports, empty where it does not say."""
        return self.supported[0] if self.supported else ""

    @property
    def maximum(self) -> str:
        """The newest version that the project supports, empty where it does not say."""
        return self.supported[-1] if self.supported else ""


def resolve(
    files: ProjectFiles,
    python_version: str = "",
    version_file: tuple[str, bytes] | None = None,
    *,
    prereleases: bool = False,
    free_threaded: bool = False,
) -> Resolved:
    """Return the Python to set up.

    `python_version` and `version_file` (its path and content) are the inputs; `prereleases` lets a range fall back to a
    version without a final release. Raises BadInput for what is no version, for one that the project excludes, and
    when nothing says which one.
    """
    known = _supported(files)
    wish = _wish(files, python_version.strip(), version_file, known)
    found = _named(wish, known) if isinstance(wish, _Named) else _newest(wish, known, prereleases=prereleases)
    if free_threaded and not found.free_threaded and found.implementation == "cpython":
        found = replace(found, request=_threaded(found.request), free_threaded=True)
    _check_threads(found)
    notes = dict.fromkeys([*wish.warnings, *found.warnings, *(known.warnings if known else ())])
    return replace(found, supported=known.versions if known else (), warnings=tuple(notes))


def within(known: Supported, text: str) -> Supported:
    """Return those of the supported versions that are in a range, as the input `python-version` writes it.

    Raises BadInput for what is one version or none, and for a range that the project excludes.
    """
    wish = _parsed(text, "python-version", f"python-version: {text}")
    if isinstance(wish, _Named) or wish.range is None:
        raise BadInput(f"input 'python-version' is '{text}', which is one version, but mode is matrix")
    limits = (wish.range, *_required(known))
    versions = tuple(
        each
        for each in known.versions
        if each in BY_NAME and ranges.allowed(BY_NAME[each], *limits) is not None
    )
    if not versions:
        raise BadInput(
            f"{known.source}: {', '.join(known.versions)}; none of them is in python-version: '{text}'."
        )
    return replace(known, versions=versions)


def supported(files: ProjectFiles) -> Supported:
    """Return the versions for a matrix; raises BadInput when the project does not say which ones it supports."""
    if found := _supported(files):
        if not found.versions and found.required:
            _nothing_allowed(found.source, found.required)
        return found
    raise BadInput(
        f"Nothing in '{files.directory}' says which versions of Python it supports: "
        'add requires-python = ">=3.11" to [project] in pyproject.toml, or classifiers like '
        "'Programming Language :: Python :: 3.12'."
    )


def satisfies(resolved: Resolved, full_version: str) -> bool:
    """Whether an interpreter is what was asked for, by its full version (`3.12.4`, `3.10.16-7.3.19`)."""
    version = full_version.partition("-")[0].rstrip("+")
    if resolved.implementation == "cpython" and resolved.version:
        from packaging.version import Version

        wanted, found = Version(resolved.version), Version(version)
        exact = wanted.is_prerelease or len(wanted.release) > 2
        if (found != wanted) if exact else found.release[: len(wanted.release)] != wanted.release:
            return False
    return all(each.allows(version) for each in resolved.required)


# --- wishes ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Named:
    """A wish for one version: a minor, an exact one, or one of another implementation."""

    text: str
    source: str
    request: str
    version: str
    implementation: str = "cpython"
    free_threaded: bool = False
    prerelease: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Ranged:
    """A wish for the newest (or oldest) version in a range; without a range, of those that the project supports."""

    text: str
    source: str
    range: Range | None = None
    oldest: bool = False
    free_threaded: bool = False
    warnings: tuple[str, ...] = ()


_Wish = _Named | _Ranged


def _wish(
    files: ProjectFiles, written: str, version_file: tuple[str, bytes] | None, known: Supported | None
) -> _Wish:
    if written.lower() in ("min", "max"):
        source = f"python-version: {written}" + (f" of {known.source}" if known else "")
        supported(files)  # says what to add
        return _Ranged(text=written, source=source, oldest=written.lower() == "min")
    if written and written.lower() != "default":
        return _parsed(written, "python-version", f"python-version: {written}")
    if version_file is not None:
        return _of_named_file(*version_file)
    return _of_files(files, known)


def _of_named_file(path: str, content: bytes) -> _Wish:
    """Return the wish in the file that the input `python-version-file` names; raises BadInput when it has none."""
    file = path.rpartition("/")[2]
    found = version_files.pins(file, content, path)
    if (wish := _first_pin(found)) is not None:
        return wish
    if file in ("pyproject.toml", "Pipfile"):
        alone = ProjectFiles(names=frozenset({file}), content={file: content})
        if (required := next(_requirements(alone), None)) is not None:
            return _Ranged(text=required[0].text, source=f"{required[1]} of {path}", range=required[0])
    raise BadInput(
        f"python-version-file: {path} names no version of Python"
        + (f" but '{found[0].text}'" if found else "")
        + ". Set python-version: instead."
    )


def _of_files(files: ProjectFiles, known: Supported | None) -> _Wish:
    passed: list[str] = []
    for name in (".python-version", ".python-versions", "", *_OTHER_FILES):
        if not name:
            if known and known.required:
                return _Ranged(text=known.required.text, source=known.source, warnings=tuple(passed))
            continue
        found = version_files.of_project(files, name)
        if (wish := _first_pin(found)) is not None:
            return replace(wish, warnings=(*passed, *wish.warnings))
        if found:
            passed.append(
                f"{found[0].where} names '{found[0].text}', which is no version: it is passed over."
            )
    if known:
        return _Ranged(text="", source=known.source, warnings=tuple(passed))
    raise BadInput(
        f"Nothing says which Python '{files.directory}' needs (looked for .python-version, requires-python in "
        f"pyproject.toml, {', '.join(_OTHER_FILES)}). Set python-version:, or add requires-python to [project]."
    )


def _first_pin(found: Sequence[version_files.Pin]) -> _Wish | None:
    """Return the first wish that is a version; further ones are the fallbacks of pyenv, which a job does not need."""
    versions = [each for each in found if each.is_version]
    if not versions:
        return None
    first = versions[0]
    wish = _parsed(first.text, first.where, first.where)
    if len(versions) > 1:
        wish = replace(wish, source=f"{wish.source}, the first of {len(versions)}")
    return wish


def _parsed(text: str, where: str, source: str) -> _Wish:
    """Return what a text wishes; raises BadInput when it is no version."""
    written = _SHORT.sub(r"\1\2.\3\4", text) if _SHORT.fullmatch(text) else text
    named = _cpython(written, source) or _other(written, source)
    if named is not None:
        return named
    if text.lower() in ("latest", "3", "3.x", "3.*", "*", "x"):
        return _Ranged(text=text, source=source, range=ranges.loose("<4"))
    if _RANGE.search(text):
        with suppress(NoRange):
            return _Ranged(text=text, source=source, range=ranges.loose(_OF_CPYTHON.sub("", text, count=1)))
    raise BadInput(f"{where}: '{text}' is no version of Python; write {_EXAMPLES}.")


def _cpython(text: str, source: str) -> _Named | None:
    found = _CPYTHON.fullmatch(text)
    if not found or found["minor"] is None:
        return None
    minor = f"{found['major']}.{found['minor']}"
    version = minor if found["patch"] is None else f"{minor}.{found['patch']}"
    request = version
    if found["stage"]:
        stage = found["stage"].lower()
        version = f"{minor}.{found['patch'] or 0}{'rc' if stage == 'c' else stage}{found['number']}"
        request = f"{minor}.{found['patch'] or 0}-{_STAGES.get(stage, stage)}.{found['number']}"
    threads, dev = "t" if found["threads"] else "", "-dev" if found["dev"] else ""
    return _Named(
        text=text,
        source=source,
        request=f"{request}{threads}{dev}",
        version=version,
        free_threaded=bool(threads),
        prerelease=bool(found["stage"] or dev),
    )


def _other(text: str, source: str) -> _Named | None:
    """Return a wish for PyPy or GraalPy, in the words of actions/setup-python."""
    if found := _PYPY.fullmatch(text):
        suffix = (
            f"-{found[2]}" if found[2] and not found[2][0].isdigit() else f"-v{found[2]}" if found[2] else ""
        )
        return _Named(
            text=text,
            source=source,
            request=f"pypy{found[1]}{suffix}",
            version=found[1],
            implementation="pypy",
        )
    if found := _GRAALPY.fullmatch(text):
        return _Named(
            text=text, source=source, request=f"graalpy-{found[1]}", version="", implementation="graalpy"
        )
    return None


# --- from the wish to the request --------------------------------------------------------------


def _named(wish: _Named, known: Supported | None) -> Resolved:
    """Return the version that was named, after what the project requires allowed it.

    Of a minor version the project may exclude the newest patches (`<=3.12`): then the newest allowed patch is it.
    """
    request, version, warnings = wish.request, wish.version, list[str]()
    required = _required(known)
    release = BY_NAME.get(".".join(version.split(".")[:2]))
    if wish.text == "3.1" and wish.source.startswith("python-version:"):
        raise BadInput(
            "python-version: '3.1' is a Python of 2009: YAML reads 3.10 as 3.1, write '3.10' in quotes."
        )
    if version.count(".") == 1 and release is not None:
        left = ranges.allowed(release, *required)
        if left is None:
            _excluded(wish, known)
        elif not left.is_newest and wish.implementation == "cpython":
            request, version = request.replace(version, left.request, 1), left.request
            warnings += _narrowed(required, left)
    elif version and not all(
        each.allows(version if version.count(".") > 1 else f"{version}.0") for each in required
    ):
        _excluded(wish, known)
    if release is not None and release.prerelease and not wish.prerelease:
        warnings.append(
            f"Python {release.name} has no final release (as of {KNOWN_UNTIL}): write {release.name}-dev."
        )
    return Resolved(
        request=request,
        source=wish.source,
        implementation=wish.implementation,
        version=version,
        free_threaded=wish.free_threaded,
        prerelease=wish.prerelease,
        required=required,
        warnings=tuple(warnings),
    )


def _newest(wish: _Ranged, known: Supported | None, *, prereleases: bool) -> Resolved:
    """Return the newest (or oldest) final release that is wished, required, and known."""
    limits = tuple(dict.fromkeys([*([wish.range] if wish.range else []), *_required(known)]))
    found = ranges.minors(*limits)
    if not limits and known is not None:
        named = [BY_NAME[each] for each in known.versions if each in BY_NAME]
        found = tuple(each for release in named if (each := ranges.allowed(release)) is not None)
    prerelease = not found and prereleases
    if prerelease:
        found = ranges.minors(*limits, prereleases=True)
    if not found:
        if known and known.required and not known.versions:
            _nothing_allowed(known.source, known.required)
        if wish.range is not None and ranges.minors(wish.range):
            _excluded(wish, known)
        raise BadInput(
            f"{wish.source}: no released version of Python is in '{wish.text}' ({_KNOWN}). "
            "Name the version itself if it is newer."
        )
    chosen = found[0 if wish.oldest else -1]
    return Resolved(
        request=f"{chosen.request}-dev" if prerelease else chosen.request,
        source=wish.source,
        version=chosen.request,
        prerelease=prerelease,
        is_range=wish.text.lower() not in ("min", "max", "default"),
        required=limits,
        warnings=tuple(_narrowed(limits, chosen)),
    )


def _required(known: Supported | None) -> tuple[Range, ...]:
    return (known.required,) if known and known.required else ()


def _nothing_allowed(source: str, required: Range) -> NoReturn:
    raise BadInput(f"{source} '{required.text}' allows no released version of Python ({_KNOWN}).")


def _excluded(wish: _Wish, known: Supported | None) -> NoReturn:
    assert known is not None
    assert known.required is not None
    where = "python-version" if wish.source.startswith("python-version:") else wish.source
    raise BadInput(
        f"{known.source} '{known.required.text}' excludes every version in {where}: '{wish.text}'."
    )


def _narrowed(limits: Sequence[Range], left: ranges.Allowed) -> Iterator[str]:
    """Yield a warning where a range allows the very first patch alone, as `<=3.12` does: hardly anybody means that."""
    minor, first, newest = left.release.name, left.request, f"{left.release.name}.{left.release.patch}"
    texts = [each.text for each in limits if not each.allows(newest)]
    if left.is_newest or left.patch != 0 or any(first in each for each in texts):
        return
    wrote = " and ".join(f"'{each}'" for each in texts)
    yield (
        f"{wrote} allows of Python {minor} nothing but {first} ({newest} is released). "
        f"If all of {minor} is meant, write '<{_next(minor)}' or '=={minor}.*'."
    )


def _next(minor: str) -> str:
    major, _, last = minor.partition(".")
    return f"{major}.{int(last) + 1}"


def _check_threads(found: Resolved) -> None:
    parts = found.version.split(".")
    if found.free_threaded and (int(parts[0]), int(parts[1])) < (3, 13):
        raise BadInput(f"{found.source}: free-threaded builds of Python begin with 3.13.")


def _threaded(request: str) -> str:
    base, dev, _ = request.partition("-dev")
    return f"{base}t{dev}"


# --- what the project supports -----------------------------------------------------------------


def _supported(files: ProjectFiles) -> Supported | None:
    named = _classifiers(files)
    found = next(_requirements(files), None)
    if found is None:
        if not named:
            return None
        return Supported(versions=named, source="the classifiers")
    required, source = found
    allowed = ranges.minors(required)
    versions = tuple(each.release.name for each in allowed)
    warnings = list(_narrowed((required,), allowed[-1])) if allowed else []
    if named and set(named) != set(versions):
        warnings.append(_disagreement(source, required.text, versions, named))
    return Supported(versions=versions, source=source, required=required, warnings=tuple(warnings))


def _disagreement(source: str, text: str, versions: Sequence[str], named: Sequence[str]) -> str:
    return (
        f"{source} '{text}' and the classifiers disagree: {source} allows {', '.join(versions)}; "
        f"the classifiers name {', '.join(named)}."
    )


def _requirements(files: ProjectFiles) -> Iterator[tuple[Range, str]]:
    """Yield what the project requires, the place that counts first, and how messages call the place."""
    for text, source, parse in _written(files):
        if text.strip():
            try:
                yield parse(text.strip()), source
            except NoRange as wrong:
                raise BadInput(f"{source}: {wrong}.", file=files.shown("pyproject.toml")) from None


def _written(files: ProjectFiles) -> Iterator[tuple[str, str, Callable[[str], Range]]]:
    """Yield what the project's files say about Python: the text, how messages call it, and how it is read."""
    project = files.table("pyproject.toml", "project")
    if "requires-python" in project:
        text = _text(project["requires-python"], f"requires-python in {files.shown('pyproject.toml')}")
        yield text, "requires-python", ranges.pep440
    poetry = files.table("pyproject.toml", "tool", "poetry", "dependencies").get("python")
    if poetry is not None:
        version = poetry.get("version", "") if isinstance(poetry, dict) else poetry
        where = f"python in [tool.poetry.dependencies] in {files.shown('pyproject.toml')}"
        yield _text(version, where), "Poetry's python", ranges.loose
    if "setup.cfg" in files.content:
        yield (
            _setup_cfg(files).get("options", "python_requires", fallback=""),
            "python_requires",
            ranges.pep440,
        )
    if "setup.py" in files.content:
        required = _setup_py(files, "python_requires")
        yield required if isinstance(required, str) else "", "python_requires", ranges.pep440
    requires = files.table("Pipfile", "requires")
    for key in ("python_full_version", "python_version"):
        if key in requires:
            text = _text(requires[key], f"{key} in {files.shown('Pipfile')}")
            exact = text if text.count(".") > 1 or not text[:1].isdigit() else f"{text}.*"
            yield exact, f"{key} of the Pipfile", ranges.loose


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise BadInput(f"{where} must be a text, like '>=3.11'.", file=where.rpartition(" in ")[2])
    return value


def _setup_cfg(files: ProjectFiles) -> ConfigParser:
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(files.text("setup.cfg"))
    except Error as wrong:
        first = str(wrong).splitlines()[0]
        raise BadInput(
            f"{files.shown('setup.cfg')} cannot be read: {first}", file=files.shown("setup.cfg")
        ) from None
    return parser


def _setup_py(files: ProjectFiles, argument: str) -> object:
    """Return the value of an argument in setup.py, or of the constant it names; None where it is made at run time.

    A setup.py of another Python is no error: nobody asked for its syntax.
    """
    import ast

    try:
        tree = ast.parse(files.bytes("setup.py"))  # in whatever encoding it says
    except (SyntaxError, ValueError, RecursionError):
        return None
    assigned = (each for each in tree.body if isinstance(each, ast.Assign))
    constants = {
        target.id: each.value for each in assigned for target in each.targets if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == argument:
            value = constants.get(node.value.id) if isinstance(node.value, ast.Name) else node.value
            try:
                return ast.literal_eval(value) if value else None
            except (ValueError, TypeError, RecursionError):
                return None
    return None


def _classifiers(files: ProjectFiles) -> tuple[str, ...]:
    """Return the minor versions that the classifiers name, oldest first."""
    named: list[object] = []
    for table in (files.table("pyproject.toml", "project"), files.table("pyproject.toml", "tool", "poetry")):
        written = table.get("classifiers")
        named += written if isinstance(written, list) else []
    if not named and "setup.cfg" in files.content:
        named += _setup_cfg(files).get("metadata", "classifiers", fallback="").splitlines()
    if not named and "setup.py" in files.content:
        written = _setup_py(files, "classifiers")
        named += written if isinstance(written, (list, tuple)) else []
    found = {
        match[1] for each in named if isinstance(each, str) and (match := _CLASSIFIER.fullmatch(each.strip()))
    }
    return tuple(sorted(found, key=lambda minor: [int(part) for part in minor.split(".")]))
