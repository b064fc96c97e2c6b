"""When a transaction begins and ends, and how its reports are delivered."""

from chargepoint.settings.setting import ComponentVariable, Setting

TX_POINTS: tuple[str, ...] = ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
"""Without ParkingBayOccupancy and DataSigned: there is no bay sensor, and no begin waits for a meter that signs."""

CONNECTION_TIME_OUT = Setting(
    name="connection_time_out_seconds",
    default=60,
    summary="How long an authorised person has to plug in; 0 waits for ever.",
    minimum=0,
    maximum=86400,
    unit="s",
    key_1_6="ConnectionTimeOut",
    variable_2_0_1=ComponentVariable("TxCtrlr", "EVConnectionTimeOut"),
    mandatory_2_0_1=True,
)
STOP_TRANSACTION_ON_INVALID_ID = Setting(
    name="stop_transaction_on_invalid_id",
    default=True,
    summary="End a transaction when the CSMS refuses its token afterwards.",
    key_1_6="StopTransactionOnInvalidId",
    variable_2_0_1=ComponentVariable("TxCtrlr", "StopTxOnInvalidId"),
    mandatory_2_0_1=True,
)
STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT = Setting(
    name="stop_transaction_on_ev_side_disconnect",
    default=True,
    summary="End a transaction when the cable is pulled out at the EV.",
    key_1_6="StopTransactionOnEVSideDisconnect",
    variable_2_0_1=ComponentVariable("TxCtrlr", "StopTxOnEVSideDisconnect"),
    mandatory_2_0_1=True,
)
UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT = Setting(
    name="unlock_connector_on_ev_side_disconnect",
    default=True,
    summary="Unlock the plug at the station when the cable is pulled out at the EV.",
    key_1_6="UnlockConnectorOnEVSideDisconnect",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"),
    mandatory_2_0_1=True,
)
MAX_ENERGY_ON_INVALID_ID = Setting(
    name="max_energy_on_invalid_id_wh",
    default=0,
    summary="Energy that is still given after the CSMS has refused the token of a running transaction.",
    minimum=0,
    maximum=100_000,
    unit="Wh",
    key_1_6="MaxEnergyOnInvalidId",
    variable_2_0_1=ComponentVariable("TxCtrlr", "MaxEnergyOnInvalidId"),
)
TX_START_POINT: Setting[tuple[str, ...]] = Setting(
    name="tx_start_point",
    default=("PowerPathClosed",),
    summary="A transaction starts with the first of these (2.0.1); PowerPathClosed: an EV is connected and somebody "
    "is authorised.",
    choices=TX_POINTS,
    minimum=1,
    variable_2_0_1=ComponentVariable("TxCtrlr", "TxStartPoint"),
    mandatory_2_0_1=True,
)
TX_STOP_POINT: Setting[tuple[str, ...]] = Setting(
    name="tx_stop_point",
    default=("EVConnected", "Authorized"),
    summary="A transaction ends when the first of these is over (2.0.1), and at the latest when neither an EV nor "
    "an authorisation is left.",
    choices=TX_POINTS,
    minimum=1,
    variable_2_0_1=ComponentVariable("TxCtrlr", "TxStopPoint"),
    mandatory_2_0_1=True,
)
TX_BEFORE_ACCEPTED_ENABLED = Setting(
    name="tx_before_accepted_enabled",
    default=True,
    summary="After a start of the station, transactions may begin before the CSMS has accepted it, as offline; false: "
    "none begins until then.",
    variable_2_0_1=ComponentVariable("TxCtrlr", "TxBeforeAcceptedEnabled"),
)
RULES_OF_1_6 = Setting(
    name="rules_of_1_6",
    default=False,
    summary="Where OCPP 1.6 has rules of its own they hold: transactions start and end as there, whatever "
    "tx_start_point and tx_stop_point say. The station itself sets this by the version that the CSMS speaks.",
)
RESUME_TRANSACTIONS_ON_BOOT = Setting(
    name="resume_transactions_on_boot",
    default=True,
    summary="Go on with a transaction that a power cut interrupted, where it is surely the same EV; else end it.",
    key_1_6="ResumeTransactionsOnBoot",
    variable_2_0_1=ComponentVariable("TxCtrlr", "ResumeTransactionsOnBoot"),
)
TRANSACTION_MESSAGE_ATTEMPTS = Setting(
    name="transaction_message_attempts",
    default=5,
    summary="How often a report is tried that the CSMS fails to process, then it is kept as a dead letter; 0: no end.",
    minimum=0,
    maximum=65535,
    key_1_6="TransactionMessageAttempts",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
    mandatory_2_0_1=True,
)
TRANSACTION_MESSAGE_RETRY_INTERVAL = Setting(
    name="transaction_message_retry_interval_seconds",
    default=10,
    summary="Wait before a failed report is tried again, times the number of attempts made.",
    minimum=0,
    maximum=86400,
    unit="s",
    key_1_6="TransactionMessageRetryInterval",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"),
    mandatory_2_0_1=True,
)
