"""A CSMS that pours 1 MB requests over a station while a transaction runs: `flooding_csms.py --ports-file FILE`.

It is the development CSMS with one bad habit; frames are forgotten at once, or its memory would be the benchmark.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from websockets.exceptions import ConnectionClosed

from dev_csms.__main__ import serve_until_told
from dev_csms.connection import CallFailedError
from dev_csms.desk import CsmsPolicy
from dev_csms.server import DevCsms

FRAME_BYTES = 1_000_000
IDLE_SECONDS = 0.2


def flood_frame(number: int) -> str:
    """A DataTransfer of FRAME_BYTES, made of many small JSON values: the hardest to parse."""
    head = f'[2,"flood-{number}","DataTransfer",{{"vendorId":"flood","data":['
    values = (FRAME_BYTES - len(head) - 3) // 2
    return f"{head}{','.join(['7'] * values)}]}}]"


async def flood(csms: DevCsms) -> None:
    """As fast as the station takes them, until cancelled."""
    number = 0
    while True:
        running = [item.station for item in csms.transactions if item.is_running]
        if not running:
            await asyncio.sleep(IDLE_SECONDS)
            continue
        number += 1
        try:
            await csms.gate.connection(running[0]).send(flood_frame(number))
        except (CallFailedError, ConnectionClosed):
            await asyncio.sleep(IDLE_SECONDS)


async def serve(ports_file: Path) -> None:
    csms = DevCsms(policy=CsmsPolicy(frames_kept=8))
    flooding = asyncio.create_task(flood(csms))
    try:
        await serve_until_told(csms, ports_file)
    finally:
        flooding.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports-file", type=Path, required=True)
    print(json.dumps({"frame_bytes": len(flood_frame(1))}))
    asyncio.run(serve(parser.parse_args().ports_file))
