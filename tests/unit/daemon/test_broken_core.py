"""A core that does not keep up has no pulse: its permission is not renewed, so that the lease ends it."""

import asyncio
from contextlib import suppress

from chargepoint.charging.effects import Effect
from chargepoint.charging.events import Event, EvseObserved, TimePassed
from chargepoint.charging.station import Station
from chargepoint.daemon.directive_book import CORE_FRESH_SECONDS
from chargepoint.model.moment import Moment
from support.virtual_time import run_virtual
from unit.daemon.neighbours import House, charging, live_in, play


class BrokenError(Exception):
    pass


def break_core(house: House, *kinds: type[Event]) -> None:
    """From now on the core fails on these events, as an unknown bug would make it."""
    station: Station = house.controller._station
    healthy = station.handle

    def handle(event: Event, moment: Moment) -> list[Effect]:
        if isinstance(event, kinds):
            raise BrokenError
        return healthy(event, moment)

    station.handle = handle  # type: ignore[method-assign]  # the bug


async def look_in_vain(house: House, seconds: float) -> None:
    for _ in range(int(seconds * 2)):
        await asyncio.sleep(0.5)
        with suppress(BrokenError):
            house.look()


def test_observations_that_the_core_does_not_take_in_renew_nothing() -> None:
    async def story(house: House) -> None:
        await charging(house)
        break_core(house, EvseObserved)
        broken_at = asyncio.get_running_loop().time()
        await look_in_vain(house, 30)
        permitted_at = [at for at, directive in house.sent if directive.power_allowed]
        assert permitted_at[-1] <= broken_at + CORE_FRESH_SECONDS
        assert house.controller.heartbeat_at <= broken_at + CORE_FRESH_SECONDS

        house.controller.safety_link_opened()
        assert [at for at, directive in house.sent if directive.power_allowed] == permitted_at

    play(story)


def test_a_core_that_can_not_take_a_step_renews_nothing() -> None:
    async def story(house: House) -> None:
        await charging(house)
        break_core(house, TimePassed)
        house.sent.clear()
        renewals = asyncio.create_task(house.controller.renew_directives())
        await asyncio.sleep(30)
        assert isinstance(renewals.exception(), BrokenError)
        assert not house.permissions

    async def whole() -> None:
        house = House()
        with suppress(BrokenError):
            await live_in(house, story)
        assert not house.permissions

    run_virtual(whole())


def test_a_core_that_keeps_up_is_renewed() -> None:
    async def story(house: House) -> None:
        await charging(house)
        await house.look_on(120)
        assert asyncio.get_running_loop().time() - house.controller.heartbeat_at <= 1.5
        assert house.outlet.is_closed

    play(story)
