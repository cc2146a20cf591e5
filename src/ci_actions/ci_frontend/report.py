"""Pure: outcome -> Report. What people read, in one place: messages, tables, outputs, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ci_actions.ci_frontend.config import Config
from ci_actions.ci_frontend.model import Outcome, Step
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-frontend"
#: Files that are listed: in the summary, and in the output, which GitHub limits to 1 MiB.
ROWS = 20
LISTED = 2000


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    return Report(
        capability=NAME,
        result=_result(outcome),
        exit_code=outcome.code,
        headline=_headline(outcome),
        outputs=_outputs(outcome),
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        show_summary=config.summary,
        next_step=outcome.causes[0].advice if outcome.causes else "",
        log=tuple(_log(outcome)),
        details=_details(outcome),
        folder=config.report_dir,
    )


def _result(outcome: Outcome) -> Result:
    if outcome.code is Exit.PASSED:
        return Result.PASSED
    return Result.FAILED if outcome.code is Exit.NOT_MET else Result.ERROR


def _headline(outcome: Outcome) -> str:
    if outcome.causes:
        others = len(outcome.causes) - 1
        more = f" (and {others} more)" if others else ""
        verdict = "" if outcome.code is Exit.NOT_MET else "no verdict. "
        return f"{NAME}: {verdict}{outcome.causes[0].text}{more}"
    count = len(outcome.built)
    return f"{NAME}: {count:,} {'file' if count == 1 else 'files'}, {outcome.bytes:,} bytes"


def _outputs(outcome: Outcome) -> Mapping[str, str]:
    rows = [{"path": each.path, "bytes": each.bytes} for each in outcome.built]
    return {"outputs-json": json.dumps(rows[:LISTED]), "bytes": str(outcome.bytes)}


def _details(outcome: Outcome) -> Mapping[str, object]:
    return {
        "steps": [
            {
                "name": each.name,
                "command": each.command,
                "exit-code": each.code,
                "seconds": round(each.seconds, 1),
            }
            for each in outcome.facts.steps
        ],
        "outputs": [
            {
                "glob": fit.glob,
                "files": len(fit.files),
                "written": sum(each.fresh for each in fit.files),
                "bytes": sum(each.bytes for each in fit.files),
            }
            for fit in outcome.facts.fits
        ],
        "files": len(outcome.built),
        "problems": [{"code": int(each.code), "text": each.text} for each in outcome.causes],
        "warnings": list(outcome.warnings),
    }


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    for cause in outcome.causes:
        said = "\n".join((f"{cause.text} {cause.advice}".rstrip(), *cause.lines))
        yield Annotation(level=Level.ERROR, title=NAME, message=said)
    for warning in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=NAME, message=warning)


def _summary(outcome: Outcome) -> Iterator[str]:
    if outcome.causes:
        yield "\n".join(f"- {markdown.escape(each.text)}" for each in outcome.causes)
    steps = [
        [markdown.escape(each.name), markdown.code(each.command), f"{each.seconds:.1f} s", _state(each)]
        for each in outcome.facts.steps
    ]
    yield markdown.table(("Step", "Command", "Time", "State"), steps, right=(2,))
    if outcome.facts.fits:
        rows = [
            [
                markdown.code(fit.glob),
                f"{sum(each.fresh for each in fit.files):,}",
                f"{sum(each.bytes for each in fit.files if each.fresh):,}",
            ]
            for fit in outcome.facts.fits
        ]
        yield markdown.table(("Output", "Files", "Bytes"), rows, right=(1, 2))
    if outcome.warnings:
        yield "\n".join(f"- ⚠️ {markdown.escape(each)}" for each in outcome.warnings)
    for cause in outcome.causes:
        if cause.lines:
            said = "\n".join(f"{markdown.code(line)}<br>" for line in cause.lines)
            yield markdown.details("The last lines", said)
    if outcome.built:
        largest = sorted(outcome.built, key=lambda each: (-each.bytes, each.path))
        shown = [[markdown.code(each.path), f"{each.bytes:,}"] for each in largest]
        yield markdown.details(
            "The largest files", markdown.table(("File", "Bytes"), shown, right=(1,), limit=ROWS)
        )


def _state(step: Step) -> str:
    if step.ok:
        return "✅"
    if step.code is None:
        return "⛔ stopped"
    return f"⛔ signal {-step.code}" if step.code < 0 else f"❌ exit code {step.code}"


def _log(outcome: Outcome) -> Iterator[str]:
    for each in outcome.facts.steps:
        yield f"{each.name}: `{each.command}`, {each.seconds:.1f} s, {_state(each)}"
    for fit in outcome.facts.fits:
        written = sum(each.fresh for each in fit.files)
        yield f"{fit.glob}: {written:,} files, {sum(each.bytes for each in fit.files if each.fresh):,} bytes"
