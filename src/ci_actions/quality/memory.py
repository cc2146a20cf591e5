"""Edge: answers that are remembered. What is asked for is everything that they depend on; only whole answers are kept."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ci_actions.findings.model import Finding, Kind, Region, Severity
from ci_actions.kit.emit import write_atomically
from ci_actions.quality.model import Answer

#: Changes when a parser or this form does: older answers are then not found.
FORM = 2
#: Answers that are kept; the oldest go first.
KEPT = 400


def key(**parts: object) -> str:
    """Return the name of an answer: the digest of all that it depends on."""
    return sha256(
        json.dumps([FORM, parts], sort_keys=True, default=str).encode("utf-8", "replace")
    ).hexdigest()


@dataclass(frozen=True)
class Memory:
    """A folder with answers; without one nothing is remembered."""

    folder: Path | None

    def recall(self, name: str) -> Answer | None:
        """Return an answer, None for one that is not there or cannot be read."""
        if self.folder is None:
            return None
        try:
            return _read(json.loads((self.folder / f"{name}.json").read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, answer: Answer) -> None:
        """Remember an answer; a folder that cannot be written remembers nothing."""
        if self.folder is None:
            return
        with suppress(OSError):
            write_atomically(self.folder / f"{name}.json", json.dumps(_written(answer)))
            self._forget()

    def recall_text(self, name: str) -> str | None:
        """Return a text, None for one that is not there."""
        if self.folder is None:
            return None
        try:
            return (self.folder / f"{name}.text").read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None

    def keep_text(self, name: str, text: str) -> None:
        """Remember a text."""
        if self.folder is not None:
            with suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
                unfinished = self.folder / f".{name}.{os.getpid()}"
                unfinished.write_bytes(text.encode("utf-8", "surrogateescape"))
                unfinished.replace(self.folder / f"{name}.text")
                self._forget()

    def seconds(self) -> dict[str, float]:
        """Return how long each tool took last time, by name."""
        if self.folder is None:
            return {}
        try:
            found = json.loads((self.folder / "seconds").read_bytes())
            return {str(name): float(value) for name, value in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def keep_seconds(self, took: Mapping[str, float]) -> None:
        """Remember how long tools took, to start the longest first."""
        if self.folder is not None and took:
            with suppress(OSError):
                write_atomically(self.folder / "seconds", json.dumps({**self.seconds(), **took}))

    def _forget(self) -> None:
        assert self.folder is not None
        answers = [*self.folder.glob("*.json"), *self.folder.glob("*.text")]
        if len(answers) > KEPT:
            for path in sorted(answers, key=lambda path: path.stat().st_mtime)[: len(answers) - KEPT]:
                path.unlink(missing_ok=True)


def _written(answer: Answer) -> dict[str, Any]:
    return {
        "findings": [_row(each) for each in answer.findings],
        "remarks": [_row(each) for each in answer.remarks],
        "files": answer.files if isinstance(answer.files, int | None) else sorted(answer.files),
        "score": answer.score,
        "warnings": list(answer.warnings),
    }


def _row(each: Finding) -> list[Any]:
    region = each.region and [
        each.region.line,
        each.region.column,
        each.region.end_line,
        each.region.end_column,
    ]
    return [
        each.tool,
        each.rule,
        each.kind.value,
        int(each.severity),
        each.message,
        each.path,
        region,
        each.url,
        each.fix,
    ]


def _read(found: Mapping[str, Any]) -> Answer:
    files = found["files"]
    return Answer(
        findings=tuple(map(_finding, found["findings"])),
        remarks=tuple(map(_finding, found["remarks"])),
        files=frozenset(files) if isinstance(files, list) else files,
        score=found["score"],
        warnings=tuple(found["warnings"]),
    )


def _finding(row: list[Any]) -> Finding:
    tool, rule, kind, severity, message, path, region, url, fix = row
    return Finding(
        tool=tool,
        rule=rule,
        kind=Kind(kind),
        severity=Severity(severity),
        message=message,
        path=path,
        region=Region(*region) if region else None,
        url=url,
        fix=fix,
    )
