"""Edge: a request to end, turned into what `finally` sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGTERM, which a cancelled job sends after SIGINT, into KeyboardInterrupt: children are then ended first.

    Only the main thread can; in another one nothing changes.
    """
    if current_thread() is not main_thread():
        yield
        return
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
