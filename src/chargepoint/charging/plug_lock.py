"""When the plug is kept locked at the station, and for whom after the end."""

from chargepoint.model.status import SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.model.transactions import StopReason, Transaction

LOCKED_IN = frozenset({SessionState.STARTING, SessionState.TRANSACTION, SessionState.STOPPING})


class PlugLock:
    """The wish only: whether a lock is fitted, and what it does, is the safety process's word."""

    def __init__(self) -> None:
        self._held_for: IdToken | None = None

    def hold(self, record: Transaction | None, is_fitted: bool) -> None:
        """Keep it locked until the token that started is presented (2.0.1 E05.FR.11, E09.FR.03)."""
        self._held_for = record.id_token if record is not None and is_fitted else None

    def release(self) -> None:
        """A new session, or a remote unlock: nobody's plug is kept any more."""
        self._held_for = None

    @property
    def is_held(self) -> bool:
        """Somebody's cable is kept."""
        return self._held_for is not None

    def is_held_for(self, token: IdToken) -> bool:
        return token.is_same_as(self._held_for)

    def is_wanted(self, state: SessionState, record: Transaction | None) -> bool:
        """A stop by UnlockConnector does not lock the plug again while it waits for the stop reading."""
        is_given_back = record is not None and record.stop_reason is StopReason.UNLOCK_COMMAND
        return (state in LOCKED_IN and not is_given_back) or self.is_held
