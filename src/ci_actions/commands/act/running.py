"""act's own log, one JSON object a line: shown as act shows it, and listened to.

act exits with 0 when it ran nothing, and when it skipped a job because no label was mapped; both are noticed here.
https://github.com/nektos/act/blob/master/pkg/runner/run_context.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ci_actions.kit.errors import Exit

_SKIPPED = re.compile(r"Skipping unsupported platform -- Try running with `-P (?P<label>.*)=\.\.\.`")
#: What act tells of its own copies, once for every step.
_NOISE = ("LocalRepositoryCache ",)


@dataclass
class Log:
    """What a run has said so far: the result of each job, and the labels for which jobs were skipped."""

    results: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def take(self, line: str) -> Iterator[str]:
        """Yield what is to be shown of a line, and remember what it says of a job."""
        try:
            entry: Any = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            yield line
            return
        # Names are padded to one width.
        job, message = str(entry.get("job", "")).rstrip(), str(entry.get("msg", ""))
        if entry.get("raw_output"):
            yield from (f"[{job}]   | {part}" for part in message.splitlines() or [""])
            return
        if job:
            self.seen.add(job)
        if found := _SKIPPED.search(message):
            self.skipped.setdefault(job, []).append(found["label"])
        if isinstance(entry.get("jobResult"), str):
            self.results[job] = entry["jobResult"]
        if not message.startswith(_NOISE):
            level = entry.get("level", "info")
            start = f"[{job}] " if job else "" if level == "info" else f"{level}: "
            yield from (f"{start}{part}" for part in message.splitlines() or [""])

    def codes(self, code: int | None) -> Iterator[Exit]:
        """Yield how a run with this exit code of act is to be taken; the worst of them counts."""
        if code is None or code < 0:
            yield Exit.CANNOT_JUDGE
        elif code:
            yield Exit.NOT_MET
        if self.skipped or not self.seen:
            yield Exit.CANNOT_JUDGE

    def conclusion(self, code: int | None) -> Iterator[str]:
        """Yield what to say in the end: what was skipped without a word, and how the jobs ended."""
        for job, labels in self.skipped.items():
            named = "', '".join(labels)
            add = " ".join(f"-P {label}=-self-hosted" for label in labels)
            yield f"act skipped {job} in silence: nothing is mapped to its label '{named}'; add `-- {add}`"
        if not self.seen:
            yield "act ran no job: none is started by this event, or `if:` keeps each of them out"
        counted = [
            f"{list(self.results.values()).count(each)} {each}" for each in sorted({*self.results.values()})
        ]
        if self.skipped:
            counted.append(f"{len(self.skipped)} skipped in silence")
        how = "was ended by a signal" if code is None or code < 0 else f"ended with {code}"
        yield f"act {how}: {', '.join(counted) or 'no job'}"
