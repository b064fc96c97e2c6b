"""ISO 15118 plug and charge: as 1.6 names it (application note of the Open Charge Alliance, section 9) and as 2.0.1
does (ISO15118Ctrlr).

Only a station with an ISO 15118 stack has these: to a 1.6 CSMS the key ISO15118PnCEnabled alone says that it is
supported, to a 2.0.1 CSMS the component.
"""

import re

from chargepoint.settings.entries.station import ORGANIZATION_NAME
from chargepoint.settings.setting import AnySetting, ComponentVariable, Setting

CONTROLLER = "ISO15118Ctrlr"
LONGEST_NAME = 64
"""X.520's upper bound of a name in a certificate."""


def check_country(text: str) -> None:
    """Two capital letters; ValueError."""
    if re.fullmatch("[A-Z]{2}", text) is None:
        raise ValueError(f"{text!r} is no country of ISO 3166-1: two capital letters are wanted, such as DE")


def check_secc_id(text: str) -> None:
    """A name for a certificate that is no address (A00.FR.511); ValueError."""
    if re.fullmatch(r"[A-Za-z0-9 *_-]+", text) is None:
        raise ValueError(f"{text!r} is no SECC ID: letters, digits, hyphens and asterisks are wanted")


ISO15118_ENABLED = Setting(
    name="iso15118_enabled",
    default=True,
    summary="The ISO 15118 stack may ask for anything; off: nothing of the settings below is done.",
    variable_2_0_1=ComponentVariable(CONTROLLER, "Enabled"),
)

ISO15118_PNC_ENABLED = Setting(
    name="plug_and_charge_enabled",
    default=True,
    summary="Contracts of EVs are accepted, and the messages about them are answered; only with an ISO 15118 stack.",
    key_1_6="ISO15118PnCEnabled",
    variable_2_0_1=ComponentVariable(CONTROLLER, "PnCEnabled"),
)
CENTRAL_CONTRACT_VALIDATION_ALLOWED = Setting(
    name="central_contract_validation_allowed",
    default=False,
    summary="A contract certificate whose root is not installed here is sent to the CSMS to be judged.",
    key_1_6="CentralContractValidationAllowed",
    variable_2_0_1=ComponentVariable(CONTROLLER, "CentralContractValidationAllowed"),
)
CONTRACT_VALIDATION_OFFLINE = Setting(
    name="contract_validation_offline",
    default=True,
    summary="Without a CSMS a contract that is valid by the installed roots is treated as a card is.",
    key_1_6="ContractValidationOffline",
    variable_2_0_1=ComponentVariable(CONTROLLER, "ContractValidationOffline"),
)
V2G_CERTIFICATE_INSTALLATION_ENABLED = Setting(
    name="v2g_certificate_installation_enabled",
    default=True,
    summary="The station's certificate towards EVs is asked for and taken; off: the present one stays.",
    variable_2_0_1=ComponentVariable(CONTROLLER, "V2GCertificateInstallationEnabled"),
)
CONTRACT_CERTIFICATE_INSTALLATION_ENABLED = Setting(
    name="contract_certificate_installation_enabled",
    default=True,
    summary="EVs are given contract certificates, new ones and updates, by the CSMS.",
    variable_2_0_1=ComponentVariable(CONTROLLER, "ContractCertificateInstallationEnabled"),
)
SECC_ID = Setting(
    name="secc_id",
    default="",
    summary="The station's name in its certificate towards EVs; 2.0.1 wants one. Empty: its serial number.",
    maximum_length=LONGEST_NAME,
    variable_2_0_1=ComponentVariable(CONTROLLER, "SeccId"),
    checked_by=check_secc_id,
)
SECC_COUNTRY_NAME = Setting(
    name="secc_country_name",
    default="",
    summary="The country in the station's certificate towards EVs, as DE; empty: none.",
    maximum_length=2,
    variable_2_0_1=ComponentVariable(CONTROLLER, "CountryName"),
    checked_by=check_country,
)
SECC_ORGANIZATION_NAME = Setting(
    name="secc_organization_name",
    default="",
    summary="The operator's name in the station's certificate towards EVs; unset: as organization_name.",
    maximum_length=LONGEST_NAME,
    variable_2_0_1=ComponentVariable(CONTROLLER, "OrganizationName"),
    follows=ORGANIZATION_NAME,
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

CERT_SIGNING: tuple[AnySetting, ...] = (CERT_SIGNING_WAIT_MINIMUM, CERT_SIGNING_REPEAT_TIMES)
"""2.0.1 has these for the station's certificate too."""
PLUG_AND_CHARGE: tuple[AnySetting, ...] = (
    ISO15118_PNC_ENABLED,
    CENTRAL_CONTRACT_VALIDATION_ALLOWED,
    CONTRACT_VALIDATION_OFFLINE,
    *CERT_SIGNING,
)
"""What both versions have of it; left out of the catalogue of a station without a stack."""
ISO15118_CONTROLLER: tuple[AnySetting, ...] = (
    ISO15118_ENABLED,
    V2G_CERTIFICATE_INSTALLATION_ENABLED,
    CONTRACT_CERTIFICATE_INSTALLATION_ENABLED,
    SECC_ID,
    SECC_COUNTRY_NAME,
    SECC_ORGANIZATION_NAME,
)
"""What 2.0.1 alone has; left out as those."""
