from __future__ import annotations

from collections.abc import Mapping

import pytest

from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.places import Machine, downloads, kept


def machine(
    platform: str = "linux", environ: Mapping[str, str] | None = None, home: str = "/home/runner"
) -> Machine:
    return Machine(
        platform=platform,
        home=home,
        workspace="/home/runner/shop",
        ours=f"{home}/.cache",
        environ=environ or {},
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/home/runner/shop/.venv", ".venv"),
        ("/home/runner/shop/svc/api/.venv", "svc/api/.venv"),
        ("/home/runner/.cache/uv", "~/.cache/uv"),
        ("/home/runner/shop-2/.venv", "~/shop-2/.venv"),
        ("/var/cache/uv", "/var/cache/uv"),
    ],
    ids=["workspace", "below", "home", "beside", "elsewhere"],
)
def test_no_path_of_a_workspace_is_absolute(path: str, said: str) -> None:
    assert machine().spoken(path) == said


@pytest.mark.parametrize(
    ("manager", "platform", "environ", "place"),
    [
        (Manager.UV, "linux", {}, "/home/runner/.cache/uv"),
        (Manager.UV, "darwin", {}, "/home/runner/.cache/uv"),
        (Manager.UV, "linux", {"XDG_CACHE_HOME": "/x"}, "/x/uv"),
        (Manager.UV, "linux", {"UV_CACHE_DIR": "/y"}, "/y"),
        (Manager.UV, "win32", {"LOCALAPPDATA": "C:\\Users\\runner\\Local"}, "C:/Users/runner/Local/uv/cache"),
        (Manager.POETRY, "linux", {}, "/home/runner/.cache/pypoetry"),
        (Manager.POETRY, "darwin", {}, "/home/runner/Library/Caches/pypoetry"),
        (Manager.PIP, "linux", {"PIP_CACHE_DIR": "/z"}, "/z"),
        (Manager.PIP_TOOLS, "linux", {}, "/home/runner/.cache/pip"),
        (Manager.PDM, "linux", {}, "/home/runner/.cache/pdm"),
    ],
)
def test_downloads_lie_where_the_manager_keeps_them(
    manager: Manager, platform: str, environ: Mapping[str, str], place: str
) -> None:
    assert downloads(machine(platform, environ), manager) == place


@pytest.mark.parametrize(
    ("keeps", "program", "paths"),
    [
        ("venv", "", (".venv",)),
        ("venv", "poetry", (".venv", "~/.cache/ci-actions/environments/poetry-*")),
        ("downloads", "poetry", ("~/.cache/pypoetry", "~/.cache/ci-actions/environments/poetry-*")),
        ("both", "", (".venv", "~/.cache/pypoetry")),
        ("", "poetry", ()),
    ],
)
def test_what_is_kept(keeps: str, program: str, paths: tuple[str, ...]) -> None:
    environment = "/home/runner/shop/.venv"
    assert kept(machine(), Manager.POETRY, keeps, environment, program) == paths
