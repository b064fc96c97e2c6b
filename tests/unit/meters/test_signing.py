"""Signed values, from begin to end of a transaction, against meters that sign with keys of their own."""

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chargepoint_hal.contract import SignedReading, SigningMeter, SigningOrder
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.meters.signing.bauer_bsm import BauerBsm
from chargepoint_hal.meters.signing.bauer_bsm import open_meter as open_bsm
from chargepoint_hal.meters.signing.carlo_gavazzi_em580 import CarloGavazziEm580
from chargepoint_hal.meters.signing.carlo_gavazzi_em580 import open_meter as open_em580
from chargepoint_hal.meters.signing.iskra_wm3m4 import IskraWm3m4
from chargepoint_hal.meters.signing.iskra_wm3m4 import open_meter as open_wm3m4
from chargepoint_hal.meters.signing.ocmf import ChargePointName, header_text, without_needless_zeros
from support.ocmf_verifier import is_genuine, payload_of
from unit.meters.signing_meters import FakeBsm, FakeEm580, FakeWm3m4, Signer
from unit.meters.tcp_meter import tcp_server

ORDER = SigningOrder(1, "04A1B2C3D4E5F6", "ISO14443", datetime(2026, 11, 21, 9, 0, 27, tzinfo=UTC))


@asynccontextmanager
async def bsm(fake: FakeBsm) -> AsyncIterator[BauerBsm]:
    async with tcp_server(fake.device(42)) as port:
        meter = open_bsm({"host": "127.0.0.1", "port": port, "charge_point_id": "DE*ABC*E1"})
        yield meter
        await meter.close()


@asynccontextmanager
async def wm3m4(fake: FakeWm3m4) -> AsyncIterator[IskraWm3m4]:
    async with tcp_server(fake.device(33)) as port:
        meter = open_wm3m4({"host": "127.0.0.1", "port": port, "charge_point_id": "DE*ABC*E1"})
        yield meter
        await meter.close()


@asynccontextmanager
async def em580(fake: FakeEm580) -> AsyncIterator[CarloGavazziEm580]:
    async with tcp_server(fake.device(1)) as port:
        meter = open_em580({"host": "127.0.0.1", "port": port, "charge_point_id": "DE*ABC*E1"})
        yield meter
        await meter.close()


def is_signed_by_its_meter(signed: SignedReading) -> bool:
    assert signed.encoding == "OCMF"
    return is_genuine(signed.signed_text, signed.public_key_hex)


async def test_a_bsm_signs_begin_and_end_in_a_data_set_each() -> None:
    fake = FakeBsm()
    async with bsm(fake) as meter:
        begin = await meter.sign_begin(ORDER)
        fake.energy_wh = 54_440
        end = await meter.sign_end(ORDER)
    assert begin is not None
    assert is_signed_by_its_meter(begin)
    assert is_signed_by_its_meter(end)
    readings = [payload_of(signed.signed_text)["RD"][0] for signed in (begin, end)]
    assert [(reading["TX"], reading["RV"]) for reading in readings] == [("B", 52_440), ("E", 54_440)]
    assert payload_of(begin.signed_text)["ID"] == "contract-id: rfid:04A1B2C3D4E5F6"
    seconds = fake.written[0][1][0] << 16 | fake.written[0][1][1]
    assert (fake.written[0][0], seconds) == (40260, int(ORDER.at.timestamp() if ORDER.at else 0))


async def test_a_changed_byte_is_found_out() -> None:
    async with bsm(FakeBsm()) as meter:
        end = await meter.sign_end(ORDER)
    forged = replace(end, signed_text=end.signed_text.replace("52440", "52441"))
    assert not is_signed_by_its_meter(forged)


async def test_a_bsm_that_does_not_sign_says_why() -> None:
    async with bsm(FakeBsm(fails_with=4)) as meter:
        with pytest.raises(HardwareError, match="no signed snapshot: it is not enabled"):
            await meter.sign_begin(ORDER)
        assert (await meter.read()).energy_import_wh == 1_234_500.0, "its values are still read"


async def test_without_a_right_clock_the_meters_own_stays() -> None:
    fake = FakeBsm()
    async with bsm(fake) as meter:
        await meter.sign_begin(replace(ORDER, at=None))
    assert 40260 not in [address for address, _ in fake.written]


async def test_a_wm3m4_signs_begin_and_end_together() -> None:
    fake = FakeWm3m4()
    async with wm3m4(fake) as meter:
        assert await meter.sign_begin(ORDER) is None
        fake.energy_wh = 20_000
        end = await meter.sign_end(ORDER)
    assert is_signed_by_its_meter(end)
    payload = payload_of(end.signed_text)
    assert [reading["RV"] for reading in payload["RD"]] == [12.345, 20.0]
    assert (payload["IT"], payload["ID"], payload["CI"]) == ("ISO14443", "04A1B2C3D4E5F6", "DE*ABC*E1")


async def test_a_wm3m4_is_given_time_and_header_again_after_its_supply_failed() -> None:
    fake = FakeWm3m4()
    async with wm3m4(fake) as meter:
        await meter.sign_begin(ORDER)
        fake.lose_supply()
        assert is_signed_by_its_meter(await meter.sign_end(ORDER))


