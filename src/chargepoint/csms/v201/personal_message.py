"""Texts for drivers as 2.0.1 carries them in its answers: MessageContentType, read leniently."""

from chargepoint.model.display import printable

LONGEST_TEXT = 512
"""DisplayMessageCtrlr.PersonalMessageSize: what MessageContentType holds."""
READABLE_FORMATS = frozenset({"ASCII", "UTF8"})
"""HTML and addresses are not for a driver to read."""


def read_personal_message(wire: object) -> str | None:
    """On one line, cut to what the field holds; None where there is none that can be shown as it stands."""
    if not isinstance(wire, dict) or not isinstance(wire.get("content"), str):
        return None
    if str(wire.get("format", "UTF8")) not in READABLE_FORMATS:
        return None
    return printable(wire["content"][:LONGEST_TEXT]) or None
