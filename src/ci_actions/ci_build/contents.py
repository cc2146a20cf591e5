"""Pure: what stands in distributions and should not, or does not stand there and should."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ci_actions.ci_build.model import Distribution
from ci_actions.kit.globs import matcher

#: Names of files that hold secrets, of people and of tools; public halves and examples are none.
_SECRET = matcher(
    [
        ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "id_rsa", "id_ed25519", "id_ecdsa",
        "id_dsa", ".pypirc", ".netrc", ".npmrc", ".git-credentials", ".htpasswd", "credentials.json", ".aws", ".ssh",
        ".docker/config.json", "*.tfstate",
    ]
)  # fmt: skip
_HARMLESS = matcher([".env.example", ".env.sample", ".env.template", ".env.dist", "*.pub"])
#: What lies in a checkout and is of no use to anybody who installs.
_LITTER = matcher(
    ["__pycache__", "*.pyc", ".venv", "venv", "node_modules", ".tox", ".nox", ".mypy_cache", ".pytest_cache",
     ".ruff_cache", ".coverage", ".DS_Store", ".idea"]
)  # fmt: skip
_GIT = matcher([".git"])
#: Top-level packages that are the project's own business, and would clash with those of others once installed.
_TOO_COMMON = ("benchmarks", "doc", "docs", "examples", "scripts", "src", "test", "tests", "tools")
#: Where a source distribution keeps what a wheel has at its top.
_ROOTS = ("", "src/", "lib/", "python/")
#: Platforms whose wheels PyPI takes: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
_NOT_PORTABLE = (
    "linux_x86_64",
    "linux_aarch64",
    "linux_i686",
    "linux_armv7l",
    "linux_ppc64le",
    "linux_s390x",
)


def repository_files(each: Distribution) -> tuple[str, ...]:
    """Return the members that are the repository itself: its history, and perhaps the token it was cloned with."""
    return tuple(filter(_GIT, each.members))


def secrets(each: Distribution) -> tuple[str, ...]:
    """Return the members whose names are those of secrets."""
    return tuple(path for path in each.members if _SECRET(path) and not _HARMLESS(path))


def litter(each: Distribution) -> tuple[str, ...]:
    """Return the members that are traces of work."""
    return tuple(path for path in each.members if _LITTER(path) and not _GIT(path))


def is_empty(wheel: Distribution) -> bool:
    """Whether a wheel installs nothing: all that it holds are its metadata."""
    return not any(not path.partition("/")[0].endswith(".dist-info") for path in wheel.members)


def too_common(wheel: Distribution) -> tuple[str, ...]:
    """Return the top-level packages of a wheel that nobody wants installed under that name."""
    tops = {path.partition("/")[0] for path in wheel.members if "/" in path}
    return tuple(sorted(tops & set(_TOO_COMMON)))


def lacking(wheel: Distribution, sdist: Distribution) -> tuple[str, ...]:
    """Return the modules of the source distribution that the wheel lacks, although it has their top-level package.

    `packages = ["pkg"]` of setuptools does not mean `pkg.sub`. Tests inside of packages may be left out on purpose.
    """
    installed = set(wheel.members)
    tops = {path.partition("/")[0] for path in installed if path.endswith(".py") and "/" in path}
    modules = [each for each in sdist.members if each.endswith((".py", "/py.typed"))]
    missing: list[str] = []
    for root in _ROOTS:
        inside = [each.removeprefix(root) for each in modules if each.startswith(root)]
        if not installed.intersection(inside):
            continue  # This is not where the packages lie.
        missing += (
            path
            for path in inside
            if path.partition("/")[0] in tops and path not in installed and not _is_test(path)
        )
    return tuple(dict.fromkeys(missing))


def _is_test(path: str) -> bool:
    *folders, name = path.split("/")
    return (
        not {"test", "tests", "testing"}.isdisjoint(folders)
        or name.startswith("test_")
        or name == "conftest.py"
    )


def not_portable(wheel: Distribution) -> Iterator[str]:
    """Yield the platforms of a wheel that PyPI refuses."""
    for tag in wheel.tags:
        platform = tag.rpartition("-")[2]
        if platform in _NOT_PORTABLE:
            yield platform


def listed(paths: Sequence[str], most: int = 5) -> str:
    """Return the first paths, and how many more there are."""
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more
