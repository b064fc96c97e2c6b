"""Real child processes: what fails is named with its last words, and nobody is left behind."""

from pathlib import Path

import pytest

from live_session.children import Children, StepFailedError

SLEEPER = ("-c", "import time; print('here', flush=True); time.sleep(600)")


async def never() -> bool:
    return False


async def test_a_process_that_ends_is_named_with_its_last_words(tmp_path: Path) -> None:
    children = Children(tmp_path)
    children.start("broken", "-c", "print('the reason'); raise SystemExit(3)")
    with pytest.raises(StepFailedError, match=r"(?s)broken.*exit code 3.*the reason"):
        await children.until("a miracle", never, timeout_seconds=30.0, concerned="broken")
    await children.stop()


async def test_time_that_is_up_is_told_with_what_was_awaited(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("sleeper", *SLEEPER)
    try:
        with pytest.raises(StepFailedError, match="a miracle"):
            await children.until("a miracle", never, timeout_seconds=0.0, concerned="sleeper")
    finally:
        await children.stop()
    assert not child.is_alive


async def test_all_are_ended_even_one_that_ignores_sigterm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live_session.children.STOP_PATIENCE_SECONDS", 0.1)
    children = Children(tmp_path)
    stubborn = children.start("stubborn", "-c", "import signal; signal.signal(15, signal.SIG_IGN); " + SLEEPER[1])

    async def is_deaf() -> bool:
        return "here" in stubborn.last_lines()

    await children.until("it to listen", is_deaf, timeout_seconds=30.0, concerned="stubborn")
    other = children.start("other", *SLEEPER)
    await children.stop()
    assert not stubborn.is_alive
    assert not other.is_alive


async def test_a_cut_process_is_not_missed(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("sleeper", *SLEEPER)
    children.cut("sleeper")
    children.require_all()
    assert child.process.returncode == -9
