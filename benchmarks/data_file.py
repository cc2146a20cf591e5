"""Times the agent against `coverage json` on the same data file, in one run, after comparing their answers.

    python benchmarks/data_file.py [--files 10000] [--changed 200] [--jobs 2] [--seed 7] [--keep FOLDER]

A package of `--files` modules of about 160 statements is generated from a seed, really run under
`coverage run --branch`, and then analysed by `coverage json` (the peer), by the agent, and by the agent
asked for `--changed` files only. Every file's numbers have to be equal before a time is printed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

AGENT = Path(__file__).parents[1] / "src" / "ci_actions" / "coverage_gate" / "agent.py"

HEADER = '''"""Module {number} of a generated package: orders, rates and the rules between them."""

from __future__ import annotations

import contextlib
import functools

LIMITS = {{
    "low": {low},
    "high": {high},
}}
NAMES = ["order", "rate", "rule"]
'''

FUNCTIONS = (
    '''

def settle_{n}(amount, rate=1, *, strict=False):
    """Return what is left of `amount` after `rate`."""
    total = 0
    if amount > {high}:
        total = amount - {low}  # more than the limit
    elif amount == {low}:
        total = {low}
    else:
        total = amount * rate
    for step in range(amount % 5):
        if step == 3:
            break
        if strict and step:
            continue
        total += step
    else:
        total -= 1
    while total > {high} * 2:
        total //= 2
    return total
''',
    '''

def describe_{n}(order, prefix="order", suffix=None):
    """Return a line about `order`,

    over several lines of text.
    """
    parts = [
        f"{{prefix}}: {{order}}",
        suffix or "none",
        "limits {{}} to {{}}".format(
            LIMITS["low"],
            LIMITS["high"],
        ),
    ]
    try:
        value = int(order)
        if value < 0:
            raise ValueError("negative: "
                             "not an order")
    except (TypeError, ValueError) as wrong:
        parts.append(str(wrong))
        value = 0
    finally:
        parts.append("checked")
    with contextlib.suppress(KeyError):
        parts.append(LIMITS["none"])
    text = ", ".join(part for part in parts if part)
    return text if value else text.upper()
''',
    """

@functools.lru_cache(
    maxsize=8,
)
def rate_{n}(kind, weight):
    # The rule of the house: heavy ones first.
    if kind == "express" and weight > {low} \\
            or kind == "heavy":
        result = weight * 2
    elif kind == "free":  # pragma: no cover
        result = 0
        if weight:
            result = 1
    else:
        result = weight
    if result > {high}: result = {high}
    return result
