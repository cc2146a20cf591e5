"""Pure: addresses and arguments without the credentials that people write into them."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*:)//(?P<rest>\S*)")
_VCS = ("git+", "hg+", "svn+", "bzr+", "git:", "ssh:")
_HOST = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")


def strip_credentials(text: str) -> str:
    """Return a text with every address in it rid of user, password and query.

    `git+https://user:token@host/repo@v1` becomes `git+https://host/repo@v1`. In addresses of a version control system a
    later `@` names a revision; in all others everything up to the last `@` goes, as passwords are often written
    without the escapes that `/`, `?` and `#` need.
    """
    return _ADDRESS.sub(_clean, text)


def _clean(found: re.Match[str]) -> str:
    scheme, rest = found["scheme"], found["rest"]
    if scheme.lower().startswith(_VCS):
        host = re.split(r"[/?#]", rest, maxsplit=1)[0]
        secret = host.rfind("@") + 1
        if not secret and not _HOST.fullmatch(host):
            # The port is no number, so it was the beginning of a password.
            secret = rest.rfind("@") + 1
        rest = rest[secret:]
    else:
        rest = rest.rpartition("@")[2]
    return f"{scheme}//{re.sub(r'[?][^#]*', '', rest)}"


def host_of(url: str) -> str:
    """Return what may be shown of an address: its host, as paths can hold tokens too. Empty for no address,
    `***` where it is not clear what the host is.
    """
    scheme, slashes, _ = url.partition("://")
    if not slashes:
        return ""
    host = strip_credentials(url).removeprefix(f"{scheme}://").partition("/")[0]
    unclear = re.search(r"\s", url) or not _HOST.fullmatch(host)
    return "***" if unclear else host
