"""Whoever provokes security events must not fill the queue; what is critical is never left out."""

import pytest

from chargepoint.security.event_budget import AT_ONCE, SECONDS_PER_EVENT, EventBudget
from chargepoint.security.security_events import CRITICALITY, OLDER_NAMES, SecurityEvent, name_in_1_6

NOISY = SecurityEvent.INVALID_CHARGING_STATION_CERTIFICATE


def test_a_burst_is_taken_then_one_a_minute_and_the_rest_is_counted() -> None:
    budget = EventBudget()
    assert [budget.admit(NOISY, 100.0) for _ in range(AT_ONCE + 3)] == [0] * AT_ONCE + [None] * 3
    assert budget.admit(SecurityEvent.INVALID_MESSAGES, 100.0) == 0, "each kind for itself"
    assert budget.admit(NOISY, 100.0 + SECONDS_PER_EVENT) == 3
    assert budget.admit(NOISY, 101.0 + SECONDS_PER_EVENT) is None
    rested = 100.0 + 100 * SECONDS_PER_EVENT
    assert [budget.admit(NOISY, rested) for _ in range(AT_ONCE + 1)] == [1] + [0] * (AT_ONCE - 1) + [None]


@pytest.mark.requirement("A04.FR.01", "A04.FR.02")
def test_e02_what_1_6_calls_critical_is_never_left_out() -> None:
    """Whitepaper section 8, by heart and not by the table."""
    critical = {
        "FirmwareUpdated",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "MemoryExhaustion",
        "TamperDetectionActivated",
    }
    others = {
        "FailedToAuthenticationAtCentralSystem",
        "CentralSystemFailedToAuthentication",
        "ReconfigurationOfSecurityParameters",
        "InvalidMessages",
        "AttemptedReplayAttacks",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidCentralSystemCertificate",
        "InvalidChargePointCertificate",
        "InvalidTLSVersion",
        "InvalidTLSCipherSuite",
    }
    known = {name_in_1_6(event): event for event in SecurityEvent if name_in_1_6(event) is not None}
    assert known.keys() == critical | others
    assert {name for name, event in known.items() if CRITICALITY[event].in_1_6} == critical
    assert len(OLDER_NAMES) == 4
    budget = EventBudget()
    for name in critical:
        assert [budget.admit(known[name], 0.0) for _ in range(50)] == [0] * 50
