"""Keeps secrets out of everything that leaves the process: the values, their hashes, their usual encodings. Pure.

A `Redactor` stands between every scanner and every byte we emit. It is told the values that scanners found, and
knows the shapes of well-known credentials by itself. What was said before a value was learned cannot be unsaid:
hold back what a scanner prints until its findings are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

MASK = "***"
#: Shorter values are masked only where they stand alone, in quotes or behind `=` and `:`: masking every `a` hides nothing
#: and destroys everything.
SHORTEST = 6
#: Scanners print hashes whole or cut; fewer digits than these say little, and would match by chance.
_DIGITS = 8
#: What a line may be long, in bytes, before a stream gives up waiting for its end.
_LINE = 1 << 20

_WORD = re.compile(r"[A-Za-z]{1,16}")
#: How our sentences say what somebody else said.
_QUOTED = re.compile(r"“[^”]*”?")
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{8,128}(?![0-9A-Za-z])")

#: Credentials that are known by their look, each with texts of which one occurs in all of them. The first group, if
#: there is one, is what stays.
_SHAPES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("-----BEGIN",), r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)[\s\S]*?(?:(?=-----END)|\Z)"),
    (("://",), r"(\b[A-Za-z][A-Za-z0-9+.-]{0,30}://)[^\s/?#'\"<>]+(?=@)"),
    (("AKIA", "ASIA", "ABIA", "ACCA", "A3T"), r"\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9_.-]{20,}"),
    (("github_pat_",), r"\bgithub_pat_[A-Za-z0-9_]{20,}"),
    (("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-"), r"\bgl(?:pat|dt|rt|cbt|ptt|soat)-[\w.-]{16,}"),
    (("xox", "xapp-"), r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{8,}"),
    (("hooks.slack.com",), r"(hooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9+/_-]{8,}"),
    (("/api/webhooks/",), r"(/api/webhooks/)\d{6,}/[\w-]{20,}"),
    (("sk_live_", "sk_test_", "rk_live_", "rk_test_"), r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{8,}"),
    (("sk-",), r"\bsk-(?:[A-Za-z]+-)*[A-Za-z0-9_-]{20,}"),
    (("SG.",), r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    (("AIza",), r"\bAIza[\w-]{35}"),
    (("GOCSPX-",), r"\bGOCSPX-[\w-]{20,}"),
    (("ya29.",), r"\bya29\.[\w-]{20,}"),
    (("npm_",), r"\bnpm_[A-Za-z0-9]{30,}"),
    (("pypi-",), r"\bpypi-[\w-]{32,}"),
    (("eyJ",), r"\beyJ[\w-]{5,1000}\.(?:eyJ)?[\w-]{5,}\.?[\w-]*"),
    (("SK", "AC"), r"\b(?:SK|AC)[0-9a-f]{32}\b"),
    (("-us",), r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    (("sq0",), r"\bsq0(?:atp|csp|idb)-[\w-]{20,}"),
    (("EAAA",), r"\bEAAA[\w-]{56,}"),
    (("AKC", "AP"), r"\b(?:AKC|AP[0-9A-F])[A-Za-z0-9]{10,}\b"),
    ((":AA",), r"\b\d{8,12}:AA[\w-]{32,34}"),
    (("hvs.", "hvb."), r"\bhv[sb]\.[\w-]{20,}"),
    (("dop_v1_", "doo_v1_", "dor_v1_"), r"\bdo[opr]_v1_[0-9a-f]{40,}"),
    (("shpat_", "shpss_", "shpca_", "shppa_"), r"\bshp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}"),
    (("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    (("AccountKey", "SharedAccessKey", "sig="), r"((?:AccountKey|SharedAccessKey|\bsig)\s*=\s*)[A-Za-z0-9+/%]{20,}=*"),
    (
        ("uthorization", "UTHORIZATION"),
        r"([Aa](?:uthorization|UTHORIZATION)[\"']?\s*[:=]\s*[\"']?(?:[A-Za-z]+\s+)?)[A-Za-z0-9+/=_.~:-]{8,}",
    ),
)  # fmt: skip

#: A literal that is given to a name like `db_password`, in code and in settings; the name stays.
_NAMED = re.compile(
    r"""(?ix)
    ((?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api_?-?key|access_?-?key|private_?-?key|credential)s?
      [\w.\]"'-]{0,60} \s* (?: = | := | => | : ) \s* [rbuf]{0,2} (["'`]) )
    (?P<value> (?: (?!\2)[^\\\n] | \\. ){1,2000} ) (?= \2 )
    """
)
_NAMES = ("pass", "pwd", "secret", "token", "key", "credential")
_NAMED_HINT = re.compile(f"(?i){'|'.join(_NAMES)}")
#: How Bandit words B105, B106 and B107, and detect-secrets' and others' habit of saying the value behind a colon.
_TOLD = re.compile(r"(?is)hardcoded password[^:]*:\s*(['\"])(.*)\1")
_ASSIGNED = re.compile(
    r"^[\s\-+{,(\[]*(?:(?:export|set|const|let|var|final|ENV|ARG)\s+)*[\"']?"
    r"([A-Za-z_][\w.-]{0,39}(?:\[[\"']?[A-Za-z_][\w.-]{0,39}[\"']?\])?)"
)
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Redactor:
    """Replaces every secret it has been told of, and every credential that it knows by its look, with `***`."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self._forms: set[str] = set()
        self._words: set[str] = set()
        self._digests: dict[str, list[str]] = {}
        self._built = 0
        self._pattern: re.Pattern[str] | None = None
        self._pattern_of_ours: re.Pattern[str] | None = None
        for value in values:
            self.learn(value)

    def learn(self, value: str) -> None:
        """Remember a secret: from now on neither it nor its hashes and encodings pass."""
        value = value.strip()
        if not value or value in self._values or not value.strip("*"):
            return
        self._values.add(value)
        for part in {value, *(line.strip() for line in value.splitlines())}:
            if part == value or len(part) >= _DIGITS:
                self._remember(part)

    def learn_message(self, message: str) -> None:
        """Remember the value in a message like Bandit's "Possible hardcoded password: 'hunter2'"."""
        if found := _TOLD.search(message):
            self.learn(found[2])

    def learn_code(self, code: str) -> None:
        """Remember the literals that a piece of code gives to names like `password`."""
        for found in _NAMED.finditer(code):
            self.learn(found["value"])

    def knows(self, value: str) -> bool:
        """Whether this very value has been learned."""
        return value.strip() in self._values

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        return self._cleaned(text, ours=False) if text else text

    def sentence(self, text: str) -> str:
        """Return a sentence of our own without secrets; what others said stands in it between “ and ”.

        A password may be a plain word, which our sentences need too ("read it from a secret store"): outside of
        quotation marks such a word is hidden only where it stands as a value, in quotes or behind `=` and `:`.
        """
        quoted = _QUOTED.sub(lambda found: self.text(found[0]), text)
        return self._cleaned(quoted, ours=True)

    def _cleaned(self, text: str, *, ours: bool) -> str:
        if self._digests:
            text = _HEX.sub(self._digest, text)
        self._compile()
        if pattern := self._pattern_of_ours if ours else self._pattern:
            text = pattern.sub(MASK, text)
        return without_shapes(text)

    def data(self, data: bytes) -> bytes:
        """Return bytes without secrets; what is no UTF-8 stays as it is."""
        try:
            # Every byte is one sign of Latin-1, which a value in UTF-8 is not: both readings are looked through.
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("utf-8", "surrogateescape")
        return self.text(text).encode("utf-8", "surrogateescape")

    def stream(self) -> Stream:
        """Return a filter for what a process prints, piece by piece."""
        return Stream(self)

    def _remember(self, value: str) -> None:
        if _WORD.fullmatch(value) or len(value) < SHORTEST:
            self._words.update({value, _escaped(value)})
        else:
            self._forms.update(_forms(value))
        for digest in _hashes(value):
            self._digests.setdefault(digest[:_DIGITS], []).append(digest)

    def _digest(self, found: re.Match[str]) -> str:
        digits = found[0].lower()
        known = self._digests.get(digits[:_DIGITS], ())
        return (
            MASK
            if any(digest.startswith(digits) or digits.startswith(digest) for digest in known)
            else found[0]
        )

    def _compile(self) -> None:
        size = len(self._forms) + len(self._words)
        if size == self._built:
            return
        # Learning goes on while others redact: the size that was compiled is the one that was seen before.
        forms = [_trie(sorted(self._forms))] if self._forms else []
        # A word such as `admin` is masked as a word, never inside of `administrator`.
        words = sorted(word for word in self._words if len(word) >= SHORTEST)
        alone = [rf"(?<![A-Za-z0-9_])(?:{_trie(words)})(?![A-Za-z0-9_])"] if words else []
        self._pattern = _any_of(*forms, *alone, *_as_values(self._words.difference(words)))
        self._pattern_of_ours = _any_of(*forms, *_as_values(self._words))
        self._built = size


class Stream:
    """Redacts a stream: whole lines at once, and a private key even though it is many lines."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Return what may be shown now; the rest is held back until more comes."""
        self._held += data
        end = self._held.rfind(b"\n") + 1
        begun = self._held.rfind(b"-----BEGIN ", 0, end)
        if begun >= 0 and self._held.find(b"-----END ", begun, end) < 0:
            end = self._held.rfind(b"\n", 0, begun) + 1
        if not end and len(self._held) > _LINE:
            return self.close()
        ready, self._held = self._held[:end], self._held[end:]
        return self._redactor.data(ready)

    def close(self) -> bytes:
        """Return what was held back."""
        ready, self._held = self._held, b""
        return self._redactor.data(ready)


def without_shapes(text: str, shapes: Sequence[re.Pattern[str]] | None = None) -> str:
    """Return the text without what looks like a credential: tokens, keys, passwords in addresses and assignments.

    Who has many pieces of one text asks once which `shapes` may occur in it.
    """
    for shape in shapes_in(text) if shapes is None else shapes:
        text = shape.sub(_kept, text)
    return text


def shapes_in(text: str) -> tuple[re.Pattern[str], ...]:
    """Return the looks of credentials that may occur in a text."""
    found = []
    # Hardly any text holds a hint, and there may be 100 000 of them.
    if _any_hint().search(text):
        found = [re.compile(shape) for hints, shape in _SHAPES if any(hint in text for hint in hints)]
    if _may_name(text):
        found.append(_NAMED)
    return tuple(found)


@cache
def _any_hint() -> re.Pattern[str]:
    return re.compile(_trie(sorted({hint for hints, _ in _SHAPES for hint in hints})))


def _may_name(text: str) -> bool:
    if not text.isascii():
        return _NAMED_HINT.search(text) is not None
    small = text.lower()  # Six searches, and still a fifth of the time of the expression.
    return any(name in small for name in _NAMES)


def outline(line: str) -> str:
    """Return what may be known of a line that a secret stands on: the name that is given a value, or nothing.

    The result never depends on the secret, so a hash of it gives nothing away.
    """
    shown = without_shapes(line)
    found = _ASSIGNED.match(shown)
    if not found:
        return ""
    name, rest = found[1], shown[found.end() :].lstrip(" \t\"'])")
    assigned = re.match(r"(?:\s*:\s*[\w.\[\], |]+)?\s*(?:=>|:=|=|:)\s*[^\s=]", rest)
    return name if assigned and _is_plain_name(name) else ""


def _is_plain_name(name: str) -> bool:
    """Whether a name is made of words, as people write them; random letters are not."""
    parts = _NAME_PARTS.findall(name)
    digits = sum(part.isdigit() for part in parts)
    words = [part for part in parts if not part.isdigit()]
    return digits <= 1 and bool(words) and sum(map(len, words)) >= 3 * len(words) - 3


def _as_values(words: Iterable[str]) -> Iterator[str]:
    """Yield the expression for words where they stand as values."""
    if ordered := sorted(words):
        yield rf"(?:(?<=['\"`=])|(?<=[:=] ))(?:{_trie(ordered)})(?=['\"`,;\s]|\Z)"


def _any_of(*parts: str) -> re.Pattern[str] | None:
    return re.compile("|".join(parts)) if parts else None


def _kept(found: re.Match[str]) -> str:
    return (found[1] if found.re.groups and found[1] else "") + MASK


def _escaped(value: str) -> str:
    from json import dumps

    return dumps(value)[1:-1]


def _hashes(value: str) -> Iterator[str]:
    from hashlib import md5, sha1, sha256, sha512

    data = value.encode("utf-8", "surrogatepass")
    for make in (sha1, sha256, sha512, md5):
        yield make(data, usedforsecurity=False).hexdigest()


def _forms(value: str) -> Iterator[str]:
    """Yield a value and the ways in which tools write it: escaped, in addresses, in base64 at any offset."""
    from base64 import b64encode
    from html import escape
    from urllib.parse import quote, quote_plus

    data = value.encode("utf-8", "surrogatepass")
    yield value
    yield _escaped(value)
    yield repr(value)[1:-1]
    yield value.replace("\\", "\\\\")
    yield escape(value)
    for address in (quote(data), quote(data, safe=""), quote_plus(data)):
        yield address
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), address)
    for offset in range(3):
        whole = b64encode(b"\0" * offset + data).decode().rstrip("=")
        # Without the signs that the neighbours of the value have a say in.
        inner = whole[(0, 2, 3)[offset] : len(whole) - (1 if (offset + len(data)) % 3 else 0)]
        if len(inner) >= _DIGITS:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
    yield data.hex()


def _trie(words: Sequence[str]) -> str:
    """Return an expression for any of the sorted words, longest first, that looks at each sign once."""
    if len(words) == 1:
        return re.escape(words[0])
    first, last = words[0], words[-1]
    shared = 0
    while shared < len(first) and first[shared] == last[shared]:
        shared += 1
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[shared : shared + 1], []).append(word[shared:])
    whole = rests.pop("", None)
    made = "|".join(_trie(each) for each in rests.values())
    return f"{re.escape(first[:shared])}(?:{made}){'?' if whole else ''}"
