"""The course of an update as a table: states, what is done in each, what is told on entering it. Data only."""

from collections.abc import Mapping
from enum import StrEnum

from chargepoint.model.firmware import FirmwareStatus, UpdateState

S = UpdateState


class Activity(StrEnum):
    """What goes on in a state. Each can be begun anew after a power cut."""

    WAIT_FOR_RETRIEVAL = "wait_for_retrieval"
    FETCH = "fetch"
    WAIT_FOR_RETRY = "wait_for_retry"
    CHECK_SIGNATURE = "check_signature"
    PLAN_INSTALLATION = "plan_installation"
    WAIT_FOR_INSTALLATION = "wait_for_installation"
    WAIT_FOR_TRANSACTIONS = "wait_for_transactions"
    INSTALL = "install"
    RESTART = "restart"
    PROVE = "prove"
    TIDY_UP = "tidy_up"


class Outcome(StrEnum):
    """What an activity came to: the triggers of the table."""

    RETRIEVE_LATER = "retrieve_later"
    RETRIEVE_TIME_CAME = "retrieve_time_came"
    FETCHED = "fetched"
    FETCH_FAILED = "fetch_failed"
    FETCH_HOPELESS = "fetch_hopeless"
    """No further attempt would end otherwise."""
    RETRY_TIME_CAME = "retry_time_came"
    FILE_LOST = "file_lost"
    SIGNATURE_GOOD = "signature_good"
    SIGNATURE_BAD = "signature_bad"
    INSTALL_LATER = "install_later"
    INSTALL_TIME_CAME = "install_time_came"
    STATION_BUSY = "station_busy"
    STATION_FREE = "station_free"
    INTERRUPTED = "interrupted"
    BUNDLE_REFUSED = "bundle_refused"
    INSTALL_FAILED = "install_failed"
    PLACED = "placed"
    NEW_FIRMWARE_RUNS = "new_firmware_runs"
    ROLLED_BACK = "rolled_back"
    PROVEN = "proven"


O = Outcome  # noqa: E741  # beside S, the table reads as one

PLANNED = [S.DOWNLOADED, S.SIGNATURE_VERIFIED]

TRANSITIONS: list[dict[str, object]] = [
    {"trigger": O.RETRIEVE_LATER, "source": S.REQUESTED, "dest": S.DOWNLOAD_SCHEDULED},
    {"trigger": O.RETRIEVE_TIME_CAME, "source": [S.REQUESTED, S.DOWNLOAD_SCHEDULED], "dest": S.DOWNLOADING},
    {"trigger": O.FETCHED, "source": S.DOWNLOADING, "dest": S.DOWNLOADED},
    {"trigger": O.FETCH_FAILED, "source": S.DOWNLOADING, "dest": S.RETRY_PENDING, "conditions": "may_fetch_again"},
    {"trigger": O.FETCH_FAILED, "source": S.DOWNLOADING, "dest": S.DOWNLOAD_FAILED, "unless": "may_fetch_again"},
    {"trigger": O.FETCH_HOPELESS, "source": S.DOWNLOADING, "dest": S.DOWNLOAD_FAILED},
    {"trigger": O.RETRY_TIME_CAME, "source": S.RETRY_PENDING, "dest": S.DOWNLOADING},
    {
        "trigger": O.FILE_LOST,
        "source": [*PLANNED, S.INSTALLING],
        "dest": S.DOWNLOADING,
        "conditions": "may_fetch_again",
    },
    {
        "trigger": O.FILE_LOST,
        "source": [*PLANNED, S.INSTALLING],
        "dest": S.DOWNLOAD_FAILED,
        "unless": "may_fetch_again",
    },
    {"trigger": O.SIGNATURE_GOOD, "source": S.DOWNLOADED, "dest": S.SIGNATURE_VERIFIED, "conditions": "is_signed"},
    {"trigger": O.SIGNATURE_BAD, "source": [*PLANNED, S.INSTALLING], "dest": S.INVALID_SIGNATURE},
    {"trigger": O.INSTALL_LATER, "source": PLANNED, "dest": S.INSTALL_SCHEDULED, "conditions": "may_be_installed"},
    {"trigger": O.STATION_BUSY, "source": PLANNED, "dest": S.AWAITING_TRANSACTIONS, "conditions": "may_be_installed"},
    {"trigger": O.STATION_FREE, "source": PLANNED, "dest": S.INSTALLING, "conditions": "may_be_installed"},
    {"trigger": O.INSTALL_TIME_CAME, "source": S.INSTALL_SCHEDULED, "dest": S.AWAITING_TRANSACTIONS},
    {"trigger": O.STATION_FREE, "source": S.AWAITING_TRANSACTIONS, "dest": S.INSTALLING},
    {
        "trigger": O.INTERRUPTED,
        "source": S.INSTALLING,
        "dest": S.AWAITING_TRANSACTIONS,
        "conditions": "may_install_again",
    },
    {"trigger": O.INTERRUPTED, "source": S.INSTALLING, "dest": S.INSTALLATION_FAILED, "unless": "may_install_again"},
    {"trigger": O.BUNDLE_REFUSED, "source": S.INSTALLING, "dest": S.INSTALL_VERIFICATION_FAILED},
    {"trigger": O.INSTALL_FAILED, "source": S.INSTALLING, "dest": S.INSTALLATION_FAILED},
    {"trigger": O.PLACED, "source": S.INSTALLING, "dest": S.RESTARTING},
    {"trigger": O.NEW_FIRMWARE_RUNS, "source": S.RESTARTING, "dest": S.ON_TRIAL},
    {"trigger": O.ROLLED_BACK, "source": [S.RESTARTING, S.ON_TRIAL], "dest": S.INSTALLATION_FAILED},
    {"trigger": O.PROVEN, "source": S.ON_TRIAL, "dest": S.INSTALLED},
]
"""A file that the CSMS has signed is installed only out of `signature_verified`: the conditions say so."""

