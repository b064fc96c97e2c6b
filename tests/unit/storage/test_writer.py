"""Who writes: one thread, one piece of work after the other."""

import threading

from chargepoint.storage.writer import ThreadWriter


async def test_what_may_be_done_later_holds_up_who_asks_for_it_no_longer_and_comes_before_what_is_asked_next() -> None:
    writer = ThreadWriter()
    may_go_on = threading.Event()
    done: list[str] = []

    def first() -> None:
        def long() -> None:
            may_go_on.wait()
            done.append("long")

        writer.later(long)
        done.append("first")

    await writer.run(first)
    assert done == ["first"]
    may_go_on.set()
    await writer.run(lambda: done.append("second"))
    assert done == ["first", "long", "second"]
    await writer.close()


async def test_the_end_waits_for_what_was_left_for_later() -> None:
    writer = ThreadWriter()
    done: list[str] = []
    writer.later(lambda: done.append("long"))
    await writer.close()
    assert done == ["long"]
