from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.ci_plan.pythons import choose
from ci_actions.kit.errors import BadInput
from ci_actions.project.files import ProjectFiles
from ci_actions.project.python_versions import supported

RANGE = {"pyproject.toml": "[project]\nname = 'a'\nrequires-python = '>=3.11,<3.14'"}
SILENT = {"pyproject.toml": "[project]\nname = 'a'"}


def project(files: Mapping[str, str]) -> ProjectFiles:
    return ProjectFiles(names=frozenset(files), content={name: text.encode() for name, text in files.items()})


@pytest.mark.parametrize(
    ("files", "version", "versions", "primary", "tested"),
    [
        pytest.param(RANGE, "", (), "3.13", ("3.11", "3.12", "3.13"), id="requires-python"),
        pytest.param(RANGE, "3.11", (), "3.11", ("3.11", "3.12", "3.13"), id="the primary one is given"),
        pytest.param(RANGE | {".python-version": "3.12"}, "", (), "3.12", ("3.11", "3.12", "3.13"), id="pinned"),
        pytest.param(RANGE | {".python-version": "3.12.4"}, "", (), "3.12.4", ("3.11", "3.12", "3.13"), id="pinned exactly"),
        pytest.param(RANGE, "", ("3.12", "3.11"), "3.12", ("3.12", "3.11"), id="a list, in its order"),
        pytest.param(RANGE, "", ("3.12", "3.12"), "3.12", ("3.12",), id="each once"),
        pytest.param(RANGE | {".python-version": "3.13"}, "", ("3.11",), "3.13", ("3.11",), id="a list beside a pin"),
        pytest.param(RANGE, "3.13", ("3.11",), "3.13", ("3.11",), id="a list beside the primary one"),
        pytest.param(RANGE, "", (">=3.12",), "3.13", ("3.12", "3.13"), id="a range within what is required"),
        pytest.param(RANGE, "", (">=3.9", "!=3.12.*", "<3.13"), "3.11", ("3.11",), id="a range with commas"),
        pytest.param(SILENT, "", ("3.11", "3.12"), "3.12", ("3.11", "3.12"), id="nothing but a list"),
        pytest.param(SILENT, "", ("3.9", "3.10"), "3.10", ("3.9", "3.10"), id="ten is more than nine"),
        pytest.param(SILENT, "", ("3.11", "pypy3.10", "3.13t"), "3.11", ("3.11", "pypy3.10", "3.13t"), id="of other kinds"),
        pytest.param(SILENT, "", ("pypy3.10",), "pypy3.10", ("pypy3.10",), id="PyPy alone"),
        pytest.param(SILENT, "3.12", (), "3.12", ("3.12",), id="nothing but one"),
        pytest.param(SILENT | {".python-version": "3.10"}, "", (), "3.10", ("3.10",), id="nothing but a pin"),
        pytest.param(SILENT | {".tool-versions": "nodejs 20"}, "", ("3.12",), "3.12", ("3.12",), id="a pin of another tool"),
        pytest.param({"requirements.txt": ""}, "", ("==3.12.*",), "3.12", ("3.12",), id="a range of one"),
    ],
)  # fmt: skip
def test_versions(
    files: Mapping[str, str], version: str, versions: tuple[str, ...], primary: str, tested: tuple[str, ...]
) -> None:
    found = choose(project(files), version, versions)
    assert (found.primary, found.versions) == (primary, tested)
    assert found.primary_why
    assert found.versions_why


@pytest.mark.parametrize(
    ("files", "version", "versions", "why"),
    [
        pytest.param(SILENT, "", (), "Nothing says which Python", id="nothing says it"),
        pytest.param(
            RANGE, "", ("3.10",), "excludes every version in python-versions: '3.10'", id="excluded"
        ),
        pytest.param(
            RANGE, "3.10", (), "excludes every version in python-version: '3.10'", id="excluded primary"
        ),
        pytest.param(RANGE, "", ("<3.11",), "in '<3.11' that >=3.11,<3.14 allows, too", id="a range outside"),
        pytest.param(
            SILENT, "", (">=4",), "no released version of Python is in '>=4'", id="a range of nothing"
        ),
        pytest.param(SILENT, "", ("3.1",), "python-versions: '3.1' is a Python of 2009", id="YAML"),
        pytest.param(SILENT, "", ("latst",), "python-versions: 'latst' is no version", id="a typing error"),
        pytest.param(SILENT, "", (">=3.10", "3.12"), "python-versions", id="a range and a version"),
        pytest.param(
            SILENT | {".python-version": "abc"}, "", ("3.12",), "'abc' is no version", id="a broken pin"
        ),
    ],
)
def test_what_cannot_be_meant(
    files: Mapping[str, str], version: str, versions: tuple[str, ...], why: str
) -> None:
    with pytest.raises(BadInput) as caught:
        choose(project(files), version, versions)
    assert why in str(caught.value)


@pytest.mark.parametrize("requires", [">=3.9", ">=3.11,<3.14", "~=3.10", "!=3.12.*,>=3.8"])
def test_without_inputs_they_are_those_of_the_matrix_of_the_set_up(requires: str) -> None:
    files = project({"pyproject.toml": f"[project]\nname = 'a'\nrequires-python = '{requires}'"})
    assert choose(files, "", ()).versions == supported(files).versions
