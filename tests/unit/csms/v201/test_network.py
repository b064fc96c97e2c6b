"""SetNetworkProfile: what is taken, what is refused, and the word for it."""

from dataclasses import replace
from typing import Any

import pytest

from chargepoint.csms.network_port import ProfileOutcome
from chargepoint.csms.v201.dialect import make_dialect
from chargepoint.csms.v201.network import REASON_CODE, STATUS
from chargepoint.settings.network_profiles import NetworkProfile, read_profile, write_profile
from unit.csms.v201.fakes import Surroundings
from unit.csms.v201.schema_check import Ask

CONNECTION = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "ocppCsmsUrl": "wss://two.example.com/ocpp",
    "messageTimeout": 45,
    "securityProfile": 2,
    "ocppInterface": "Wired0",
}
APN = {"apn": "internet", "apnAuthentication": "AUTO"}
VPN = {"server": "v", "user": "u", "password": "p", "key": "k", "type": "IKEv2"}


async def set_profile(ask: Ask, slot: int = 2, **changes: object) -> tuple[str, str | None]:
    """The status and its reason code."""
    answer = await ask("SetNetworkProfile", {"configurationSlot": slot, "connectionData": {**CONNECTION, **changes}})
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode")


@pytest.mark.requirement("B09.FR.01")
async def test_a_profile_is_stored_as_it_was_sent(ask: Ask, around: Surroundings) -> None:
    assert await set_profile(ask) == ("Accepted", None)
    assert around.network.stored == {
        2: NetworkProfile("wss://two.example.com/ocpp", 2, 45, subprotocols=("ocpp2.0.1",)),
    }
    await set_profile(ask, ocppVersion="OCPP16")
    assert around.network.stored[2].subprotocols == ("ocpp1.6",)


@pytest.mark.requirement("B09.FR.02")
@pytest.mark.parametrize(
    "wrong",
    [
        {"ocppVersion": "OCPP15"},
        {"ocppTransport": "SOAP"},
        {"ocppInterface": "Wireless3"},
        {"ocppCsmsUrl": "https://two.example.com"},
        {"ocppCsmsUrl": "wss://user:secret@two.example.com"},
        {"ocppCsmsUrl": "wss:///nowhere"},
        {"ocppCsmsUrl": "ws://two.example.com"},
        {"ocppCsmsUrl": "wss://two.example.com", "securityProfile": 1},
        {"messageTimeout": 0},
        {"messageTimeout": 601},
        {"securityProfile": 4},
        {"securityProfile": -1},
        {"apn": APN},
        {"vpn": VPN},
    ],
)
async def test_what_this_station_can_not_do_is_refused(ask: Ask, around: Surroundings, wrong: dict[str, Any]) -> None:
    assert await set_profile(ask, **wrong) == ("Rejected", "InvalidNetworkConf")
    assert around.network.stored == {}


@pytest.mark.requirement("B09.FR.05")
async def test_an_unknown_slot_is_refused(ask: Ask) -> None:
    """TC_B_43_CS"""
    assert await set_profile(ask, slot=999) == ("Rejected", "InvalidConfSlot")


@pytest.mark.requirement("B09.FR.04")
async def test_security_is_never_lowered(ask: Ask) -> None:
    lower: dict[str, Any] = {"securityProfile": 0, "ocppCsmsUrl": "ws://two.example.com"}
    assert await set_profile(ask, **lower) == ("Rejected", "NoSecurityDowngrade")


@pytest.mark.requirement("B09.FR.03")
async def test_a_full_disk_is_a_failure_and_no_refusal(ask: Ask, around: Surroundings) -> None:
    around.network.disk_is_full = True
    assert await set_profile(ask) == ("Failed", "InternalError")


def test_every_outcome_has_its_words() -> None:
    assert set(STATUS) == set(REASON_CODE) == set(ProfileOutcome)


def test_a_station_with_one_way_to_one_csms_does_not_serve_it(around: Surroundings) -> None:
    context = around.context()
    assert make_dialect(context).serves("SetNetworkProfile")
    assert not make_dialect(replace(context, network=None)).serves("SetNetworkProfile")


def test_a_profile_survives_its_text() -> None:
    profile = NetworkProfile("ws://a", 1, 30, ("ocpp1.6", "ocpp2.0.1"), replaces_url="ws://b")
    assert read_profile(write_profile(profile)) == profile


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "ws://a"}', '{"url":1,"security_profile":null}'])
def test_other_texts_are_no_profile(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_profile(text)
