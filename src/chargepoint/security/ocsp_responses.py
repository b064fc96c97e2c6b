"""OCSP responses (RFC 6960) as the CSMS brings them: until when one may be shown. Judges no signature: the EV does."""

import base64
import binascii
from datetime import datetime

from cryptography.x509 import ocsp


def response_ends(text: str) -> datetime | None:
    """nextUpdate of a response in base64; None where it names none, or cannot be read here."""
    try:
        response = ocsp.load_der_ocsp_response(base64.b64decode(text, validate=True))
        return response.next_update_utc
    except (binascii.Error, ValueError):
        return None
