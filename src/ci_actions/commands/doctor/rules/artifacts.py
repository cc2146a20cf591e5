"""Files that go from job to job. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ci_actions.commands.doctor.files import File
from ci_actions.commands.doctor.model import Rule, Said
from ci_actions.commands.doctor.repository import Repository
from ci_actions.workflows.document import Items, Node, Place, Scalar, Table
from ci_actions.workflows.model import Step
from ci_actions.workflows.references import Remote
from ci_actions.workflows.source import place_of

_GLOB = re.compile(r"[*?\[]")
_VERSION = re.compile(r"v?(?P<major>\d+)(?:\.(?P<minor>\d+))?")


def _hidden(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for _, step in file.steps:
        if not _uses(step, "actions/upload-artifact") or _text(step, "include-hidden-files") not in (
            "",
            "false",
        ):
            continue
        version = _version(file, step)
        path = step.given.get("path")
        if version is None or version < (4, 4) or not isinstance(path, Scalar):
            continue
        for line in path.text.splitlines():
            pattern = line.strip()
            if pattern and not pattern.startswith("!") and _leaves_out(pattern):
                yield Said(
                    place=place_of(file.lines, path, pattern),
                    message=f"'{pattern}' is hidden, so nothing of it is uploaded",
                    fix="add `include-hidden-files: true`",
                )


def _leaves_out(pattern: str) -> bool:
    """Whether upload-artifact finds nothing for a pattern.

    It starts at the part without globs, and takes nothing whose own name, or that of a folder below, begins with a dot:
    https://github.com/actions/toolkit/blob/main/packages/glob/src/internal-globber.ts
    """
    parts = [
        each for each in re.sub(r"\$\{\{.*?\}\}", "x", pattern).split("/") if each not in ("", ".", "..")
    ]
    if not parts:
        return False
    first = next((number for number, each in enumerate(parts) if _GLOB.search(each)), len(parts))
    if first and parts[first - 1].startswith("."):
        return True
    return any(each.startswith(".") for each in parts[first:])


def _version(file: File, step: Step) -> tuple[int, int] | None:
    """Return the version of the action; a moving tag is the newest of its major. None where nobody can tell."""
    reference = step.uses.reference if step.uses else None
    if not step.uses or not isinstance(reference, Remote):
        return None
    text = reference.ref
    if reference.pinned:
        text = file.line(step.uses.place.line).partition("#")[2].strip()
    found = _VERSION.match(text)
    if found is None:
        return None
    newest = 0 if reference.pinned and not found["minor"] else 99
    return int(found["major"]), int(found["minor"]) if found["minor"] else newest


def _one_name(file: File, repository: Repository) -> Iterator[Said]:
    del repository
    for job in file.jobs.values():
        if _rows(job.matrix) < 2:
            continue
        for step in job.steps:
            if not _uses(step, "actions/upload-artifact") or _text(step, "overwrite") not in ("", "false"):
                continue
            if _text(step, "archive") == "false":
                # Its name is that of the file.
                continue
            version = _version(file, step)
            name = _text(step, "name")
            if version is None or version < (4, 0) or _depends_on_the_row(name):
                continue
            if _depends_on_the_row((step.condition.text if step.condition else ""), condition=True):
                continue
            node = step.given.get("name")
            yield Said(
                place=node.place if node else step.uses.place if step.uses else step.place,
                message=f"each of the {_rows(job.matrix)} jobs of this matrix uploads an artifact "
                f"'{name or 'artifact'}', and only the first of them can",
                fix="put what tells the jobs apart into the name: `${{ matrix.… }}`",
            )


def _depends_on_the_row(text: str, *, condition: bool = False) -> bool:
    """Whether a text can be another one for each job of a matrix."""
    if condition:
        return any(f"{word}." in text for word in ("matrix", "steps", "env", "runner", "strategy", "needs"))
    inner = " ".join(re.findall(r"\$\{\{(.*?)\}\}", text, re.DOTALL))
    rest = re.sub(r"\b(?:github|inputs|vars)\.[\w.-]+", "", inner)
    return bool(re.search(r"[A-Za-z]", rest)) or "github.job" in inner


def _rows(matrix: Node | None) -> int:
    """Return how many jobs a matrix has at least; 0 where only a run can tell."""
    if not isinstance(matrix, Table):
        return 0
    rows = 1
    keys = 0
    included = 0
    for key, value in matrix.entries:
        if key.text == "exclude":
            return 0
        if key.text == "include":
            if not isinstance(value, Items):
                return 0
            included = len(value.items)
        elif isinstance(value, Items):
            keys += 1
            rows *= len(value.items)
        else:
            return 0
    return rows if keys else included


def _not_merged(file: File, repository: Repository) -> Iterator[Said]:
    for job, steps in file.step_lists:
        del job
        folders: dict[str, tuple[bool, Place]] = {}
        for step in steps:
            if _uses(step, "actions/download-artifact") and "name" not in step.given:
                folder = _text(step, "path").removeprefix("./").rstrip("/")
                merged = _text(step, "merge-multiple")
                if (
                    "artifact-ids" not in step.given
                    and merged in ("", "false", "true")
                    and "${{" not in folder
                ):
                    folders[folder] = (merged == "true", step.place)
            elif (callee := repository.callee(step)) and callee.ours and "files" in callee.inputs:
                yield from _missed(file, step, folders)


def _missed(file: File, step: Step, folders: dict[str, tuple[bool, Place]]) -> Iterator[Said]:
    files = step.given.get("files")
    if not isinstance(files, Scalar):
        return
    for glob in re.split(r"[\n,]", files.text):
        pattern = glob.strip().removeprefix("./")
        folder = next(
            (
                each
                for each in sorted(folders, key=len, reverse=True)
                if each and pattern.startswith(f"{each}/")
            ),
            None,
        )
        if folder is None or "**" in pattern or "${{" in pattern:
            continue
        merged, _ = folders[folder]
        depth = pattern.removeprefix(f"{folder}/").count("/")
        if depth == 0 and not merged:
            yield Said(
                place=place_of(file.lines, files, glob.strip()),
                message=f"without `merge-multiple` each artifact is a folder of its own in {folder}/, so '{pattern}' finds "
                "no file",
                fix=f"write '{folder}/*/…', or add `merge-multiple: true` to the download",
            )


def _uses(step: Step, action: str) -> bool:
    reference = step.uses.reference if step.uses else None
    return isinstance(reference, Remote) and not reference.path and reference.repository.lower() == action


def _text(step: Step, name: str) -> str:
    node = step.given.get(name)
    return node.text.strip() if isinstance(node, Scalar) else ""


RULES = (
    Rule(
        id="hidden-files",
        question="Is every hidden file that is uploaded asked for as one?",
        why="upload-artifact leaves out `.coverage` and whatever else begins with a dot since version 4.4, and stays green.",
        ask=_hidden,
    ),
    Rule(
        id="artifact-name",
        question="Has each job of a matrix its own artifact name?",
        why="Since version 4 the second upload under a name is refused. Asked where the number of jobs stands in the file.",
        ask=_one_name,
    ),
    Rule(
        id="artifact-folders",
        question="Does `files` of ours look where the download put them?",
        why="Several artifacts are folders of their own unless `merge-multiple` is set.",
        ask=_not_merged,
    ),
)
