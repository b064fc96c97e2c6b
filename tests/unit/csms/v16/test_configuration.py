"""GetConfiguration and ChangeConfiguration over the settings."""

from typing import Any

import pytest

from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode
from chargepoint.csms.v16.dialect import make_dialect
from chargepoint.settings.catalogue import CATALOGUE
from unit.csms.v16.asking import ask, status_of
from unit.csms.v16.fakes import FakeSettings, Surroundings

REQUIRED_CORE_KEYS = {
    "AuthorizeRemoteTxRequests",
    "ClockAlignedDataInterval",
    "ConnectionTimeOut",
    "ConnectorPhaseRotation",
    "GetConfigurationMaxKeys",
    "HeartbeatInterval",
    "LocalAuthorizeOffline",
    "LocalPreAuthorize",
    "MeterValueSampleInterval",
    "MeterValuesAlignedData",
    "MeterValuesSampledData",
    "NumberOfConnectors",
    "ResetRetries",
    "StopTransactionOnEVSideDisconnect",
    "StopTransactionOnInvalidId",
    "StopTxnAlignedData",
    "StopTxnSampledData",
    "SupportedFeatureProfiles",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
}


class TestGetConfiguration:
    @pytest.mark.parametrize("request_payload", [{}, {"key": []}])
    async def test_all_keys_but_no_secret(self, dialect: Dialect, request_payload: dict[str, Any]) -> None:
        answer = await ask(dialect, "GetConfiguration", request_payload)
        told = {entry["key"]: (entry["value"], entry["readonly"]) for entry in answer["configurationKey"]}
        assert told == {
            "HeartbeatInterval": ("300", False),
            "LocalPreAuthorize": ("true", False),
            "GetConfigurationMaxKeys": ("3", True),
            "SendLocalListMaxLength": ("5", True),
            "NumberOfConnectors": ("2", True),
            "MeterValuesSampledData": ("Energy.Active.Import.Register", False),
            "SecurityProfile": ("0", False),
        }
        assert "s3cret" not in str(answer)

    async def test_asked_keys_and_unknown_ones(self, dialect: Dialect) -> None:
        answer = await ask(dialect, "GetConfiguration", {"key": ["heartbeatinterval", "Nonsense", "AuthorizationKey"]})
        assert answer == {
            "configurationKey": [
                {"key": "heartbeatinterval", "readonly": False, "value": "300"},
                {"key": "AuthorizationKey", "readonly": False},
            ],
            "unknownKey": ["Nonsense"],
        }

    async def test_more_keys_than_the_maximum(self, dialect: Dialect) -> None:
        with pytest.raises(CallRefusedError, match="GetConfigurationMaxKeys is 3") as refusal:
            await dialect.serve("GetConfiguration", {"key": ["a", "b", "c", "d"]})
        assert refusal.value.code is ErrorCode.OCCURRENCE_CONSTRAINT

    async def test_the_real_catalogue_can_be_told(self) -> None:
        around = Surroundings(settings=FakeSettings(catalogue=CATALOGUE))
        answer = await ask(make_dialect(around.context()), "GetConfiguration", {})
        told = {entry["key"]: entry for entry in answer["configurationKey"]}
        assert len(told) == len(answer["configurationKey"])
        assert told.keys() >= REQUIRED_CORE_KEYS
        assert told["NumberOfConnectors"]["readonly"]
        assert not told["HeartbeatInterval"]["readonly"]

    async def test_a_value_longer_than_1_6_allows_is_cut(self, dialect: Dialect, around: Surroundings) -> None:
        around.settings.texts["sampled"] = "x" * 600
        answer = await ask(dialect, "GetConfiguration", {"key": ["MeterValuesSampledData"]})
        assert len(answer["configurationKey"][0]["value"]) == 500


CHANGES = [
    ("HeartbeatInterval", "60", "Accepted"),
    ("heartbeatinterval", "60", "Accepted"),
    ("HeartbeatInterval", "-1", "Rejected"),
    ("HeartbeatInterval", "soon", "Rejected"),
    ("NumberOfConnectors", "4", "Rejected"),
    ("SecurityProfile", "2", "RebootRequired"),
    ("MeterValuesSampledData", "Voltage,Current.Import", "Accepted"),
    ("MeterValuesSampledData", "", "Accepted"),
    ("MeterValuesSampledData", "Voltage,SoC", "Rejected"),
    ("AuthorizationKey", "0123456789abcdef", "Accepted"),
    ("Nonsense", "1", "NotSupported"),
]


@pytest.mark.parametrize(("key", "value", "status"), CHANGES)
async def test_change_configuration(dialect: Dialect, around: Surroundings, key: str, value: str, status: str) -> None:
    assert await status_of(dialect, "ChangeConfiguration", {"key": key, "value": value}) == status
    assert list(around.settings.texts.values()) == ([value] if status in ("Accepted", "RebootRequired") else [])
