"""The station's clock: monotonic from the event loop, wall time anchored to whoever is trusted."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chargepoint.model.moment import Moment

log = logging.getLogger(__name__)

BELIEVABLE_YEARS = range(2024, 2100)
"""Before, this program was not; after, it is a date for `never`, and arithmetic ends with the year 9999."""
STEP_SECONDS = 1.0
"""A CSMS time this close to ours changes nothing: answers travel."""


class StationClock:
    """Wall time is the system's until the CSMS says better; from then on the CSMS's time carried by monotonic.

    `system_is_trusted` is true where the system's own clock is known to be set (a time service says so).
    """

    def __init__(
        self,
        utc_now: Callable[[], datetime],
        monotonic: Callable[[], float] | None = None,
        *,
        system_is_trusted: bool = False,
    ) -> None:
        self._utc_now = utc_now
        self._monotonic = monotonic or (lambda: asyncio.get_running_loop().time())
        self._offset = timedelta(0)
        self._anchor: tuple[datetime, float] | None = None
        self._trusted = system_is_trusted
        self._refused = ""
        self.source = "system" if system_is_trusted else "none"
        self.note_step: Callable[[float], None] = lambda seconds: None
        """Told by how many seconds the wall time was put forward (or back: less than 0)."""

    def now(self) -> Moment:
        monotonic = self._monotonic()
        if self._anchor is None:
            return Moment(monotonic, self._utc_now(), self._trusted)
        utc, at = self._anchor
        return Moment(monotonic, utc + timedelta(seconds=monotonic - at), True)

    def synchronise(self, csms_utc: object) -> bool:
        """Take the CSMS's time; True when this made the clock trusted for the first time. Nonsense is ignored."""
        if not isinstance(csms_utc, datetime) or csms_utc.tzinfo is None or csms_utc.year not in BELIEVABLE_YEARS:
            self._refuse(str(csms_utc)[:60])
            return False
        self._refused = ""
        now = self.now()
        was_trusted = self._trusted or self._anchor is not None
        if not was_trusted or abs((csms_utc - now.utc).total_seconds()) > STEP_SECONDS:
            self._anchor = (csms_utc.astimezone(UTC), now.monotonic)
            self.source = "csms"
            self.note_step((csms_utc - now.utc).total_seconds())
        return not was_trusted

    def _refuse(self, said: str) -> None:
        """A warning once, however often it is said again."""
        level = logging.DEBUG if self._refused == said[:4] else logging.WARNING
        log.log(
            level, "the CSMS's time %s is not believed, the clock goes on as it was: set the clock of the CSMS", said
        )
        self._refused = said[:4]
