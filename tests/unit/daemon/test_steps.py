"""Each effect of the core goes one way."""

from typing import get_args

from chargepoint.charging import effects
from chargepoint.daemon.steps import REMEMBERED

PERFORMED = {
    effects.AskAuthorization,
    effects.Direct,
    effects.Enqueue,
    effects.Present,
    effects.Restart,
    effects.Show,
    effects.SignReading,
    effects.UnlockFinished,
}
"""By the controller itself; a report also by its class."""


def test_every_effect_is_stored_or_performed() -> None:
    assert set(REMEMBERED) | PERFORMED == set(get_args(effects.Effect))
    assert not set(REMEMBERED) & PERFORMED
