"""Signed values of the Carlo Gavazzi EM580 for charging stations: the meter keeps one transaction, signs its begin and
end together, and holds the file until somebody has confirmed that it was read.

Numbers of several words begin with the low one, texts with their first byte.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any

from chargepoint_hal.contract import SignedReading, SigningOrder
from chargepoint_hal.driver_options import takes
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.meters.signing.ocmf import OCMF, RFID_TYPES, SEQUENCE, bytes_of, checked, words_of
from chargepoint_hal.meters.signing.signing_meter import RULES, SigningModbusMeter

LOG = logging.getLogger(__name__)

SIGNATURE_TYPE, KEY = 0x24FF, 0x2600
KEY_REGISTERS = {0: 46, 1: 62}
"""By signature type: 256 and 384 bits. The block has to be read whole."""
TARIFF_TEXT, IDENTIFICATION, TOKEN, PLACE_KIND, PLACE = 0x6900, 0x7000, 0x7007, 0x701B, 0x701C
ZONE_MINUTES, UTC_SECONDS, MODALITY, COMMAND = 0x7031, 0x7032, 0x7036, 0x7040
STATE, FILE_REGISTERS, FILE = 0x7100, 0x7101, 0x7110
LONGEST_FILE_REGISTERS = 2031
TEXT_BYTES = 40
"""Of token and place, the zero at the end counted."""
BEGIN, END = ord("B"), ord("E")
EVSE_ID = 0
CHARGING_A_VEHICLE = 0
READ = 0
NO_LEVEL = 0
RFID_PLAIN = 1
IDENTIFICATION_TYPES = {
    "Central": 60,
    "DirectPayment": 50,
    "eMAID": 20,
    "ISO14443": 10,
    "ISO15693": 11,
    "KeyCode": 90,
    "Local": 70,
    "MacAddress": 21,
    "NoAuthorization": 0,
}
"""By the id token types of OCPP."""
UNDEFINED = 2


class State(IntEnum):
    """Of the meter's transaction and its file."""

    NOT_READY = 0
    RUNNING = 1
    READY = 2
    """A file waits; after a failure of its supply the meter ends a transaction by itself."""
    CORRUPTED = 3


class CarloGavazziEm580(SigningModbusMeter):
    """Signs once, at the end."""

    map_name = "carlo-gavazzi-em580"

    async def public_key_hex(self) -> str:
        await self.get_ready()
        return await self._key()

    async def sign_begin(self, order: SigningOrder) -> SignedReading | None:
        await self.get_ready()
        await self._clear()
        if order.at is not None:
            await self._set_clock(order.at)
        await self._identify(order)
        await self.registers.write(COMMAND, [BEGIN])
        await self._reach(State.RUNNING, "begin")
        return None

    async def sign_end(self, order: SigningOrder) -> SignedReading:
        await self.get_ready()
        state = await self._state()
        if state is State.NOT_READY:
            raise HardwareError(Fault.METER_IMPLAUSIBLE, f"{self.name} has no transaction: nothing was signed")
        if state is State.RUNNING:
            await self.registers.write(COMMAND, [END])
        await self._reach(State.READY, "sign")
        text = await self._file()
        signed = SignedReading(checked(text, self.name), OCMF, await self._key())
        try:
            await self._confirm()
        except HardwareError as error:
            LOG.warning("%s: what it has signed stays in it until the next begin: %s", self.name, error)
        return signed

    async def _clear(self) -> None:
        """A transaction that nobody ended, and a file that nobody took, are in the way of the next one."""
        state = await self._state()
        if state is State.NOT_READY:
            return
        LOG.warning("%s: a transaction of before is given up: its state is %s", self.name, state.name)
        if state is State.RUNNING:
            await self.registers.write(COMMAND, [END])
            await self._reach(State.READY, "end what nobody ended")
        await self._confirm()
        await self._reach(State.NOT_READY, "let go what it had signed")

    async def _confirm(self) -> None:
        await self.registers.write(STATE, [READ])

    async def _set_clock(self, at: datetime) -> None:
        offset = at.astimezone().utcoffset()
        seconds = int(at.timestamp())
        await self.registers.write(UTC_SECONDS, [seconds >> shift for shift in (0, 16, 32, 48)])
        await self.registers.write(ZONE_MINUTES, [0 if offset is None else int(offset.total_seconds()) // 60])

    async def _identify(self, order: SigningOrder) -> None:
        """Who charges, and where."""
        is_known = order.token_kind != "NoAuthorization"
        flags = [RFID_PLAIN if order.token_kind in RFID_TYPES else 0, 0, 0, 0]
        kind = IDENTIFICATION_TYPES.get(order.token_kind, UNDEFINED)
        await self.registers.write(IDENTIFICATION, [int(is_known), NO_LEVEL, *flags, kind])
        await self.registers.write(TOKEN, _text(order.token))
        await self.registers.write(PLACE_KIND, [EVSE_ID])
        await self.registers.write(PLACE, _text(self.charge_point_id or str(order.evse)))
        await self.registers.write(TARIFF_TEXT, _text(""))
        await self.registers.write(MODALITY, [CHARGING_A_VEHICLE])

    async def _reach(self, wanted: State, what: str) -> None:
        async def is_there() -> bool:
            state = await self._state()
            if state is State.CORRUPTED and wanted is not State.NOT_READY:
                raise HardwareError(Fault.METER_IMPLAUSIBLE, f"{self.name} did not sign: its file is corrupted")
            return state is wanted

        await self.wait_until(is_there, what)

    async def _state(self) -> State:
        value = (await self.registers.read_input(STATE, 1))[0]
        try:
            return State(value)
        except ValueError as error:
            raise HardwareError(
                Fault.METER_IMPLAUSIBLE, f"{self.name} is in a state {value} that no source has: has it OCMF at all?"
            ) from error

    async def _file(self) -> str:
        count = (await self.registers.read_input(FILE_REGISTERS, 1))[0]
        if not 0 < count <= LONGEST_FILE_REGISTERS:
            raise HardwareError(
                Fault.METER_IMPLAUSIBLE,
                f"{self.name} has signed {count} registers: 1 to {LONGEST_FILE_REGISTERS} may be",
            )
        words = await self.registers.read_input(FILE, count)
        return bytes_of(words, 2 * count).split(b"\0", 1)[0].decode("utf-8", errors="replace")

    async def _key(self) -> str:
        """A DER structure; empty for a meter without one."""
        count = KEY_REGISTERS.get((await self.registers.read_input(SIGNATURE_TYPE, 1))[0])
        if count is None:
            return ""
        raw = bytes_of(await self.registers.read_input(KEY, count), 2 * count)
        return raw[: 2 + raw[1]].hex().upper() if raw[0] == SEQUENCE else ""


def _text(text: str) -> list[int]:
    return words_of(text.encode("ascii", errors="replace")[: TEXT_BYTES - 1] + b"\0")


@takes(RULES)
def open_meter(options: Mapping[str, Any]) -> CarloGavazziEm580:
    """A meter by its options; nothing is sent before the first read."""
    return CarloGavazziEm580(options)
