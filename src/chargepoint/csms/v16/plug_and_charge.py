"""ISO 15118 plug and charge over 1.6 by DataTransfer (application note of the Open Charge Alliance, v1.0).

Only what belongs to ISO 15118 goes this way (2.3); the certificates of the link have messages of their own.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC
from typing import assert_never

from pydantic import ValidationError

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.plug_and_charge_port import PlugAndChargePort
from chargepoint.csms.v16 import pnc_messages as wire
from chargepoint.csms.v16.data_transfer import data_transfer_call, read_data_transfer, reader_of
from chargepoint.csms.v16.handler import without_none
from chargepoint.csms.v16.vocabulary import AUTHORIZATION_STATUS
from chargepoint.model.data_transfer import DataTransferAnswer, DataTransferStatus
from chargepoint.model.plug_and_charge import (
    Answer,
    ContractQuestion,
    EvCertificateQuestion,
    OcspData,
    Question,
    RevocationQuestion,
    SigningQuestion,
)
from chargepoint.model.tokens import TokenVerdict
from chargepoint.security.certificate_hash import CertificateHash
from chargepoint.security.root_store import DeleteOutcome, InstallOutcome, RootUse

log = logging.getLogger(__name__)

VENDOR = "org.openchargealliance.iso15118pnc"
ROOT_USE: Mapping[str, RootUse] = {"V2GRootCertificate": RootUse.V2G, "MORootCertificate": RootUse.MOBILITY_OPERATOR}
SIGN = "SignV2GCertificate"
OWN_CHAIN = "V2GCertificateChain"
INSTALL_STATUS: Mapping[InstallOutcome, str] = {
    InstallOutcome.ACCEPTED: "Accepted",
    InstallOutcome.REJECTED: "Rejected",
    InstallOutcome.FAILED: "Failed",
}
DELETE_STATUS: Mapping[DeleteOutcome, str] = {
    DeleteOutcome.ACCEPTED: "Accepted",
    DeleteOutcome.FAILED: "Failed",
    DeleteOutcome.NOT_FOUND: "NotFound",
}
MESSAGE_OF: Mapping[type[Question], str] = {
    ContractQuestion: "Authorize",
    EvCertificateQuestion: "Get15118EVCertificate",
    RevocationQuestion: "GetCertificateStatus",
    SigningQuestion: "SignCertificate",
}


class PncVendor:
    """A `VendorHandler`: certificates that the CSMS manages. What is wrong in a message is Rejected."""

    def __init__(self, port: PlugAndChargePort) -> None:
        self._port = port
        self._readers: Mapping[str, Callable[[str], Awaitable[JsonObject]]] = {
            "CertificateSigned": self._certificate_signed,
            "DeleteCertificate": self._delete,
            "GetInstalledCertificateIds": self._installed,
            "InstallCertificate": self._install,
            "TriggerMessage": self._trigger,
        }

    async def __call__(self, message_id: str | None, data: str | None) -> DataTransferAnswer:
        if not self._port.is_enabled:
            return DataTransferAnswer(DataTransferStatus.UNKNOWN_VENDOR_ID)
        reader = reader_of(message_id, self._readers)
        if reader is None:
            return DataTransferAnswer(DataTransferStatus.UNKNOWN_MESSAGE_ID)
        try:
            answer = await reader(data or "")
        except ValidationError as error:
            log.warning("%s of the CSMS cannot be read: %s", message_id, error.errors()[0]["msg"])
            return DataTransferAnswer(DataTransferStatus.REJECTED)
        return DataTransferAnswer(DataTransferStatus.ACCEPTED, json.dumps(answer))

    async def _certificate_signed(self, data: str) -> JsonObject:
        message = wire.CertificateSigned.model_validate_json(data)
        is_taken = await self._port.take_signed(message.certificateChain)
        return {"status": "Accepted" if is_taken else "Rejected"}

    async def _delete(self, data: str) -> JsonObject:
        message = wire.DeleteCertificate.model_validate_json(data)
        return {"status": DELETE_STATUS[await self._port.delete(message.certificateHashData.certificate())]}

    async def _install(self, data: str) -> JsonObject:
        message = wire.InstallCertificate.model_validate_json(data)
        outcome = await self._port.install(ROOT_USE[message.certificateType], message.certificate)
        return {"status": INSTALL_STATUS[outcome]}

    async def _installed(self, data: str) -> JsonObject:
        wanted = wire.GetInstalledCertificateIds.model_validate_json(data).certificateType
        chains: list[JsonObject] = []
        words: Sequence[str] = wanted or (*ROOT_USE, OWN_CHAIN)
        for word in words:
            if word == OWN_CHAIN:
                chains += _own_chain(await self._port.own_chain_hashes())
            else:
                roots = await self._port.installed(ROOT_USE[word])
                chains += [{"certificateType": word, "certificateHashData": _hash_fields(each)} for each in roots]
        return {"status": "Accepted", "certificateHashDataChain": chains} if chains else {"status": "NotFound"}

    async def _trigger(self, data: str) -> JsonObject:
        if wire.TriggerMessage.model_validate_json(data or "{}").requestedMessage != SIGN:
            return {"status": "NotImplemented"}
        return {"status": "Accepted" if await self._port.ask_signature() else "Rejected"}


def _own_chain(hashes: tuple[CertificateHash, ...]) -> list[JsonObject]:
    if not hashes:
        return []
    children = [_hash_fields(each) for each in hashes[1 : 1 + wire.MOST_HASHES]]
    fields = {
        "certificateType": OWN_CHAIN,
        "certificateHashData": _hash_fields(hashes[0]),
        "childCertificateHashData": children or None,
    }
    return [without_none(fields)]


def _hash_fields(certificate: CertificateHash) -> JsonObject:
    return {
        "hashAlgorithm": certificate.algorithm.value,
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
    }


def _ocsp_fields(ocsp: OcspData) -> JsonObject:
    if len(ocsp.responder_url) > wire.LONGEST_URL:
        raise ValueError("the address of the OCSP responder is too long to be said")
    return {
        "hashAlgorithm": ocsp.hash_algorithm,
        "issuerNameHash": ocsp.issuer_name_hash,
        "issuerKeyHash": ocsp.issuer_key_hash,
        "serialNumber": ocsp.serial_number,
        "responderURL": ocsp.responder_url,
    }


def encode_question(question: Question) -> OutgoingCall:
    """ValueError for what is longer than the application note allows."""
    return data_transfer_call(VENDOR, MESSAGE_OF[type(question)], json.dumps(without_none(_fields(question))))


def _fields(question: Question) -> JsonObject:
    match question:
        case ContractQuestion(token, ocsp, certificate_pem):
            return {
                "certificate": _within(wire.LONGEST_CERTIFICATE, certificate_pem, "the contract certificate"),
                "idToken": {"idToken": _within(wire.LONGEST_ID_TOKEN, token.value, "the eMAID")},
                "iso15118CertificateHashData": [_ocsp_fields(each) for each in ocsp[: wire.MOST_HASHES]] or None,
            }
        case EvCertificateQuestion(schema_version, action, exi_request):
            return {
                "iso15118SchemaVersion": _within(50, schema_version, "the schema version"),
                "action": action.value,
                "exiRequest": _within(wire.LONGEST_EXI, exi_request, "the EV's request"),
            }
        case RevocationQuestion(ocsp_data):
            return {"ocspRequestData": _ocsp_fields(ocsp_data)}
        case SigningQuestion(csr_pem):
            return {"csr": _within(wire.LONGEST_CSR, csr_pem, "the request to sign a certificate")}
        case _:
            assert_never(question)


def _within(longest: int, text: str | None, what: str) -> str | None:
    if text is not None and len(text) > longest:
        raise ValueError(f"{what} has {len(text)} characters, and at most {longest} can be said")
    return text


def read_question_answer(question: Question, answer: JsonObject) -> Answer:
    """A CSMS that does not know the vendor or the message has accepted nothing; ValueError for nonsense."""
    transfer = read_data_transfer(answer)
    if transfer.status is not DataTransferStatus.ACCEPTED:
        return Answer(is_accepted=False)
    data = transfer.data or ""
    match question:
        case ContractQuestion():
            return _read_contract(data)
        case EvCertificateQuestion():
            ev = wire.EvCertificateAnswer.model_validate_json(data)
            return Answer(ev.status == "Accepted" and bool(ev.exiResponse), ev.exiResponse or None)
        case RevocationQuestion():
            revocation = wire.RevocationAnswer.model_validate_json(data)
            return Answer(revocation.status == "Accepted" and bool(revocation.ocspResult), revocation.ocspResult)
        case SigningQuestion():
            return Answer(wire.SigningAnswer.model_validate_json(data).status == "Accepted")
        case _:
            assert_never(question)


def _read_contract(data: str) -> Answer:
    said = wire.AuthorizeAnswer.model_validate_json(data)
    until = said.idTokenInfo.cacheExpiryDateTime
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    verdict = TokenVerdict(AUTHORIZATION_STATUS[said.idTokenInfo.status], valid_until=until)
    return Answer(is_accepted=True, verdict=verdict, contract=said.certificateStatus)
