"""What the tests of this floor share: a working directory as a value."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ci_actions.project.files import ProjectFiles, matters

Project = Callable[..., ProjectFiles]


@pytest.fixture
def project() -> Project:
    """Makes the working directory of names and texts; what does not matter has a name only, as when it is read."""

    def make(content: dict[str, str | bytes], directory: str = ".") -> ProjectFiles:
        made = {name: text.encode() if isinstance(text, str) else text for name, text in content.items()}
        return ProjectFiles(
            directory=directory,
            names=frozenset(name for name in made if not name.startswith("../")),
            content={name: data for name, data in made.items() if name.startswith("../") or matters(name)},
        )

    return make
