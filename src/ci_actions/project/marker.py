"""The note that we leave inside an environment: where, by whom and of what it was made, and what no RECORD tells.

Pure: text in, values out. `environments.py` writes and checks it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

NAME = "ci-actions-environment.json"
FORMAT = "ci-actions-environment"
VERSION = 1


class NotAMarker(ValueError):
    """The text is no marker that this version understands; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What an environment was made of: it may be used only for the very same.

    `inputs` are the digests of the files that the manager showed to be in step, by path relative to the project;
    `selection` is everything else that decides what is installed (groups, extras, arguments).
    """

    manager: str
    manager_version: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    selection: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One installed distribution; `record` is the digest of its RECORD, empty where it has none."""

    version: str
    record: str


@dataclass(frozen=True, kw_only=True)
class Marker:
    """The whole note.

    `made_at` is the absolute path of the environment when it was made, `interpreter` what tells its interpreter from
    every other. The last three correct and complete what the RECORDs say: `files` are the digests of files in no
    RECORD or different from it, `links` the targets of symbolic links, `absent` the files that a RECORD names and
    that were not installed. Paths are relative to the environment. `in_place` is the project itself, if it is among the
    distributions: its name, and the digest of all that its installation depends on (`in_place.depends_on`). `folders` are the
    distributions that were installed from folders, which are no part of the proof.
    """

    made_at: str
    interpreter: Mapping[str, Any]
    origin: Origin
    distributions: Mapping[str, Distribution]
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    in_place: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()


def encoded(marker: Marker) -> str:
    """Return the note as it is written."""
    value = {"format": FORMAT, "version": VERSION, **asdict(marker)}
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def decoded(text: str) -> Marker:
    """Return the note in `text`. Raises NotAMarker."""
    try:
        value = json.loads(text)
        _is_ours(value["format"], value["version"])
        return Marker(
            made_at=_text(value["made_at"]),
            interpreter=dict(value["interpreter"]),
            origin=Origin(
                manager=_text(value["origin"]["manager"]),
                manager_version=_text(value["origin"]["manager_version"]),
                inputs=_texts(value["origin"]["inputs"]),
                selection=_texts(value["origin"]["selection"]),
            ),
            distributions={
                name: Distribution(version=_text(each["version"]), record=_text(each["record"]))
                for name, each in value["distributions"].items()
            },
            files=_texts(value["files"]),
            links=_texts(value["links"]),
            absent=tuple(map(_text, value["absent"])),
            in_place=_texts(value.get("in_place", {})),
            folders=tuple(map(_text, value.get("folders", ()))),
        )
    except NotAMarker:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise NotAMarker("is not readable") from wrong


def _is_ours(format: str, version: int) -> None:
    if (format, version) != (FORMAT, VERSION):
        raise NotAMarker(f"is of format {format} {version}, this version writes {FORMAT} {VERSION}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(each) for name, each in value.items()}
