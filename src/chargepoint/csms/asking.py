"""What a version can do beside the `Dialect`: ask the CSMS the questions of plug and charge."""

from typing import Protocol, runtime_checkable

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.model.plug_and_charge import Answer, Question


@runtime_checkable
class AskingDialect(Protocol):
    """A version that has words for them."""

    def ask(self, question: Question) -> OutgoingCall:
        """ValueError for what this version cannot say."""
        ...

    def read_ask(self, question: Question, answer: JsonObject) -> Answer:
        """ValueError where the answer makes no sense."""
        ...
