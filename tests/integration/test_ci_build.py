"""ci-build on small projects: the real `build`, twine and backends."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.conftest import Repository
from tests.integration.asking import Answer, ask

pytestmark = pytest.mark.integration

PROJECT = '[project]\nname = "pk"\nversion = "1.2"\n'
IGNORE = {".gitignore": "/.ci-actions/\n/build/\n*.egg-info/\n__pycache__/\n"}


def system(requires: str, backend: str, more: str = "") -> str:
    return f'[build-system]\nrequires = [{requires}]\nbuild-backend = "{backend}"\n{more}\n'


SETUPTOOLS = system('"setuptools"', "setuptools.build_meta")
#: Nothing is fetched for a backend of the project's own.
OWN = system("", "backend", 'backend-path = ["."]')

WHEEL = """
import io, tarfile, zipfile
def metadata(version):
    return f"Metadata-Version: 2.1\\nName: pk\\nVersion: {version}\\n"
def build_sdist(folder, config_settings=None):
    with tarfile.open(f"{folder}/pk-1.2.tar.gz", "w:gz") as made:
        for name, text in {"PKG-INFO": metadata("1.2"), "pyproject.toml": open("pyproject.toml").read(),
                           "backend.py": open("backend.py").read(), **SDIST}.items():
            about = tarfile.TarInfo("pk-1.2/" + name)
            about.size = len(text.encode())
            made.addfile(about, io.BytesIO(text.encode()))
    return "pk-1.2.tar.gz"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = f"pk-{VERSION}-{TAG}.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as made:
        about = f"pk-{VERSION}.dist-info"
        files = {"METADATA": metadata(VERSION), "RECORD": "",
                 "WHEEL": f"Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: {TAG}\\n"}
        for key, text in {**{f"{about}/{key}": text for key, text in files.items()}, **INSIDE}.items():
            made.writestr(key, text)
    return name
