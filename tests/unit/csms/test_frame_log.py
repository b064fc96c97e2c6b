"""What people may see of the wire."""

import asyncio

import pytest

from chargepoint.csms.frame_log import Direction, FrameLog, masked
from unit.csms.fake_neighbours import NOON


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"SECRET"}]',
        '[2,"1","ChangeConfiguration",{"value":"SECRET","key":"authorizationKEY"}]',
        '[2,"1","SetVariables",{"setVariableData":[{"attributeValue":"5","variable":{"name":"X"}},'
        '{"attributeValue":"SECRET","variable":{"name":"BasicAuthPassword"}}]}]',
        '[2,"1","SetNetworkProfile",{"connectionData":{"apn":{"apnPassword":"x"},"vpn":{"password":"SECRET"}}}]',
        '[2,"1","GetLog",{"log":{"remoteLocation":"ftp://user:SECRET@host/path"}}]',
        '[2,"1","X",{"key":"AuthorizationKey","value":"SECRET"',
        "SECRET" * 20_000,
        "[" * 500 + '"SECRET"' + "]" * 500,
    ],
)
def test_no_secret_is_shown(text: str) -> None:
    assert "SECRET" not in masked(text)


def test_of_a_token_the_last_four_characters_stay() -> None:
    assert masked('[2,"1","Authorize",{"idTag":"04A2B3C4"}]') == '[2,"1","Authorize",{"idTag":"…B3C4"}]'
    shown = masked('[2,"1","A",{"idToken":{"idToken":"ABC","type":"Central"}}]')
    assert shown == '[2,"1","A",{"idToken":{"idToken":"…","type":"Central"}}]'


async def test_the_newest_frames_stay_and_a_slow_watcher_misses_the_oldest() -> None:
    log = FrameLog(lambda: NOON, kept=3)
    stream = log.watch()
    first = asyncio.create_task(stream.__anext__())
    await asyncio.sleep(0)
    for number in range(150):
        log.note(Direction.SENT, f"[3,{number}]")
    assert [frame.number for frame in log.last()] == [148, 149, 150]
    assert (await first).number > 1
    assert (await anext(stream)).direction is Direction.SENT
    await stream.aclose()
    log.note(Direction.RECEIVED, "[]")
    assert log.last()[-1].utc == NOON
