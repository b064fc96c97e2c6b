"""A trip of the residual-current monitor and a spike on its line, tick by tick on the real loop."""

import pytest

from chargepoint.model.faults import Fault
from chargepoint.safety.residual_watch import COUNTS_AFTER_SECONDS, SETTLES_SECONDS
from unit.safety.driven_loop import GO, TICK_SECONDS, DrivenLoop
from unit.safety.fake_board import Cell

RCD = Fault.RESIDUAL_CURRENT
SPIKE_SECONDS = 2 * TICK_SECONDS


def spike(rig: DrivenLoop, seconds: float = SPIKE_SECONDS) -> None:
    rig.evse[Cell.RCD] = 1
    rig.run(seconds)
    rig.evse[Cell.RCD] = 0
    rig.tick()


def test_a_spike_while_the_contactor_is_open_is_nothing() -> None:
    rig = DrivenLoop()
    rig.run(4.0)
    rig.evse.plug_in()
    rig.run(1.0)
    rig.evse[Cell.RCD] = 1
    for _ in range(4):
        rig.tick()
        assert not rig.seen.faults
    rig.evse[Cell.RCD] = 0
    assert not rig.run(0.2).faults
    rig.tell(GO)
    rig.evse.want_power()
    rig.run(5.0)
    assert rig.evse.is_live()


def test_an_output_that_stays_set_holds_power_back_only_while_it_is_set() -> None:
    rig = DrivenLoop()
    rig.run(4.0)
    rig.evse.plug_in()
    rig.evse[Cell.RCD] = 1
    seen = rig.run(0.2)
    assert seen.faults == {RCD}
    assert not seen.latched_faults
    rig.tell(GO)
    rig.evse.want_power()
    rig.run(5.0)
    assert not rig.evse.is_live()
    rig.evse[Cell.RCD] = 0
    rig.run(15.0)
    assert rig.evse.is_live()


def test_a_spike_while_charging_opens_in_its_tick_and_keeps_nothing() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.run(SETTLES_SECONDS)
    rig.evse[Cell.RCD] = 1
    rig.tick()
    assert not rig.evse.commanded_closed()
    spike(rig)
    seen = rig.run(0.2)
    assert not seen.faults
    rig.run(20.0)
    assert rig.evse.is_live()


def test_the_second_spike_of_the_same_plug_in_is_a_trip() -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.run(SETTLES_SECONDS)
    spike(rig)
    rig.run(20.0)
    assert rig.evse.is_live()
    spike(rig)
    assert RCD in rig.run(20.0).latched_faults
    assert not rig.evse.is_live()
    rig.evse.plug_out()
    assert not rig.run(1.0).faults
    rig.evse.plug_in()
    rig.run(1.0)
    rig.tell(GO)
    rig.evse.want_power()
    rig.run(20.0)
    spike(rig)
    assert not rig.run(1.0).latched_faults, "another EV, another count"


@pytest.mark.parametrize("seconds", [COUNTS_AFTER_SECONDS + 2 * TICK_SECONDS, 0.2])
def test_an_output_that_lasts_is_a_trip_also_after_it_has_opened_the_contactor(seconds: float) -> None:
    rig = DrivenLoop()
    rig.charge()
    rig.run(SETTLES_SECONDS)
    spike(rig, seconds)
    assert RCD in rig.run(20.0).latched_faults
    assert not rig.evse.is_live()


def test_the_noise_of_the_closing_contactor_opens_nothing_and_a_trip_then_opens_within_its_time() -> None:
    rig = DrivenLoop()
    rig.run(4.0)
    rig.evse.plug_in()
    rig.run(0.5)
    rig.tell(GO)
    rig.evse.want_power()
    while not rig.evse.commanded_closed():
        rig.tick()
    spike(rig)
    assert rig.evse.commanded_closed()
    rig.evse[Cell.RCD] = 1
    rig.run(COUNTS_AFTER_SECONDS + 2 * TICK_SECONDS)
    assert not rig.evse.commanded_closed()
    rig.evse[Cell.RCD] = 0
    assert RCD in rig.run(20.0).latched_faults
