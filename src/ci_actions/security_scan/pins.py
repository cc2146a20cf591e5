"""The binaries that are fetched: version, address and SHA-256 for each platform, and the user's own instead.

The sums are those that the projects publish with their releases. A platform whose sum could not be verified in two
independent places is not offered. Trivy 0.69.4 to 0.69.6 were malicious releases (GHSA-69fq-xp46-6x23).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci_actions.kit.errors import BadInput
from ci_actions.kit.inputs import suggestion

REFUSED = {"trivy": ("0.69.4", "0.69.5", "0.69.6")}
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Binary:
    """One program for one platform; `member` is its name in the archive. One of `address` and `path` is given."""

    name: str
    version: str
    sha256: str
    address: str = ""
    path: str = ""
    member: str = ""

    @property
    def whose(self) -> str:
        """Who says what is right."""
        return "pinned" if self.address and not self.path else "the user's"


def _release(
    name: str, version: str, address: str, sums: Mapping[str, tuple[str, str]], *, archive: bool
) -> dict[str, Binary]:
    return {
        platform: Binary(
            name=name,
            version=version,
            sha256=digest,
            address=f"{address}/{file}",
            member=(f"{name}.exe" if platform.startswith("windows") else name) if archive else "",
        )
        for platform, (file, digest) in sums.items()
    }


PINS: Mapping[str, Mapping[str, Binary]] = {
    "trivy": _release(
        "trivy",
        "0.70.0",
        "https://github.com/aquasecurity/trivy/releases/download/v0.70.0",
        {
            "linux-amd64": (
                "trivy_0.70.0_Linux-64bit.tar.gz",
                "8b4376d5d6befe5c24d503f10ff136d9e0c49f9127a4279fd110b727929a5aa9",
            ),
            "linux-arm64": (
                "trivy_0.70.0_Linux-ARM64.tar.gz",
                "2f6bb988b553a1bbac6bdd1ce890f5e412439564e17522b88a4541b4f364fc8d",
            ),
            "darwin-amd64": (
                "trivy_0.70.0_macOS-64bit.tar.gz",
                "52d531452b19e7593da29366007d02a810e1e0080d02f9cf6a1afb46c35aaa93",
            ),
            "darwin-arm64": (
                "trivy_0.70.0_macOS-ARM64.tar.gz",
                "68e543c51dcc96e1c344053a4fde9660cf602c25565d9f09dc17dd41e13b838a",
            ),
            "windows-amd64": (
                "trivy_0.70.0_windows-64bit.zip",
                "eea5442eab86f9e26cd718d7618d43899e72a83767619e8bee47911bddbfb825",
            ),
        },
        archive=True,
    ),
    "gitleaks": _release(
        "gitleaks",
        "8.30.1",
        "https://github.com/gitleaks/gitleaks/releases/download/v8.30.1",
        {
            "linux-amd64": (
                "gitleaks_8.30.1_linux_x64.tar.gz",
                "551f6fc83ea457d62a0d98237cbad105af8d557003051f41f3e7ca7b3f2470eb",
            ),
            "linux-arm64": (
                "gitleaks_8.30.1_linux_arm64.tar.gz",
                "e4a487ee7ccd7d3a7f7ec08657610aa3606637dab924210b3aee62570fb4b080",
            ),
            "darwin-amd64": (
                "gitleaks_8.30.1_darwin_x64.tar.gz",
                "dfe101a4db2255fc85120ac7f3d25e4342c3c20cf749f2c20a18081af1952709",
            ),
            "darwin-arm64": (
                "gitleaks_8.30.1_darwin_arm64.tar.gz",
                "b40ab0ae55c505963e365f271a8d3846efbc170aa17f2607f13df610a9aeb6a5",
            ),
            "windows-amd64": (
                "gitleaks_8.30.1_windows_x64.zip",
                "d29144deff3a68aa93ced33dddf84b7fdc26070add4aa0f4513094c8332afc4e",
            ),
        },
        archive=True,
    ),
    "osv-scanner": _release(
        "osv-scanner",
        "2.3.8",
        "https://github.com/google/osv-scanner/releases/download/v2.3.8",
        {
            "linux-amd64": (
                "osv-scanner_linux_amd64",
                "bc98e15319ed0d515e3f9235287ba53cdc5535d576d24fd573978ecfe9ab92dc",
            ),
            "linux-arm64": (
                "osv-scanner_linux_arm64",
                "8158b18edd2d03b1a30d905ca91b032bc62262167be8f206c27114f08823e27c",
            ),
            "darwin-amd64": (
                "osv-scanner_darwin_amd64",
                "b8a80a9f14ca4c0cd0fc2d351b28f740da9e6a5b18385ac9f9d083360b5b504e",
            ),
            "darwin-arm64": (
                "osv-scanner_darwin_arm64",
                "a8cd6507b06239f463a7642430cfd2d154882f150f6e30cdc0653e28dfc34216",
            ),
            "windows-amd64": (
                "osv-scanner_windows_amd64.exe",
                "cb04e79dd9698a7bc821bbfdddec916a416d1409fda79c927c509d37d00c9716",
            ),
        },
        archive=False,
    ),
}


def binary(name: str, platform: str, own: Mapping[str, Binary]) -> Binary | None:
    """Return what is to run for a scanner on a platform, the user's own first; None where nothing is offered."""
    return own.get(name) or PINS.get(name, {}).get(platform)


