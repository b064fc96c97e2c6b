"""Questions of an ISO 15118 stack in 2.0.1's words, and what the answers mean."""

import base64
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from chargepoint.csms.asking import AskingDialect
from chargepoint.csms.v201.dialect import Ocpp201Dialect
from chargepoint.csms.v201.plug_and_charge import (
    ACTION_OF,
    CONTRACT_STATUS,
    LONGEST_EXI_REQUEST,
    V2G_CERTIFICATE,
    encode_question,
    read_question_answer,
)
from chargepoint.model.plug_and_charge import (
    Answer,
    CertificateAction,
    ContractQuestion,
    ContractStatus,
    EvCertificateQuestion,
    OcspData,
    Question,
    RevocationQuestion,
    SigningQuestion,
)
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind
from chargepoint.security.ocsp_responses import response_ends
from support.contract_ev import issue, ocsp_response
from unit.csms.v201.schema_check import call_problems, words

CONTRACT = IdToken("DE8AAC1234567", TokenKind.EMAID)
HASHES = OcspData("SHA256", "a" * 64, "b" * 64, "C0FFEE", "http://ocsp.example/")
SCHEMA = "urn:iso:15118:2:2013:MsgDef"
EXCHANGE = EvCertificateQuestion(SCHEMA, CertificateAction.INSTALL, "gAAA")
QUESTIONS: tuple[Question, ...] = (
    ContractQuestion(CONTRACT, (HASHES,) * 4),
    ContractQuestion(CONTRACT, certificate_pem="PEM"),
    ContractQuestion(CONTRACT),
    EXCHANGE,
    RevocationQuestion(HASHES),
    SigningQuestion("PEM"),
)


def test_every_question_has_words_and_so_has_every_answer(dialect: Ocpp201Dialect) -> None:
    assert isinstance(dialect, AskingDialect)
    assert set(ACTION_OF) == set(get_args(Question))
    assert set(CONTRACT_STATUS) == words("AuthorizeCertificateStatusEnumType", "Authorize", answer=True)
    assert {str(action) for action in CertificateAction} == words("CertificateActionEnumType", "Get15118EVCertificate")
    assert V2G_CERTIFICATE in words("CertificateSigningUseEnumType", "SignCertificate")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: type(each).__name__)
def test_what_is_asked_is_in_its_schema(question: Question) -> None:
    call = encode_question(question)
    assert call_problems(call.action, call.payload) == []


@pytest.mark.parametrize(
    "question",
    [
        ContractQuestion(IdToken("D" * 37, TokenKind.EMAID)),
        ContractQuestion(CONTRACT, certificate_pem="x" * 5501),
        EvCertificateQuestion("x" * 51, CertificateAction.UPDATE, ""),
        EvCertificateQuestion(SCHEMA, CertificateAction.UPDATE, "x" * (LONGEST_EXI_REQUEST + 1)),
        RevocationQuestion(OcspData("SHA256", "a", "b", "C", "http://" + "x" * 512)),
        SigningQuestion("x" * 5501),
    ],
)
def test_what_is_too_long_is_not_asked_and_never_cut(question: Question) -> None:
    with pytest.raises(ValueError, match="can be said"):
        encode_question(question)


@pytest.mark.parametrize(
    ("wire", "status", "contract"),
    [
        (
            {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"},
            AuthorizationStatus.ACCEPTED,
            ContractStatus.ACCEPTED,
        ),
        ({"idTokenInfo": {"status": "Blocked"}}, AuthorizationStatus.BLOCKED, None),
        ({"certificateStatus": 7}, AuthorizationStatus.INVALID, ContractStatus.CERT_CHAIN_ERROR),
    ],
)
def test_what_an_answer_says_of_a_contract(
    wire: dict[str, object], status: AuthorizationStatus, contract: ContractStatus | None
) -> None:
    answer = read_question_answer(QUESTIONS[0], wire)
    assert answer.verdict is not None
    assert (answer.verdict.status, answer.contract) == (status, contract)


@pytest.mark.parametrize(
    ("question", "wire", "meant"),
    [
        (EXCHANGE, {"status": "Accepted", "exiResponse": "x" * 7500}, Answer(True, "x" * 7500)),
        (EXCHANGE, {"status": "Failed", "exiResponse": "gAEC"}, Answer(False, "gAEC")),
        (EXCHANGE, {"status": "Accepted", "exiResponse": 7}, Answer(False)),
        (RevocationQuestion(HASHES), {"status": "Accepted", "ocspResult": "MAoK"}, Answer(True, "MAoK")),
        (RevocationQuestion(HASHES), {"status": "Accepted"}, Answer(False)),
        (SigningQuestion("PEM"), {"status": "Accepted", "more": 1}, Answer(True)),
        (SigningQuestion("PEM"), {}, Answer(False)),
    ],
)
def test_what_the_other_answers_mean(question: Question, wire: dict[str, object], meant: Answer) -> None:
    assert read_question_answer(question, wire) == meant


def test_until_when_a_response_may_be_shown() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    root = issue("root")
    assert response_ends(ocsp_response(issue("leaf", root), root, now, now + timedelta(days=1))) == now + timedelta(1)
    assert response_ends(ocsp_response(issue("leaf", root), root, now, None)) is None
    for text in ("", "no base64", "MAoK", base64.b64encode(b"nothing").decode()):
        assert response_ends(text) is None