ACTIVITY_IN: Mapping[UpdateState, Activity] = {
    S.REQUESTED: Activity.WAIT_FOR_RETRIEVAL,
    S.DOWNLOAD_SCHEDULED: Activity.WAIT_FOR_RETRIEVAL,
    S.DOWNLOADING: Activity.FETCH,
    S.RETRY_PENDING: Activity.WAIT_FOR_RETRY,
    S.DOWNLOADED: Activity.CHECK_SIGNATURE,
    S.SIGNATURE_VERIFIED: Activity.PLAN_INSTALLATION,
    S.INSTALL_SCHEDULED: Activity.WAIT_FOR_INSTALLATION,
    S.AWAITING_TRANSACTIONS: Activity.WAIT_FOR_TRANSACTIONS,
    S.INSTALLING: Activity.INSTALL,
    S.RESTARTING: Activity.RESTART,
    S.ON_TRIAL: Activity.PROVE,
    S.INSTALLED: Activity.TIDY_UP,
    S.DOWNLOAD_FAILED: Activity.TIDY_UP,
    S.INVALID_SIGNATURE: Activity.TIDY_UP,
    S.INSTALL_VERIFICATION_FAILED: Activity.TIDY_UP,
    S.INSTALLATION_FAILED: Activity.TIDY_UP,
}
"""A file that nobody has signed is planned at once when it is there."""

STATUS_OF: Mapping[UpdateState, FirmwareStatus | None] = {
    S.REQUESTED: None,
    S.DOWNLOAD_SCHEDULED: FirmwareStatus.DOWNLOAD_SCHEDULED,
    S.DOWNLOADING: FirmwareStatus.DOWNLOADING,
    S.RETRY_PENDING: None,
    S.DOWNLOADED: FirmwareStatus.DOWNLOADED,
    S.SIGNATURE_VERIFIED: FirmwareStatus.SIGNATURE_VERIFIED,
    S.INSTALL_SCHEDULED: FirmwareStatus.INSTALL_SCHEDULED,
    S.AWAITING_TRANSACTIONS: FirmwareStatus.INSTALL_SCHEDULED,
    S.INSTALLING: FirmwareStatus.INSTALLING,
    S.RESTARTING: FirmwareStatus.INSTALL_REBOOTING,
    S.ON_TRIAL: None,
    S.INSTALLED: FirmwareStatus.INSTALLED,
    S.DOWNLOAD_FAILED: FirmwareStatus.DOWNLOAD_FAILED,
    S.INVALID_SIGNATURE: FirmwareStatus.INVALID_SIGNATURE,
    S.INSTALL_VERIFICATION_FAILED: FirmwareStatus.INSTALL_VERIFICATION_FAILED,
    S.INSTALLATION_FAILED: FirmwareStatus.INSTALLATION_FAILED,
}
"""Told on entering, unless it was the last told already (L01.FR.01, L01.FR.34)."""

OVER = frozenset(state for state, activity in ACTIVITY_IN.items() if activity is Activity.TIDY_UP)
BEYOND_RECALL = frozenset({S.INSTALLING, S.RESTARTING, S.ON_TRIAL})
"""A new request can not take the place of this one any more (L01.FR.27)."""
KEEPS_FILE = frozenset({*PLANNED, S.INSTALL_SCHEDULED, S.AWAITING_TRANSACTIONS, S.INSTALLING})


def update_diagram() -> str:
    """The table as a mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {S.REQUESTED}"]
    for row in TRANSITIONS:
        source = row["source"]
        sources = source if isinstance(source, list) else [source]
        lines += [f"    {state} --> {row['dest']}: {row['trigger']}" for state in sources]
    return "\n".join(lines) + "\n"
