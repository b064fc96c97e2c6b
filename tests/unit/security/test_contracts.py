"""Contract certificates as an EV shows them: whose they are, and by what their revocation is asked for."""

import pytest
from cryptography import x509

from chargepoint.security.certificates import CertificateError, CertificateFault
from chargepoint.security.contracts import LONGEST_RESPONDER, ocsp_data, read_contract
from support import contract_ev
from support.contract_ev import BEGINS, Contract, issue


@pytest.mark.parametrize("emaid", ["DE-8AA-C12345678-9", "DE8AAC123456789", "de8aac123456789"])
def test_hyphens_and_case_of_a_contract_mean_nothing(emaid: str) -> None:
    contract = Contract()
    assert read_contract(emaid, contract.chain_pem, BEGINS) == (
        contract.leaf.certificate,
        contract.sub_ca.certificate,
    )


@pytest.mark.parametrize("emaid", ["", "D" * 21, "DE 8AA C12345678", "DE8AA\x00C1234567", "DE8AAC99999999"])
def test_what_is_no_name_of_a_contract_or_of_another_is_refused_though_its_certificate_bears_it(emaid: str) -> None:
    """What no version can say to the CSMS must not charge while nobody is asked."""
    chain_pem = Contract("DE8AAC123456789" if emaid in ("", "DE8AAC99999999") else emaid).chain_pem
    with pytest.raises(CertificateError) as refused:
        read_contract(emaid, chain_pem, BEGINS)
    assert refused.value.fault is CertificateFault.WRONG_NAME


@pytest.mark.parametrize(("length", "is_told"), [(LONGEST_RESPONDER, True), (LONGEST_RESPONDER + 1, False)])
def test_an_address_that_no_csms_can_be_told_is_none(
    monkeypatch: pytest.MonkeyPatch, length: int, is_told: bool
) -> None:
    monkeypatch.setattr(contract_ev, "RESPONDER", "http://" + "x" * (length - 7))
    root = issue("root")
    leaf: x509.Certificate = issue("leaf", root, is_ca=False).certificate
    (found,) = ocsp_data([leaf], [root.certificate])
    assert (found is not None) is is_told
