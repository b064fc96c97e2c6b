"""SignedMeterValueType, which both versions write alike (OCA, Signed Meter Values in OCPP). Pure."""

from base64 import b64encode

from chargepoint.csms.dialect import JsonObject
from chargepoint.model.metering import SignedMeterData

LONGEST_TEXT = 2500
"""Of signedMeterData and of publicKey."""
METHOD_IS_INSIDE = ""
"""The data set names its signing method itself."""


def write_signed(signed: SignedMeterData) -> JsonObject | None:
    """None where it is too long to be told."""
    data = b64encode(signed.signed_text.encode()).decode()
    if len(data) > LONGEST_TEXT:
        return None
    key = told_key(signed.public_key_hex)
    return {
        "signedMeterData": data,
        "signingMethod": METHOD_IS_INSIDE,
        "encodingMethod": signed.encoding,
        "publicKey": key if len(key) <= LONGEST_TEXT else "",
    }


def told_key(public_key_hex: str) -> str:
    """A public key as both versions write it (3.2.2); empty for none."""
    return b64encode(f"oca:base16:asn1:{public_key_hex}".encode()).decode() if public_key_hex else ""
