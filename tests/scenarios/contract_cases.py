"""Test cases of 2.0.1 for a station with an ISO 15118 stack: the other side of them, the EV's and the CSMS's, and the
reusable and memory states of part 6 that only they have.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chargepoint.model.identifiers import EvseId
from chargepoint.model.plug_and_charge import ContractDecision
from scenarios.part6 import Json, TestTool, ask, put
from scenarios.stories import assert_clean, at_rest, calls_of_station
from support.contract_ev import Contract, Party, StackOnTheBench, issue, sign_request
from support.rig import Rig
from support.virtual_time import run_virtual

ONE = EvseId(1)
V2G_ROOT, MO_ROOT, V2G_CHAIN = "V2GRootCertificate", "MORootCertificate", "V2GCertificateChain"
SECC_ID, OPERATOR = "DE-ICE-S-0003C4D5578786756453309675436-2", "Acme"
SCHEMA = "urn:iso:15118:2:2013:MsgDef"
OCSP_RESPONSE = "MAoKAQAgBQ=="
ACCEPTED: Mapping[str, Json] = {
    "Authorize": {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"},
    "Get15118EVCertificate": {"status": "Accepted", "exiResponse": "gAEC"},
    "GetCertificateStatus": {"status": "Accepted", "ocspResult": OCSP_RESPONSE},
}


class ContractTool(TestTool):
    """Knows contracts; `answers` are the CSMS's, by action, and of Authorize those about contracts alone."""

    def __init__(self, rig: Rig, stack: StackOnTheBench) -> None:
        super().__init__(rig)
        self.contract = Contract()
        self.card = self.contract.emaid
        self.root = issue("V2G root")
        self.sub_ca_1 = issue("CPO sub-CA 1", self.root)
        self.sub_ca_2 = issue("CPO sub-CA 2", self.sub_ca_1)
        self.answers: dict[str, Json] = dict(ACCEPTED)
        self._stack = stack
        self._actions: dict[str, str] = {}
        rig.csms.watch, rig.csms.rewrite = self._note, self._rewrite

    def _note(self, direction: str, text: str) -> None:
        frame = json.loads(text)
        if direction != "from_station" or frame[0] != 2:
            return
        if frame[2] != "Authorize" or frame[3]["idToken"]["type"] == "eMAID":
            self._actions[frame[1]] = frame[2]

    def _rewrite(self, text: str) -> str:
        frame = json.loads(text)
        answer = self.answers.get(self._actions.get(frame[1], "")) if frame[0] == 3 else None
        return text if answer is None else json.dumps([3, frame[1], answer])

    @property
    def station(self) -> Any:
        """The station as the stack sees it."""
        return self._stack.station

    def told(self, action: str) -> list[Json]:
        return calls_of_station(self.rig, action)

    # Reusable and memory states

    async def certificate_installed(self, word: str, party: Party) -> None:
        """CertificateInstalled."""
        answer = await ask(self.rig, "InstallCertificate", {"certificateType": word, "certificate": party.pem})
        assert answer == {"status": "Accepted"}

    async def roots_installed(self) -> None:
        """CertificateInstalled for V2GRootCertificate and MORootCertificate."""
        await self.certificate_installed(V2G_ROOT, self.root)
        await self.certificate_installed(MO_ROOT, self.contract.root)

    async def installed_certificates(self, word: str) -> list[Json]:
        """GetInstalledCertificates."""
        answer = await ask(self.rig, "GetInstalledCertificateIds", {"certificateType": [word]})
        assert answer["status"] == "Accepted", answer
        chains = list(answer["certificateHashDataChain"])
        assert {each["certificateType"] for each in chains} == {word}
        return chains

    async def named(self) -> None:
        """What a V2G certificate is asked for with."""
        await put(
            self.rig,
            ISO15118Ctrlr__V2GCertificateInstallationEnabled=True,
            ISO15118Ctrlr__SeccId=SECC_ID,
            ISO15118Ctrlr__CountryName="NL",
            ISO15118Ctrlr__OrganizationName=OPERATOR,
        )

    async def asked_to_sign(self) -> str:
        """Steps 1 to 4 of RenewV2GChargingStationCertificate; the request."""
        before = len(self.told("SignCertificate"))
        answer = await ask(self.rig, "TriggerMessage", {"requestedMessage": "SignV2GCertificate"})
        assert answer == {"status": "Accepted"}
        await self.rig.until(lambda: len(self.told("SignCertificate")) > before, 5, "SignCertificate")
        request = self.told("SignCertificate")[-1]
        assert request["certificateType"] == "V2GCertificate"
        csr = x509.load_pem_x509_csr(request["csr"].encode())
        key = csr.public_key()
        assert csr.is_signature_valid
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.key_size >= 256
        assert common_name(csr.subject) == SECC_ID
        return str(request["csr"])

    def signed(self, csr_pem: str) -> str:
        """By the last of the sub-CAs, and those with it."""
        return sign_request(csr_pem, self.sub_ca_2) + self.sub_ca_2.pem + self.sub_ca_1.pem

    async def v2g_certificate_renewed(self) -> str:
        """RenewV2GChargingStationCertificate; the chain that the station has now."""
        await self.named()
        chain = self.signed(await self.asked_to_sign())
        answer = await ask(
            self.rig, "CertificateSigned", {"certificateChain": chain, "certificateType": "V2GCertificate"}
        )
        assert answer == {"status": "Accepted"}
        return chain

    async def show(self, contract: Contract | None = None) -> ContractDecision:
        """The EV shows its contract."""
        shown = contract or self.contract
        decision: ContractDecision = await self.station.authorize_contract(ONE, shown.emaid, shown.chain_pem)
        return decision

    async def authorized_15118(self) -> Json:
        """Authorized15118 by plug and charge, with the event that tells of it; the Authorize request."""
        before = len(self.told("Authorize"))
        decision = await self.show()
        assert decision.is_accepted, decision
        (request,) = self.told("Authorize")[before:]
        assert request["idToken"] == {"idToken": self.contract.emaid, "type": "eMAID"}
        self.is_authorized = True
        event = await self.event()
        assert event["triggerReason"] == "Authorized", event
        assert event["idToken"] == {"idToken": self.contract.emaid, "type": "eMAID"}, event
        return request

    async def not_authorized(self) -> None:
        """Post scenario validation: the EV is not authorised and does not charge."""
        await self.nothing(30)
        assert not self.rig.is_live()
        told = self.told("TransactionEvent")
        assert all(each["triggerReason"] != "Authorized" for each in told)
        assert all(each["transactionInfo"].get("chargingState") != "Charging" for each in told)


def common_name(name: x509.Name) -> str:
    return str(name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


Case = Callable[[ContractTool], Awaitable[None]]


def tell_case(directory: Path, case: Case, *, poll_seconds: float = 1.0, **settings: str) -> None:
    """Run a case against a station with an ISO 15118 stack; its books are clean at the end."""

    async def whole() -> None:
        rig, stack = Rig(directory, "2.0.1", settings=settings, poll_seconds=poll_seconds), StackOnTheBench()
        rig.iso15118 = stack
        tool = ContractTool(rig, stack)
        async with rig:
            await at_rest(rig)
            await case(tool)
            assert_clean(rig)

    run_virtual(whole())
