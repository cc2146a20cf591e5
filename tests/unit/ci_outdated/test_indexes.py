"""Which index is asked, by what managers and pip are told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.ci_outdated.indexes import Sources, addresses, default_index, of_manager, of_pip
from ci_actions.project.files import ProjectFiles
from ci_actions.project.model import Manager

M = Manager
PUBLIC = "https://public.example/simple"
A, B, C = "https://a.example/simple", "https://b.example/simple", "https://c.example/simple"


@pytest.mark.parametrize(
    ("environ", "files", "expected"),
    [
        pytest.param({}, (), (PUBLIC,), id="nothing is told"),
        pytest.param({"PIP_INDEX_URL": f"{A}/"}, (), (A,), id="a variable"),
        pytest.param({"PIP_EXTRA_INDEX_URL": f"{A} {B}"}, (), (PUBLIC, A, B), id="more of them"),
        pytest.param({}, (f"[global]\nindex-url = {A}\n",), (A,), id="a file"),
        pytest.param({}, (f"[global]\nindex-url={A}\n[install]\nindex-url={B}\n",), (B,), id="of install alone"),
        pytest.param({}, (f"[global]\nindex-url={A}\n", f"[global]\nindex-url={B}\n"), (B,), id="a stronger file"),
        pytest.param({"PIP_INDEX_URL": C}, (f"[global]\nindex-url={A}\nextra-index-url=\n  {B}\n",), (C, B), id="both"),
        pytest.param({}, ("[global]\nindex-url = %(x)s%\n",), ("%(x)s%",), id="signs that ConfigParser would fill in"),
        pytest.param({}, ("no file\n",), (PUBLIC,), id="a file that is none"),
    ],
)  # fmt: skip
def test_what_pip_is_told(environ: dict[str, str], files: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert of_pip(environ, files, PUBLIC).addresses == expected


@pytest.mark.parametrize("told", ["1", "true", "on"])
def test_no_index_at_all(told: str) -> None:
    assert of_pip({"PIP_NO_INDEX": told}, ()).none
    assert of_pip({}, (f"[global]\nno-index = {told}\n",)).none
    assert not of_pip({"PIP_NO_INDEX": "0"}, ()).none


UV = f"""
[[tool.uv.index]]
name = "a"
url = "{A}"
default = true
[[tool.uv.index]]
url = "{B}"
[[tool.uv.index]]
url = "{C}"
explicit = true
"""
PDM = f'[[tool.pdm.source]]\nname="pypi"\nurl="{A}"\n[[tool.pdm.source]]\nname="x"\nurl="{B}"\n'
PIPFILE = f'[[source]]\nname="p"\nurl="https://${{USER_NAME}}:$SECRET@a.example/simple"\n[[source]]\nname="q"\nurl="{B}"\n'


@pytest.mark.parametrize(
    ("manager", "files", "environ", "expected"),
    [
        (M.UV, {"pyproject.toml": UV}, {}, (A, B)),
        (M.UV, {"pyproject.toml": UV}, {"UV_DEFAULT_INDEX": C, "UV_INDEX": f"x={A}"}, (C, A)),
        (M.UV, {"uv.toml": f'index-url = "{A}"\n'}, {}, (A,)),
        (M.UV, {}, {"UV_INDEX_URL": A}, (A,)),
        (M.UV, {}, {"PIP_INDEX_URL": A}, (A,)),
        (M.PDM, {"pyproject.toml": PDM}, {}, (A, B)),
        (M.PDM, {"pyproject.toml": PDM}, {"PDM_PYPI_URL": C}, (C, B)),
        (M.PIPENV, {"Pipfile": PIPFILE}, {"USER_NAME": "u", "SECRET": "s"}, ("https://u:s@a.example/simple", B)),
        (M.POETRY, {}, {"PIP_INDEX_URL": A}, (A,)),
        (M.PIP, {"requirements.txt": f"--index-url {A}\n--extra-index-url={B}\nsix\n"}, {"PIP_INDEX_URL": C}, (A, B)),
        (M.PIP, {"requirements.txt": f"-i {A}\n"}, {}, (A,)),
        (M.PIP_TOOLS, {"requirements.in": f"-i{A}\n"}, {}, (A,)),
        (M.PIP, {"requirements.txt": "-i https://${USER_NAME}:x@a.example/simple\n"}, {"USER_NAME": "u"},
         ("https://u:x@a.example/simple",)),
        (M.PIP, {"requirements.txt": "-i https://${UNSET}@a.example/simple\n"}, {}, ("https://${UNSET}@a.example/simple",)),
    ],
)  # fmt: skip
def test_what_managers_are_told(
    manager: Manager, files: Mapping[str, str], environ: Mapping[str, str], expected: tuple[str, ...]
) -> None:
    content = {name: text.encode() for name, text in files.items()}
    project = ProjectFiles(names=frozenset(content), content=content)
    assert of_manager(project, manager, environ, of_pip(environ, ())).addresses == expected


def test_a_requirements_file_may_forbid_it() -> None:
    project = ProjectFiles(
        names=frozenset({"requirements.txt"}), content={"requirements.txt": b"--no-index\n"}
    )
    assert of_manager(project, M.PIP, {}, Sources()).none


@pytest.mark.parametrize(
    ("locked", "expected"),
    [
        ("", (C, B)),
        (PUBLIC, (C, B)),
        (f"{PUBLIC}/", (C, B)),
        (A, (A,)),
        ("https://b.example/simple", (B,)),
        ("../wheels", (C, B)),
    ],
    ids=["none", "the public one", "with a slash", "another", "one that is told", "a folder"],
)
def test_what_a_lock_names_counts_more(locked: str, expected: tuple[str, ...]) -> None:
    assert addresses(locked, Sources(index=C, extra=(B,), public=PUBLIC)) == expected


def test_credentials_that_are_told_are_used_for_what_the_lock_names() -> None:
    told = Sources(index="https://u:s@a.example/simple/")
    assert addresses(A, told) == ("https://u:s@a.example/simple",)


HELP = f"""
  -i, --index-url <url>       Base URL of the Python Package Index (default
                              {PUBLIC}/). This should point to a
                              repository compliant with PEP 503
  -x, --extra-index-url <url> Extra URLs of package indexes to use (default https://other.example)
"""


@pytest.mark.parametrize(
    ("help", "index"),
    [(HELP, PUBLIC), ("", ""), ("  --index-url <url>  Base URL", ""), (HELP.replace("default", ""), "")],
)
def test_what_pip_says_of_itself(help: str, index: str) -> None:
    assert default_index(help) == index


def test_nothing_is_told_and_pip_says_nothing() -> None:
    assert of_pip({}, ()).addresses == ()
