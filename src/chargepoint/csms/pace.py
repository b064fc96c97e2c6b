"""How fast the edge speaks: the settings it follows, read anew each time because the CSMS may change them."""

import logging
from dataclasses import dataclass, field
from typing import Protocol

from chargepoint.charging.ports import SettingsPort
from chargepoint.csms.backoff import BackoffPolicy
from chargepoint.model.errors import StorageError
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SetOutcome

log = logging.getLogger(__name__)


class Pace(Protocol):
    """What the edge needs to know of the settings; `FixedPace` for tests, `SettingsPace` for the station."""

    @property
    def heartbeat_interval_seconds(self) -> float: ...

    @property
    def message_timeout_seconds(self) -> float: ...

    @property
    def call_spacing_seconds(self) -> float:
        """Silence after answering a CALL of the CSMS, before a CALL of ours (some CSMS count both as in flight)."""
        ...

    @property
    def transaction_message_attempts(self) -> int:
        """0: for ever."""
        ...

    @property
    def transaction_message_retry_interval_seconds(self) -> float: ...

    @property
    def backoff(self) -> BackoffPolicy: ...

    async def take_heartbeat_interval(self, seconds: float) -> None:
        """The CSMS has said a new one in its answer to BootNotification."""
        ...


@dataclass(slots=True)
class FixedPace:
    """Implements `Pace` by plain values."""

    heartbeat_interval_seconds: float = 300.0
    message_timeout_seconds: float = 30.0
    call_spacing_seconds: float = 0.2
    transaction_message_attempts: int = 3
    transaction_message_retry_interval_seconds: float = 60.0
    backoff: BackoffPolicy = field(default_factory=BackoffPolicy)

    async def take_heartbeat_interval(self, seconds: float) -> None:
        self.heartbeat_interval_seconds = seconds


class SettingsPace:
    """Implements `Pace` over the station's settings."""

    def __init__(self, settings: SettingsPort) -> None:
        self._settings = settings

    @property
    def heartbeat_interval_seconds(self) -> float:
        return self._settings.get(catalogue.HEARTBEAT_INTERVAL)

    @property
    def message_timeout_seconds(self) -> float:
        return self._settings.get(catalogue.MESSAGE_TIMEOUT)

    @property
    def call_spacing_seconds(self) -> float:
        return self._settings.get(catalogue.CALL_SPACING)

    @property
    def transaction_message_attempts(self) -> int:
        return self._settings.get(catalogue.TRANSACTION_MESSAGE_ATTEMPTS)

    @property
    def transaction_message_retry_interval_seconds(self) -> float:
        return self._settings.get(catalogue.TRANSACTION_MESSAGE_RETRY_INTERVAL)

    @property
    def backoff(self) -> BackoffPolicy:
        return BackoffPolicy(
            minimum_seconds=self._settings.get(catalogue.RETRY_BACK_OFF_WAIT_MINIMUM),
            random_range_seconds=self._settings.get(catalogue.RETRY_BACK_OFF_RANDOM_RANGE),
            doublings=self._settings.get(catalogue.RETRY_BACK_OFF_REPEAT_TIMES),
        )

    async def take_heartbeat_interval(self, seconds: float) -> None:
        """1.6 4.2, 2.0.1 B01.FR.04. What the catalogue does not allow is not taken."""
        text = str(max(1, round(seconds)))
        if text == self._settings.text(catalogue.HEARTBEAT_INTERVAL):
            return
        try:
            outcome, reason = await self._settings.change(catalogue.HEARTBEAT_INTERVAL, text)
        except StorageError as error:
            log.warning("the heartbeat interval of the CSMS could not be stored: %s", error)
            return
        if outcome is not SetOutcome.ACCEPTED:
            log.warning("the heartbeat interval of the CSMS is not usable: %s", reason)
