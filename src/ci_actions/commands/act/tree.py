"""Edge: the tree that act takes for our repository, made of wherever this program runs from, and its place on disk."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from ci_actions import home
from ci_actions.kit.errors import BadInput, CannotJudge, Unavailable
from ci_actions.publish import tree
from ci_actions.publish.tree import EXECUTABLE, LINK, PLAIN, File, Files

#: By this file we know a folder of ours.
MARK = ".ci-actions-act.json"
TREE = "tree"
PROGRAM = "program"
_FOLDERS = ("actions", ".github/workflows", "requirements")
_FILES = ("action.yml", tree.RELEASE)
_SOURCE = "src/ci_actions"
_DOOR = """\
#!/usr/bin/env bash
# act copies the whole repository for every action that it starts, and once more at its end: what is started lies elsewhere.
program={program}
if [[ ! -f $program ]]; then
    echo "ci-actions: there is no $program here: this tree is for jobs on the machine itself. Make one with --docker." >&2
    exit 4
fi
exec bash "$program" "$@"
"""


def program(environ: Mapping[str, str]) -> Files:
    """Return what a job needs of us, as it lies in a release: from a checkout, a release, or an installed wheel.

    Raises Unavailable when the dependencies of a source tree cannot be had, CannotJudge when the installation is not whole.
    """
    root = Path(home.root())
    package = Path(home.__file__).parent
    found = dict(_below(package, _SOURCE, without=home.PACKAGED))
    for name in _FOLDERS:
        found |= _below(root / name, name)
    for name in _FILES:
        if (root / name).is_file():
            found[name] = File((root / name).read_bytes())
    found |= _below(Path(_dependencies(root, environ)), tree.VENDOR)
    doors = tree.public_actions(found)
    if not doors:
        raise CannotJudge(
            f"{root} holds no actions.", advice="Install ci-actions anew, or use a checkout of it."
        )
    return {**found, **tree.door_files(found, doors)}


def doors(files: Files, program: Path) -> Files:
    """Return the workflows and actions of a tree alone, which start what lies in `program`."""
    scripts = {
        path: File(_DOOR.format(program=shlex.quote(f"{program}/{path}")).encode(), EXECUTABLE)
        for path in files
        if path.endswith("/start.sh")
    }
    declared = {
        path: file
        for path, file in files.items()
        if path.startswith(".github/workflows/") or path.rpartition("/")[2] == "action.yml"
    }
    return {**declared, **scripts}


def write(files: Files, to: Path, about: Mapping[str, str], *, apart: bool = False) -> tuple[Path, bool]:
    """Put the tree below a folder, and return where, and whether it had to be written.

    With `apart` it is only `doors` to the program, which lies beside it: jobs on this machine see both. The new tree is
    whole before it takes the place of the old one. Raises BadInput when the folder holds something that is not ours,
    Unavailable when it cannot be written.
    """
    to = to.resolve()
    refuse_others(to)
    place = to / TREE
    try:
        to.mkdir(parents=True, exist_ok=True)
        (to / MARK).write_text(json.dumps(dict(about), indent=1) + "\n", encoding="utf-8")
        # Inside of a repository it is no part of it; act would copy it into each job.
        (to / ".gitignore").write_text("*\n", encoding="utf-8")
        trees = {to / PROGRAM: files, place: doors(files, to / PROGRAM)} if apart else {place: files}
        written = [_put(each, where) for where, each in trees.items()]
    except OSError as denied:
        raise Unavailable(f"{to} cannot be written: {denied.strerror or denied}.") from denied
    return place, any(written)


def _put(files: Files, place: Path) -> bool:
    """Write a tree where it does not lie already, and return whether it had to be."""
    if place.is_dir():
        there = tree.read_folder(place)
        # Python leaves bytecode beside what it ran.
        if {path: file for path, file in there.items() if "__pycache__" not in path.split("/")} == files:
            return False
    _swap(files, place)
    return True


def refuse_others(to: Path) -> None:
    """Raise BadInput when a folder is somebody else's, or is none."""
    if not to.exists() and not to.is_symlink():
        return
    if not to.is_dir():
        raise BadInput(f"--to {to} is no folder")
    if not (to / MARK).is_file() and any(to.iterdir()):
        raise BadInput(
            f"--to {to} holds something that `ci-actions act` did not write: name a new or an empty folder"
        )


def _swap(files: Files, place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".new-", dir=place.parent, ignore_cleanup_errors=True) as scratch:
        made, old = Path(scratch, "made"), Path(scratch, "old")
        tree.write(files, made, 0)
        if place.exists():
            place.rename(old)
        try:
            made.rename(place)
        except OSError:
            if old.exists():
                old.rename(place)
            raise


def _below(folder: Path, name: str, *, without: str = "") -> Iterator[tuple[str, File]]:
    """Yield the files of a folder by their paths in a release; bytecode and links are none of them."""
    if not folder.is_dir():
        return
    for path, file in tree.read_folder(folder).items():
        parts = path.split("/")
        if parts[0] != without and "__pycache__" not in parts and file.mode != LINK:
            # A wheel keeps no modes; only scripts are started as they are, and those by bash.
            yield f"{name}/{path}", File(file.data, EXECUTABLE if path.endswith(".sh") else PLAIN)


def _dependencies(root: Path, environ: Mapping[str, str]) -> str:
    """Return the folder of our dependencies, made now if need be, as at the first start of a source tree."""
    from ci_actions import vendoring

    folder = home.vendor_folder(str(root), environ)
    if not Path(folder).is_dir():
        try:
            vendoring.fill(str(root), folder, environ)
        except vendoring.VendoringError as why:
            raise Unavailable(str(why)) from why
    return folder
