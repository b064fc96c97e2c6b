"""The station's certificate: promised and missing it is asked for again in 2.0.1, never in 1.6; renewed in time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from chargepoint.app.certificate_watch import LOOK_SECONDS
from scenarios.stories import Operator, calls_of_station
from support.rig import START_UTC, Rig
from support.virtual_time import run_virtual
from unit.security.authority import Period, authority, leaf, name, sign_request

OPERATOR, SERIAL_NUMBER = "Acme", "SN-0001"
WHOLE = Period(START_UTC - timedelta(days=10), START_UTC + timedelta(days=800))
LONG_SECONDS = 900
"""Much longer than any wait of these stories."""


class Desk:
    """A station with a key store, and what its CSMS hears of certificates."""

    def __init__(self, directory: Path, version: str, own_ends_in: timedelta) -> None:
        self.root = authority(period=WHOLE)
        period = Period(WHOLE.begins, START_UTC + own_ends_in)
        own = leaf(self.root, name(SERIAL_NUMBER, OPERATOR), period=period)
        (directory / "ca.pem").write_text(self.root.pem)
        (directory / "own.pem").write_text(own.pem)
        (directory / "own.key").write_bytes(own.key_pem)
        (directory / "own.key").chmod(0o600)
        csms = {
            "url": "wss://csms.example.test",
            "security_profile": 3,
            "subprotocols": (f"ocpp{version}",),
            "ca_file": directory / "ca.pem",
            "client_certificate_file": directory / "own.pem",
            "client_key_file": directory / "own.key",
        }
        settings = {"organization_name": OPERATOR}
        self.rig = Rig(
            directory, version, has_key_store=True, config={"csms": csms}, settings=settings, poll_seconds=60.0
        )
        self.at: list[datetime] = []
        self.rig.csms.watch = self.note

    def note(self, direction: str, text: str) -> None:
        if direction == "from_station" and '"SignCertificate"' in text:
            self.at.append(self.rig.utc_now())

    @property
    def requests(self) -> list[str]:
        return [str(payload["csr"]) for payload in calls_of_station(self.rig, "SignCertificate")]

    def waits(self) -> list[float]:
        return [(later - earlier).total_seconds() for earlier, later in pairwise(self.at)]

    async def set(self, variable: str, value: str) -> str:
        wanted = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": variable}, "attributeValue": value}
        answer = await self.rig.csms.call("SetVariables", {"setVariableData": [wanted]})
        return str((answer.payload or {})["setVariableResult"][0]["attributeStatus"])

    async def trigger(self) -> None:
        before = len(self.at)
        if "2.0.1" in self.rig.csms.versions[0]:
            assert await Operator(self.rig).trigger("SignChargingStationCertificate") == "Accepted"
        else:
            wanted = {"requestedMessage": "SignChargePointCertificate"}
            answer = await self.rig.csms.call("ExtendedTriggerMessage", wanted)
            assert (answer.payload or {})["status"] == "Accepted"
        await self.rig.until(lambda: len(self.at) > before, 5)

    async def give(self, chain_pem: str) -> str:
        answer = await self.rig.csms.call("CertificateSigned", {"certificateChain": chain_pem})
        return str((answer.payload or {})["status"])

    def events(self) -> list[str]:
        return [str(payload["type"]) for payload in calls_of_station(self.rig, "SecurityEventNotification")]

    def signed(self) -> str:
        return sign_request(self.root, self.requests[-1], WHOLE)


EARLY = timedelta(days=30, seconds=LONG_SECONDS + 60)
"""Before the end of a certificate: more than a month, but not for long."""
Story = Callable[[Desk], Awaitable[None]]


def tell(directory: Path, story: Story, version: str = "2.0.1", own_ends_in: timedelta = timedelta(days=400)) -> None:
    async def whole() -> None:
        desk = Desk(directory, version, own_ends_in)
        async with desk.rig as rig:
            await rig.wait(5)
            await story(desk)

    run_virtual(whole())


def refused(desk: Desk) -> None:
    refuse = '"status":"Rejected"'

    def refusing(text: str) -> str:
        return text.replace('"status":"Accepted"', refuse).replace('"status": "Accepted"', refuse)

    desk.rig.csms.rewrite = lambda text: refusing(text) if len(desk.at) == 1 and text.startswith("[3") else text


@pytest.mark.requirement("A02.FR.17", "A02.FR.18", "A02.FR.19")
def test_a_certificate_that_does_not_come_is_asked_for_after_doubled_waits(tmp_path: Path) -> None:
    """TC_A_23_CS"""

    async def story(desk: Desk) -> None:
        assert await desk.set("CertSigningWaitMinimum", "60") == "Accepted"
        assert await desk.set("CertSigningRepeatTimes", "1") == "Accepted"
        await desk.trigger()
        await desk.rig.until(lambda: len(desk.at) == 3, 200)
        assert desk.waits() == pytest.approx([60, 120], abs=3)
        assert len(set(desk.requests)) == 1, "for the same key"
        assert x509.load_pem_x509_csr(desk.requests[0].encode()).is_signature_valid
        assert await desk.give(desk.signed()) == "Accepted"
        await desk.rig.rest(LONG_SECONDS)
        assert len(desk.at) == 3

    tell(tmp_path, story)


@pytest.mark.requirement("A02.FR.17", "A02.FR.18", "A02.FR.19")
def test_after_the_last_doubling_only_the_csms_makes_it_ask_again(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert await desk.set("CertSigningWaitMinimum", "30") == "Accepted"
        assert await desk.set("CertSigningRepeatTimes", "0") == "Accepted"
        await desk.trigger()
        await desk.rig.rest(LONG_SECONDS)
        assert desk.waits() == pytest.approx([30], abs=3)
        assert await desk.set("CertSigningWaitMinimum", "0") == "Accepted"
        await desk.trigger()
        await desk.rig.rest(LONG_SECONDS)
        assert len(desk.at) == 3, "0: left to the CSMS"
        assert len(set(desk.requests)) == 2, "a new key for a new order"

    tell(tmp_path, story)


@pytest.mark.requirement("A03.FR.17", "A03.FR.18", "A03.FR.19")
def test_a_renewal_of_its_own_will_is_asked_for_again_too(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert await desk.set("CertSigningWaitMinimum", "60") == "Accepted"
        assert await desk.set("CertSigningRepeatTimes", "1") == "Accepted"
        await desk.rig.rest(LONG_SECONDS)
        assert desk.waits() == pytest.approx([60, 120], abs=3)

    tell(tmp_path, story, own_ends_in=timedelta(days=29))


@pytest.mark.requirement("A02.FR.17")
def test_a_request_that_the_csms_rejects_is_not_said_again(tmp_path: Path) -> None:
    """TC_A_15_CS"""

    async def story(desk: Desk) -> None:
        refused(desk)
        await desk.trigger()
        await desk.rig.wait(1)
        desk.rig.csms.rewrite = lambda text: text
        await desk.rig.rest(LONG_SECONDS)
        assert len(desk.at) == 1

    tell(tmp_path, story)


@pytest.mark.requirement("A02.FR.07", "A02.FR.20")
def test_a_certificate_that_is_not_right_ends_the_asking(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.trigger()
        stranger = authority("Stranger", period=WHOLE)
        assert await desk.give(sign_request(stranger, desk.requests[-1], WHOLE)) == "Rejected"
        await desk.rig.rest(LONG_SECONDS)
        assert len(desk.at) == 1

    tell(tmp_path, story)


@pytest.mark.requirement("A02.FR.17")
def test_what_falls_due_while_the_csms_is_away_is_asked_when_it_is_back(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert await desk.set("CertSigningRepeatTimes", "0") == "Accepted"
        await desk.trigger()
        await desk.rig.wait(5)
        desk.rig.csms.go_offline()
        await desk.rig.rest(600)
        assert len(desk.at) == 1
        desk.rig.csms.come_back()
        await desk.rig.until(lambda: len(desk.at) == 2, 600)

    tell(tmp_path, story)


def test_c12_under_1_6_it_is_asked_for_once(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.trigger()
        await desk.rig.rest(LONG_SECONDS)
        assert len(desk.at) == 1

    tell(tmp_path, story, "1.6")


@pytest.mark.requirement("A03.FR.02", "A03.FR.03", "A03.FR.06", "A03.FR.07", "A03.FR.13")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_c07_a03_fr_02_the_station_has_its_certificate_renewed_within_a_month_of_the_end(
    tmp_path: Path, version: str
) -> None:
    async def story(desk: Desk) -> None:
        await desk.rig.rest(LONG_SECONDS)
        assert desk.at == [], "it is early"
        await desk.rig.rest(LONG_SECONDS)
        left = START_UTC + EARLY - desk.at[0]
        assert left.total_seconds() == pytest.approx(timedelta(days=30).total_seconds(), abs=LOOK_SECONDS + 60)
        request = x509.load_pem_x509_csr(desk.requests[-1].encode())
        assert [each.value for each in request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == [OPERATOR]
        kinds = [payload.get("certificateType") for payload in calls_of_station(desk.rig, "SignCertificate")]
        assert set(kinds) == {None if version == "1.6" else "ChargingStationCertificate"}
        stranger = authority("Stranger", period=WHOLE)
        assert await desk.give(sign_request(stranger, desk.requests[-1], WHOLE)) == "Rejected"
        event = "InvalidChargePointCertificate" if version == "1.6" else "InvalidChargingStationCertificate"
        await desk.rig.until(lambda: event in desk.events(), 10)
        assert await desk.give(desk.signed()) == "Accepted"
        count = len(desk.at)
        desk.rig.csms.cut()
        await desk.rig.rest(LONG_SECONDS)
        assert len(desk.at) == count, "the new one is good for long"

    tell(tmp_path, story, version, EARLY)
