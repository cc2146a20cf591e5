"""The situations whose whole output is kept in `files/`: what was measured and asked, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ci_actions.coverage_gate.config import Config, NamedGate
from ci_actions.coverage_gate.decide import decide
from ci_actions.coverage_gate.model import (
    Baseline,
    Checkout,
    CoverageReport,
    Facts,
    FileCoverage,
    LineBranches,
    Outcome,
    Tally,
)
from ci_actions.coverage_gate.report import report
from ci_actions.kit import emit
from ci_actions.kit.diff import ChangedFile
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.lines import from_numbers
from ci_actions.kit.report import Report
from ci_actions.kit.run import would_fail

HEAD, BASE = "1a2b3c4d" * 5, "9f8e7d6c" * 5
NOW = 1_800_000_000.0
BLOB = f"https://github.com/acme/orders/blob/{HEAD}"


def file(
    path: str,
    hit: Iterable[int],
    missed: Iterable[int] = (),
    branches: Mapping[int, tuple[int, int]] | None = None,
) -> FileCoverage:
    known = {line: LineBranches(*counts) for line, counts in (branches or {}).items()}
    ran = from_numbers(hit)
    return FileCoverage(path, ran | from_numbers(missed), ran, known)


def added(path: str, *lines: int, status: Any = "M") -> ChangedFile:
    return ChangedFile(path=path, added=from_numbers(lines), status=status)


def facts(*files: FileCoverage, change: tuple[ChangedFile, ...] | None = None, **more: Any) -> Facts:
    made = CoverageReport(
        file="coverage.xml",
        format="cobertura",
        tool="coverage.py 7.17.3",
        timestamp=NOW - 150,
        files=files,
        has_branches=any(each.branches for each in files),
    )
    values: dict[str, Any] = {
        "reports": (made,),
        "files": {each.path: each for each in files},
        "checkout": {each.path: Checkout(1000) for each in files},
        "source": ("src",),
        "head": HEAD,
        "head_time": NOW - 600,
        "blob_url": BLOB,
        "now": NOW,
        "change": change,
    }
    if change is None:
        values["no_change"] = "the event schedule brings no change"
    else:
        values |= {"base": BASE, "base_how": "first parent 9f8e7d6 of the merge commit 1a2b3c4"}
    return Facts(**(values | more))


@dataclass(frozen=True)
class Situation:
    """What is judged, and how."""

    facts: Facts
    config: Config = field(default_factory=Config)

    def outcome(self) -> Outcome:
        """Return what is decided."""
        return decide(self.config, self.facts)

    def report(self) -> Report:
        """Return what is said, as the runner would hand it to the writer."""
        made = report(self.config, self.outcome())
        return would_fail(made) if self.config.dry_run else made


MONEY = file("src/orders/money.py", range(1, 41))
APP = file("src/orders/app.py", range(1, 86), range(86, 96))
REFUNDS = file(
    "src/orders/refunds.py", [*range(1, 81), 82, 83, 84, 85], [88, 91, 92, 93], {84: (1, 2), 88: (0, 2)}
)
REFUND_LINES = added("src/orders/refunds.py", 80, 82, 83, 84, 85, 86, 88, 90, 91, 92)
HOSTILE = (
    "src/a|b`c<b>&\"'.py",
    "src/::error title=x::y.py",
    "src/##[add-mask]x.py",
    "src/new\nline\r::warning::z.py",
    "src/@org/[x](https://evil.example)/#1.py",
    "src/\x1b[31mred\u202egnp.py",
    "src/caf\udce9 %0A.py",
    "- src/1. list.py",
)


def many(count: int) -> tuple[FileCoverage, ...]:
    return tuple(file(f"src/many/file{number:04}.py", [1, 2, 3], [4, 6, 8]) for number in range(count))


SITUATIONS: Mapping[str, Callable[[], Situation]] = {
    "green": lambda: Situation(
        facts(MONEY, APP, change=(added("src/orders/money.py", 3, 4, 5),)),
        Config(critical_paths=("src/orders/money.py",)),
    ),
    "green-without-a-change": lambda: Situation(facts(MONEY, APP)),
    "green-docs-only": lambda: Situation(facts(MONEY, APP, change=(added("README.md", 1, 2),))),
    "red-new-code": lambda: Situation(facts(MONEY, APP, REFUNDS, change=(REFUND_LINES, added("src/orders/money.py", 3)))),
    "red-overall": lambda: Situation(
        facts(MONEY, file("src/orders/legacy.py", range(1, 10), range(11, 60)), change=(added("src/orders/money.py", 3),))
    ),
    "red-just-below": lambda: Situation(
        facts(file("src/a.py", range(1, 84_997), range(84_997, 100_001)), checkout={"src/a.py": Checkout(100_000)}),
        Config(min_overall=Decimal(85)),
    ),
    "red-critical": lambda: Situation(
        facts(MONEY, REFUNDS, change=(added("src/orders/money.py", 3),)),
        Config(critical_paths=("src/orders/refunds.py",), min_critical=Decimal("97.5")),
    ),
    "red-per-file": lambda: Situation(
        facts(MONEY, APP, *many(8)),
        Config(gate=(NamedGate(name="every file", min=Decimal(60), scope="per-file"),), min_overall=Decimal(50)),
    ),
    "red-per-new-file": lambda: Situation(
        facts(MONEY, *many(2), change=(added("src/many/file0001.py", 1, 2, 3, 4, 6, 8, status="A"),)),
        Config(gate=(NamedGate(name="new files", min=Decimal(80), scope="per-new-file"),), min_new_code=None),
    ),
    "red-ratchet": lambda: Situation(
        facts(
            MONEY, APP, change=(added("src/orders/money.py", 3),),
            baseline=Baseline(tallies={"lines": Tally(126, 135)}, sha=BASE, where="coverage-baseline.json"),
        ),
        Config(baseline="file:coverage-baseline.json"),
    ),
    "red-every-gate": lambda: Situation(
        facts(MONEY, REFUNDS, *many(40), change=(REFUND_LINES, *(added(f"src/many/file{n:04}.py", 4, 6) for n in range(30)))),
        Config(critical_paths=("src/orders",), min_critical=Decimal(99)),
    ),
    "dry-run": lambda: Situation(facts(MONEY, APP, REFUNDS, change=(REFUND_LINES,)), Config(dry_run=True)),
    "not-enforced": lambda: Situation(
        facts(MONEY, APP, change=(added("src/orders/app.py", 85, 86),)), Config(min_changed_lines=5)
    ),
    "uncovered-file": lambda: Situation(
        facts(MONEY, APP, change=(added("src/orders/new.py", 1, 2, 3, status="A"),)), Config(on_unmeasured_file="uncovered")
    ),
    "loosened": lambda: Situation(
        facts(
            MONEY, APP, change=(added("src/orders/money.py", 3), added("pyproject.toml", 7)),
            loosened=("min-overall goes from 90 to 80", "exclude gains 'src/legacy'"), warnings=("a shallow clone was deepened",),
        )
    ),
    "no-verdict-unmeasured": lambda: Situation(
        facts(MONEY, file("/app/src/pay/refund.py", [1]), change=(added("src/pay/refund.py", 1, 2, status="A"),))
    ),
    "no-verdict-shard": lambda: Situation(
        facts(MONEY, APP, change=(added("src/orders/money.py", 3),)), Config(expect_reports=("linux", "windows-3.12"))
    ),
    "no-verdict-empty": lambda: Situation(facts(change=(added("src/orders/money.py", 3),))),
    "no-verdict-stale-and-red": lambda: Situation(
        facts(
            MONEY, REFUNDS, change=(REFUND_LINES,),
            checkout={"src/orders/money.py": Checkout(40), "src/orders/refunds.py": Checkout(20)},
        )
    ),
    "no-verdict-base": lambda: Situation(
        facts(
            MONEY, APP, no_change="",
            change_problem="Cannot find the base commit 9f8e7d6 in this shallow clone after deepening to 1000. "
            "Use actions/checkout with fetch-depth: 0, or pass base:.",
        )
    ),
    "hostile-names": lambda: Situation(
        facts(
            MONEY, *(file(name, [1], [2, 3]) for name in HOSTILE),
            change=(*(added(name, 1, 2) for name in HOSTILE), added("src/no|report\n::error::x.py", 1)),
            loosened=("exclude gains '::error::<b>'",),
        ),
        Config(on_unmeasured_file="warn"),
    ),
}  # fmt: skip

FAILURES: Mapping[str, Report] = {
    "bad-input": emit.failure(
        "coverage-gate",
        BadInput(
            "input 'min-new-code': 0.85 looks like a fraction. Thresholds are percentages; write 85",
            "option '--min-overal' is unknown (did you mean '--min-overall'?)",
        ),
    ),
    "cannot-read": emit.failure(
        "coverage-gate", CannotJudge("coverage.xml ends in the middle.", advice="Write it again.")
    ),
}
