"""To another CSMS with another root (blocks B and M of OCPP 2.0.1) by the steps of part 6: real sockets, real TLS."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from chargepoint.charging.commands import ResetKind
from chargepoint.security.certificate_hash import hash_of
from dev_csms.gate import GateOptions
from dev_csms.server import DevCsms
from scenarios.secured_files import (
    OLD_KEY,
    fallbacks,
    local,
    password_file,
    pem_file,
    root,
    server_context,
)
from scenarios.secured_station import SecuredStation, StrictGate, Talk, secured_csms, soon
from unit.security.authority import Issued

CSMS_ROOT = "CSMSRootCertificate"
QUICK = {"retry_back_off_repeat_times": "0"}


@dataclass(frozen=True, slots=True)
class Place:
    """A CSMS that shows a certificate of one root."""

    csms: DevCsms
    gate: StrictGate
    talk: Talk

    @property
    def url(self) -> str:
        return local(self.csms.url)


def place(folder: Path, issuer: Issued) -> Place:
    folder.mkdir()
    csms, gate = secured_csms(GateOptions(ssl_context=server_context(folder, issuer)))
    gate.accepted = OLD_KEY
    return Place(csms, gate, Talk(csms))


def station(folder: Path, url: str, ca: Issued, **settings: str) -> SecuredStation:
    return SecuredStation(
        folder,
        url,
        QUICK | settings,
        subprotocols=("ocpp2.0.1",),
        security_profile=2,
        basic_auth_password_file=password_file(folder),
        ca_file=pem_file(folder, "ca.pem", ca.pem),
    )


async def set_variable(talk: Talk, variable: str, value: str) -> str:
    wanted = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": variable}, "attributeValue": value}
    answer = await talk.ask("SetVariables", {"setVariableData": [wanted]})
    return str(answer["setVariableResult"][0]["attributeStatus"])


async def sent_there(talk: Talk, url: str, of: SecuredStation) -> None:
    """Steps 1 to 6: the other slot leads to that url, it comes first, and the station is to restart."""
    connection = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    }
    wanted = {"configurationSlot": 2, "connectionData": connection}
    assert await talk.status("SetNetworkProfile", wanted) == "Accepted"
    assert await set_variable(talk, "NetworkConfigurationPriority", "2,1") == "RebootRequired"
    assert await talk.status("Reset", {"type": "OnIdle"}) == "Accepted"
    await soon(lambda: of.machine.restarts == [ResetKind.ON_IDLE])


@pytest.mark.requirement("B10.FR.01", "B10.FR.04", "B10.FR.06", "M05.FR.01", "M05.FR.02", "M05.FR.13")
@pytest.mark.parametrize("is_checked", [False, True])
async def test_a_station_that_was_given_the_root_of_the_new_csms_moves_there(tmp_path: Path, is_checked: bool) -> None:
    """TC_B_50_CS"""
    old = root("Old")
    new = root("New", old if is_checked else None)
    rule = {"additional_root_certificate_check": "true" if is_checked else "false"}
    here, there = place(tmp_path / "here", old), place(tmp_path / "there", new)
    async with here.csms, there.csms:
        async with station(tmp_path, here.url, old, **rule) as before:
            await here.talk.connections(1)
            installed = {"certificateType": CSMS_ROOT, "certificate": new.pem}
            assert await here.talk.status("InstallCertificate", installed) == "Accepted"
            await sent_there(here.talk, there.url, before)
        async with station(tmp_path, here.url, old, **rule):
            await there.talk.connections(1)
            assert not here.talk.is_there()
            assert here.talk.opened() == 1


@pytest.mark.requirement("B10.FR.03", "B10.FR.04", "M05.FR.12", "M05.FR.15", "M05.FR.16")
@pytest.mark.parametrize("attempts", [1, 2])
async def test_a_new_csms_that_shows_the_replaced_root_is_left_and_the_old_one_is_not(
    tmp_path: Path, attempts: int
) -> None:
    """TC_B_47_CS"""
    old = root("Old")
    new = root("New", old)
    here, there = place(tmp_path / "here", old), place(tmp_path / "there", old)
    checked = {"additional_root_certificate_check": "true"}
    async with here.csms, there.csms:
        async with station(tmp_path, here.url, old, **checked) as before:
            await here.talk.connections(1)
            assert await set_variable(here.talk, "NetworkProfileConnectionAttempts", str(attempts)) == "Accepted"
            installed = {"certificateType": CSMS_ROOT, "certificate": new.pem}
            assert await here.talk.status("InstallCertificate", installed) == "Accepted"
            await sent_there(here.talk, there.url, before)
        async with station(tmp_path, here.url, old, **checked):
            await here.talk.connections(2)
            assert there.talk.opened() == 0
            assert "InvalidCsmsCertificate" in (tmp_path / "security-log" / "security.log").read_text()
            assert len(fallbacks(tmp_path)) == 1
            found = await here.talk.ask("GetInstalledCertificateIds", {"certificateType": [CSMS_ROOT]})
            assert found["status"] == "Accepted"
            serials = [each["certificateHashData"]["serialNumber"] for each in found["certificateHashDataChain"]]
            assert hash_of(old.certificate, old.certificate).serial_number in serials
