"""Edge: finds the files of a repository and reads them, and what this version of ours declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ci_actions import home
from ci_actions.commands.doctor.callees import Ours
from ci_actions.commands.doctor.files import WORKFLOWS, File
from ci_actions.commands.doctor.repository import Repository
from ci_actions.kit.errors import BadInput, CannotJudge
from ci_actions.kit.inputs import Declared, declared
from ci_actions.workflows import reading, references
from ci_actions.workflows.document import Parser
from ci_actions.workflows.model import Workflow

_ENDINGS = (".yml", ".yaml")
_ACTIONS = ("action.yml", "action.yaml")
#: Folders that hold others' files where git is not asked what is ignored.
_FOREIGN = frozenset(("node_modules", "vendor", "site-packages", "__pycache__"))


@dataclass(frozen=True)
class Chosen:
    """The files to be judged, by their paths below a root, and whether all workflows are among them."""

    root: Path
    paths: Sequence[str]
    whole: bool


def choose(here: Path, words: Sequence[str], tracked: Iterable[str] | None) -> Chosen:
    """Return what is to be looked at: the repository, or the files and folders that are named.

    `tracked` are the files that git knows, None where there is no repository. Raises BadInput for what is not there or
    lies elsewhere, CannotJudge when there is no workflow and no action.
    """
    root = here
    every = sorted(each for each in (_walked(root) if tracked is None else tracked) if _is_meant(each))
    if words:
        every = sorted(set(_named(root, words, every)))
    if not every:
        raise CannotJudge(
            f"{root} holds no workflow and no action.",
            advice="Run this in a repository with .github/workflows, or name files.",
        )
    return Chosen(root, every, whole=not words)


def _is_meant(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name in _ACTIONS or (f"{folder}/" == WORKFLOWS and name.endswith(_ENDINGS))


def _named(root: Path, words: Sequence[str], every: Sequence[str]) -> Iterator[str]:
    for word in words:
        place = root / word
        if place.is_file():
            yield _below(root, place, word)
        elif place.is_dir():
            name = _below(root, place, word)
            inside = [each for each in every if name == "." or each.startswith(f"{name}/")]
            found = inside or [
                _below(root, each, word)
                for each in sorted(place.iterdir())
                if each.suffix in _ENDINGS and each.is_file()
            ]
            yield from found
        else:
            raise BadInput(f"'{word}' is neither a file nor a folder")


def _below(root: Path, place: Path, word: str) -> str:
    try:
        return place.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise BadInput(f"'{word}' is not in {root}; run this in the repository that holds it") from None


def _walked(root: Path) -> Iterator[str]:
    import os

    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root).as_posix()
        folders[:] = sorted(
            each
            for each in folders
            if each == ".github" or (each not in _FOREIGN and not each.startswith("."))
        )
        for name in names:
            yield name if below == "." else f"{below}/{name}"


def read(chosen: Chosen, ours: Ours, parser: Parser, every: Iterable[str]) -> Repository:
    """Return the files, read. `every` are the paths of what is only looked up. Raises CannotJudge for one that cannot be had."""
    files = {path: _file(chosen.root, path, parser) for path in chosen.paths}
    others = {path: _file(chosen.root, path, parser) for path in every if path not in files}
    return Repository(files=files, others=others, ours=ours, whole=True)


def _file(root: Path, path: str, parser: Parser) -> File:
    try:
        data = (root / path).read_bytes()
    except OSError as denied:
        raise CannotJudge(f"{path} cannot be read: {denied.strerror}.", file=path) from denied
    is_action = path.rpartition("/")[2] in _ACTIONS
    content = reading.action(data, parser) if is_action else reading.workflow(data, parser)
    return File(path, data.decode("utf-8-sig", "replace"), content)


def others(chosen: Chosen, tracked: Iterable[str] | None) -> list[str]:
    """Return what is beside the files that are named, for what they call."""
    if chosen.whole:
        return []
    return [each for each in (_walked(chosen.root) if tracked is None else tracked) if _is_meant(each)]


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
