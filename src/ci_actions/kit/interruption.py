"""Edge: a request to end, turned into what `finally` sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGTERM, which a cancelled job sends after SIGINT, into KeyboardInterrupt: children are then ended first.

    Only the main thread can; in another one nothing changes, and neither where the request is ignored.
    """
    if current_thread() is not main_thread():
        yield
        return
    import signal

    if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no request to end come between: what is cleaned up here is cleaned up whole.

    A job that is cancelled sends several; after them it kills. Only the main thread can; in another one nothing changes.
    """
    if current_thread() is not main_thread():
        yield
        return
    import signal

    before = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
