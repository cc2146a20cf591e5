"""Pure: configuration and facts -> outcome. A build that ended well and left nothing is no build."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ci_actions.ci_frontend.config import Config
from ci_actions.ci_frontend.model import Built, Cause, Facts, Fit, Outcome, Step
from ci_actions.kit.errors import PRECEDENCE, Exit

EXCERPT = 25
#: How npm, yarn and pnpm say that nobody answered: https://docs.npmjs.com/common-errors
_UNREACHABLE = re.compile(
    r"\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ESOCKETTIMEDOUT|ERR_SOCKET_TIMEOUT"
    r"|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN)\b"
)
_NPM_SAYS = re.compile(r"^npm (?:error|ERR!) (?!A complete log|code |errno |\s*$)(?P<text>.*\S)")
_USAGE = re.compile(r"^npm (?:error|ERR!) (?:Clean install a project|Usage:)")
_BLANK = re.compile(r"^npm (?:error|ERR!)\s*$")


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the verdict on what the commands did and left."""
    built = {each.path: each for fit in facts.fits for each in fit.files if each.fresh}
    causes = [cause for step in facts.steps for cause in _of_step(config, step)]
    causes += [cause for fit in facts.fits for cause in _of_fit(fit, facts)]
    causes.sort(key=lambda cause: PRECEDENCE.index(cause.code))
    return Outcome(
        facts=facts,
        causes=tuple(causes),
        warnings=tuple(_warnings(facts)),
        built=tuple(built[path] for path in sorted(built)),
    )


# --- commands --------------------------------------------------------------------------------------


def _of_step(config: Config, step: Step) -> Iterator[Cause]:
    if step.ok:
        return
    lines = excerpt(step.lines)
    what = f"{step.name} (`{step.command}`)"
    if step.code is None:
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text=f"{what} was stopped: everything together takes longer than {config.timeout} minutes.",
            advice="See in the log where it waits, for a server that never ends perhaps, or raise timeout.",
            lines=lines,
        )
    elif step.code < 0 or step.code in (128 + 9, 128 + 15):
        signal = -step.code if step.code < 0 else step.code - 128
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text=f"{what} was ended by signal {signal}.",
            advice="Signal 9 is mostly the system, out of memory: NODE_OPTIONS=--max-old-space-size=… limits node.",
            lines=lines,
        )
    elif step.name == "install" and (why := unreachable(step.lines)):
        yield Cause(
            code=Exit.UNAVAILABLE,
            text=f"{what} could not fetch packages: {why}",
            advice="Is the registry of .npmrc right, and reachable from this runner?",
            lines=lines,
        )
    else:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"{what} failed with exit code {step.code}: {reason(step.lines)}",
            advice=_advice(step),
            lines=lines,
        )


def unreachable(lines: Sequence[str]) -> str:
    """Return the line that says that a registry did not answer, nothing if none does."""
    return next((line.strip()[:300] for line in reversed(lines) if _UNREACHABLE.search(line)), "")


def reason(lines: Sequence[str]) -> str:
    """Return what npm itself says, and which packages it means, else the last line of the command's own."""
    said = [found["text"] for line in excerpt(lines, len(lines)) if (found := _NPM_SAYS.match(line))]
    own = [line.strip() for line in lines if line.strip() and not line.startswith("npm ")]
    # Of a script that failed npm says only that it did.
    if said and not any("Lifecycle script" in each for each in said):
        meant = [each for each in said[1:] if each.startswith(("Missing:", "Invalid:"))]
        return " ".join((said[0][:300], *meant[:5]))
    return own[-1][:300] if own else "it said nothing."


def excerpt(lines: Sequence[str], most: int = EXCERPT) -> tuple[str, ...]:
    """Return the last lines of a command, without the page of usage that npm adds to an error."""
    usage = next((place for place, line in enumerate(lines) if _USAGE.match(line)), len(lines))
    kept = [line for line in lines[:usage] if line.strip() and not _BLANK.match(line)]
    return tuple(kept[-most:])


def _advice(step: Step) -> str:
    if any(
        "in sync" in line or ("package-lock.json" in line and "npm install" in line) for line in step.lines
    ):
        return "Run `npm install` and commit package-lock.json."
    if step.code == 127:
        return "The command is not installed: is it in devDependencies?"
    return f"`{step.command}` shows the same on a laptop."


# --- outputs ---------------------------------------------------------------------------------------


def _of_fit(fit: Fit, facts: Facts) -> Iterator[Cause]:
    if any(each.fresh and each.bytes for each in fit.files):
        return
    if not fit.files:
        there = f"{fit.folders[0]} is there and holds no file that fits" if fit.folders else "no file fits"
        appeared = (
            f" What appeared: {_listed(facts.appeared)}."
            if facts.appeared
            else " Nothing else appeared either."
        )
        yield _not_met(f"The build ended well and left no '{fit.glob}': {there}.{appeared}")
    elif not any(each.fresh for each in fit.files):
        yield _not_met(
            f"The build ended well and wrote nothing: what fits '{fit.glob}' was there before ({_paths(fit.files)}).",
            "Delete it from the repository, or let the build write it anew.",
        )
    else:
        yield _not_met(
            f"The build left '{fit.glob}' empty: {_paths(fit.files)} {_counts(fit.files)} 0 bytes."
        )


def _not_met(text: str, advice: str = "Correct the build, or the input outputs.") -> Cause:
    return Cause(code=Exit.NOT_MET, text=text, advice=advice)


def _warnings(facts: Facts) -> Iterator[str]:
    for fit in facts.fits:
        old = [each for each in fit.files if not each.fresh]
        if old and len(old) < len(fit.files):
            yield (
                f"{len(old)} of the {len(fit.files)} files that fit '{fit.glob}' were there before, and this run did not "
                f"write them: {_paths(old)}."
            )


def _counts(files: Sequence[Built]) -> str:
    return "has" if len(files) == 1 else "have"


def _paths(files: Sequence[Built]) -> str:
    return _listed([each.path for each in files])


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
