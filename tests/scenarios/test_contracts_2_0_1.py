"""Block C over ISO 15118, by the steps of part 6: an EV shows its contract, and is charged or not (C07, E15, F04)."""

from pathlib import Path

import pytest

from chargepoint.model.plug_and_charge import ContractStatus
from chargepoint_hal.contract import LockPosition
from scenarios.contract_cases import ONE, Case, ContractTool, tell_case
from scenarios.part6 import SAMPLES, Json, ask, put
from scenarios.stories import reconnect
from support.contract_ev import BEGINS, RESPONDER, Contract
from support.rig import Rig

EV_CONNECTED = ["EVConnected", "Authorized"]
ENDS = ["Authorized", "PowerPathClosed", "EnergyTransfer", "EVConnected"]


async def prepared(tool: ContractTool, stop: str = "EVConnected", /, **more: str | bool | int) -> None:
    """Before: the transaction starts with the EV, and plug and charge is on."""
    tool.start, tool.stop = frozenset(EV_CONNECTED), frozenset([stop])
    await tool.configure(**{"ISO15118Ctrlr__PnCEnabled": True, **more})


@pytest.mark.requirement("C07.FR.01", "C07.FR.02")
def test_a_contract_that_is_proven_here_and_accepted_by_the_csms(tmp_path: Path) -> None:
    """TC_C_50_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(
            tool,
            ISO15118Ctrlr__CentralContractValidationAllowed=False,
            ISO15118Ctrlr__ContractCertificateInstallationEnabled=True,
        )
        await tool.roots_installed()
        await tool.v2g_certificate_renewed()
        await tool.ev_connected_pre_session()
        request = await tool.authorized_15118()
        hashes = request["iso15118CertificateHashData"]
        assert [each["responderURL"] for each in hashes] == [RESPONDER] * 2, "the contract and its sub-CA"
        wanted = {f"{each.certificate.serial_number:X}" for each in (tool.contract.leaf, tool.contract.sub_ca)}
        assert {each["serialNumber"] for each in hashes} == wanted
        assert "certificate" not in request
        await tool.energy_transfer_started()

    tell_case(tmp_path, case)


@pytest.mark.requirement("C07.FR.01", "C07.FR.02")
def test_a_contract_that_is_proven_here_and_cancelled_by_the_csms(tmp_path: Path) -> None:
    """TC_C_51_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(tool, ISO15118Ctrlr__CentralContractValidationAllowed=False)
        await tool.roots_installed()
        await tool.ev_connected_pre_session()
        tool.answers["Authorize"] = {"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "ContractCancelled"}
        decision = await tool.show()
        assert (decision.is_accepted, decision.status) == (False, ContractStatus.CONTRACT_CANCELLED)
        (request,) = tool.told("Authorize")
        assert request["idToken"]["type"] == "eMAID"
        assert request["iso15118CertificateHashData"]
        await tool.not_authorized()
        tool.rig.csms.go_offline()
        assert not (await tool.show()).is_accepted, "what the CSMS said is remembered"

    tell_case(tmp_path, case, allow_offline_tx_for_unknown_id="true")


@pytest.mark.requirement("C07.FR.01", "C07.FR.02", "C07.FR.06")
def test_a_contract_without_a_root_here_is_judged_by_the_csms(tmp_path: Path) -> None:
    """TC_C_52_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(tool, ISO15118Ctrlr__CentralContractValidationAllowed=True)
        await tool.ev_connected_pre_session()
        request = await tool.authorized_15118()
        assert request["certificate"] == tool.contract.chain_pem
        await tool.energy_transfer_started()

    tell_case(tmp_path, case)


@pytest.mark.parametrize(
    "certificate_status",
    ["CertificateRevoked", "SignatureError", "CertificateExpired", "NoCertificateAvailable", "CertChainError"],
)
def test_a_contract_that_the_csms_finds_bad(tmp_path: Path, certificate_status: str) -> None:
    """TC_C_53_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(tool, ISO15118Ctrlr__CentralContractValidationAllowed=True)
        await tool.ev_connected_pre_session()
        tool.answers["Authorize"] = {
            "idTokenInfo": {"status": "Invalid"},
            "certificateStatus": certificate_status,
        }
        decision = await tool.show()
        assert (decision.is_accepted, decision.status.value) == (False, certificate_status)
        (request,) = tool.told("Authorize")
        assert request["idToken"]["type"] == "eMAID"
        assert request["certificate"] == tool.contract.chain_pem
        await tool.not_authorized()

    tell_case(tmp_path, case)


async def offline_at_the_outlet(tool: ContractTool) -> None:
    """Steps 1 of TC_C_54 and TC_C_55: the CSMS is gone, and an EV comes."""
    tool.rig.csms.go_offline()
    await tool.rig.wait(5)
    tool.rig.plug_in()
    tool.is_connected = True
    await tool.rig.wait(5)


async def told_of_the_ev(tool: ContractTool) -> None:
    """Steps 2 to 6 of both."""
    await reconnect(tool.rig)
    await tool.status("Occupied")
    event = await tool.event()
    assert event["triggerReason"] == "CablePluggedIn"
    assert event["transactionInfo"]["chargingState"] == "EVConnected"
    assert event["offline"] is True


async def by_cache(tool: ContractTool) -> None:
    """IdTokenCached15118."""
    await tool.ev_connected_pre_session()
    await tool.authorized_15118()
    await tool.energy_transfer_started()
    await tool.stop_authorized(remote=True)
    await tool.ev_connected_post_session()
    await tool.ev_disconnected()


async def by_list(tool: ContractTool) -> None:
    """IdTokenLocalAuthList."""
    entry = {
        "idToken": {"idToken": tool.contract.emaid, "type": "eMAID"},
        "idTokenInfo": {"status": "Accepted"},
    }
    update = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [entry]}
    assert (await ask(tool.rig, "SendLocalList", update))["status"] == "Accepted"


