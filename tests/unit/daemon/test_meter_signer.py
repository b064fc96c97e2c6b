"""Orders to sign, done by real drivers on meters that sign."""

import asyncio

from chargepoint.app.public_keys import RETRY_SECONDS, PublicKeys
from chargepoint.charging.effects import SignReading
from chargepoint.charging.events import MeterSigned
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.daemon.meter_signer import MeterSigner
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import SigningEdge
from chargepoint.model.tokens import IdToken, TokenKind
from chargepoint.settings import catalogue
from chargepoint.settings.store import SettingsStore
from chargepoint_hal.contract import MeterReading, SignedReading, SigningMeter, SigningOrder
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.meters.signing.bauer_bsm import open_meter as open_bsm
from chargepoint_hal.meters.signing.iskra_wm3m4 import open_meter as open_wm3m4
from support.ocmf_verifier import is_genuine, key_in, payload_of
from support.virtual_time import run_virtual
from unit.daemon.neighbours import FakeDisk, LoopClock
from unit.meters.signing_meters import FakeBsm, FakeWm3m4
from unit.meters.tcp_meter import tcp_server

FIRST, SECOND = EvseId(1), EvseId(2)


def order(evse_id: EvseId, edge: SigningEdge) -> SignReading:
    token = IdToken("04A1B2C3D4E5F6", TokenKind.ISO14443)
    return SignReading(evse_id, TransactionId("t-1"), edge, token)


async def test_two_meters_sign_their_transactions_and_tell_their_keys() -> None:
    keys: dict[EvseId, str] = {}
    bsm, wm3m4 = FakeBsm(), FakeWm3m4()
    async with tcp_server(bsm.device(42), wm3m4.device(33)) as port:
        options = {"host": "127.0.0.1", "port": port}
        meters: dict[EvseId, SigningMeter] = {FIRST: open_bsm(options), SECOND: open_wm3m4(options)}
        signer = MeterSigner(meters, LoopClock(), keys.__setitem__)
        orders = [order(evse_id, edge) for evse_id in (FIRST, SECOND) for edge in SigningEdge]
        answers = await asyncio.gather(*(signer.sign(each) for each in orders))
        for meter in meters.values():
            await meter.close()
    begin, between, end, none, never, both = [answer.signed for answer in answers]
    assert none is None, "its end holds the begin as well"
    assert never is None, "it signs nothing in between"
    for signed in (begin, between, end, both):
        assert signed is not None
        assert is_genuine(signed.signed_text, signed.public_key_hex)
    assert begin is not None
    assert both is not None
    assert [reading["TX"] for reading in payload_of(both.signed_text)["RD"]] == ["B", "E"]
    assert keys == {FIRST: begin.public_key_hex, SECOND: both.public_key_hex}


async def test_a_meter_that_does_not_sign_and_an_evse_without_one_are_told_as_that() -> None:
    async with tcp_server(FakeBsm(fails_with=3).device(42)) as port:
        meter = open_bsm({"host": "127.0.0.1", "port": port})
        signer = MeterSigner({FIRST: meter}, LoopClock(), lambda evse_id, key: None)
        for evse_id in (FIRST, SECOND):
            asked = order(evse_id, SigningEdge.END)
            assert await signer.sign(asked) == MeterSigned(evse_id, TransactionId("t-1"), SigningEdge.END, None)
        await meter.close()


class Sleeper:
    """Answers when it is asked for the third time."""

    name = "sleeper"
    asked = 0

    async def public_key_hex(self) -> str:
        self.asked += 1
        if self.asked < 3:
            raise HardwareError(Fault.METER_SILENT, "it sleeps")
        return "3059"

    async def read(self) -> MeterReading:
        raise HardwareError(Fault.METER_SILENT, "it sleeps")

    async def sign_begin(self, order: SigningOrder) -> SignedReading | None:
        return None

    async def sign_end(self, order: SigningOrder) -> SignedReading:
        raise HardwareError(Fault.METER_SILENT, "it sleeps")

    async def close(self) -> None: ...


def test_a_meter_is_asked_for_its_key_until_it_answers() -> None:
    async def story() -> None:
        setting = catalogue.meter_public_key(1)
        settings = LiveSettings(SettingsStore((setting,)), FakeDisk())
        await PublicKeys({FIRST: Sleeper()}, settings).run()
        assert asyncio.get_running_loop().time() >= 2 * RETRY_SECONDS
        assert key_in(settings.get(setting)) == "3059"

    run_virtual(story())
