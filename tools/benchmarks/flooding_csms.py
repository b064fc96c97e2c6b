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

from dev_csms.__main__ import serve_until_told
from dev_csms.connection import CallFailedError
from dev_csms.desk import CsmsPolicy
from dev_csms.server import DevCsms
from dev_csms.wire import Json

FRAME_BYTES = 1_000_000
IDLE_SECONDS = 0.2
PERIOD: Json = {"startPeriod": 86400, "limit": 16.5, "numberPhases": 3, "note": "x" * 60}


def flood_payload() -> Json:
    """A DataTransfer of about FRAME_BYTES: thousands of small objects, as in a schedule that got out of hand."""
    return {"vendorId": "flood", "data": [PERIOD] * (FRAME_BYTES // len(json.dumps(PERIOD, separators=(",", ":"))))}


async def flood(csms: DevCsms) -> None:
    """The next request as soon as the last one is answered, as OCPP-J allows; until cancelled."""
    payload = flood_payload()
    while True:
        running = [item.station for item in csms.transactions if item.is_running]
        if not running:
            await asyncio.sleep(IDLE_SECONDS)
            continue
        try:
            await csms.gate.connection(running[0]).call("DataTransfer", payload)
        except CallFailedError:
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
    asyncio.run(serve(parser.parse_args().ports_file))
