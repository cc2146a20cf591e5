from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ci_actions.project.answer import IN_STEP, Answer, drifted, unknown
from ci_actions.project.drift import Drift
from ci_actions.project.environments import Rejected
from ci_actions.project.managers import Detected
from ci_actions.project.model import Interpreter, Manager
from ci_actions.project.python_versions import Resolved, Supported
from ci_actions.python_setup_with_cache import decide
from ci_actions.python_setup_with_cache.config import Config
from ci_actions.python_setup_with_cache.drivers.provide import Choice
from ci_actions.python_setup_with_cache.model import InstallFacts, Keyed, KeyFacts, Plan, PlanFacts, Service
from ci_actions.python_setup_with_cache.places import Machine

PYTHON = Interpreter(
    path="/tools/3.12.4/bin/python",
    implementation="cpython",
    version="3.12",
    full_version="3.12.4",
    free_threaded=False,
    prefix="/tools/3.12.4",
    base_prefix="/tools/3.12.4",
    platform="linux",
    os_version="ubuntu-24.04",
    libc="glibc-2.39",
    machine="x86_64",
)


def facts(manager: Manager = Manager.POETRY, *, lock: str = "poetry.lock", **more: Any) -> PlanFacts:
    found = PlanFacts(
        supported=None,
        resolved=Resolved(
            request="3.12", source="requires-python", version="3.12", supported=("3.11", "3.12")
        ),
        detected=Detected(
            manager=manager,
            reason=lock or "by hand",
            locks=(lock,) if lock else (),
            inputs=("pyproject.toml",),
        ),
        drifts=(),
        service=Service(restore=True, save=True),
        present=None,
        given={"manager": "auto"},
        prefix="svc",
        started=1.0,
    )
    return replace(found, **more)


def drift(answer: Answer) -> Drift:
    return Drift(lock="poetry.lock", answer=answer, mend="poetry lock")


@pytest.mark.parametrize(
    ("config", "found", "keeps", "why"),
    [
        ({}, facts(), "venv", "proved"),
        ({}, facts(Manager.UV, lock="uv.lock"), "downloads", "uv links"),
        ({"cache": "both"}, facts(), "both", "cache: both"),
        ({"cache": "off"}, facts(), "", "cache: off"),
        ({"install": False}, facts(), "", "install is false"),
        ({"manager": "none"}, facts(Manager.NONE, lock=""), "", "no manager"),
        ({}, facts(service=Service(restore=False, save=False, why="a tag")), "", "a tag"),
        ({}, facts(service=Service(restore=False, save=False)), "", "are false"),
    ],
)
def test_what_is_kept_and_why(config: dict[str, Any], found: PlanFacts, keeps: str, why: str) -> None:
    plan = decide.plan(Config(**config), found)
    assert plan.keeps == keeps
    assert why in plan.keeps_why
    assert plan.restore is plan.save is bool(keeps)


def test_a_cache_that_may_only_be_read_is_not_saved() -> None:
    plan = decide.plan(Config(), facts(service=Service(restore=True, save=False, why="a fork")))
    assert (plan.keeps, plan.restore, plan.save) == ("venv", True, False)


@pytest.mark.parametrize(
    ("config", "found", "said", "asks"),
    [
        ({}, facts(drifts=(drift(IN_STEP),)), [], False),
        (
            {},
            facts(drifts=(drift(drifted("pyproject.toml")),)),
            ["poetry.lock does not match pyproject.toml"],
            False,
        ),
        ({}, facts(drifts=(drift(unknown("a date")),)), [], True),
        ({}, facts(lock=""), ["poetry.lock is missing, and lock-policy is frozen"], False),
        ({"lock_policy": "prefer"}, facts(lock=""), [], False),
        ({"install": False}, facts(lock=""), [], False),
        ({}, facts(Manager.PIP, lock=""), [], False),
    ],
    ids=["in-step", "drifted", "unknown", "missing", "prefer", "no-install", "pip-has-none"],
)
def test_a_lock_that_does_not_match_is_told_before_anything_is_done(
    config: dict[str, Any], found: PlanFacts, said: list[str], asks: bool
) -> None:
    plan = decide.plan(Config(**config), found)
    assert len(plan.drifted) == len(said)
    assert all(part in text for part, text in zip(said, plan.drifted, strict=True))
    assert plan.unknown is asks


@pytest.mark.parametrize(("lock", "told"), [("", True), ("requirements.txt", False)])
def test_what_is_not_locked_is_told(lock: str, told: bool) -> None:
    plan = decide.plan(Config(), facts(Manager.PIP_TOOLS, lock=lock))
    assert any("Nothing is locked" in each for each in plan.warnings) is told
    assert plan.is_locked is not told


