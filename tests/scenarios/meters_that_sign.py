"""The bench's meter with a key: what it signs is genuine, and takes as long as with real ones."""

import asyncio
import json

from chargepoint_hal.bench.in_process import InProcessMeter
from chargepoint_hal.bench.world import World
from chargepoint_hal.contract import SignedReading, SigningOrder
from chargepoint_hal.faults import Fault, HardwareError
from unit.meters.signing_meters import Signer


class SigningMeter(InProcessMeter):
    """The bench's meter with a key; it takes as long to sign as real ones do."""

    signs_in_one = False
    """Begin and end in the data set of the end."""
    breaks = False
    signs_in_seconds = 3.0

    def __init__(self, world: World, evse: int) -> None:
        super().__init__(world, evse)
        self.signer = Signer()
        self.orders: list[SigningOrder] = []

    async def public_key_hex(self) -> str:
        return self.signer.der().hex()

    async def sign_begin(self, order: SigningOrder) -> SignedReading | None:
        signed = await self._sign(order, "B")
        return None if self.signs_in_one else signed

    async def sign_end(self, order: SigningOrder) -> SignedReading:
        return await self._sign(order, "E")

    async def _sign(self, order: SigningOrder, transaction: str) -> SignedReading:
        self.orders.append(order)
        energy_wh = (await self.read()).energy_import_wh
        await asyncio.sleep(self.signs_in_seconds)
        if self.breaks:
            raise HardwareError(Fault.METER_SILENT, "the meter does not sign")
        payload = json.dumps({"FV": "1.0", "ID": order.token, "RD": [{"TX": transaction, "RV": energy_wh}]})
        seal = {"SA": "ECDSA-secp256r1-SHA256", "SD": self.signer.sign(payload.encode()).hex()}
        return SignedReading(f"OCMF|{payload}|{json.dumps(seal)}", "OCMF", self.signer.der().hex())


class IntervalSigningMeter(SigningMeter):
    """Signs while a transaction goes on, too."""

    async def sign_between(self, order: SigningOrder) -> SignedReading:
        return await self._sign(order, "C")