def read_lock(content: bytes, path: str, platform: str) -> dict[str, Binary]:
    """Return the binaries that a `tool-lock` file names for this platform.

    A table per scanner holds `version`, `sha256`, and `path` or `url` (with `member`, the name in an archive); a table
    below it, like `[trivy.linux-arm64]`, holds them for one platform. Raises BadInput with everything that is wrong.
    """
    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as wrong:
        raise BadInput(f"tool-lock {path} is not valid TOML: {wrong}", file=path) from wrong
    problems: list[str] = []
    found = {}
    for name, given in tables.items():
        if name not in PINS or not isinstance(given, dict):
            problems.append(
                f"tool-lock {path}: '{name}' is no binary that is run{suggestion(name, PINS)}; there are {', '.join(PINS)}"
            )
            continue
        row = {key: value for key, value in given.items() if not isinstance(value, dict)}
        if platform in given:
            row |= given[platform]
        wrong_here = list(_problems(name, row))
        problems += (f"tool-lock {path} [{name}]: {problem}" for problem in wrong_here)
        if row and not wrong_here:
            found[name] = _binary(name, row)
    if problems:
        raise BadInput(*problems, file=path)
    return found


def _binary(name: str, row: Mapping[str, Any]) -> Binary:
    return Binary(
        name=name,
        version=str(row["version"]).removeprefix("v"),
        sha256=row["sha256"],
        address=row.get("url", ""),
        path=row.get("path", ""),
        member=row.get("member", ""),
    )


def _problems(name: str, row: Mapping[str, Any]) -> Iterator[str]:
    allowed = ("version", "sha256", "url", "path", "member")
    for key, value in row.items():
        if key not in allowed:
            yield f"'{key}' is unknown{suggestion(key, allowed)}; write {', '.join(allowed)}"
        elif not isinstance(value, str):
            yield f"'{key}' must be text"
    if not row:
        return
    version = str(row.get("version", "")).removeprefix("v")
    if not version:
        yield "'version' is required"
    if version in REFUSED.get(name, ()):
        yield f"version {version} is a malicious release (GHSA-69fq-xp46-6x23) and is never run"
    if not _SHA256.fullmatch(str(row.get("sha256", ""))):
        yield "'sha256' must be 64 hexadecimal digits in lower case"
    if ("url" in row) == ("path" in row):
        yield "either 'url' or 'path' is required"
    elif "url" in row and not str(row["url"]).startswith("https://"):
        yield "'url' must start with https://"
