"""A failed connection attempt in one sentence: which step failed, and what a person can do about it."""

import socket
import ssl
from collections.abc import Mapping

from websockets.exceptions import (
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
    ProxyError,
)

from chargepoint.csms.channel import ConnectFailedError, ConnectStep

ADVICE_BY_STATUS: Mapping[int, str] = {
    401: "wrong identity or password: check the password file, and that the CSMS expects security profile 1 or 2",
    403: "the CSMS refuses this identity: check that the station is registered and unblocked there",
    404: "the CSMS does not know this path or identity: check the url, and that the station is registered there",
    426: "the CSMS wants another protocol: check the url and the port",
    429: "too many attempts: the CSMS asks to wait; the station tries again with growing pauses",
}
ADVICE_REDIRECT = "redirects are not followed: enter the final url"
ADVICE_OVERLOADED = "the CSMS or the proxy in front of it is down or overloaded: the station keeps trying"
ADVICE_OTHER = "the CSMS did not open a WebSocket: check the url and the port"

ADVICE_BY_VERIFY_CODE: Mapping[int, str] = {
    9: "its certificate is not yet valid: check this station's clock (no battery clock and no NTP yet?)",
    10: "its certificate has expired: the CSMS must renew it; or this station's clock is wrong",
    18: "its certificate is self-signed: install the CSMS's root certificate as ca_file",
    19: "its chain ends in an unknown self-signed root: install the CSMS's root certificate as ca_file",
    20: "its issuer is unknown: install the CSMS's root certificate as ca_file, or the CSMS must send the whole chain",
    21: "its chain is incomplete: the CSMS must send the whole chain",
    62: "its certificate is for another host name: check the host in the url",
    64: "its certificate is for another IP address: use the host name that the certificate names",
}
"""OpenSSL X509_V_ERR_… codes."""


def explain(error: BaseException, host: str) -> ConnectFailedError:
    """Every exception that a connection attempt may raise (OSError, TimeoutError, InvalidHandshake, ValueError)."""
    match error:
        case InvalidStatus():
            return _http(error.response.status_code, host)
        case ProxyError() | InvalidProxy():
            return ConnectFailedError(ConnectStep.PROXY, f"the proxy failed ({error}): check the proxy setting")
        case NegotiationError():
            return unconfirmed(f"answered with something not offered ({error})")
        case InvalidURI():
            return ConnectFailedError(ConnectStep.ADDRESS, f"the url cannot be used ({error}): check it")
        case InvalidMessage() | InvalidHandshake():
            return ConnectFailedError(
                ConnectStep.HTTP, f"{host} is no WebSocket server ({_chain(error)}): check the port and ws:// or wss://"
            )
        case TimeoutError():
            return ConnectFailedError(
                ConnectStep.TCP, f"{host} did not answer in time: check the network, the firewall and the port"
            )
        case ssl.SSLError():
            return _tls(error, host)
        case socket.gaierror():
            return ConnectFailedError(
                ConnectStep.DNS,
                f"the name {host} cannot be resolved ({error.strerror}): check the url and the DNS server",
            )
        case ConnectionRefusedError():
            return ConnectFailedError(
                ConnectStep.TCP, f"{host} refuses the connection: check the port, and that the CSMS is running"
            )
        case ConnectionResetError() | ConnectionAbortedError():
            return ConnectFailedError(
                ConnectStep.TCP, f"{host} closed the connection at once: check the port, and ws:// against wss://"
            )
        case _:
            what = str(error) or type(error).__name__
            return ConnectFailedError(ConnectStep.TCP, f"no connection to {host} ({what}): check the network")


def unconfirmed(what: str) -> ConnectFailedError:
    return ConnectFailedError(
        ConnectStep.SUBPROTOCOL,
        f"CSMS did not confirm OCPP version: it {what}; check which versions it speaks, or set assume_version",
    )


def _http(status: int, host: str) -> ConnectFailedError:
    if 300 <= status < 400:
        advice = ADVICE_REDIRECT
    elif status >= 500:
        advice = ADVICE_OVERLOADED
    else:
        advice = ADVICE_BY_STATUS.get(status, ADVICE_OTHER)
    return ConnectFailedError(ConnectStep.HTTP, f"{host} answered HTTP {status}: {advice}", status)


def _tls(error: ssl.SSLError, host: str) -> ConnectFailedError:
    if isinstance(error, ssl.SSLCertVerificationError):
        fallback = f"its certificate is not accepted ({error.verify_message})"
        advice = ADVICE_BY_VERIFY_CODE.get(error.verify_code, fallback)
    else:
        advice = f"{error.reason or error}: check that the port speaks TLS 1.2 or newer"
    return ConnectFailedError(ConnectStep.TLS, f"no TLS connection to {host}: {advice}")


def _chain(error: BaseException) -> str:
    return f"{error}; {error.__cause__}" if error.__cause__ is not None else str(error)
