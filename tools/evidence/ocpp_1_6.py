"""The table of OCPP 1.6J: every message and configuration key, whether it is honoured, and which test shows it."""

from pathlib import Path

from chargepoint.csms.v16.support import support_table
from chargepoint.settings.catalogue import (
    CATALOGUE,
    COST_AND_PRICE,
    CUSTOM_DISPLAY_COST_AND_PRICE,
    PLUG_AND_CHARGE,
    SIGNED_VALUES,
)
from chargepoint.settings.setting import Access, AnySetting
from evidence.marks import marked_tests

TESTS = Path(__file__).resolve().parents[2] / "tests"
MARK = "ocpp_1_6"
MOST_SHOWN = 3

ABSENT_KEYS: dict[str, str] = {
    "BlinkRepeat": "there is no lamp that blinks",
    "LightIntensity": "there is no lamp with an intensity",
    "SupportedFeatureProfilesMaxLength": "the list is not written",
}
"""Keys of the specification that this station has not: answered as unknown, and NotSupported when written."""

FIRMWARE_MESSAGES = (
    "FirmwareStatusNotification",
    "SignedFirmwareStatusNotification",
    "SignedUpdateFirmware",
    "UpdateFirmware",
)
HAS_INSTALLER = "`[firmware] backend` is not `none`"
TAKES_PLAIN = "`plain_requests` is `always`, or `auto` and no manufacturer's root has ever been known"
ONLY_WHERE_MESSAGES: dict[str, str] = {
    **dict.fromkeys(FIRMWARE_MESSAGES, HAS_INSTALLER),
    "UpdateFirmware": f"{HAS_INSTALLER}, and {TAKES_PLAIN}",
}
"""Elsewhere these are answered NotSupported and not sent."""
ONLY_WHERE_KEYS: dict[str, str] = {
    setting.name: condition
    for settings, condition in (
        (PLUG_AND_CHARGE, "`[iso15118] driver` names an ISO 15118 stack"),
        (SIGNED_VALUES, "a `[[meter]]` has a driver whose meter signs"),
        (COST_AND_PRICE, f"`[settings] {CUSTOM_DISPLAY_COST_AND_PRICE.name}` is `true`"),
    )
    for setting in settings
    if setting != CUSTOM_DISPLAY_COST_AND_PRICE
}
"""By the settings' names. Elsewhere these keys are unknown."""

ACCESS = {Access.READ_ONLY: "R", Access.READ_WRITE: "RW", Access.WRITE_ONLY: "W"}


def shown_names() -> dict[str, list[str]]:
    """Message and key names with the tests that show them."""
    return marked_tests(TESTS, MARK)


def supported_messages() -> list[str]:
    """Each once, also where both sides send it."""
    return list(dict.fromkeys(row.action for row in support_table() if row.is_supported))


def supported_keys() -> list[str]:
    """In alphabetical order."""
    return sorted(setting.key_1_6 for setting in CATALOGUE if setting.key_1_6)


def table() -> str:
    """The whole document."""
    shown = shown_names()
    lines = [
        "# OCPP 1.6J",
        "",
        "## Messages",
        "",
        "| message | sent | profile | supported | only where | shown by |",
        "|---|---|---|---|---|---|",
    ]
    for row in support_table():
        evidence = _evidence(shown.get(row.action, [])) if row.is_supported else ""
        claim = "yes" if row.is_supported else "not yet"
        where = ONLY_WHERE_MESSAGES.get(row.action, "")
        lines.append(f"| {row.action} | {row.direction} | {row.profile} | {claim} | {where} | {evidence} |")
    return "\n".join([*lines, "", *_key_table(shown)]) + "\n"


def _key_table(shown: dict[str, list[str]]) -> list[str]:
    lines = [
        "## Configuration keys",
        "",
        "| key | access | supported | only where | shown by |",
        "|---|---|---|---|---|",
    ]
    there = {setting.key_1_6: setting for setting in CATALOGUE if setting.key_1_6}
    for key in sorted({*there, *ABSENT_KEYS}):
        if key in there:
            where = ONLY_WHERE_KEYS.get(there[key].name, "")
            lines.append(f"| {key} | {_access(there[key])} | yes | {where} | {_evidence(shown.get(key, []))} |")
        else:
            lines.append(f"| {key} | | no: {ABSENT_KEYS[key]} | | answered NotSupported |")
    return lines


def _access(setting: AnySetting) -> str:
    """What 1.6 may do with it: who keeps a value takes it also where nobody else may change it."""
    if setting.has_keeper and setting.access is Access.READ_ONLY:
        return ACCESS[Access.READ_WRITE]
    return ACCESS[setting.access]


def _evidence(tests: list[str]) -> str:
    if not tests:
        return "open"
    more = f" and {len(tests) - MOST_SHOWN} more" if len(tests) > MOST_SHOWN else ""
    return "<br>".join(f"`{test}`" for test in tests[:MOST_SHOWN]) + more
