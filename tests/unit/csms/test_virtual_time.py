"""The loop that every story about waiting relies on."""

import asyncio
import threading

import pytest

from support.virtual_time import StalledError, VirtualTimeLoop, run_virtual


def test_ten_hours_pass_in_order() -> None:
    async def story() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        seen: list[tuple[str, float]] = []

        async def sleeper(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append((name, loop.time()))

        await asyncio.gather(sleeper("late", 36_000), sleeper("early", 5), sleeper("day", 100_000))
        return seen

    assert run_virtual(story()) == [("early", 5.0), ("late", 36_000.0), ("day", 100_000.0)]


def test_the_clock_stands_still_while_a_thread_works() -> None:
    async def story() -> float:
        may_finish = threading.Event()
        work = asyncio.create_task(asyncio.to_thread(may_finish.wait, 10))
        timer = asyncio.create_task(asyncio.sleep(3600))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        threading.Timer(0.02, may_finish.set).start()
        assert await work
        timer.cancel()
        return asyncio.get_running_loop().time()

    assert run_virtual(story()) == 0.0


def test_a_deadlock_is_told_instead_of_hanging() -> None:
    async def story() -> None:
        await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner, pytest.raises(StalledError, match="deadlock"):
        runner.run(story())


def test_a_story_that_never_ends_is_given_up() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()

        def tick() -> None:
            loop.call_later(60, tick)

        tick()
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run_virtual(story(), give_up_after_seconds=3600)
