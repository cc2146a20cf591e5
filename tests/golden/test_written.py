"""What `ci-actions init` writes into whole repositories, byte for byte. `UPDATE_GOLDEN=1` rewrites the files; read the diff."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.repositories import RELEASE, REPOSITORIES, repository, written

from ci_actions.commands.init import looking, plan, words
from ci_actions.commands.init.model import PIECES, State

FILES = Path(__file__).parent / "written"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"


def documents(name: str) -> dict[str, str]:
    """Return the files that are written, and what is said of them."""
    there = repository(name)
    projects = looking.projects(there)
    changes = written(name)
    said = [
        *words.found(there, projects),
        "",
        *words.listed(changes),
        "",
        *words.next_steps(there, projects, RELEASE),
    ]
    found = {each.path.replace("/", "-").lstrip(".-"): each.after.decode() for each in changes if each.writes}
    return {**found, "said.txt": "".join(f"{line}\n" for line in said)}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_what_is_written(name: str) -> None:
    folder = FILES / name
    found = documents(name)
    if UPDATE:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in found.items():
            (folder / file).write_text(text, encoding="utf-8", newline="\n")
    assert sorted(found) == sorted(path.name for path in folder.iterdir()), "UPDATE_GOLDEN=1 rewrites them"
    for file, text in found.items():
        assert text == (folder / file).read_bytes().decode(), (
            f"{folder / file} differs: UPDATE_GOLDEN=1 rewrites it"
        )


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_second_run_has_nothing_to_do(name: str) -> None:
    there = repository(name)
    changes = written(name)
    after = {each.path: each.after for each in changes if each.writes}
    now = replace(there, files=tuple(sorted({*there.files, *after})), content={**there.content, **after})
    again = plan.changes(now, looking.projects(now), RELEASE, PIECES, force=False)
    assert {each.path: each.state for each in again} == {each.path: State.SAME for each in changes}
