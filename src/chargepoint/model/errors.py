"""Every error of ours, by who is at fault.

ChargePointError
├── ConfigurationError   the file or a preset is wrong: the person who wrote it
├── StorageError         the disk or the database
│   └── UnstorableError  one value that no disk takes: trying again is of no use
├── CsmsError            the CSMS or the way to it
└── SafetyLinkError      the safety process or the way to it

`chargepoint_hal.faults.HardwareError` stands beside this tree: the hardware is at fault.
"""


class ChargePointError(Exception):
    """Root of the errors that this program raises on purpose."""


class ConfigurationError(ChargePointError, ValueError):
    """Says every problem found, one a line, each with its path and what to do."""


class StorageError(ChargePointError):
    """What was not committed, and why."""


class UnstorableError(StorageError):
    """What was to be stored can not be, however often it is tried; the disk itself is well."""


class CsmsError(ChargePointError):
    """The CSMS refused, answered nonsense, or is out of reach."""


class SafetyLinkError(ChargePointError):
    """The safety process is out of reach or speaks another protocol version."""
