"""ISO 15118 plug and charge as 1.6 names it (application note of the Open Charge Alliance, section 9).

Only a station with an ISO 15118 stack has these: to a CSMS the key ISO15118PnCEnabled alone says that it is supported.
"""

from chargepoint.settings.setting import AnySetting, ComponentVariable, Setting

ISO15118_PNC_ENABLED = Setting(
    name="plug_and_charge_enabled",
    default=True,
    summary="Contracts of EVs are accepted, and the messages about them are answered; only with an ISO 15118 stack.",
    key_1_6="ISO15118PnCEnabled",
)
CENTRAL_CONTRACT_VALIDATION_ALLOWED = Setting(
    name="central_contract_validation_allowed",
    default=False,
    summary="A contract certificate whose root is not installed here is sent to the CSMS to be judged.",
    key_1_6="CentralContractValidationAllowed",
)
CONTRACT_VALIDATION_OFFLINE = Setting(
    name="contract_validation_offline",
    default=True,
    summary="Without a CSMS a contract that is valid by the installed roots is treated as a card is.",
    key_1_6="ContractValidationOffline",
)
CERT_SIGNING_WAIT_MINIMUM = Setting(
    name="cert_signing_wait_minimum_seconds",
    default=60,
    summary="How long a signed certificate is waited for before it is asked for again; 0: never again. 1.6: of V2G.",
    minimum=0,
    maximum=86_400,
    unit="s",
    key_1_6="CertSigningWaitMinimum",
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "CertSigningWaitMinimum"),
)
CERT_SIGNING_REPEAT_TIMES = Setting(
    name="cert_signing_repeat_times",
    default=3,
    summary="How often that wait is doubled before asking ends.",
    minimum=0,
    maximum=20,
    key_1_6="CertSigningRepeatTimes",
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "CertSigningRepeatTimes"),
)

PLUG_AND_CHARGE: tuple[AnySetting, ...] = (
    ISO15118_PNC_ENABLED,
    CENTRAL_CONTRACT_VALIDATION_ALLOWED,
    CONTRACT_VALIDATION_OFFLINE,
    CERT_SIGNING_WAIT_MINIMUM,
    CERT_SIGNING_REPEAT_TIMES,
)
"""Left out of the catalogue of a station without a stack."""
