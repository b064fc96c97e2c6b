"""A renewal of the station's certificate that gets lost: on the way, in the CSMS, in a restart; and when it is over."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.app.certificate_watch import LOOK_SECONDS
from scenarios.test_station_signing import LONG_SECONDS, OPERATOR, Desk, refused, tell

SOON_ENDS = timedelta(days=29)
"""A renewal is due at the first look that has somebody to ask."""


def cut_off(desk: Desk) -> None:
    """The link, as the first request goes out."""

    def watch(direction: str, text: str) -> None:
        before = len(desk.at)
        desk.note(direction, text)
        if before == 0 and len(desk.at) == 1:
            desk.rig.csms.cut()

    desk.rig.csms.watch = watch


def erred(desk: Desk, most_requests: int = 1) -> None:
    """A CALLERROR for so many requests."""

    def rewritten(text: str) -> str:
        is_status = text.startswith("[3") and '"Accepted"' in text and "currentTime" not in text
        if is_status and 1 <= len(desk.at) <= most_requests:
            return json.dumps([4, json.loads(text)[1], "InternalError", "busy", {}])
        return text

    desk.rig.csms.rewrite = rewritten


async def restart(desk: Desk) -> None:
    boots = len(desk.rig.csms.record.boots)
    await desk.rig.stop_controller()
    await desk.rig.start_controller()
    await desk.rig.until(lambda: len(desk.rig.csms.record.boots) > boots, 60)


@pytest.mark.requirement("A03.FR.02", "A03.FR.03")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("lose", [cut_off, erred])
def test_a_renewal_that_gets_no_answer_is_asked_for_at_a_later_look_and_once_answered_never_again(
    tmp_path: Path, version: str, lose: Callable[[Desk], None]
) -> None:
    async def story(desk: Desk) -> None:
        if version == "2.0.1":
            assert await desk.set("CertSigningWaitMinimum", "0") == "Accepted"
        lose(desk)
        await desk.rig.rest(4 * LONG_SECONDS)
        assert len(desk.at) == 2
        assert LOOK_SECONDS <= desk.waits()[0] <= 2 * LOOK_SECONDS, "not at once: the answer may still come"
        await restart(desk)
        await desk.rig.rest(2 * LONG_SECONDS)
        assert len(desk.at) == 2

    tell(tmp_path, story, version, SOON_ENDS)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_renewal_that_nobody_answers_is_asked_for_less_and_less_often(tmp_path: Path, version: str) -> None:
    async def story(desk: Desk) -> None:
        erred(desk, most_requests=1000)
        await desk.rig.rest(10 * LONG_SECONDS)
        assert desk.waits() == pytest.approx([LOOK_SECONDS, 2 * LOOK_SECONDS, 4 * LOOK_SECONDS], abs=30)

    tell(tmp_path, story, version, SOON_ENDS)


@pytest.mark.requirement("A03.FR.17", "A03.FR.19")
def test_a_renewal_that_a_restart_cuts_off_is_asked_for_anew_and_one_that_was_repeated_enough_is_not(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        assert await desk.set("CertSigningWaitMinimum", "120") == "Accepted"
        assert await desk.set("CertSigningRepeatTimes", "0") == "Accepted"
        await desk.rig.until(lambda: len(desk.at) == 1, 2 * LOOK_SECONDS)
        await desk.rig.wait(10)
        await restart(desk)
        await desk.rig.rest(2 * LONG_SECONDS)
        first, second, third = desk.requests
        assert first != second == third
        assert desk.waits()[1] == pytest.approx(120, abs=3)
        await restart(desk)
        await desk.rig.rest(2 * LONG_SECONDS)
        assert len(desk.at) == 3

    tell(tmp_path, story, own_ends_in=SOON_ENDS)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_renewal_that_the_csms_rejects_is_not_asked_for_again_over_a_restart(tmp_path: Path, version: str) -> None:
    async def story(desk: Desk) -> None:
        refused(desk)
        await desk.rig.rest(2 * LONG_SECONDS)
        desk.rig.csms.rewrite = lambda text: text
        await restart(desk)
        await desk.rig.rest(2 * LONG_SECONDS)
        assert len(desk.at) == 1

    tell(tmp_path, story, version, SOON_ENDS)


def test_a_renewal_that_lacks_the_operators_name_is_asked_for_once_it_is_there(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert await desk.set("CertSigningWaitMinimum", "0") == "Accepted"
        assert await desk.set("OrganizationName", " ") == "Accepted"
        await desk.rig.rest(2 * LONG_SECONDS)
        assert desk.at == []
        assert await desk.set("OrganizationName", OPERATOR) == "Accepted"
        await desk.rig.rest(4 * LONG_SECONDS)
        assert len(desk.at) == 1

    tell(tmp_path, story, own_ends_in=SOON_ENDS)
