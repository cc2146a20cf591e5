"""Pure: what the tests and linters of a project need, and which groups and extras bring it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ci_actions.commands.init.groups import Group, How
from ci_actions.quality.detection import normalised

#: Where a module is called otherwise than what brings it.
_BRINGS = {
    "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil",
    "dotenv": "python-dotenv", "git": "gitpython", "jose": "python-jose", "jwt": "pyjwt", "magic": "python-magic",
    "multipart": "python-multipart", "OpenSSL": "pyopenssl", "PIL": "pillow", "serial": "pyserial",
    "sklearn": "scikit-learn", "socks": "pysocks", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
#: What the settings of pytest ask of plugins: an option, and who knows it.
_PLUGINS = (
    (re.compile(r"--cov\b|--cov-"), "pytest-cov"),
    (re.compile(r"(?:^|[\s\"'])-n[\s=]?(?:auto|logical|\d)|--numprocesses|--dist\b"), "pytest-xdist"),
    (re.compile(r"\basyncio_mode\b|--asyncio-mode"), "pytest-asyncio"),
    (re.compile(r"--timeout\b|^timeout\s*=", re.MULTILINE), "pytest-timeout"),
    (re.compile(r"--benchmark-"), "pytest-benchmark"),
    (re.compile(r"--randomly-|-p\s+randomly"), "pytest-randomly"),
    (re.compile(r"\bDJANGO_SETTINGS_MODULE\b|--ds="), "pytest-django"),
    (re.compile(r"--reruns\b"), "pytest-rerunfailures"),
    (re.compile(r"--mypy-|mypy_testing_base"), "pytest-mypy-plugins"),
)
_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t]+([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE)
#: Names of groups, those first that say most plainly what they are for.
_FOR_TESTS = ("tests", "test", "testing", "unit", "dev", "develop", "development", "ci")
_FOR_LINTERS = (
    "lint", "linting", "linters", "typing", "types", "type", "mypy", "quality", "style", "format", "check", "dev",
    "develop", "development", "ci",
)  # fmt: skip
PYTEST, COVERAGE = "pytest", "coverage"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The groups and extras to install, with what each brings of what is needed, and what nothing brings.

    `tests` are those of them that the tests need.
    """

    chosen: tuple[tuple[Group, tuple[str, ...]], ...]
    tests: tuple[Group, ...]
    missing: tuple[str, ...]

    def names(self, how: How) -> tuple[str, ...]:
        """Return the names for one input."""
        return tuple(group.name for group, _ in self.chosen if group.how is how)

    @property
    def test_groups(self) -> tuple[str, ...]:
        """The groups for the tests where others are for the linters alone; nothing where all are for both."""
        found = tuple(each.name for each in self.tests if each.how is How.GROUP)
        return found if found != self.names(How.GROUP) else ()

    def why(self, how: How) -> str:
        """Return what for, as the end of a sentence."""
        return "; ".join(
            f"{group.where} has {', '.join(of)}" for group, of in self.chosen if group.how is how
        )


def with_what_comes_along(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return the groups with what pytest-cov brings: coverage.py, which many name only in this way."""
    return tuple(
        replace(each, brings=each.brings | {COVERAGE}) if "pytest-cov" in each.brings else each
        for each in groups
    )


def of_tests(
    sources: Iterable[str],
    settings: Iterable[str],
    groups: Sequence[Group],
    own: Iterable[str],
    *,
    measured: bool,
) -> tuple[str, ...]:
    """Return the distributions that the tests need, as far as any group brings them.

    pytest is always one of them, coverage.py where it is `measured`. `sources` are the tests as text, `settings` what
    pytest reads, `own` the modules of the project itself.
    """
    known = frozenset().union(*(each.brings for each in groups)) if groups else frozenset()
    found = dict.fromkeys([PYTEST, COVERAGE] if measured else [PYTEST])
    ours = frozenset(own)
    for text in sources:
        for module in dict.fromkeys(_IMPORT.findall(text)):
            if module not in ours:
                found.setdefault(normalised(_BRINGS.get(module, module)))
    for text in settings:
        for pattern, plugin in _PLUGINS:
            if pattern.search(text):
                found.setdefault(plugin)
    return tuple(each for each in found if each in (PYTEST, COVERAGE) or each in known)


def choose(
    groups: Sequence[Group], tests: Sequence[str], linters: Mapping[str, str], *, most: int = 0
) -> Choice:
    """Return what to install: for the tests first, whose groups often bring the linters too.

    `linters` are distributions and the tools that need them. With `most` no more groups than that are chosen.
    """
    there = frozenset().union(*(each.brings for each in groups if each.how is How.ALWAYS))
    chosen: dict[Group, tuple[str, ...]] = {}

    def take(needs: Iterable[str], ranks: Sequence[str]) -> Iterator[str]:
        """Choose until nothing more can be brought, and yield what is missing."""
        have = there.union(*(each.brings for each in chosen))
        left = [each for each in needs if each not in have]
        while left:
            able = [each for each in groups if each.how is not How.ALWAYS and each.brings & {*left}]
            able = [each for each in able if each not in chosen]
            if not able or (most and len(chosen) >= most):
                break
            # What the first need comes with decides: pytest lies where the other needs of the tests do.
            first = [each for each in able if left[0] in each.brings] or able
            best = min(first, key=lambda each: _rank(each, left, ranks))
            chosen[best] = tuple(each for each in left if each in best.brings)
            left = [each for each in left if each not in best.brings]
        yield from left

    missing = list(take(tests, _FOR_TESTS))
    for_tests = tuple(chosen)
    missing += take(linters, _FOR_LINTERS)
    return Choice(chosen=tuple(chosen.items()), tests=for_tests, missing=tuple(missing))


def _rank(group: Group, needs: Sequence[str], ranks: Sequence[str]) -> tuple[int, bool, int, int, str]:
    name = normalised(group.name)
    place = ranks.index(name) if name in ranks else len(ranks)
    brought = sum(each in group.brings for each in needs)
    return place, group.how is How.EXTRA, -brought, len(group.brings), name
