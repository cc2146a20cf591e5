"""Edge: what stands in a distribution, without unpacking it."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from ci_actions.ci_build.model import Distribution
from ci_actions.supply.binaries import digest

#: Metadata hold a whole README; more than this (bytes) nobody wrote.
LARGEST_METADATA = 16 * 1024 * 1024


class Unreadable(Exception):
    """Says what is wrong with a distribution."""


def read(path: Path) -> Distribution:
    """Return what a file that was built says of itself; one that cannot be read says why in `problem`."""
    made = Distribution(file=path.name, bytes=path.stat().st_size, sha256=digest(path))
    try:
        return (_wheel if made.is_wheel else _sdist)(path, made)
    except Unreadable as why:
        return _broken(made, str(why))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, UnicodeDecodeError) as why:
        return _broken(made, f"it cannot be read ({why})")


def _broken(made: Distribution, why: str) -> Distribution:
    from dataclasses import replace

    return replace(made, problem=why)


def _wheel(path: Path, made: Distribution) -> Distribution:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        _, named, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as wrong:
        raise Unreadable(f"its name is none of a wheel ({wrong})") from wrong
    with zipfile.ZipFile(path) as archive:
        members = tuple(each for each in archive.namelist() if not each.endswith("/"))
        found = [each for each in members if each.count("/") == 1 and each.endswith(".dist-info/METADATA")]
        if len(found) != 1:
            raise Unreadable(f"it holds {len(found)} times *.dist-info/METADATA")
        with archive.open(found[0]) as file:
            metadata = file.read(LARGEST_METADATA)
    return _described(made, metadata, str(named), members, tuple(sorted(map(str, tags))))


def _sdist(path: Path, made: Distribution) -> Distribution:
    from packaging.utils import InvalidSdistFilename, parse_sdist_filename

    try:
        _, named = parse_sdist_filename(path.name)
    except InvalidSdistFilename as wrong:
        raise Unreadable(f"its name is none of a source distribution ({wrong})") from wrong
    names, metadata = _tarball(path) if path.name.endswith(".tar.gz") else _zip(path)
    tops = {each.partition("/")[0] for each in names}
    if len(tops) != 1:
        raise Unreadable(f"it holds {len(tops)} folders at the top, not one ({', '.join(sorted(tops)[:5])})")
    members = tuple(each.partition("/")[2] for each in names)
    if metadata is None:
        raise Unreadable("it holds no PKG-INFO")
    return _described(made, metadata, str(named), members, ())


def _tarball(path: Path) -> tuple[list[str], bytes | None]:
    names, metadata = [], None
    with tarfile.open(path, "r:gz") as archive:
        for each in archive:
            if each.isdir():
                continue
            name = each.name.removeprefix("./")
            names.append(name)
            if name.count("/") == 1 and name.endswith("/PKG-INFO") and (file := archive.extractfile(each)):
                metadata = file.read(LARGEST_METADATA)
    return names, metadata


def _zip(path: Path) -> tuple[list[str], bytes | None]:
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/")]
        found = [each for each in names if each.count("/") == 1 and each.endswith("/PKG-INFO")]
        if not found:
            return names, None
        with archive.open(found[0]) as file:
            return names, file.read(LARGEST_METADATA)


def _described(
    made: Distribution, metadata: bytes, named: str, members: tuple[str, ...], tags: tuple[str, ...]
) -> Distribution:
    from dataclasses import replace

    from packaging.metadata import parse_email

    raw, _ = parse_email(metadata)
    name, version = raw.get("name", ""), raw.get("version", "")
    made = replace(made, name=name, version=version, named=named, members=members, tags=tags)
    missing = [word for word, value in (("Name", name), ("Version", version)) if not value]
    return _broken(made, f"its metadata lack {' and '.join(missing)}") if missing else made
