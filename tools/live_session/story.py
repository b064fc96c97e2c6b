"""The two stories that are played: one session, and one session through an outage and a power cut."""

from chargepoint.charging.token_stops import START_DEAD_SECONDS
from live_session.picture import Picture
from live_session.settlement import Settlement
from live_session.stage import STATION_PROCESSES, Stage

LONGEST_RESUME_SECONDS = 60.0
SHORTEST_CHARGE_SECONDS = START_DEAD_SECONDS + 0.5
"""Sooner the same card stops nothing: it may be the one that was held a moment too long."""


async def play_session(stage: Stage, charge_seconds: float) -> Settlement:
    """Plug in, swipe, charge, swipe, plug out; the bill beside the meter."""
    before_wh = await start_charging(stage)
    await _charge(stage, max(charge_seconds, SHORTEST_CHARGE_SECONDS))
    await _stop_charging(stage)
    return await _settle(stage, before_wh)


async def play_offline(stage: Stage, charge_seconds: float) -> Settlement:
    """The CSMS goes in the middle, then the power; nothing of the bill may be lost."""
    say = stage.screen.say
    share_seconds = charge_seconds / 3
    before_wh = await start_charging(stage)
    await _charge(stage, share_seconds)
    say("the CSMS is cut: its port is closed and the connection dropped")
    await stage.cut_csms()
    await stage.until_station_sees("the station to notice", lambda seen: seen.csms["state"] != "accepted")
    say("charging goes on offline, reports queue up on the disk")
    await _charge(stage, share_seconds)
    await _cut_power_and_restore(stage)
    if stage.picture.transaction:
        say("the session goes on")
        await stage.until_station_sees("the EV to charge again", _is_charging, LONGEST_RESUME_SECONDS)
        await _charge(stage, share_seconds)
        await _stop_charging(stage)
    else:
        say("the station has ended the session because of the power loss; unplugging")
        await stage.plug_out()
    say("the CSMS comes back; the station finds it by itself")
    await stage.bring_csms_back()
    return await _settle(stage, before_wh)


async def _cut_power_and_restore(stage: Stage) -> None:
    say = stage.screen.say
    say("power cut: safety process and controller are killed with -9")
    stage.cut(*STATION_PROCESSES)
    await stage.until_world_is("the contactor to drop by itself", lambda seen: seen.real["contactor_closed"] is False)
    say("the hardware's monoflop has opened the contactor; power is back, the CSMS is still away")
    stage.start_station()
    await stage.until_station_sees("the station to know where it stands", _has_decided, LONGEST_RESUME_SECONDS)


async def start_charging(stage: Stage) -> float:
    """The register before the session."""
    before_wh = await stage.register_wh()
    stage.screen.say("an EV is plugged in")
    await stage.plug_in()
    await stage.until_station_sees("the station to see the EV", lambda seen: seen.evse["session"] == "plugged")
    stage.screen.say("a card is swiped")
    await stage.swipe()
    await stage.until_station_sees("the EV to charge", _is_charging)
    return before_wh


async def _charge(stage: Stage, seconds: float) -> None:
    stage.screen.say(f"charging for {seconds:.0f} s")
    await stage.let_pass(seconds)


async def _stop_charging(stage: Stage) -> None:
    stage.screen.say("the same card is swiped again")
    await stage.swipe()
    await stage.until_station_sees("the transaction to end", lambda seen: not seen.transaction)
    stage.screen.say("the EV is plugged out")
    await stage.plug_out()
    await stage.until_station_sees("the session to end", lambda seen: seen.evse["session"] == "idle")


async def _settle(stage: Stage, before_wh: float) -> Settlement:
    stage.screen.say("waiting for the bill")
    await stage.until_billed()
    return await stage.settle(await stage.register_wh() - before_wh)


def _is_charging(seen: Picture) -> bool:
    return bool(seen.transaction) and seen.evse.get("contactor") == "closed" and any(seen.real.get("amps", ()))


def _has_decided(seen: Picture) -> bool:
    return bool(seen.safety.get("connected")) and seen.evse.get("session") in ("transaction", "finished", "plugged")
