"""The tables of block N know every neutral word, and only words that 2.0.1 has; what comes with the station exists."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest

from chargepoint.csms.v201 import built_in_monitors, events, monitored_model, monitoring, monitoring_report
from chargepoint.csms.v201.customer_information import information_parts, told
from chargepoint.csms.v201.device_model import DataType
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from chargepoint.csms.v201.monitored_model import MonitoredModel
from chargepoint.csms.v201.station_model import station_model
from chargepoint.model.customers import CustomerRecord
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.monitoring import (
    LEAST_SEVERE,
    ClearOutcome,
    EventSource,
    EventTrigger,
    InstallOutcome,
    MonitoringBase,
    MonitorKind,
)
from chargepoint.monitoring.monitor_set import FIRST_CUSTOM_ID
from unit.csms.v201.fakes import NOON, Surroundings
from unit.csms.v201.schema_check import call_problems, words

TABLES: list[tuple[type[StrEnum], Mapping[Any, str], set[str]]] = [
    (MonitorKind, monitoring.KIND_NAME, words("MonitorEnumType", "SetVariableMonitoring")),
    (MonitoringBase, monitoring.BASE_NAME, words("MonitoringBaseEnumType", "SetMonitoringBase")),
    (EventTrigger, events.TRIGGER, words("EventTriggerEnumType", "NotifyEvent")),
    (EventSource, events.NOTIFICATION_TYPE, words("EventNotificationEnumType", "NotifyEvent")),
    (
        InstallOutcome,
        {outcome: status for outcome, (status, _) in monitoring.SET_STATUS.items()},
        words("SetMonitoringStatusEnumType", "SetVariableMonitoring", answer=True),
    ),
    (
        ClearOutcome,
        {outcome: stated["status"] for outcome, stated in monitoring.CLEAR_STATUS.items()},
        words("ClearMonitoringStatusEnumType", "ClearVariableMonitoring", answer=True),
    ),
]
RATINGS = Ratings({1: EvseRating(3, 32.0, has_meter=True), 2: EvseRating(1, 16.0)}, readers=("door",))


@pytest.mark.parametrize(("neutral", "table", "allowed"), TABLES, ids=[row[0].__name__ for row in TABLES])
def test_every_word_has_its_word(neutral: type[StrEnum], table: Mapping[Any, str], allowed: set[str]) -> None:
    assert set(table) == set(neutral)
    assert set(table.values()) <= allowed


def test_tables_from_the_wire_are_total() -> None:
    assert set(monitoring.KIND) == words("MonitorEnumType", "SetVariableMonitoring")
    assert set(monitoring_report.CRITERION) == words("MonitoringCriterionEnumType", "GetMonitoringReport")
    assert frozenset().union(*monitoring_report.CRITERION.values()) == set(MonitorKind)
    assert set(monitored_model.NATURE) == set(DataType)


def test_every_fault_is_told_at_a_variable_that_there_is() -> None:
    assert set(built_in_monitors.FAULT_TOLD) == set(Fault)
    around = Surroundings()
    context = around.context()
    model = MonitoredModel(station_model(context, RATINGS), context.settings, lambda setting: 0)
    values = model.values(context.station.snapshot(), NOON)
    for ratings in (RATINGS, Ratings(RATINGS.evses, ("door", "gate"))):
        places = built_in_monitors.FaultPlaces(ratings)
        for fault in Fault:
            of_evse = fault not in {Fault.READER_SILENT, Fault.STORAGE_CORRUPT, Fault.STORAGE_FULL}
            for evse_id in (EvseId(1), EvseId(2)) if of_evse else (None,):
                place = places(fault, evse_id)
                if place is None:
                    assert fault is Fault.LOCK_JAMMED, "told by a monitor"
                    continue
                assert values.traits(place.subject) is not None, (fault, place)
                assert 0 <= place.severity <= LEAST_SEVERE


def test_the_stations_own_monitors_watch_what_there_is() -> None:
    around = Surroundings()
    context = around.context()
    values = MonitoredModel(station_model(context, RATINGS), context.settings, lambda setting: 0).values(
        context.station.snapshot(), NOON
    )
    monitors = built_in_monitors.built_in_monitors((1, 2))
    assert len({each.monitor_id for each in monitors}) == len(monitors)
    assert all(each.monitor_id < FIRST_CUSTOM_ID for each in monitors)
    assert all(values.traits(each.subject) is not None for each in monitors)


@pytest.mark.parametrize(("length", "parts"), [(0, 1), (1, 1), (512, 1), (513, 2), (1537, 4)])
def test_what_is_told_of_a_customer_is_cut_into_parts(length: int, parts: int) -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(length))
    calls = information_parts(3, text, datetime(2026, 5, 1, tzinfo=UTC))
    assert len(calls) == parts
    assert "".join(call.payload["data"] for call in calls) == text
    assert [call.payload["tbc"] for call in calls] == [True] * (parts - 1) + [False]
    assert all(call_problems(call.action, call.payload) == [] for call in calls)


def test_a_person_reads_what_was_cleared_and_what_was_kept() -> None:
    records = (CustomerRecord("authorization cache: Accepted", True), CustomerRecord("reservation 3", False))
    assert told(records, is_cleared=True) == "authorization cache: Accepted (cleared)\nreservation 3 (kept)"
    assert told(records, is_cleared=False) == "authorization cache: Accepted\nreservation 3"
    assert told((), is_cleared=True) == ""