async def by_nothing(tool: ContractTool) -> None:
    await put(tool.rig, AuthCtrlr__OfflineTxForUnknownIdEnabled=True)


@pytest.mark.requirement("C07.FR.08", "C07.FR.09", "C07.FR.10", "C07.FR.11", "C07.FR.12")
@pytest.mark.parametrize("known", [by_cache, by_list, by_nothing])
def test_offline_a_contract_that_is_proven_here_charges_where_that_is_set(tmp_path: Path, known: Case) -> None:
    """TC_C_54_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(
            tool,
            ISO15118Ctrlr__ContractValidationOffline=True,
            AuthCtrlr__LocalAuthorizeOffline=True,
            OCPPCommCtrlr__OfflineThreshold=60,
        )
        await tool.roots_installed()
        await known(tool)
        await offline_at_the_outlet(tool)
        assert (await tool.show()).is_accepted
        await tool.rig.wait(70)
        tool.is_authorized = True
        await told_of_the_ev(tool)
        event = await tool.event()
        assert event["triggerReason"] == "Authorized"
        assert event["idToken"] == {"idToken": tool.contract.emaid, "type": "eMAID"}
        assert event["offline"] is True
        event = await tool.event()
        assert event["triggerReason"] == "ChargingStateChanged"
        assert event["transactionInfo"]["chargingState"] == "Charging"
        assert tool.rig.is_live()

    tell_case(tmp_path, case, local_auth_list_enabled="true")


@pytest.mark.requirement("C07.FR.08", "C07.FR.09")
def test_offline_a_contract_that_is_unknown_here_or_cannot_be_proven_does_not_charge(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await prepared(
            tool, ISO15118Ctrlr__ContractValidationOffline=True, AuthCtrlr__OfflineTxForUnknownIdEnabled=False
        )
        await tool.roots_installed()
        await offline_at_the_outlet(tool)
        assert not (await tool.show()).is_accepted, "proven, and unknown"
        await reconnect(tool.rig)
        await put(tool.rig, AuthCtrlr__OfflineTxForUnknownIdEnabled=True)
        tool.rig.csms.go_offline()
        await tool.rig.wait(2)
        stranger = await tool.show(Contract(tool.contract.emaid))
        assert (stranger.is_accepted, stranger.status) == (False, ContractStatus.CERT_CHAIN_ERROR)
        expired = await tool.show(Contract(ends=BEGINS))
        assert (expired.is_accepted, expired.status) == (False, ContractStatus.CERTIFICATE_EXPIRED)
        assert not tool.rig.is_live()

    tell_case(tmp_path, case)


@pytest.mark.requirement("C07.FR.07")
def test_offline_no_contract_charges_where_it_may_not_be_proven_here(tmp_path: Path) -> None:
    """TC_C_55_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(
            tool,
            ISO15118Ctrlr__ContractValidationOffline=False,
            AuthCtrlr__LocalAuthorizeOffline=True,
            AuthCtrlr__OfflineTxForUnknownIdEnabled=True,
            OCPPCommCtrlr__OfflineThreshold=60,
        )
        await tool.roots_installed()
        await by_cache(tool)
        await by_list(tool)
        await offline_at_the_outlet(tool)
        decision = await tool.show()
        assert (decision.is_accepted, decision.status) == (False, ContractStatus.NO_CERTIFICATE_AVAILABLE)
        tool.forget()
        tool.transaction_id = None
        await tool.rig.wait(70)
        before = len(tool.told("TransactionEvent"))
        await told_of_the_ev(tool)
        await tool.nothing(30)
        reasons = {each["triggerReason"] for each in tool.told("TransactionEvent")[before:]}
        assert reasons <= {"CablePluggedIn", *SAMPLES}
        assert not tool.rig.is_live()

    tell_case(tmp_path, case, local_auth_list_enabled="true")


