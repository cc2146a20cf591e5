"""Pure: configuration and facts -> outcome. Whether what was built is fit to be published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ci_actions.ci_build import contents
from ci_actions.ci_build.config import Config
from ci_actions.ci_build.model import Cause, Distribution, Ended, Facts, Outcome
from ci_actions.kit.errors import PRECEDENCE, Exit

#: What pip says when nobody answers: https://pip.pypa.io/en/stable/topics/configuration/
_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|Max retries exceeded|ConnectTimeoutError"
    r"|ReadTimeoutError|ProxyError|SSLError|ConnectionResetError|Network is unreachable|ProtocolError"
    r"|Retrying \(Retry\(|not a trusted or secure host"
)
#: The last of an error, in the words of Python, of pip or of a compiler.
_REASON = re.compile(
    r"^(?:< )?(?:[A-Za-z_][\w.]*(?:Error|Exception|Unavailable|Failure)\b: |[Ee][Rr][Rr][Oo][Rr]: )"
)
#: Says only that there was a reason.
_EMPTY_REASON = re.compile(
    r"^(?:subprocess\.)?CalledProcessError|No matching distribution found|Backend subprocess exited"
)
_OWN = re.compile(
    r'^ +File ".*(?:/site-packages/(?:build|pyproject_hooks)/|/contextlib\.py|/subprocess\.py|<frozen )'
)
_NOISE = re.compile(
    r"^(?:TIP |(?:subprocess\.)?CalledProcessError|ERROR Command |> .*-m pip |Traceback \(most recent)"
)
EXCERPT = 20
_CHECKED = re.compile(
    r"^Checking (?P<file>.+): (?P<verdict>PASSED(?: with warnings)?|FAILED(?: due to warnings)?)\s*$"
)


def decide(config: Config, facts: Facts) -> Outcome:
    """Return the verdict on a build."""
    judged = {name: verdict for name, verdict, _ in _checked(facts.check)}
    causes = [*_of_build(config, facts.build)] if not facts.build.ok else [*_of_result(facts)]
    causes.sort(key=lambda cause: PRECEDENCE.index(cause.code))
    readable = [each for each in facts.distributions if not each.problem]
    return Outcome(
        facts=facts,
        causes=tuple(causes),
        warnings=tuple(_warnings(facts)),
        version=readable[0].version if readable else "",
        name=readable[0].name if readable else "",
        judged=judged,
    )


# --- the build -------------------------------------------------------------------------------------


def _of_build(config: Config, build: Ended) -> Iterator[Cause]:
    lines = excerpt(build.lines)
    if build.code is None:
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text=f"The build did not end within {config.timeout} minutes and was stopped.",
            advice="Raise timeout, or see in the log where it waits.",
            lines=lines,
        )
    elif build.code < 0:
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text=f"The build was ended by signal {-build.code}.",
            advice="Signal 9 is mostly the system, out of memory.",
            lines=lines,
        )
    elif why := unreachable(build.lines):
        yield Cause(
            code=Exit.UNAVAILABLE,
            text=f"What the build needs could not be fetched: {why}",
            advice="Point pip at an index that answers (PIP_INDEX_URL), or at a folder of wheels (PIP_NO_INDEX=1 and "
            "PIP_FIND_LINKS).",
            lines=lines,
        )
    else:
        yield Cause(
            code=Exit.NOT_MET,
            text=f"The build failed: {reason(build.lines)}",
            advice="`python -m build` shows the same on a laptop.",
            lines=lines,
        )


def unreachable(lines: Sequence[str]) -> str:
    """Return the line that says that an index did not answer, nothing if it did.

    Only where packages could not be had in the end: pip tries again, and a build may succeed, or fail for itself.
    """
    if not any(
        "No matching distribution found" in each or "Could not install packages" in each for each in lines
    ):
        return ""
    return next((each.strip("<> ")[:300] for each in reversed(lines) if _UNREACHABLE.search(each)), "")


def reason(lines: Sequence[str]) -> str:
    """Return the one line that says most about why a build failed."""
    said = [each.removeprefix("< ").strip() for each in lines if each.strip()]
    for line in reversed(said):
        if _REASON.match(line) and not _EMPTY_REASON.search(line):
            return line[:300]
    return said[-1][:300] if said else "it said nothing."


def excerpt(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the last lines of a build without the frames of the builder's own calls."""
    kept: list[str] = []
    own = False
    for line in lines:
        if _OWN.match(line):
            own = True
            continue
        if own and line.startswith("    "):
            continue
        own = False
        if line.strip() and not _NOISE.match(line) and set(line.strip()) != {"^"}:
            kept.append(line)
    return tuple(kept[-EXCERPT:])


# --- the result ------------------------------------------------------------------------------------


def _of_result(facts: Facts) -> Iterator[Cause]:
    sdists = [each for each in facts.distributions if not each.is_wheel]
    wheels = [each for each in facts.distributions if each.is_wheel]
    if len(sdists) != 1:
        named = f": {', '.join(each.file for each in sdists)}" if sdists else ""
        yield _not_met(f"The build left {len(sdists)} source distributions, not one{named}.")
    if not wheels:
        yield _not_met("The build left no wheel.")
    for each in facts.distributions:
        yield from _of_one(each)
    readable = [each for each in facts.distributions if not each.problem]
    yield from _of_versions(readable)
    yield from _of_interpreter(facts, wheels)
    yield from _of_check(facts)


