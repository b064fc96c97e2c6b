from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.readers.presentations import PresentationFilter, WatchedTime

CARD, OTHER = TokenSighting("78003E5C1E", "Local"), TokenSighting("13005D1DA5", "Local")


def presentations(*sightings: tuple[float, TokenSighting]) -> list[tuple[float, TokenSighting]]:
    cards, found = PresentationFilter(), []
    for now, sighting in sightings:
        cards, presented = cards.seen(sighting, now)
        if presented is not None:
            found.append((now, presented))
    return found


def test_a_card_held_for_a_minute_is_one_event() -> None:
    assert presentations(*((second * 0.065, CARD) for second in range(923))) == [(0.0, CARD)]


def test_a_card_that_was_away_for_a_second_is_presented_anew() -> None:
    assert presentations((0.0, CARD), (0.5, CARD), (1.25, CARD), (2.25, CARD)) == [(0.0, CARD), (2.25, CARD)]


def test_another_card_is_presented_at_once() -> None:
    assert presentations((0.0, CARD), (0.1, OTHER)) == [(0.0, CARD), (0.1, OTHER)]


def test_two_cards_that_lie_on_the_reader_together_are_two_events() -> None:
    both = [(step * 0.1, (CARD, OTHER)[step % 2]) for step in range(100)]
    assert presentations(*both) == [(0.0, CARD), (0.1, OTHER)]


def test_the_same_card_in_lower_case_is_the_same_card() -> None:
    assert presentations((0.0, CARD), (0.5, TokenSighting("78003e5c1e", "Local"))) == [(0.0, CARD)]


def test_cards_that_are_gone_are_forgotten() -> None:
    cards = PresentationFilter()
    for number in range(1000):
        cards, _ = cards.seen(TokenSighting(f"{number:010}", "Local"), number * 0.5)
    assert len(cards.seen_at) <= 3


def test_a_stall_of_the_machine_is_no_absence_of_the_card() -> None:
    watched = WatchedTime(longest_look_seconds=0.5)
    card = TokenSighting("04A2B3C4", "ISO14443")
    looks = [0.0, 0.1, 0.2, 6.2, 6.2, 6.3]  # the machine stood still for six seconds while the card was held
    presentations = PresentationFilter()
    new = []
    for at in looks:
        presentations, is_new = presentations.seen(card, watched.at(at))
        new += [at] if is_new is not None else []
    assert new == [0.0]


def test_a_card_that_was_away_while_the_reader_looked_is_new() -> None:
    watched = WatchedTime(longest_look_seconds=0.5)
    card = TokenSighting("04A2B3C4", "ISO14443")
    presentations, first = PresentationFilter().seen(card, watched.at(0.0))
    for at in (0.25, 0.5, 0.75, 1.0, 1.25):
        watched.at(at)
    _, again = presentations.seen(card, watched.at(1.3))
    assert first is not None
    assert again is not None
