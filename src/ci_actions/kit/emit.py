"""The single writer: turns a Report into outputs, annotations, summary, files and lines for people.

Limits are GitHub's: ten annotations of a kind a step, 4 096 characters a message, 1 MiB of summary a step
(https://docs.github.com/en/actions/reference/limits). What does not fit is counted, never dropped in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ci_actions.kit import markdown
from ci_actions.kit.errors import CiActionsError, Unavailable
from ci_actions.kit.report import SCHEMA, Annotation, Level, Product, Report, Result

ANNOTATIONS = 10
MESSAGE_LENGTH = 4096
#: How many of them a terminal shows.
FINDINGS = 20
SUMMARY_BYTES = 1024 * 1024
#: Room kept for the headline, the note that something was left out, and the next step.
_SUMMARY_MARGIN = 4096

MARKS = {
    Result.PASSED: "✅",
    Result.FAILED: "❌",
    Result.ERROR: "⛔",
    Result.SKIPPED: "⏭️",
    Result.WOULD_FAIL: "⚠️",
    Result.ROLLED_BACK: "↩️",
    Result.PARTIAL: "⚠️",
}
COLOURS = {Result.PASSED: "32", Result.FAILED: "31", Result.ERROR: "31"}


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Where a run may write: GitHub's command files if there are any, the folder for reports, and how to print."""

    github: bool = False
    output_file: Path | None = None
    summary_file: Path | None = None
    path_file: Path | None = None
    env_file: Path | None = None
    temp: Path | None = None
    json: bool = False
    colour: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, json: bool, terminal: bool) -> Targets:
        """Return the targets of this process; the files GitHub names are used only inside Actions."""
        github = environ.get("GITHUB_ACTIONS") == "true"

        def named(variable: str) -> Path | None:
            return Path(environ[variable]) if github and environ.get(variable) else None

        return cls(
            github=github,
            output_file=named("GITHUB_OUTPUT"),
            summary_file=named("GITHUB_STEP_SUMMARY"),
            path_file=named("GITHUB_PATH"),
            env_file=named("GITHUB_ENV"),
            temp=named("RUNNER_TEMP"),
            json=json,
            colour=terminal and not github and "NO_COLOR" not in environ,
        )


def emit(report: Report, targets: Targets, *, root: Path, directory: Path, out: TextIO, err: TextIO) -> None:
    """Write everything a report says.

    `root` is where the folder for reports lies on a laptop, `directory` what paths named by the user are
    relative to. Raises Unavailable when a file cannot be written.
    """
    folder = report_folder(report.capability, report.folder, targets.temp, root=root, directory=directory)
    outputs = {"result": report.result.value, **report.outputs}
    try:
        for product in report.products:
            path = _write_product(product, folder, directory)
            if product.output:
                outputs[product.output] = str(path)
        text = summary(report)
        outputs["summary-file"] = str(folder / "summary.md")
        write_atomically(folder / "summary.md", text)
        if targets.summary_file and report.show_summary:
            _append(targets.summary_file, text)
        path = folder / "report.json"
        outputs["report"] = str(path)
        document = as_json(report, outputs)
        write_atomically(path, document)
        if targets.output_file:
            _append(targets.output_file, _key_values(outputs))
        if targets.path_file and report.paths:
            _append(targets.path_file, "".join(f"{each}\n" for each in report.paths))
        if targets.env_file and report.variables:
            _append(targets.env_file, _key_values(report.variables))
    except OSError as denied:
        raise Unavailable(
            f"Cannot write {denied.filename}: {denied.strerror}.",
            advice="Check the folder's permissions and the disk.",
        ) from denied
    people = err if targets.json else out
    for line in _lines(report, targets):
        print(line, file=people)
    people.flush()
    if targets.json:
        # A file's name may hold what the runner takes for a command wherever it stands in a line.
        print(document.replace("##[", "##\\u005b"), file=out, flush=True)


def as_json(report: Report, outputs: Mapping[str, str]) -> str:
    """Return the JSON report (schema: `schemas/report.schema.json`)."""
    parts = {
        "schema": SCHEMA,
        "capability": report.capability,
        "result": report.result.value,
        "exit-code": int(report.exit_code),
        "headline": report.headline,
        "preface": list(report.preface),
        "next-step": report.next_step,
        "outputs": dict(outputs),
        "annotations": [_annotation_as_json(each) for each in report.annotations],
        "details": report.details,
    }
    import json

    # A line for each part: readable, and the parts go through json's C encoder, which knows no indent.
    lines = (f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}" for name, value in parts.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def summary(report: Report) -> str:
    """Return the job summary: one line, what matters, the rest folded, what to do next; below GitHub's limit."""
    head = "".join(f"> ⚠️ {markdown.escape(each)}\n\n" for each in report.preface)
    head += f"### {MARKS[report.result]} {markdown.escape(report.headline)}\n"
    foot = f"\n**Next:** {markdown.escape(report.next_step)}\n" if report.next_step else ""
    room = SUMMARY_BYTES - _SUMMARY_MARGIN - len(head.encode()) - len(foot.encode())
    shown = []
    for block in report.summary:
        room -= len(block.encode("utf-8", "replace")) + 2
        if room < 0:
            shown.append(
                "_Truncated: the rest does not fit into GitHub's 1 MiB; the JSON report has all of it._"
            )
            break
        shown.append(block)
    return "\n".join([head, "\n\n".join(shown), foot]).encode("utf-8", "replace").decode()


