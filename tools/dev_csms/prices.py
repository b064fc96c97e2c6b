"""What this CSMS says of prices and costs in its answers to 2.0.1's TransactionEvent: nothing until it is set."""

from dataclasses import dataclass

from dev_csms.transactions import FactKind
from dev_csms.wire import Json


@dataclass(slots=True)
class PriceBoard:
    """One for the CSMS; what is set holds for every answer from then on."""

    running_cost: float | None = None
    total_cost: float | None = None
    """In the answer to the end of a transaction."""
    tariff: str | None = None
    """A tariff that has changed meanwhile."""

    def answer(self, kind: FactKind) -> Json:
        """The fields of a TransactionEventResponse."""
        said: Json = {}
        cost = self.total_cost if kind is FactKind.ENDED else self.running_cost
        if cost is not None:
            said["totalCost"] = cost
        if self.tariff is not None and kind is FactKind.UPDATED:
            said["updatedPersonalMessage"] = {"format": "UTF8", "content": self.tariff}
        return said
