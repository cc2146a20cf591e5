"""Pure: which services the tests of a project need, by the drivers it installs and its compose file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ci_actions.commands.init import places
from ci_actions.commands.init.model import Facts, Given

COMPOSE = re.compile(r"(?:docker-)?compose(?:[.-](?:test|tests|ci|dev))?\.ya?ml")
_INTEGRATION = re.compile(
    r"(?:[^/]+/)*(?:integration|integration_tests|functional|e2e)/(?=(?:[^/]+/)*(?:test_[^/]*|[^/]*_test)\.py)"
)
_VARIABLE = re.compile(
    r"""(?:environ(?:\.get\(|\[)|getenv\(|\benv(?:\.[a-z_]+)?\()\s*["']([A-Z][A-Z0-9_]*)["']|^([A-Z][A-Z0-9_]*)=""",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class _Service:
    """A service: who speaks to it, its image, and how the variable with its address may be called."""

    name: str
    drivers: tuple[str, ...]
    image: str
    images: re.Pattern[str]
    input: str
    variable: str
    usual: str
    called: re.Pattern[str]


_SERVICES = (
    _Service(
        name="PostgreSQL",
        drivers=("psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000", "aiopg", "psycopg-binary"),
        image="postgres:17-alpine",
        images=re.compile(
            r"""image:\s*["']?((?:[\w.-]+/)*(?:postgres|postgis|timescaledb|pgvector)\S*?)["']?\s*$""",
            re.MULTILINE,
        ),
        input="postgres-image",
        variable="database-variable",
        usual="DATABASE_URL",
        called=re.compile(r".*(?:DATABASE|POSTGRES|PG|DB).*(?:URL|URI|DSN)"),
    ),
    _Service(
        name="Redis",
        drivers=("redis", "valkey", "aioredis", "hiredis", "django-redis", "rq", "arq"),
        image="redis:8-alpine",
        images=re.compile(r"""image:\s*["']?((?:[\w.-]+/)*(?:redis|valkey)\S*?)["']?\s*$""", re.MULTILINE),
        input="redis-image",
        variable="redis-variable",
        usual="REDIS_URL",
        called=re.compile(r".*(?:REDIS|BROKER|CACHE).*(?:URL|URI|DSN)"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """The inputs for services, and what is to be known of them."""

    given: tuple[Given, ...] = ()
    notes: tuple[str, ...] = ()


def find(facts: Facts, directory: str, brings: frozenset[str]) -> Found:
    """Return the services for the tests; `brings` are the distributions that are installed for them."""
    given: list[Given] = []
    notes: list[str] = []
    compose = compose_file(facts, directory)
    for each in _SERVICES:
        driver = next((name for name in each.drivers if name in brings), "")
        if not driver:
            continue
        image = each.images.search(facts.text(compose)) if compose else None
        if image and "$" in image[1]:
            image = None
        why = f"{driver} is installed, and {compose} has this image" if image else f"{driver} is installed"
        given.append(Given(name=each.input, value=image[1] if image else each.image, why=why))
        variables = _variables(facts, directory, each)
        if each.usual not in variables and len(variables) == 1:
            (name,) = variables
            given.append(
                Given(name=each.variable, value=name, why=f"the project reads {name}, not {each.usual}")
            )
        else:
            notes.append(
                f"the tests find {each.name} in {each.usual}; if they read another variable, give {each.variable}"
            )
    return Found(given=tuple(given), notes=tuple(notes))


def integration(facts: Facts, directory: str, own: Sequence[str]) -> Found:
    """Return the inputs of nightly.yml for tests against the services of a compose file; `own` are the project's files.

    Without a folder of such tests nothing is given: what the services are for only the user knows.
    """
    compose = compose_file(facts, directory)
    if not compose or compose.rpartition("/")[0] != directory:
        return Found()
    name = compose.rpartition("/")[2]
    found = (_INTEGRATION.match(each) for each in own)
    folder = next((each[0].rstrip("/") for each in found if each), "")
    if not folder:
        text = f"{compose} is there: give nightly.yml compose-file and integration-command, where tests need its services"
        return Found(notes=(text,))
    why = f"{compose} has services, and {folder} the tests against them"
    return Found(
        given=(
            Given(name="compose-file", value=name, why=why),
            Given(
                name="integration-command",
                value=f"python -m pytest {folder}",
                why=why,
                check=f"whether the tests in {folder} are those that need the services of {name}",
            ),
        )
    )


def compose_file(facts: Facts, directory: str) -> str:
    """Return the compose file for a project, nothing where there is none: beside it first, then at the root."""
    for folder in dict.fromkeys((directory, "")):
        found = [
            path
            for path in facts.files
            if path.rpartition("/")[0] == folder and COMPOSE.fullmatch(path.rpartition("/")[2])
        ]
        if found:
            return min(found, key=lambda path: (not re.search(r"[.-](?:tests?|ci)\.", path), len(path), path))
    return ""


def _variables(facts: Facts, directory: str, service: _Service) -> set[str]:
    """Return the variables with an address of the service that settings and tests read."""
    return {
        name
        for path in facts.content
        if places.below(directory, path) and path.endswith((".py", ".env.example", ".env.test", ".env.ci"))
        for found in _VARIABLE.findall(facts.text(path))
        for name in found
        if name and service.called.fullmatch(name)
    }
