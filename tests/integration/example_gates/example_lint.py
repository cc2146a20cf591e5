"""Is there a line that says BAD? A gate for the tests of `check`, with everything that a gate may have.

It is put into a copy of the program as `ci_actions/example_lint/__init__.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ci_actions.kit.errors import BadInput, Exit
from ci_actions.kit.inputs import BOOLEAN, ChangeInputs, declare, one_of
from ci_actions.kit.report import Annotation, Level, Product, Report, Result
from ci_actions.kit.run import Capability, Edges, Phase, Steps


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(ChangeInputs):
    """What counts, and whether it is mended."""

    scope: str = declare(one_of("all", "new"), default="all", help="What counts.")
    fix: bool = declare(BOOLEAN, default=False, in_settings=False, help="Mend first.")


def gather(config: Config, edges: Edges[Config]) -> dict[str, Any]:
    """Return the lines of the files that git knows."""
    git, root = edges.git, edges.root
    edges.progress(f"in {root}")

    def bad() -> list[tuple[str, int]]:
        return [
            (path, number)
            for path in git.files(edges.prefix or ".")
            if (root / path).is_file() and not (root / path).is_symlink()
            for number, line in enumerate((root / path).read_text().splitlines(), 1)
            if "BAD" in line
        ]

    if config.fix:
        edited = set(git.run("diff", "--name-only", "-z").text.split("\0"))
        wanted = {path for path, _ in bad()}
        # A gate that does not keep the rule: what `check` makes of it is tested, too.
        reckless = (root / "reckless").exists()
        if (refused := sorted(wanted & edited)) and not reckless:
            raise BadInput(f"{', '.join(refused)}: stage the edits first")
        for path in wanted:
            (root / path).write_text((root / path).read_text().replace("BAD", "good"))
    return {
        "bad": bad(),
        "files": len(git.files()),
        "scope": config.scope,
        "commits": len(git.run("rev-list", "--all").text.split()),
        "branch": git.branch(),
        "budget": edges.jobs.total,
        "untracked": git.untracked(),
        "venv": (edges.directory / ".venv" / "marker").is_file(),
    }


def report(_: Config, found: dict[str, Any]) -> Report:
    """Return what was found."""
    bad = found["bad"]
    patch = (Product("patch-file", "fix.patch", lambda: "patch"),) if bad else ()
    return Report(
        capability="example-lint",
        result=Result.FAILED if bad else Result.PASSED,
        exit_code=Exit.NOT_MET if bad else Exit.PASSED,
        headline=f"example-lint: {len(bad)} bad lines",
        outputs={
            "findings-new": str(len(bad)),
            "findings-all": str(len(bad) + 1),
            "files-checked": str(found["files"]),
            "plan-hash": "0123456789abcdef0123",
        },
        annotations=tuple(
            Annotation(level=Level.ERROR, message="it is BAD", file=path, line=line) for path, line in bad
        ),
        details={key: value for key, value in found.items() if key != "bad"},
        products=patch,
    )


CAPABILITY = Capability(
    name="example-lint",
    question="Is there a line that says BAD?",
    config=Config,
    phases=(Phase("judge", lambda: Steps(gather, lambda _, facts: facts, report)),),
    outputs={},
    gate=True,
)
