"""The live demonstration behind `tools/run`: real processes on loopback play one billed session, shown as it happens.

Everything it knows of the station it learns as anybody could: from the bench, the CSMS and the local interface. It
imports nothing of the station itself.
"""

from live_session.command import main

__all__ = ["main"]
