"""Who may charge: one truth table for both OCPP versions, and the authorisation that a session holds.

1.6 sections 3.5 and 4.1; 2.0.1 C01, C10–C15.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chargepoint.model.charging_profiles import ChargingProfile
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenVerdict
from chargepoint.model.transactions import Cause


class Answer(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK_CSMS = "ask_csms"


@dataclass(frozen=True, slots=True)
class Question:
    """All that the decision depends on."""

    is_online: bool
    listed: TokenVerdict | None
    cached: TokenVerdict | None
    local_pre_authorize: bool
    local_authorize_offline: bool
    allow_offline_tx_for_unknown_id: bool
    list_refuses_unasked: bool = False
    """2.0.1's LocalAuthListCtrlr.DisablePostAuthorize."""
    cache_refuses_unasked: bool = False
    """2.0.1's AuthCacheCtrlr.DisablePostAuthorize."""
    asks_nobody: bool = False
    """2.0.1's AuthCtrlr.DisableRemoteAuthorization."""


@dataclass(frozen=True, slots=True)
class Decision:
    answer: Answer
    reason: str
    verdict: TokenVerdict | None = None
    """The local verdict that decided, with its group."""


def decide(question: Question, moment: Moment) -> Decision:
    """Accept, refuse or ask. The list's word comes before the cache's."""
    known = question.listed if question.listed is not None else question.cached
    source = "local list" if question.listed is not None else "authorisation cache"
    if question.is_online:
        if question.local_pre_authorize and known is not None and known.is_accepted_at(moment.utc):
            return Decision(Answer.ACCEPT, f"accepted by the {source} (LocalPreAuthorize)", known)
        refuses_unasked = question.list_refuses_unasked if question.listed else question.cache_refuses_unasked
        if question.local_pre_authorize and refuses_unasked and _is_refused(known):
            return Decision(Answer.REFUSE, f"the {source} does not accept it (DisablePostAuthorize)", known)
        if question.asks_nobody:
            return _decide_unasked(known, source, moment)
        return Decision(Answer.ASK_CSMS, "the CSMS decides")
    return _decide_offline(question, known, source, moment)


def _is_refused(known: TokenVerdict | None) -> bool:
    return known is not None and known.status is not AuthorizationStatus.ACCEPTED


def _decide_unasked(known: TokenVerdict | None, source: str, moment: Moment) -> Decision:
    if known is not None and known.is_accepted_at(moment.utc):
        return Decision(Answer.ACCEPT, f"accepted by the {source} (DisableRemoteAuthorization)", known)
    return Decision(Answer.REFUSE, "not accepted here, and nobody is asked (DisableRemoteAuthorization)", known)


def _decide_offline(question: Question, known: TokenVerdict | None, source: str, moment: Moment) -> Decision:
    if known is not None and known.status is not AuthorizationStatus.ACCEPTED:
        return Decision(Answer.REFUSE, f"offline, and the {source} says {known.status}", known)
    if known is not None and not known.is_accepted_at(moment.utc):
        return Decision(Answer.REFUSE, f"offline, and expired in the {source}", known)
    if known is not None and question.local_authorize_offline:
        return Decision(Answer.ACCEPT, f"offline, accepted by the {source}", known)
    if question.allow_offline_tx_for_unknown_id:
        return Decision(Answer.ACCEPT, "offline, and unknown cards may charge (AllowOfflineTxForUnknownId)")
    if known is not None:
        return Decision(Answer.REFUSE, "offline, and LocalAuthorizeOffline is off")
    return Decision(Answer.REFUSE, "offline, and the card is unknown here")


class Purpose(StrEnum):
    """What an authorisation under way is for."""

    START = "start"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class PendingQuestion:
    """A token that the CSMS is being asked about."""

    request_id: int
    token: IdToken
    evse_ids: tuple[EvseId, ...]
    purpose: Purpose
    remote_start_id: int | None = None
    group: IdToken | None = None
    is_remote: bool = False
    limit_amps: float | None = None
    profile: ChargingProfile | None = None
    plugged: frozenset[EvseId] = frozenset()
    """Where an EV was when the token came: it is meant for one of these; empty: the EV comes later."""
    is_for_these_alone: bool = False
    """They were waiting to be charged: an EV that comes after the token is somebody else's."""
    asked_at: float = 0.0
    """Monotonic time at which the token came."""

    def without(self, evse_id: EvseId) -> "PendingQuestion | None":
        """The EV there has left; None when that was the only one."""
        if evse_id not in self.plugged:
            return self
        others = tuple(each for each in self.evse_ids if each != evse_id)
        left = replace(self, plugged=self.plugged - {evse_id}, evse_ids=others)
        return left if left.plugged else None

    def with_ev(self, evse_id: EvseId) -> "PendingQuestion":
        """An EV has come there first: if none was waiting before, the token is meant for this one."""
        if self.is_for_these_alone or self.purpose is Purpose.STOP or evse_id not in self.evse_ids:
            return self
        return replace(self, plugged=frozenset({evse_id}), is_for_these_alone=True)

    def is_for_ev_at(self, evse_id: EvseId) -> bool:
        """It waited, or came first."""
        return self.is_for_these_alone and evse_id in self.plugged

    @classmethod
    def about(cls, grant: "Grant") -> "PendingQuestion":
        """A remote start whose token the CSMS wants to be asked about."""
        return cls(
            0,
            grant.token,
            grant.evse_ids,
            Purpose.START,
            remote_start_id=grant.remote_start_id,
            group=grant.group,
            is_remote=True,
            limit_amps=grant.limit_amps,
            profile=grant.profile,
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """An accepted token waiting for, or used by, one session. It dies with the unplugging."""

    token: IdToken
    evse_ids: tuple[EvseId, ...]
    """Where it may be used: the EVSEs of the reader, or the one of the remote start."""
    cause: Cause
    group: IdToken | None = None
    remote_start_id: int | None = None
    limit_amps: float | None = None
    profile: ChargingProfile | None = None
    """A charging profile for the transaction that this starts."""
    reservation_id: int | None = None
    """The reservation that the transaction will use up."""
    is_reservation_used: bool = False
    """It was used up by the card already, and is only told of."""
    is_confirmed: bool = False
    """The CSMS itself said yes."""
