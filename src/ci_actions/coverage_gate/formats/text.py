"""The lines of a report that is plain text."""

from __future__ import annotations

from ci_actions.coverage_gate.formats.tally import Notes
from ci_actions.coverage_gate.formats.xml import Data
from ci_actions.kit.errors import CannotJudge


def lines_of(path: str, data: Data, notes: Notes) -> list[str]:
    """Return the lines of `data` without their ends.

    Only LF ends a line (a CR before it is dropped): further characters that `str.splitlines` knows would let
    a file name start a record of its own. Text is UTF-8, or UTF-16 with its mark, as PowerShell's `>` writes
    it.

    Raises CannotJudge when it is neither.
    """
    raw = bytes(data)
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise CannotJudge(
                f"{path} is cut off or not the UTF-16 that it begins as ({error.reason}).",
                advice="Write it as UTF-8.",
                file=path,
            ) from None
        # Linux has file names that are no text; such a name matches nothing, the rest of the report is fine.
        text = raw.decode(encoding, "backslashreplace")
        notes.add("bytes that are not UTF-8 are shown as \\x…", f"byte {error.start}")
    return [line.removesuffix("\r") for line in text.split("\n")]
