from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ci_actions.kit import settings
from ci_actions.kit.errors import BadInput

KNOWN = ("coverage-gate", "smoke-test", "check")


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    return tmp_path / "repository"


def test_the_nearest_file_that_speaks_of_us_counts(root: Path) -> None:
    deep = root / "services" / "pay"
    write(root, "pyproject.toml", "[tool.ci-actions.coverage-gate]\nmin-overall = 1")
    write(root / "services", "pyproject.toml", "[project]\nname = 'x'  # nothing for ci-actions here")
    deep.mkdir()
    assert settings.find(deep, root, KNOWN).path == "pyproject.toml"
    write(root / "services", "ci-actions.toml", "[coverage-gate]\nmin-overall = 2")
    assert settings.find(deep, root, KNOWN).path == "services/ci-actions.toml"
    write(deep, "pyproject.toml", "[tool.ci-actions.coverage-gate]\nmin-overall = 3")
    found = settings.find(deep, root, KNOWN)
    assert found.section("coverage-gate").table == {"min-overall": 3}


def test_pyproject_comes_before_our_own_file(root: Path) -> None:
    write(root, "ci-actions.toml", "[coverage-gate]\nmin-overall = 2")
    write(root, "pyproject.toml", "[tool.ci-actions.coverage-gate]\nmin-overall = 1")
    assert settings.find(root, root, KNOWN).path == "pyproject.toml"


def test_nothing_above_the_root_counts(root: Path) -> None:
    write(root.parent, "pyproject.toml", "[tool.ci-actions.coverage-gate]\nmin-overall = 1")
    assert settings.find(root, root, KNOWN).tables == {}
    assert settings.find(root, root, KNOWN).path == ""
    assert settings.find(root, root.parent, KNOWN).path == "pyproject.toml"


def test_a_section_names_where_it_stands(root: Path) -> None:
    in_pyproject = settings.parse(b"[tool.ci-actions.smoke-test]\na = 1", "a/pyproject.toml", KNOWN)
    assert in_pyproject.section("smoke-test").where == "a/pyproject.toml [tool.ci-actions.smoke-test]"
    assert in_pyproject.section("coverage-gate").table == {}
    own = settings.parse(b"[smoke-test]\na = 1", "ci-actions.toml", KNOWN)
    assert own.section("smoke-test").where == "ci-actions.toml [smoke-test]"


def test_numbers_keep_their_digits() -> None:
    file = settings.parse(b"[check]\na = 84.10\nb = 84.99999999999999999", "ci-actions.toml", KNOWN)
    table = file.section("check").table
    assert [str(table["a"]), table["b"]] == ["84.10", Decimal("84.99999999999999999")]


def test_a_byte_order_mark_is_no_error() -> None:
    assert settings.parse(b"\xef\xbb\xbf[check]\na = 1", "ci-actions.toml", KNOWN).tables == {
        "check": {"a": 1}
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[project]\nname = 'x'",
        b"[tool.ci-actions]",
        b"[tool.other]\nci-actions = 1",
        b"tool = 'ci-actions'",
    ],
)
def test_a_pyproject_that_says_nothing_of_us(content: bytes) -> None:
    assert settings.parse(content, "pyproject.toml", KNOWN).tables == {}


@pytest.mark.parametrize(
    ("content", "path", "said"),
    [
        (b"ci-actions = [", "pyproject.toml", "pyproject.toml is not valid TOML: "),
        (b"\xff", "ci-actions.toml", "ci-actions.toml is not valid TOML: "),
        (b"tool.ci-actions = 1", "pyproject.toml", "[tool.ci-actions] in pyproject.toml must hold one table per capability"),
        (
            b"[tool.ci-actions.covrage-gate]",
            "pyproject.toml",
            "[tool.ci-actions.covrage-gate] in pyproject.toml is no capability (did you mean 'coverage-gate'?)",
        ),
        (b"[zzz]", "ci-actions.toml", "[zzz] in ci-actions.toml is no capability"),
        (b"min-overall = 3", "ci-actions.toml", "[min-overall] in ci-actions.toml is no capability"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(content: bytes, path: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        settings.parse(content, path, KNOWN)
    assert refused.value.problems[0].startswith(said)
    assert refused.value.file == path


def test_every_unknown_section_is_named_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        settings.parse(b"[a]\n[b]", "ci-actions.toml", KNOWN)
    assert len(refused.value.problems) == 2


def test_a_section_must_be_a_table() -> None:
    file = settings.parse(b"[tool.ci-actions]\ncheck = 3", "pyproject.toml", KNOWN)
    with pytest.raises(
        BadInput, match=r"setting 'check' in pyproject.toml must be a table: write .tool.ci-actions.check."
    ):
        file.section("check")


def test_the_root_is_where_git_is(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert settings.git_root(inner) == inner
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere")
    assert settings.git_root(inner) == tmp_path / "a"
