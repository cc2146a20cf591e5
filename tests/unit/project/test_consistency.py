from __future__ import annotations

from dataclasses import replace

import pytest

from ci_actions.project.consistency import Needs, needs_of, unmet
from ci_actions.project.model import Interpreter

PYTHON = Interpreter(
    path="/python",
    implementation="cpython",
    version="3.8",
    full_version="3.8.18",
    free_threaded=False,
    prefix="/",
    base_prefix="/",
    platform="linux",
    os_version="debian-12",
    libc="glibc-2.36",
    machine="x86_64",
)


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ("werkzeug>=3", "flask 3.1 needs werkzeug>=3, and 2.0 is installed"),
        ("Werk.Zeug", "flask 3.1 needs Werk.Zeug, which is not installed"),
        ("werkzeug", ""),
        ("Werkzeug<3", ""),
        ("click", "flask 3.1 needs click, which is not installed"),
        ("click ; extra == 'cli'", ""),
        ("click ; python_version >= '3.9'", ""),
        ("click ; python_version < '3.9'", "flask 3.1 needs click, which is not installed"),
        ("click ; sys_platform == 'win32'", ""),
        ("click ; platform_system == 'Linux'", "flask 3.1 needs click, which is not installed"),
        ("not a requirement !", ""),
    ],
)
def test_what_does_not_fit(requires: str, said: str) -> None:
    installed = {"flask": Needs("3.1", (requires,)), "werkzeug": Needs("2.0")}
    assert unmet(installed, PYTHON) == ((said,) if said else ())


def test_the_interpreter_of_the_environment_counts() -> None:
    installed = {"flask": Needs("3.1", ("click ; python_version >= '3.9'",))}
    assert not unmet(installed, PYTHON)
    assert unmet(installed, replace(PYTHON, version="3.12", full_version="3.12.4"))


def test_a_prerelease_is_a_version_too() -> None:
    assert not unmet({"a": Needs("1", ("b>=2",)), "b": Needs("2.1rc1")}, PYTHON)


def test_metadata() -> None:
    text = "Metadata-Version: 2.1\nName: x\nVersion: 1.0\nRequires-Dist: a>=1\nRequires-Dist: b\n\nVersion: 9\nRequires-Dist: c\n"
    assert needs_of(text) == Needs("1.0", ("a>=1", "b"))
