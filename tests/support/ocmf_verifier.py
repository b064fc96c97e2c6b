"""Checks an OCMF data set as its publication says, with nothing of the station's own code."""

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def payload_of(text: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(text.split("|")[1])
    return payload


def is_genuine(text: str, public_key_hex: str) -> bool:
    """ECDSA over the payload's bytes with SHA-256; the signature is DER in hex."""
    head, payload, seal = text.split("|")
    signature = bytes.fromhex(json.loads(seal)["SD"])
    key = serialization.load_der_public_key(bytes.fromhex(public_key_hex))
    assert head == "OCMF"
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(signature, payload.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def key_in(public_key_field: str) -> str:
    """The key's hex out of a publicKey field of OCPP (oca:base16:asn1:…, in base64)."""
    marker, encoding, content, key = base64.b64decode(public_key_field).decode().split(":")
    assert (marker, encoding, content) == ("oca", "base16", "asn1")
    return key
