"""What a dialect needs of whoever uploads logs. Both OCPP versions ask the same."""

from typing import Protocol

from chargepoint.model.log_uploads import LogAnswer, LogRequest
from chargepoint.model.reports import LogUploadReport


class LogPort(Protocol):
    """No answer waits for an upload; how it goes is told by `LogUploadReport`s."""

    async def request(self, wanted: LogRequest) -> LogAnswer: ...

    def present(self, *, is_numbered: bool) -> LogUploadReport:
        """What a trigger is answered with: of the uploads that have a request id, or of those that have none."""
        ...