def _of_one(each: Distribution) -> Iterator[Cause]:
    if each.problem:
        yield _not_met(f"{each.file} is broken: {each.problem}.")
        return
    if each.name.upper() == "UNKNOWN":
        yield _not_met(
            f"{each.file} is of a project without a name.",
            "Name it in [project], and see that [build-system] names a setuptools new enough to read that (61 or newer).",
        )
    if inside := contents.repository_files(each):
        yield _not_met(
            f"{each.file} holds the repository: {contents.listed(inside)}.",
            "Leave .git out: it holds the whole history, and may hold the token of the checkout.",
        )
    if each.is_wheel and contents.is_empty(each):
        yield _not_met(
            f"{each.file} holds no module: nothing but its metadata.",
            'Tell the backend where the packages are; for setuptools [tool.setuptools.packages.find], where = ["src"].',
        )


def _of_versions(distributions: Sequence[Distribution]) -> Iterator[Cause]:
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    versions: dict[Version, list[str]] = {}
    names: dict[str, list[str]] = {}
    for each in distributions:
        try:
            version = Version(each.version)
        except InvalidVersion:
            yield _not_met(
                f"{each.file} names the version '{each.version}', which is none.",
                "What versions look like: https://packaging.python.org/en/latest/specifications/version-specifiers/.",
            )
            continue
        if each.named and Version(each.named) != version:
            yield _not_met(f"{each.file} is version {version} by its metadata.")
        versions.setdefault(version, []).append(each.file)
        names.setdefault(canonicalize_name(each.name), []).append(each.file)
    for found, what in ((versions, "versions"), (names, "names")):
        if len(found) > 1:
            said = "; ".join(f"{key} ({', '.join(files)})" for key, files in found.items())
            yield _not_met(
                f"The distributions have different {what}: {said}.",
                "The wheel is built from the source distribution: what tells the version must be in there.",
            )


def _of_interpreter(facts: Facts, wheels: Sequence[Distribution]) -> Iterator[Cause]:
    """Yield that a wheel is for another Python than the one that was asked for; a pure one is the same from any."""
    bound = [each.file for each in wheels if any(re.match(r"cp\d+-cp", tag) for tag in each.tags)]
    if facts.asked and bound:
        yield Cause(
            code=Exit.BAD_INPUT,
            text=f"Python {facts.asked} is too old for the builder, so Python {facts.python} built {', '.join(bound)}.",
            advice="Name an interpreter of 3.11 or newer with the input python, or build these wheels with cibuildwheel.",
        )


def _of_check(facts: Facts) -> Iterator[Cause]:
    check = facts.check
    if check is None:
        return
    checked = list(_checked(check))
    failed = [(name, lines) for name, verdict, lines in checked if verdict.startswith("FAILED")]
    if check.code is None:
        yield Cause(code=Exit.CANNOT_JUDGE, text="twine check did not end in time.")
    elif failed:
        by_lines: dict[tuple[str, ...], list[str]] = {}
        for name, lines in failed:
            by_lines.setdefault(lines, []).append(name)
        for lines, names in by_lines.items():
            yield _not_met(
                f"twine check: {', '.join(names)}: {_joined(lines)}",
                "PyPI would show the description as plain text, or refuse the upload.",
            )
    elif check.code or len(checked) != len(facts.distributions):
        yield Cause(
            code=Exit.CANNOT_JUDGE,
            text=f"twine check ended with exit code {check.code} and looked at {len(checked)} of "
            f"{len(facts.distributions)} files.",
            lines=check.lines[-EXCERPT:],
        )


def _checked(check: Ended | None) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield file, verdict and what was said about it, for each file that twine looked at."""
    name, verdict = "", ""
    said: list[str] = []
    for line in check.lines if check else ():
        found = _CHECKED.match(line)
        if not found:
            said.append(line)
            continue
        if name:
            yield name, verdict, tuple(said)
        name, verdict = found["file"].replace("\\", "/").rpartition("/")[2], found["verdict"]
        said = []
    if name:
        yield name, verdict, tuple(said)


def _joined(lines: Sequence[str]) -> str:
    said = " ".join(" ".join(lines).split())
    return re.sub(r"^(?:ERROR|WARNING) +", "", said)[:1000]


def _not_met(text: str, advice: str = "") -> Cause:
    return Cause(code=Exit.NOT_MET, text=text, advice=advice)


# --- warnings --------------------------------------------------------------------------------------


def _warnings(facts: Facts) -> Iterator[str]:
    if facts.older:
        yield (
            f"{facts.folder} held {contents.listed(facts.older)} before: not of this build, not looked at. "
            "Whoever uploads the folder uploads them too."
        )
    sdist = next((each for each in facts.distributions if not each.is_wheel and not each.problem), None)
    for each in facts.distributions:
        if found := contents.secrets(each):
            yield f"{each.file} holds files with names of secrets: {contents.listed(found)}."
        if found := contents.litter(each):
            yield f"{each.file} holds traces of work: {contents.listed(found)}."
        if each.is_wheel and not each.problem:
            yield from _of_wheel(each, sdist)
    for name, verdict, lines in _checked(facts.check):
        if verdict == "PASSED with warnings":
            yield f"twine check: {name}: {_joined(lines)}"


def _of_wheel(wheel: Distribution, sdist: Distribution | None) -> Iterator[str]:
    if found := contents.too_common(wheel):
        yield f"{wheel.file} installs {contents.listed(found)} at the top, where those of other projects clash with it."
    if sdist and (missing := contents.lacking(wheel, sdist)):
        yield (
            f"{wheel.file} lacks {contents.listed(missing)}, which the source distribution has in the same "
            "packages: name subpackages and package data too."
        )
    if platforms := sorted(set(contents.not_portable(wheel))):
        yield (
            f"{wheel.file} is for {', '.join(platforms)}: PyPI takes manylinux and musllinux only. "
            "Repair it with auditwheel, or build it with cibuildwheel."
        )
