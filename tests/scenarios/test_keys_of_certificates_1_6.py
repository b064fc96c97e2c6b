"""How long a V2G chain may be and how many roots there may be, where the certificates are those of plug and charge."""

from pathlib import Path

import pytest

from scenarios.test_plug_and_charge_1_6 import World, tell
from support.contract_ev import issue, sign_request

LONGEST = 1000
"""Enough for one certificate, too little for two."""


@pytest.mark.ocpp_1_6("CertificateSignedMaxChainSize")
def test_a_v2g_chain_that_is_longer_than_the_key_says_is_refused_and_a_shorter_one_taken(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        root = issue("V2G root")
        sub_ca = issue("CPO sub-CA", root)
        assert await world.install("V2GRootCertificate", root.pem) == "Accepted"
        assert await world.status("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}) == "Accepted"
        await world.rig.until(lambda: len(world.csms.of("SignCertificate")) == 1, 5)
        csr_pem = world.csms.of("SignCertificate")[0]["csr"]
        long, short = sign_request(csr_pem, sub_ca) + sub_ca.pem, sign_request(csr_pem, root)
        assert len(short) <= LONGEST < len(long)
        assert await world.status("CertificateSigned", {"certificateChain": long}) == "Rejected"
        assert await world.stack.station.own_chain() is None
        assert await world.status("CertificateSigned", {"certificateChain": short}) == "Accepted"
        assert await world.stack.station.own_chain() == short

    tell(tmp_path, story, certificate_signed_max_chain_size=str(LONGEST))


@pytest.mark.ocpp_1_6("CertificateStoreMaxLength")
def test_roots_of_all_uses_share_the_room_that_the_key_says(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        assert await world.install("V2GRootCertificate", issue("V2G root").pem) == "Accepted"
        assert await world.install("MORootCertificate", issue("MO root").pem) == "Accepted"
        third = issue("third").pem
        assert await world.install("MORootCertificate", third) == "Rejected"
        _, inner = await world.send("GetInstalledCertificateIds", {"certificateType": ["V2GRootCertificate"]})
        (listed,) = inner["certificateHashDataChain"]
        gone = {"certificateHashData": listed["certificateHashData"]}
        assert await world.status("DeleteCertificate", gone) == "Accepted"
        assert await world.install("MORootCertificate", third) == "Accepted"

    tell(tmp_path, story, certificate_store_max_length="2")
