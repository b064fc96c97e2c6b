"""Blocks A and M over ISO 15118, by the steps of part 6: the station's certificate towards EVs, the roots for it and
for contracts, what EVs are given, and what is known of revocation.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from chargepoint.app.certificate_watch import TOWARDS_EVS
from chargepoint.model.plug_and_charge import CertificateAction
from dev_csms.faults import CsmsFault, FaultKind
from scenarios.contract_cases import (
    MO_ROOT,
    OCSP_RESPONSE,
    OPERATOR,
    SCHEMA,
    SECC_ID,
    V2G_CHAIN,
    V2G_ROOT,
    ContractTool,
    tell_case,
)
from scenarios.part6 import Json, ask, put
from scenarios.stories import reconnect
from support.contract_ev import Party, issue, sign_request
from support.rig import Rig
from support.virtual_time import run_virtual


def serial(party: Party) -> str:
    return f"{party.certificate.serial_number:X}"


def serial_of(chain_pem: str) -> str:
    return f"{x509.load_pem_x509_certificates(chain_pem.encode())[0].serial_number:X}"


async def trigger(tool: ContractTool, wanted: str = "SignV2GCertificate") -> tuple[str, str | None]:
    answer = await ask(tool.rig, "TriggerMessage", {"requestedMessage": wanted})
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode")


async def give(tool: ContractTool, chain: str, **more: str) -> tuple[str, str | None]:
    answer = await ask(tool.rig, "CertificateSigned", {"certificateChain": chain, **more})
    return answer["status"], answer.get("statusInfo", {}).get("reasonCode")


def ends_towards_evs(rig: Rig) -> list[datetime]:
    """What the local interface shows."""
    assert rig.assembly is not None
    return [each.ends_utc for each in rig.assembly.certificates() if each.use == TOWARDS_EVS]


# A02, A03


@pytest.mark.requirement("A02.FR.02", "A02.FR.03", "A02.FR.06", "A02.FR.13", "A02.FR.15", "F06.FR.10")
def test_the_station_gets_a_certificate_towards_evs(tmp_path: Path) -> None:
    """TC_A_12_CS"""

    async def case(tool: ContractTool) -> None:
        await tool.certificate_installed(V2G_ROOT, tool.root)
        first = await tool.v2g_certificate_renewed()
        assert await tool.station.own_chain() == first
        leaf = x509.load_pem_x509_certificate(first.encode())
        names = {each.oid: each.value for each in leaf.subject}
        assert names[NameOID.COMMON_NAME] == SECC_ID
        assert names[NameOID.COUNTRY_NAME] == "NL"
        assert names[NameOID.ORGANIZATION_NAME] == OPERATOR
        assert ends_towards_evs(tool.rig) == [leaf.not_valid_after_utc], "whoever looks is told when it ends"
        second = await tool.v2g_certificate_renewed()
        assert await tool.station.own_chain() == second, "the newest is used"
        first_key, second_key = (x509.load_pem_x509_certificate(each.encode()).public_key() for each in (first, second))
        assert first_key != second_key

    tell_case(tmp_path, case)


@pytest.mark.requirement("A02.FR.06", "A02.FR.07", "A02.FR.14", "A02.FR.16", "A02.FR.20")
def test_a_v2g_certificate_that_is_not_right_is_refused_and_is_not_asked_for_again(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await tool.certificate_installed(V2G_ROOT, tool.root)
        await tool.named()
        csr = await tool.asked_to_sign()
        stranger = sign_request(csr, issue("Stranger"))
        v2g = {"certificateType": "V2GCertificate"}
        for chain in (stranger, "no certificate", tool.root.pem):
            assert await give(tool, chain, **v2g) == ("Rejected", "InvalidCertificate")
        for_the_link = {"certificateType": "ChargingStationCertificate"}
        assert await give(tool, tool.signed(csr), **for_the_link) == ("Rejected", "InvalidCertificate")
        await tool.rig.rest(120)
        assert len(tool.told("SignCertificate")) == 1
        told = [each["type"] for each in tool.told("SecurityEventNotification")]
        assert told.count("InvalidChargingStationCertificate") == 4
        chain = tool.signed(csr)
        assert await give(tool, chain) == ("Accepted", None), "without a type it is known by its key"
        assert await tool.station.own_chain() == chain

    tell_case(tmp_path, case, cert_signing_wait_minimum_seconds="20")


@pytest.mark.requirement("A02.FR.17", "A02.FR.18", "A02.FR.19")
def test_a_v2g_certificate_that_does_not_come_is_asked_for_after_doubled_waits(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        at: list[datetime] = []

        def noting(direction: str, text: str) -> None:
            if direction == "from_station" and '"SignCertificate"' in text:
                at.append(tool.rig.utc_now())

        tool.rig.csms.watch = noting
        await put(tool.rig, SecurityCtrlr__CertSigningWaitMinimum=60, SecurityCtrlr__CertSigningRepeatTimes=1)
        await tool.certificate_installed(V2G_ROOT, tool.root)
        await tool.named()
        assert await trigger(tool) == ("Accepted", None)
        await tool.rig.rest(400)
        waits = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
        assert waits == pytest.approx([60, 120], abs=5)
        requests = [each["csr"] for each in tool.told("SignCertificate")]
        assert len(set(requests)) == 1, "for the same key"
        assert await give(tool, tool.signed(requests[0]), certificateType="V2GCertificate") == ("Accepted", None)

    tell_case(tmp_path, case)


@pytest.mark.requirement("A02.FR.13")
def test_what_is_pending_for_evs_and_for_the_link_are_two(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await tool.certificate_installed(V2G_ROOT, tool.root)
        await tool.certificate_installed("CSMSRootCertificate", tool.root)
        await put(tool.rig, SecurityCtrlr__OrganizationName=OPERATOR)
        await tool.named()
        csr = await tool.asked_to_sign()
        assert await trigger(tool, "SignChargingStationCertificate") == ("Accepted", None)
        await tool.rig.until(lambda: len(tool.told("SignCertificate")) == 2, 5)
        other = tool.told("SignCertificate")[1]
        assert other["certificateType"] == "ChargingStationCertificate"
        assert await give(tool, tool.signed(other["csr"]), certificateType="V2GCertificate") == (
            "Rejected",
            "InvalidCertificate",
        )
        assert await give(tool, tool.signed(csr), certificateType="V2GCertificate") == ("Accepted", None)
        chain = sign_request(other["csr"], tool.root)
        assert await give(tool, chain, certificateType="ChargingStationCertificate") == ("Accepted", None)

    tell_case(tmp_path, case)


@pytest.mark.requirement("A03.FR.02", "A03.FR.03", "A03.FR.15")
def test_before_the_end_of_its_v2g_certificate_the_station_asks_for_another(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await tool.certificate_installed(V2G_ROOT, tool.root)
        await tool.named()
        csr = await tool.asked_to_sign()
        ends = tool.rig.utc_now() + timedelta(days=30, minutes=50)
        short = sign_request(csr, tool.sub_ca_2, ends) + tool.sub_ca_2.pem + tool.sub_ca_1.pem
        assert await give(tool, short, certificateType="V2GCertificate") == ("Accepted", None)
        await tool.rig.rest(600)
        assert len(tool.told("SignCertificate")) == 1
        await tool.rig.rest(3050)
        assert len(tool.told("SignCertificate")) == 2
        request = tool.told("SignCertificate")[-1]
        assert request["certificateType"] == "V2GCertificate"
        chain = tool.signed(request["csr"])
        assert await give(tool, chain, certificateType="V2GCertificate") == ("Accepted", None)
        assert await tool.station.own_chain() == chain

    tell_case(tmp_path, case, poll_seconds=60.0, cert_signing_wait_minimum_seconds="0")


async def restart(tool: ContractTool) -> None:
    boots = len(tool.rig.csms.record.boots)
    await tool.rig.stop_controller()
    await tool.rig.start_controller()
    await tool.rig.until(lambda: len(tool.rig.csms.record.boots) > boots, 60)


@pytest.mark.requirement("A03.FR.02", "A03.FR.03")
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_renewal_of_its_v2g_certificate_is_asked_for_until_it_is_answered_and_then_never_again(
    tmp_path: Path, is_restarted: bool
) -> None:
    async def case(tool: ContractTool) -> None:
        await tool.certificate_installed(V2G_ROOT, tool.root)
        await tool.named()
        csr = await tool.asked_to_sign()
        ends = tool.rig.utc_now() + timedelta(days=29)
        short = sign_request(csr, tool.sub_ca_2, ends) + tool.sub_ca_2.pem + tool.sub_ca_1.pem
        silent = CsmsFault(FaultKind.SILENCE, action="SignCertificate", count=1)
        tool.rig.csms.core.faults.add(silent)
        assert await give(tool, short, certificateType="V2GCertificate") == ("Accepted", None)
        await tool.rig.rest(3700)
        assert len(tool.told("SignCertificate")) == 2
        if is_restarted:
            await restart(tool)
        await tool.rig.rest(120 if is_restarted else 3700)
        assert len(tool.told("SignCertificate")) == 3, "one has met silence, the next was answered"
        assert len({each["csr"] for each in tool.told("SignCertificate")}) == 3, "each for a key of its own"
        await restart(tool)
        await tool.rig.rest(120)
        assert len(tool.told("SignCertificate")) == 3

    tell_case(tmp_path, case, poll_seconds=60.0, cert_signing_wait_minimum_seconds="0")


@pytest.mark.requirement("F06.FR.08")
def test_a_v2g_certificate_is_only_asked_for_where_that_is_on_and_the_station_has_its_names(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await tool.certificate_installed(V2G_ROOT, tool.root)
        assert await trigger(tool) == ("Rejected", "MissingDevModelInfo"), "SeccId"
        await put(tool.rig, ISO15118Ctrlr__SeccId=SECC_ID)
        assert await trigger(tool) == ("Rejected", "MissingDevModelInfo"), "OrganizationName"
        await put(tool.rig, SecurityCtrlr__OrganizationName=OPERATOR)
        csr = await tool.asked_to_sign()
        organization = x509.load_pem_x509_csr(csr.encode()).subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        assert organization[0].value == OPERATOR, "where it has none of its own"
        await put(tool.rig, ISO15118Ctrlr__V2GCertificateInstallationEnabled=False)
        assert await trigger(tool) == ("Rejected", "NotEnabled")
        v2g = {"certificateType": "V2GCertificate"}
        assert await give(tool, tool.signed(csr), **v2g) == ("Rejected", "NotEnabled")
        await tool.rig.rest(60)
        assert await trigger(tool, "SignCombinedCertificate") == ("NotImplemented", "UnsupportedRequest")
        await put(tool.rig, ISO15118Ctrlr__V2GCertificateInstallationEnabled=True, ISO15118Ctrlr__Enabled=False)
        assert await trigger(tool) == ("Rejected", "NotEnabled")

    tell_case(tmp_path, case)


# M03, M04, M05


@pytest.mark.requirement("M03.FR.01", "M03.FR.03", "M03.FR.04", "M03.FR.05", "M05.FR.01", "M05.FR.02")
def test_the_roots_and_the_chain_are_installed_and_listed(tmp_path: Path) -> None:
    """TC_M_03_CS, TC_M_04_CS, TC_M_14_CS, TC_M_15_CS, TC_M_16_CS"""

    async def case(tool: ContractTool) -> None:
        await tool.certificate_installed(V2G_ROOT, tool.root)
        (v2g,) = await tool.installed_certificates(V2G_ROOT)
        assert v2g["certificateHashData"]["serialNumber"] == serial(tool.root)
        await tool.certificate_installed(MO_ROOT, tool.contract.root)
        (operator,) = await tool.installed_certificates(MO_ROOT)
        assert operator["certificateHashData"]["serialNumber"] == serial(tool.contract.root)
        chain = await tool.v2g_certificate_renewed()
        (own,) = await tool.installed_certificates(V2G_CHAIN)
        assert own["certificateHashData"]["serialNumber"] == serial_of(chain)
        children = [each["serialNumber"] for each in own["childCertificateHashData"]]
        assert children == [serial(tool.sub_ca_2), serial(tool.sub_ca_1)]
        everything = await ask(tool.rig, "GetInstalledCertificateIds", {})
        types = [each["certificateType"] for each in everything["certificateHashDataChain"]]
        assert sorted(types) == sorted([V2G_ROOT, MO_ROOT, V2G_CHAIN])
        assert await ask_for(tool, "CSMSRootCertificate") == "NotFound"

    tell_case(tmp_path, case)


async def ask_for(tool: ContractTool, word: str) -> str:
    return str((await ask(tool.rig, "GetInstalledCertificateIds", {"certificateType": [word]}))["status"])


@pytest.mark.requirement("M03.FR.02", "M04.FR.01", "M04.FR.02", "M04.FR.04", "M04.FR.06", "M05.FR.07")
def test_roots_of_contracts_are_deleted_by_the_same_message_and_the_own_chain_stays(tmp_path: Path) -> None:
    async def delete(tool: ContractTool, hash_data: Json) -> str:
        answer = await ask(tool.rig, "DeleteCertificate", {"certificateHashData": hash_data})
        return str(answer["status"])

    async def case(tool: ContractTool) -> None:
        assert await ask_for(tool, V2G_CHAIN) == "NotFound"
        for pem in ("no certificate", issue("leaf", tool.root, is_ca=False).pem):
            answer = await ask(tool.rig, "InstallCertificate", {"certificateType": MO_ROOT, "certificate": pem})
            assert answer["status"] == "Rejected"
        await tool.roots_installed()
        await tool.v2g_certificate_renewed()
        (operator,) = await tool.installed_certificates(MO_ROOT)
        assert await delete(tool, operator["certificateHashData"]) == "Accepted"
        assert await delete(tool, operator["certificateHashData"]) == "NotFound"
        assert await ask_for(tool, MO_ROOT) == "NotFound"
        (own,) = await tool.installed_certificates(V2G_CHAIN)
        assert await delete(tool, own["certificateHashData"]) == "Failed"
        assert await ask_for(tool, V2G_CHAIN) == "Accepted"

    tell_case(tmp_path, case)


# M01, M02


@pytest.mark.requirement("M01.FR.01", "M02.FR.01")
@pytest.mark.parametrize("action", CertificateAction)
def test_an_ev_gets_its_certificate_through_the_station_and_shows_it(tmp_path: Path, action: CertificateAction) -> None:
    """TC_M_26_CS, TC_M_28_CS"""

    async def case(tool: ContractTool) -> None:
        await put(tool.rig, ISO15118Ctrlr__ContractCertificateInstallationEnabled=True)
        await tool.roots_installed()
        tool.rig.plug_in()
        await tool.status("Occupied")
        assert await tool.station.exchange_certificate(SCHEMA, action, "gAAA") == "gAEC"
        wanted = {"iso15118SchemaVersion": SCHEMA, "action": action.value, "exiRequest": "gAAA"}
        assert tool.told("Get15118EVCertificate") == [wanted]
        assert (await tool.show()).is_accepted
        assert len(tool.told("Authorize")) == 1

    tell_case(tmp_path, case)


@pytest.mark.requirement("M02.FR.01")
@pytest.mark.parametrize("action", CertificateAction)
@pytest.mark.parametrize(
    "said", [{"status": "Failed", "exiResponse": ""}, {"status": "Accepted", "exiResponse": ""}, {"status": "Accepted"}]
)
def test_an_ev_is_told_that_there_is_no_certificate_for_it(
    tmp_path: Path, action: CertificateAction, said: Json
) -> None:
    """TC_M_27_CS, TC_M_29_CS"""

    async def case(tool: ContractTool) -> None:
        await put(tool.rig, ISO15118Ctrlr__ContractCertificateInstallationEnabled=True)
        await tool.roots_installed()
        tool.rig.plug_in()
        await tool.status("Occupied")
        tool.answers["Get15118EVCertificate"] = said
        assert await tool.station.exchange_certificate(SCHEMA, action, "gAAA") is None
        (request,) = tool.told("Get15118EVCertificate")
        assert request["action"] == action.value
        await tool.rig.wait(60)
        assert tool.told("Authorize") == []

    tell_case(tmp_path, case)


def test_an_ev_is_answered_in_its_time_whatever_the_csms_does(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        rig, station = tool.rig, tool.station
        rig.csms.core.faults.add(CsmsFault(FaultKind.SILENCE, "Get15118EVCertificate"))
        begun = rig.utc_now()
        assert await station.exchange_certificate(SCHEMA, CertificateAction.INSTALL, "gAAA") is None
        assert (rig.utc_now() - begun).total_seconds() == pytest.approx(4.5, abs=0.2)
        rig.csms.core.faults.add(CsmsFault(FaultKind.CALL_ERROR, "Get15118EVCertificate"))
        await rig.wait(60)
        assert await station.exchange_certificate(SCHEMA, CertificateAction.INSTALL, "gAAA") is None
        asked = len(tool.told("Get15118EVCertificate"))
        assert await station.exchange_certificate(SCHEMA, CertificateAction.INSTALL, "A" * 5601) is None, "too long"
        await put(rig, ISO15118Ctrlr__ContractCertificateInstallationEnabled=False)
        assert await station.exchange_certificate(SCHEMA, CertificateAction.INSTALL, "gAAA") is None
        assert len(tool.told("Get15118EVCertificate")) == asked
        await put(rig, ISO15118Ctrlr__ContractCertificateInstallationEnabled=True)
        assert await station.exchange_certificate(SCHEMA, CertificateAction.INSTALL, "gAAA") == "gAEC"
        rig.csms.go_offline()
        assert await station.exchange_certificate(SCHEMA, CertificateAction.INSTALL, "gAAA") is None

    tell_case(tmp_path, case)


# M06


@pytest.mark.requirement("M06.FR.06", "M06.FR.07")
def test_the_revocation_of_the_chain_is_asked_for_and_kept(tmp_path: Path) -> None:
    """TC_M_24_CS"""

    async def case(tool: ContractTool) -> None:
        await tool.roots_installed()
        chain = await tool.v2g_certificate_renewed()

        def asked() -> list[str]:
            return [each["ocspRequestData"]["serialNumber"] for each in tool.told("GetCertificateStatus")]

        await tool.rig.until(lambda: len(asked()) == 3, 10)
        assert asked() == [serial_of(chain), serial(tool.sub_ca_2), serial(tool.sub_ca_1)]
        await tool.rig.wait(1)
        tool.rig.csms.go_offline()
        assert await tool.station.own_revocation() == (OCSP_RESPONSE,) * 3, "nobody is asked while an EV waits"
        await tool.rig.wait(2)
        await reconnect(tool.rig)
        renewed = await tool.v2g_certificate_renewed()
        await tool.rig.until(lambda: len(asked()) == 6, 10)
        assert asked()[3:] == [serial_of(renewed), serial(tool.sub_ca_2), serial(tool.sub_ca_1)]

    tell_case(tmp_path, case)


@pytest.mark.requirement("M06.FR.06")
def test_a_csms_that_knows_nothing_of_the_revocation_is_no_trouble(tmp_path: Path) -> None:
    """TC_M_25_CS"""

    async def case(tool: ContractTool) -> None:
        await tool.roots_installed()
        tool.answers["GetCertificateStatus"] = {"status": "Failed"}
        await tool.v2g_certificate_renewed()
        await tool.rig.until(lambda: len(tool.told("GetCertificateStatus")) == 3, 10)
        await tool.rig.wait(1)
        assert await tool.station.own_revocation() == (None,) * 3
        assert tool.rig.csms.record.is_connected
        tool.answers["GetCertificateStatus"] = {"status": "Accepted", "ocspResult": OCSP_RESPONSE}
        await tool.v2g_certificate_renewed()
        await tool.rig.wait(2)
        assert await tool.station.own_revocation() == (OCSP_RESPONSE,) * 3

    tell_case(tmp_path, case)


# The component


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SeccId", "10.0.0.1"), ("SeccId", "a/b"), ("SeccId", "A" * 65), ("CountryName", "nl"), ("CountryName", "NLD")],
)
def test_a_name_that_no_certificate_can_bear_is_refused(tmp_path: Path, variable: str, value: str) -> None:
    async def case(tool: ContractTool) -> None:
        wanted = {
            "component": {"name": "ISO15118Ctrlr"},
            "variable": {"name": variable},
            "attributeValue": value,
        }
        answer = await ask(tool.rig, "SetVariables", {"setVariableData": [wanted]})
        assert answer["setVariableResult"][0]["attributeStatus"] == "Rejected"

    tell_case(tmp_path, case)


@pytest.mark.requirement("F06.FR.08")
def test_a_station_without_a_stack_has_nothing_of_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with Rig(tmp_path, "2.0.1", has_key_store=True) as rig:
            root = issue("V2G root")
            for word in (V2G_ROOT, MO_ROOT):
                answer = await ask(rig, "InstallCertificate", {"certificateType": word, "certificate": root.pem})
                assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "UnsupportedParam")
            for word in (V2G_ROOT, MO_ROOT, V2G_CHAIN):
                answer = await ask(rig, "GetInstalledCertificateIds", {"certificateType": [word]})
                assert answer["status"] == "NotFound"
            answer = await ask(rig, "TriggerMessage", {"requestedMessage": "SignV2GCertificate"})
            assert answer["status"] == "NotImplemented"
            v2g = {"certificateChain": root.pem, "certificateType": "V2GCertificate"}
            assert (await ask(rig, "CertificateSigned", v2g))["status"] == "Rejected"
            wanted = [{"component": {"name": "ISO15118Ctrlr"}, "variable": {"name": "PnCEnabled"}}]
            (result,) = (await ask(rig, "GetVariables", {"getVariableData": wanted}))["getVariableResult"]
            assert result["attributeStatus"] == "UnknownComponent"

    run_virtual(story())
