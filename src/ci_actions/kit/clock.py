"""Edge: the time, passed in so that what depends on it can be tested."""

from __future__ import annotations

import time


class Clock:
    """Wall-clock seconds since the epoch, a monotonic stopwatch, and sleep."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
