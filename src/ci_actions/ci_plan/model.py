"""The values that facts, decide and report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ci_actions.ci_plan.belonging import Belonging
    from ci_actions.project.files import ProjectFiles


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What the project consists of: for each part the file or setting that shows it, empty where nothing does.

    `tested_documents` is the setting that makes tests of documents, `readme` are the files that become part of the
    package's metadata, relative to the git root.
    """

    python: str = ""
    tests: str = ""
    coverage: str = ""
    package: str = ""
    documents: str = ""
    tested_documents: str = ""
    readme: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What the change takes away of what proves the project: a test file, the word that measures coverage."""

    tests: str = ""
    coverage: str = ""


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """The folder of package.json, relative to the git root; `missing` is whether it has none."""

    folder: str
    missing: bool


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What is known of earlier runs: the seconds of all tests together, None when nothing is, and why or from where.

    `given` is whether they are in the file of the input `durations`, which is no part of the checkout.
    """

    seconds: float | None
    tests: int = 0
    why: str = ""
    given: bool = False


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything the plan stands on. Paths are relative to the git root.

    `changed` is None where there is no change (`no_change` says why) or its base cannot be had (`problem`).
    `packages` are the folders that hold an `__init__.py`, so that a document there may be data.
    """

    directory: str
    files: ProjectFiles
    signs: Signs
    belonging: Belonging
    packages: frozenset[str] = frozenset()
    changed: frozenset[str] | None = None
    base: str = ""
    base_how: str = ""
    no_change: str = ""
    problem: str = ""
    removed: Removed = field(default_factory=Removed)
    frontend: Frontend | None = None
    recorded: Recorded
    loosened: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """Whether a job runs, and why, as the end of a sentence."""

    run: bool
    why: str


@dataclass(frozen=True)
class Shard:
    """One entry of the matrix of tests."""

    name: str
    id: str
    python: str
    shard: str

    def as_json(self) -> dict[str, str]:
        """Return what stands in the matrix."""
        return {"name": self.name, "id": self.id, "python": self.python, "shard": self.shard}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The plan. `shards` are empty when no test runs, `versions` what is or would be tested.

    `own` are the changed files of this project; `cautions` must be read before the plan is believed.
    """

    name: str
    jobs: Mapping[str, Decision]
    python: str
    python_why: str
    versions: tuple[str, ...]
    versions_why: str
    shards: tuple[Shard, ...]
    shards_why: str
    runner: str
    facts: Facts
    own: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
