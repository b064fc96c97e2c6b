"""Which outlets reservations keep: pure questions about reservations and the outlets that are free now.

One question answers all: how many reservations can be given an outlet of their own at the same time? Whoever would
make that number smaller by taking an outlet must not have it. This covers a reserved connector, "any connector"
(1.6 connector 0: one stays free) and a reserved connector type alike.
"""

from collections.abc import Iterable, Mapping, Sequence

from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation
from chargepoint.model.tokens import IdToken

Outlets = Mapping[EvseId, str | None]
"""EVSEs with the types of their connectors."""


def fits(reservation: Reservation, evse_id: EvseId, connector_type: str | None) -> bool:
    """This EVSE is one that the reservation is about."""
    if reservation.evse_id is not None:
        return reservation.evse_id == evse_id
    return reservation.connector_type in (None, connector_type)


def most_kept(reservations: Sequence[Reservation], outlets: Outlets) -> int:
    """How many reservations can have an outlet of their own at the same time."""
    holder: dict[EvseId, Reservation] = {}

    def finds_place(reservation: Reservation, tried: set[EvseId]) -> bool:
        for evse_id, connector_type in outlets.items():
            if evse_id in tried or not fits(reservation, evse_id, connector_type):
                continue
            tried.add(evse_id)
            if evse_id not in holder or finds_place(holder[evse_id], tried):
                holder[evse_id] = reservation
                return True
        return False

    return sum(finds_place(reservation, set()) for reservation in reservations)


def is_kept_from(evse_id: EvseId, reservations: Sequence[Reservation], outlets: Outlets) -> bool:
    """The others' reservations would lose by it if this outlet were taken."""
    without = {key: kind for key, kind in outlets.items() if key != evse_id}
    return most_kept(reservations, outlets) > most_kept(reservations, without)


def surplus(reservations: Iterable[Reservation], outlets: Outlets) -> list[Reservation]:
    """Those that can not be given an outlet beside the others any more: the vaguest first, then the newest."""
    kept: list[Reservation] = []
    left_over: list[Reservation] = []
    for each in sorted(reservations, key=lambda one: (_vagueness(one), one.made_at or one.expires_at)):
        has_room = most_kept([*kept, each], outlets) > len(kept)
        (kept if has_room else left_over).append(each)
    return left_over


def best_of(
    reservations: Iterable[Reservation], evse_id: EvseId, token: IdToken, connector_type: str | None
) -> Reservation | None:
    """The one that a start here uses up: the most particular first, one's own before the group's."""
    found = [each for each in reservations if fits(each, evse_id, connector_type)]
    return min(found, key=lambda each: (_vagueness(each), not each.token.is_same_as(token)), default=None)


def _vagueness(reservation: Reservation) -> int:
    if reservation.evse_id is not None:
        return 0
    return 1 if reservation.connector_type is not None else 2
