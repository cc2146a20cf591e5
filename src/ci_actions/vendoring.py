"""The folder of Python dependencies that a release carries, and that a source tree makes once and caches.

An action never installs anything when it runs: a released tree has `vendor/`. A source tree (`uses: ./…`, a
developer's checkout) gets the same files the first time, in a cache folder named after the lock's digest.

Pure Python only, so that one folder serves every system and interpreter. The files are those of the locked
wheels without their native modules: each of these packages falls back to Python without them. Building from
sources without C would give the same files, but needs build backends that no lock of ours pins.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

NATIVE_SUFFIXES = (".so", ".pyd", ".dylib", ".dll")
DROPPED_FOLDERS = frozenset({"tests", "bin", "Scripts", "__pycache__", "_yaml"})
"""`tests` both on top and inside packages; `_yaml` is the old name of PyYAML's native half."""

DROPPED_METADATA = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""They describe one installation, and RECORD lists the files that are dropped here."""

PURE_FALLBACKS = ("charset_normalizer.md", "coverage.pytracer", "markupsafe._native", "yaml")
"""What has to work once the native modules are gone, beside each package itself."""

UNWANTED_OF_PIP = ("TARGET", "PREFIX", "ROOT", "REQUIREMENT", "CONSTRAINT", "NO_BINARY", "DRY_RUN")
"""The user's pip configuration is to say where packages come from (index, proxy), not where they go."""

INSTALL_LIMIT_SECONDS = 600


class VendoringError(Exception):
    """The folder cannot be made here; the message says what to run."""

    exit_code = 4  # environment unavailable, as in kit/errors.py, which needs the dependencies


def fill(root: str, folder: str, environ: Mapping[str, str]) -> None:
    """Make the cached `folder` of a source tree, with a line on stderr: it takes a few seconds, once."""
    lock = Path(root, "requirements", "runtime.txt")
    print(f"ci-actions: first start of this source: fetching dependencies into {folder}", file=sys.stderr)
    build(lock, Path(folder), python_with_pip(environ), environ)


def build(lock: Path, target: Path, python: str, environ: Mapping[str, str] | None = None) -> None:
    """Install the locked wheels with `python`, prune and verify them, and rename the result to `target`.

    Two processes may do this at once: each works in a folder of its own beside the target, the first to
    rename wins, and the other one's work is thrown away. A `target` that exists is left as it is.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        workplace = tempfile.TemporaryDirectory(
            prefix=f".{target.name}-", dir=target.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise VendoringError(
            f"cannot create {target}: {error.strerror or error}\nSet XDG_CACHE_HOME to a writable folder."
        ) from error
    with workplace as scratch:
        made = Path(scratch, "vendor")
        install(lock, made, python, environ)
        prune(made)
        verify(made, python)
        put_in_place(made, target)


def install(lock: Path, target: Path, python: str, environ: Mapping[str, str] | None) -> None:
    """Run pip: locked, hashed, wheels only, resolving nothing."""
    locked = "--no-deps --require-hashes --only-binary :all:".split()
    quiet = "--quiet --no-input --no-compile --disable-pip-version-check".split()
    places = ["--target", str(target), "-r", str(lock)]
    command = [python, "-I", "-m", "pip", "install", *locked, *quiet, *places]
    try:
        done = subprocess.run(  # noqa: S603  # the interpreter that runs us, or the caller's
            command,
            env=None if environ is None else pip_environment(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INSTALL_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise VendoringError(f"pip did not finish within {INSTALL_LIMIT_SECONDS} s\n{remedy()}") from error
    if done.returncode != 0:
        said = "\n".join(done.stderr.strip().splitlines()[-6:])
        raise VendoringError(f"pip could not install what {lock} locks:\n{said}\n{remedy()}")


def remedy() -> str:
    """Say how to get the folder made, or how to do without making it."""
    return (
        "Without a network, point pip at a mirror (PIP_INDEX_URL) or at a folder of wheels (PIP_NO_INDEX=1\n"
        "and PIP_FIND_LINKS), or use a tagged version of ci-actions: it carries its dependencies."
    )


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for pip: the user's index settings, but no inputs and no tokens of the job."""
    unwanted = {f"PIP_{name}" for name in UNWANTED_OF_PIP} | {"GITHUB_TOKEN", "GH_TOKEN"}
    kept = {
        name: value
        for name, value in environ.items()
        if name not in unwanted and not name.startswith(("INPUT_", "ACTIONS_"))
    }
    # Also set in a configuration file they would contradict --target; the environment outranks the file.
    return kept | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def python_with_pip(environ: Mapping[str, str]) -> str:
    """Return an interpreter that has pip: the one below an activated environment before its own.

    pip needs its interpreter's site-packages, and with them run their `.pth` files; those of the consumer's
    environment are the ones that are not to be trusted.
    """
    candidates = dict.fromkeys([getattr(sys, "_base_executable", "") or sys.executable, sys.executable])
    for python in candidates:
        if has_pip(python, environ):
            return python
    raise VendoringError(
        f"{sys.executable} has no pip, which fetches the dependencies of a source tree once.\n"
        f"Run: {sys.executable} -m ensurepip   (Debian and Ubuntu: apt-get install python3-pip)\n"
        "or set CI_ACTIONS_PYTHON to a Python that has it, or use a tagged version of ci-actions, which\n"
        "carries its dependencies."
    )


