"""What the stories of the display share: the CSMS's orders, its answers, and what a person sees."""

from datetime import timedelta
from typing import Any

from scenarios.stories import calls_of_station, only_transaction
from support.rig import Rig

REQUEST = 4711


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


def info(number: int = 1, text: str = "Welcome", format: str = "UTF8", **more: Any) -> dict[str, Any]:  # noqa: A002
    """MessageInfoType."""
    return {"id": number, "priority": "NormalCycle", "message": {"format": format, "content": text}, **more}


async def put(rig: Rig, number: int = 1, text: str = "Welcome", **more: Any) -> str:
    """SetDisplayMessage; the memory state SetDisplayMessage of the errata."""
    answer = await ask(rig, "SetDisplayMessage", {"message": info(number, text, **more)})
    await rig.wait(0.5)
    return str(answer["status"])


async def clear(rig: Rig, number: int) -> str:
    return str((await ask(rig, "ClearDisplayMessage", {"id": number}))["status"])


async def wanted(rig: Rig, **criteria: Any) -> str:
    return str((await ask(rig, "GetDisplayMessages", {"requestId": REQUEST, **criteria}))["status"])


async def told(rig: Rig, **criteria: Any) -> list[dict[str, Any]]:
    """The messages of the NotifyDisplayMessages that follow an accepted request, all parts."""
    before = len(calls_of_station(rig, "NotifyDisplayMessages"))
    assert await wanted(rig, **criteria) == "Accepted"

    def parts() -> list[dict[str, Any]]:
        return calls_of_station(rig, "NotifyDisplayMessages")[before:]

    await rig.until(lambda: any(not part["tbc"] for part in parts()), 20, "all parts")
    assert [part["tbc"] for part in parts()] == [True] * (len(parts()) - 1) + [False]
    assert {part["requestId"] for part in parts()} == {REQUEST}
    return [message for part in parts() for message in part["messageInfo"]]


def on_display(rig: Rig) -> int | None:
    """The id of the message that a person sees, by the display's own word."""
    message = rig.shown.message
    assert rig.assembly is not None
    assert message == rig.assembly.controller.snapshot().display.current
    return None if message is None else message.message_id


async def seen_over(rig: Rig, seconds: float) -> set[int | None]:
    """Every message that was on the display meanwhile."""
    seen = {on_display(rig)}
    for _ in range(int(seconds)):
        await rig.wait(1)
        seen.add(on_display(rig))
    return seen


def later(rig: Rig, seconds: float = 60.0) -> str:
    return (rig.utc_now() + timedelta(seconds=seconds)).isoformat()


async def charging(rig: Rig) -> str:
    """Reusable state EnergyTransferStarted; the transaction's id."""
    await rig.charge(5)
    await rig.drained()
    return str(only_transaction(rig).transaction_id)


async def restarted(rig: Rig) -> None:
    """Reusable state Booted."""
    boots = len(rig.csms.record.boots)
    await rig.power_cut()
    await rig.wait(5)
    await rig.power_up()
    await rig.until(lambda: len(rig.csms.record.boots) > boots, 20, "the boot")
    await rig.wait(2)


async def variables(rig: Rig) -> dict[str, dict[str, Any]]:
    """The rows of the full inventory, by component and variable."""
    before = len(calls_of_station(rig, "NotifyReport"))
    assert (await ask(rig, "GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"}))["status"] == "Accepted"

    def parts() -> list[dict[str, Any]]:
        return calls_of_station(rig, "NotifyReport")[before:]

    await rig.until(lambda: any(not part["tbc"] for part in parts()), 60, "the whole report")
    rows = [row for part in parts() for row in part["reportData"]]
    return {f"{row['component']['name']}.{row['variable']['name']}": row for row in rows}
