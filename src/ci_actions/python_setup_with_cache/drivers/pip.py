"""Edge: pip. https://pip.pypa.io/en/stable/cli/pip_install/"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import rmtree
from typing import ClassVar

from ci_actions.kit.errors import BadInput
from ci_actions.project import requirements
from ci_actions.project.extras import asked
from ci_actions.project.managers import requirement_files
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.drivers.base import Driver

#: The oldest interpreter for which our pip installs (`--python`); for older ones the pip that came with them does.
OLDEST = (3, 10)


class Pip(Driver):
    """pip: requirements files, or what `pyproject.toml` asks for."""

    manager = Manager.PIP
    #: Whether all requirements files name all there is to install; others may leave out what the project itself needs.
    are_compiled: ClassVar[bool] = False

    def sync(self) -> None:
        """Install the requirements files of the project and its groups, and the static dependencies of pyproject.toml."""
        words = list(self._requirements())
        files = self.job.files
        if not words and "setup.cfg" in files and not self.is_package and "pyproject.toml" not in files:
            raise BadInput(
                f"{files.shown('setup.cfg')} alone makes no project that pip installs: "
                "add a pyproject.toml with [build-system], or a setup.py.",
                file=files.shown("setup.cfg"),
            )
        self._make_venv_with_pip()
        if not words:
            self.say("nothing to install but the project")
            return
        self.pip(["install", *words, *self.job.arguments], "installing")

    @property
    def has_project(self) -> bool:
        """Whether the project is a package."""
        return self.is_package

    def sync_project(self) -> None:
        """Install the project in place, without its dependencies where they are known to be there."""
        extras = f"[{','.join(self.job.extras)}]" if self._are_extras_dynamic else ""
        alone = [] if self._is_dynamic or extras else ["--no-deps"]
        self.pip(["install", *alone, "--editable", f".{extras}"], "installing the project")

    def download_caches(self) -> tuple[Path, ...]:
        """Ask pip for its cache."""
        done = self.process.run([*self._command(), "cache", "dir"], cwd=self.job.directory)
        return (Path(done.text.strip().splitlines()[-1]),) if done.ok and done.text.strip() else ()

    def prune(self) -> None:
        """Drop what pip noted of itself. Its answers of indexes hold the wheels: without them nothing were kept."""
        for cache in self.download_caches():
            rmtree(cache / "selfcheck", ignore_errors=True)

    # --- pip itself ---

    def pip(self, words: list[str], doing: str) -> None:
        """Run pip for the environment."""
        quiet = ["--disable-pip-version-check", "--no-input"]
        self.follow([*self._command(), *words[:1], *quiet, *words[1:]], doing)

    def own_pip(self) -> tuple[str, ...]:
        """Return the words that start the pip that this release pins."""
        return self.tool.argv

    def _command(self) -> list[str]:
        if self._is_old:
            return [str(self.job.venv_python), "-I", "-m", "pip"]
        return [*self.own_pip(), "--python", str(self.job.venv_python)]

    @property
    def _is_old(self) -> bool:
        return self.interpreter_release < OLDEST

    def _make_venv_with_pip(self) -> None:
        """Make the environment with the pip that its interpreter carries, so that later steps can use it.

        `venv` alone needs four times as long for that: it starts that pip from a zip file and compiles it.
        """
        if self.job.venv_python.exists():
            return
        interpreter = self.job.interpreter
        carried = Path(
            interpreter.base_prefix, "lib", f"python{interpreter.version}", "ensurepip", "_bundled"
        )
        wheels = sorted(map(str, carried.glob("pip-*.whl")))
        if not wheels or self._is_old:
            self.make_venv(with_pip=True)
            return
        self.make_venv()
        words = ["install", "--quiet", "--no-index", "--no-deps", "--no-compile", *wheels]
        done = self.process.run([*self._command(), *words])
        if not done.ok:
            raise self.failure(done, "bringing pip into the environment")

    # --- what is asked for ---

    @property
    def _is_dynamic(self) -> bool:
        """Whether only building the project tells what it needs."""
        project = self.job.files.table("pyproject.toml", "project")
        listed = project.get("dynamic", ())
        whole = self._name_all(self.job.files.requirement_files())
        return not whole and (not project or (isinstance(listed, list) and "dependencies" in listed))

    @property
    def _are_extras_dynamic(self) -> bool:
        """Whether there are extras to install that only building the project tells of."""
        project = self.job.files.table("pyproject.toml", "project")
        listed = project.get("dynamic", ())
        is_listed = isinstance(listed, list) and "optional-dependencies" in listed
        return bool(self.job.extras) and self.is_package and (not project or is_listed)

    def _requirements(self) -> Iterator[str]:
        files = self.job.files
        in_table = files.table("pyproject.toml", "dependency-groups")
        tabled = [each for each in self.job.groups if each in in_table]
        rest = [each for each in self.job.groups if each not in in_table]
        named = requirement_files(files, rest) if files.requirement_files() or rest else ()
        for name in named:
            yield from ("-r", name)
        for group in tabled:
            yield from ("--group", group)
        yield from self._static(with_base=not self._name_all(named))

    def _name_all(self, names: Sequence[str]) -> bool:
        """Whether these requirements files name all there is to install: with hashes in one, pip takes nothing without."""
        if self.are_compiled:
            return bool(names)
        texts = requirements.included(names, self.job.files.content.get).values()
        return any(
            line.hashes for text in texts for line in requirements.lines(text.decode("utf-8", "replace"))
        )

    def _static(self, *, with_base: bool) -> Iterator[str]:
        project = self.job.files.table("pyproject.toml", "project")
        found = asked(project, self.job.extras, with_base=with_base)
        if found.unknown and not self._are_extras_dynamic:
            known = self.job.files.table("pyproject.toml", "project", "optional-dependencies")
            raise BadInput(
                *(
                    f"extras: '{each}' is not in [project.optional-dependencies]"
                    f" ({', '.join(known) or 'there are none'})."
                    for each in found.unknown
                )
            )
        yield from found.requirements


DRIVER = Pip
