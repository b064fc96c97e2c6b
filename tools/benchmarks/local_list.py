"""A local list of 10 000 entries sent while charging: how long it takes, and what the controller's loop and lease feel.

The loop is watched from outside: whoever asks the panel for the status waits for as long as the loop is busy.
"""

import asyncio
import time
from dataclasses import dataclass, field

from benchmarks.laboratory import laboratory
from benchmarks.report import Row, milliseconds
from live_session.folder import IDENTITY, Recipe
from live_session.http import Http
from live_session.stage import Stage
from live_session.story import start_charging

ENTRIES, QUICK_ENTRIES = 10_000, 2_000
LOOP_SECONDS = 0.25
LEASE_LEFT_SECONDS = 18.0
"""Of 20: it is renewed each second."""
BETWEEN_LOOKS_SECONDS = 0.01
ANSWER_SECONDS = 60
EVSE = "1"


@dataclass(slots=True)
class Watch:
    """What was seen of the controller meanwhile."""

    waits_seconds: list[float] = field(default_factory=list)
    leases_seconds: list[float] = field(default_factory=list)

    async def look_on(self, http: Http, panel: str) -> None:
        """For ever."""
        while True:
            began = time.perf_counter()
            status = await http.get(f"{panel}/api/status")
            self.waits_seconds.append(time.perf_counter() - began)
            left = status["evses"][EVSE]["lease_remaining_seconds"]
            if left is not None:
                self.leases_seconds.append(left)
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)


async def measure(is_quick: bool) -> list[Row]:
    """One row for chunks of the default size, one for the largest that a frame holds."""
    count = QUICK_ENTRIES if is_quick else ENTRIES
    return [await _send(count, chunk) for chunk in (1000, 5000)]


async def _send(count: int, chunk: int) -> Row:
    recipe = Recipe(ocpp="1.6", sample_seconds=60, log_level="WARNING", settings={"SendLocalListMaxLength": chunk})
    async with laboratory(recipe) as stage:
        await stage.start_world()
        await stage.open_station()
        await start_charging(stage)
        watch = Watch()
        async with Http(ANSWER_SECONDS) as http:
            idle_seconds = await _idle_wait(http, stage)
            looking = asyncio.create_task(watch.look_on(http, str(stage.watch.addresses.panel)))
            began = time.perf_counter()
            statuses = [
                await _send_part(http, stage, first, min(chunk, count - first)) for first in range(0, count, chunk)
            ]
            took_seconds = time.perf_counter() - began
            looking.cancel()
        longest, lease = max(watch.waits_seconds), min(watch.leases_seconds)
        is_whole = statuses == ["Accepted"] * len(statuses)
        note = f"{took_seconds:.1f} s in all, {len(watch.waits_seconds)} looks; {milliseconds(idle_seconds)} when idle"
        return Row(
            f"local list of {count} entries in parts of {chunk} while charging",
            f"status within {milliseconds(LOOP_SECONDS)}, lease never below {LEASE_LEFT_SECONDS:g} s",
            f"longest wait {milliseconds(longest)}, least lease {lease:.1f} s" + ("" if is_whole else f", {statuses}"),
            is_whole and longest <= LOOP_SECONDS and lease >= LEASE_LEFT_SECONDS,
            note,
        )


async def _idle_wait(http: Http, stage: Stage) -> float:
    began = time.perf_counter()
    await http.get(f"{stage.watch.addresses.panel}/api/status")
    return time.perf_counter() - began


async def _send_part(http: Http, stage: Stage, first: int, count: int) -> str:
    info = {"status": "Accepted", "expiryDate": "2030-01-01T00:00:00Z", "parentIdTag": "FLEET000000000000001"}
    payload = {
        "listVersion": first + 1,
        "updateType": "Differential" if first else "Full",
        "localAuthorizationList": [
            {"idTag": f"TAG{number:017d}", "idTagInfo": info} for number in range(first, first + count)
        ],
    }
    body = {"action": "SendLocalList", "payload": payload, "timeout_seconds": ANSWER_SECONDS}
    answer = await http.post(f"{stage.watch.addresses.csms_control}/stations/{IDENTITY}/call", body)
    return str((answer.get("payload") or answer).get("status"))
