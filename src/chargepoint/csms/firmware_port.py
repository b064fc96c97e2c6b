"""What a dialect needs of whoever updates the firmware. Both OCPP versions ask the same."""

from typing import Protocol

from chargepoint.model.firmware import FirmwareRequest, FirmwareStatus, UpdateAnswer


class FirmwarePort(Protocol):
    """No answer waits for a download."""

    async def request(self, wanted: FirmwareRequest) -> UpdateAnswer:
        """The answer after the request is stored; its course is told by `UpdateReport`s."""
        ...

    def last_told(self) -> tuple[FirmwareStatus, int | None]:
        """The last status and its request id; Idle after Installed and before the first update (L01.FR.28)."""
        ...

    @property
    def is_under_way(self) -> bool:
        """An update has begun and is not over."""
        ...
