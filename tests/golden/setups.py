"""The situations of python-setup-with-cache whose whole output is kept in `files/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ci_actions.kit.report import Report
from ci_actions.project.model import Interpreter
from ci_actions.python_setup_with_cache import report
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.model import (
    Activated,
    Finished,
    FinishFacts,
    Installed,
    Keyed,
    Plan,
)

KEY = "ca-setup-v1-linux-ubuntu-24.04-glibc-2.39-x86_64-cpython3.12.4-poetry2.1.3-venv-0123456789abcdef0123456789abcdef"
PLAN = Plan(
    mode="setup",
    manager="poetry",
    manager_why="poetry.lock",
    evidence=("poetry: poetry.lock", "pip: requirements.txt"),
    files=("poetry.lock", "pyproject.toml"),
    is_locked=True,
    request="3.12",
    python_why="Python 3.12, from requires-python",
    versions=("3.11", "3.12"),
    keeps="venv",
    keeps_why="an environment that is proved needs no installation",
    restore=True,
    save=True,
    started=100.0,
)
KEYED = Keyed(
    interpreter=Interpreter(
        path="/opt/hostedtoolcache/Python/3.12.4/x64/bin/python",
        implementation="cpython",
        version="3.12",
        full_version="3.12.4",
        free_threaded=False,
        prefix="/opt/hostedtoolcache/Python/3.12.4/x64",
        base_prefix="/opt/hostedtoolcache/Python/3.12.4/x64",
        platform="linux",
        os_version="ubuntu-24.04",
        libc="glibc-2.39",
        machine="x86_64",
    ),
    manager_version="2.1.3",
    manager_why="pinned by this release",
    choice={},
    key=KEY,
    paths=(".venv", "~/.cache/ci-actions/environments/poetry-*"),
    parts=(("system", "linux ubuntu-24.04 glibc-2.39 x86_64"), ("files", "poetry.lock, pyproject.toml")),
    digest="0123456789abcdef0123456789abcdef",
    restore=True,
    inputs={"poetry.lock": "a" * 64, "pyproject.toml": "b" * 64},
    started=101.2,
)
HIT = Installed(
    restored="hit",
    matched=KEY,
    moved_from="/home/runner/shop/.venv",
    distributions=64,
    size_restored=48_200_000,
    seconds={"verify": 0.31, "move": 0.12, "manager": 0.06},
    manager=("/home/runner/.cache/ci-actions/environments/poetry-1/bin/poetry",),
    has_project=True,
    started=104.0,
)
MISS = Installed(
    restored="miss",
    installed=True,
    distributions=64,
    size=48_200_000,
    seconds={"verify": 0.0, "manager": 4.1, "install": 9.7, "record": 0.3, "prune": 0.1},
    has_project=True,
    save=True,
    started=102.0,
)


def ended(
    plan: Plan = PLAN, done: Installed | None = HIT, keyed: Keyed | None = KEYED, save: str = ""
) -> Report:
    facts = FinishFacts(plan=plan, keyed=keyed, installed=done, save_outcome=save, started=118.0)
    activated = Activated(paths=("/w/.venv/bin",), venv="/w/.venv", variables={}, by_hand=False)
    made = Finished(facts=facts, activated=activated if done else None, seconds={"project": 0.8}, ended=119.4)
    return report.finished(Config(), made)


def drifted(**more: Any) -> Report:
    said = "poetry.lock does not match pyproject.toml (content-hash differs). Run 'poetry lock' and commit, "
    said += "or set lock-policy: prefer."
    return report.planned(Config(), replace(PLAN, drifted=(said,), **more))


REJECTED = replace(
    MISS,
    restored="hit",
    matched=KEY,
    save=False,
    size=0,
    rejected="requests: sessions.py was changed",
    size_restored=48_200_000,
)
UNLOCKED = replace(
    PLAN,
    manager="pip",
    manager_why="requirements.txt",
    evidence=("pip: requirements.txt",),
    is_locked=False,
    warnings=("Nothing is locked: what is installed may differ from run to run.",),
)
MATRIX = Plan(
    mode="matrix",
    versions=("3.11", "3.12", "3.13"),
    versions_why="requires-python",
    warnings=("requires-python '>=3.11,<3.14' allows 3.11, 3.12, 3.13; the classifiers name 3.11, 3.12.",),
)

SITUATIONS: dict[str, Callable[[], Report]] = {
    "green-setup-hit": ended,
    "green-setup-miss": lambda: ended(done=MISS, save="success"),
    "green-setup-rejected": lambda: ended(done=REJECTED),
    "green-setup-not-saved": lambda: ended(done=MISS, save="failure"),
    "green-setup-no-service": lambda: ended(
        plan=replace(
            PLAN,
            keeps="",
            keeps_why="no cache by default for a tag: it would decide what is published",
            restore=False,
        ),
        done=replace(MISS, restored="off", save=False),
        keyed=replace(KEYED, key="", paths=(), restore=False),
    ),
    "green-setup-unlocked": lambda: ended(
        plan=UNLOCKED, done=replace(MISS, has_project=False), save="success"
    ),
    "green-setup-in-place": lambda: ended(
        plan=UNLOCKED, done=replace(HIT, has_project=False, keeps_project=True)
    ),
    "green-setup-matrix": lambda: ended(plan=MATRIX, done=None, keyed=None),
    "green-setup-plan": lambda: report.planned(Config(), PLAN),
    "red-setup-drifted": drifted,
    "red-setup-drifted-by-the-manager": lambda: report.installed(
        Config(),
        replace(
            MISS,
            installed=False,
            save=False,
            drift="The lock does not match the project. Run 'uv lock' and commit.",
        ),
    ),
}
