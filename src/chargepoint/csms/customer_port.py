"""What a dialect needs of whoever knows what is stored of customers."""

from collections.abc import Sequence
from typing import Protocol

from chargepoint.model.customers import CustomerRecord, CustomerReference


class CustomerPort(Protocol):
    """StorageError where the disk does not answer."""

    async def find(self, customer: CustomerReference) -> Sequence[CustomerRecord]:
        """Everything; empty where nothing is stored."""
        ...

    async def clear(self, customer: CustomerReference) -> None:
        """Forget what can be forgotten; returns when the disk has forgotten it too."""
        ...
