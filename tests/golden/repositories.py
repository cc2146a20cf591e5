"""Repositories for which `ci-actions init` writes everything: small ones, each with what the others lack."""

from __future__ import annotations

from collections.abc import Mapping

from tests.unit.commands.init.trees import facts

from ci_actions.commands.init import looking, plan
from ci_actions.commands.init.model import PIECES, Change, Facts, Release

RELEASE = Release(repository="org/ci-actions", ref="v1")
LIBRARY = """\
[project]
name = "shop"
requires-python = ">=3.12"

[project.optional-dependencies]
cli = ["click"]

[dependency-groups]
test = ["pytest", "pytest-cov"]
lint = ["ruff"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.coverage.report]
fail_under = 92
"""
ORDERS = """\
[project]
name = "orders"
requires-python = ">=3.12"
dependencies = ["psycopg2", "redis"]

[dependency-groups]
test = ["pytest"]
"""
#: What each repository is, and its files.
REPOSITORIES: Mapping[str, Mapping[str, str]] = {
    "library": {
        "README.md": "# shop\n\n[![docs](https://img.shields.io/x)](https://x)\n\nSells.\n",
        "pyproject.toml": LIBRARY,
        "src/shop/__init__.py": "",
        "tests/test_shop.py": "import click\n",
        ".pre-commit-config.yaml": "repos: []\n",
    },
    "several": {
        "README.rst": "several\n=======\n\nBoth.\n",
        "services/orders/pyproject.toml": ORDERS,
        "services/orders/tests/test_orders.py": 'url = os.environ["ORDERS_DATABASE_URL"]\n',
        "services/orders/tests/integration/test_database.py": "",
        "services/orders/compose.yaml": "services:\n  db:\n    image: postgres:16-alpine\n",
        "services/rates/requirements.txt": "pytest\n",
        "services/rates/rates.py": "",
        "services/rates/tests/test_rates.py": "",
        "services/rates/web/package.json": '{"scripts": {"build": "make"}, "engines": {"node": "22"}}',
        "services/rates/web/package-lock.json": "{}",
        ".github/dependabot.yml": "version: 2\nupdates:\n# often\n- package-ecosystem: pip\n  directory: /services/orders\n",
        "Dockerfile": "FROM scratch\n",
    },
    "no-python": {"README.md": "# rates\n", "go.mod": "module rates\n", "rates.go": "package rates\n"},
}


def repository(name: str) -> Facts:
    """Return one of them."""
    return facts(
        REPOSITORIES[name],
        branch="trunk" if name == "several" else "main",
        slug="acme/shop",
        branch_why="its name",
    )


def written(name: str) -> tuple[Change, ...]:
    """Return what init writes there."""
    there = repository(name)
    return plan.changes(there, looking.projects(there), RELEASE, PIECES, force=False)
