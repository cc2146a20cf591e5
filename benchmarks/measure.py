"""What the benchmarks share: medians of interleaved runs of whole commands, and the peak memory of all their processes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RUNS = 7


@dataclass(frozen=True)
class Candidate:
    """One command, what it is called, and the exit code it must have."""

    name: str
    argv: Sequence[str | Path]
    expected: int = 0
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Measured:
    """The median of the seconds, their range, and the largest peak of memory in MB."""

    seconds: float
    fastest: float
    slowest: float
    peak: float


def measure(candidates: Sequence[Candidate], runs: int = RUNS) -> dict[str, Measured]:
    """Run all candidates in turn, `runs` times after one to warm up; what one disturbs, it disturbs for all."""
    seconds: dict[str, list[float]] = {each.name: [] for each in candidates}
    peaks: dict[str, float] = dict.fromkeys(seconds, 0.0)
    for turn in range(runs + 1):
        for each in candidates:
            each.prepare()
            took, peak = _run(each)
            if turn:
                seconds[each.name].append(took)
                peaks[each.name] = max(peaks[each.name], peak)
    return {
        name: Measured(sorted(found)[len(found) // 2], min(found), max(found), peaks[name])
        for name, found in seconds.items()
    }


def table(measured: Mapping[str, Measured], against: str) -> str:
    """Return the rows of a Markdown table; ratios are to the candidate `against`."""
    base = measured[against]
    rows = ["| what | median | range | peak memory | time ratio |", "|---|--:|--:|--:|--:|"]
    rows += [
        f"| {name} | {_seconds(each.seconds)} | {_seconds(each.fastest)} – {_seconds(each.slowest)} "
        f"| {each.peak:.0f} MB | {each.seconds / base.seconds:.2f} |"
        for name, each in measured.items()
    ]
    return "\n".join(rows)


def _seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def _run(candidate: Candidate) -> tuple[float, float]:
    """Return the seconds and the peak of resident memory in MB, the children's included, of one run."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # A process of its own, whose only children are the candidate's: RUSAGE_CHILDREN then is the largest of them.
    command = [sys.executable, "-I", "-S", __file__, str(candidate.expected), *map(str, candidate.argv)]
    done = subprocess.run(
        command,
        cwd=candidate.cwd,
        env={**environ, **(candidate.env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{candidate.name}: {done.stderr.strip() or done.stdout.strip()}")
    took, peak = done.stdout.split()
    return float(took), float(peak)


def _child(expected: int, argv: Sequence[str]) -> int:
    start = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, check=False)
    took = time.perf_counter() - start
    if done.returncode != expected:
        sys.stderr.buffer.write(done.stderr[-2000:] or done.stdout[-2000:])
        return 1
    print(took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    return 0


if __name__ == "__main__":
    sys.exit(_child(int(sys.argv[1]), sys.argv[2:]))
