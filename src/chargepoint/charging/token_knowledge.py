"""What is known here of tokens: the local list before the cache, and what the CSMS has said meanwhile."""

from dataclasses import replace

from chargepoint.charging.authorization import Decision, Question, decide
from chargepoint.charging.context import CoreContext
from chargepoint.charging.effects import RememberVerdict
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.tokens import IdToken, TokenKind, TokenVerdict
from chargepoint.settings import catalogue


class TokenKnowledge:
    """One for the station."""

    def __init__(self, context: CoreContext) -> None:
        self._context = context

    def remember(self, token: IdToken, verdict: TokenVerdict, moment: Moment) -> None:
        """The cache never holds what the local list knows (1.6 section 3.5.3), nor tokens that are no card's.

        What the verdict says to the driver is not kept: it may be a price (2.0.1 C10.FR.09).
        """
        self._context.local_list.compare(token, verdict, moment)
        self._context.heard_texts.hear(token, verdict)
        if not self._context.settings.get(catalogue.AUTHORIZATION_CACHE_ENABLED) or not self._is_of_a_card(token):
            return
        if self._context.local_list.listed(token) is not None:
            return
        has_age = self._context.settings.get(catalogue.AUTHORIZATION_CACHE_LIFE_TIME) > 0
        kept = replace(verdict, personal_message=None, heard_at=moment.utc if has_age else None)
        self._context.emit(RememberVerdict(token, kept))

    def _is_of_a_card(self, token: IdToken) -> bool:
        """1.6 has one kind of token; in 2.0.1 those that the CSMS makes are none (C02.FR.03, C03.FR.02, C05.FR.02)."""
        if token.kind is TokenKind.NO_AUTHORIZATION:
            return False
        return token.kind is not TokenKind.CENTRAL or self._context.settings.get(catalogue.RULES_OF_1_6)

    def group_of(self, token: IdToken, moment: Moment) -> IdToken | None:
        """The group of a token that is accepted here; a blocked card stops nobody's transaction."""
        known = self._context.local_list.listed(token)
        if known is None:
            known = self._context.cached(token, moment)
        return known.group if known is not None and known.is_accepted_at(moment.utc) else None

    def decide(self, token: IdToken, is_online: bool, moment: Moment) -> Decision:
        """Accept, refuse, or ask the CSMS."""
        settings = self._context.settings
        question = Question(
            is_online=is_online,
            listed=self._context.local_list.listed(token),
            cached=self._context.cached(token, moment),
            local_pre_authorize=settings.get(catalogue.LOCAL_PRE_AUTHORIZE),
            local_authorize_offline=settings.get(catalogue.LOCAL_AUTHORIZE_OFFLINE),
            allow_offline_tx_for_unknown_id=settings.get(catalogue.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID),
            list_refuses_unasked=settings.get(catalogue.LOCAL_AUTH_LIST_DISABLE_POST_AUTHORIZE),
            cache_refuses_unasked=settings.get(catalogue.AUTHORIZATION_CACHE_DISABLE_POST_AUTHORIZE),
            asks_nobody=settings.get(catalogue.DISABLE_REMOTE_AUTHORIZATION),
        )
        return decide(question, moment)

    @property
    def has_master_pass(self) -> bool:
        return bool(self._context.settings.get(catalogue.MASTER_PASS_GROUP_ID))

    def is_master_pass(self, group: IdToken | None) -> bool:
        """Of the group that stops every transaction and starts none (2.0.1 C16)."""
        master = self._context.settings.get(catalogue.MASTER_PASS_GROUP_ID)
        return bool(master) and IdToken(master, TokenKind.UNTYPED).is_same_as(group)


def may_charge_at(verdict: TokenVerdict | None, evse_id: EvseId) -> bool:
    """Some tokens are for a part of the station (2.0.1 C01.FR.21)."""
    return verdict is None or not verdict.evse_ids or evse_id in verdict.evse_ids