def has_pip(python: str, environ: Mapping[str, str]) -> bool:
    """Return whether `python -m pip` starts."""
    try:
        done = subprocess.run(  # noqa: S603  # the interpreter that runs us
            [python, "-I", "-m", "pip", "--version"],
            env=pip_environment(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def prune(folder: Path) -> None:
    """Drop native modules, tests, scripts, bytecode, `.pth` files and pip's notes on its installation."""
    for path in list(droppable(folder)):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def droppable(folder: Path) -> Iterator[Path]:
    """Yield what `prune` removes."""
    for path in folder.rglob("*"):
        in_metadata = path.parent.suffix == ".dist-info"
        if (
            (path.name in DROPPED_FOLDERS and path.is_dir())
            or path.name.endswith((*NATIVE_SUFFIXES, ".pth"))
            or (in_metadata and path.name in DROPPED_METADATA)
        ):
            yield path


def verify(folder: Path, python: str) -> None:
    """Import every package with nothing but this folder and the standard library on the path."""
    modules = sorted({*top_level(folder), *PURE_FALLBACKS})
    done = subprocess.run(  # noqa: S603  # the interpreter that runs us, or the caller's
        [python, "-I", "-S", "-B", "-c", VERIFICATION, str(folder), *modules],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise VendoringError(f"the installed dependencies do not work:\n{done.stderr.strip()}\n{remedy()}")


VERIFICATION = """
import importlib, sys
folder, *modules = sys.argv[1:]
sys.path.insert(0, folder)
for name in modules:
    importlib.import_module(name)
    if not (importlib.import_module(name).__file__ or "").startswith(folder):
        sys.exit(f"{name} was not imported from {folder}")
for name, module in sorted(sys.modules.items()):
    file = getattr(module, "__file__", None) or ""
    if file.startswith(folder) and not file.endswith(".py"):
        sys.exit(f"{name} is not Python source: {file}")
"""


def top_level(folder: Path) -> Iterator[str]:
    """Yield the names of the packages and modules that `folder` offers."""
    for path in folder.iterdir():
        if path.is_dir() and path.suffix != ".dist-info" and (path / "__init__.py").is_file():
            yield path.name
        elif path.suffix == ".py":
            yield path.stem


def put_in_place(made: Path, target: Path) -> None:
    """Rename `made` to `target`, unless another process was faster."""
    try:
        made.rename(target)
    except OSError as error:
        if not target.is_dir():
            raise VendoringError(f"cannot create {target}: {error.strerror or error}") from error
