"""The string limits of OCPP 1.6 (sections 7.15–7.19), in one place, and what makes two of these strings one."""

CI_STRING_20 = 20
"""idTag, vendor, model, ICCID, IMSI."""
CI_STRING_25 = 25
"""Serial numbers and meter type."""
CI_STRING_50 = 50
"""Firmware version, info, vendorErrorCode, messageId."""
CI_STRING_255 = 255
"""vendorId."""
CI_STRING_500 = 500
"""The value of a configuration key."""


def same_for_all_cases(text: str) -> str:
    """A CiString as it is compared: without regard to the case of its letters."""
    return text.casefold()


def cut(text: str | None, limit: int) -> str | None:
    """The text's first `limit` characters; None stays None."""
    return None if text is None else text[:limit]
