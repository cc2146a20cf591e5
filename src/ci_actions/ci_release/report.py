"""Pure: outcome -> Report, and the files of the bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ci_actions.ci_release.config import Config
from ci_actions.ci_release.model import Outcome
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Product, Report, Result

NAME = "ci-release"
#: What release-publish.yml reads; a test holds both against each other.
SCHEMA = "ci-actions-release/1"
_RESULTS = {Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says, and the bundle of a tag that may be released."""
    facts, code = outcome.facts, outcome.code
    return Report(
        capability=NAME,
        result=_RESULTS.get(code, Result.ERROR),
        exit_code=code,
        headline=f"{NAME}: {_headline(outcome)}",
        outputs={
            "version": facts.tag.version,
            "tag": facts.tag.text,
            "prerelease": "true" if facts.tag.prerelease else "false",
            "notes-file": "",
        },
        annotations=tuple(_annotations(outcome)),
        summary=tuple(_summary(outcome)),
        next_step=outcome.causes[0].advice if outcome.causes else "",
        log=tuple(_log(outcome)),
        details=_details(outcome),
        products=tuple(_products(config, outcome)),
    )


def sums(outcome: Outcome) -> str:
    """Return the checksums of the files, as `sha256sum --check` reads them."""
    return "".join(f"{each.sha256}  {each.name}\n" for each in outcome.facts.dist or ())


def bundle(outcome: Outcome) -> str:
    """Return what the job that publishes must know."""
    facts = outcome.facts
    return json.dumps(
        {
            "schema": SCHEMA,
            "tag": facts.tag.text,
            "version": facts.tag.version,
            "prerelease": facts.tag.prerelease,
            "commit": facts.commit,
            "files": [
                {"name": each.name, "size": each.size, "sha256": each.sha256} for each in facts.dist or ()
            ],
        },
        indent=1,
    )


def _products(config: Config, outcome: Outcome) -> Iterator[Product]:
    if outcome.causes:
        return

    def place(name: str) -> str:
        return f"{config.out}/{name}" if config.out else ""

    yield Product("notes-file", "notes.md", lambda: outcome.notes, place("notes.md"))
    if outcome.facts.dist is not None:
        yield Product("", "SHA256SUMS", lambda: sums(outcome), place("SHA256SUMS"))
        yield Product("", "release.json", lambda: bundle(outcome), place("release.json"))


def _headline(outcome: Outcome) -> str:
    facts = outcome.facts
    if outcome.causes:
        more = len(outcome.causes) - 1
        return outcome.causes[0].text.rstrip(".") + (f", and {more} more" if more else "")
    kind = "pre-release" if facts.tag.prerelease else "release"
    built = f", with {len(facts.dist)} files" if facts.dist is not None else ""
    return f"{facts.tag.text} is a {kind} of {facts.commit[:12]} on {facts.branch}{built}"


def _annotations(outcome: Outcome) -> Iterator[Annotation]:
    for cause in outcome.causes:
        yield Annotation(
            level=Level.ERROR,
            title=f"{NAME}: {outcome.facts.tag.text}",
            message=f"{cause.text} {cause.advice}",
            file=cause.file,
        )
    for each in outcome.warnings:
        yield Annotation(level=Level.WARNING, title=f"{NAME}: {outcome.facts.tag.text}", message=each)


def _summary(outcome: Outcome) -> Iterator[str]:
    if outcome.causes:
        yield "\n".join(f"- {markdown.escape(f'{each.text} {each.advice}')}" for each in outcome.causes)
    facts = outcome.facts
    if facts.dist:
        rows = [[markdown.code(each.name), f"{each.size:,}", f"`{each.sha256}`"] for each in facts.dist]
        yield markdown.table(("File", "Bytes", "SHA-256"), rows, right=(1,))
    if outcome.notes and not outcome.causes:
        yield markdown.details(f"What changed in {facts.tag.version}", outcome.notes)


def _log(outcome: Outcome) -> Iterator[str]:
    facts = outcome.facts
    yield f"tag {facts.tag.text}: version {facts.tag.version}, commit {facts.commit}"
    where = "on" if facts.on_branch else "not on"
    yield f"{where} {facts.branch}"
    yield f"changelog: {facts.changelog.path if facts.changelog else 'none'}"
    for each in outcome.causes:
        yield f"not met: {each.text}"
    for file in facts.dist or ():
        yield f"{file.sha256}  {file.name} ({file.size:,} bytes)"


def _details(outcome: Outcome) -> Mapping[str, object]:
    facts = outcome.facts
    return {
        "tag": facts.tag.text,
        "version": facts.tag.version,
        "prerelease": facts.tag.prerelease,
        "commit": facts.commit,
        "tagged": facts.tagged,
        "branch": facts.branch,
        "on-branch": facts.on_branch,
        "declared": facts.declared.version if facts.declared else "",
        "built": facts.built_version,
        "changelog": facts.changelog.path if facts.changelog else "",
        "causes": [
            {"code": int(each.code), "text": each.text, "advice": each.advice} for each in outcome.causes
        ],
        "files": [each.name for each in facts.dist or ()],
    }
