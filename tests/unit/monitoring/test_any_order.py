"""Whatever happens in whatever order, the CSMS's picture of a threshold is never turned around and right in the end."""

from dataclasses import dataclass
from itertools import count

from hypothesis import given as for_all
from hypothesis import strategies

from chargepoint.model.faults import Fault
from chargepoint.model.monitoring import LEAST_SEVERE, MonitorKind, StoredMonitoring
from chargepoint.monitoring.fault_notices import FaultPlace
from chargepoint.monitoring.monitoring import Monitoring
from unit.monitoring.given import EVSE, POWER, Book, at, monitor, scene

WATCHED = monitor(MonitorKind.UPPER_THRESHOLD, 100.0, severity=5)
SEVERITY_OF_FAULT = 4


@dataclass(frozen=True, slots=True)
class Happening:
    seconds: float
    watts: str | None
    is_faulty: bool
    is_online: bool
    level: int
    restarts: bool


HAPPENINGS = strategies.lists(
    strategies.builds(
        Happening,
        strategies.floats(0.5, 40.0),
        strategies.sampled_from(["0", "100", "101", "5000", None]),
        strategies.booleans(),
        strategies.booleans(),
        strategies.integers(3, LEAST_SEVERE),
        strategies.booleans(),
    ),
    max_size=25,
)


@for_all(HAPPENINGS)
def test_every_end_has_its_beginning_and_the_last_word_is_true(happenings: list[Happening]) -> None:
    values, numbers = Book({POWER: "0"}), count(1)
    told_of_monitor: list[bool] = []
    told_of_fault: list[bool] = []

    def opened(stored: StoredMonitoring, seconds: float) -> Monitoring:
        place = FaultPlace(POWER, SEVERITY_OF_FAULT)
        return Monitoring((), lambda fault, evse_id: place, stored, values, at(seconds))

    def look(seconds: float, is_faulty: bool, is_online: bool) -> None:
        faults = {None: frozenset[Fault](), EVSE: frozenset({Fault.DIODE} if is_faulty else ())}
        for event in watching.look(scene(seconds, values, faults=faults, online=is_online), lambda: next(numbers)):
            (told_of_monitor if event.monitor_id else told_of_fault).append(not event.is_cleared)

    watching, now = opened(StoredMonitoring(custom=(WATCHED,)), 0.0), 0.0
    for each in happenings:
        now += each.seconds
        values.texts[POWER] = each.watts
        watching = opened(watching.memory(), now) if each.restarts else watching
        assert watching.set_level(each.level)
        look(now, each.is_faulty, each.is_online)
    last = happenings[-1] if happenings else Happening(1, "0", False, True, 9, False)
    assert watching.set_level(LEAST_SEVERE)
    watts = last.watts or "0"
    values.texts[POWER] = watts
    look(now + 100, last.is_faulty, True)
    for told in (told_of_monitor, told_of_fault):
        assert told == [n % 2 == 0 for n in range(len(told))], "they take turns, a beginning first"
    assert (len(told_of_monitor) % 2 == 1) is (float(watts) > 100.0)
    assert (len(told_of_fault) % 2 == 1) is last.is_faulty
