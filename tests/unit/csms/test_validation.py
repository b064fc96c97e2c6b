"""Payloads against the library's schemas, in both versions."""

from importlib.resources import files

import pytest

from chargepoint.csms.dialect import ErrorCode, JsonObject
from chargepoint.csms.validation import SchemaBook

BOOK_1_6 = SchemaBook("ocpp.v16.schemas")
BOOK_2_0_1 = SchemaBook("ocpp.v201.schemas")


def profile(limit: float) -> JsonObject:
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        },
    }


@pytest.mark.parametrize("tenths", range(0, 400, 7))
def test_every_limit_with_one_decimal_is_valid(tenths: int) -> None:
    limit = float(f"{tenths / 10:.1f}")
    assert BOOK_1_6.check_received("SetChargingProfile", profile(limit)) is None
    assert BOOK_1_6.check_call("SetChargingProfile", profile(limit)) is None


def test_more_decimals_are_taken_from_a_csms_and_not_sent_by_us() -> None:
    assert BOOK_1_6.check_received("SetChargingProfile", profile(8.15)) is None
    violation = BOOK_1_6.check_call("SetChargingProfile", profile(8.15))
    assert violation is not None
    assert violation.description.startswith("csChargingProfiles/chargingSchedule/chargingSchedulePeriod/0/limit")


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        ({}, ErrorCode.OCCURRENCE_CONSTRAINT, "the payload"),
        ({"type": 1}, ErrorCode.TYPE_CONSTRAINT, "type"),
        ({"type": "Soon"}, ErrorCode.PROPERTY_CONSTRAINT, "type"),
        ({"type": "Immediate", "evseId": "1"}, ErrorCode.TYPE_CONSTRAINT, "evseId"),
        ({"type": "Immediate", "extra": 1}, ErrorCode.FORMAT, "the payload"),
        (
            {"type": "Immediate", "customData": {"vendorId": "v" * 256}},
            ErrorCode.PROPERTY_CONSTRAINT,
            "customData/vendorId",
        ),
    ],
)
def test_a_violation_has_its_code_and_path(payload: JsonObject, code: ErrorCode, path: str) -> None:
    violation = BOOK_2_0_1.check_received("Reset", payload)
    assert violation is not None
    assert (violation.code, violation.description.split(":")[0]) == (code, path)
    assert len(violation.description) < 400


@pytest.mark.parametrize(
    "action", ["", "Nothing", "../../etc/passwd", "ResetResponse", "ResetRequest", "reset", "a\x00b"]
)
def test_an_action_that_is_none_is_not_looked_up(action: str) -> None:
    assert not BOOK_1_6.knows(action)
    assert not BOOK_2_0_1.knows(action)
    assert BOOK_2_0_1.check_call(action, {}) is not None


@pytest.mark.parametrize(("book", "package"), [(BOOK_1_6, "ocpp.v16.schemas"), (BOOK_2_0_1, "ocpp.v201.schemas")])
def test_every_schema_of_the_library_can_be_used(book: SchemaBook, package: str) -> None:
    names = [entry.name for entry in files(package).iterdir() if entry.name.endswith("Response.json")]
    assert len(names) > 30
    for name in names:
        action = name.removesuffix("Response.json")
        assert book.knows(action)
        book.check_received(action, {"nonsense": [1]})
        book.check_answer(action, {"nonsense": [1]})


def local_list(count: int, wrong: int | None = None) -> JsonObject:
    entries: list[JsonObject] = [{"idTag": str(number), "idTagInfo": {"status": "Accepted"}} for number in range(count)]
    if wrong is not None:
        entries[wrong]["idTagInfo"]["status"] = "Perhaps"
    return {"listVersion": 1, "updateType": "Full", "localAuthorizationList": entries}


@pytest.mark.parametrize("wrong", [None, 0, 199, 200, 999])
def test_a_long_list_is_checked_in_parts_with_the_same_word(wrong: int | None) -> None:
    payload = local_list(1000, wrong)
    in_parts = list(BOOK_1_6.check_in_parts("SendLocalList", payload))
    assert len(in_parts) > 5
    assert [one for one in in_parts if one is not None] == (
        [] if wrong is None else [BOOK_1_6.check_received("SendLocalList", payload)]
    )
    if wrong is not None:
        assert f"localAuthorizationList/{wrong}/idTagInfo/status" in str(in_parts)


def test_a_short_payload_is_checked_at_once() -> None:
    assert list(BOOK_1_6.check_in_parts("SendLocalList", local_list(200))) == [None]
    (violation,) = BOOK_1_6.check_in_parts("SendLocalList", {"listVersion": 1})
    assert violation is not None
    assert violation.code is ErrorCode.OCCURRENCE_CONSTRAINT


def test_a_list_that_is_too_long_for_its_schema_is_found_too() -> None:
    payload: JsonObject = {"requestId": 1, "monitoringCriteria": ["ThresholdMonitoring"] * 500}
    first = next(BOOK_2_0_1.check_in_parts("GetMonitoringReport", payload))
    assert first is not None
    assert first.code is ErrorCode.OCCURRENCE_CONSTRAINT


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**63, 10**39])
def test_an_integer_beyond_32_bits_is_refused_from_a_csms(number: int) -> None:
    wire = profile(16.0)
    wire["csChargingProfiles"]["chargingProfileId"] = number
    violation = BOOK_1_6.check_received("SetChargingProfile", wire)
    assert violation is not None
    assert violation.code is ErrorCode.PROPERTY_CONSTRAINT
    assert violation.description.startswith("csChargingProfiles/chargingProfileId")
    violation = BOOK_2_0_1.check_received("Reset", {"type": "Immediate", "evseId": number})
    assert violation is not None
    assert violation.code is ErrorCode.PROPERTY_CONSTRAINT


@pytest.mark.parametrize("number", [2**31 - 1, -(2**31), 0])
def test_an_integer_of_32_bits_is_taken(number: int) -> None:
    assert BOOK_2_0_1.check_received("Reset", {"type": "Immediate", "evseId": number}) is None
