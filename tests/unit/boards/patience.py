"""Waiting for what another thread brings about: as long as it takes, and not for ever."""

import threading
from collections.abc import Callable

LOOKS = 1500
LOOK_SECONDS = 0.01


def until(claim: Callable[[], bool]) -> None:
    """Returns as soon as the claim holds; AssertionError when it never does."""
    rest = threading.Event()
    for _ in range(LOOKS):
        if claim():
            return
        rest.wait(LOOK_SECONDS)
    raise AssertionError("it never came to be so")
