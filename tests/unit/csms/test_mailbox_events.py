"""What monitors tell waits in memory without pushing anything else out."""

from datetime import UTC, datetime

from chargepoint.csms.dialect import OutgoingCall
from chargepoint.csms.mailbox import MOST_EVENTS_WAITING, MOST_WAITING, Mailbox
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import EventReport
from chargepoint.model.status import EvseStatus
from unit.csms.fake_neighbours import status


def event(number: int, *, outlives_link: bool = False) -> EventReport:
    return EventReport((), Stamp(1, float(number), datetime(2026, 5, 1, tzinfo=UTC), True), outlives_link)


def emptied(mailbox: Mailbox) -> list[object]:
    found: list[object] = []
    while (letter := mailbox.first(only_instructed=False)) is not None:
        found.append(letter.content)
        mailbox.taken(letter)
    return found


async def test_a_flood_of_events_leaves_reports_and_statuses_alone() -> None:
    mailbox = Mailbox()
    mailbox.open()
    part = OutgoingCall("NotifyReport", {})
    mailbox.post(part)
    told = status(1, EvseStatus.AVAILABLE, at=1)
    mailbox.say(told)
    for number in range(2 * MOST_WAITING):
        mailbox.say(event(number))
    left = emptied(mailbox)
    assert left[:2] == [part, told]
    assert left[2:] == [event(number) for number in range(2 * MOST_WAITING - MOST_EVENTS_WAITING, 2 * MOST_WAITING)]


async def test_a_lost_link_keeps_what_is_not_told_again() -> None:
    mailbox = Mailbox()
    mailbox.open()
    mailbox.say(event(1))
    mailbox.say(event(2, outlives_link=True))
    mailbox.close()
    mailbox.say(event(3))
    mailbox.open()
    assert emptied(mailbox) == [event(2, outlives_link=True), event(3)]
