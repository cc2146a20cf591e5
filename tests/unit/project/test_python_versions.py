"""Which Python: every kind of wish, in the order in which it counts, and every refusal in its words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.project.conftest import Project

from ci_actions.kit.errors import BadInput
from ci_actions.project import ranges
from ci_actions.project.files import ProjectFiles
from ci_actions.project.python_versions import resolve, satisfies, supported, within
from ci_actions.project.releases import RELEASES

NEWEST = next(each.name for each in reversed(RELEASES) if not each.prerelease)


def requiring(text: str, *more: str) -> str:
    return "\n".join(["[project]", 'name = "demo"', f'requires-python = "{text}"', *more])


def classified(*minors: str) -> str:
    return f"classifiers = {[f'Programming Language :: Python :: {minor}' for minor in minors]}"


# --- the input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "request_", "version"),
    [
        ("3.12", "3.12", "3.12"),
        ("3.12.4", "3.12.4", "3.12.4"),
        (" 3.12 ", "3.12", "3.12"),
        ("3.13t", "3.13t", "3.13"),
        ("3.13.1t", "3.13.1t", "3.13.1"),
        ("3.13+freethreaded", "3.13t", "3.13"),
        ("3.16-dev", "3.16-dev", "3.16"),
        ("3.14t-dev", "3.14t-dev", "3.14"),
        ("3.15.0rc1", "3.15.0-rc.1", "3.15.0rc1"),
        ("3.15.0-rc.1", "3.15.0-rc.1", "3.15.0rc1"),
        ("3.15.0a2", "3.15.0-alpha.2", "3.15.0a2"),
        ("python-3.12", "3.12", "3.12"),
        ("cpython@3.12", "3.12", "3.12"),
        ("cpython-3.12.4-linux-x86_64-gnu", "3.12.4", "3.12.4"),
        ("cp312", "3.12", "3.12"),
        ("cp313t", "3.13t", "3.13"),
        ("cpython>=3.10,<3.13", "3.12", "3.12"),
        ("pypy311", "pypy3.11", "3.11"),
        ("pp311", "pypy3.11", "3.11"),
        ("pypy3.11", "pypy3.11", "3.11"),
        ("pypy-3.11", "pypy3.11", "3.11"),
        ("pypy3.11-v7.3.19", "pypy3.11-v7.3.19", "3.11"),
        ("pypy3.11-7.3.19", "pypy3.11-v7.3.19", "3.11"),
        ("pypy3.11-nightly", "pypy3.11-nightly", "3.11"),
        ("graalpy-24.2", "graalpy-24.2", ""),
        ("3.x", NEWEST, NEWEST),
        ("3", NEWEST, NEWEST),
        ("latest", NEWEST, NEWEST),
        ("3.12.x", "3.12", "3.12"),
        (">=3.10,<3.13", "3.12", "3.12"),
        (">=3.10 <3.13", "3.12", "3.12"),
        ("^3.9", NEWEST, NEWEST),
        ("~3.11", "3.11", "3.11"),
        ("~=3.11", NEWEST, NEWEST),
        ("3.9 - 3.12", "3.12", "3.12"),
        ("<3.12.5", "3.12.4", "3.12.4"),
        ("3.99", "3.99", "3.99"),
    ],
)
def test_the_input(text: str, request_: str, version: str) -> None:
    found = resolve(ProjectFiles(), text)
    assert (found.request, found.version, found.source) == (
        request_,
        version,
        f"python-version: {text.strip()}",
    )
    assert found.free_threaded is (
        "t" in request_.replace("beta", "").replace("latest", "") and request_[0] == "3"
    )
    assert found.supported == ()


@pytest.mark.parametrize(
    "text",
    [
        "three",
        "3.12.4.5",
        "py3",
        ">=",
        "3.12,",
        "jython2.7",
        "3.8 and up",
        "-3.12",
        "3..12",
        "３.１２",
        "pypy>=3.10",
    ],
)
def test_no_version(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        resolve(ProjectFiles(), text)
    assert caught.value.message == (
        f"python-version: '{text}' is no version of Python; write for example 3.12, 3.12.4, '>=3.10,<3.14', min, max, "
        "pypy3.10, 3.13t or 3.14-dev."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.1", "python-version: '3.1' is a Python of 2009: YAML reads 3.10 as 3.1, write '3.10' in quotes."),
        ("3.12t", "python-version: 3.12t: free-threaded builds of Python begin with 3.13."),
        (">=4", "python-version: >=4: no released version of Python is in '>=4' (known are 2.7 to "),
        ("min", "Nothing in '.' says which versions of Python it supports: add requires-python = \">=3.11\""),
        (
            "",
            "Nothing says which Python '.' needs (looked for .python-version, requires-python in pyproject.toml, ",
        ),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        resolve(ProjectFiles(), text)
    assert caught.value.message.startswith(said)


def test_switches_of_setup_python() -> None:
    assert resolve(ProjectFiles(), "3.13", free_threaded=True).request == "3.13t"
    assert resolve(ProjectFiles(), "3.14-dev", free_threaded=True).request == "3.14t-dev"
    assert resolve(ProjectFiles(), "pypy3.11", free_threaded=True).request == "pypy3.11"
    coming = resolve(ProjectFiles(), ">=3.16", prereleases=True)
    assert (coming.request, coming.prerelease) == ("3.16-dev", True)
    required = ProjectFiles(content={"pyproject.toml": requiring(">=3.16").encode()})
    assert resolve(required, prereleases=True).request == "3.16-dev"
    # A final release is preferred all the same.
    assert resolve(ProjectFiles(), ">=3.15", prereleases=True).request == NEWEST


def test_a_version_without_a_final_release_is_handed_on_with_a_warning() -> None:
    found = resolve(ProjectFiles(), "3.16")
    assert found.request == "3.16"
    assert found.warnings == ("Python 3.16 has no final release (as of 2026-11-21): write 3.16-dev.",)


# --- the order -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "request_", "source"),
    [
        (
            {".python-version": "3.12\n", "pyproject.toml": requiring(">=3.11")},
            "3.12",
            ".python-version line 1",
        ),
        ({".python-version": "system\n3.12\n3.11\n"}, "3.12", ".python-version line 2, the first of 2"),
        (
            {"pyproject.toml": requiring(">=3.11,<3.14"), ".tool-versions": "python 3.12.1"},
            "3.13",
            "requires-python",
        ),
        ({"pyproject.toml": requiring("", classified("3.12", "3.11"))}, "3.12", "the classifiers"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.8,<3.13"'}, "3.12", "Poetry's python"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = ">=3.8 <4"'}, NEWEST, "Poetry's python"),
        (
            {"setup.cfg": "[metadata]\nname=x\n[options]\npython_requires = >=3.9, <3.12\n"},
            "3.11",
            "python_requires",
        ),
        (
            {"setup.py": "from setuptools import setup\nsetup(python_requires='<3.12,>=3.8')"},
            "3.11",
            "python_requires",
        ),
        ({"Pipfile": '[requires]\npython_version = "3.11"'}, "3.11", "python_version of the Pipfile"),
        (
            {"Pipfile": '[requires]\npython_full_version = "3.11.4"'},
            "3.11.4",
            "python_full_version of the Pipfile",
        ),
        (
            {".tool-versions": "python 3.12.1", "mise.toml": '[tools]\npython="3.11"'},
            "3.12.1",
            ".tool-versions line 1",
        ),
        ({"mise.toml": '[tools]\npython = "3.11"'}, "3.11", "mise.toml [tools] python"),
        ({"runtime.txt": "python-3.11.9"}, "3.11.9", "runtime.txt line 1"),
        ({".python-version": ">=3.9, <3.12\n"}, "3.11", ".python-version line 1"),
    ],
)
def test_the_order_of_the_files(
    project: Project, content: dict[str, str | bytes], request_: str, source: str
) -> None:
    found = resolve(project(content))
    assert (found.request, found.source) == (request_, source)
    assert found.why == f"Python {request_}, from {source}"


def test_what_is_no_version_is_passed_over_and_said(project: Project) -> None:
    files = project({".python-version": "system\n", "pyproject.toml": requiring("==3.12.*")})
    found = resolve(files)
    assert (found.request, found.source) == ("3.12", "requires-python")
    assert found.warnings == (
        ".python-version line 1 names 'system', which is no version: it is passed over.",
    )


def test_the_input_counts_more_than_any_file(project: Project) -> None:
    files = project({".python-version": "3.12\n", "pyproject.toml": requiring(">=3.11")})
    assert resolve(files, "3.13").request == "3.13"
    assert resolve(files, "", (".tool-versions", b"python 3.14.1")).request == "3.14.1"
    assert resolve(files, "3.13", (".tool-versions", b"python 3.14.1")).request == "3.13"
    assert resolve(files, "default").request == "3.12"


@pytest.mark.parametrize(
    ("path", "content", "request_", "source"),
    [
        ("tools/.python-version", b"3.12\n", "3.12", "tools/.python-version line 1"),
        ("pyproject.toml", requiring(">=3.11,<3.13").encode(), "3.12", "requires-python of pyproject.toml"),
        (
            "svc/Pipfile",
            b'[requires]\npython_version = "3.11"',
            "3.11",
            "python_version of the Pipfile of svc/Pipfile",
        ),
        ("ci/mise.toml", b'[tools]\npython = "3.11"', "3.11", "ci/mise.toml [tools] python"),
        ("python.txt", b"3.12\n", "3.12", "python.txt line 1"),
    ],
)
def test_a_named_file(path: str, content: bytes, request_: str, source: str) -> None:
    found = resolve(ProjectFiles(), "", (path, content))
    assert (found.request, found.source) == (request_, source)


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (
            ".python-version",
            b"# none\n",
            ".python-version names no version of Python. Set python-version: instead.",
        ),
        (".tool-versions", b"python ref:main\n", ".tool-versions names no version of Python but 'ref:main'."),
        ("pyproject.toml", b"[tool.ruff]", "pyproject.toml names no version of Python."),
        (
            ".python-version",
            b"shop-env\n",
            ".python-version line 1: 'shop-env' is no version of Python; write",
        ),
    ],
)
def test_a_named_file_without_a_version(path: str, content: bytes, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        resolve(ProjectFiles(), "", (path, content))
    assert said in caught.value.message


# --- what the project requires -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("required", "text", "request_"),
    [
        (">=3.9", "", NEWEST),
        (">=3.9", "min", "3.9"),
        (">=3.9", "max", NEWEST),
        ("~=3.11", "min", "3.11"),
        (">=3.9,!=3.9.7,<4", "min", "3.9"),
        ("==3.12.*", "", "3.12"),
        ("==3.11.4", "", "3.11.4"),
        ("==3.11.4", "3.11", "3.11.4"),
        ("!=3.12.1,>=3.8", "3.12", "3.12"),
        (">=3.10,<3.13", ">=3.9", "3.12"),
        (">=3.11,<3.12.5", "3.12", "3.12.4"),
        (">=3.16", "3.16-dev", "3.16-dev"),
        (">=3.99", "3.99", "3.99"),
    ],
)
def test_within_what_is_required(project: Project, required: str, text: str, request_: str) -> None:
    assert resolve(project({"pyproject.toml": requiring(required)}), text).request == request_


@pytest.mark.parametrize(
    ("content", "text", "said"),
    [
        (
            {"pyproject.toml": requiring(">=3.10,<3.13")}, "3.13",
            "requires-python '>=3.10,<3.13' excludes every version in python-version: '3.13'.",
        ),
        (
            {"pyproject.toml": requiring(">=3.10,<3.13"), ".python-version": "3.13"}, "",
            "requires-python '>=3.10,<3.13' excludes every version in .python-version line 1: '3.13'.",
        ),
        (
            {"pyproject.toml": requiring("!=3.12.1")}, "3.12.1",
            "requires-python '!=3.12.1' excludes every version in python-version: '3.12.1'.",
        ),
        (
            {"pyproject.toml": requiring(">=3.12")}, ">=3.9,<3.12",
            "requires-python '>=3.12' excludes every version in python-version: '>=3.9,<3.12'.",
        ),
        (
            {"pyproject.toml": requiring(">=3.12")}, "pypy3.11",
            "requires-python '>=3.12' excludes every version in python-version: 'pypy3.11'.",
        ),
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.11"'}, "3.12",
            "Poetry's python '~3.11' excludes every version in python-version: '3.12'.",
        ),
        ({"pyproject.toml": requiring(">=3.99")}, "", "requires-python '>=3.99' allows no released version of Python"),
        ({"pyproject.toml": requiring(">=3.99")}, "max", "requires-python '>=3.99' allows no released version of Python"),
        (
            {"pyproject.toml": requiring("^3.8")}, "3.12",
            "requires-python: '^3.8' is no version specifier of PEP 440: write '>=3.8,<4'.",
        ),
        ({"pyproject.toml": requiring("newest")}, "", "requires-python: 'newest' is no version specifier of PEP 440."),
        ({"Pipfile": "[requires]\npython_version = 3.12"}, "", "python_version in Pipfile must be a text"),
        ({"mise.toml": "[tools]\npython = 3.12"}, "", "mise.toml [tools] python must be a text, like '3.12', not 3.12."),
        ({"pyproject.toml": "[project]\nrequires-python = 3.11"}, "", "requires-python in pyproject.toml must be a text"),
        ({"setup.cfg": "[metadata\n"}, "", "setup.cfg cannot be read: "),
    ],
)  # fmt: skip
def test_what_the_project_excludes(
    project: Project, content: dict[str, str | bytes], text: str, said: str
) -> None:
    with pytest.raises(BadInput) as caught:
        resolve(project(content), text)
    assert caught.value.message.startswith(said)


def test_a_limit_that_hardly_anybody_means(project: Project) -> None:
    found = resolve(project({"pyproject.toml": requiring(">=3.9,<=3.12")}))
    assert found.request == "3.12.0"
    (warning,) = found.warnings
    assert warning.startswith("'>=3.9,<=3.12' allows of Python 3.12 nothing but 3.12.0 (3.12.")
    assert warning.endswith("is released). If all of 3.12 is meant, write '<3.13' or '==3.12.*'.")


@pytest.mark.parametrize("text", ["print('3.9')", "setup(python_requires=floor)", "def (:", "x = \0"])
def test_a_setup_py_that_says_nothing(project: Project, text: str) -> None:
    with pytest.raises(BadInput, match="Nothing says which Python"):
        resolve(project({"setup.py": text}))


# --- the matrix ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("required", "versions"),
    [
        (">=3.9,<3.13", ["3.9", "3.10", "3.11", "3.12"]),
        (">=2.7,!=3.0.*,!=3.1.*,!=3.2.*,<3.5", ["2.7", "3.3", "3.4"]),
        ("~=3.13.0", ["3.13"]),
        (">=3.13", ["3.13", "3.14", "3.15"]),
    ],
)
def test_versions(project: Project, required: str, versions: Sequence[str]) -> None:
    found = supported(project({"pyproject.toml": requiring(required)}))
    assert list(found.versions) == versions
    assert (found.minimum, found.maximum) == (versions[0], versions[-1])
    assert found.ended == tuple(each for each in versions if each in ("2.7", "3.3", "3.4", "3.9", "3.10"))


def test_versions_from_classifiers_alone(project: Project) -> None:
    text = f"[project]\n{classified('3.13', '3.9', '3.10', '3')}"
    found = supported(project({"pyproject.toml": text}))
    assert (found.versions, found.source, found.warnings) == (("3.9", "3.10", "3.13"), "the classifiers", ())
    cfg = "[metadata]\nclassifiers =\n  Programming Language :: Python :: 3.12\n  Programming Language :: Python :: 3.11\n"
    assert supported(project({"setup.cfg": cfg})).versions == ("3.11", "3.12")


def test_versions_that_setup_py_names(project: Project) -> None:
    names = "Programming Language :: Python :: 3.11", "Programming Language :: Python :: 3.12"
    text = f"NAMES = {list(names)}\nFLOOR = '>=3.11,<3.14'\nsetup(python_requires=FLOOR, classifiers=NAMES)\n"
    found = supported(project({"setup.py": text}))
    assert found.versions == ("3.11", "3.12", "3.13")
    assert "the classifiers name 3.11, 3.12" in found.warnings[0]
    assert supported(project({"setup.py": f"setup(classifiers={names})"})).versions == ("3.11", "3.12")


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        (">=3.12", ("3.12", "3.13")),
        ("~=3.11", ("3.11", "3.12", "3.13")),
        ("3.x", ("3.10", "3.11", "3.12", "3.13")),
    ],
)
def test_a_range_narrows_the_matrix(project: Project, text: str, versions: tuple[str, ...]) -> None:
    known = supported(project({"pyproject.toml": requiring(">=3.10,<3.14")}))
    assert within(known, text).versions == versions


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3.12", "input 'python-version' is '3.12', which is one version, but mode is matrix"),
        ("pypy3.11", "input 'python-version' is 'pypy3.11', which is one version, but mode is matrix"),
        (">=3.14", "requires-python: 3.10, 3.11; none of them is in python-version: '>=3.14'."),
        ("newest", "python-version: 'newest' is no version of Python; "),
    ],
)
def test_a_matrix_of_nothing_is_refused(project: Project, text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        within(supported(project({"pyproject.toml": requiring(">=3.10,<3.12")})), text)
    assert caught.value.message.startswith(said)


def test_disagreement_shows_both_sides(project: Project) -> None:
    files = project({"pyproject.toml": requiring(">=3.12", classified("3.11", "3.12"))})
    said = (
        "requires-python '>=3.12' and the classifiers disagree: requires-python allows 3.12, 3.13, 3.14, 3.15; "
        "the classifiers name 3.11, 3.12."
    )
    assert supported(files).warnings == (said,)
    assert supported(files).versions == ("3.12", "3.13", "3.14", "3.15")
    assert resolve(files, "3.12").warnings == (said,)


def test_agreement_is_silent(project: Project) -> None:
    files = project({"pyproject.toml": requiring(">=3.11,<3.13", classified("3.12", "3.11", "3"))})
    assert supported(files).warnings == ()


def test_nothing_says_what_is_supported(project: Project) -> None:
    with pytest.raises(BadInput, match="add requires-python = "):
        supported(project({"pyproject.toml": "[project]\nname = 'demo'\n"}))


# --- afterwards ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("required", "text", "full", "fits"),
    [
        ("!=3.12.1", "3.12", "3.12.1", False),
        ("!=3.12.1", "3.12", "3.12.2", True),
        (">=3.9", "3.12", "3.11.9", False),
        (">=3.9", "3.12.4", "3.12.5", False),
        (">=3.9", "3.12.4", "3.12.4", True),
        (">=3.9", "3.13t", "3.13.1", True),
        (">=3.9", "3.12", "3.12.4+", True),
        (">=3.9", "3.16-dev", "3.16.0a2", True),
        (">=3.9", "3.15.0rc1", "3.15.0rc2", False),
        (">=3.9", "3.15.0rc1", "3.15.0rc1", True),
        (">=3.9", "pypy3.11", "3.11.13-7.3.20", True),
        (">=3.9,!=3.11.13", "pypy3.11", "3.11.13-7.3.20", False),
        (">=3.9", "graalpy-24.2", "3.11.7", True),
        (">=3.9", ">=3.10,<3.13", "3.12.9", True),
        (">=3.9", ">=3.10,<3.13", "3.13.0", False),
    ],
)
def test_satisfies(project: Project, required: str, text: str, full: str, fits: bool) -> None:
    found = resolve(project({"pyproject.toml": requiring(required)}), text)
    assert satisfies(found, full) is fits


minor = st.integers(8, 15)


@given(low=minor, high=minor, wished=minor)
def test_what_is_resolved_is_required(low: int, high: int, wished: int) -> None:
    """Whatever comes out lies in what the project requires, and is refused exactly where nothing can."""
    text = requiring(f">=3.{low},<3.{high + 1}")
    files = ProjectFiles(names=frozenset({"pyproject.toml"}), content={"pyproject.toml": text.encode()})
    if low <= wished <= high:
        found = resolve(files, f"3.{wished}")
        assert found.request == f"3.{wished}"
        assert satisfies(found, f"3.{wished}.0")
        assert found.minimum == f"3.{low}"
        assert found.maximum == f"3.{high}"
    else:
        with pytest.raises(BadInput):
            resolve(files, f"3.{wished}")
        assert not ranges.pep440(f">=3.{low},<3.{high + 1}").allows(f"3.{wished}.5")


def test_a_setup_py_in_another_encoding(project: Project) -> None:
    text = "# -*- coding: latin-1 -*-\nsetup(author='Zoë', python_requires='>=3.11,<3.13')\n".encode(
        "latin-1"
    )
    assert supported(project({"setup.py": text})).versions == ("3.11", "3.12")
