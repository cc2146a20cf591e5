"""The inputs of ci-protection, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from ci_actions.kit.inputs import PATH, TEXT, Common, declare, one_of

FILE = ".github/branch-protection.yml"

#: What the action gives back, beside what every action does.
OUTPUTS = {
    "protection-json": "Every declared property as a JSON array: branch, property, declared, actual, state, and why.",
    "drifted": "How many properties are not as declared.",
    "unknown": "How many properties nobody may tell.",
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Config(Common):
    """Where it is declared, and who may tell how it is."""

    file: str = declare(
        PATH, default=FILE, help="File that declares the protection, relative to the root of the repository."
    )
    on_unknown: str = declare(
        one_of("warn", "fail"),
        default="warn",
        help="What a property means that the token may not read: a warning, or no verdict. Where none may be read, there "
        "is none anyway.",
    )
    github_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token that reads branches and rules; `contents: read` is enough.",
    )
    protection_token: str = declare(
        TEXT,
        default="",
        secret=True,
        in_settings=False,
        help="Token with `administration: read`, which alone may read classic branch protection.",
    )
    report_dir: str = declare(
        PATH, default="", help="Folder for all files; a folder of the run's own without it."
    )
