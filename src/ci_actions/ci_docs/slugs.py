"""Pure: the anchors that GitHub gives to headings.

Lower case; everything but letters, marks, digits, `_`, `-` and spaces goes; spaces become `-`; what is there already gets
`-1`, `-2`: https://github.com/Flet/github-slugger. An emoji leaves the space beside it, so a `-`.
"""

from __future__ import annotations

from unicodedata import category

#: Letters that are encircled count as letters, although Unicode calls them symbols (Other_Alphabetic).
_ENCIRCLED = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
_KEPT = ("L", "M")
_KEPT_EXACTLY = ("Nd", "Nl", "Pc")


def slug(text: str) -> str:
    """Return the anchor of a heading, by its text without markup."""
    lower = text.lower()
    if lower.isascii():
        return "".join(sign for sign in lower if sign.isalnum() or sign in " -_").replace(" ", "-")
    return "".join(filter(_is_kept, lower)).replace(" ", "-")


def _is_kept(sign: str) -> bool:
    if sign in " -":
        return True
    kind = category(sign)
    if kind[0] in _KEPT or kind in _KEPT_EXACTLY:
        return True
    return kind == "So" and any(first <= ord(sign) <= last for first, last in _ENCIRCLED)


class Slugger:
    """Gives the headings of one document their anchors, in order."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, text: str) -> str:
        """Return the anchor of the next heading."""
        first = made = slug(text)
        while made in self._seen:
            self._seen[first] += 1
            made = f"{first}-{self._seen[first]}"
        self._seen[made] = 0
        return made
