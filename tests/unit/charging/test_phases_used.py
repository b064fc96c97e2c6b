"""How many phases an EV draws from is what the meter says, once it has settled."""

import pytest

from chargepoint.charging.phases_used import SETTLED_SECONDS, PhasesUsed
from chargepoint_hal.contract import MeterReading

Amps = tuple[float | None, ...]


def counted(phases: int, *course: tuple[float, Amps]) -> int | None:
    used = PhasesUsed(phases)
    for at, amps in course:
        used.see(MeterReading(at, currents_amps=amps))
    return used.count


@pytest.mark.parametrize(
    ("phases", "amps", "count"),
    [
        (3, (16.0, 15.9, 16.1), 3),
        (3, (16.0, 0.2, 0.0), 1),
        (3, (0.0, 0.0, 6.1), 1),
        (1, (16.0, 0.0, 0.0), 1),
        (1, (16.0,), 1),
        (3, (16.0,), None),
        (3, (16.0, None, 16.0), None),
        (3, (0.1, 0.1, 0.1), None),
        (3, (), None),
    ],
)
def test_a_settled_draw_is_counted_where_each_phase_is_measured(phases: int, amps: Amps, count: int | None) -> None:
    assert counted(phases, (0.0, amps), (SETTLED_SECONDS, amps)) == count


def test_what_has_not_settled_and_a_pause_change_nothing() -> None:
    three, one, none = (16.0, 16.0, 16.0), (16.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    course = ((0.0, one), (5.0, three), (15.0, three))
    assert counted(3, (0.0, one), (5.0, three)) is None
    assert counted(3, *course) == 3
    assert counted(3, *course, (20.0, one), (29.0, one)) == 3
    assert counted(3, *course, (20.0, one), (30.0, one)) == 1
    assert counted(3, *course, (20.0, none), (60.0, none)) == 3
