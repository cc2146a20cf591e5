"""Edge: finds the files of a repository and reads them, and what this version of ours declares."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ci_actions import home
from ci_actions.commands.doctor.callees import Ours
from ci_actions.commands.doctor.files import ACTIONS, WORKFLOWS, File
from ci_actions.commands.doctor.repository import Repository
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.inputs import Declared, declared
from ci_actions.workflows import reading, references
from ci_actions.workflows.document import Parser
from ci_actions.workflows.model import Workflow

_ENDINGS = (".yml", ".yaml")
_NEVER = frozenset(("node_modules", "__pycache__"))
#: Folders that hold others' files where git cannot be asked what is ignored.
_FOREIGN = _NEVER | {"vendor", "site-packages"}


@dataclass(frozen=True, eq=False, repr=False)
class Chosen:
    """The files to be judged, and those beside them that they may call, by their paths below a root."""

    root: Path
    paths: Sequence[str]
    others: Sequence[str]


def choose(root: Path, here: Path, words: Sequence[str], listed: Sequence[str]) -> Chosen:
    """Return what is to be judged: everything that is listed, or the files and folders that are named.

    Raises BadInput for what is not there or lies elsewhere, CannotJudge when there is no workflow and no action.
    """
    paths = sorted(dict.fromkeys(_named(root, here, words, listed))) if words else list(listed)
    if not paths:
        raise CannotJudge(
            f"{', '.join(words) or root} holds no workflow and no action.",
            advice="Run this in a repository with .github/workflows, or name files.",
        )
    return Chosen(root, paths, [] if not words else [each for each in listed if each not in paths])


def listed(root: Path, kept: Callable[[Sequence[str]], Collection[str]] | None) -> list[str]:
    """Return the paths of the workflows and actions below a root.

    `kept` returns those that git does not ignore; None where there is no git, and what looks like others' is left out.
    """
    found = [each for each in _walked(root, _NEVER if kept else _FOREIGN) if _is_meant(each)]
    doubtful = [each for each in found if not each.startswith(".github/")]
    if kept and doubtful:
        known = set(kept(doubtful))
        found = [each for each in found if each not in doubtful or each in known]
    return sorted(found)


def _is_meant(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name in ACTIONS or (f"{folder}/" == WORKFLOWS and name.endswith(_ENDINGS))


def _named(root: Path, here: Path, words: Sequence[str], listed: Sequence[str]) -> Iterator[str]:
    for word in words:
        place = Path(os.path.normpath(here / word))
        if not place.exists():
            raise BadInput(f"'{word}' is neither a file nor a folder")
        if not place.is_relative_to(root):
            raise BadInput(f"'{word}' is not in {root}; run this in the repository that holds it")
        name = place.relative_to(root).as_posix()
        if place.is_file():
            yield name
            continue
        # A folder of workflows that are no workflows here: examples, templates.
        inside = [each for each in listed if name == "." or each.startswith(f"{name}/")]
        yield from inside or [
            f"{name}/{each.name}"
            for each in sorted(place.iterdir())
            if each.suffix in _ENDINGS and each.is_file()
        ]


def _walked(root: Path, left_out: Collection[str]) -> Iterator[str]:
    top = str(root)
    for folder, folders, names in os.walk(top):
        below = folder[len(top) + 1 :].replace(os.sep, "/")
        folders[:] = [
            each for each in folders if each not in left_out and (each[0] != "." or each == ".github")
        ]
        for name in names:
            if name.endswith(_ENDINGS):
                yield f"{below}/{name}" if below else name


def read(chosen: Chosen, ours: Ours, parser: Parser) -> Repository:
    """Return the files. Raises CannotJudge for one that cannot be had."""
    files = {path: _file(chosen.root, path, parser) for path in chosen.paths}
    others = {path: _file(chosen.root, path, parser) for path in chosen.others}
    return Repository(files=files, others=others, ours=ours)


def _file(root: Path, path: str, parser: Parser) -> File:
    try:
        data = (root / path).read_bytes()
    except OSError as denied:
        raise CannotJudge(f"{path} cannot be read: {denied.strerror}.", file=path) from denied
    return File(path, data, parser)


def this_version(repository: str, parser: Parser) -> Ours:
    """Return what this version of ours holds: read from its own tree, and only what is asked for."""
    root = Path(home.root())

    @cache
    def workflow(path: str) -> Workflow | None:
        file = root / path
        # Those with an underscore are for ourselves, and no part of a release.
        if not references.is_workflow(path) or file.name.startswith("_") or not file.is_file():
            return None
        return reading.workflow(file.read_bytes(), parser)

    @cache
    def action(path: str) -> tuple[Mapping[str, Declared], frozenset[str]] | None:
        from ci_actions.capabilities import CAPABILITIES, INTERNAL, load
        from ci_actions.kit.run import COMMON_OUTPUTS

        folder, _, name = path.rpartition("/")
        known = CAPABILITIES if folder == "" else (*CAPABILITIES, *INTERNAL) if folder == "actions" else ()
        if name not in known:
            return None
        capability = load(name)
        inputs = {
            word: each
            for each in declared(capability.config)
            if not each.settings_only
            for word in each.names
        }
        return inputs, frozenset({**COMMON_OUTPUTS, **capability.outputs})

    return Ours(repository=repository, version=home.version(), workflow=workflow, action=action)
