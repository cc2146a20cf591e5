"""A Docker engine of a test's own, and images without any registry: made of programs that this machine has.

The engine lives in a network of its own: no rule or bridge of the machine changes, and what a container publishes is there
for `Engine.inside` alone. It needs root, as an engine does.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_MISSING = "apt-get install docker.io iproute2, and run the tests as root"
#: Published ports are served by the engine's own proxy, so that no rule of a firewall is needed.
_OPTIONS = ("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--storage-driver=vfs")
NOBODY = 65534


@dataclass(frozen=True)
class Engine:
    """A running engine: its socket, and the process whose network is its."""

    socket: Path
    process: int

    @property
    def host(self) -> str:
        """Return what clients take as DOCKER_HOST."""
        return f"unix://{self.socket}"

    def docker(self, *words: str, given: bytes = b"") -> str:
        """Return what the command says; one that fails, fails the test."""
        done = subprocess.run(
            ["docker", *words],
            input=given,
            env={"PATH": os.environ["PATH"], "HOME": str(self.socket.parent), "DOCKER_HOST": self.host},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr.decode()}"
        return done.stdout.decode().strip()

    def inside(self, words: Sequence[str]) -> list[str]:
        """Return a command that runs in the network of the engine, as a job on the engine's machine does."""
        return ["nsenter", f"--net=/proc/{self.process}/ns/net", *words]

    def load(self, name: str, layer: bytes, *instructions: str) -> None:
        """Make an image of one layer from scratch; the instructions are those of a Dockerfile."""
        changes = [word for each in instructions for word in ("--change", each)]
        self.docker("import", *changes, "-", name, given=layer)


@contextmanager
def engine_or_skip() -> Iterator[Engine]:
    """An engine with its data in a folder of its own, until it is no longer needed."""
    if os.getuid() or not all(
        map(shutil.which, ("dockerd", "docker", "ip", "nsenter", "setpriv", "unshare"))
    ):
        pytest.skip(f"no Docker engine of a test's own: {_MISSING}")
    alone = ["unshare", "--net", "--mount"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system has no right to make a network of its own, not even for root")
    # The path of a socket must be short, and those of pytest are not.
    with tempfile.TemporaryDirectory(prefix="ci-actions-engine-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        made = root / "docker.sock"
        places = [f"--data-root={root / 'data'}", f"--exec-root={root / 'exec'}", f"--pidfile={root / 'pid'}"]
        start = 'ip link set lo up && exec dockerd "$@"'
        # Also where the tests are killed, it ends.
        tied = ["setpriv", "--pdeathsig", "TERM"]
        words = [*tied, *alone, "sh", "-c", start, "sh", f"--host=unix://{made}", *places, *_OPTIONS]
        with (root / "log").open("w") as log:
            child = subprocess.Popen(words, stdout=log, stderr=log)
        engine = Engine(made, child.pid)
        try:
            _await(child, made, root / "log")
            yield engine
            for container in engine.docker("ps", "--all", "--quiet").split():
                engine.docker("rm", "--force", "--volumes", container)
        finally:
            child.terminate()
            child.wait()


def _await(child: subprocess.Popen[bytes], made: Path, log: Path) -> None:
    end = time.monotonic() + 60
    while "API listen on" not in log.read_text():
        ended = child.poll() is not None or time.monotonic() > end
        assert not ended, log.read_text()[-2000:]
        time.sleep(0.1)
    assert made.is_socket()


# --- images --------------------------------------------------------------------------------------


def layer(
    programs: Iterable[Path | str],
    folders: Iterable[Path] = (),
    texts: Mapping[str, str] | None = None,
    places: Mapping[str, int] | None = None,
    links: Mapping[str, str] | None = None,
) -> bytes:
    """Return a layer: programs of this machine with the libraries they need, folders, scripts, empty folders and links.

    `places` are the modes of empty folders that belong to nobody; links are by what they are called.
    """
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", dereference=True) as archive:
        wanted = {str(each) for each in programs}
        wanted |= {str(path) for folder in folders for path in folder.rglob("*") if path.is_file()}
        libraries = {path for each in wanted for path in _libraries(each)}
        # An engine gives folders that a layer does not name to root alone.
        above = {str(folder) for path in wanted | libraries for folder in Path(path).parents[:-1]}
        for path in sorted(wanted | libraries | above):
            archive.add(path, recursive=False)
        for name, mode in (places or {}).items():
            about = tarfile.TarInfo(name)
            about.type, about.mode, about.uid, about.gid = tarfile.DIRTYPE, mode, NOBODY, NOBODY
            archive.addfile(about)
        for name, text in (texts or {}).items():
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(text.encode()), 0o755
            archive.addfile(about, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            about = tarfile.TarInfo(name)
            about.type, about.linkname = tarfile.SYMTYPE, target
            archive.addfile(about)
    return held.getvalue()


def _libraries(program: str) -> set[str]:
    """Return the libraries that a program or library loads; none for what is neither."""
    with Path(program).open("rb") as file:
        if file.read(4) != b"\x7fELF":
            return set()
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(/\S+)(?= \(0x)", said))
