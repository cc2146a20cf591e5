"""Edge: asking an interpreter what it is, and finding one on a laptop; a job has set its own up before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ci_actions.kit.errors import CannotJudge
from ci_actions.kit.process import Process
from ci_actions.project.model import Interpreter

START_LIMIT_SECONDS = 60

#: In Python 3.6 syntax. `-S` starts without the site module: nothing that is installed can answer in its place. On Linux
#: it does without `platform` and `json`, which take longer than all the rest of the start.
#: https://docs.python.org/3/library/sys.html#sys.implementation
QUESTION = r"""
import sys
try:
    import os
    try:
        from _json import encode_basestring_ascii as quoted
    except ImportError:
        from json import dumps as quoted
    implementation = sys.implementation.name
    release = sys.version_info
    full = "%d.%d.%d" % release[:3]
    if release[3] != "final":
        full += {"alpha": "a", "beta": "b", "candidate": "rc"}[release[3]] + str(release[4])
    own = sys.implementation.version
    if implementation != "cpython" and tuple(own[:3]) != tuple(release[:3]):
        full += "-%d.%d.%d" % tuple(own[:3])
    threads = "t" in getattr(sys, "abiflags", "") and release >= (3, 13)
    system = sys.platform
    image = libc = ""
    if system == "linux":
        said = {}
        for place in ("/etc/os-release", "/usr/lib/os-release"):
            try:
                with open(place, encoding="utf-8") as lines:
                    for line in lines:
                        name, _, value = line.strip().partition("=")
                        said[name] = value.strip("\"'")
                break
            except OSError:
                pass
        image = "-".join(filter(None, [said.get("ID", ""), said.get("VERSION_ID", "")]))
        try:
            libc = "-".join((os.confstr("CS_GNU_LIBC_VERSION") or "").split())
        except (ValueError, OSError):
            pass
        if not libc:
            import platform
            libc = "-".join(filter(None, platform.libc_ver())) or "musl"
    elif system == "darwin":
        import platform
        image = "macos-" + platform.mac_ver()[0].split(".")[0]
    elif system == "win32":
        import platform
        image = "windows-" + platform.win32_ver()[1]
    if hasattr(os, "uname"):
        machine = os.uname()[4]
    else:
        import platform
        machine = platform.machine()
    answer = {
        "path": sys.executable, "implementation": implementation, "version": "%d.%d" % release[:2],
        "full_version": full, "prefix": sys.prefix, "base_prefix": sys.base_prefix,
        "platform": system, "os_version": image, "libc": libc, "machine": machine.lower(),
    }
    pairs = ("%s: %s" % (quoted(name), quoted(value)) for name, value in answer.items())
    sys.stdout.write('{"free_threaded": %s, %s}' % (str(threads).lower(), ", ".join(pairs)))
except Exception as wrong:
    sys.stderr.write("%s: %s" % (type(wrong).__name__, wrong))
    sys.exit(3)
"""


def probe(python: str | os.PathLike[str], process: Process) -> Interpreter:
    """Return what the interpreter says of itself. `path` is the one it goes by, absolute, links kept.

    An environment's interpreter tells where it was made from (`base_prefix`). Raises CannotJudge when it does not
    start, or is no Python 3.6 or newer.
    """
    import json

    asked = os.path.abspath(python)
    try:
        done = process.run([asked, "-I", "-S", "-c", QUESTION], timeout=START_LIMIT_SECONDS)
    except OSError as wrong:
        raise CannotJudge(
            f"The interpreter {asked} cannot be started: {wrong.strerror or wrong}.",
            advice="Is it installed for this system and processor?",
        ) from wrong
    try:
        answer = json.loads(done.stdout) if done.ok else None
        if isinstance(answer, dict):
            # Its own path, as it was called: behind pyenv's shim that is the interpreter, behind a link the link.
            return Interpreter(**{**answer, "path": answer["path"] or asked})
    except (ValueError, TypeError):
        pass
    said = done.complaint.splitlines()[-1:] or [done.text.strip()[:200] or "(silent)"]
    how = "did not answer in time" if done.code is None else f"ended with exit code {done.code}"
    raise CannotJudge(
        f"{asked} is no usable Python 3.6 or newer: it {how}: {said[0]}",
        advice="A broken virtual environment starts again after its interpreter was reinstalled, or it was made anew.",
    )


def find(
    wanted: Callable[[Interpreter], bool],
    *,
    process: Process,
    environ: Mapping[str, str],
    near: Iterable[str] = (),
) -> Interpreter | None:
    """Return the first interpreter of this machine that is `wanted`, None when there is none.

    Looked at are, in this order, the paths in `near`, `python3` and `python` on PATH, `python3.X` on PATH (newest
    first), those of pyenv, of a runner's tool cache, and those that uv manages. One that does not start is no candidate.
    """
    seen = set()
    for path in candidates(environ, near):
        # pyenv's shims are one program, which chooses by the name it is called by.
        key = path if os.path.basename(os.path.dirname(path)) == "shims" else os.path.realpath(path)
        if key in seen:
            continue
        seen.add(key)
        try:
            found = probe(path, process)
        except CannotJudge:
            continue
        if wanted(found):
            return found
    return None


def candidates(environ: Mapping[str, str], near: Iterable[str] = ()) -> Iterator[str]:
    """Yield the paths of what may be an interpreter, in the order of `find`."""
    from shutil import which

    path = environ.get("PATH", os.defpath)
    for name in (*near, "python3", "python"):
        if found := which(name, path=path):
            yield found
    folders = [Path(folder) for folder in path.split(os.pathsep) if folder]
    yield from _newest_first(_programs(folders))
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or os.sep)
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv")
    tools = environ.get("RUNNER_TOOL_CACHE") or environ.get("AGENT_TOOLSDIRECTORY") or ""
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    managed = Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    for root in (
        pyenv / "versions",
        *([Path(tools, "Python"), Path(tools, "PyPy")] if tools else []),
        managed,
    ):
        yield from _newest_first(_installed(root))


def _programs(folders: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Yield `python3.X` in the folders of PATH."""
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            stem = name.removesuffix(".exe")
            minor = stem.removeprefix("python3.").removesuffix("t")
            if stem.startswith("python3.") and minor.isdigit():
                yield stem, folder / name


def _installed(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the interpreters of a folder that holds one folder per version, a tool cache's one more per processor."""
    try:
        versions = sorted(os.listdir(root))
    except OSError:
        return
    for version in versions:
        inner = [root / version]
        if root.name in ("Python", "PyPy"):
            inner = sorted(each for each in inner[0].glob("*") if each.is_dir())
        for folder in inner:
            for place in (folder / "bin" / "python3", folder / "bin" / "python", folder / "python.exe"):
                if place.exists():
                    yield version, place
                    break


def _newest_first(found: Iterable[tuple[str, Path]]) -> Iterator[str]:
    def numbers(name: str) -> list[int]:
        digits = "".join(letter if letter.isdigit() else " " for letter in name.replace("python3.", "3 "))
        return [int(number) for number in digits.split()]

    for _, path in sorted(found, key=lambda each: numbers(each[0]), reverse=True):
        yield str(path)
