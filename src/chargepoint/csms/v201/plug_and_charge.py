"""Blocks A, C and M: what is asked of the CSMS for an ISO 15118 stack, and what its answers mean (A02, C07, M01, M02,
M06). The certificates that the CSMS manages are another file's.
"""

from collections.abc import Mapping
from typing import assert_never

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.plug_and_charge_port import PlugAndChargePort
from chargepoint.csms.v201.authorization import read_authorize, write_token
from chargepoint.csms.v201.device_model import Component, ModelVariable
from chargepoint.csms.v201.live_readers import BOOLEAN, always, live
from chargepoint.model.plug_and_charge import (
    Answer,
    ContractQuestion,
    ContractStatus,
    EvCertificateQuestion,
    OcspData,
    Question,
    RevocationQuestion,
    SigningQuestion,
)

V2G_CERTIFICATE = "V2GCertificate"
LONGEST_ID_TOKEN = 36
LONGEST_CERTIFICATE = 5500
LONGEST_CSR = 5500
LONGEST_EXI_REQUEST = 5600
LONGEST_SCHEMA_VERSION = 50
LONGEST_URL = 512
MOST_HASHES = 4
ACTION_OF: Mapping[type[Question], str] = {
    ContractQuestion: "Authorize",
    EvCertificateQuestion: "Get15118EVCertificate",
    RevocationQuestion: "GetCertificateStatus",
    SigningQuestion: "SignCertificate",
}
CONTRACT_STATUS: Mapping[str, ContractStatus] = {status.value: status for status in ContractStatus}


def contract_variables(contracts: PlugAndChargePort | None) -> tuple[ModelVariable, ...]:
    """What is no setting: that an ISO 15118 stack is fitted; nothing where there is none."""
    if contracts is None:
        return ()
    return (live(Component("ISO15118Ctrlr"), "Available", always("true"), BOOLEAN),)


def encode_question(question: Question) -> OutgoingCall:
    """ValueError for what is longer than the schema allows."""
    return OutgoingCall(ACTION_OF[type(question)], _fields(question))


def _fields(question: Question) -> JsonObject:
    match question:
        case ContractQuestion():
            return _contract_fields(question)
        case EvCertificateQuestion(schema_version, action, exi_request):
            return {
                "iso15118SchemaVersion": _within(LONGEST_SCHEMA_VERSION, schema_version, "the schema version"),
                "action": action.value,
                "exiRequest": _within(LONGEST_EXI_REQUEST, exi_request, "the EV's request"),
            }
        case RevocationQuestion(ocsp):
            return {"ocspRequestData": _ocsp_fields(ocsp)}
        case SigningQuestion(csr_pem):
            csr = _within(LONGEST_CSR, csr_pem, "the request to sign a certificate")
            return {"csr": csr, "certificateType": V2G_CERTIFICATE}
        case _:
            assert_never(question)


def _contract_fields(question: ContractQuestion) -> JsonObject:
    """C07.FR.02; the certificate where the CSMS is to judge it (C07.FR.06)."""
    _within(LONGEST_ID_TOKEN, question.token.value, "the eMAID")
    fields: JsonObject = {"idToken": write_token(question.token)}
    if question.ocsp:
        fields["iso15118CertificateHashData"] = [_ocsp_fields(each) for each in question.ocsp[:MOST_HASHES]]
    if question.certificate_pem is not None:
        fields["certificate"] = _within(LONGEST_CERTIFICATE, question.certificate_pem, "the contract certificate")
    return fields


def _ocsp_fields(ocsp: OcspData) -> JsonObject:
    return {
        "hashAlgorithm": ocsp.hash_algorithm,
        "issuerNameHash": ocsp.issuer_name_hash,
        "issuerKeyHash": ocsp.issuer_key_hash,
        "serialNumber": ocsp.serial_number,
        "responderURL": _within(LONGEST_URL, ocsp.responder_url, "the address of the OCSP responder"),
    }


def _within(longest: int, text: str, what: str) -> str:
    if len(text) > longest:
        raise ValueError(f"{what} has {len(text)} characters, and at most {longest} can be said")
    return text


def read_question_answer(question: Question, wire: JsonObject) -> Answer:
    """Lenient: what is missing or odd is no acceptance."""
    is_accepted = wire.get("status") == "Accepted"
    match question:
        case ContractQuestion():
            return Answer(is_accepted=True, verdict=read_authorize(wire), contract=_read_contract_status(wire))
        case EvCertificateQuestion():
            return _text_answer(is_accepted, wire.get("exiResponse"))
        case RevocationQuestion():
            return _text_answer(is_accepted, wire.get("ocspResult"))
        case SigningQuestion():
            return Answer(is_accepted)
        case _:
            assert_never(question)


def _read_contract_status(wire: JsonObject) -> ContractStatus | None:
    """A word that nobody knows is no acceptance."""
    word = wire.get("certificateStatus")
    return None if word is None else CONTRACT_STATUS.get(str(word), ContractStatus.CERT_CHAIN_ERROR)


def _text_answer(is_accepted: bool, text: object) -> Answer:
    """Passed on as it came; without a text nothing was accepted."""
    if not isinstance(text, str) or not text:
        return Answer(is_accepted=False)
    return Answer(is_accepted, text)
