"""Pure: outcome -> Report. What people read, in one place: messages, tables, outputs, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ci_actions.ci_build.config import Config
from ci_actions.ci_build.model import Distribution, Outcome
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-build"


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
    wheels = "a wheel" if len(outcome.wheels) == 1 else f"{len(outcome.wheels)} wheels"
    return f"{NAME}: {outcome.name} {outcome.version}, a source distribution and {wheels}"


def _outputs(outcome: Outcome) -> Mapping[str, str]:
    folder = outcome.facts.folder
    built = bool(outcome.facts.distributions)
    return {
        "dist": folder if built else "",
        "version": outcome.version,
        "sdist": f"{folder}/{outcome.sdists[0].file}" if outcome.sdists else "",
        "wheels-json": json.dumps([_as_json(outcome, each) for each in outcome.wheels]),
    }


def _as_json(outcome: Outcome, each: Distribution) -> Mapping[str, object]:
    return {
        "path": f"{outcome.facts.folder}/{each.file}",
        "bytes": each.bytes,
        "sha256": each.sha256,
        "tags": list(each.tags),
    }


def _details(outcome: Outcome) -> Mapping[str, object]:
    facts = outcome.facts
    return {
        "name": outcome.name,
        "version": outcome.version,
        "python": facts.python,
        "source-date-epoch": facts.epoch,
        "seconds": round(facts.build.seconds, 1),
        "distributions": [
            {
                **_as_json(outcome, each),
                "name": each.name,
                "version": each.version,
                "files": len(each.members),
                "twine": _twine(outcome, each),
            }
            for each in facts.distributions
        ],
        "older": list(facts.older),
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
    if outcome.facts.distributions:
        yield _table(outcome)
    if outcome.warnings:
        yield "\n".join(f"- ⚠️ {markdown.escape(each)}" for each in outcome.warnings)
    for cause in outcome.causes:
        if cause.lines:
            said = "\n".join(f"{markdown.code(line)}<br>" for line in cause.lines)
            yield markdown.details("The last lines", said)
    told = f"Built with Python {outcome.facts.python} in {outcome.facts.build.seconds:.0f} s"
    if outcome.facts.asked:
        told += f" (Python {outcome.facts.asked} is too old for the builder)"
    when = f", SOURCE_DATE_EPOCH {outcome.facts.epoch}" if outcome.facts.epoch else ""
    yield f"{markdown.escape(told + when)}."


def _table(outcome: Outcome) -> str:
    rows = [
        [
            markdown.code(each.file),
            f"{each.bytes:,}",
            f"{len(each.members):,}",
            markdown.code(each.sha256),
            markdown.escape(_twine(outcome, each)),
        ]
        for each in outcome.facts.distributions
    ]
    return markdown.table(("Distribution", "Bytes", "Files", "SHA-256", "twine check"), rows, right=(1, 2))


def _log(outcome: Outcome) -> Iterator[str]:
    for each in outcome.facts.distributions:
        yield f"{each.sha256}  {each.file}  ({each.bytes:,} bytes, twine check {_twine(outcome, each)})"
    if outcome.facts.distributions:
        yield f"in {outcome.facts.folder}"


def _twine(outcome: Outcome, each: Distribution) -> str:
    return outcome.judged.get(each.file, "not checked").lower()
