"""The operator's hand on the configuration keys of 1.6, for the stories about what a key changes."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from scenarios.stories import tell
from support.rig import Rig


def tell_1_6(directory: Path, story: Callable[[Rig], Awaitable[None]], **options: Any) -> None:
    tell(directory, "1.6", story, **options)


async def change(rig: Rig, key: str, value: object) -> str:
    """ChangeConfiguration's status."""
    answer = await rig.csms.call("ChangeConfiguration", {"key": key, "value": str(value)})
    assert answer.payload is not None, answer.error
    return str(answer.payload["status"])


async def accepted(rig: Rig, **keys: object) -> None:
    """Each of these is taken at once and told as it was written: Accepted, not RebootRequired."""
    for key, value in keys.items():
        assert await change(rig, key, value) == "Accepted", key
        assert await read(rig, key) == str(value), key


async def entry(rig: Rig, key: str) -> dict[str, Any]:
    answer = await rig.csms.call("GetConfiguration", {"key": [key]})
    assert answer.payload is not None, answer.error
    (found,) = answer.payload["configurationKey"]
    return dict(found)


async def read(rig: Rig, key: str) -> str | None:
    value = (await entry(rig, key)).get("value")
    return None if value is None else str(value)


async def is_told_and_fixed(rig: Rig, key: str, value: str, other: str) -> None:
    """A read-only key: told as such, and not to be changed."""
    assert await entry(rig, key) == {"key": key, "readonly": True, "value": value}
    assert await change(rig, key, other) == "Rejected"
    assert await read(rig, key) == value
