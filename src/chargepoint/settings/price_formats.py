"""The texts that settings about prices hold: a price as JSON, an offset of the local time. Pure.

The formats are those of the Open Charge Alliance's customisation for Californian pricing (vendor costmsg).
"""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from chargepoint.model.cost import NOTHING, ChargingPrice, DefaultPrice

LARGEST_AMOUNT = Decimal(10**9)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)")
_LONGEST_OFFSET = timedelta(hours=14)


def parse_default_price(text: str) -> DefaultPrice:
    """`{"priceText": …, "priceTextOffline": …, "chargingPrice": {…}}`; ValueError says what is wrong."""
    fields = _object(text)
    words = fields.get("priceText")
    offline = fields.get("priceTextOffline")
    if not isinstance(words, str) or not isinstance(offline, str | None):
        raise ValueError("priceText must be a text, and so must priceTextOffline where it is given")
    prices = fields.get("chargingPrice")
    return DefaultPrice(words, offline, None if prices is None else _charging_price(prices))


def check_default_price(text: str) -> None:
    parse_default_price(text)


def check_currency(text: str) -> None:
    """ISO 4217: three capitals; ValueError for anything else."""
    if _CURRENCY.fullmatch(text) is None:
        raise ValueError(f"a currency code like EUR is wanted, got {text[:10]!r}")


def parse_offset(text: str) -> timedelta:
    """`-05:00`; a missing sign is a plus. ValueError for anything else."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None or int(found[3]) > 59:
        raise ValueError(f"an offset like -05:00 is wanted, got {text[:20]!r}")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    if offset > _LONGEST_OFFSET:
        raise ValueError(f"an offset of at most 14 hours is wanted, got {text[:20]!r}")
    return -offset if found[1] == "-" else offset


def check_offset(text: str) -> None:
    parse_offset(text)


def parse_transition(text: str) -> datetime:
    """Aware UTC; without an offset it is UTC. ValueError."""
    try:
        at = datetime.fromisoformat(text.strip().upper())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"a time like 2026-11-01T09:00:00Z is wanted, got {text[:30]!r}") from error


def check_transition(text: str) -> None:
    parse_transition(text)


def _object(text: str) -> dict[str, object]:
    try:
        fields = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError("this is no JSON") from error
    if not isinstance(fields, dict):
        raise ValueError("a JSON object is wanted")
    return fields


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no number of JSON")


def _charging_price(fields: object) -> ChargingPrice:
    if not isinstance(fields, dict):
        raise ValueError("chargingPrice must be an object")
    numbers = [_amount(name, fields.get(name)) for name in ("kWhPrice", "hourPrice", "flatFee")]
    return ChargingPrice(*numbers)


def _amount(name: str, value: object) -> Decimal:
    if value is None:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{name} must be a number")
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{name} must be a number") from error
    if not abs(amount) < LARGEST_AMOUNT:
        raise ValueError(f"{name} is beyond any price")
    return amount
