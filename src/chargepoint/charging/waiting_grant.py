"""An authorisation that a session holds and has not used yet: until when, and what the start will give as its cause."""

from chargepoint.charging.authorization import Grant
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.model.moment import Moment
from chargepoint.model.transactions import Cause
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView

START_READING_SECONDS = 5.0
"""How long a start waits for a valid meter reading."""


class WaitingGrant:
    """`grant` is None while nobody is authorised here."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self.grant: Grant | None = None
        self.start_cause = Cause.AUTHORIZED
        self._since = 0.0

    def take(self, grant: Grant, connection_seconds: int, moment: Moment) -> None:
        self.grant = grant
        self.start_cause = grant.cause
        self.renew(connection_seconds, moment)

    def renew(self, connection_seconds: int, moment: Moment) -> None:
        """ConnectionTimeOut begins again; 0 waits for ever."""
        self._since = moment.monotonic
        self._last_for(connection_seconds)

    def follow(self, settings: SettingsView) -> None:
        """ConnectionTimeOut may have changed meanwhile: it counts from when the grant was given or renewed."""
        self._last_for(settings.get(catalogue.CONNECTION_TIME_OUT))

    def _last_for(self, connection_seconds: int) -> None:
        self._deadlines.disarm(Deadline.CONNECTION)
        if self.grant is not None and connection_seconds > 0:
            self._deadlines.arm(Deadline.CONNECTION, self._since + connection_seconds)

    def plugged(self) -> None:
        """The plug came last: it is what starts the transaction."""
        self.start_cause = Cause.CABLE_PLUGGED_IN

    def await_reading(self, moment: Moment) -> None:
        self._deadlines.arm(Deadline.START_READING, moment.monotonic + START_READING_SECONDS)

    def release(self) -> Grant | None:
        """Used or taken away."""
        grant, self.grant = self.grant, None
        self._deadlines.disarm(Deadline.CONNECTION, Deadline.START_READING)
        return grant
