"""Edge: a private environment for a Python program, made of a hash-locked requirements file and nothing else.

It never mixes with the consumer's environment. One folder per lock and interpreter, below the user's cache; the same
folder serves every later run, once it is shown to be what was installed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ci_actions import vendoring
from ci_actions.home import sha256
from ci_actions.kit.errors import Unavailable
from ci_actions.kit.process import Completed, Process

INSTALL_LIMIT_SECONDS = 600
MARKER = "made-of.json"
_FOLDERS = ("bin", "Scripts")


def locked_environment(
    lock: Path,
    *,
    python: str,
    cache: Path,
    process: Process,
    environ: Mapping[str, str],
    progress: Callable[[str], None],
) -> Path:
    """Return the folder with the scripts of an environment that holds what `lock` names, made if there is none.

    `python` is the interpreter it is made with, `cache` the user's cache folder (`home.cache_home`), `environ` says
    where pip fetches from. An environment that is found is used only if no file in it was added, removed or changed
    since it was made. Raises Unavailable when it cannot be made.
    """
    words = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    return _environment(
        name_of_locked(lock), words, f"what {lock.name} locks", python, cache, process, environ, progress
    )


def name_of_locked(lock: Path) -> str:
    """Return how the folders of `locked_environment` begin, whatever interpreter they are made with."""
    return _name(lock.stem, lock.read_bytes().replace(b"\r\n", b"\n"))


def named_environment(
    requirement: str,
    *,
    python: str,
    cache: Path,
    process: Process,
    environ: Mapping[str, str],
    progress: Callable[[str], None],
) -> Path:
    """Return the same for a requirement that a user named, like `poetry==1.8.5`: no hash of ours vouches for it.

    Raises Unavailable when it cannot be made.
    """
    return _environment(
        name_of_named(requirement), [requirement], f"{requirement} (this release has no hashes of it)",
        python, cache, process, environ, progress,
    )  # fmt: skip


def name_of_named(requirement: str) -> str:
    """Return how the folders of `named_environment` begin, whatever interpreter they are made with."""
    return _name(requirement.partition("[")[0].rstrip("<>=!~.0123456789, "), requirement.encode())


def _name(title: str, made_of: bytes) -> str:
    return f"{title}-{sha256(made_of)[:16]}"


def _environment(
    begins: str,
    words: list[str],
    what: str,
    python: str,
    cache: Path,
    process: Process,
    environ: Mapping[str, str],
    progress: Callable[[str], None],
) -> Path:
    home = cache / "ci-actions" / "environments"
    title = begins.rpartition("-")[0]
    name = f"{begins}-{sha256(_identity(python, process))[:8]}"
    for found in sorted(home.glob(f"{name}-*")):
        if _is_whole(found):
            return scripts(found)
    progress(f"{title}: installing {what} once")
    try:
        home.mkdir(parents=True, exist_ok=True)
        # Scripts carry the path they were made at, so it is made where it stays: under a name of its own, valid
        # from the moment its marker is there. Two processes at once make two; one of them is used from then on.
        folder = home / f"{name}-{os.urandom(4).hex()}"
        _make(folder, words, what, python, process, environ)
        _mark(folder)
    except OSError as denied:
        raise Unavailable(
            f"Cannot make the environment of {title} in {home}: {denied.strerror or denied}.",
            advice="Set XDG_CACHE_HOME to a writable folder.",
        ) from denied
    return scripts(folder)


def scripts(folder: Path) -> Path:
    """Return where an environment keeps its programs."""
    return next((folder / name for name in _FOLDERS if (folder / name).is_dir()), folder / _FOLDERS[0])


def _identity(python: str, process: Process) -> bytes:
    """Return what tells interpreters apart that would need environments of their own."""
    said = process.run(
        [
            python,
            "-I",
            "-S",
            "-c",
            "import sys, sysconfig; print(sys.version, sys.base_prefix, sysconfig.get_platform())",
        ]
    )
    if not said.ok:
        raise Unavailable(f"{python} does not start: {said.complaint or said.code}.")
    return said.stdout


def _make(
    folder: Path, what: list[str], title: str, python: str, process: Process, environ: Mapping[str, str]
) -> None:
    _insist(process.run([python, "-I", "-m", "venv", "--without-pip", folder], timeout=120), title, "venv")
    inside = scripts(folder) / ("python.exe" if os.name == "nt" else "python")
    try:
        pip = python if vendoring.has_pip(python, environ) else vendoring.python_with_pip(environ)
    except vendoring.VendoringError as none:
        raise Unavailable(str(none)) from none
    words: list[str | os.PathLike[str]] = [pip, "-I", "-m", "pip", "--python", inside, "install"]
    words += [*"--quiet --no-input --disable-pip-version-check".split(), *what]
    done = Process(vendoring.pip_environment(environ)).run(words, timeout=INSTALL_LIMIT_SECONDS)
    _insist(done, title, "pip")


def _insist(done: Completed, title: str, program: str) -> None:
    if done.ok:
        return
    why = f"took longer than {INSTALL_LIMIT_SECONDS} s" if done.code is None else "failed"
    said = "\n".join(done.complaint.splitlines()[-6:])
    raise Unavailable(
        f"{program} {why} while installing {title}:\n{said}",
        advice="Without a network, point pip at a mirror (PIP_INDEX_URL) or at a folder of wheels (PIP_NO_INDEX=1 and "
        "PIP_FIND_LINKS).",
    )


def _mark(folder: Path) -> None:
    (folder / MARKER).write_text(_listing(folder), encoding="utf-8")


def _is_whole(folder: Path) -> bool:
    """Return whether an environment was finished, and holds the files and the interpreter it was made with."""
    try:
        return (folder / MARKER).read_text(encoding="utf-8") == _listing(folder)
    except OSError:
        return False


def _listing(folder: Path) -> str:
    """Return the digest of every file's path, size and time; bytecode, which Python writes later, left out."""
    return sha256(
        "\n".join(sorted(_entries(str(folder), len(str(folder)) + 1))).encode("utf-8", "surrogateescape")
    )


def _entries(folder: str, start: int) -> Iterator[str]:
    with os.scandir(folder) as found:
        for each in found:
            if each.is_dir(follow_symlinks=False):
                if each.name != "__pycache__":
                    yield from _entries(each.path, start)
            elif each.name != MARKER:
                # Through links: an interpreter that went away makes the environment useless.
                status = each.stat()
                yield f"{each.path[start:]}\0{status.st_size}\0{int(status.st_mtime)}"
