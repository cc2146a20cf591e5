"""Detection, drift and key of a repository with 20 000 files, from a cold process to the key; and the names of a large lock.

    python benchmarks/setup_key.py [--files 20000] [--runs 7]

The whole is at most 0.5 s, and with ten times the files at most eleven times the time above the start of Python. Both readings
of the lock are compared before any time counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measure import Candidate, measure, table

ROOT = Path(__file__).resolve().parents[1]
SELF = Path(__file__).resolve()
PACKAGES = 1_500
WHEELS = 12
PROJECT = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "demo"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "package-0" },
]

[package.metadata]
requires-dist = [{ name = "package-0" }]

"""


def main() -> int:
    """Measure and print; return 1 when the two readings differ or a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(options.work[0], Path(options.work[1]))
    with tempfile.TemporaryDirectory() as scratch:
        few = make_project(Path(scratch) / "few", options.files // 10, lock=False)
        many = make_project(Path(scratch) / "many", options.files, lock=False)
        locked = make_project(Path(scratch) / "locked", options.files, lock=True)
        size = (locked / "uv.lock").stat().st_size
        if work("same", locked):
            return 1
        bare = Candidate("bare interpreter", [sys.executable, "-I", "-c", "pass"])
        measured = measure(
            [
                bare,
                candidate(f"key, {options.files // 10} files", "key", few),
                candidate(f"key, {options.files} files", "key", many),
                candidate(
                    f"key and drift, {options.files} files, uv.lock of {size / 1e6:.1f} MB", "drift", locked
                ),
                candidate("names and versions of that lock, by lines", "scan", locked),
                candidate("the same, by tomllib", "tomllib", locked),
            ],
            options.runs,
        )
    print(f"\n{options.files} files, a lock of {PACKAGES} packages with {WHEELS} wheels each\n")
    print(table(measured, bare.name))
    start, small, large = (each.seconds for each in list(measured.values())[:3])
    growth = (large - start) / (small - start)
    print(f"\nten times the files take {growth:.1f} times the time")
    return int(growth > 11 or large > 0.5)


def candidate(name: str, what: str, project: Path) -> Candidate:
    """Return a process of its own that does one thing in a project."""
    return Candidate(name, [sys.executable, SELF, "--work", what, project])


def work(what: str, project: Path) -> int:
    """Do what a candidate is measured by."""
    sys.path.insert(0, str(ROOT / "src"))
    if what in ("scan", "tomllib", "same"):
        return read(what, project)
    from datetime import date

    from ci_actions.project import drift, managers
    from ci_actions.project.model import Interpreter
    from ci_actions.project.python_versions import resolve
    from ci_actions.project.reading import read_matching, read_project
    from ci_actions.python_setup_with_cache.key import Material, Mode, key

    files = read_project(project, project)
    detected = managers.detect(files)
    resolved = resolve(files)
    more = read_matching(project, project, ["**/requirements*.txt"])
    if what == "drift":
        drift.check(files, detected)
    interpreter = Interpreter(
        path=sys.executable,
        implementation="cpython",
        version=resolved.version,
        full_version=f"{resolved.version}.0",
        free_threaded=False,
        prefix=sys.prefix,
        base_prefix=sys.base_prefix,
        platform=sys.platform,
        os_version="ubuntu-24.04",
        libc="glibc-2.39",
        machine="x86_64",
    )
    own = {files.shown(name): managers.relevant(files, name) for name in (*detected.locks, *detected.inputs)}
    made = key(
        Material(
            interpreter=interpreter,
            manager=detected.manager,
            manager_version="1",
            mode=Mode.VENV,
            files={**own, **more},
            is_locked=bool(detected.locks),
            today=date(2026, 11, 21),
        )
    )
    print(made.text)
    return 0


def read(what: str, project: Path) -> int:
    """Read the names and versions of the lock in one way or the other, or compare both."""
    from ci_actions.project.locks import read_lock, scan

    data = (project / "uv.lock").read_bytes()
    if what == "scan":
        return int(len(scan("uv.lock", data)) != PACKAGES + 1)
    if what == "tomllib":
        import tomllib

        return int(len(tomllib.loads(data.decode())["package"]) != PACKAGES + 1)
    both = tuple((each.name, each.version) for each in read_lock("uv.lock", data).packages)
    return int(both != tuple(each[:2] for each in scan("uv.lock", data)))


def make_project(project: Path, files: int, *, lock: bool) -> Path:
    """Make a repository of so many files, with a requirements file in every hundredth folder."""
    project.mkdir()
    for number in range(files):
        folder = project / "src" / f"pkg{number // 100:03}"
        if number % 100 == 0:
            folder.mkdir(parents=True)
        name = "requirements.txt" if number % 10_000 == 0 else f"module{number:05}.py"
        (folder / name).write_text("six>=1\n" if name.endswith("txt") else "")
    (project / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["package-0"]\n'
    )
    if lock:
        (project / "uv.lock").write_text("".join(lock_of_uv()))
    return project


def lock_of_uv() -> list[str]:
    """Return a lock as uv writes it."""
    wheel = '    {{ url = "https://files.example.com/package_{0}-1.{0}-cp3{1}.whl", hash = "sha256:{2}", size = 1{1} }},\n'
    parts = [PROJECT]
    for number in range(PACKAGES):
        parts.append(
            f'[[package]]\nname = "package-{number}"\nversion = "1.{number}"\n'
            'source = { registry = "https://pypi.example.com/simple" }\nwheels = [\n'
        )
        parts += [wheel.format(number, each, f"{number * WHEELS + each:064x}") for each in range(WHEELS)]
        parts.append("]\n\n")
    return parts


if __name__ == "__main__":
    sys.exit(main())
