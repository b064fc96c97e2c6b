"""Plug and charge over 1.6: an EV with a contract, the CSMS behind DataTransfer, and the certificates of both."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chargepoint.model.identifiers import EvseId
from chargepoint.model.plug_and_charge import CertificateAction, ContractDecision, ContractStatus
from support.contract_ev import BEGINS, RESPONDER, Contract, StackOnTheBench, issue, sign_request
from support.rig import Rig
from support.virtual_time import run_virtual

VENDOR = "org.openchargealliance.iso15118pnc"
SETTINGS = {"organization_name": "Acme", "cert_signing_wait_minimum_seconds": "60", "cert_signing_repeat_times": "2"}
ONE = EvseId(1)


@dataclass
class PncCsms:
    """A CSMS that knows the application note."""

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    id_status: str = "Accepted"
    certificate_status: str | None = "Accepted"
    transfer_status: str = "Accepted"
    is_silent: bool = False

    def __call__(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        assert payload["vendorId"] == VENDOR
        message, fields = str(payload["messageId"]), json.loads(payload["data"])
        self.asked.append((message, fields))
        if self.is_silent:
            return None
        if self.transfer_status != "Accepted":
            return {"status": self.transfer_status}
        return {"status": "Accepted", "data": json.dumps(self.answer(message))}

    def answer(self, message: str) -> dict[str, Any]:
        if message == "Authorize":
            said: dict[str, Any] = {"idTokenInfo": {"status": self.id_status}}
            if self.certificate_status is not None:
                said["certificateStatus"] = self.certificate_status
            return said
        if message == "Get15118EVCertificate":
            return {"status": "Accepted", "exiResponse": "gAEC"}
        if message == "GetCertificateStatus":
            return {"status": "Accepted", "ocspResult": "MAoK"}
        return {"status": "Accepted"}

    def of(self, message: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.asked if name == message]


@dataclass
class World:
    rig: Rig
    stack: StackOnTheBench
    csms: PncCsms

    async def send(self, message: str, data: object) -> tuple[str, dict[str, Any]]:
        text = data if isinstance(data, str) else json.dumps(data)
        payload = {"vendorId": VENDOR, "messageId": message, "data": text}
        answer = await self.rig.csms.call("DataTransfer", payload)
        assert answer.error is None, answer
        body = answer.payload or {}
        return str(body["status"]), json.loads(body.get("data", "{}"))

    async def status(self, message: str, data: object) -> str:
        outer, inner = await self.send(message, data)
        assert outer == "Accepted", (message, outer)
        return str(inner["status"])

    async def install(self, kind: str, pem: str) -> str:
        return await self.status("InstallCertificate", {"certificateType": kind, "certificate": pem})

    async def change(self, key: str, value: str) -> str:
        answer = await self.rig.csms.call("ChangeConfiguration", {"key": key, "value": value})
        return str((answer.payload or {})["status"])

    async def show(self, contract: Contract) -> ContractDecision:
        return await self.stack.station.authorize_contract(ONE, contract.emaid, contract.chain_pem)


Story = Callable[[World], Awaitable[None]]


def tell(directory: Path, story: Story, **settings: str) -> None:
    async def whole() -> None:
        rig = Rig(directory, "1.6", settings={**SETTINGS, **settings})
        world = World(rig, StackOnTheBench(), PncCsms())
        rig.iso15118, rig.csms.vendor = world.stack, world.csms
        async with rig:
            await rig.wait(2)
            await story(world)

    run_virtual(whole())


@pytest.mark.ocpp_1_6("DataTransfer", "ISO15118PnCEnabled")
def test_an_ev_with_a_contract_is_plugged_in_and_charges_under_its_emaid(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        contract, rig = Contract(), world.rig
        assert await world.install("MORootCertificate", contract.root.pem) == "Accepted"
        rig.plug_in()
        await rig.wait(2)
        assert await world.show(contract) == ContractDecision(True, ContractStatus.ACCEPTED, "authorised")
        await rig.until(lambda: rig.is_live(), what="it charges")
        (asked,) = world.csms.of("Authorize")
        assert asked["idToken"] == {"idToken": contract.emaid}
        assert "certificate" not in asked, "it was proven here"
        assert [each["responderURL"] for each in asked["iso15118CertificateHashData"]] == [RESPONDER] * 2
        serials = {each["serialNumber"] for each in asked["iso15118CertificateHashData"]}
        assert serials == {f"{each.certificate.serial_number:X}" for each in (contract.leaf, contract.sub_ca)}
        assert "Authorize" not in rig.csms.actions(), "the regular one is never used (section 5)"
        await rig.drained()
        assert rig.csms.core.transactions[-1].id_token == contract.emaid
        assert await world.change("ISO15118PnCEnabled", "false") == "Accepted"
        assert (await world.send("TriggerMessage", {}))[0] == "UnknownVendorId"
        assert not (await world.show(contract)).is_accepted
        assert rig.is_live()

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
@pytest.mark.parametrize(
    ("id_status", "certificate_status", "transfer_status", "said"),
    [
        ("Accepted", "CertificateRevoked", "Accepted", ContractStatus.CERTIFICATE_REVOKED),
        ("Blocked", "Accepted", "Accepted", ContractStatus.CONTRACT_CANCELLED),
        ("Accepted", "Accepted", "UnknownVendorId", ContractStatus.CONTRACT_CANCELLED),
    ],
)
def test_a_contract_that_the_csms_refuses_does_not_charge(
    tmp_path: Path, id_status: str, certificate_status: str, transfer_status: str, said: ContractStatus
) -> None:
    async def story(world: World) -> None:
        contract = Contract()
        await world.install("MORootCertificate", contract.root.pem)
        csms = world.csms
        csms.id_status, csms.certificate_status, csms.transfer_status = id_status, certificate_status, transfer_status
        world.rig.plug_in()
        await world.rig.wait(2)
        decision = await world.show(contract)
        assert (decision.is_accepted, decision.status) == (False, said)
        await world.rig.wait(10)
        assert not world.rig.is_live()

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
@pytest.mark.parametrize("is_silent", [False, True], ids=["accepted late", "no answer"])
def test_another_ev_does_not_charge_on_the_contract_of_the_one_that_left(
    tmp_path: Path, is_seen: bool, is_silent: bool
) -> None:
    async def story(world: World) -> None:
        contract, rig = Contract(), world.rig
        await world.install("MORootCertificate", contract.root.pem)
        world.csms.is_silent = is_silent
        rig.csms.vendor_thinks_seconds = 8.0
        rig.plug_in()
        await rig.wait(2)
        shown = asyncio.create_task(world.show(contract))
        await rig.wait(1)
        if is_seen:
            rig.plug_out()
            await rig.wait(1.5)
            rig.plug_in()
        else:
            await rig.exchange_unseen()
        decision = await shown
        assert (decision.is_accepted, decision.status) == (False, ContractStatus.CONTRACT_CANCELLED)
        await rig.wait(15)
        assert not rig.is_live()
        assert rig.csms.core.transactions == []
        world.csms.is_silent, rig.csms.vendor_thinks_seconds = False, 0.0
        assert (await world.show(contract)).is_accepted, "its own may"
        await rig.until(lambda: rig.is_live())

    offline_rules = {"contract_validation_offline": "true", "allow_offline_tx_for_unknown_id": "true"}
    tell(tmp_path, story, message_timeout_seconds="30", authorization_timeout_seconds="20", **offline_rules)


@pytest.mark.ocpp_1_6("CentralContractValidationAllowed")
def test_a_contract_without_a_root_here_is_the_csms_to_judge_where_that_is_allowed(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        contract, expired = Contract(), Contract(ends=BEGINS + timedelta(days=3))
        world.rig.plug_in()
        await world.rig.wait(2)
        assert (await world.show(contract)).status is ContractStatus.CERT_CHAIN_ERROR
        assert await world.change("CentralContractValidationAllowed", "true") == "Accepted"
        assert (await world.show(expired)).status is ContractStatus.CERTIFICATE_EXPIRED
        stranger = await world.stack.station.authorize_contract(ONE, "DE8AAC99999999", contract.chain_pem)
        assert not stranger.is_accepted, "another's certificate"
        assert not (await world.stack.station.authorize_contract(ONE, contract.emaid, "no pem")).is_accepted
        assert world.csms.asked == [], "nobody was bothered with those"
        world.csms.certificate_status = None
        assert not (await world.show(contract)).is_accepted, "the CSMS has not judged the certificate"
        world.csms.certificate_status = "Accepted"
        assert (await world.show(contract)).is_accepted
        assert world.csms.of("Authorize")[-1]["certificate"] == contract.chain_pem
        await world.rig.until(lambda: world.rig.is_live())

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("ContractValidationOffline", "LocalAuthorizeOffline", "AllowOfflineTxForUnknownId")
@pytest.mark.parametrize("silent", [False, True])
def test_offline_a_proven_contract_is_treated_as_a_card_where_that_is_set(tmp_path: Path, silent: bool) -> None:
    async def story(world: World) -> None:
        contract, rig = Contract(), world.rig
        await world.install("MORootCertificate", contract.root.pem)
        rig.plug_in()
        await rig.wait(2)
        await world.change("ContractValidationOffline", "false")
        world.csms.is_silent = silent
        if not silent:
            rig.csms.go_offline()
        assert not (await world.show(contract)).is_accepted
        rig.csms.come_back()
        await rig.until(lambda: rig.csms.record.is_connected and rig.csms.record.is_boot_accepted, 120)
        await rig.wait(60)
        await world.change("ContractValidationOffline", "true")
        await world.change("AllowOfflineTxForUnknownId", "false")
        if not silent:
            rig.csms.go_offline()
        assert not (await world.show(contract)).is_accepted, "unknown here"
        rig.csms.come_back()
        await rig.until(lambda: rig.csms.record.is_connected and rig.csms.record.is_boot_accepted, 120)
        await rig.wait(60)
        entry = {"idTag": contract.emaid, "idTagInfo": {"status": "Accepted"}}
        update = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}
        assert (await rig.csms.call("SendLocalList", update)).payload == {"status": "Accepted"}
        if not silent:
            rig.csms.go_offline()
        assert not (await world.show(Contract(contract.emaid))).is_accepted, "of another root"
        assert (await world.show(contract)).is_accepted
        await rig.until(lambda: rig.is_live())

    tell(tmp_path, story, local_auth_list_enabled="true", local_authorize_offline="true")


@pytest.mark.ocpp_1_6("DataTransfer")
def test_the_stations_v2g_certificate_is_asked_for_signed_and_used_towards_evs(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        rig, station = world.rig, world.stack.station
        root = issue("V2G root")
        sub_ca = issue("CPO sub-CA", root)
        assert await world.install("V2GRootCertificate", root.pem) == "Accepted"
        assert await station.own_chain() is None
        assert not await station.load_identity(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        assert await world.status("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}) == "Accepted"
        await rig.until(lambda: len(world.csms.of("SignCertificate")) == 1, 5, "the request is on the wire")
        csr_pem = world.csms.of("SignCertificate")[0]["csr"]
        chain = sign_request(csr_pem, sub_ca) + sub_ca.pem
        foreign = sign_request(csr_pem, issue("nobody"))
        assert await world.status("CertificateSigned", {"certificateChain": foreign}) == "Rejected"
        assert await world.status("CertificateSigned", {"certificateChain": chain}) == "Accepted"
        assert await station.own_chain() == chain
        assert await station.load_identity(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        await rig.until(lambda: len(world.csms.of("GetCertificateStatus")) == 2, 10)
        await rig.wait(1)
        assert await station.own_revocation() == ("MAoK", "MAoK")
        _, inner = await world.send("GetInstalledCertificateIds", {"certificateType": ["V2GCertificateChain"]})
        (listed,) = inner["certificateHashDataChain"]
        assert listed["certificateType"] == "V2GCertificateChain"
        assert listed["childCertificateHashData"][0]["serialNumber"] == f"{sub_ca.certificate.serial_number:X}"
        mine = {"certificateHashData": listed["certificateHashData"]}
        assert await world.status("DeleteCertificate", mine) == "Failed", "its own stays (M04.FR.06)"
        events = [each for each in rig.csms.actions() if each == "SecurityEventNotification"]
        assert events
        await rig.rest(3600)
        assert len(world.csms.of("SignCertificate")) == 1, "signed: nothing is asked again"
        await rig.stop_controller()
        await rig.start_controller()
        await rig.wait(10)
        assert await world.stack.station.own_chain() == chain, "over a restart"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("CertSigningWaitMinimum", "CertSigningRepeatTimes")
def test_a_signature_that_never_comes_is_asked_for_again_after_doubled_waits(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        rig = world.rig
        at: list[datetime] = []
        answer = world.csms.answer

        def noting(message: str) -> dict[str, Any]:
            at.append(rig.utc_now())
            return answer(message)

        world.csms.answer = noting  # type: ignore[method-assign]  # the story's own ear
        assert await world.status("TriggerMessage", {}) == "Accepted"
        await rig.rest(1200)
        waits = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
        assert waits == pytest.approx([60, 120, 240], abs=3)
        requests = {each["csr"] for each in world.csms.of("SignCertificate")}
        assert len(requests) == len(at), "each with a new key"
        assert await world.change("CertSigningWaitMinimum", "-1") == "Rejected"
        assert await world.change("CertSigningWaitMinimum", "0") == "Accepted"
        count = len(at)
        assert await world.status("TriggerMessage", {}) == "Accepted"
        await rig.rest(600)
        assert len(at) == count + 1, "0: left to the CSMS"
        assert await world.change("CertSigningWaitMinimum", "30") == "Accepted"
        assert await world.change("CertSigningRepeatTimes", "-1") == "Rejected"
        assert await world.change("CertSigningRepeatTimes", "0") == "Accepted"
        count = len(at)
        assert await world.status("TriggerMessage", {}) == "Accepted"
        await rig.rest(600)
        last = [(later - earlier).total_seconds() for earlier, later in pairwise(at[count:])]
        assert last == pytest.approx([30], abs=3), "once more, and the wait is not doubled"
        world.csms.transfer_status = "UnknownMessageId"
        asked = len(world.csms.of("SignCertificate"))
        assert await world.status("TriggerMessage", {}) == "Accepted"
        await rig.rest(3600)
        assert len(world.csms.of("SignCertificate")) == asked + 1, "a CSMS that does not sign is not asked again (2.1)"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
def test_roots_are_installed_listed_and_deleted_apart_from_those_of_the_link(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        v2g, mo = issue("V2G root"), issue("MO root")
        assert (await world.send("GetInstalledCertificateIds", {}))[1] == {"status": "NotFound"}
        assert await world.install("V2GRootCertificate", v2g.pem) == "Accepted"
        assert await world.install("MORootCertificate", mo.pem) == "Accepted"
        assert await world.install("MORootCertificate", issue("leaf", mo, is_ca=False).pem) == "Rejected"
        assert await world.install("MORootCertificate", issue("old", ends=BEGINS + timedelta(days=1)).pem) == "Rejected"
        assert await world.install("MORootCertificate", "no pem") == "Rejected"
        _, inner = await world.send("GetInstalledCertificateIds", {})
        kinds = [each["certificateType"] for each in inner["certificateHashDataChain"]]
        assert kinds == ["V2GRootCertificate", "MORootCertificate"]
        hash_data = inner["certificateHashDataChain"][1]["certificateHashData"]
        link = await world.rig.csms.call("DeleteCertificate", {"certificateHashData": hash_data})
        assert link.payload == {"status": "NotFound"}, "not by the message of the link's certificates (2.3)"
        assert await world.status("DeleteCertificate", {"certificateHashData": hash_data}) == "Accepted"
        assert await world.status("DeleteCertificate", {"certificateHashData": hash_data}) == "NotFound"
        _, inner = await world.send("GetInstalledCertificateIds", {"certificateType": ["MORootCertificate"]})
        assert inner == {"status": "NotFound"}
        assert await world.status("CertificateSigned", {"certificateChain": v2g.pem}) == "Rejected", "not asked for"

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
def test_an_ev_gets_its_contract_certificate_through_the_station(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        station = world.stack.station
        schema = "urn:iso:15118:2:2013:MsgDef"
        assert await station.exchange_certificate(schema, CertificateAction.INSTALL, "gAAA") == "gAEC"
        assert world.csms.of("Get15118EVCertificate") == [
            {"iso15118SchemaVersion": schema, "action": "Install", "exiRequest": "gAAA"}
        ]
        assert await station.exchange_certificate(schema, CertificateAction.UPDATE, "A" * 5601) is None, "too long"
        assert len(world.csms.asked) == 1
        world.rig.csms.go_offline()
        assert await station.exchange_certificate(schema, CertificateAction.INSTALL, "gAAA") is None

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("DataTransfer")
def test_what_makes_no_sense_is_rejected_and_the_link_stays_up(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        wrong: list[tuple[str, object]] = [
            ("InstallCertificate", ""),
            ("InstallCertificate", "{"),
            ("InstallCertificate", "[" * 50_000),
            ("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": "x"}),
            ("InstallCertificate", {"certificateType": "MORootCertificate", "certificate": "x" * 5501}),
            ("InstallCertificate", {"certificateType": "MORootCertificate"}),
            ("CertificateSigned", {"certificateChain": "x" * 10_001}),
            ("CertificateSigned", {"certificateChain": 7}),
            ("DeleteCertificate", {"certificateHashData": {"hashAlgorithm": "MD5"}}),
            ("GetInstalledCertificateIds", {"certificateType": "MORootCertificate"}),
            ("GetInstalledCertificateIds", {"certificateType": ["Anything"]}),
        ]
        for message, data in wrong:
            assert (await world.send(message, data))[0] == "Rejected", (message, data)
        assert (await world.send("Authorize", {}))[0] == "UnknownMessageId"
        assert await world.status("TriggerMessage", {"requestedMessage": "BootNotification"}) == "NotImplemented"
        assert world.rig.csms.record.is_connected

    tell(tmp_path, story)


@pytest.mark.ocpp_1_6("StopTransaction")
def test_the_ev_ends_its_session(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        contract, rig = Contract(), world.rig
        await world.install("MORootCertificate", contract.root.pem)
        rig.plug_in()
        await rig.wait(2)
        assert not await world.stack.station.end_charging(ONE), "nobody is authorised"
        assert (await world.show(contract)).is_accepted
        await rig.until(lambda: rig.is_live())
        assert await world.stack.station.end_charging(ONE)
        await rig.until(lambda: rig.snapshot(1).transaction is None, 15)
        await rig.drained()
        assert not rig.is_live()
        assert rig.csms.core.transactions[-1].stop_reason == "Other", "1.6 has no word for it"

    tell(tmp_path, story)


def test_a_station_without_a_stack_has_nothing_of_plug_and_charge(tmp_path: Path) -> None:
    async def story() -> None:
        async with Rig(tmp_path, "1.6") as rig:
            payload = {"vendorId": VENDOR, "messageId": "TriggerMessage", "data": "{}"}
            assert (await rig.csms.call("DataTransfer", payload)).payload == {"status": "UnknownVendorId"}
            keys = ["ISO15118PnCEnabled", "ContractValidationOffline", "CentralContractValidationAllowed"]
            answer = await rig.csms.call("GetConfiguration", {"key": keys})
            assert answer.payload == {"configurationKey": [], "unknownKey": keys}

    run_virtual(story())
