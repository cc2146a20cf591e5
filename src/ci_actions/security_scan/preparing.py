"""Edge: brings each scanner to this machine, verified, and says where it lies."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ci_actions import home
from ci_actions.kit.errors import BadInput, CannotJudge, CiActionsError, Unavailable
from ci_actions.kit.process import Process
from ci_actions.security_scan import pins
from ci_actions.security_scan.config import Config
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.scanners import NoAnswer, Pin, Scanner
from ci_actions.supply import binaries, environments

AGENT = Path(__file__).with_name("agent.py")
FLOOR = (3, 11)
NEWEST = 15


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A scanner that may be started: its program, the interpreter of its environment, and what was verified."""

    program: str
    version: str
    pin: str
    python: str = ""


@dataclass(frozen=True, kw_only=True)
class Supply:
    """Where scanners come from and where they are kept."""

    config: Config
    environ: Mapping[str, str]
    process: Process
    directory: Path
    into: Path
    which: Callable[[str], str | None]
    progress: Callable[[str], None]
    fetch: Callable[[str, Path], None] = binaries.download
    own: Mapping[str, pins.Binary] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        """The folder for everything that outlives the run."""
        given = self.config.cache_dir
        return self.directory / given if given else Path(home.cache_home(self.environ))

    @property
    def databases(self) -> Path:
        """The folder for databases of advisories."""
        return self.cache / "ci-actions" / "databases"

    def offered(self, scanner: Scanner) -> bool:
        """Whether a scanner can be had for this platform at all."""
        return scanner.pin is Pin.LOCK or pins.binary(scanner.lock, machine(), self.own) is not None

    def bring(self, scanners: Iterable[Scanner]) -> dict[str, Ready | NoAnswer]:
        """Return for each scanner where it is, or why it cannot be had; several are brought at once."""
        wanted = {each.lock: each for each in scanners}
        with ThreadPoolExecutor(max_workers=4) as pool:
            return dict(zip(wanted, pool.map(self._bring, wanted.values()), strict=True))

    def _bring(self, scanner: Scanner) -> Ready | NoAnswer:
        try:
            return self._environment(scanner) if scanner.pin is Pin.LOCK else self._binary(scanner)
        except BadInput:
            raise
        except CiActionsError as why:
            trouble = Trouble.ENVIRONMENT if isinstance(why, Unavailable) else Trouble.EVIDENCE
            return NoAnswer(" ".join(why.problems), trouble)

    def _environment(self, scanner: Scanner) -> Ready:
        lock = Path(home.root(), "requirements", "scanners", f"{scanner.lock}.txt")
        python = self.interpreter() if scanner.lock == "bandit" else sys.executable
        folder = environments.locked_environment(
            lock,
            python=python,
            cache=self.cache,
            process=self.process,
            environ=self.environ,
            progress=self.progress,
        )
        suffix = ".exe" if os.name == "nt" else ""
        return Ready(
            program=str(folder / f"{scanner.lock}{suffix}"),
            python=str(folder / f"python{suffix}"),
            version=locked_version(lock.read_text(encoding="utf-8"), scanner.lock),
            pin="hash-locked",
        )

    def _binary(self, scanner: Scanner) -> Ready:
        pin = pins.binary(scanner.lock, machine(), self.own)
        if pin is None:
            raise Unavailable(
                f"No verified {scanner.lock} is known for {machine()}.",
                advice="Bring your own and name it, its version and its SHA-256 in tool-lock.",
            )
        program = binaries.pinned_binary(
            binaries.Pin(
                name=pin.name,
                version=pin.version,
                sha256=pin.sha256,
                address=pin.address,
                path=self.directory / pin.path if pin.path else None,
                member=pin.member,
            ),
            cache=self.cache,
            into=self.into,
            progress=self.progress,
            fetch=self.fetch,
        )
        told = f"sha256 {pin.sha256[:12]}"
        return Ready(
            program=str(program), version=pin.version, pin=f"{told}, {pin.whose}" if pin.path else told
        )

    def interpreter(self) -> str:
        """Return the interpreter that bandit is to run on: whoever parses a source must be new enough for it.

        The user's choice, else the job's own if it is at least our floor, else the newest that is found. Raises BadInput
        for a choice that cannot be started or is too old.
        """
        if self.config.python:
            found = self.which(self.config.python)
            version = self._version(found) if found else None
            if found is None or version is None or version < FLOOR:
                raise BadInput(
                    f"input 'python' is '{self.config.python}' but must be a Python that can be started, "
                    f"{FLOOR[0]}.{FLOOR[1]} or newer"
                )
            return found
        own = self.environ.get("VIRTUAL_ENV", "")
        folder = "Scripts" if os.name == "nt" else "bin"
        jobs = [str(Path(own, folder, "python")) if own else "", "python3", "python"]
        found = next((path for name in jobs if name and (path := self.which(name))), None)
        if found and (version := self._version(found)) and version >= FLOOR:
            return found
        newer = (self.which(f"python3.{minor}") for minor in range(NEWEST, FLOOR[1] - 1, -1))
        return next((path for path in newer if path and self._version(path)), sys.executable)

    def _version(self, python: str) -> tuple[int, int] | None:
        words = [python, "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"]
        try:
            done = self.process.run(words, timeout=60)
            major, minor = map(int, done.text.split())
        except (OSError, ValueError):
            return None
        return major, minor


def machine() -> str:
    """Return this platform as pins name it, like `linux-amd64`."""
    return binaries.platform_name(platform.system(), platform.machine())


def locked_version(lock: str, name: str) -> str:
    """Return the version of a package in a lock; raises CannotJudge when it is not in there."""
    for line in lock.splitlines():
        package, equals, rest = line.partition("==")
        if equals and package.partition("[")[0].strip() == name:
            return rest.split()[0]
    raise CannotJudge(f"The lock of {name} does not name it.")
