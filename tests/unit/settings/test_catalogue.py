"""The catalogue holds together, and it covers what both OCPP versions ask of their core."""

from typing import cast

import pytest

from chargepoint.settings import catalogue, values
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.names import SettingNames, dotted
from chargepoint.settings.setting import Access, AnySetting, Setting

NAMES = SettingNames(CATALOGUE)

CORE_KEYS_1_6 = [
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
    "SupportedFileTransferProtocols",
    "TransactionMessageAttempts",
    "TransactionMessageRetryInterval",
    "UnlockConnectorOnEVSideDisconnect",
]
READ_ONLY_KEYS_1_6 = {
    "GetConfigurationMaxKeys",
    "NumberOfConnectors",
    "SupportedFeatureProfiles",
    "SupportedFileTransferProtocols",
}
REQUIRED_2_0_1 = [
    "AlignedDataCtrlr.Interval",
    "AlignedDataCtrlr.Measurands",
    "AlignedDataCtrlr.TxEndedInterval",
    "AlignedDataCtrlr.TxEndedMeasurands",
    "AuthCtrlr.AuthorizeRemoteStart",
    "AuthCtrlr.LocalAuthorizeOffline",
    "AuthCtrlr.LocalPreAuthorize",
    "ClockCtrlr.TimeSource",
    "DeviceDataCtrlr.BytesPerMessage.GetReport",
    "DeviceDataCtrlr.BytesPerMessage.GetVariables",
    "DeviceDataCtrlr.BytesPerMessage.SetVariables",
    "DeviceDataCtrlr.ItemsPerMessage.GetReport",
    "DeviceDataCtrlr.ItemsPerMessage.GetVariables",
    "DeviceDataCtrlr.ItemsPerMessage.SetVariables",
    "MonitoringCtrlr.BytesPerMessage.SetVariableMonitoring",
    "MonitoringCtrlr.ItemsPerMessage.SetVariableMonitoring",
    "OCPPCommCtrlr.FileTransferProtocols",
    "OCPPCommCtrlr.MessageAttemptInterval.TransactionEvent",
    "OCPPCommCtrlr.MessageAttempts.TransactionEvent",
    "OCPPCommCtrlr.MessageTimeout.Default",
    "OCPPCommCtrlr.NetworkConfigurationPriority",
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts",
    "OCPPCommCtrlr.OfflineThreshold",
    "OCPPCommCtrlr.ResetRetries",
    "OCPPCommCtrlr.RetryBackOffRandomRange",
    "OCPPCommCtrlr.RetryBackOffRepeatTimes",
    "OCPPCommCtrlr.RetryBackOffWaitMinimum",
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect",
    "SampledDataCtrlr.TxEndedInterval",
    "SampledDataCtrlr.TxEndedMeasurands",
    "SampledDataCtrlr.TxStartedMeasurands",
    "SampledDataCtrlr.TxUpdatedInterval",
    "SampledDataCtrlr.TxUpdatedMeasurands",
    "SecurityCtrlr.CertificateEntries",
    "SecurityCtrlr.OrganizationName",
    "SecurityCtrlr.SecurityProfile",
    "TxCtrlr.EVConnectionTimeOut",
    "TxCtrlr.StopTxOnEVSideDisconnect",
    "TxCtrlr.StopTxOnInvalidId",
    "TxCtrlr.TxStartPoint",
    "TxCtrlr.TxStopPoint",
]


@pytest.mark.parametrize("key", CORE_KEYS_1_6)
def test_every_required_key_of_the_1_6_core_profile_is_there(key: str) -> None:
    setting = NAMES.find_1_6(key)
    assert setting is not None
    assert setting.key_1_6 == key
    is_read_only = setting.access is Access.READ_ONLY
    assert is_read_only == (key in READ_ONLY_KEYS_1_6)


@pytest.mark.parametrize("name", REQUIRED_2_0_1)
def test_every_required_variable_of_the_2_0_1_controllers_is_there(name: str) -> None:
    component, variable, *instance = name.split(".")
    setting = NAMES.find_2_0_1(component, variable, instance[0] if instance else None)
    assert setting is not None
    assert setting.mandatory_2_0_1


@pytest.mark.parametrize("setting", CATALOGUE, ids=lambda setting: setting.name)
def test_every_default_is_a_value_that_the_setting_itself_allows(setting: AnySetting) -> None:
    text = values.text_of(setting.default)
    assert values.parse(cast(Setting[str], setting), text) == setting.default
    assert setting.summary.endswith(".")


def test_the_module_names_every_entry_once_and_leaves_none_out() -> None:
    named = {name: value for name, value in vars(catalogue).items() if isinstance(value, Setting)}
    assert len(named) == len(CATALOGUE) == len({setting.name for setting in CATALOGUE})
    assert {id(setting) for setting in named.values()} == {id(setting) for setting in CATALOGUE}
    assert all(name in catalogue.__all__ for name in named)


def test_a_constant_wears_the_1_6_key_where_there_is_one() -> None:
    different = {"FREE_VEND_TOKEN": "FreeVendIdTag", "ORGANIZATION_NAME": "CpoName"}
    for name, setting in vars(catalogue).items():
        if isinstance(setting, Setting) and setting.key_1_6 is not None:
            key = setting.key_1_6.replace(",", "")  # DefaultPriceText,en
            assert name.replace("_", "").casefold() == key.casefold() or different[name] == key


def test_two_settings_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two settings"):
        SettingNames((catalogue.HEARTBEAT_INTERVAL, Setting("other", 1, "Other.", key_1_6="heartbeatinterval")))


def test_the_nearest_name_finds_keys_and_variables() -> None:
    assert NAMES.nearest("HeartbeatIntervall") == "HeartbeatInterval"
    assert NAMES.nearest("txctrlr.evconnectiontimeou") == "TxCtrlr.EVConnectionTimeOut"
    assert NAMES.nearest("completely different") is None
    variable = catalogue.MESSAGE_TIMEOUT.variable_2_0_1
    assert variable is not None
    assert dotted(variable) == "OCPPCommCtrlr.MessageTimeout.Default"
