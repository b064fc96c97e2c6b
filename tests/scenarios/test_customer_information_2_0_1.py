"""What the station stores of customers, told and cleared (N09, N10), by the steps of part 6."""

from pathlib import Path
from typing import Any

import pytest

from scenarios.stories import all_told, calls_of_station, tell
from support.rig import KNOWN_TOKEN, Rig

Wire = dict[str, Any]
CUSTOMER: Wire = {"idToken": {"idToken": KNOWN_TOKEN, "type": "ISO14443"}}
CERTIFICATE: Wire = {
    "customerCertificate": {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa" * 32,
        "issuerKeyHash": "bb" * 32,
        "serialNumber": "1234",
    }
}


async def inform(rig: Rig, customer: Wire, *, report: bool, clear: bool, number: int = 21) -> Wire:
    wanted = {"requestId": number, "report": report, "clear": clear, **customer}
    answer = await rig.csms.call("CustomerInformation", wanted)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


async def told(rig: Rig, customer: Wire, *, report: bool = True, clear: bool = False, number: int = 21) -> str:
    """The text of all parts."""
    before = len(calls_of_station(rig, "NotifyCustomerInformation"))
    answer = await inform(rig, customer, report=report, clear=clear, number=number)
    assert answer == {"status": "Accepted"}

    def parts() -> list[Wire]:
        return calls_of_station(rig, "NotifyCustomerInformation")[before:]

    await rig.until(lambda: any(not part["tbc"] for part in parts()), 30, "the whole report")
    assert [part["seqNo"] for part in parts()] == list(range(len(parts())))
    assert {part["requestId"] for part in parts()} == {number}
    return "".join(part["data"] for part in parts())


async def charge_and_leave(rig: Rig) -> None:
    """Memory state IdTokenCached: authorised once, and gone again."""
    await rig.charge(10)
    await rig.finish()
    await rig.drained()


async def list_customer(rig: Rig) -> None:
    """Memory state IdTokenLocalAuthList; what was cached of a listed token is forgotten."""
    entry = {**CUSTOMER, "idTokenInfo": {"status": "Accepted"}}
    update = {"versionNumber": 3, "updateType": "Full", "localAuthorizationList": [entry]}
    answer = await rig.csms.call("SendLocalList", update)
    assert answer.payload == {"status": "Accepted"}


@pytest.mark.requirement("N09.FR.02", "N09.FR.05")
def test_what_is_known_of_a_customer_is_told(tmp_path: Path) -> None:
    """TC_N_27_CS"""

    async def story(rig: Rig) -> None:
        await charge_and_leave(rig)
        assert "authorization cache: Accepted" in await told(rig, CUSTOMER)
        await list_customer(rig)
        assert "local authorization list: Accepted" in await told(rig, CUSTOMER)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N09.FR.02", "N09.FR.06")
def test_of_somebody_unknown_nothing_is_told(tmp_path: Path) -> None:
    """TC_N_28_CS"""

    async def story(rig: Rig) -> None:
        await charge_and_leave(rig)
        await told(rig, CUSTOMER, report=False, clear=True)
        assert await told(rig, CUSTOMER) == ""
        assert len(calls_of_station(rig, "NotifyCustomerInformation")) == 2

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N09.FR.09")
def test_nobody_and_more_than_one_are_invalid(tmp_path: Path) -> None:
    """TC_N_29_CS, TC_N_33_CS"""

    async def story(rig: Rig) -> None:
        for report, clear in ((True, False), (True, True)):
            assert (await inform(rig, {}, report=report, clear=clear))["status"] == "Invalid"
            both = {**CUSTOMER, "customerIdentifier": "Ada"}
            assert (await inform(rig, both, report=report, clear=clear))["status"] == "Invalid"
        await rig.wait(5)
        assert calls_of_station(rig, "NotifyCustomerInformation") == []

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N09.FR.07", "N10.FR.07")
def test_neither_report_nor_clear_is_rejected(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert (await inform(rig, CUSTOMER, report=False, clear=False))["status"] == "Rejected"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N10.FR.01", "N10.FR.03")
def test_what_is_cleared_is_told_for_the_last_time(tmp_path: Path) -> None:
    """TC_N_30_CS"""

    async def story(rig: Rig) -> None:
        await charge_and_leave(rig)
        assert "authorization cache: Accepted (cleared)" in await told(rig, CUSTOMER, clear=True)
        assert await told(rig, CUSTOMER) == ""
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(2)
        assert await told(rig, CUSTOMER) == "", "the disk has forgotten it too"
        rig.csms.go_offline()
        await rig.wait(3)
        rig.plug_in()
        await rig.wait(2)
        await rig.swipe()
        await rig.wait(12)
        assert not rig.is_live(), "offline nobody knows this card any more"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N10.FR.03", "N10.FR.06")
def test_the_local_list_is_the_csmss_own(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await list_customer(rig)
        assert "local authorization list: Accepted (kept)" in await told(rig, CUSTOMER, clear=True)
        assert "local authorization list: Accepted" in await told(rig, CUSTOMER)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N10.FR.01", "N10.FR.04")
def test_there_may_be_nothing_to_clear(tmp_path: Path) -> None:
    """TC_N_31_CS"""

    async def story(rig: Rig) -> None:
        assert await told(rig, CUSTOMER, clear=True) == ""
        assert len(calls_of_station(rig, "NotifyCustomerInformation")) == 1

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N10.FR.01", "N10.FR.06")
def test_cleared_without_a_report(tmp_path: Path) -> None:
    """TC_N_32_CS"""

    async def story(rig: Rig) -> None:
        await charge_and_leave(rig)
        text = await told(rig, CUSTOMER, report=False, clear=True)
        assert "cleared" in text
        assert KNOWN_TOKEN not in text
        assert len(calls_of_station(rig, "NotifyCustomerInformation")) == 1
        assert await told(rig, CUSTOMER) == ""

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize("customer", [{"customerIdentifier": "Ada Lovelace"}, CERTIFICATE])
def test_under_other_names_nothing_is_stored(tmp_path: Path, customer: Wire) -> None:
    """Part 6 asks as much of the certificate of a contract, which this station does not keep: there is nothing."""

    async def story(rig: Rig) -> None:
        await charge_and_leave(rig)
        assert await told(rig, customer, clear=True) == ""
        assert await told(rig, customer) == ""
        assert "authorization cache" in await told(rig, CUSTOMER), "and nobody else is forgotten"

    tell(tmp_path, "2.0.1", story)


def test_what_is_still_needed_is_told_and_kept(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        reservation = {"id": 3, "expiryDateTime": "2026-06-01T15:00:00Z", "evseId": 2, **CUSTOMER}
        assert (await rig.csms.call("ReserveNow", reservation)).payload == {"status": "Accepted"}
        await rig.charge(5)
        text = await told(rig, CUSTOMER, clear=True)
        kept = [line for line in text.splitlines() if line.endswith("(kept)")]
        assert any(line.startswith("running transaction") for line in kept)
        assert "reservation 3 (kept)" in kept
        await rig.finish()
        await all_told(rig)
        text = await told(rig, CUSTOMER)
        assert "running transaction" not in text
        assert "reservation 3" in text

    tell(tmp_path, "2.0.1", story, evses=2)
