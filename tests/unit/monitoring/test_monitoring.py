"""Monitors and faults of one station together: what is told when, and what a restart remembers."""

from dataclasses import replace

import pytest

from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.monitoring import (
    ClearOutcome,
    EventSource,
    InstallOutcome,
    Monitor,
    MonitoredVariable,
    MonitoringBase,
    MonitorKind,
    MonitorOrigin,
    MonitorWish,
    StoredMonitoring,
    VariableEvent,
)
from chargepoint.monitoring.fault_notices import FaultPlace
from chargepoint.monitoring.monitor_set import FIRST_CUSTOM_ID, MOST_CUSTOM_MONITORS
from chargepoint.monitoring.monitoring import Monitoring
from chargepoint.monitoring.scene import Scene, TransactionTrail
from unit.monitoring.given import EVSE, POWER, STATE, TRAITS, Book, at, ids, scene

PROBLEM = MonitoredVariable("EVSE", "Problem", evse_id=1)
HARD_WIRED = Monitor(11, STATE, MonitorKind.DELTA, 1.0, 3, origin=MonitorOrigin.HARD_WIRED)
PRECONFIGURED = Monitor(1011, POWER, MonitorKind.UPPER_THRESHOLD, 70.0, 5, origin=MonitorOrigin.PRECONFIGURED)
OF_ALL = replace(PRECONFIGURED, monitor_id=1012, severity=9, is_factory_default=False)
SEVERITY = {Fault.PE_LOST: 0, Fault.DIODE: 6}


def place_of(fault: Fault, evse_id: EvseId | None) -> FaultPlace:
    return FaultPlace(replace(PROBLEM, evse_id=evse_id), SEVERITY.get(fault, 3))


class Told:
    """A monitoring whose events are numbered."""

    def __init__(self, stored: StoredMonitoring | None = None, values: Book | None = None, seconds: float = 0) -> None:
        self.values = values or Book()
        self._ids = ids()
        built_in = (HARD_WIRED, PRECONFIGURED, OF_ALL)
        self.all = Monitoring(built_in, place_of, stored or StoredMonitoring(), self.values, at(seconds))

    def look(self, shown: Scene) -> list[VariableEvent]:
        return self.all.look(shown, lambda: next(self._ids))

    def faulty(self, seconds: float, *faults: Fault, online: bool = True) -> list[VariableEvent]:
        present = {None: frozenset[Fault](), EVSE: frozenset(faults)}
        return self.look(scene(seconds, self.values, faults=present, online=online))

    def wish(self, value: float, severity: int = 5, monitor_id: int | None = None) -> int | None:
        wanted = MonitorWish(POWER, TRAITS[POWER], MonitorKind.LOWER_THRESHOLD, value, severity, monitor_id=monitor_id)
        return self.all.install(wanted, self.values, at(0)).monitor_id

    def ids_active(self) -> list[int]:
        return [each.monitor_id for each in self.all.active()]


def test_bases_and_orders_say_which_monitors_are_active() -> None:
    told = Told()
    assert told.ids_active() == [11, 1011]
    told.all.set_base(MonitoringBase.ALL, told.values, at(0))
    custom = told.wish(5.0)
    assert told.ids_active() == [11, 1011, 1012, FIRST_CUSTOM_ID]
    assert custom == FIRST_CUSTOM_ID
    assert told.all.clear(1012) is ClearOutcome.CLEARED
    assert told.all.clear(1012) is ClearOutcome.NOT_FOUND
    assert told.all.clear(11) is ClearOutcome.HARD_WIRED
    told.all.set_base(MonitoringBase.ALL, told.values, at(0))
    assert told.ids_active() == [11, 1011, 1012, FIRST_CUSTOM_ID]
    told.all.set_base(MonitoringBase.HARD_WIRED_ONLY, told.values, at(0))
    assert told.ids_active() == [11]


def test_an_overruled_monitor_stays_off_until_the_base_is_set() -> None:
    told = Told()
    assert told.wish(5.0, monitor_id=1011) == 1011
    assert [each.kind for each in told.all.active()] == [MonitorKind.DELTA, MonitorKind.LOWER_THRESHOLD]
    assert told.all.clear(1011) is ClearOutcome.CLEARED
    assert told.ids_active() == [11]
    told.all.set_base(MonitoringBase.FACTORY_DEFAULT, told.values, at(0))
    assert told.all.active() == [HARD_WIRED, PRECONFIGURED]


def test_there_is_room_for_so_many_and_a_replacement_needs_none() -> None:
    told = Told()
    assert all(told.wish(float(n % 100), n % 10) is not None for n in range(10))
    book = told.all.memory().custom
    many = tuple(replace(book[0], monitor_id=FIRST_CUSTOM_ID + n) for n in range(MOST_CUSTOM_MONITORS))
    full = Told(StoredMonitoring(custom=many))
    wish = MonitorWish(POWER, TRAITS[POWER], MonitorKind.DELTA, 1.0, 5)
    assert full.all.install(wish, full.values, at(0)).outcome is InstallOutcome.TOO_MANY
    assert full.all.install(replace(wish, monitor_id=1011), full.values, at(0)).outcome is InstallOutcome.TOO_MANY
    replacing = replace(wish, monitor_id=many[3].monitor_id)
    assert full.all.install(replacing, full.values, at(0)).outcome is InstallOutcome.ACCEPTED


