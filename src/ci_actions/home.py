"""Where this program's own tree is, and which version it is; stdlib only, and cheap: the build backend runs it too.

A version stands in no file of main: a release adds `release.json` to a tree that is otherwise main's (design §6).
"""

from __future__ import annotations

import os

UNRELEASED = "0.0.0.dev0"
"""What a source tree says of itself."""

RELEASE = "release.json"
PACKAGED = "_release"
"""The folder in a wheel that holds what surrounds `src/` in a tree: `vendor/`, `actions/`, workflows, the lock."""


def root() -> str:
    """Return the folder that holds `actions/`, `requirements/` and, in a release, `vendor/` and `release.json`.

    In a checkout or a release that is the repository's root, in an installed wheel a folder of the package.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    packaged = os.path.join(package, PACKAGED)
    return packaged if os.path.isdir(packaged) else os.path.dirname(os.path.dirname(package))


def version() -> str:
    """Return the version of the release that this is part of, `UNRELEASED` in a source tree."""
    import json

    try:
        with open(os.path.join(root(), RELEASE), encoding="utf-8") as file:
            return str(json.load(file)["version"])
    except FileNotFoundError:
        return UNRELEASED
