"""Who may take which outlet, against a count of every possible assignment."""

from datetime import UTC, datetime
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from chargepoint.charging.reservation_rules import best_of, fits, is_kept_from, most_kept
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reservations import Reservation
from chargepoint.model.tokens import IdToken

LATER = datetime(2030, 1, 1, tzinfo=UTC)
TYPES = ("sType2", "cType2", None)
ME = IdToken("ME")


def reservation(number: int, evse_id: int | None = None, connector_type: str | None = None) -> Reservation:
    evse = None if evse_id is None else EvseId(evse_id)
    return Reservation(number, IdToken(f"T{number}"), LATER, evse, connector_type=connector_type)


def every_assignment(reservations: list[Reservation], outlets: dict[EvseId, str | None]) -> int:
    """The best of all ways to hand out the outlets, tried one by one."""
    places: list[EvseId | None] = [*outlets, *[None] * len(reservations)]
    best = 0
    for chosen in permutations(places, len(reservations)):
        pairs = zip(reservations, chosen, strict=True)
        kept = sum(1 for one, evse_id in pairs if evse_id is not None and fits(one, evse_id, outlets[evse_id]))
        best = max(best, kept)
    return best


outlets_of = st.dictionaries(st.sampled_from([EvseId(1), EvseId(2), EvseId(3)]), st.sampled_from(TYPES), max_size=3)
wishes = st.lists(
    st.tuples(st.sampled_from([None, 1, 2, 3]), st.sampled_from(TYPES)).map(
        lambda wish: reservation(wish[0] or 0, wish[0], None if wish[0] else wish[1])
    ),
    max_size=4,
)


@given(wishes, outlets_of)
def test_as_many_are_kept_as_any_assignment_could(wanted: list[Reservation], outlets: dict[EvseId, str | None]) -> None:
    assert most_kept(wanted, outlets) == every_assignment(wanted, outlets)


@given(wishes, outlets_of)
def test_an_outlet_is_kept_exactly_when_somebody_would_lose_by_it(
    wanted: list[Reservation], outlets: dict[EvseId, str | None]
) -> None:
    for evse_id in outlets:
        without = {key: kind for key, kind in outlets.items() if key != evse_id}
        loses = every_assignment(wanted, without) < every_assignment(wanted, outlets)
        assert is_kept_from(evse_id, wanted, outlets) == loses


def test_the_most_particular_reservation_is_used_and_ones_own_before_the_groups() -> None:
    anywhere, by_type, here = reservation(1), reservation(2, connector_type="sType2"), reservation(3, 1)
    of_me = Reservation(4, ME, LATER)
    assert best_of([anywhere, by_type, here], EvseId(1), ME, "sType2") == here
    assert best_of([anywhere, by_type, here], EvseId(2), ME, "sType2") == by_type
    assert best_of([anywhere, by_type, here], EvseId(2), ME, "cType2") == anywhere
    assert best_of([anywhere, of_me], EvseId(2), ME, None) == of_me
    assert best_of([here], EvseId(2), ME, None) is None


def test_a_token_is_meant_by_itself_or_by_its_group_whatever_the_case() -> None:
    one = Reservation(1, IdToken("ABC"), LATER, group_token=IdToken("FLEET"))
    assert one.is_for(IdToken("abc"), None)
    assert one.is_for(IdToken("other"), IdToken("fleet"))
    assert one.is_for(IdToken("FLEET"), None)
    assert not one.is_for(IdToken("other"), IdToken("others"))
    assert not one.is_for(None, None)
    assert not Reservation(1, IdToken("ABC"), LATER).is_for(IdToken("x"), None)