def test_a_matrix_needs_nothing_else() -> None:
    known = Supported(versions=("3.11", "3.12"), source="requires-python", warnings=("disagree",))
    plan = decide.plan(Config(mode="matrix"), facts(supported=known, resolved=None, detected=None))
    assert (plan.mode, plan.versions, plan.warnings) == ("matrix", ("3.11", "3.12"), ("disagree",))
    assert not plan.installs_python


@pytest.mark.parametrize(("present", "installs"), [(None, True), (PYTHON, False)])
def test_an_interpreter_that_is_there_is_used(present: Interpreter | None, installs: bool) -> None:
    plan = decide.plan(Config(), facts(present=present))
    assert plan.installs_python is installs
    assert plan.files == ("svc/poetry.lock", "svc/pyproject.toml")


def test_a_plan_goes_through_json_unchanged() -> None:
    plan = decide.plan(Config(), facts())
    assert Plan.from_json(plan.as_json()) == plan


# --- the key --------------------------------------------------------------------------------------


def key_facts(plan: Plan, **more: Any) -> KeyFacts:
    found = KeyFacts(
        plan=plan,
        interpreter=PYTHON,
        choice=Choice(manager=Manager.POETRY, version="2.1.3", why="pinned by this release"),
        brought_by="poetry-0123456789abcdef",
        machine=Machine(
            platform="linux", home="/home/me", workspace="/ws", ours="/home/me/.cache", environ={}
        ),
        environment="/ws/svc/.venv",
        files={"svc/poetry.lock": b"lock"},
        arguments=(),
        indexes=(),
        today=date(2026, 11, 21),
        started=2.0,
    )
    return replace(found, **more)


def test_the_key_and_the_paths() -> None:
    keyed = decide.keyed(Config(), key_facts(decide.plan(Config(), facts())))
    assert "poetry2.1.3-venv-" in keyed.key
    assert keyed.paths == ("svc/.venv", "~/.cache/ci-actions/environments/poetry-0123456789abcdef-*")
    assert keyed.prefixes == ()
    assert keyed.restore
    assert set(keyed.inputs) == {"svc/poetry.lock"}
    assert Keyed.from_json(keyed.as_json()).key == keyed.key


def test_where_nothing_is_kept_there_is_no_key() -> None:
    keyed = decide.keyed(Config(), key_facts(decide.plan(Config(cache="off"), facts())))
    assert (keyed.key, keyed.paths, keyed.restore) == ("", (), False)
    assert keyed.digest


@pytest.mark.parametrize(
    "config",
    [
        {"lock_policy": "prefer"},
        {"groups": ("test",)},
        {"extras": ("s3",)},
        {"cache_version": "2"},
        {"cache_suffix": "x"},
    ],
    ids=str,
)
def test_whatever_changes_what_is_installed_changes_the_key(config: dict[str, Any]) -> None:
    found = key_facts(decide.plan(Config(), facts()))
    assert decide.keyed(Config(**config), found).key != decide.keyed(Config(), found).key


def test_without_a_manager_there_is_only_an_interpreter() -> None:
    keyed = decide.keyed(Config(manager="none"), key_facts(Plan(mode="setup"), choice=None))
    assert (keyed.key, keyed.manager_version, keyed.interpreter.full_version) == ("", "", "3.12.4")


# --- the environment --------------------------------------------------------------------------------


class Proved:
    """Stands for an environment that was proved; `moved` as it says."""

    def __init__(self, *, moved: bool) -> None:
        self.moved = moved


@pytest.mark.parametrize(
    ("proof", "disposable", "moves", "removes", "installs", "rejected"),
    [
        (None, True, False, False, True, ""),
        (Proved(moved=False), True, False, False, False, ""),
        (Proved(moved=True), True, True, False, False, ""),
        (Rejected(("a.py was changed",)), True, False, True, True, "a.py was changed"),
        (Rejected(("a.py was changed",)), False, False, False, True, "a.py was changed"),
    ],
    ids=["none", "proved", "moved", "rejected", "rejected-on-a-laptop"],
)
def test_only_what_was_proved_is_used(
    proof: Any, disposable: bool, moves: bool, removes: bool, installs: bool, rejected: str
) -> None:
    plan = decide.plan(Config(), facts())
    found = InstallFacts(
        plan=plan,
        keyed=decide.keyed(Config(), key_facts(plan)),
        matched="",
        outcome="",
        proof=proof,
        disposable=disposable,
        size=0,
        verify_seconds=0.0,
        started=3.0,
    )
    work = decide.install(Config(), found)
    assert (work.moves, work.removes, work.installs, work.rejected) == (moves, removes, installs, rejected)
    assert not decide.install(Config(install=False), found).installs