def test_a_csms_that_does_not_answer_in_time_is_no_csms(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await prepared(tool, ISO15118Ctrlr__ContractValidationOffline=True)
        await tool.roots_installed()
        await tool.ev_connected_pre_session()
        tool.rig.csms.is_black_hole = True
        assert (await tool.show()).is_accepted
        await tool.rig.until(tool.rig.is_live, 30)
        tool.rig.csms.is_black_hole = False

    tell_case(tmp_path, case, allow_offline_tx_for_unknown_id="true")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, ContractStatus.CONTRACT_CANCELLED),
        ({"idTokenInfo": {"status": "Blocked"}, "certificateStatus": "Accepted"}, ContractStatus.CONTRACT_CANCELLED),
        ({"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Splendid"}, ContractStatus.CERT_CHAIN_ERROR),
        (
            {"idTokenInfo": {"status": "Accepted", "evseId": [2]}, "certificateStatus": "Accepted"},
            ContractStatus.CONTRACT_CANCELLED,
        ),
    ],
)
def test_an_odd_answer_about_a_contract_lets_nobody_charge(tmp_path: Path, said: Json, status: ContractStatus) -> None:
    async def case(tool: ContractTool) -> None:
        await prepared(tool)
        await tool.roots_installed()
        await tool.ev_connected_pre_session()
        tool.answers["Authorize"] = said
        decision = await tool.show()
        assert (decision.is_accepted, decision.status) == (False, status)
        await tool.not_authorized()
        assert tool.rig.csms.record.is_connected

    tell_case(tmp_path, case)


@pytest.mark.parametrize("switch", ["PnCEnabled", "Enabled"])
def test_switched_off_no_contract_is_accepted(tmp_path: Path, switch: str) -> None:
    async def case(tool: ContractTool) -> None:
        await prepared(tool, **{f"ISO15118Ctrlr__{switch}": False})
        await tool.roots_installed()
        await tool.ev_connected_pre_session()
        assert not tool.station.is_enabled
        assert not (await tool.show()).is_accepted
        assert tool.told("Authorize") == []
        await tool.not_authorized()
        await put(tool.rig, **{f"ISO15118Ctrlr__{switch}": True})
        await tool.authorized_15118()

    tell_case(tmp_path, case)


