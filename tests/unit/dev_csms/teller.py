"""A station that tells the transport-free core one request after the other."""

from datetime import UTC, datetime
from typing import Any

from dev_csms import AnomalyKind, CsmsCore, Json, Request, Version
from unit.dev_csms.raw_station import BOOT

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Teller:
    """Tells the core one request after the other, as one booted station."""

    def __init__(self, version: Version) -> None:
        self.core = CsmsCore()
        self.version = version
        self.tell("BootNotification", BOOT[version])

    def tell(self, action: str, payload: Json) -> Any:
        return self.core.answer(Request("CP1", self.version, action, payload, NOW))

    @property
    def anomalies(self) -> list[AnomalyKind]:
        return self.core.station("CP1").anomaly_kinds()
