"""Pure: into how many jobs the tests of a version are split, and what these are called."""

from __future__ import annotations

from collections.abc import Sequence

from ci_actions.ci_plan.config import AUTO, MOST_SHARDS, Config
from ci_actions.ci_plan.model import Recorded, Shard
from ci_actions.kit.errors import BadInput

#: In a matrix of tests that do not run: GitHub refuses one without entries before it looks at the job's `if`.
NONE = Shard("none", "none", "", "1/1")


def count(config: Config, recorded: Recorded, versions: int) -> tuple[int, str]:
    """Return into how many shards the tests of one version are split, and why.

    Raises BadInput when all of them together are more than GitHub starts.
    """
    most = MOST_SHARDS // max(versions, 1)
    if most < 1:
        raise BadInput(f"{versions} versions of Python are more than the {MOST_SHARDS} jobs of a matrix")
    if config.test_command:
        return 1, "test-command runs as a whole"
    if config.layout == "single":
        return 1, "layout: single has one job"
    if config.shards != AUTO:
        if config.shards > most:
            raise BadInput(
                f"input 'shards' is {config.shards}, and there are {versions} versions of Python: a matrix has at most "
                f"{MOST_SHARDS} jobs, so at most {most} shards"
            )
        return config.shards, f"shards: {config.shards}"
    if recorded.seconds is None:
        return 1, recorded.why
    needed = max(1, -int(-recorded.seconds // (config.shard_minutes * 60)))
    found = min(needed, config.max_shards, most)
    minutes = (
        f"{recorded.tests} tests take {recorded.seconds / 60:.1f} minutes, and a shard {config.shard_minutes}"
    )
    if found < needed:
        limit = "max-shards" if found == config.max_shards else f"the {MOST_SHARDS} jobs of a matrix"
        return found, f"{minutes}; {needed} are limited to {found} by {limit}"
    return found, minutes


def shards(versions: Sequence[str], number: int) -> tuple[Shard, ...]:
    """Return the shards of every version. An id is safe in the name of an artifact, and unique as versions are."""
    return tuple(
        Shard(
            name=f"{version or 'tests'} ({each}/{number})" if number > 1 else version or "tests",
            id=f"{version or 'tests'}-{each}",
            python=version,
            shard=f"{each}/{number}",
        )
        for version in versions
        for each in range(1, number + 1)
    )
