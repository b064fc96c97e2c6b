"""The support tables promise what tests show, and nothing else."""

from pathlib import Path

from chargepoint.csms.v16.support import support_table
from evidence import ocpp_1_6
from evidence.marks import marked_tests

STANDARD_KEYS = frozenset(
    [
        "AllowOfflineTxForUnknownId",
        "AuthorizationCacheEnabled",
        "AuthorizeRemoteTxRequests",
        "BlinkRepeat",
        "ClockAlignedDataInterval",
        "ConnectionTimeOut",
        "ConnectorPhaseRotation",
        "ConnectorPhaseRotationMaxLength",
        "GetConfigurationMaxKeys",
        "HeartbeatInterval",
        "LightIntensity",
        "LocalAuthorizeOffline",
        "LocalPreAuthorize",
        "MaxEnergyOnInvalidId",
        "MessageTimeout",
        "MeterValueSampleInterval",
        "MeterValuesAlignedData",
        "MeterValuesAlignedDataMaxLength",
        "MeterValuesSampledData",
        "MeterValuesSampledDataMaxLength",
        "MinimumStatusDuration",
        "NumberOfConnectors",
        "ResetRetries",
        "StopTransactionOnEVSideDisconnect",
        "StopTransactionOnInvalidId",
        "StopTxnAlignedData",
        "StopTxnAlignedDataMaxLength",
        "StopTxnSampledData",
        "StopTxnSampledDataMaxLength",
        "SupportedFeatureProfiles",
        "SupportedFeatureProfilesMaxLength",
        "SupportedFileTransferProtocols",
        "TransactionMessageAttempts",
        "TransactionMessageRetryInterval",
        "UnlockConnectorOnEVSideDisconnect",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "ChargingScheduleMaxPeriods",
        "ConnectorSwitch3to1PhaseSupported",
        "MaxChargingProfilesInstalled",
        "LocalAuthListEnabled",
        "LocalAuthListMaxLength",
        "SendLocalListMaxLength",
        "ReserveConnectorZeroSupported",
        "AdditionalRootCertificateCheck",
        "CertificateSignedMaxChainSize",
        "CertificateStoreMaxLength",
        "CpoName",
        "SecurityProfile",
        "AuthorizationKey",
        "WebSocketPingInterval",
    ]
)
"""Section 9 of the specification with its errata, OCPP-J and the security whitepaper."""


def test_every_mark_names_something_that_1_6_has() -> None:
    known = {*ocpp_1_6.supported_messages(), *ocpp_1_6.supported_keys()}
    assert set(ocpp_1_6.shown_names()) <= known


def test_every_message_and_key_that_is_there_is_shown_by_a_test() -> None:
    promised = {*ocpp_1_6.supported_messages(), *ocpp_1_6.supported_keys()}
    assert promised - set(ocpp_1_6.shown_names()) == set()
    assert "| open |" not in ocpp_1_6.table()


def test_every_message_of_the_specification_is_there() -> None:
    assert [row.action for row in support_table() if not row.is_supported] == []


def test_every_key_of_the_specification_is_there_or_absent_with_its_reason() -> None:
    assert {*ocpp_1_6.supported_keys(), *ocpp_1_6.ABSENT_KEYS} >= STANDARD_KEYS
    assert set(ocpp_1_6.ABSENT_KEYS) <= STANDARD_KEYS


def test_a_key_is_either_there_or_absent_with_its_reason() -> None:
    assert not set(ocpp_1_6.supported_keys()) & set(ocpp_1_6.ABSENT_KEYS)


def test_marks_are_found_on_tests_and_on_modules(tmp_path: Path) -> None:
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "test_one.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.shows('Everywhere')]\n"
        "@pytest.mark.shows('Here', 'There')\n"
        "async def test_a(): ...\n"
        "@pytest.mark.other('Nowhere')\n"
        "def test_b(): ...\n"
        "@pytest.mark.shows('NoTest')\n"
        "def helper(): ...\n",
        encoding="utf-8",
    )
    assert marked_tests(tmp_path, "shows") == {
        "Everywhere": ["unit/test_one.py::test_a", "unit/test_one.py::test_b"],
        "Here": ["unit/test_one.py::test_a"],
        "There": ["unit/test_one.py::test_a"],
    }
