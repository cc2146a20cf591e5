"""Pure: outcome -> Report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci_actions.ci_release_publish.config import Config
from ci_actions.ci_release_publish.model import Outcome, State
from ci_actions.kit import markdown
from ci_actions.kit.errors import Exit
from ci_actions.kit.report import Annotation, Level, Report, Result

NAME = "ci-release-publish"
_RESULTS = {Exit.PASSED: Result.PASSED, Exit.NOT_MET: Result.FAILED}


def report(config: Config, outcome: Outcome) -> Report:
    """Return everything the run says."""
    code = outcome.code
    return Report(
        capability=NAME,
        result=_RESULTS.get(code, Result.ERROR),
        exit_code=code,
        headline=f"{NAME}: {_headline(config, outcome)}",
        outputs={"url": outcome.url, "published": "true" if outcome.published else "false"},
        annotations=tuple(
            Annotation(
                level=Level.ERROR,
                title=f"{NAME}: {outcome.facts.bundle.tag}",
                message=f"{each.text} {each.advice}",
            )
            for each in outcome.causes
        ),
        summary=tuple(_summary(outcome)),
        next_step=outcome.causes[0].advice if outcome.causes else "",
        log=tuple(_log(outcome)),
        details=_details(outcome),
    )


def _headline(config: Config, outcome: Outcome) -> str:
    tag = outcome.facts.bundle.tag
    if outcome.causes:
        return outcome.causes[0].text.rstrip(".")
    if outcome.state is State.DONE:
        return f"{tag} is {outcome.state.value}"
    count = len(outcome.facts.bundle.files)
    latest = ", as the latest" if outcome.latest else ""
    return f"{tag} {'would be' if config.dry_run else 'is'} published with {count} files{latest}"


def _summary(outcome: Outcome) -> Iterator[str]:
    bundle = outcome.facts.bundle
    if outcome.causes:
        yield "\n".join(f"- {markdown.escape(f'{each.text} {each.advice}')}" for each in outcome.causes)
    if outcome.url:
        yield markdown.link(bundle.tag, outcome.url)
    rows = [[markdown.code(each.name), f"{each.size:,}", f"`{each.sha256}`"] for each in bundle.files]
    yield markdown.table(("File", "Bytes", "SHA-256"), rows, right=(1,))


def _log(outcome: Outcome) -> Iterator[str]:
    bundle = outcome.facts.bundle
    yield f"{bundle.tag} at {bundle.commit}: {outcome.state.value}"
    yield from outcome.steps
    for each in outcome.causes:
        yield f"not met: {each.text}"


def _details(outcome: Outcome) -> Mapping[str, object]:
    bundle = outcome.facts.bundle
    return {
        "tag": bundle.tag,
        "version": bundle.version,
        "commit": bundle.commit,
        "prerelease": bundle.prerelease,
        "latest": outcome.latest,
        "state": outcome.state.value,
        "published": outcome.published,
        "url": outcome.url,
        "steps": list(outcome.steps),
        "causes": [
            {"code": int(each.code), "text": each.text, "advice": each.advice} for each in outcome.causes
        ],
        "files": [{"name": each.name, "size": each.size, "sha256": each.sha256} for each in bundle.files],
    }
