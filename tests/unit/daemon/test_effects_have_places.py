"""Whatever the core can emit is either kept on the disk with its step or done by the controller."""

from typing import get_args

from chargepoint.charging.effects import (
    AskAuthorization,
    Direct,
    Effect,
    Enqueue,
    Present,
    Restart,
    Show,
    SignReading,
    UnlockFinished,
)
from chargepoint.daemon.steps import REMEMBERED

PERFORMED = {AskAuthorization, Direct, Enqueue, Present, Restart, Show, SignReading, UnlockFinished}


def test_every_effect_has_one_place() -> None:
    assert set(get_args(Effect)) == set(REMEMBERED) | PERFORMED
    assert not set(REMEMBERED) & PERFORMED
