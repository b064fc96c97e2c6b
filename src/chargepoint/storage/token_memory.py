"""The authorisation cache in memory, as the core asks it. The database behind it is written by the storage."""

from collections.abc import Iterable, Mapping

from chargepoint.model.moment import Moment
from chargepoint.model.tokens import IdToken, TokenVerdict, keys_alike, look_up

VERDICTS_KEPT = 2000


class RememberedTokens:
    """Implements `TokenMemory`. The token judged longest ago goes first when there are too many."""

    def __init__(self, cached: Mapping[str, TokenVerdict] | None = None) -> None:
        """`cached`: by token key, the oldest first."""
        self._cached = dict(cached or {})

    def cached(self, token: IdToken, moment: Moment) -> TokenVerdict | None:
        """None once the verdict's own end has passed; it is then as if nobody had asked."""
        verdict = look_up(token, self._cached)
        if verdict is None or (verdict.valid_until is not None and verdict.valid_until <= moment.utc):
            return None
        return verdict

    def remember(self, token: IdToken, verdict: TokenVerdict) -> None:
        """What was known of the same token without its type, or with one, is over."""
        for key in token.keys:
            self._cached.pop(key, None)
        self._cached[token.key] = verdict
        while len(self._cached) > VERDICTS_KEPT:
            del self._cached[next(iter(self._cached))]

    def forget_listed(self, tokens: Iterable[IdToken]) -> None:
        """The local list knows these now: what was cached of them must not come back when they leave it."""
        listed = {token.key for token in tokens}
        for key in [each for each in self._cached if not listed.isdisjoint(keys_alike(each))]:
            del self._cached[key]

    def forget(self) -> None:
        self._cached.clear()
