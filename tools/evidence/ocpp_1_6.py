"""The table of OCPP 1.6J: every message and configuration key, whether it is honoured, and which test shows it."""

from pathlib import Path

from chargepoint.csms.v16.support import support_table
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.setting import Access
from evidence.marks import marked_tests

TESTS = Path(__file__).resolve().parents[2] / "tests"
MARK = "ocpp_1_6"
MOST_SHOWN = 3

ABSENT_KEYS: dict[str, str] = {
    "BlinkRepeat": "there is no lamp that blinks",
    "ConnectorPhaseRotationMaxLength": "the list has an item for each connector",
    "ConnectorSwitch3to1PhaseSupported": "the number of phases is fixed by the wiring",
    "LightIntensity": "there is no lamp with an intensity",
    "SupportedFeatureProfilesMaxLength": "the list is not written",
}
"""Keys of the specification that this station has not: answered as unknown, and NotSupported when written."""

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
        "| message | sent | profile | supported | shown by |",
        "|---|---|---|---|---|",
    ]
    for row in support_table():
        evidence = _evidence(shown.get(row.action, [])) if row.is_supported else ""
        claim = "yes" if row.is_supported else "not yet"
        lines.append(f"| {row.action} | {row.direction} | {row.profile} | {claim} | {evidence} |")
    lines += ["", "## Configuration keys", "", "| key | access | supported | shown by |", "|---|---|---|---|"]
    access = {setting.key_1_6: ACCESS[setting.access] for setting in CATALOGUE if setting.key_1_6}
    for key in sorted({*access, *ABSENT_KEYS}):
        if key in access:
            lines.append(f"| {key} | {access[key]} | yes | {_evidence(shown.get(key, []))} |")
        else:
            lines.append(f"| {key} | | no: {ABSENT_KEYS[key]} | answered NotSupported |")
    return "\n".join(lines) + "\n"


def _evidence(tests: list[str]) -> str:
    if not tests:
        return "open"
    more = f" and {len(tests) - MOST_SHOWN} more" if len(tests) > MOST_SHOWN else ""
    return "<br>".join(f"`{test}`" for test in tests[:MOST_SHOWN]) + more
