"""Whether an environment that is proved needs its manager no more."""

from __future__ import annotations

import pytest

from ci_actions.project.files import ProjectFiles
from ci_actions.project.model import Manager
from ci_actions.python_setup_with_cache.in_place import is_self_sufficient


def project(texts: dict[str, str]) -> ProjectFiles:
    return ProjectFiles(names=frozenset(texts), content={name: text.encode() for name, text in texts.items()})


PACKAGE = '[build-system]\nrequires = ["hatchling"]\n'


@pytest.mark.parametrize(
    ("texts", "kept", "expected"),
    [
        ({"requirements.txt": "idna\nfoo @ https://host/foo.zip\n"}, {}, True),
        ({"pyproject.toml": PACKAGE}, {}, False),
        ({"pyproject.toml": PACKAGE}, {"shop": "digest"}, True),
        ({"requirements.txt": "idna\n./libs/words\n"}, {}, False),
        ({"requirements.txt": "-e ../words\n"}, {}, False),
        (
            {"requirements.txt": "-r requirements-dev.txt", "requirements-dev.txt": "file:../words\n"},
            {},
            False,
        ),
    ],
    ids=[
        "archives",
        "a package",
        "a package that stays",
        "a folder",
        "a folder in place",
        "an included folder",
    ],
)
def test_what_needs_no_manager(texts: dict[str, str], kept: dict[str, str], expected: bool) -> None:
    assert is_self_sufficient(project(texts), Manager.PIP, kept) is expected


def test_other_managers_are_called_by_later_steps() -> None:
    assert not is_self_sufficient(project({"requirements.txt": "idna\n"}), Manager.PIP_TOOLS, {})
