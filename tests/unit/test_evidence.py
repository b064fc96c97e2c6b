"""The support tables promise what tests show, and nothing else."""

from pathlib import Path

from chargepoint.app.own_settings import own_catalogue
from chargepoint.csms.v16.support import support_table
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.station_config import StationConfig
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
        "StopTransactionMaxMeterValues",
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


def test_what_is_not_on_every_station_says_where_it_is_and_what_1_6_may_write_says_so() -> None:
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in ocpp_1_6.table().splitlines()}
    assert "| RW |" in rows["SecurityProfile"]
    assert "| W |" in rows["AuthorizationKey"]
    assert "| R |" in rows["CertificateStoreMaxLength"]
    for name, condition in {
        "ISO15118PnCEnabled": "ISO 15118 stack",
        "Language": "display_cost_and_price",
        "UpdateFirmware": "[firmware] backend",
    }.items():
        assert condition in rows[name]
    assert "no manufacturer's root has ever been known" in rows["UpdateFirmware"]
    for name in ("CustomDisplayCostAndPrice", "GetDiagnostics", "Language"):
        assert "[firmware]" not in rows[name]
    assert set(ocpp_1_6.ONLY_WHERE_MESSAGES) <= set(ocpp_1_6.supported_messages())
    own_keys = {setting.key_1_6 for setting in own_catalogue(StationConfig(), has_stack=False)}
    bare = {setting.name for setting in CATALOGUE if setting.key_1_6 not in own_keys}
    assert set(ocpp_1_6.ONLY_WHERE_KEYS) == bare


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
        "def helper(): ...\n"
        "@pytest.mark.shows('Inside')\n"
        "class TestMore:\n"
        "    def test_c(self): ...\n",
        encoding="utf-8",
    )
    assert marked_tests(tmp_path, "shows") == {
        "Everywhere": ["unit/test_one.py::test_a", "unit/test_one.py::test_b", "unit/test_one.py::TestMore::test_c"],
        "Here": ["unit/test_one.py::test_a"],
        "There": ["unit/test_one.py::test_a"],
        "Inside": ["unit/test_one.py::TestMore::test_c"],
    }
