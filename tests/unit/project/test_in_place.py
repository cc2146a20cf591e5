"""Which projects say by their files alone what installing them in place leaves, and on what it depends."""

from __future__ import annotations

import pytest
from tests.unit.project.conftest import Project

from ci_actions.project.in_place import depends_on

HATCHLING = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
NAMED = '[project]\nname = "shop"\nversion = "1.0"\n'


def system(backend: str, *requires: str) -> str:
    quoted = ", ".join(f'"{each}"' for each in requires)
    return f'[build-system]\nrequires = [{quoted}]\nbuild-backend = "{backend}"\n'


@pytest.mark.parametrize(
    "text",
    [
        HATCHLING + NAMED,
        HATCHLING + NAMED + '[tool.hatch.build.targets.wheel]\npackages = ["src/shop"]\n',
        HATCHLING + NAMED + '[tool.hatch.envs.default]\ndependencies = ["pytest"]\n',
        system("hatchling.build", "Hatchling >= 1.26 ; python_version > '3'") + NAMED,
        system("flit_core.buildapi", "flit_core >=3.11,<4") + NAMED,
        system("pdm.backend", "pdm-backend") + NAMED,
        system("poetry.core.masonry.api", "poetry-core>=2")
        + NAMED
        + '[tool.poetry]\npackages = [{include = "shop"}]\n',
        system("uv_build", "uv_build>=0.13,<0.14") + NAMED,
    ],
    ids=["hatchling", "packages named", "environments", "a marker", "flit", "pdm", "poetry", "uv"],
)
def test_its_files_alone_say_it(project: Project, text: str) -> None:
    assert depends_on(project({"pyproject.toml": text}), ["src/", "src/shop"])


@pytest.mark.parametrize(
    "content",
    [
        {"pyproject.toml": NAMED},
        {"pyproject.toml": HATCHLING},
        {"pyproject.toml": HATCHLING + '[project]\nname = "shop"\ndynamic = ["version"]\n'},
        {"pyproject.toml": HATCHLING + NAMED + 'dynamic = ["dependencies"]\n'},
        {"pyproject.toml": system("hatchling.build", "hatchling", "hatch-vcs") + NAMED},
        {"pyproject.toml": system("hatchling.build", "hatchling[more]") + NAMED},
        {"pyproject.toml": system("setuptools.build_meta", "setuptools") + NAMED},
        {"pyproject.toml": system("maturin", "maturin") + NAMED},
        {"pyproject.toml": HATCHLING + 'backend-path = ["."]\n' + NAMED},
        {"pyproject.toml": '[build-system]\nrequires = "hatchling"\nbuild-backend = "hatchling.build"\n' + NAMED},
        {"pyproject.toml": HATCHLING + NAMED + "[tool.hatch.build.hooks.custom]\n"},
        {"pyproject.toml": HATCHLING + NAMED + "[tool.hatch.build.targets.wheel.hooks.cython]\n"},
        {"pyproject.toml": HATCHLING + NAMED + "[tool.hatch.metadata.hooks.custom]\n"},
        {"pyproject.toml": HATCHLING + NAMED + "[tool.hatch.build]\ndev-mode-exact = true\n"},
        {"pyproject.toml": HATCHLING + NAMED + '[tool.hatch.build.targets.wheel.force-include]\n"a" = "b"\n'},
        {"pyproject.toml": HATCHLING + NAMED, "hatch.toml": ""},
        {"pyproject.toml": HATCHLING + NAMED, "setup.py": ""},
        {"pyproject.toml": system("pdm.backend", "pdm-backend") + NAMED + '[tool.pdm.build]\ncustom-hook = "x.py"\n'},
        {"pyproject.toml": system("poetry.core.masonry.api", "poetry-core") + NAMED + '[tool.poetry]\nbuild = "x.py"\n'},
        {"pyproject.toml": system("poetry.core.masonry.api", "poetry-core") + '[tool.poetry]\nname = "a"\nversion = "1"\n'},
        {"pyproject.toml": system("flit_core.buildapi", "flit_core") + NAMED + '[tool.flit.external-data]\ndirectory = "d"\n'},
        {"pyproject.toml": system("uv_build", "uv_build") + NAMED + '[tool.uv.build-backend.data]\nscripts = "s"\n'},
        {"requirements.txt": "six\n"},
    ],
    ids=lambda content: " ".join(str(content.get("pyproject.toml", "")).split()[-4:]) + " " + " ".join(content),
)  # fmt: skip
def test_only_a_build_can_tell(project: Project, content: dict[str, str]) -> None:
    assert not depends_on(project(content), ["src/shop"])


def test_what_it_depends_on(project: Project) -> None:
    text = HATCHLING + NAMED
    first = depends_on(project({"pyproject.toml": text}), ["src/", "src/shop"])
    assert depends_on(project({"pyproject.toml": text}), ["src/shop", "src/"]) == first
    assert depends_on(project({"pyproject.toml": text, "README.md": "x"}), ["src/", "src/shop"]) == first
    assert (
        depends_on(project({"pyproject.toml": text + "[project.scripts]\n"}), ["src/", "src/shop"]) != first
    )
    assert depends_on(project({"pyproject.toml": text}), ["src/", "src/store"]) != first
