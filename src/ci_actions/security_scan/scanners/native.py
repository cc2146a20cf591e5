"""What the native output of all scanners has in common: it is JSON, or there is no answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ci_actions.findings.model import Severity
from ci_actions.security_scan.complaints import excerpt
from ci_actions.security_scan.model import Trouble
from ci_actions.security_scan.scanners import Ended, NoAnswer

#: Signs of trouble outside of this machine in what a scanner says on standard error.
_ELSEWHERE = (
    b"connection refused", b"connection reset", b"connection aborted", b"no such host", b"name resolution",
    b"name or service not known", b"network is unreachable", b"i/o timeout", b"timed out", b"timeout exceeded",
    b"tls handshake", b"certificate verify failed", b"x509:", b"max retries exceeded", b"toomanyrequests",
    b"too many requests", b"temporary failure", b"connectionerror", b"failed to download", b"proxy error",
    b"service unavailable", b"bad gateway", b"unauthorized", b"no route to host", b"dial tcp", b"getaddrinfo",
)  # fmt: skip

SEVERITIES = {
    "UNKNOWN": Severity.UNKNOWN,
    "UNDEFINED": Severity.UNKNOWN,
    "NEGLIGIBLE": Severity.LOW,
    "INFORMATIONAL": Severity.LOW,
    "LOW": Severity.LOW,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "IMPORTANT": Severity.HIGH,
    "HIGH": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}


def severity(word: object) -> Severity:
    """Return the severity that a scanner's word means; UNKNOWN for a word nobody knows."""
    return _severity(word) if isinstance(word, str) else Severity.UNKNOWN


@lru_cache(maxsize=64)
def _severity(word: str) -> Severity:
    return SEVERITIES.get(word.strip().upper(), Severity.UNKNOWN)


def ended_well(ended: Ended, *codes: int) -> None:
    """Raise NoAnswer unless the process ended by itself, with one of these exit codes, and was not cut short."""
    if ended.flooded:
        raise NoAnswer("It printed more than it may and was stopped.")
    if ended.code is None:
        raise NoAnswer(f"It did not end within {ended.minutes:g} minutes and was stopped.")
    if ended.code < 0:
        raise NoAnswer(f"It was killed by signal {-ended.code}.")
    if ended.code not in codes:
        raise NoAnswer(f"It ended with exit code {ended.code}{said(ended)}.", trouble(ended.errors))


def said(ended: Ended) -> str:
    """Return `: “what it said”`, in words that cannot hold a secret, or nothing."""
    text = excerpt(ended.errors)
    return f": “{text}”" if text else ""


def trouble(errors: bytes) -> Trouble:
    """Return whose fault it is, from what a scanner says on standard error."""
    text = errors.lower()
    return Trouble.ENVIRONMENT if any(sign in text for sign in _ELSEWHERE) else Trouble.EVIDENCE


def document(ended: Ended, *, hook: Callable[[dict[str, Any]], object] | None = None) -> Any:
    """Return the JSON that a scanner wrote; raises NoAnswer when it wrote none, or half of it.

    A `hook` gets every object in it as soon as it is read, and returns what stands there instead.
    """
    if not ended.output or ended.output.isspace():
        raise NoAnswer(
            f"It ended with exit code {ended.code} and wrote no result{said(ended)}.", trouble(ended.errors)
        )
    try:
        return json.loads(ended.output.decode("utf-8-sig"), object_hook=hook)
    except (ValueError, RecursionError):
        raise NoAnswer(
            f"It ended with exit code {ended.code} and wrote a result that is no JSON, or only the beginning of it."
        ) from None


def table(value: object, what: str) -> dict[str, Any]:
    """Return the JSON object that must stand here; raises NoAnswer for anything else."""
    if not isinstance(value, dict):
        raise NoAnswer(f"Its result holds no {what} where one must be: another version of the scanner?")
    return value


def rows(value: object, what: str, *, optional: bool = False) -> list[dict[str, Any]]:
    """Return the list of JSON objects that must stand here; `optional` takes null or nothing for none."""
    if optional and value is None:
        return []
    return listing(value, what, dict)


def listing(value: object, what: str, kinds: type | tuple[type, ...]) -> list[Any]:
    """Return the list of values of these kinds that must stand here."""
    if not isinstance(value, list) or not all(isinstance(each, kinds) for each in value):
        raise NoAnswer(
            f"Its result holds no list of {what} where one must be: another version of the scanner?"
        )
    return value


def words(value: object) -> tuple[str, ...]:
    """Return the texts in a JSON list, none for anything else."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def text(value: object) -> str:
    """Return a JSON string on one line, "" for anything else."""
    return _on_one_line(value) if isinstance(value, str) else ""


@lru_cache(maxsize=4096)  # a report says the same few things again and again
def _on_one_line(value: str) -> str:
    return " ".join(value.split())


def number(value: object) -> int:
    """Return a JSON number that counts something, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


@lru_cache(maxsize=4096)
def relative(path: str, root: str) -> str:
    """Return a path as the report names it: relative to the git root, with `/`."""
    path = path.replace("\\", "/")
    root = root.replace("\\", "/").rstrip("/")
    if root and path.startswith(root + "/"):
        path = path[len(root) + 1 :]
    while path.startswith("./"):
        path = path[2:]
    return path


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first few names and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown}, and {len(names) - most} more" if len(names) > most else shown


def count(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`, `3 dependencies`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
