"""The planner of agent.py, loaded as the file that it is: whole, balanced, and the same wherever it is computed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

AGENT = Path(__file__).resolve().parents[3] / "src" / "ci_actions" / "ci_test" / "agent.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_of_ci_test", AGENT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


agent = load()

NAMES = st.builds(
    lambda file, family, case: f"tests/test_{file}.py::{family}{case}",
    st.integers(0, 4),
    st.sampled_from(["test_it", "TestA::test_it", "TestB::test_it", "test_more"]),
    st.one_of(st.just(""), st.text(min_size=1, max_size=6).map(lambda text: f"[{text}]")),
)
SECONDS = st.one_of(st.just(0.0), st.floats(0, 1000), st.floats(0, 1e-9))


def load_of(share: Sequence[str], cost: Mapping[str, int]) -> int:
    return sum(cost[each] for each in share)


@given(st.dictionaries(NAMES, st.one_of(st.none(), SECONDS), max_size=60), st.integers(1, 12))
def test_the_shares_are_the_whole_and_disjoint(tests: dict[str, float | None], shards: int) -> None:
    durations = {name: seconds for name, seconds in tests.items() if seconds is not None}
    shares, divided = agent.plan(tests, durations, shards)
    assert len(shares) == shards
    assert sorted(name for share in shares for name in share) == sorted(tests)
    homes = {
        file: {
            number for number, share in enumerate(shares) for name in share if name.startswith(f"{file}::")
        }
        for file in {name.partition("::")[0] for name in tests}
    }
    assert divided == sorted(file for file, numbers in homes.items() if len(numbers) > 1)


@given(
    st.dictionaries(NAMES, SECONDS, max_size=40),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_no_order_changes_the_plan(durations: dict[str, float], shards: int, chance: random.Random) -> None:
    names = list(durations)
    expected = agent.plan(names, durations, shards)
    chance.shuffle(names)
    again = dict(sorted(durations.items(), key=lambda _: chance.random()))
    # A name that is there twice is one, and a time of a test that is gone is nothing.
    assert agent.plan(names + names[:3], {**again, "tests/gone.py::test_it": 5.0}, shards) == expected


@given(st.dictionaries(NAMES, SECONDS, min_size=1, max_size=60), st.integers(1, 8))
def test_a_plan_is_nearly_as_good_as_test_by_test(durations: dict[str, float], shards: int) -> None:
    cost = agent.costs(sorted(durations), durations)
    shares, _ = agent.plan(durations, durations, shards)
    best = max(agent.longest_first([[name] for name in sorted(durations)], cost, shards)[1])
    mean = sum(cost.values()) / shards
    longest = max(load_of(share, cost) for share in shares)
    # Longest first is itself at most a third above the best there is; what is left beyond 5 % cannot be divided.
    assert longest <= 4 / 3 * max(mean, best) * agent.TOLERANCE


def suite(files: int, tests: int, seed: int) -> dict[str, float]:
    """A suite as they are: times are log-normal, and some files hold most of it."""
    chance = random.Random(seed)
    weights = [chance.lognormvariate(0, 1) for _ in range(files)]
    names: dict[str, float] = {}
    while len(names) < tests:
        file = chance.choices(range(files), weights)[0]
        names[f"tests/test_{file:03}.py::Test{chance.randrange(4)}::test_{len(names):05}"] = (
            chance.lognormvariate(-3, 1.5)
        )
    return names


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("shards", [2, 8, 60])
@pytest.mark.parametrize("files", [25, 400])
def test_ten_thousand_tests_are_balanced(files: int, shards: int, seed: int) -> None:
    durations = suite(files, 10_000, seed)
    shares, _ = agent.plan(durations, durations, shards)
    cost = agent.costs(sorted(durations), durations)
    best = max(agent.longest_first([[name] for name in sorted(durations)], cost, shards)[1])
    assert max(load_of(share, cost) for share in shares) <= best * 1.05


def test_files_stay_whole_where_that_is_balanced() -> None:
    durations = {f"tests/test_{file}.py::test_{test}": 1.0 for file in range(8) for test in range(5)}
    shares, divided = agent.plan(durations, durations, 4)
    assert divided == []
    assert [len(share) for share in shares] == [10, 10, 10, 10]


def test_a_file_that_is_too_large_is_cut_between_classes() -> None:
    durations = {f"test_a.py::Test{letter}::test_{test}": 1.0 for letter in "ABCD" for test in range(3)}
    shares, divided = agent.plan(durations, durations, 4)
    assert divided == ["test_a.py"]
    assert [{name.split("::")[1] for name in share} for share in shares] == [
        {"TestA"}, {"TestB"}, {"TestC"}, {"TestD"}
    ]  # fmt: skip


def test_only_what_is_too_large_is_cut() -> None:
    durations = {f"test_large.py::test_{test}": 1.0 for test in range(60)}
    durations |= {f"test_{file}.py::test_{test}": 1.0 for file in range(10) for test in range(4)}
    shares, divided = agent.plan(durations, durations, 4)
    assert divided == ["test_large.py"]
    assert max(map(len, shares)) <= 26


def test_a_test_that_is_longer_than_its_share_is_alone() -> None:
    durations = {"test_a.py::test_long": 100.0} | {f"test_a.py::test_{number}": 1.0 for number in range(20)}
    shares, _ = agent.plan(durations, durations, 3)
    assert ["test_a.py::test_long"] in shares
    # The others are no longer than that together: there is nothing to gain by cutting them once more.
    assert sorted(map(len, shares)) == [0, 1, 20]


def test_tests_without_times_cost_the_median() -> None:
    ids = ["a.py::test_1", "a.py::test_2", "a.py::test_3", "b.py::test_new"]
    known = {"a.py::test_1": 1.0, "a.py::test_2": 2.0, "a.py::test_3": 30.0}
    assert agent.costs(ids, known)["b.py::test_new"] == 2_000_000
    assert agent.costs(["b.py::test_new"], known) == {"b.py::test_new": 1_000_000}


def test_tests_of_no_time_are_divided_by_their_number() -> None:
    durations = {f"test_a.py::test_{number}": 0.0 for number in range(40)}
    shares, _ = agent.plan(durations, durations, 4)
    assert [len(share) for share in shares] == [10, 10, 10, 10]


def test_fewer_tests_than_shards() -> None:
    shares, _ = agent.plan(["a.py::test_1"], {}, 3)
    assert sorted(map(len, shares)) == [0, 0, 1]
    assert agent.plan([], {}, 2) == ([[], []], [])


PROGRAM = """
import hashlib, json, runpy, sys
agent = runpy.run_path(sys.argv[1])
ids = ["tests/test_%d.py::test_%d[%s]" % (n % 7, n, "\\xe4::" * (n % 3)) for n in range(500)]
durations = {name: ((n * 7919) % 1000) / 97.0 for n, name in enumerate(ids) if n % 5}
print(hashlib.sha256(json.dumps(agent["plan"](set(ids), durations, 6)).encode()).hexdigest())
"""


def test_neither_a_seed_of_hashes_nor_a_version_of_python_changes_the_plan() -> None:
    import interpreters

    seen = set()
    for python in interpreters.find((3, 6)).values():
        for seed in ("0", "1", "4242"):
            done = subprocess.run(
                [python, "-c", PROGRAM, AGENT],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{python}: {done.stderr}"
            seen.add(done.stdout)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("name", "file", "family"),
    [
        ("a.py::test_x", "a.py", "a.py::test_x"),
        ("a.py::TestA::test_x[b::c]", "a.py", "a.py::TestA"),
        ("a.py::test_x[b::c]", "a.py", "a.py::test_x"),
        ("README.rst::README.rst", "README.rst", "README.rst::README.rst"),
        ("a.py", "a.py", "a.py"),
    ],
)
def test_files_and_families(name: str, file: str, family: str) -> None:
    assert agent.file_of(name) == file
    assert agent.family_of(name) == family


def test_the_digest_is_of_lines() -> None:
    names = ["a.py::test[\udce4]", "b.py::test"]
    text = "a.py::test[\udce4]\nb.py::test\n".encode("utf-8", "surrogateescape")
    assert agent.digest(names) == hashlib.sha256(text).hexdigest()
    # A half of a pair that is no byte either; pytest lets nobody write it by accident.
    assert len(agent.digest(["a.py::test[\ud800]"])) == 64


def test_the_agent_is_python_3_6() -> None:
    import ast

    ast.parse(AGENT.read_text("utf-8"), feature_version=(3, 6))
    assert sys.version_info >= (3, 11)
