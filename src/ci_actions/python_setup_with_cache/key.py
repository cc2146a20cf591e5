"""Pure: the name under which an environment is kept.

`ca-setup-v{schema}-{os}-{os_version}-{libc}-{arch}-{implementation}{version}{t}-{manager}{version}-{mode}-{digest}-{suffix}`

What is in clear decides whether an old entry may begin a new one; the digest is over everything that decides what gets
installed. Each part is percent-encoded: actions/cache refuses commas and more than 512 characters
(https://github.com/actions/toolkit/blob/main/packages/cache/src/cache.ts).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from ci_actions.project.credentials import host_of, strip_credentials
from ci_actions.project.model import Interpreter, Manager

#: Changes when an entry of an older release of ours can no longer be used.
SCHEMA = 1
LONGEST = 512
#: A part in clear that is longer stands as its digest: nine of them fit in any case.
_LONGEST_PART = 48


class Mode(Enum):
    """What is kept."""

    VENV = "venv"
    DOWNLOADS = "downloads"
    BOTH = "both"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything that decides what gets installed.

    `files` are the locks and inputs by their path relative to the git root, with the bytes as they are: another
    line ending is another file, as installers hash it so too. `is_locked` is false where the newest fitting
    versions get installed; `today` then keeps them from being the newest of long ago for ever.
    """

    interpreter: Interpreter
    manager: Manager
    manager_version: str
    mode: Mode
    files: Mapping[str, bytes]
    is_locked: bool
    today: date
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    index_urls: tuple[str, ...] = ()
    version: str = "1"
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """The key, the beginnings that may stand in for it (downloads only), its digest, and its parts for people."""

    text: str
    restore_prefixes: tuple[str, ...]
    digest: str
    parts: tuple[tuple[str, str], ...]


def key(material: Material) -> Key:
    """Return the key of an environment. No password of an address or an argument is in it, nor in its parts."""
    who = material.interpreter
    threads = "t" if who.free_threaded else ""
    clear = [
        f"ca-setup-v{SCHEMA}",
        who.platform,
        who.os_version or "any",
        who.libc or "none",
        who.machine,
        f"{who.implementation}{who.full_version}{threads}",
        f"{material.manager}{material.manager_version}",
        str(material.mode),
    ]
    digest = _digest(material)
    start = "-".join(map(_encoded, clear)) + "-"
    text = start + "-".join([digest, *([_encoded(material.suffix)] if material.suffix else [])])
    # A virtual environment is only ever taken whole: another lock's would be proved wrong, or worse, not.
    prefixes = (start,) if material.mode is Mode.DOWNLOADS else ()
    return Key(text, prefixes, digest, tuple(_parts(material, digest)))


def _digest(material: Material) -> str:
    """Return 32 hexadecimal digits over what decides. Names and lengths stand before contents: nothing can shift."""
    state = hashlib.sha256()

    def take(name: str, *values: bytes) -> None:
        state.update(f"{name} {len(values)}\n".encode())
        for value in values:
            state.update(f"{len(value)}\n".encode())
            state.update(value)

    for path in sorted(material.files):
        take("file", path.replace("\\", "/").encode("utf-8", "surrogateescape"), material.files[path])
    take("groups", *_bytes(sorted(set(material.groups))))
    take("extras", *_bytes(sorted(set(material.extras))))
    take("arguments", *_bytes(map(strip_credentials, material.arguments)))
    take("indexes", *_bytes(map(strip_credentials, material.index_urls)))
    take("versions", *_bytes([material.version, material.suffix]))
    if material.mode is not Mode.DOWNLOADS:
        take("interpreter", *_bytes([material.interpreter.path, material.interpreter.base_prefix]))
    if not material.is_locked:
        take("week", *_bytes([_week(material.today)]))
    return state.hexdigest()[:32]


def _bytes(values: Iterable[str]) -> Iterator[bytes]:
    return (value.encode("utf-8", "surrogateescape") for value in values)


def _week(today: date) -> str:
    year, week, _ = today.isocalendar()
    return f"{year}-W{week:02}"


def _encoded(part: str) -> str:
    """Return a part that any cache service takes; one that is long stands as its digest."""
    from urllib.parse import quote

    made = quote(part, safe="", errors="surrogateescape")
    if len(made) <= _LONGEST_PART:
        return made
    return hashlib.sha256(part.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _parts(material: Material, digest: str) -> Iterator[tuple[str, str]]:
    """Yield what the key is made of, for the summary. Arguments are counted only: any of them may be a secret."""
    who = material.interpreter
    yield "system", " ".join(part for part in (who.platform, who.os_version, who.libc, who.machine) if part)
    yield (
        "interpreter",
        f"{who.implementation} {who.full_version}{' free-threaded' if who.free_threaded else ''}",
    )
    yield "manager", f"{material.manager} {material.manager_version}".rstrip()
    yield "keeps", str(material.mode)
    yield "files", ", ".join(sorted(material.files)) or "none"
    if material.groups:
        yield "groups", ", ".join(sorted(set(material.groups)))
    if material.extras:
        yield "extras", ", ".join(sorted(set(material.extras)))
    if material.arguments:
        yield "install arguments", f"{len(material.arguments)}, in the digest"
    if material.index_urls:
        yield "indexes", ", ".join(dict.fromkeys(host_of(url) or "a folder" for url in material.index_urls))
    if not material.is_locked:
        yield "week", f"{_week(material.today)}: nothing is locked, so versions are looked for anew each week"
    yield "digest", digest
