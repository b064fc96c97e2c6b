"""Payloads with numbers at the ends of what JSON can say."""

import pytest

from dev_csms.wire import Json, MessageType, Version, schema_errors


def limit_of(limit: float) -> Json:
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    return {"connectorId": 1, "csChargingProfiles": profile}


@pytest.mark.parametrize("limit", [16.1, 1e300, 1.7976931348623157e308, 10**39, -1e300])
def test_a_limit_of_any_size_is_judged(limit: float) -> None:
    assert schema_errors(MessageType.CALL, "SetChargingProfile", limit_of(limit), Version.V16) == []


@pytest.mark.parametrize("limit", [5e-324, 16.15])
def test_a_limit_finer_than_a_tenth_is_a_violation(limit: float) -> None:
    (error,) = schema_errors(MessageType.CALL, "SetChargingProfile", limit_of(limit), Version.V16)
    assert error.code == "PropertyConstraintViolation"


@pytest.mark.parametrize("limit", [float("inf"), float("nan")])
def test_a_limit_that_is_no_number_is_a_violation(limit: float) -> None:
    (error,) = schema_errors(MessageType.CALL, "SetChargingProfile", limit_of(limit), Version.V16)
    assert error.code == "FormatViolation"
