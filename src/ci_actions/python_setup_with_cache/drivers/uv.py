"""Edge: uv. https://docs.astral.sh/uv/reference/cli/"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree
from typing import ClassVar

from ci_actions.project.environments import normalised
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.base import Drifted, Driver

#: From here on one option leaves out everything that lies beside the project, not only its workspace.
_NO_INSTALL_LOCAL = (0, 9)
#: Where a package comes from that `uv sync` has installed before the project; a virtual one is not installed at all.
_ELSEWHERE = re.compile(rb"^source = \{ (?:registry|git|url|virtual) = ", re.MULTILINE)


class Uv(Driver):
    """`uv sync`, in its own words; the interpreter is the one that was resolved, never one that uv would fetch."""

    manager = Manager.UV
    goes_by_lock = True
    renews_folders = True
    settings: ClassVar[Mapping[str, str]] = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}

    def own_settings(self) -> Mapping[str, str]:
        """Return where the environment is."""
        return {"UV_PROJECT_ENVIRONMENT": str(self.job.venv)}

    def check_lock(self) -> Drifted | None:
        """Ask `uv lock --check`; without a network first, as it needs none for a lock that is in step."""
        words = ["lock", "--check", "--python", self.job.interpreter.path]
        done = self.ask([*words, "--offline"])
        if not done.ok and not self.job.offline:
            done = self.ask(words)
        if done.ok:
            return None
        if b"needs to be updated" in done.stderr or self.job.offline:
            return self.drifted(done)
        raise self.failure(done, "checking the lock")

    def lock(self) -> None:
        """Run `uv lock`."""
        self.run(["lock", "--python", self.job.interpreter.path], "locking")

    def sync(self) -> None:
        """Run `uv sync` without the project and what lies beside it."""
        numbers = tuple(int(part) for part in self.tool.version.split(".")[:2] if part.isdigit())
        without = ["--no-install-project", "--no-install-workspace"]
        self.run(
            self._sync(*(["--no-install-local"] if numbers >= _NO_INSTALL_LOCAL else without)), "installing"
        )

    @property
    def has_project(self) -> bool:
        """Whether the project is a package, or the lock names anything that does not come from elsewhere."""
        locks = [(self.job.directory / name).read_bytes() for name in self.job.detected.locks]
        named = sum(len(_ELSEWHERE.findall(data)) for data in locks)
        return self.is_package or not locks or named < sum(1 for _ in self._scanned())

    def sync_project(self) -> None:
        """Run `uv sync` with everything."""
        self.run(self._sync(), "installing the project")

    def _sync(self, *more: str) -> list[str]:
        job = self.job
        chosen = [word for each in job.extras for word in ("--extra", each)]
        chosen += [word for each in job.groups for word in ("--group", each)]
        return ["sync", "--frozen", "--python", job.interpreter.path, *chosen, *more, *job.arguments]

    def download_caches(self) -> tuple[Path, ...]:
        """Ask uv for its cache."""
        done = self.ask(["cache", "dir"])
        return (Path(done.text.strip()),) if done.ok and done.text.strip() else ()

    def prune(self) -> None:
        """Drop every wheel and build that the lock does not name, and what uv itself can do without.

        Not with `--ci`: that drops the wheels that came from the index, which the next run is to find. What builds
        the project (its `build-system`, and what that needs) stays, though no lock names it.
        """
        for cache in self.download_caches():
            packages = self.locked_packages
            kept = _builders(cache, self._build_requirements())
            for entry in _entries(cache):
                if entry.package in kept or entry.version in packages.get(entry.package, ()):
                    continue
                _remove(entry.path)
        self.run(["cache", "prune"], "pruning the cache")

    def _build_requirements(self) -> Iterator[str]:
        """Yield the names of what builds the projects that lie here."""
        for name in self.job.files.content:
            if name.endswith("pyproject.toml"):
                requires = self.job.files.table(name, "build-system").get("requires", ())
                yield from map(_name, requires if isinstance(requires, list) else ())
        yield from ("setuptools", "wheel")


class _Entry:
    """One wheel or build in uv's cache."""

    def __init__(self, path: Path, package: str, version: str) -> None:
        self.path = path
        self.package = package
        self.version = version


def _entries(cache: Path) -> Iterator[_Entry]:
    """Yield what lies in the buckets `wheels-*` and `sdists-*`, from an index: `…/<package>/<version>[-<tags>]…`.

    Those of addresses and repositories are named by a digest and stay.
    """
    for bucket in (*cache.glob("wheels-v*"), *cache.glob("sdists-v*")):
        for home in (bucket / "pypi", *(bucket / "index").glob("*")):
            for package in _folders(home):
                for path in package.iterdir():
                    version = path.name.removesuffix(path.suffix) if path.is_file() else path.name
                    yield _Entry(path, normalised(package.name), version.partition("-")[0])


def _remove(path: Path) -> None:
    """Remove an entry. An unpacked wheel is a link into the archive, which uv tidies itself once nothing leads there."""
    if path.is_dir() and not path.is_symlink():
        rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _folders(path: Path) -> Iterator[Path]:
    return (each for each in path.iterdir() if each.is_dir()) if path.is_dir() else iter(())


def _builders(cache: Path, names: Iterator[str]) -> set[str]:
    """Return the names of build backends and, from the metadata of what the cache holds, of all that they need."""
    needs: dict[str, set[str]] = {}
    for metadata in cache.glob("archive-v*/*/*.dist-info/METADATA"):
        lines = metadata.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0].splitlines()
        values = [line.partition(": ") for line in lines]
        name = next((normalised(value) for key, _, value in values if key == "Name"), "")
        needs.setdefault(name, set()).update(
            _name(value) for key, _, value in values if key == "Requires-Dist"
        )
    kept: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += needs.get(name, ())
    return kept


def _name(requirement: object) -> str:
    text = str(requirement)
    end = next((at for at, sign in enumerate(text) if not (sign.isalnum() or sign in "._-")), len(text))
    return normalised(text[:end])


DRIVER = Uv
