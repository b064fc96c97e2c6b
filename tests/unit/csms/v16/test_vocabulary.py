"""Each table knows every neutral word, and says only words of OCPP 1.6."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest

from chargepoint.charging.commands import VerdictStatus
from chargepoint.csms.dialect import ErrorCode
from chargepoint.csms.v16 import availability, diagnostics, firmware, handler, provisioning, remote_control, vocabulary
from chargepoint.csms.v16.status_projection import (
    CONNECTOR_STATUS,
    ERROR_CODE,
    MAY_HAVE_EV_COMMUNICATION_ERROR,
    STATION_STATUS,
    error_code,
)
from chargepoint.csms.v16.traits import ERROR_NAMES, TRAITS
from chargepoint.model.faults import Fault
from chargepoint.model.metering import Location, Measurand, Phase, ReadingContext, Unit
from chargepoint.model.status import EvseStatus
from chargepoint.model.transactions import StopReason
from chargepoint.settings.setting import SetOutcome
from unit.csms.v16.schema_check import allowed_words, words

TABLES: list[tuple[Mapping[Any, str], type[Enum], str]] = [
    (vocabulary.STOP_REASON, StopReason, "Reason"),
    (vocabulary.READING_CONTEXT, ReadingContext, "ReadingContext"),
    (vocabulary.MEASURAND, Measurand, "Measurand"),
    (vocabulary.PHASE, Phase, "Phase"),
    (vocabulary.LOCATION, Location, "Location"),
    (CONNECTOR_STATUS, EvseStatus, "ChargePointStatus"),
    (STATION_STATUS, EvseStatus, "ChargePointStatus"),
    (ERROR_CODE, Fault, "ChargePointErrorCode"),
    (availability.AVAILABILITY_STATUS, VerdictStatus, "AvailabilityStatus"),
    (handler.ACCEPTED_OR_REJECTED, VerdictStatus, "RemoteStartStopStatus"),
    (handler.ACCEPTED_OR_REJECTED, VerdictStatus, "ClearCacheStatus"),
    (provisioning.RESET_STATUS, VerdictStatus, "ResetStatus"),
    (provisioning.CONFIGURATION_STATUS, SetOutcome, "ConfigurationStatus"),
    (remote_control.UNLOCK_STATUS, VerdictStatus, "UnlockStatus"),
    (remote_control.TRIGGER_STATUS, VerdictStatus, "TriggerMessageStatus"),
]


@pytest.mark.parametrize(("table", "neutral", "name"), TABLES, ids=[f"{row[1].__name__}-{row[2]}" for row in TABLES])
def test_a_table_is_total_and_speaks_1_6(table: Mapping[Any, str], neutral: type[Enum], name: str) -> None:
    assert set(table) == set(neutral)
    assert set(table.values()) <= words(name)


def test_every_word_that_the_csms_may_say_is_read() -> None:
    assert set(vocabulary.AUTHORIZATION_STATUS) == words("AuthorizationStatus")
    assert set(vocabulary.REGISTRATION_STATUS) == words("RegistrationStatus")
    assert set(availability.AVAILABILITY) == words("AvailabilityType")
    assert set(provisioning.RESET_KIND) == words("ResetType")
    assert set(remote_control.TRIGGERED_REPORT) == allowed_words("TriggerMessage", "requestedMessage")


def test_statuses_of_updates_and_uploads_speak_1_6() -> None:
    firmware_words = allowed_words("FirmwareStatusNotification", "status")
    diagnostics_words = allowed_words("DiagnosticsStatusNotification", "status")
    assert {word for word in firmware.FIRMWARE_STATUS.values() if word} == firmware_words
    assert set(diagnostics.DIAGNOSTICS_STATUS.values()) == diagnostics_words
    assert all(firmware.FIRMWARE_STATUS[word] == word for word in firmware_words)
    assert all(diagnostics.DIAGNOSTICS_STATUS[word] == word for word in diagnostics_words)


def test_every_unit_has_digits_and_a_word_in_each_message() -> None:
    assert set(vocabulary.DECIMALS) == set(Unit)
    assert set(vocabulary.UNIT_IN_METER_VALUES) == set(Unit)
    assert set(vocabulary.UNIT_IN_STOP_TRANSACTION) == set(Unit)
    assert all(0 <= digits <= 3 for digits in vocabulary.DECIMALS.values())


def test_the_whole_station_has_three_statuses() -> None:
    assert set(STATION_STATUS.values()) == {"Available", "Unavailable", "Faulted"}


@pytest.mark.parametrize("fault", [None, *Fault])
@pytest.mark.parametrize("status", EvseStatus)
def test_error_codes_obey_section_4_9(status: EvseStatus, fault: Fault | None) -> None:
    code = error_code(status, fault)
    assert code in words("ChargePointErrorCode")
    assert (code == "NoError") == (fault is None and status is not EvseStatus.FAULTED)
    if code == "EVCommunicationError":
        assert status in MAY_HAVE_EV_COMMUNICATION_ERROR


def test_error_names_are_spelled_as_in_1_6() -> None:
    assert set(ERROR_NAMES) == set(ErrorCode)
    assert ERROR_NAMES[ErrorCode.FORMAT] == "FormationViolation"
    assert ERROR_NAMES[ErrorCode.OCCURRENCE_CONSTRAINT] == "OccurenceConstraintViolation"
    assert "RpcFrameworkError" not in ERROR_NAMES.values()


def test_traits() -> None:
    assert TRAITS.subprotocol == "ocpp1.6"
    assert TRAITS.schema_package == "ocpp.v16.schemas"
    assert TRAITS.numbers_transactions
    assert TRAITS.served_while_pending is None
    assert TRAITS.served_while_rejected == frozenset()