def test_where_nobody_is_asked_the_list_and_the_roots_here_decide(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await prepared(
            tool,
            AuthCtrlr__DisableRemoteAuthorization=True,
            AuthCtrlr__LocalPreAuthorize=True,
            ISO15118Ctrlr__ContractValidationOffline=False,
            ISO15118Ctrlr__CentralContractValidationAllowed=True,
        )
        await tool.ev_connected_pre_session()
        await by_list(tool)
        assert not (await tool.show()).is_accepted, "listed, and not proven"
        await tool.roots_installed()
        assert (await tool.show()).is_accepted
        assert tool.told("Authorize") == []
        await tool.rig.until(tool.rig.is_live, 30)

    tell_case(tmp_path, case, local_auth_list_enabled="true")


# E15, F04: the end


@pytest.mark.requirement("E15.FR.01", "E15.FR.04", "E15.FR.05")
@pytest.mark.parametrize("stop", ENDS)
def test_the_ev_ends_its_session(tmp_path: Path, stop: str) -> None:
    """TC_E_46_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(tool, stop)
        await tool.roots_installed()
        await tool.ev_connected_pre_session()
        await tool.authorized_15118()
        await tool.energy_transfer_started()
        if stop != "EnergyTransfer":  # else that alone ends it
            await tool.energy_transfer_suspended()
        assert await tool.station.end_charging(ONE)
        event = await tool.event()
        assert event["triggerReason"] == "StopAuthorized"
        assert event["transactionInfo"]["chargingState"] == "EVConnected"
        assert event["eventType"] == ("Updated" if stop == "EVConnected" else "Ended")
        if stop != "EVConnected":
            assert event["transactionInfo"]["stoppedReason"] == "StoppedByEV"
            assert event["meterValue"]
        await tool.rig.until(lambda: not tool.rig.is_live(), 10)
        assert not await tool.station.end_charging(ONE), "once"
        await tool.ev_disconnected()

    tell_case(tmp_path, case)


@pytest.mark.requirement("F04.FR.02", "F04.FR.03", "F04.FR.04")
def test_the_csms_ends_the_session_of_a_contract(tmp_path: Path) -> None:
    async def case(tool: ContractTool) -> None:
        await prepared(tool)
        await tool.roots_installed()
        await tool.ev_connected_pre_session()
        await tool.authorized_15118()
        await tool.energy_transfer_started()
        assert is_locked(tool.rig)
        event = await tool.stop_authorized(remote=True)
        assert event["eventType"] == "Updated"
        await tool.rig.until(lambda: not is_locked(tool.rig), 10, "the cable is free")
        await tool.ev_connected_post_session()
        event = await tool.ev_disconnected() or {}
        assert event["eventType"] == "Ended"
        assert event["transactionInfo"]["stoppedReason"] == "Remote"
        assert event["meterValue"]

    tell_case(tmp_path, case)


def is_locked(rig: Rig) -> bool:
    """By the world's word."""
    return rig.world.evse(1).lock.position is LockPosition.LOCKED


# N10


@pytest.mark.requirement("N09.FR.06")
def test_of_a_contracts_certificate_nothing_is_kept(tmp_path: Path) -> None:
    """TC_N_63_CS"""

    async def case(tool: ContractTool) -> None:
        await prepared(tool, "Authorized")
        await tool.roots_installed()
        await tool.ev_connected_pre_session()
        request = await tool.authorized_15118()
        await tool.energy_transfer_started()
        assert await tool.station.end_charging(ONE)
        await tool.event()
        await tool.ev_disconnected()
        customer = {
            key: text for key, text in request["iso15118CertificateHashData"][0].items() if key != "responderURL"
        }
        for number, clears in enumerate((True, False), start=1):
            answer = await ask(
                tool.rig,
                "CustomerInformation",
                {"requestId": number, "report": True, "clear": clears, "customerCertificate": customer},
            )
            assert answer["status"] == "Accepted"
            await tool.rig.wait(5)
            (part,) = tool.told("NotifyCustomerInformation")[number - 1 :]
            assert (part["requestId"], part["data"], part.get("tbc", False)) == (number, "", False)

    tell_case(tmp_path, case)
