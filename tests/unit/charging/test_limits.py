"""Limits of one EVSE on their way into its directives."""

import pytest

from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.effects import Direct
from chargepoint.charging.events import EvseObserved
from unit.charging.driver import ONE, Driver


def test_one_evse_may_be_configured_below_the_board() -> None:
    story = Driver([EvseConfiguration(ONE, installer_limit_amps=16.0)])
    story.charge()
    assert (story.see().limit.amps, story.see().limit.set_by) == (16.0, "installer")


@pytest.mark.parametrize(("amps", "raises"), [(20.0, True), (8.0, False)])
def test_a_higher_limit_waits_for_the_commit_and_a_lower_one_does_not(amps: float, raises: bool) -> None:
    story = Driver()
    story.outlets[ONE].cable_rating_amps = 13.0
    story.charge()
    story.outlets[ONE].cable_rating_amps = amps
    effects = story.tell(EvseObserved(story.outlets[ONE].observe(story.now)))
    directives = [effect for effect in effects if isinstance(effect, Direct)]
    assert [(direct.directive.limit_amps, direct.raises_power) for direct in directives] == [(amps, raises)]
