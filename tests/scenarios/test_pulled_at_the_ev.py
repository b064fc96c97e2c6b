"""Somebody pulls the plug at the EV; the cable stays in the station's socket."""

from pathlib import Path

from scenarios.stories import Operator, all_told, is_1_6, only_transaction, tell, under_both
from support.rig import KNOWN_TOKEN, Rig

SECOND_CARD = "0499AA11"


@under_both
def test_the_cable_stays_locked_until_its_owner_shows_the_card(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        rig.plug_out(cable_stays=True)
        await rig.until(lambda: not rig.is_live(), 0.5)
        await all_told(rig)
        await rig.wait(30)
        assert rig.truth()["locked"] is True, "anyone could steal it"
        await rig.swipe(SECOND_CARD)
        await rig.wait(5)
        assert rig.truth()["locked"] is True
        await rig.swipe(KNOWN_TOKEN)
        await rig.until(lambda: rig.truth()["locked"] is False, 5)

    tell(tmp_path, version, story, settings={"unlock_connector_on_ev_side_disconnect": "false"})


@under_both
def test_where_the_setting_unlocks_the_cable_is_free(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig) -> None:
        await rig.charge(10)
        rig.plug_out(cable_stays=True)
        await all_told(rig)
        await rig.until(lambda: rig.truth()["locked"] is False, 10)

    tell(tmp_path, version, story)


@under_both
def test_an_ev_that_was_pulled_and_came_back_is_stopped_like_any_other(tmp_path: Path, version: str) -> None:
    """With free vend on: what the CSMS has stopped does not begin again by itself."""
    settings = {
        "stop_transaction_on_ev_side_disconnect": "false",
        "tx_stop_point": "Authorized",
        "free_vend_active": "true",
    }

    async def story(rig: Rig) -> None:
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.wait(10)
        rig.plug_out(cable_stays=True)
        await rig.wait(10)
        assert only_transaction(rig).is_running
        assert rig.truth()["locked"] is True, "as long as the transaction lasts"
        rig.plug_in()
        await rig.until(rig.is_live, 90)
        await rig.wait(10)
        number = only_transaction(rig).transaction_id
        assert await Operator(rig).stop(int(number) if is_1_6(rig) else number) == "Accepted"
        await rig.until(lambda: not rig.is_live(), 15)
        await rig.wait(60)
        assert not rig.is_live()
        assert not only_transaction(rig).is_running

    tell(tmp_path, version, story, settings=settings)
