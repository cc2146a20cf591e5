"""Pure: the text of a tag -> the version it names, or why it names none.

The form is that of Semantic Versioning with a `v`, `v1.2.3`; a pre-release may be written as in PEP 440 or as in SemVer.
https://semver.org, https://packaging.python.org/specifications/version-specifiers/
"""

from __future__ import annotations

import re

from ci_actions.ci_release.model import Tag
from ci_actions.kit.errors import BadInput

_NUMBER = "(?:0|[1-9][0-9]{0,8})"
_TAG = re.compile(
    rf"v(?P<release>{_NUMBER}(?:\.{_NUMBER}){{2}})(?P<pre>-?(?:alpha|beta|a|b|rc)\.?{_NUMBER})?"
)
_ALLOWED = "a tag is v1.2.3"
_PRE = "v1.2.3rc1 or v1.2.3-rc.1"


def read(text: str, *, allow_prerelease: bool) -> Tag:
    """Return the version that a tag names. Raises BadInput for a tag of another form, with what is wrong with it."""
    found = _TAG.fullmatch(text)
    if not found:
        raise BadInput(f"'{text}' is no tag to release: {_wrong(text, allow_prerelease=allow_prerelease)}")
    prerelease = found["pre"] is not None
    if prerelease and not allow_prerelease:
        raise BadInput(
            f"'{text}' is the tag of a pre-release: set the input allow-prerelease to true, or tag v{found['release']}"
        )
    return Tag(text=text, version=normal(text), prerelease=prerelease)


def normal(version: str) -> str:
    """Return a version in its normal form, as it is where it is none."""
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def same(one: str, other: str) -> bool:
    """Whether two versions are the same, however they are written: `1.2` is `1.2.0`."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _wrong(text: str, *, allow_prerelease: bool) -> str:
    allowed = f"{_ALLOWED}, or {_PRE} for a pre-release" if allow_prerelease else _ALLOWED
    if _TAG.fullmatch(f"v{text}"):
        return f"write v{text}"
    if text.startswith("V") and _TAG.fullmatch(f"v{text[1:]}"):
        return f"write v{text[1:]}"
    if re.fullmatch(rf"v{_NUMBER}(?:\.{_NUMBER})?", text):
        return f"{allowed}, with three numbers: write {text}{'.0' * (2 - text.count('.'))}"
    if re.fullmatch(r"v[0-9]+(?:\.[0-9]+){2}", text):
        return f"{allowed}: no number begins with a 0"
    return allowed
