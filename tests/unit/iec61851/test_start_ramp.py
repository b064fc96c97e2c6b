"""The gentle start: who gets it, for how long, and that a pause by the station earns none."""

import pytest

from chargepoint.iec61851 import timing
from chargepoint.iec61851.duty_cycle import offered_amps
from chargepoint.iec61851.supply_words import SignalPwm, SupplyRules
from chargepoint.model.pilot import PilotState
from unit.iec61851.driven import Driven


def offered(driven: Driven) -> float:
    """The amps on the pilot now."""
    return round(
        offered_amps([order for _, order in driven.orders if isinstance(order, SignalPwm)][-1].duty_percent), 3
    )


def cut_and_ask_again(driven: Driven) -> None:
    driven.run(1.0, pilot=PilotState.B)
    driven.run(timing.MINIMUM_OFF_SECONDS + 1.0)
    driven.run(0.2, pilot=PilotState.C)
    assert driven.machine.contactor_commanded


def test_the_first_start_offers_everything() -> None:
    driven = Driven()
    driven.charge()
    assert offered(driven) == 16.0


def test_an_ev_that_cut_its_supply_gets_the_least_current_for_a_while() -> None:
    driven = Driven()
    driven.charge()
    driven.run(20.0)
    cut_and_ask_again(driven)
    driven.run(30.0)
    assert offered(driven) == 6.0
    driven.run(10.0)
    assert offered(driven) == 16.0


def test_a_pause_by_the_station_earns_no_ramp() -> None:
    driven = Driven()
    driven.charge()
    driven.tell(power_allowed=False)
    driven.run(1.0)
    driven.run(timing.MINIMUM_OFF_SECONDS + 3.0, pilot=PilotState.B)
    driven.tell(power_allowed=True)
    driven.run(1.0)
    driven.run(1.0, pilot=PilotState.C)
    assert driven.machine.contactor_commanded
    assert offered(driven) == 16.0


def test_another_ev_and_a_cut_long_ago_get_everything() -> None:
    driven = Driven()
    driven.charge()
    driven.run(1.0, pilot=PilotState.B)
    driven.run(timing.CHATTER_WINDOW_SECONDS, step_seconds=1.0)
    driven.run(1.0, pilot=PilotState.C)
    driven.run(6.0)
    assert offered(driven) == 16.0
    cut_and_ask_again(driven)
    driven.run(4.0, pilot=PilotState.A)
    driven.run(timing.MINIMUM_OFF_SECONDS, pilot=PilotState.B)
    driven.run(1.0, pilot=PilotState.C)
    assert offered(driven) == 16.0


@pytest.mark.parametrize(
    ("rules", "amps"),
    [
        (SupplyRules(start_ramp_always=True), 6.0),
        (SupplyRules(start_ramp_always=True, minimum_current_amps=8.0), 8.0),
        (SupplyRules(start_ramp_always=True, start_ramp_seconds=0.0), 16.0),
    ],
)
def test_a_site_can_have_it_always_or_never(rules: SupplyRules, amps: float) -> None:
    driven = Driven(rules)
    driven.charge()
    driven.run(20.0)
    assert offered(driven) == amps
    driven.run(20.0)
    assert offered(driven) == 16.0
