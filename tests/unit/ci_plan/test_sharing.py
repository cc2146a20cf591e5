from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_actions.ci_plan.config import AUTO, MOST_SHARDS, Config
from ci_actions.ci_plan.model import Recorded
from ci_actions.ci_plan.sharing import NONE, count, shards
from ci_actions.kit.errors import BadInput

UNKNOWN = Recorded(seconds=None, why="no durations are recorded yet")


def recorded(seconds: float) -> Recorded:
    return Recorded(seconds=seconds, tests=10, why="d.json")


@pytest.mark.parametrize(
    ("config", "known", "expected", "why"),
    [
        pytest.param(Config(), recorded(9999), 1, "shards: 1", id="one by default"),
        pytest.param(Config(shards=3), UNKNOWN, 3, "shards: 3", id="a number"),
        pytest.param(Config(shards=AUTO), UNKNOWN, 1, "no durations are recorded yet", id="auto at first"),
        pytest.param(Config(shards=AUTO), recorded(0), 1, "10 tests take 0.0 minutes", id="no time at all"),
        pytest.param(Config(shards=AUTO), recorded(300), 1, "5.0 minutes, and a shard 5", id="exactly one"),
        pytest.param(Config(shards=AUTO), recorded(300.5), 2, "a shard 5", id="a little more than one"),
        pytest.param(Config(shards=AUTO, shard_minutes=1), recorded(300), 5, "a shard 1", id="shorter shards"),
        pytest.param(Config(shards=AUTO), recorded(1e6), 8, "3334 are limited to 8 by max-shards", id="the limit"),
        pytest.param(
            Config(shards=AUTO, max_shards=256), recorded(1e6), 128, "by the 256 jobs of a matrix", id="GitHub's limit"
        ),
        pytest.param(Config(shards=AUTO, test_command="x"), recorded(1e6), 1, "test-command", id="a command"),
        pytest.param(Config(shards=AUTO, layout="single"), recorded(1e6), 1, "layout: single", id="one job"),
    ],
)  # fmt: skip
def test_how_many(config: Config, known: Recorded, expected: int, why: str) -> None:
    found, said = count(config, known, versions=2)
    assert found == expected
    assert why in said


def test_more_than_a_matrix_holds_is_refused() -> None:
    assert count(Config(shards=51), UNKNOWN, versions=5)[0] == 51
    with pytest.raises(BadInput, match="at most 51 shards"):
        count(Config(shards=52), UNKNOWN, versions=5)
    with pytest.raises(BadInput, match="257 versions"):
        count(Config(), UNKNOWN, versions=257)


@given(st.floats(0, 1e7), st.integers(1, 360), st.integers(1, MOST_SHARDS), st.integers(1, 20))
def test_auto_is_never_more_than_allowed_and_never_fewer_than_needed(
    seconds: float, minutes: int, most: int, versions: int
) -> None:
    config = Config(shards=AUTO, shard_minutes=minutes, max_shards=most)
    found, _ = count(config, recorded(seconds), versions)
    assert 1 <= found <= most
    assert found * versions <= MOST_SHARDS
    limited = found in (most, MOST_SHARDS // versions)
    assert limited or (found - 1) * minutes * 60 < max(seconds, 1e-9) <= found * minutes * 60 or seconds == 0


def test_entries() -> None:
    found = shards(("3.12", "pypy3.10"), 2)
    assert [each.name for each in found] == ["3.12 (1/2)", "3.12 (2/2)", "pypy3.10 (1/2)", "pypy3.10 (2/2)"]
    assert [each.id for each in found] == ["3.12-1", "3.12-2", "pypy3.10-1", "pypy3.10-2"]
    assert [each.shard for each in found] == ["1/2", "2/2", "1/2", "2/2"]
    assert shards(("3.12",), 1)[0].as_json() == {
        "name": "3.12",
        "id": "3.12-1",
        "python": "3.12",
        "shard": "1/1",
    }
    assert shards(("",), 1)[0].as_json() == {"name": "tests", "id": "tests-1", "python": "", "shard": "1/1"}


def test_ids_are_unique_and_safe_in_names_of_artifacts() -> None:
    found = shards(("3.12", "3.13t", "3.14-dev", "pypy3.10", "3.15.0-rc.1", "graalpy-24.1"), 11)
    ids = [each.id for each in found]
    assert len(set(ids)) == len(ids) == 66
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", each) for each in (*ids, NONE.id))
