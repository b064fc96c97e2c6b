"""Signed values of the Iskra WM3M4 and WM3M4C: the meter keeps one transaction and signs its begin and end together.

The station gives it the header of the data set, the time and two commands; everything measured is the meter's own.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any

from chargepoint_hal.contract import SignedReading, SigningOrder
from chargepoint_hal.driver_options import takes
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.meters.signing.ocmf import (
    OCMF,
    P256_PREFIX,
    ChargePointName,
    bytes_of,
    checked,
    header_text,
    sealed,
    without_needless_zeros,
    words_of,
)
from chargepoint_hal.meters.signing.signing_meter import RULES, SigningModbusMeter

STATE, COMMAND, COMMAND_STATUS = 7000, 7051, 7052
ZONE_MINUTES, TIME_HIGH, TIME_LOW, TIME_STATUS = 7053, 7054, 7055, 7071
HEADER_LENGTH, PAYLOAD_LENGTH, SIGNATURE_LENGTH, ALGORITHM = 7056, 7057, 7058, 7059
HEADER, PAYLOAD, PUBLIC_KEY, SIGNATURE = 7100, 7612, 8124, 8188
KEY_REGISTERS = 32
BEGIN, END = 0x4200, 0x7200
"""The letters B and r in the high byte."""
TIME_IS_RIGHT = 2
OF_ECDSA_256 = 0
LONGEST_HEADER_BYTES = 1024
LONGEST_PAYLOAD_BYTES = 1024
LONGEST_SIGNATURE_BYTES = 160


class State(IntEnum):
    """Whether the meter has a transaction."""

    IDLE = 0
    ACTIVE = 1
    ACTIVE_AFTER_POWER_FAILURE = 2
    """Its clock and its header are lost: both are given again before it can end."""
    ACTIVE_AFTER_RESET = 3


NOT_READY_STATUSES = frozenset({0, 1, 2})
"""Not initialised, idle, signing."""
SIGNED = 15
FAILURES = {
    128: "its date or time is not valid",
    129: "checksum error",
    130: "invalid command",
    131: "invalid state",
    132: "invalid measurement",
    133: "it is in test mode",
    248: "its data is not locked",
    249: "its configuration is not locked",
    252: "the header is not valid",
    253: "the header is too long",
}


class IskraWm3m4(SigningModbusMeter):
    """Signs once, at the end."""

    map_name = "iskra-wm3m4"

    async def public_key_hex(self) -> str:
        await self.get_ready()
        return await self._key()

    async def sign_begin(self, order: SigningOrder) -> SignedReading | None:
        await self.get_ready()
        if await self._state() is not State.IDLE:  # a transaction that nobody ended any more
            await self._end(order)
        await self._prepare(order)
        await self._command(BEGIN, State.ACTIVE)
        return None

    async def sign_end(self, order: SigningOrder) -> SignedReading:
        await self.get_ready()
        if await self._state() is State.IDLE:
            raise HardwareError(Fault.METER_IMPLAUSIBLE, f"{self.name} has no transaction: nothing was signed")
        await self._end(order)
        payload = await self._bytes(PAYLOAD_LENGTH, PAYLOAD, LONGEST_PAYLOAD_BYTES)
        signature = await self._bytes(SIGNATURE_LENGTH, SIGNATURE, LONGEST_SIGNATURE_BYTES)
        text = sealed(payload.decode("utf-8", errors="replace"), without_needless_zeros(signature))
        return SignedReading(checked(text, self.name), OCMF, await self._key())

    async def _end(self, order: SigningOrder) -> None:
        if await self._state() is State.ACTIVE_AFTER_POWER_FAILURE:
            await self._prepare(order)
        await self._command(END, State.IDLE)

    async def _prepare(self, order: SigningOrder) -> None:
        if order.at is not None:
            await self._set_clock(order.at)
        await self.registers.write_one(ALGORITHM, OF_ECDSA_256)
        name = ChargePointName(value=self.charge_point_id or str(order.evse))
        header = header_text(order, name).encode("ascii", errors="replace")
        if len(header) > LONGEST_HEADER_BYTES:
            raise HardwareError(Fault.METER_IMPLAUSIBLE, f"{self.name}: a header of {len(header)} bytes is too long")
        await self.registers.write(HEADER, words_of(header))
        await self.registers.write_one(HEADER_LENGTH, len(header))

    async def _set_clock(self, at: datetime) -> None:
        offset = at.astimezone().utcoffset()
        seconds = int(at.timestamp())
        await self.registers.write_one(TIME_HIGH, seconds >> 16)
        await self.registers.write_one(TIME_LOW, seconds)
        await self.registers.write_one(ZONE_MINUTES, 0 if offset is None else int(offset.total_seconds()) // 60)
        await self.registers.write_one(TIME_STATUS, TIME_IS_RIGHT)

    async def _command(self, command: int, wanted: State) -> None:
        await self.registers.write_one(COMMAND, command)

        async def is_done() -> bool:
            status = (await self.registers.read(COMMAND_STATUS, 1))[0]
            if status != SIGNED and status not in NOT_READY_STATUSES:
                reason = FAILURES.get(status, f"its status is {status}")
                raise HardwareError(Fault.METER_IMPLAUSIBLE, f"{self.name} did not sign: {reason}")
            return status == SIGNED and await self._state() is wanted

        await self.wait_until(is_done, "sign")

    async def _state(self) -> State:
        value = (await self.registers.read(STATE, 1))[0]
        try:
            return State(value)
        except ValueError as error:
            raise HardwareError(
                Fault.METER_IMPLAUSIBLE, f"{self.name} is in a state {value} that no manual has"
            ) from error

    async def _bytes(self, length_address: int, address: int, longest: int) -> bytes:
        length = (await self.registers.read(length_address, 1))[0]
        if not 0 < length <= longest:
            raise HardwareError(
                Fault.METER_IMPLAUSIBLE, f"{self.name} has signed {length} bytes: 1 to {longest} may be"
            )
        return bytes_of(await self.registers.read(address, (length + 1) // 2), length)

    async def _key(self) -> str:
        words = await self.registers.read(PUBLIC_KEY, KEY_REGISTERS)
        return P256_PREFIX + bytes_of(words, 2 * KEY_REGISTERS).hex().upper() if any(words) else ""


@takes(RULES)
def open_meter(options: Mapping[str, Any]) -> IskraWm3m4:
    """A meter by its options; nothing is sent before the first read."""
    return IskraWm3m4(options)
