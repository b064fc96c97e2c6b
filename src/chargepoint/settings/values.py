"""Text to value and back, as both OCPP versions write settings: true/false, decimal digits, comma-separated names."""

from math import isfinite
from typing import cast

from chargepoint.settings.setting import AnySetting, Setting, SettingValue, T


def parse(setting: Setting[T], text: str) -> T:
    """The value, or ValueError that says what is wanted. One unknown member refuses a whole list."""
    return cast(T, _parse(cast(AnySetting, setting), text.strip()))


def text_of(value: SettingValue) -> str:
    """The value as both versions write it."""
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return ",".join(value)
        case float():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case _:
            return str(value)


def wanted(setting: AnySetting) -> str:
    """What a person may write, with the range and the unit."""
    unit = f" {setting.unit}" if setting.unit else ""
    match setting.default:
        case bool():
            return "true or false"
        case int() | float():
            kind = "a whole number" if isinstance(setting.default, int) else "a number"
            return f"{kind}{_range(setting.minimum, setting.maximum)}{unit}"
        case tuple():
            besides = f" and, in 1.6, {', '.join(setting.choices_1_6)}" if setting.choices_1_6 else ""
            return f"a comma-separated list of {', '.join(setting.choices)}{besides}"
        case str():
            if setting.choices:
                return f"one of {', '.join(setting.choices)}"
            return (
                f"text{_range(setting.minimum, setting.maximum_length)} characters"
                if setting.maximum_length
                else "text"
            )


def _range(minimum: float | None, maximum: float | None) -> str:
    match minimum, maximum:
        case None, None:
            return ""
        case _, None:
            return f" from {minimum:g}"
        case None, _:
            return f" up to {maximum:g}"
        case _:
            return f" from {minimum:g} to {maximum:g}"


def _parse(setting: AnySetting, text: str) -> SettingValue:
    match setting.default:
        case bool():
            return _claim(setting, text)
        case int():
            return int(_number(setting, text, whole=True))
        case float():
            return _number(setting, text, whole=False)
        case tuple():
            return _members(setting, text)
        case str():
            return _words(setting, text)


def _refusal(setting: AnySetting, text: str) -> ValueError:
    shown = "the value given" if setting.is_secret else repr(text[:60])
    return ValueError(f"{wanted(setting)} is wanted, got {shown}")


def _claim(setting: AnySetting, text: str) -> bool:
    claims = {"true": True, "false": False}
    if text.lower() not in claims:
        raise _refusal(setting, text)
    return claims[text.lower()]


def _number(setting: AnySetting, text: str, *, whole: bool) -> float:
    digits = text.removeprefix("-").removeprefix("+")
    if len(text) > 40 or not digits.isascii() or (whole and not digits.isdecimal()):
        raise _refusal(setting, text)
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        raise _refusal(setting, text) from None
    too_small = setting.minimum is not None and value < setting.minimum
    too_big = setting.maximum is not None and value > setting.maximum
    if not isfinite(value) or too_small or too_big:
        raise _refusal(setting, text)
    return value


def _members(setting: AnySetting, text: str) -> tuple[str, ...]:
    """Members in their proper spelling, each once, in the order given; an empty text is an empty list."""
    spelling = {choice.casefold(): choice for choice in (*setting.choices, *setting.choices_1_6)}
    members: list[str] = []
    items = text.split(",") if text else []
    if len(items) > (setting.maximum_length or len(items)):
        raise _refusal(setting, text)
    for item in items:
        member = spelling.get(item.strip().casefold())
        if member is None:
            raise _refusal(setting, text)
        if member not in members:
            members.append(member)
    if len(members) < (setting.minimum or 0):
        raise _refusal(setting, text)
    return tuple(members)


def _words(setting: AnySetting, text: str) -> str:
    if setting.choices:
        spelling = {choice.casefold(): choice for choice in setting.choices}
        if text.casefold() not in spelling:
            raise _refusal(setting, text)
        return spelling[text.casefold()]
    too_long = setting.maximum_length is not None and len(text) > setting.maximum_length
    if too_long or len(text) < (setting.minimum or 0) or not text.isprintable():
        raise _refusal(setting, text)
    if setting.checked_by is not None and text:
        setting.checked_by(text)
    return text
