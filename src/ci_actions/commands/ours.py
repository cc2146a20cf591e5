"""What our repository is called in the workflows of others, as an option of several commands."""

from __future__ import annotations

import re

from ci_actions.kit.inputs import Kind


def _repository(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+", text):
        raise ValueError
    return text


REPOSITORY: Kind[str] = Kind("a repository, like org/ci-actions", _repository)