def failure(capability: str, error: CiActionsError) -> Report:
    """Return the report of a run that ended without a verdict."""
    problems = error.problems
    return Report(
        capability=capability,
        result=Result.ERROR,
        exit_code=error.exit_code,
        headline=f"{capability}: {error.label}",
        annotations=tuple(
            Annotation(
                level=Level.ERROR, message=text, title=f"{capability}: {error.label}", file=error.file or ""
            )
            for text in problems
        ),
        summary=("\n".join(f"- {markdown.escape(text)}" for text in problems),),
        details={"problems": list(problems)},
    )


def write_atomically(path: Path, text: str) -> None:
    """Write a whole file or nothing: readers never see half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n", errors="replace")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def laptop_folder(root: Path) -> Path:
    """Return the folder for our files in a project, made when it is missing; git ignores all of it.

    Raises Unavailable when it cannot be made.
    """
    ours = root / ".ci-actions"
    try:
        ours.mkdir(exist_ok=True)
        ignore = ours / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as denied:
        raise Unavailable(
            f"Cannot write {ours}: {denied.strerror}.", advice="Name a folder for the files with report-dir."
        ) from denied
    return ours


def report_folder(capability: str, chosen: str, temp: Path | None, *, root: Path, directory: Path) -> Path:
    """Return the folder for a run's files: the user's, a unique one on a runner, a known one on a laptop.

    A capability that fills it itself asks first, and hands the answer on as `Report.folder`. Raises Unavailable.
    """
    if chosen:
        return directory / chosen
    if temp:
        return temp / "ci-actions" / capability / os.urandom(6).hex()
    return laptop_folder(root) / capability


def harmless(text: str) -> str:
    """Return a line in which the runner finds no command, whatever file names or messages it quotes.

    The runner looks for `::` at the start after trimming, and for `##[` anywhere
    (actions/runner, `ActionCommand.cs`).
    """
    shown = markdown.plain(text).replace("##[", "##\u200b[")
    return f"\u200b{shown}" if shown.lstrip().startswith("::") else shown


def _write_product(product: Product, folder: Path, directory: Path) -> Path:
    path = directory / product.path if product.path else folder / product.name
    write_atomically(path, product.render())
    return path


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _key_values(outputs: Mapping[str, str]) -> str:
    from actions_toolkit.file_command import prepare_key_value_message

    messages = (prepare_key_value_message(name, _encodable(value)) for name, value in outputs.items())
    return "".join(message.replace(os.linesep, "\n") + "\n" for message in messages)


def _encodable(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _lines(report: Report, targets: Targets) -> Iterator[str]:
    for line in report.log:
        yield harmless(line) if targets.github else markdown.plain(line)
    if targets.github:
        yield from commands(report.annotations)
    else:
        yield from _for_people(report.annotations)
    yield from (f"⚠️  {harmless(each)}" for each in report.preface)
    colour = COLOURS.get(report.result, "33") if targets.colour else ""
    headline = f"{MARKS[report.result]} {harmless(report.headline)}"
    yield f"\x1b[1;{colour}m{headline}\x1b[0m" if colour else headline
    if report.next_step:
        yield f"   Next: {harmless(report.next_step)}"


def masking(value: str) -> str:
    """Return the workflow command that makes the runner write `***` for a value from now on."""
    from actions_toolkit.command import Command

    return str(Command("add-mask", {}, value))


def commands(annotations: Sequence[Annotation]) -> Iterator[str]:
    """Yield the workflow commands for the first ten of each kind, then one that counts the rest."""
    from actions_toolkit.command import Command

    left_out = 0
    shown = dict.fromkeys(Level, 0)
    limits = dict.fromkeys(Level, ANNOTATIONS)
    if any(sum(each.level is level for each in annotations) > ANNOTATIONS for level in Level):
        limits[Level.NOTICE] -= 1
    for each in annotations:
        if shown[each.level] >= limits[each.level]:
            left_out += 1
            continue
        shown[each.level] += 1
        yield str(Command(each.level.value, _properties(each), _encodable(each.message)[:MESSAGE_LENGTH]))
    if left_out:
        yield str(
            Command(Level.NOTICE.value, {}, f"and {left_out} more; the summary and the report list them all")
        )


def _properties(each: Annotation) -> dict[str, str]:
    found = {
        "title": _encodable(each.title),
        "file": _encodable(each.file),
        "line": str(each.line or ""),
        "endLine": str(each.end_line or ""),
        # Where a remark has several lines GitHub takes no columns:
        # https://docs.github.com/rest/checks/runs#create-a-check-run
        "col": str((each.column if each.end_line in (0, each.line) else 0) or ""),
    }
    return {name: value for name, value in found.items() if value}


def _for_people(annotations: Sequence[Annotation]) -> Iterator[str]:
    """Yield the annotations as compilers write them; of a long list the first ones."""
    for each in annotations[:FINDINGS]:
        place = ":".join(part for part in (each.file, str(each.line or "")) if part)
        yield markdown.plain(f"{place + ': ' if place else ''}{each.level.value}: {each.message}")
    if len(annotations) > FINDINGS:
        yield f"and {len(annotations) - FINDINGS} more; the JSON report has all of them"


def _annotation_as_json(each: Annotation) -> dict[str, object]:
    return {
        "level": each.level.value,
        "message": _encodable(each.message),
        "title": _encodable(each.title),
        "file": _encodable(each.file),
        "line": each.line,
        "end-line": each.end_line,
    }
