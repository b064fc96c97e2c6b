"""The safety process: pilot, contactor, lock and interlocks in one fixed-period loop.

No asyncio, no disk and no network in the loop, and none of pydantic, typer or rich in the process. Pure here: plan
values, lease, interlocks, the watches and the loop itself (it is told the time). Shells: process, link and client.
"""
