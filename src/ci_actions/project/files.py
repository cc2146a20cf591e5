"""Pure: what lies in the working directory, as values: the names, and the bytes of the files that say something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ci_actions.kit.errors import BadInput

#: Lock files that one manager alone writes; `pylock.toml` (PEP 751) is everybody's.
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
#: https://packaging.python.org/en/latest/specifications/pylock-toml/#file-name
_PYLOCK = re.compile(r"pylock\.(?:[^.]+\.)?toml")
_VERSION_FILES = (
    ".python-version",
    ".python-versions",
    ".tool-versions",
    "runtime.txt",
    "mise.toml",
    ".mise.toml",
)
_SETTINGS = (
    "pyproject.toml",
    "uv.toml",
    "hatch.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "pdm.toml",
    "poetry.toml",
)
_REQUIREMENTS = ("*requirements*.txt", "*requirements*.in", "*constraints*.txt", "*constraints*.in")
#: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: a pointer starts so and has less than 1024 bytes.
_LFS = b"version https://git-lfs.github.com/spec/"
#: What git leaves in a file that it could not merge: https://git-scm.com/docs/git-merge#_how_conflicts_are_presented
_CONFLICT = re.compile(rb"^<{7} .+\n(?:.*\n)*?={7}\r?\n(?:.*\n)*?>{7} ", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class ProjectFiles:
    """The working directory. `directory` is relative to the git root, `.` for the root itself.

    `names` are all files at its top level, and `requirements/*` where there is such a folder. `content` holds the
    bytes of those that matter, by their path relative to the directory with `/`: above it lies `../pyproject.toml`.
    """

    directory: str = "."
    names: frozenset[str] = frozenset()
    content: Mapping[str, bytes] = field(default_factory=dict)
    _tables: dict[str, dict[str, object]] = field(default_factory=dict, repr=False, compare=False)

    def __contains__(self, name: str) -> bool:
        return name in self.names or name in self.content

    def shown(self, name: str) -> str:
        """Return how messages call a file: relative to the git root."""
        from posixpath import normpath

        return normpath(f"{self.directory}/{name}")

    def bytes(self, name: str) -> bytes:
        """Return the content of a file; raises BadInput for a Git LFS pointer and for the marks of a merge conflict."""
        found = self.content[name]
        if found.startswith(_LFS) and len(found) < 1024:
            raise BadInput(
                f"{self.shown(name)} is a Git LFS pointer, not the file itself. Set lfs: true in actions/checkout.",
                file=self.shown(name),
            )
        if b"<<<<<<< " in found and (conflict := _CONFLICT.search(found)):
            line = found.count(b"\n", 0, conflict.start()) + 1
            raise BadInput(
                f"{self.shown(name)} has the marks of a merge conflict (line {line}): resolve it.",
                file=self.shown(name),
            )
        return found

    def text(self, name: str) -> str:
        """Return the text of a file without its byte order mark; raises BadInput when it is not UTF-8."""
        return decoded(self.bytes(name), self.shown(name))

    def toml(self, name: str) -> dict[str, object]:
        """Return the tables of a TOML file, nothing for a file that is not there.

        Raises BadInput with the line and the column of what is no TOML.
        """
        if name not in self.content:
            return {}
        if name not in self._tables:
            self._tables[name] = parse_toml(self.bytes(name), self.shown(name))
        return self._tables[name]

    def table(self, name: str, *path: str) -> dict[str, object]:
        """Return one table of a TOML file, an empty one when it is not there or no table."""
        found = self.toml(name)
        for each in path:
            inner = found.get(each)
            if not isinstance(inner, dict):
                return {}
            found = inner
        return found

    @property
    def is_package(self) -> bool:
        """Whether the project says how it is built."""
        return "setup.py" in self or bool(self.table("pyproject.toml", "build-system"))

    def pylocks(self) -> tuple[str, ...]:
        """Return the lock files of PEP 751, `pylock.toml` first."""
        return tuple(
            sorted((name for name in self.names if is_pylock(name)), key=lambda name: (len(name), name))
        )

    def requirement_files(self, ending: str = ".txt") -> tuple[str, ...]:
        """Return the requirements files that lie here or in `requirements/`, `requirements.txt` first."""
        return tuple(
            sorted(self._requirement_files(ending), key=lambda name: (name != f"requirements{ending}", name))
        )

    def _requirement_files(self, ending: str) -> Iterator[str]:
        for name in self.names:
            folder, _, file = name.rpartition("/")
            if not name.endswith(ending):
                continue
            if folder == "requirements" and "constraint" in file.lower():
                # What is behind `-c` of pip: it says which versions, and installs nothing.
                continue
            if folder == "requirements" or (not folder and "requirements" in file.lower()):
                yield name


def is_pylock(name: str) -> bool:
    """Whether PEP 751 lets a lock file have this name."""
    return _PYLOCK.fullmatch(name) is not None


def matters(name: str) -> bool:
    """Whether the content of a file with this name, at the top level or in `requirements/`, says something."""
    folder, _, file = name.rpartition("/")
    if folder:
        return folder == "requirements" and file.endswith((".txt", ".in"))
    return (
        name in _SETTINGS
        or name in _VERSION_FILES
        or name in LOCKS
        or is_pylock(name)
        or any(fnmatchcase(name.lower(), each) for each in _REQUIREMENTS)
    )


def decoded(content: bytes, shown: str) -> str:
    """Return the text of a file; raises BadInput when it is not UTF-8, with or without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise BadInput(f"{shown} is not UTF-8 (line {line}): save it as UTF-8.", file=shown) from None


def texts(value: object) -> tuple[str, ...]:
    """Return the texts in a list of a document, none for anything else."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def parse_toml(content: bytes, shown: str) -> dict[str, object]:
    """Return the tables of TOML; raises BadInput with the line and the column of what is wrong."""
    import tomllib

    try:
        return tomllib.loads(decoded(content, shown))
    except tomllib.TOMLDecodeError as wrong:
        raise BadInput(f"{shown} is not valid TOML: {wrong}", file=shown) from None
    except RecursionError:
        raise BadInput(f"{shown} is nested too deeply.", file=shown) from None
