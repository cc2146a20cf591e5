"""Edge: a program at a pinned version, whose archive has a pinned digest; checked each time before it is started."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ci_actions.kit.errors import CannotJudge, Unavailable

#: Larger downloads and programs are refused: none that is pinned comes near.
LARGEST = 1 << 30
TRIES = 3
PATIENCE = 30.0
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One program for one platform: where its archive comes from, the archive's SHA-256, and its name inside.

    An `address` that ends in neither `.tar.gz`, `.tgz` nor `.zip` is the program itself. `path` stands for an
    address where the user has the file already.
    """

    name: str
    version: str
    sha256: str
    address: str = ""
    path: Path | None = None
    member: str = ""

    @property
    def file_name(self) -> str:
        """The last part of the address."""
        return (str(self.path) if self.path else self.address).replace("\\", "/").rpartition("/")[2]


def platform_name(system: str, machine: str) -> str:
    """Return the platform as pins name it, like `linux-amd64`, from what `platform` says of this machine."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine.lower(), machine.lower())
    return f"{system.lower()}-{machine}"


def pinned_binary(
    pin: Pin, *, cache: Path, into: Path, progress: Callable[[str], None], fetch: Callable[[str, Path], None]
) -> Path:
    """Return the program, unpacked below `into`, from an archive whose digest was just compared with the pin.

    The archive is kept below `cache`; a kept one that is no longer what was pinned is fetched anew. `fetch` is
    `download`, or its stand-in. Raises Unavailable when it cannot be fetched, CannotJudge when what came, or what the user
    named, is not what was pinned: it is never started.
    """
    archive = pin.path or cache / "ci-actions" / "binaries" / f"{pin.name}-{pin.sha256[:16]}-{pin.file_name}"
    if pin.path is None and not (archive.is_file() and digest(archive) == pin.sha256):
        progress(f"{pin.name}: fetching {pin.version}")
        archive.parent.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_name(f".{archive.name}.{os.getpid()}")
        try:
            fetch(pin.address, unfinished)
            _insist(pin, unfinished)
            unfinished.replace(archive)
        finally:
            unfinished.unlink(missing_ok=True)
    return _unpack(pin, archive, into)


def digest(file: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    import hashlib

    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def download(address: str, target: Path) -> None:
    """Write what an address holds to a file; tries again when the connection breaks. Raises Unavailable.

    Proxies are those of the environment, as requests reads them.
    """
    import requests

    why = ""
    for _ in range(TRIES):
        try:
            with requests.get(address, stream=True, timeout=PATIENCE) as response:
                if response.status_code < 500 and response.status_code != 200:
                    raise Unavailable(f"GET {_shown(address)} answered {response.status_code}.")
                why = f"status {response.status_code}"
                if response.status_code == 200:
                    _write(response.iter_content(_BLOCK), target, address)
                    return
        except requests.RequestException as broken:
            why = type(broken).__name__
    raise Unavailable(
        f"GET {_shown(address)} failed {TRIES} times ({why}).",
        advice="Behind a proxy set HTTPS_PROXY; without a network bring the file yourself and name it in tool-lock.",
    )


def _write(blocks: Iterable[bytes], target: Path, address: str) -> None:
    written = 0
    with target.open("wb") as file:
        for block in blocks:
            written += len(block)
            if written > LARGEST:
                raise Unavailable(f"GET {_shown(address)} answered more than {LARGEST} bytes.")
            file.write(block)


def _shown(address: str) -> str:
    """Return an address without what may be secret in it."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _insist(pin: Pin, archive: Path) -> None:
    found = digest(archive)
    if found != pin.sha256:
        raise CannotJudge(
            f"{pin.name} {pin.version} is not what was pinned: {pin.file_name} has the SHA-256 {found}, "
            f"the pin says {pin.sha256}.",
            advice="It was not started. Do not change the pin before you know why.",
        )


def _unpack(pin: Pin, archive: Path, into: Path) -> Path:
    """Copy the program out of its archive; what is read is hashed first, from the same open file."""
    if not archive.is_file():
        raise CannotJudge(f"{pin.name}: there is no file {archive}.", advice="Correct its path in tool-lock.")
    _insist(pin, archive)
    into.mkdir(parents=True, exist_ok=True)
    target = into / (pin.member.rpartition("/")[2] or pin.name)
    name = archive.name
    try:
        if name.endswith((".tar.gz", ".tgz", ".tar.xz")):
            with tarfile.open(archive) as packed:
                _copy(packed.extractfile(pin.member or pin.name), target)
        elif name.endswith(".zip"):
            with zipfile.ZipFile(archive) as zipped, zipped.open(pin.member or pin.name) as source:
                _copy(source, target)
        else:
            with archive.open("rb") as source:
                _copy(source, target)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile, EOFError) as wrong:
        raise CannotJudge(
            f"{pin.name} {pin.version}: {pin.file_name} holds no {pin.member or pin.name} ({wrong})."
        ) from wrong
    target.chmod(0o755)
    return target


def _copy(source: IO[bytes] | None, target: Path) -> None:
    import shutil

    if source is None:
        raise KeyError("a folder")
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)
