from __future__ import annotations

import pytest

from ci_actions.ci_plan.documents import decides, documentation

PACKAGES = frozenset({"src/shop", "shop"})


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "docs/guide/index.rst",
        "docs/notes.txt",
        "docs/picture.PNG",
        "services/a/docs/flow.svg",
        "doc/history.adoc",
        "CHANGELOG",
        "CHANGES.txt",
        "LICENSE",
        "LICENSE.txt",
        "LICENSE-MIT",
        "LICENCE.md",
        "COPYING",
        "AUTHORS",
        ".github/CODEOWNERS",
        ".github/PULL_REQUEST_TEMPLATE.md",
        "src/README.md",
    ],
)
def test_documentation(path: str) -> None:
    assert documentation((), "", PACKAGES)(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/shop/a.py",
        "docs/conf.py",
        "docs/Makefile",
        "mkdocs.yml",
        "requirements.txt",
        "requirements/dev.txt",
        "docs/requirements.txt",
        "docs/requirements-docs.in",
        "docs/constraints.txt",
        "runtime.txt",
        "pyproject.toml",
        "docs/pyproject.toml",
        "notes.txt",  # not in docs: it may be data
        "CMakeLists.txt",
        "static/robots.txt",
        "src/shop/prompts/system.md",  # data of a package
        "shop/LICENSE",
        "tests/data/sample.md",
        "test/expected.rst",
        "tests/fixtures/README.md",
        "license_check.py",
        "changes.json",
        ".github/workflows/ci.yml",
        ".github/workflows/README.md",
        ".github/actions/build/README.md",
        "action.yml",
        "ci-actions.toml",
        "logo.png",
    ],
)
def test_not_documentation(path: str) -> None:
    assert not documentation((), "", PACKAGES)(path)


def test_globs_of_the_user_replace_the_rule_in_the_project_and_not_elsewhere() -> None:
    is_document = documentation(("guide/**", "tests/data/*.md"), "services/a", frozenset())
    assert is_document("services/a/guide/x.py")
    assert is_document("services/a/tests/data/x.md")
    assert not is_document("services/a/README.md")
    assert is_document("libs/README.md")
    assert not is_document("guide/x.py")


@pytest.mark.parametrize(
    "path", ["requirements.txt", "requirements/dev.in", "uv.lock", "a/poetry.lock", "a/setup.cfg"]
)
def test_no_glob_makes_documentation_of_what_decides_what_is_installed(path: str) -> None:
    assert decides(path)
    assert not documentation(("**",), "", frozenset())(path)
    assert documentation(("**",), "", frozenset())("src/a.py")
