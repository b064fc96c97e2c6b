"""Signed values of the Bauer BSM-WS36A: a snapshot is ordered, and its data set is read as the meter wrote it.

The pair of snapshots without its own contactor is used, as the station switches the contactor itself. Addresses are the
ones on the wire; the product manual prints them one higher.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargepoint_hal.contract import SignedReading, SigningOrder
from chargepoint_hal.driver_options import takes
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.meters.signing.ocmf import OCMF, RFID_TYPES, bytes_of, checked, words_of
from chargepoint_hal.meters.signing.signing_meter import RULES, SigningModbusMeter

TIME_ADDRESS = 40260
"""Seconds since 1970 (two registers) and the zone's minutes: one write sets a clock that was lost."""
CONTRACT_ADDRESS, CONTRACT_REGISTERS = 40279, 70
EVSE_ADDRESS, EVSE_REGISTERS = 40349, 50
"""A text is written whole: a part of it is refused."""
KEY_LENGTH_ADDRESS, KEY_ADDRESS = 40450, 40451
LONGEST_KEY_BYTES = 200
TEXT_REGISTERS = 496
VALID, UPDATING = 0, 2
FAILURES = {1: "there is none", 3: "it failed", 4: "it is not enabled", 5: "the contactor's feedback is wrong"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where one is ordered and where its data set is."""

    status_address: int
    text_address: int


CURRENT = Snapshot(status_address=40524, text_address=41795)
START = Snapshot(status_address=41286, text_address=43295)
END = Snapshot(status_address=41540, text_address=43795)


class BauerBsm(SigningModbusMeter):
    """Signs begin, end and what is between in a data set each."""

    map_name = "bauer-bsm-ws36a"

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._key_hex = ""

    async def public_key_hex(self) -> str:
        await self.get_ready()
        return await self._key()

    async def sign_begin(self, order: SigningOrder) -> SignedReading | None:
        await self.get_ready()
        if order.at is not None:
            await self._set_clock(order.at)
        await self._set_texts(order)
        return await self._signed(START)

    async def sign_end(self, order: SigningOrder) -> SignedReading:
        await self.get_ready()
        await self._set_texts(order)
        return await self._signed(END)

    async def sign_between(self, order: SigningOrder) -> SignedReading:
        await self.get_ready()
        await self._set_texts(order)
        return await self._signed(CURRENT)

    async def _set_clock(self, at: datetime) -> None:
        local = at.astimezone()
        offset = local.utcoffset()
        minutes = 0 if offset is None else int(offset.total_seconds()) // 60
        seconds = int(at.timestamp())
        await self.registers.write(TIME_ADDRESS, [seconds >> 16, seconds, minutes])

    async def _set_texts(self, order: SigningOrder) -> None:
        token = f"rfid:{order.token}" if order.token_kind in RFID_TYPES else order.token
        await self._write_text(CONTRACT_ADDRESS, CONTRACT_REGISTERS, f"contract-id: {token}")
        evse = self.charge_point_id or str(order.evse)
        await self._write_text(EVSE_ADDRESS, EVSE_REGISTERS, f"evse-id: {evse}")

    async def _write_text(self, address: int, count: int, text: str) -> None:
        raw = text.encode("ascii", errors="replace")[: 2 * count]
        await self.registers.write(address, words_of(raw, count))

    async def _signed(self, snapshot: Snapshot) -> SignedReading:
        await self.registers.write(snapshot.status_address, [UPDATING])

        async def is_valid() -> bool:
            status = (await self.registers.read(snapshot.status_address, 1))[0]
            if status not in (VALID, UPDATING):
                reason = FAILURES.get(status, f"its status is {status}")
                raise HardwareError(Fault.METER_IMPLAUSIBLE, f"{self.name} made no signed snapshot: {reason}")
            return status == VALID

        await self.wait_until(is_valid, "sign")
        words = await self.registers.read(snapshot.text_address, TEXT_REGISTERS)
        text = bytes_of(words, 2 * TEXT_REGISTERS).rstrip(b"\0").decode("utf-8", errors="replace")
        return SignedReading(checked(text, self.name), OCMF, await self._key())

    async def _key(self) -> str:
        """Read once; a meter that has none in that form goes without."""
        if not self._key_hex:
            length = (await self.registers.read(KEY_LENGTH_ADDRESS, 1))[0]
            if 0 < length <= LONGEST_KEY_BYTES:
                words = await self.registers.read(KEY_ADDRESS, (length + 1) // 2)
                self._key_hex = bytes_of(words, length).hex().upper()
        return self._key_hex


@takes(RULES)
def open_meter(options: Mapping[str, Any]) -> BauerBsm:
    """A meter by its options; nothing is sent before the first read."""
    return BauerBsm(options)
