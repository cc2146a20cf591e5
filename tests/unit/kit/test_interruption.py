"""Requests to end: what becomes of real signals that this process sends to itself."""

from __future__ import annotations

import os
import signal

import pytest

from ci_actions.kit.interruption import interruptible, uninterrupted

BOTH = (signal.SIGINT, signal.SIGTERM)


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", BOTH)
def test_a_request_is_what_finally_sees(number: signal.Signals) -> None:
    seen = []

    def work() -> None:
        with interruptible():
            try:
                send(number)
            finally:
                seen.append(number)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert seen == [number]


@pytest.mark.parametrize("number", BOTH)
def test_cleaning_up_is_not_interrupted(number: signal.Signals) -> None:
    """Also where what is called for it would let itself be interrupted otherwise."""
    before = [signal.getsignal(each) for each in BOTH]
    with interruptible():
        with uninterrupted():
            send(number)
            with interruptible():
                send(number)
        with pytest.raises(KeyboardInterrupt):
            send(number)
    assert [signal.getsignal(each) for each in BOTH] == before
