"""Block I: CostUpdated, and what the answers of the CSMS say of costs and tariffs."""

import logging
from decimal import Decimal
from math import isfinite

from chargepoint.charging.commands import UpdateCost, VerdictStatus
from chargepoint.charging.ports import StationPort
from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject
from chargepoint.csms.v201.personal_message import read_personal_message
from chargepoint.model.cost import CostAnswer, DriverText, RunningCost
from chargepoint.model.identifiers import TransactionId
from chargepoint.settings.price_formats import LARGEST_AMOUNT

log = logging.getLogger(__name__)


class CostBlock:
    """Requests of the CSMS about costs."""

    def __init__(self, station: StationPort) -> None:
        self._station = station

    async def cost_updated(self, payload: JsonObject) -> JsonObject:
        """I02. The answer has no words for a transaction that is not known or for costs that are turned off."""
        amount = read_amount(payload["totalCost"])
        if amount is None:
            raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, f"totalCost: less than {LARGEST_AMOUNT} is wanted")
        transaction_id = TransactionId(str(payload["transactionId"]).lower())  # identifierString ignores case
        verdict = await self._station.execute(UpdateCost(transaction_id, RunningCost(amount)))
        if verdict.status is not VerdictStatus.ACCEPTED:
            log.warning("CostUpdated of the CSMS is not shown: %s", verdict.reason)
        return {}


def read_cost(answer: JsonObject, *, is_final: bool, is_late: bool) -> CostAnswer:
    """Of a TransactionEventResponse; what is odd is left out."""
    text = read_personal_message(answer.get("updatedPersonalMessage"))
    return CostAnswer(
        amount=read_amount(answer.get("totalCost")),
        text=None if text is None else DriverText(text),
        is_final=is_final,
        is_late=is_late,
    )


def read_amount(value: object) -> Decimal | None:
    """By its shortest digits, so that 0.1 is a tenth; None for what is no amount that anybody could be shown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    if not -LARGEST_AMOUNT < value < LARGEST_AMOUNT:
        return None
    return Decimal(repr(value))
