"""Edge: the settings file of a project, `pyproject.toml` or `ci-actions.toml`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import Settings, suggestion

NAMES = ("pyproject.toml", "ci-actions.toml")


@dataclass(frozen=True)
class SettingsFile:
    """All our settings in one file; `path` is relative to `root` and empty when there is no file."""

    path: str
    tables: dict[str, object]

    def section(self, name: str) -> Settings:
        """Return the settings of one capability.

        Raises BadInput when what stands there is no table.
        """
        table = self.tables.get(name, {})
        header = _header(self.path, name)
        if not isinstance(table, dict):
            raise BadInput(
                f"setting '{name}' in {self.path} must be a table: write [{header}]", file=self.path
            )
        return Settings(table, self.path, header)


def _header(path: str, name: str) -> str:
    return f"tool.ci-actions.{name}" if path.endswith("pyproject.toml") else name


def git_root(directory: Path) -> Path:
    """Return the work tree that holds `directory`, or `directory` itself outside of any."""
    return next((each for each in (directory, *directory.parents) if (each / ".git").exists()), directory)


def find(directory: Path, root: Path, known: Collection[str] | None) -> SettingsFile:
    """Return the nearest settings from `directory` up to `root`; `known` are the sections there can be, None for any.

    A `pyproject.toml` without a `[tool.ci-actions]` table says nothing about us and is passed over.
    Raises BadInput for a file that is no TOML and for a section no capability owns.
    """

    def read(path: str) -> bytes | None:
        file = root / path
        try:
            return file.read_bytes() if file.is_file() else None
        except OSError as denied:
            raise BadInput(f"{path} cannot be read: {denied.strerror}", file=path) from denied

    return find_in(read, directory, root, known)


def find_in(
    read: Callable[[str], bytes | None], directory: Path, root: Path, known: Collection[str] | None
) -> SettingsFile:
    """Return the nearest settings among what `read` returns for a path relative to the root, None for no file."""
    for each in (directory, *directory.parents):
        for name in NAMES:
            path = _relative(each / name, root)
            content = read(path)
            if content is not None and (found := parse(content, path, known)).tables:
                return found
        if each == root:
            break
    return SettingsFile("", {})


def parse(content: bytes, path: str, known: Collection[str] | None) -> SettingsFile:
    """Return our settings in the content of a settings file; `known` are the sections there can be, None for any.

    Raises BadInput for content that is no TOML and for a section that is not known.
    """
    if path.endswith("pyproject.toml") and b"ci-actions" not in content:
        return SettingsFile(path, {})
    import tomllib
    from decimal import Decimal

    try:
        document = tomllib.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadInput(f"{path} is not valid TOML: {wrong}", file=path) from wrong
    tables: object = document
    if path.endswith("pyproject.toml"):
        tables = (
            document.get("tool", {}).get("ci-actions", {})
            if isinstance(document.get("tool", {}), dict)
            else {}
        )
    if not isinstance(tables, dict):
        raise BadInput(f"[tool.ci-actions] in {path} must hold one table per capability", file=path)
    unknown = [name for name in tables if known is not None and name not in known]
    if known is not None and unknown:
        raise BadInput(
            *(
                f"[{_header(path, name)}] in {path} is no capability{suggestion(name, known)}"
                for name in unknown
            ),
            file=path,
        )
    return SettingsFile(path, tables)


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