def test_a_monitor_of_a_variable_that_is_gone_is_dropped() -> None:
    told = Told()
    told.wish(5.0)
    book = Book(known={STATE: TRAITS[STATE]})
    assert Told(told.all.memory(), book).ids_active() == [11]
    assert Told(told.all.memory(), book).all.memory().custom == ()


def test_after_a_restart_a_difference_counts_from_the_first_value() -> None:
    told = Told(values=Book({STATE: "Available"}))
    assert told.look(scene(0, told.values)) == []
    told.values.texts[STATE] = "Occupied"
    assert len(told.look(scene(1, told.values))) == 1
    told.values.texts[STATE] = "Available"
    again = Told(told.all.memory(), told.values)
    assert again.look(scene(2, again.values)) == []


def test_an_alarm_outlives_a_restart() -> None:
    told = Told(values=Book({POWER: "80"}))
    (raised,) = told.look(scene(0, told.values))
    again = Told(told.all.memory(), told.values)
    assert again.look(scene(5, again.values)) == [], "it was told"
    again.values.texts[POWER] = "60"
    (cleared,) = again.look(scene(6, again.values))
    assert (cleared.monitor_id, cleared.is_cleared) == (raised.monitor_id, True)


def test_a_fault_is_told_and_its_end_too_but_not_every_flicker() -> None:
    told = Told()
    (raised,) = told.faulty(0, Fault.DIODE)
    assert (raised.source, raised.tech_code) == (EventSource.HARD_WIRED_NOTIFICATION, "diode")
    assert [told.faulty(second, *[Fault.DIODE] * (second % 2)) for second in range(1, 5)] == [[]] * 4
    (cleared,) = told.faulty(5)
    assert cleared.is_cleared
    assert told.faulty(9, Fault.DIODE) == []
    assert len(told.faulty(10, Fault.DIODE)) == 1


def test_a_mild_fault_is_judged_when_the_csms_is_back() -> None:
    told = Told()
    assert told.faulty(0, Fault.DIODE, online=False) == []
    assert [event.tech_code for event in told.faulty(1, Fault.DIODE, Fault.PE_LOST, online=False)] == ["pe_lost"]
    assert told.faulty(30, online=False)[0].is_cleared
    assert told.faulty(40) == [], "the mild one came and went"


def test_a_level_holds_for_faults_too() -> None:
    told = Told()
    assert told.all.set_level(0)
    assert [event.tech_code for event in told.faulty(0, Fault.DIODE, Fault.PE_LOST)] == ["pe_lost"]
    assert not told.all.set_level(10)
    assert told.all.level == 0


def test_what_is_not_known_yet_is_not_said_to_be_over() -> None:
    told = Told()
    told.faulty(0, Fault.PE_LOST)
    again = Told(told.all.memory(), seconds=100)
    assert again.look(scene(101, again.values, faults={None: frozenset()})) == [], "the EVSE was not seen yet"
    assert again.faulty(110) == [], "it may only not have been found yet"
    (cleared,) = again.faulty(131)
    assert cleared.is_cleared


def test_what_happens_just_after_a_transaction_still_belongs_to_it() -> None:
    trail = TransactionTrail()
    transaction = TransactionId("tx-1")
    assert trail.follow({EVSE: transaction}, at(0))[EVSE].is_running
    just_after = trail.follow({}, at(3))[EVSE]
    assert (just_after.transaction_id, just_after.is_running) == (transaction, False)
    assert trail.follow({}, at(6)) == {}


@pytest.mark.parametrize("evse_id", [EVSE, None])
def test_the_cause_is_a_fault_of_the_same_evse(evse_id: EvseId | None) -> None:
    told = Told(values=Book({STATE: "Available"}))
    told.look(scene(0, told.values))
    told.values.texts[STATE] = "Unavailable"
    present = {None: frozenset[Fault](), EVSE: frozenset[Fault]()} | {evse_id: frozenset({Fault.PE_LOST})}
    fault, consequence = told.look(scene(1, told.values, faults=present))
    assert consequence.cause == (fault.event_id if evse_id == EVSE else None)


def test_of_an_evse_that_nobody_sees_what_is_wrong_is_told_and_nothing_is_said_to_be_over() -> None:
    told = Told()
    told.faulty(0, Fault.PE_LOST)
    lost = scene(10, told.values, faults={None: frozenset(), EVSE: frozenset({Fault.SAFETY_LINK_LOST})})
    (event,) = told.look(replace(lost, unheard=frozenset({EVSE})))
    assert (event.tech_code, event.is_cleared) == ("safety_link_lost", False)
    (cleared,) = told.faulty(20, Fault.PE_LOST)
    assert (cleared.tech_code, cleared.is_cleared) == ("safety_link_lost", True)
