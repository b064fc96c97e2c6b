"""The tables know every neutral word, and only words that 2.0.1 has."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from chargepoint.charging.commands import ReportKind, VerdictStatus
from chargepoint.csms.dialect import DialectMaker, ErrorCode
from chargepoint.csms.v201 import (
    answers,
    authorization,
    availability,
    device_model,
    progress,
    provisioning,
    remote_control,
    reporting,
    status_projection,
    support,
    variables,
    vocabulary,
)
from chargepoint.csms.v201.dialect import TRAITS, Ocpp201Dialect, make_dialect
from chargepoint.model.metering import Location, Measurand, Phase, ReadingContext, Unit
from chargepoint.model.registration import BootReason, RegistrationStatus
from chargepoint.model.status import Availability, EvseStatus
from chargepoint.model.tokens import AuthorizationStatus, TokenKind
from chargepoint.model.transactions import Cause, ChargingState, StopReason, TransactionPhase
from chargepoint.settings.setting import Access, SetOutcome
from unit.csms.v201.fakes import Surroundings
from unit.csms.v201.schema_check import action_names, words

EVENT = "TransactionEvent"

FROM_NEUTRAL: list[tuple[type[StrEnum], Mapping[Any, str | None], set[str]]] = [
    (TransactionPhase, vocabulary.EVENT_TYPE, words("TransactionEventEnumType", EVENT)),
    (Cause, vocabulary.TRIGGER_REASON, words("TriggerReasonEnumType", EVENT)),
    (StopReason, vocabulary.STOPPED_REASON, words("ReasonEnumType", EVENT)),
    (ChargingState, vocabulary.CHARGING_STATE, words("ChargingStateEnumType", EVENT)),
    (TokenKind, vocabulary.TOKEN_TYPE, words("IdTokenEnumType", EVENT)),
    (Measurand, vocabulary.MEASURAND, words("MeasurandEnumType", EVENT)),
    (ReadingContext, vocabulary.READING_CONTEXT, words("ReadingContextEnumType", EVENT)),
    (Phase, vocabulary.PHASE, words("PhaseEnumType", EVENT)),
    (Location, vocabulary.LOCATION, words("LocationEnumType", EVENT)),
    (BootReason, vocabulary.BOOT_REASON, words("BootReasonEnumType", "BootNotification")),
    (EvseStatus, status_projection.CONNECTOR_STATUS, words("ConnectorStatusEnumType", "StatusNotification")),
    (VerdictStatus, authorization.CLEAR_CACHE_STATUS, words("ClearCacheStatusEnumType", "ClearCache", answer=True)),
    (
        VerdictStatus,
        availability.CHANGE_AVAILABILITY_STATUS,
        words("ChangeAvailabilityStatusEnumType", "ChangeAvailability", answer=True),
    ),
    (VerdictStatus, provisioning.RESET_STATUS, words("ResetStatusEnumType", "Reset", answer=True)),
    (
        VerdictStatus,
        remote_control.START_STOP_STATUS,
        words("RequestStartStopStatusEnumType", "RequestStartTransaction", answer=True),
    ),
    (VerdictStatus, remote_control.UNLOCK_STATUS, words("UnlockStatusEnumType", "UnlockConnector", answer=True)),
    (
        VerdictStatus,
        remote_control.TRIGGER_STATUS,
        words("TriggerMessageStatusEnumType", "TriggerMessage", answer=True),
    ),
    (SetOutcome, variables.SET_STATUS, words("SetVariableStatusEnumType", "SetVariables", answer=True)),
    (Access, device_model.MUTABILITY, words("MutabilityEnumType", "NotifyReport")),
]

TO_NEUTRAL: list[tuple[Mapping[str, object], set[str]]] = [
    (vocabulary.AUTHORIZATION_STATUS, words("AuthorizationStatusEnumType", "Authorize", answer=True)),
    (vocabulary.TOKEN_KIND, words("IdTokenEnumType", "Authorize")),
    (provisioning.REGISTRATION_STATUS, words("RegistrationStatusEnumType", "BootNotification", answer=True)),
    (provisioning.RESET_KIND, words("ResetEnumType", "Reset")),
    (status_projection.OPERATIONAL_STATUS, words("OperationalStatusEnumType", "ChangeAvailability")),
    (remote_control.TRIGGERED_REPORT, words("MessageTriggerEnumType", "TriggerMessage")),
    (reporting.BASE_REPORT, words("ReportBaseEnumType", "GetBaseReport")),
    (reporting.PRESENT_WITHOUT_VARIABLE, words("ComponentCriterionEnumType", "GetReport")),
]


@pytest.mark.parametrize(("kind", "table", "allowed"), FROM_NEUTRAL, ids=lambda item: getattr(item, "__name__", ""))
def test_every_neutral_word_has_its_spelling(
    kind: type[StrEnum], table: Mapping[Any, str | None], allowed: set[str]
) -> None:
    assert set(table) == set(kind)
    assert {word for word in table.values() if word is not None} <= allowed


@pytest.mark.parametrize(("table", "allowed"), TO_NEUTRAL)
def test_every_word_of_2_0_1_is_understood(table: Mapping[str, object], allowed: set[str]) -> None:
    assert set(table) == allowed


def test_neutral_words_that_the_csms_sends_are_all_reachable() -> None:
    assert set(vocabulary.AUTHORIZATION_STATUS.values()) == set(AuthorizationStatus)
    assert set(provisioning.REGISTRATION_STATUS.values()) == set(RegistrationStatus)
    assert set(status_projection.OPERATIONAL_STATUS.values()) == set(Availability)
    unreachable = set(ReportKind) - set(remote_control.TRIGGERED_REPORT.values())
    assert unreachable == {ReportKind.DIAGNOSTICS_STATUS}  # a message of 1.6


def test_units_reasons_and_outcomes_are_total() -> None:
    assert set(vocabulary.UNIT) == set(Unit)
    assert set(answers.REASON_CODE) == set(VerdictStatus)
    assert set(variables.SET_REASON) == set(SetOutcome)
    assert words("DataEnumType", "NotifyReport") == set(device_model.DataType)


def test_progress_words_are_those_of_the_schemas() -> None:
    assert words("FirmwareStatusEnumType", "FirmwareStatusNotification") == progress.FIRMWARE_STATUSES
    assert words("UploadLogStatusEnumType", "LogStatusNotification") == progress.LOG_STATUSES


def test_error_codes_are_spelled_as_in_2_0_1() -> None:
    assert set(TRAITS.error_names) == set(ErrorCode)
    assert TRAITS.error_names[ErrorCode.FORMAT] == "FormatViolation"
    assert TRAITS.error_names[ErrorCode.OCCURRENCE_CONSTRAINT] == "OccurrenceConstraintViolation"
    assert TRAITS.error_names[ErrorCode.RPC_FRAMEWORK] == "RpcFrameworkError"


def test_it_can_be_made_like_any_other_dialect(around: Surroundings) -> None:
    make: DialectMaker = make_dialect
    assert make(around.context()).traits is TRAITS


def test_traits_name_the_version() -> None:
    assert TRAITS.subprotocol == "ocpp2.0.1"
    assert TRAITS.schema_package == "ocpp.v201.schemas"
    assert not TRAITS.numbers_transactions


@pytest.mark.requirement("B02.FR.01", "B03.FR.08")
def test_all_is_served_while_pending_and_nothing_while_rejected() -> None:
    assert TRAITS.served_while_pending is None
    assert TRAITS.served_while_rejected == frozenset()
    assert TRAITS.error_names[TRAITS.refusal_before_acceptance] == "SecurityError"


def test_the_support_table_lists_every_message_once(dialect: Ocpp201Dialect) -> None:
    table = support.message_support(dialect.served_actions)
    assert [entry.action for entry in table] == sorted(action_names())
    supported = {entry.action for entry in table if entry.is_supported}
    assert dialect.served_actions | support.SPOKEN == supported
    assert dialect.served_actions <= support.SENT_BY_CSMS | support.SENT_BY_BOTH
    assert support.SPOKEN <= support.SENT_BY_STATION | support.SENT_BY_BOTH
