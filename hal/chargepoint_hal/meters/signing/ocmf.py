"""Parts of the Open Charge Metering Format (OCMF) that a meter leaves to the station. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from chargepoint_hal.contract import SigningOrder
from chargepoint_hal.faults import Fault, HardwareValueError

OCMF = "OCMF"
MARK = OCMF + "|"
FORMAT_VERSION = "1.0"
ECDSA_P256 = "ECDSA-secp256r1-SHA256"
SEQUENCE, INTEGER = 0x30, 0x02
P256_PREFIX = "3059301306072A8648CE3D020106082A8648CE3D03010703420004"
"""What a DER structure with a public key on secp256r1 begins with, up to its two coordinates."""
IDENTIFICATION_TYPES = {
    "Central": "CENTRAL",
    "DirectPayment": "CARD_TXN_NR",
    "eMAID": "EMAID",
    "ISO14443": "ISO14443",
    "ISO15693": "ISO15693",
    "KeyCode": "KEY_CODE",
    "Local": "LOCAL",
    "MacAddress": "EVCCID",
    "NoAuthorization": "NONE",
}
"""Field IT by the id token types of OCPP."""
RFID_FLAG = "RFID_PLAIN"
RFID_TYPES = frozenset({"ISO14443", "ISO15693"})


@dataclass(frozen=True, slots=True)
class ChargePointName:
    """Fields CT and CI: which charge point it was, as the customer can read it there."""

    kind: str = "EVSEID"
    value: str = ""


def header_text(order: SigningOrder, name: ChargePointName) -> str:
    """What a meter that completes the data set itself is given: its own fields are left empty."""
    is_card = order.token_kind in RFID_TYPES
    fields = {
        "FV": FORMAT_VERSION,
        **dict.fromkeys(("GI", "GS", "GV", "PG", "MV", "MM", "MS", "MF"), ""),
        "IS": order.token_kind != "NoAuthorization",
        "IF": [RFID_FLAG] if is_card else [],
        "IT": IDENTIFICATION_TYPES.get(order.token_kind, "UNDEFINED"),
        "ID": _without_bar(order.token),
        "CT": name.kind,
        "CI": _without_bar(name.value),
        "RD": [],
    }
    return json.dumps(fields, separators=(",", ":"))


def sealed(payload: str, signature: bytes) -> str:
    """The data set of a payload and its DER signature."""
    return f'{MARK}{payload}|{{"SA":"{ECDSA_P256}","SD":"{signature.hex().upper()}"}}'


def checked(text: str, who: str) -> str:
    """The text if it can be a data set; HardwareValueError where the meter gave something else."""
    if not text.startswith(MARK) or text.count("|") != 2:
        raise HardwareValueError(
            Fault.METER_IMPLAUSIBLE, f"{who} gave no OCMF data set but {text[:40]!r}: read its status, then its manual"
        )
    return text


def without_needless_zeros(signature: bytes) -> bytes:
    """A DER signature whose two integers are as short as DER wants them; anything else stays as it is.

    WM3M4 firmware fills r and s up to 32 bytes, which strict verifiers refuse.
    """
    if len(signature) < 2 or signature[0] != SEQUENCE or signature[1] != len(signature) - 2:
        return signature
    rest, integers = signature[2:], b""
    while rest:
        if len(rest) < 2 or rest[0] != INTEGER or rest[1] > len(rest) - 2:
            return signature
        number, rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        short = number.lstrip(b"\0")
        if not short or short[0] >= 0x80:
            short = b"\0" + short
        integers += bytes([INTEGER, len(short)]) + short
    return bytes([SEQUENCE, len(integers)]) + integers


def bytes_of(words: Sequence[int], count: int) -> bytes:
    """The first bytes of the words, high byte first."""
    return b"".join(word.to_bytes(2, "big") for word in words)[:count]


def words_of(raw: bytes, count: int | None = None) -> list[int]:
    """Padded with zero bytes to whole words, or to so many; ValueError for more than that."""
    if count is not None and len(raw) > 2 * count:
        raise ValueError(f"{len(raw)} bytes do not fit in {count} registers")
    padded = raw.ljust(2 * (count or (len(raw) + 1) // 2), b"\0")
    return [int.from_bytes(padded[place : place + 2], "big") for place in range(0, len(padded), 2)]


def _without_bar(text: str) -> str:
    """A bar would end the section (OCMF)."""
    return text.replace("|", " ")
