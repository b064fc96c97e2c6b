"""What is known of the revocation of the station's V2G certificates, over weeks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from chargepoint.app.contract_rules import ContractRules
from chargepoint.app.v2g_revocation import V2gRevocation
from chargepoint.model.errors import CsmsError
from chargepoint.model.moment import Moment
from chargepoint.model.plug_and_charge import Answer, OcspData, Question, RevocationQuestion
from chargepoint.settings import catalogue
from chargepoint.settings.store import SettingsStore
from support.contract_ev import BEGINS, issue, ocsp_response
from support.virtual_time import run_virtual

DAY_SECONDS = 86_400.0
LEAF, SUB_CA = (OcspData("SHA256", "a", "b", number, "http://ocsp.example/") for number in ("1", "2"))
ROOT = issue("root")


@dataclass
class World:
    """A CSMS that says what it knows, a clock that is right, and a chain of which one part names no responder."""

    asked: list[tuple[float, OcspData]] = field(default_factory=list)
    is_there: bool = True
    knows: Callable[[], str | None] = lambda: "MAoK"
    settings: SettingsStore = field(default_factory=SettingsStore)

    def now(self) -> Moment:
        seconds = asyncio.get_running_loop().time()
        return Moment(seconds, BEGINS + timedelta(seconds=seconds), True)

    def synchronise(self, csms_utc: object) -> bool:
        return False

    async def chain(self) -> tuple[OcspData | None, ...]:
        return LEAF, None, SUB_CA

    async def ask(self, question: Question) -> Answer:
        assert isinstance(question, RevocationQuestion)
        if not self.is_there:
            raise CsmsError("there is no link to the CSMS")
        self.asked.append((asyncio.get_running_loop().time(), question.ocsp))
        text = self.knows()
        return Answer(text is not None, text)

    def days(self) -> list[int]:
        """On which days it was asked for the leaf."""
        return [round(at / DAY_SECONDS) for at, name in self.asked if name == LEAF]


Story = Callable[[World, V2gRevocation], Awaitable[None]]


@contextmanager
def running(revocation: V2gRevocation) -> Iterator[None]:
    task = asyncio.create_task(revocation.run())
    try:
        yield
    finally:
        task.cancel()


def tell(story: Story) -> None:
    async def whole() -> None:
        world = World()
        revocation = V2gRevocation(world.chain, world.ask, ContractRules(world.settings), world)
        with running(revocation):
            await story(world, revocation)

    run_virtual(whole(), give_up_after_seconds=60 * DAY_SECONDS)


@pytest.mark.requirement("M06.FR.06", "M06.FR.10")
def test_it_is_asked_for_again_within_each_week() -> None:
    async def story(world: World, revocation: V2gRevocation) -> None:
        for _ in range(28):
            await asyncio.sleep(DAY_SECONDS)
            assert await revocation.current() == ("MAoK", None, "MAoK")
        assert world.days() == [0, 6, 12, 18, 24]

    tell(story)


@pytest.mark.requirement("M06.FR.07")
def test_after_a_new_certificate_all_is_asked_for_at_once() -> None:
    async def story(world: World, revocation: V2gRevocation) -> None:
        await asyncio.sleep(10)
        world.is_there = False
        revocation.renew()
        await asyncio.sleep(10)
        world.is_there = True
        await asyncio.sleep(120)
        assert [name for _, name in world.asked] == [LEAF, SUB_CA] * 2

    tell(story)


def test_what_is_too_old_is_not_shown() -> None:
    async def story(world: World, revocation: V2gRevocation) -> None:
        await asyncio.sleep(10)
        world.is_there = False
        await asyncio.sleep(7 * DAY_SECONDS - 60)
        assert await revocation.current() == ("MAoK", None, "MAoK")
        await asyncio.sleep(120)
        assert await revocation.current() == (None, None, None)
        world.is_there = True
        await asyncio.sleep(2 * 3600)
        assert await revocation.current() == ("MAoK", None, "MAoK")

    tell(story)


def test_a_response_ends_when_it_says_so_and_is_renewed_before() -> None:
    async def story(world: World, revocation: V2gRevocation) -> None:
        def good_for_a_day() -> str:
            utc = world.now().utc
            return ocsp_response(ROOT, ROOT, utc, utc + timedelta(days=1))

        world.knows = good_for_a_day
        await asyncio.sleep(10)
        (first, _, _) = await revocation.current()
        await asyncio.sleep(DAY_SECONDS - 3600)
        (second, _, _) = await revocation.current()
        assert first is not None
        assert second is not None
        assert first != second
        world.is_there = False
        await asyncio.sleep(DAY_SECONDS + 3600)
        assert await revocation.current() == (None, None, None)

    tell(story)


def test_a_csms_that_does_not_know_is_asked_each_hour_and_keeps_what_is_there() -> None:
    async def story(world: World, revocation: V2gRevocation) -> None:
        world.knows = lambda: None
        await asyncio.sleep(3 * 3600 + 60)
        assert world.days() == [0] * 4
        assert await revocation.current() == (None, None, None)
        world.knows = lambda: "MAoK"
        await asyncio.sleep(3600)
        world.knows = lambda: None
        revocation.renew()
        await asyncio.sleep(60)
        assert await revocation.current() == ("MAoK", None, "MAoK")

    tell(story)


def test_switched_off_nobody_is_asked() -> None:
    async def story(world: World, revocation: V2gRevocation) -> None:
        world.settings.apply(catalogue.ISO15118_ENABLED, "false")
        revocation.renew()
        await asyncio.sleep(10)
        world.asked.clear()
        await asyncio.sleep(DAY_SECONDS)
        assert world.asked == []
        world.settings.apply(catalogue.ISO15118_ENABLED, "true")
        await asyncio.sleep(3600)
        assert world.asked

    tell(story)
