"""What stands in a distribution and should not, and what is missing there."""

from __future__ import annotations

import pytest

from ci_actions.ci_build import contents
from ci_actions.ci_build.model import Distribution


def wheel(*members: str, tags: tuple[str, ...] = ()) -> Distribution:
    return Distribution(
        file="pk-1-py3-none-any.whl", members=(*members, "pk-1.dist-info/METADATA"), tags=tags
    )


def sdist(*members: str) -> Distribution:
    return Distribution(file="pk-1.tar.gz", members=members)


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (".env", True),
        ("deploy/.env.production", True),
        ("server.key", True),
        ("pk/certs/ca.pem", True),
        (".pypirc", True),
        ("home/.ssh/config", True),
        (".env.example", False),
        ("id_rsa.pub", False),
        ("pk/env.py", False),
        ("pk/keys.py", False),
        ("environment.yml", False),
    ],
)
def test_names_of_secrets(path: str, secret: bool) -> None:
    assert contents.secrets(sdist(path, "pk/__init__.py")) == ((path,) if secret else ())


@pytest.mark.parametrize(
    ("path", "ours"), [(".git/HEAD", True), ("vendored/.git", True), (".github/workflows/ci.yml", False), (".gitignore", False)]
)  # fmt: skip
def test_the_repository_itself(path: str, ours: bool) -> None:
    assert bool(contents.repository_files(sdist(path))) is ours


@pytest.mark.parametrize(
    ("members", "empty"),
    [
        ((), True),
        (("pk-1.dist-info/licenses/LICENSE",), True),
        (("pk.py",), False),
        (("pk/py.typed",), False),
        (("pk-1.data/scripts/tool",), False),
    ],
)
def test_a_wheel_that_installs_nothing(members: tuple[str, ...], empty: bool) -> None:
    assert contents.is_empty(wheel(*members)) is empty


@pytest.mark.parametrize(
    ("source", "built", "missing"),
    [
        (("src/pk/__init__.py", "src/pk/sub/a.py"), ("pk/__init__.py",), ("pk/sub/a.py",)),
        (("pk/__init__.py", "pk/sub/a.py"), ("pk/__init__.py",), ("pk/sub/a.py",)),
        (("pk/__init__.py", "pk/py.typed"), ("pk/__init__.py",), ("pk/py.typed",)),
        (("pk/__init__.py", "pk/data.txt"), ("pk/__init__.py",), ()),
        (("pk/__init__.py", "pk/tests/test_a.py"), ("pk/__init__.py",), ()),
        (("pk/__init__.py", "docs/conf.py", "setup.py"), ("pk/__init__.py",), ()),
        (("src/pk/__init__.py", "pk/other.py"), ("pk/__init__.py",), ()),
        (("src/pk/__init__.py",), ("pk/__init__.py",), ()),
    ],
    ids=["src", "flat", "py.typed", "data", "tests", "beside", "another root", "whole"],
)
def test_modules_that_a_wheel_lacks(
    source: tuple[str, ...], built: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    assert contents.lacking(wheel(*built), sdist(*source)) == missing


def test_names_at_the_top_that_clash() -> None:
    assert contents.too_common(wheel("tests/a.py", "pk/tests/b.py", "docs.py")) == ("tests",)


@pytest.mark.parametrize(
    ("tag", "refused"),
    [
        ("cp311-cp311-linux_x86_64", True),
        ("cp311-cp311-manylinux_2_28_x86_64", False),
        ("cp311-cp311-macosx_11_0_arm64", False),
        ("py3-none-any", False),
    ],
)
def test_platforms_that_pypi_refuses(tag: str, refused: bool) -> None:
    assert bool(list(contents.not_portable(wheel(tags=(tag,))))) is refused


def test_a_long_list_is_cut() -> None:
    assert contents.listed([str(n) for n in range(7)]) == "0, 1, 2, 3, 4 and 2 more"