""",
    '''

class Ledger{n}:
    """Keeps what was settled."""

    limit = {high}

    def __init__(self, owner):
        self.owner = owner
        self.rows = []

    def add(self, amount, *, note=""):
        if amount < 0:
            raise ValueError(note)
        row = {{"amount": amount, "note": note}}
        self.rows.append(row)
        if len(self.rows) > self.limit:
            self.rows.pop(0)
            return None
        return row

    def __repr__(self):
        return """Ledger of
        {{}}""".format(self.owner)

    @property
    def total(self):
        total = 0
        for row in self.rows:
            if not row["amount"]:
                continue
            total += row["amount"]
        return total
''',
)

DRIVER = '''"""Calls a seeded part of every function of the generated package."""

import importlib
import random
import sys

count = int(sys.argv[1])
chance = random.Random(int(sys.argv[2]))
for number in range(count):
    module = importlib.import_module(f"generated.p{number // 100:03}.m{number:05}")
    for name, thing in list(vars(module).items()):
        roll = chance.random()
        if roll < 0.25:
            continue
        if name.startswith("settle_"):
            thing(chance.randrange(60), strict=roll > 0.6)
        elif name.startswith("describe_"):
            thing(chance.choice(["7", "x", -1]))
        elif name.startswith("rate_"):
            thing(chance.choice(["express", "heavy", "slow"]), chance.randrange(90))
        elif name.startswith("Ledger"):
            ledger = thing("me")
            ledger.add(chance.randrange(2))
            if roll > 0.5:
                ledger.total
'''


def module_text(number: int, chance: random.Random) -> str:
    """Return the source of one generated module."""
    numbers = {"low": chance.randrange(10), "high": chance.randrange(10, 50)}
    parts = [HEADER.format(number=number, **numbers)]
    parts += (chance.choice(FUNCTIONS).format(n=index, **numbers) for index in range(chance.randrange(4, 15)))
    return "".join(parts)


def generate(folder: Path, files: int, seed: int) -> None:
    """Write the package and run it under coverage, which leaves `folder/.coverage`."""
    chance = random.Random(seed)
    for number in range(files):
        path = folder / "generated" / f"p{number // 100:03}" / f"m{number:05}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(module_text(number, chance), encoding="utf-8")
    (folder / "drive.py").write_text(DRIVER, encoding="utf-8")
    command = ["-m", "coverage", "run", "--branch", "--source=generated", "drive.py", str(files), str(seed)]
    subprocess.run([sys.executable, *command], cwd=folder, check=True)


def timed(argv: list[str], folder: Path, stdin: str = "") -> tuple[float, str]:
    """Return how long the command took, in seconds, and what it said."""
    start = time.perf_counter()
    done = subprocess.run(argv, cwd=folder, input=stdin, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, done.stdout


def peer(folder: Path) -> tuple[float, dict[str, Any]]:
    """Return the time and the answer of `coverage json`."""
    seconds, _ = timed([sys.executable, "-m", "coverage", "json", "-q", "-o", "peer.json"], folder)
    return seconds, json.loads((folder / "peer.json").read_text(encoding="utf-8"))


def ours(folder: Path, jobs: int, only: list[str] | None) -> tuple[float, dict[str, Any]]:
    """Return the time and the answer of the agent."""
    data = [str(folder / ".coverage")]
    request = {"data": data, "root": str(folder), "rcfile": None, "only": only, "jobs": jobs, "vendor": None}
    seconds, answer = timed([sys.executable, str(AGENT)], folder, json.dumps(request))
    found = json.loads(answer)
    if "error" in found:
        sys.exit(found["error"]["message"])
    return seconds, found


def expand(pairs: list[int]) -> Iterator[int]:
    """Yield the line numbers of flat pairs of first and last line."""
    for first, last in zip(pairs[::2], pairs[1::2], strict=True):
        yield from range(first, last + 1)


def differing(theirs: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Return the files for which the two answers are not the same."""
    wrong = []
    for path, file in answer["files"].items():
        other = theirs["files"][path.replace("/", "\\") if sys.platform == "win32" else path]
        measured, missed = set(expand(file["lines"])), set(expand(file["missed"]))
        missing = sorted(
            (int(line), int(to)) for line, ways in file["branches"].items() for to in ways["missed"]
        )
        total = sum(len(ways["taken"]) + len(ways["missed"]) for ways in file["branches"].values())
        same = (
            # Older ones list as executed what they do not count as a statement.
            measured - missed <= set(other["executed_lines"])
            and len(measured) == other["summary"]["num_statements"]
            and sorted(missed) == other["missing_lines"]
            and sorted(expand(file["excluded"])) == other["excluded_lines"]
            and missing == sorted(map(tuple, other.get("missing_branches", [])))
            and total == other["summary"].get("num_branches", 0)
        )
        if not same:
            wrong.append(path)
    return wrong


def compare(folder: Path, files: int, changed: int, jobs: int) -> None:
    """Print the times and their ratios; exits when an answer differs."""
    paths = [f"generated/p{n // 100:03}/m{n:05}.py" for n in range(0, files, max(files // changed, 1))][
        :changed
    ]
    base, theirs = peer(folder)
    print(f"{files} files, {theirs['totals']['num_statements']} statements")
    print(f"{'coverage json':28} {base:7.2f} s")
    runs = [(f"agent, {n} job(s)", n, None) for n in sorted({1, jobs})]
    for title, workers, only in [*runs, (f"agent, {len(paths)} changed files", jobs, paths)]:
        seconds, answer = ours(folder, workers, only)
        expected = len(only) if only is not None else len(theirs["files"])
        if wrong := differing(theirs, answer) or len(answer["files"]) != expected:
            sys.exit(f"{title}: answers differ: {wrong}")
        print(f"{title:28} {seconds:7.2f} s   {base / seconds:6.2f} times as fast, answers equal")


def main() -> None:
    """Generate once, then compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("files", 10_000), ("changed", 200), ("jobs", 2), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", type=Path, help="generate here, or use what is here already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (given.keep or Path(scratch)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ".coverage").exists():
            generate(folder, given.files, given.seed)
        compare(folder, given.files, given.changed, given.jobs)


if __name__ == "__main__":
    main()
