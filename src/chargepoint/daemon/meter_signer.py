"""Has the meters sign, one task for each order; what a meter does not sign is told as not signed, never made up."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import assert_never

from chargepoint.charging.effects import SignReading
from chargepoint.charging.events import MeterSigned
from chargepoint.charging.ports import Clock
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import SignedMeterData, SigningEdge
from chargepoint_hal.contract import IntervalSigningMeter, SignedReading, SigningMeter, SigningOrder
from chargepoint_hal.faults import HardwareError

log = logging.getLogger(__name__)


class MeterSigner:
    """The meters that sign, by EVSE."""

    def __init__(
        self, meters: Mapping[EvseId, SigningMeter], clock: Clock, note_key: Callable[[EvseId, str], None]
    ) -> None:
        self._meters = meters
        self._clock = clock
        self._note_key = note_key
        self._turns = {evse_id: asyncio.Lock() for evse_id in meters}
        """A meter signs one thing after the other: an end waits for its begin, however short the transaction was."""

    async def sign(self, order: SignReading) -> MeterSigned:
        """Never raises for what a meter does; takes as long as the meter."""
        signed = None
        meter = self._meters.get(order.evse_id)
        if meter is not None:
            try:
                async with self._turns[order.evse_id]:
                    signed = await self._ask(meter, order)
            except HardwareError as error:
                log.warning("meter %s of EVSE %d signs no %s: %s", meter.name, order.evse_id, order.edge, error)
        return MeterSigned(order.evse_id, order.transaction_id, order.edge, signed)

    async def _ask(self, meter: SigningMeter, order: SignReading) -> SignedMeterData | None:
        now = self._clock.now()
        at = now.utc if now.utc_trusted else None
        asked = SigningOrder(order.evse_id, order.token.value, order.token.kind, at)
        answer = await _signed_at(order.edge, meter, asked)
        if answer is None:
            return None
        self._note_key(order.evse_id, answer.public_key_hex)
        return SignedMeterData(answer.signed_text, answer.encoding, answer.public_key_hex)


async def _signed_at(edge: SigningEdge, meter: SigningMeter, asked: SigningOrder) -> SignedReading | None:
    match edge:
        case SigningEdge.BEGIN:
            return await meter.sign_begin(asked)
        case SigningEdge.BETWEEN:
            return await meter.sign_between(asked) if isinstance(meter, IntervalSigningMeter) else None
        case SigningEdge.END:
            return await meter.sign_end(asked)
        case _:
            assert_never(edge)
