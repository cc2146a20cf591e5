"""Pure: outcome -> Report."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ci_actions.ci_codecov.config import Config
from ci_actions.ci_codecov.model import Outcome
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-codecov"


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    facts = outcome.facts
    took = outcome.code is Exit.PASSED
    return Report(
        capability=NAME,
        result=Result.PASSED if took else Result.ERROR,
        exit_code=outcome.code,
        headline=_headline(outcome),
        outputs={"uploaded": str(took).lower(), "files-json": json.dumps(list(facts.files))},
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        show_summary=config.summary,
        next_step=outcome.advice,
        details={
            "files": list(facts.files),
            "seconds": round(facts.seconds, 1),
            "exit-code": facts.code,
            "codecov-cli": facts.version,
            "address": outcome.address,
        },
        folder=config.report_dir,
    )


def _headline(outcome: Outcome) -> str:
    count = len(outcome.facts.files)
    reports = f"{count} {'report' if count == 1 else 'reports'}"
    return f"{NAME}: {outcome.text}" if outcome.text else f"{NAME}: Codecov has {reports}"


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    # No gate of ours stands on it: what is red elsewhere must not be hidden below this.
    if outcome.text:
        yield Annotation(level=Level.WARNING, title=NAME, message=f"{outcome.text} {outcome.advice}".rstrip())


def _summary(outcome: Outcome) -> Iterator[str]:
    yield "\n".join(f"- {markdown.code(each)}" for each in outcome.facts.files[:20])
    if outcome.address:
        yield f"Codecov shows it at {markdown.code(outcome.address)}."
