"""A CSMS for development and tests, OCPP 1.6J and 2.0.1: answers any station, remembers it all, misbehaves on request.

`CsmsCore` and `CsmsSession` are transport-free and take the time as an argument, so a scenario on a fake clock can put
them behind an in-memory channel; `DevCsms` is the thin shell with real sockets. It signs no certificates and keeps
nothing on disk.
"""

from dev_csms.core import CsmsCore, Request
from dev_csms.desk import CsmsPolicy
from dev_csms.faults import CsmsFault, FaultBoard, FaultKind
from dev_csms.gate import CallFailedError, GateOptions
from dev_csms.outcomes import AnswerArrived, CallAnswer, CallErrorAnswer, Disconnect, Outcome, SendText
from dev_csms.records import Anomaly, AnomalyKind, StationRecord
from dev_csms.server import DevCsms
from dev_csms.session import CsmsSession
from dev_csms.tokens import TokenRule, TokenTable
from dev_csms.transactions import CsmsTransaction
from dev_csms.wire import CallRefusedError, Json, Version

__all__ = [
    "Anomaly",
    "AnomalyKind",
    "AnswerArrived",
    "CallAnswer",
    "CallErrorAnswer",
    "CallFailedError",
    "CallRefusedError",
    "CsmsCore",
    "CsmsFault",
    "CsmsPolicy",
    "CsmsSession",
    "CsmsTransaction",
    "DevCsms",
    "Disconnect",
    "FaultBoard",
    "FaultKind",
    "GateOptions",
    "Json",
    "Outcome",
    "Request",
    "SendText",
    "StationRecord",
    "TokenRule",
    "TokenTable",
    "Version",
]
