"""Progress: on a terminal a live line for each gate, elsewhere a line when one starts and when one ends."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TextIO

from ci_actions.commands.check.finished import Finished
from ci_actions.commands.check.terminal import cells, cut, padded, painted
from ci_actions.kit.clock import Clock
from ci_actions.kit.emit import MARKS, harmless

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
#: As wide as the widest state, "rolled-back".
STATE = 11


class Screen:
    """What happens, on standard error.

    The live lines are drawn anew over the last ones. They are never wider than the terminal; when that was made
    narrower meanwhile, it has wrapped them, and so many more rows are taken back.
    """

    def __init__(self, err: TextIO, names: Sequence[str], clock: Clock, *, live: bool, colour: bool) -> None:
        self._err = err
        self._clock = clock
        self._live = live and len(names) < _size(err).lines
        self._colour = colour
        self._width = max(map(len, names))
        self._ended: dict[str, Finished | str] = {}
        self._names = tuple(names)
        self._since: dict[str, float] = {}
        self._said: dict[str, str] = {}
        self._frame = 0
        self._drawn: list[int] = []

    @classmethod
    def on(cls, err: TextIO, names: Sequence[str], clock: Clock, environ: Mapping[str, str]) -> Screen:
        """Return the screen for this terminal, or for what is none."""
        terminal = is_terminal(err, environ)
        return cls(err, names, clock, live=terminal, colour=terminal and "NO_COLOR" not in environ)

    def started(self, name: str) -> None:
        """Say that a gate runs now."""
        self._since[name] = self._clock.monotonic()
        if not self._live:
            print(f"…  {name}: started", file=self._err, flush=True)

    def heard(self, name: str, line: str) -> None:
        """Keep what a gate said last."""
        if line.strip():
            self._said[name] = harmless(line).strip()

    def ended(self, finished: Finished) -> None:
        """Say how a gate ended."""
        self._ended[finished.name] = finished
        if not self._live:
            print(self._line(finished), file=self._err, flush=True)

    def stopped(self, name: str) -> None:
        """Say that a gate was not let run to its end."""
        self._ended[name] = "stopped"
        if not self._live:
            print(f"·  {padded(name, self._width)}  stopped", file=self._err, flush=True)

    def tick(self) -> None:
        """Draw the live lines."""
        if self._live:
            self._frame += 1
            self._draw()

    def close(self) -> None:
        """Draw the live lines for the last time."""
        if self._live:
            self._draw()
            self._drawn = []

    def _draw(self) -> None:
        columns = _size(self._err).columns
        rows = sum(max(1, -(-width // columns)) for width in self._drawn)
        # One cell stays free: some terminals wrap a line that is exactly as wide as they are.
        texts = {name: cut(self._text(name), columns - 1) for name in self._names}
        lines = [self._with_colour(name, text) for name, text in texts.items()]
        surplus = max(rows - len(lines), 0)
        # Erased line by line: tmux takes "erase all below", given at the top, for a page to keep in its history.
        drawn = "".join(f"\r\x1b[2K{line}\n" for line in [*lines, *[""] * surplus])
        self._err.write((f"\x1b[{rows}A" if rows else "") + drawn + (f"\x1b[{surplus}A" if surplus else ""))
        self._drawn = [cells(text) for text in texts.values()]
        self._err.flush()

    def _text(self, name: str) -> str:
        ended = self._ended.get(name)
        if isinstance(ended, Finished):
            return self._line(ended)
        if ended or name not in self._since:
            return f"·  {padded(name, self._width)}  {ended or 'waiting'}"
        seconds = int(self._clock.monotonic() - self._since[name])
        mark = _FRAMES[self._frame % len(_FRAMES)]
        said = self._said.get(name, "")
        return f"{mark}  {padded(name, self._width)}  {'running':{STATE}}{seconds:6} s  {said}".rstrip()

    def _line(self, each: Finished) -> str:
        name = padded(each.name, self._width)
        return f"{MARKS[each.result]} {name}  {each.result.value:{STATE}}{each.seconds:6.1f} s"

    def _with_colour(self, name: str, text: str) -> str:
        ended = self._ended.get(name)
        if not isinstance(ended, Finished):
            return text
        word = ended.result.value
        return text.replace(word, painted(word, ended.result, colour=self._colour), 1)


def is_terminal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether lines on this stream can be drawn over, and colours are shown."""
    return stream.isatty() and environ.get("TERM") != "dumb" and environ.get("GITHUB_ACTIONS") != "true"


def columns_of(stream: TextIO, environ: Mapping[str, str]) -> int:
    """Return how wide text on this stream may be."""
    return _size(stream).columns if stream.isatty() and environ.get("GITHUB_ACTIONS") != "true" else 100


def _size(stream: TextIO) -> os.terminal_size:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return os.terminal_size((80, 24))
    # A terminal that does not know its size says 0.
    return os.terminal_size((size.columns or 80, size.lines or 24))
