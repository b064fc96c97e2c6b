"""Personal messages that the CSMS has sent along with its word on a token (2.0.1 idTokenInfo.personalMessage).

Whoever hears the verdict leaves them here; the display takes them at the end of the same step.
"""

from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict


class HeardTexts:
    """One for the station."""

    def __init__(self) -> None:
        self._waiting: list[tuple[IdToken, str]] = []

    def hear(self, token: IdToken, verdict: TokenVerdict) -> None:
        """The text of a refusal is told with the refusal."""
        if verdict.status is AuthorizationStatus.ACCEPTED and verdict.personal_message:
            self._waiting.append((token, verdict.personal_message))

    def take(self) -> tuple[tuple[IdToken, str], ...]:
        """What came since the last time, the oldest first."""
        waiting, self._waiting = tuple(self._waiting), []
        return waiting