"""


def backend(
    *,
    version: str = "1.2",
    tag: str = "py3-none-any",
    inside: Mapping[str, str] | None = None,
    sdist: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    """Return a project with a backend that writes just this."""
    inside = {"pk/__init__.py": ""} if inside is None else inside
    said = f"VERSION = {version!r}\nTAG = {tag!r}\nINSIDE = {dict(inside)!r}\nSDIST = {dict(sdist or {})!r}\n"
    return {"pyproject.toml": OWN + PROJECT, "backend.py": said + WHEEL, **IGNORE}


def build(repository: Repository, files: Mapping[str, str], *options: str, **env: str) -> Answer:
    repository.commit({**IGNORE, **files})
    return ask("ci-build", repository.path, "--python", sys.executable, *options, env=env)


# --- what can be published -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {"pyproject.toml": SETUPTOOLS + PROJECT, "src/pk/__init__.py": "", "src/pk/sub/__init__.py": ""},
            id="setuptools",
        ),
        pytest.param(
            {"setup.py": "from setuptools import setup\nsetup(name='pk', version='1.2', py_modules=['pk'])", "pk.py": ""},
            id="setup.py alone",
        ),
        pytest.param(
            {"pyproject.toml": system('"hatchling"', "hatchling.build") + PROJECT, "src/pk/__init__.py": ""},
            id="hatchling",
        ),
        pytest.param(
            {
                "pyproject.toml": system('"flit_core"', "flit_core.buildapi") + PROJECT + 'description = "d"\n',
                "pk.py": "",
            },
            id="flit",
        ),
        pytest.param(
            {
                "pyproject.toml": system('"poetry-core"', "poetry.core.masonry.api")
                + '[tool.poetry]\nname = "pk"\nversion = "1.2"\ndescription = ""\nauthors = []\n',
                "pk/__init__.py": "",
            },
            id="poetry",
        ),
        pytest.param(
            {
                "pyproject.toml": SETUPTOOLS + PROJECT + '[tool.setuptools.packages.find]\nwhere = ["src"]\n',
                "src/company/pk/core.py": "",
            },
            id="namespace package",
        ),
    ],
)  # fmt: skip
def test_what_is_well_is_green(repository: Repository, files: Mapping[str, str]) -> None:
    answer = build(repository, files)
    assert answer.code == 0, answer.messages
    assert answer.outputs["version"] == "1.2"
    (wheel,) = json.loads(answer.outputs["wheels-json"])
    assert Path(wheel["path"]).stat().st_size == wheel["bytes"]
    assert "py3-none-any" in wheel["tags"]
    assert {each.name for each in Path(answer.outputs["dist"]).iterdir()} == {
        Path(wheel["path"]).name,
        Path(answer.outputs["sdist"]).name,
    }
    assert "`long_description` missing" in answer.messages
    assert "lacks" not in answer.messages


def test_one_commit_gives_the_same_archives_twice(repository: Repository) -> None:
    files = {
        "pyproject.toml": system('"flit_core"', "flit_core.buildapi") + PROJECT + 'description = "d"\n',
        "pk.py": "",
    }
    repository.commit({**IGNORE, **files})
    digests = []
    for out in ("one", "two"):
        answer = ask("ci-build", repository.path, "--python", sys.executable, "--out", out)
        digests.append([each["sha256"] for each in answer.report["details"]["distributions"]])
    assert digests[0] == digests[1]
    assert len(digests[0]) == 2


def test_what_lay_there_before_is_never_counted(repository: Repository) -> None:
    repository.write({"dist/pk-0.9-py3-none-any.whl": "old", "dist/pk-1.2.tar.gz": "stale"})
    answer = build(repository, backend(), "--out", "dist")
    assert answer.code == 0, answer.messages
    assert "held pk-0.9-py3-none-any.whl before: not of this build" in answer.messages
    assert answer.outputs["dist"] == str(repository.path / "dist")
    assert len(json.loads(answer.outputs["wheels-json"])) == 1
    assert tarfile.is_tarfile(repository.path / "dist" / "pk-1.2.tar.gz")


def test_files_go_where_a_runner_keeps_them(repository: Repository, tmp_path: Path) -> None:
    answer = build(repository, backend(), GITHUB_ACTIONS="true", RUNNER_TEMP=str(tmp_path / "temp"))
    assert answer.code == 0, answer.messages
    assert Path(answer.outputs["dist"]).is_relative_to(tmp_path / "temp" / "ci-actions" / "ci-build")


# --- what cannot be built --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "code", "said"),
    [
        pytest.param({"a.py": ""}, 2, "no pyproject.toml and no setup.py", id="no project"),
        pytest.param({"pyproject.toml": PROJECT}, 2, "has no [build-system]", id="no build system"),
        pytest.param({"pyproject.toml": "[project"}, 2, "not valid TOML", id="no TOML"),
        pytest.param(
            {"pyproject.toml": OWN, "backend.py": "def build_sdist(*_, **__):\n    raise ValueError('no way')"},
            1, "The build failed: ValueError: no way", id="backend raises",
        ),
        pytest.param(
            {"pyproject.toml": OWN, "backend.py": "import nothing_like_it"},
            1, "ModuleNotFoundError: No module named 'nothing_like_it'", id="backend does not import",
        ),
        pytest.param(
            {"pyproject.toml": OWN, "backend.py": "import os\ndef build_sdist(*_, **__):\n    os.kill(os.getpid(), 9)"},
            1, "The build failed", id="backend dies",
        ),
        pytest.param(
            {"pyproject.toml": system('"ci-actions-there-is-no-such-thing"', "x") + PROJECT},
            1, "Could not find a version that satisfies the requirement ci-actions-there-is-no-such-thing",
            id="a backend that does not exist",
        ),
        pytest.param(
            {"pyproject.toml": SETUPTOOLS + PROJECT + "dependencies = 3\n"}, 1, "dependencies", id="metadata refused",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_built(repository: Repository, files: Mapping[str, str], code: int, said: str) -> None:
    answer = build(repository, files)
    assert answer.code == code, answer.messages
    assert said in answer.messages
    assert answer.outputs.get("dist", "") == ""
    assert json.loads(answer.outputs.get("wheels-json", "[]")) == []


def test_an_index_that_does_not_answer_is_no_verdict(repository: Repository) -> None:
    answer = build(
        repository,
        {"pyproject.toml": SETUPTOOLS + PROJECT, "pk.py": ""},
        PIP_INDEX_URL="http://somebody:canary@127.0.0.1:9/simple",
        PIP_RETRIES="1",
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
    )
    assert answer.code == 4, answer.messages
    assert "could not be fetched" in answer.messages
    assert "canary" not in answer.said + json.dumps(answer.report)


def test_a_build_that_hangs_is_stopped_with_all_that_it_started(repository: Repository) -> None:
    from ci_actions.ci_build import facts
    from ci_actions.ci_build.config import Config
    from ci_actions.kit.clock import Clock
    from ci_actions.kit.run import Edges

    repository.commit(
        {
            "pyproject.toml": OWN,
            "backend.py": "import time\ndef build_sdist(*_, **__):\n    print('waiting', flush=True)\n    time.sleep(3600)",
        }
    )
    import os

    edges = Edges[Config](
        root=repository.path, directory=repository.path, environ=dict(os.environ), clock=Clock(),
        progress=lambda _: None, token="", config_at=lambda _git, _revision: None,
    )  # fmt: skip
    # A tenth of a minute: the smallest that an input can say is one.
    found = facts.gather(Config(python=sys.executable, timeout=0.1), edges)  # type: ignore[arg-type]
    assert found.build.code is None
    assert "waiting" in "\n".join(found.build.lines)
    assert not found.distributions


@pytest.mark.parametrize("python", ["nothing-like-it", "README.md"])
def test_an_interpreter_that_is_none(repository: Repository, python: str) -> None:
    repository.commit({**backend(), "README.md": ""})
    answer = ask("ci-build", repository.path, "--python", python)
    assert answer.code in (2, 3)
    assert python in answer.messages


# --- what is not fit -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(backend(inside={}), "holds no module: nothing but its metadata", id="empty wheel"),
        pytest.param(backend(version="1.3"), "different versions: 1.2 (pk-1.2.tar.gz); 1.3 (pk-1.3-", id="versions"),
        pytest.param(backend(sdist={".git/config": "token"}), "pk-1.2.tar.gz holds the repository: .git/config", id=".git"),
        pytest.param(
            {
                "pyproject.toml": SETUPTOOLS + PROJECT + 'readme = "README.rst"\n',
                "pk.py": "",
                "README.rst": "Title\n==\n\n`broken\n",
            },
            "`long_description` has syntax errors in markup", id="description",
        ),
    ],
)  # fmt: skip
def test_what_is_not_fit_to_be_published(repository: Repository, files: Mapping[str, str], said: str) -> None:
    answer = build(repository, files)
    assert answer.code == 1, answer.messages
    assert said in answer.messages
    assert answer.outputs["dist"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(backend(sdist={".env": "A=1", "pk/id_rsa": ""}), "names of secrets: .env, pk/id_rsa", id="secrets"),
        pytest.param(
            backend(inside={"pk/__init__.py": "", "tests/test_a.py": ""}), "installs tests at the top", id="tests"
        ),
        pytest.param(
            backend(sdist={"src/pk/__init__.py": "", "src/pk/sub/__init__.py": "", "src/pk/tests/test_a.py": ""}),
            "lacks pk/sub/__init__.py, which the source distribution has", id="subpackage forgotten",
        ),
        pytest.param(
            backend(tag="cp311-cp311-linux_x86_64"), "is for linux_x86_64: PyPI takes manylinux", id="not portable"
        ),
    ],
)  # fmt: skip
def test_what_is_worth_a_look(repository: Repository, files: Mapping[str, str], said: str) -> None:
    answer = build(repository, files)
    assert answer.code == 0, answer.messages
    assert said in answer.messages


def test_a_name_that_twine_would_wrap(repository: Repository) -> None:
    name = "a-name-that-does-not-fit-into-a-line-of-a-terminal"
    module = name.replace("-", "_")
    files = {
        "pyproject.toml": system('"flit_core"', "flit_core.buildapi")
        + PROJECT.replace('"pk"', f'"{name}"')
        + f'description = "d"\n[tool.flit.module]\nname = "{module}"\n',
        f"{module}.py": "",
    }
    answer = build(repository, files)
    assert answer.code == 0, answer.messages
    assert "`long_description` missing" in answer.messages, "what is said of a file is still found"


def test_strict_takes_a_warning_of_twine_for_a_failure(repository: Repository) -> None:
    assert "`long_description` missing" in build(repository, backend()).messages
    answer = build(repository, backend(), "--strict")
    assert answer.code == 1
    assert "`long_description` missing" in answer.messages


def test_an_old_interpreter_leaves_the_building_to_a_newer_one(
    repository: Repository, tmp_path: Path
) -> None:
    old = tmp_path / "python3.9"
    answer = {
        "path": str(old), "implementation": "cpython", "version": "3.9", "full_version": "3.9.2", "free_threaded": False,
        "prefix": "/usr", "base_prefix": "/usr", "platform": "linux", "os_version": "", "libc": "", "machine": "x86_64",
    }  # fmt: skip
    old.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    old.chmod(0o755)
    repository.commit(dict(backend()))
    found = ask("ci-build", repository.path, "--python", str(old))
    assert found.code == 0, found.messages
    assert "Python 3.9.2 is too old for the builder" in Path(found.outputs["summary-file"]).read_text("utf-8")
