"""Where this program's own tree is, which version it is, and where its dependencies lie.

Stdlib only, and cheap: it runs at every start, before there are any dependencies, and in the build backend.

A version stands in no file of main: a release adds `release.json` to a tree that is otherwise main's (design §6).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

UNRELEASED = "0.0.0.dev0"
"""What a source tree says of itself."""

RELEASE = "release.json"
PACKAGED = "_release"
"""The folder in a wheel that holds what surrounds `src/` in a tree: `vendor/`, `actions/`, workflows, the lock."""


def root() -> str:
    """Return the folder that holds `actions/`, `requirements/` and, in a release, `vendor/` and `release.json`.

    In a checkout or a release that is the repository's root, in an installed wheel a folder of the package.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    packaged = os.path.join(package, PACKAGED)
    return packaged if os.path.isdir(packaged) else os.path.dirname(os.path.dirname(package))


def version() -> str:
    """Return the version of the release that this is part of, `UNRELEASED` in a source tree."""
    import json

    try:
        with open(os.path.join(root(), RELEASE), encoding="utf-8") as file:
            return str(json.load(file)["version"])
    except FileNotFoundError:
        return UNRELEASED


def vendor_folder(
    root: str, environ: Mapping[str, str], version: tuple[int, ...] = sys.version_info[:2]
) -> str:
    """`<root>/vendor` in a released tree; in a source tree the cached folder of this lock and interpreter."""
    released = root + "/vendor"
    if os.path.isdir(released):
        return released
    return cached_folder(root, cache_home(environ), version)


def cached_folder(root: str, cache: str, version: tuple[int, ...]) -> str:
    """Named after the lock's digest: a changed lock is another folder, never a folder to be mended."""
    with open(root + "/requirements/runtime.txt", "rb") as lock:
        # A checkout with other line ends holds the same lock.
        digest = sha256(lock.read().replace(b"\r\n", b"\n"))
    return f"{cache}/ci-actions/vendor/{digest[:16]}-cp{version[0]}{version[1]}"


def cache_home(environ: Mapping[str, str]) -> str:
    """The user's cache folder; the job's scratch folder where there is no user, as in some containers."""
    if os.path.isabs(environ.get("XDG_CACHE_HOME", "")):
        return environ["XDG_CACHE_HOME"]
    if environ.get("LOCALAPPDATA") and os.name == "nt":
        return environ["LOCALAPPDATA"]
    if os.path.isabs(environ.get("HOME", "")):
        return environ["HOME"] + "/.cache"
    if environ.get("RUNNER_TEMP"):
        return environ["RUNNER_TEMP"]
    return private_temporary_folder()


def sha256(data: bytes) -> str:
    """Digest without `hashlib`, which loads OpenSSL; `_sha2` is what `_sha256` is called since 3.12."""
    try:
        from _sha2 import sha256 as digest
    except ImportError:
        try:
            from _sha256 import sha256 as digest
        except ImportError:  # another implementation than CPython
            from hashlib import sha256 as digest
    return str(digest(data).hexdigest())


def private_temporary_folder() -> str:
    """Return a cache folder for a user without a home: a fixed name, and nobody else's to fill beforehand."""
    import tempfile
    from pathlib import Path

    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir(), f"ci-actions-{user}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid"):
        status = folder.lstat()
        if status.st_uid != user or status.st_mode & 0o077 or folder.is_symlink():
            return tempfile.mkdtemp(prefix="ci-actions-")
    return str(folder)
