"""Makes this process punctual, as far as the machine lets it: scheduling class, locked memory, quiet collector."""

import ctypes
import gc
import logging
import os

logger = logging.getLogger(__name__)

FIFO_PRIORITY = 50
MCL_CURRENT = 1
MCL_FUTURE = 2
MCL_ONFAULT = 4
FULL_COLLECTION_EVERY = 60


def ask_for_punctuality() -> None:
    """SCHED_FIFO and locked memory; what is not allowed is one line in the log."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    except OSError as error:
        logger.warning("SCHED_FIFO not granted (%s): ticks may be late; allow LimitRTPRIO in the unit", error.strerror)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0:
        reason = os.strerror(ctypes.get_errno())
        logger.warning("memory not locked (%s): ticks may be late; allow LimitMEMLOCK in the unit", reason)


class QuietCollector:
    """Python's cycle collector, run in the slack between two ticks instead of inside one."""

    def __init__(self) -> None:
        self._rounds = 0
        gc.collect()
        gc.freeze()
        gc.disable()

    def collect(self) -> None:
        """Call about once a second, with some milliseconds to spare."""
        self._rounds += 1
        gc.collect(2 if self._rounds % FULL_COLLECTION_EVERY == 0 else 1)

    def close(self) -> None:
        """The collector is as it was."""
        gc.unfreeze()
        gc.enable()