async def test_a_transaction_that_nobody_ended_is_ended_before_the_next() -> None:
    fake = FakeWm3m4()
    async with wm3m4(fake) as meter:
        await meter.sign_begin(ORDER)
        await meter.sign_begin(replace(ORDER, token="08000000"))
        assert payload_of((await meter.sign_end(ORDER)).signed_text)["ID"] == "08000000"


async def test_a_wm3m4_without_transaction_or_time_signs_nothing() -> None:
    async with wm3m4(FakeWm3m4()) as meter:
        with pytest.raises(HardwareError, match="has no transaction"):
            await meter.sign_end(ORDER)
        with pytest.raises(HardwareError, match="its date or time is not valid"):
            await meter.sign_begin(replace(ORDER, at=None))


async def test_an_em580_signs_begin_and_end_together_and_its_file_is_confirmed() -> None:
    fake = FakeEm580()
    async with em580(fake) as meter:
        assert await meter.sign_begin(ORDER) is None
        fake.energy_wh = 20_000
        end = await meter.sign_end(ORDER)
        assert fake.at(0x7100) == [0]
        assert (await meter.read()).energy_import_wh == 1_234_500.0
    assert is_signed_by_its_meter(end)
    payload = payload_of(end.signed_text)
    assert [reading["RV"] for reading in payload["RD"]] == [12.345, 20.0]
    assert (payload["IT"], payload["ID"], payload["CI"]) == ("ISO14443", "04A1B2C3D4E5F6", "DE*ABC*E1")
    (seconds,) = [values for address, values in fake.written if address == 0x7032]
    assert sum(word << 16 * place for place, word in enumerate(seconds)) == int(ORDER.at.timestamp() if ORDER.at else 0)


async def test_an_em580_whose_supply_failed_has_signed_by_itself() -> None:
    fake = FakeEm580()
    async with em580(fake) as meter:
        await meter.sign_begin(ORDER)
        fake.finish()
        assert is_signed_by_its_meter(await meter.sign_end(ORDER))
        assert [values for address, values in fake.written if address == 0x7040] == [[0x42]], "it is not ended twice"


@pytest.mark.parametrize("is_file_waiting", [False, True])
async def test_what_an_em580_has_left_over_is_in_nobody_s_way(is_file_waiting: bool) -> None:
    fake = FakeEm580()
    async with em580(fake) as meter:
        await meter.sign_begin(replace(ORDER, token="08000000"))
        if is_file_waiting:
            fake.finish()
        await meter.sign_begin(ORDER)
        assert payload_of((await meter.sign_end(ORDER)).signed_text)["ID"] == ORDER.token


async def test_an_em580_without_transaction_key_or_sound_file_says_so() -> None:
    fake = FakeEm580(has_key=False)
    async with em580(fake) as meter:
        with pytest.raises(HardwareError, match="has no transaction"):
            await meter.sign_end(ORDER)
        assert await meter.public_key_hex() == ""
        fake.is_corrupting = True
        await meter.sign_begin(ORDER)
        with pytest.raises(HardwareError, match="corrupted"):
            await meter.sign_end(ORDER)
        fake.is_corrupting = False
        await meter.sign_begin(ORDER)


async def test_all_keep_the_contract() -> None:
    async with bsm(FakeBsm()) as one, wm3m4(FakeWm3m4()) as other, em580(FakeEm580()) as third:
        assert isinstance(one, SigningMeter)
        assert isinstance(other, SigningMeter)
        assert isinstance(third, SigningMeter)


async def test_another_verifier_agrees() -> None:
    pyocmf = pytest.importorskip("pyocmf")
    shorter_key = FakeEm580(signer=Signer(ec.BrainpoolP256R1()))  # it does not read the longer one
    async with bsm(FakeBsm()) as one, wm3m4(FakeWm3m4()) as other, em580(shorter_key) as third:
        began = [await each.sign_begin(ORDER) for each in (one, other, third)]
        ended = [await each.sign_end(ORDER) for each in (one, other, third)]
        for signed in (began[0], *ended):
            assert signed is not None
            with warnings.catch_warnings(action="ignore"):  # deviations that the transparency software accepts
                parsed = pyocmf.OCMF.from_string(signed.signed_text)
                forged = pyocmf.OCMF.from_string(signed.signed_text.replace('"RV":', '"RV":1'))
            assert parsed.verify_signature(signed.public_key_hex)
            assert not forged.verify_signature(signed.public_key_hex)


def test_a_bar_can_not_end_a_section_early() -> None:
    assert "|" not in header_text(replace(ORDER, token="a|b", token_kind="Local"), ChargePointName())


@pytest.mark.parametrize(
    ("given", "short"),
    [
        ("3008020200010202007F", "3006020101" + "02017F"),
        ("3008020200FF02020080", "3008020200FF02020080"),
        ("300602010002017F", "300602010002017F"),
        ("30030200", "30030200"),
        ("", ""),
    ],
)
def test_only_needless_zeros_go(given: str, short: str) -> None:
    assert without_needless_zeros(bytes.fromhex(given)).hex().upper() == short
