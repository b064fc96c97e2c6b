"""What is shown of the station at one moment, made of the local interface's and the bench's answers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a person can look and play; None while nobody listens there."""

    panel: str | None = None
    bench: str | None = None
    csms_control: str | None = None
    csms: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One EVSE, its link to the CSMS and the world's truth; empty where nobody answered."""

    status: Mapping[str, Any] = field(default_factory=dict)
    truth: Mapping[str, Any] = field(default_factory=dict)

    @property
    def evse(self) -> Mapping[str, Any]:
        """EVSE 1 of the local interface."""
        return _part(_part(self.status, "evses"), "1")

    @property
    def real(self) -> Mapping[str, Any]:
        """EVSE 1 of the bench."""
        return _part(_part(self.truth, "evses"), "1")

    @property
    def transaction(self) -> Mapping[str, Any]:
        return _part(self.evse, "transaction")

    @property
    def csms(self) -> Mapping[str, Any]:
        return _part(self.status, "csms")

    @property
    def outbox(self) -> Mapping[str, Any]:
        return _part(self.status, "outbox")

    @property
    def safety(self) -> Mapping[str, Any]:
        return _part(self.status, "safety")

    @property
    def metered_wh(self) -> float | None:
        """The register's truth."""
        register = self.real.get("energy_import_wh")
        return None if register is None else float(register)


def rows(picture: Picture) -> list[tuple[str, str]]:
    """Name and value of everything that the live view shows, in order."""
    evse, csms = picture.evse, picture.csms
    return [
        ("pilot", _pilot(picture)),
        ("contactor", _text(evse.get("contactor"))),
        ("limit", f"{_number(evse.get('limit_amps'), 1, 'A')} set by {_text(evse.get('limit_set_by'))}"),
        ("current", _amps(picture)),
        ("energy", f"{_number(picture.transaction.get('energy_wh'), 2, 'Wh')} in this transaction"),
        ("register", _number(_part(evse, "meter").get("energy_import_wh"), 2, "Wh")),
        ("session", f"{_text(evse.get('session'))} · {_text(evse.get('charging_state'))}"),
        ("not charging", _text(evse.get("why_not_charging")) if evse else UNKNOWN),
        ("CSMS", f"{_text(csms.get('state'))} {csms.get('subprotocol') or ''}".strip()),
        ("queue", f"{_text(picture.outbox.get('pending'))} waiting, {_text(picture.outbox.get('dead'))} dead"),
    ]


def state_line(picture: Picture) -> str:
    """The same in one line without what moves all the time, for a log: a new line means that something changed."""
    if not picture.evse:
        return "station: no answer"
    evse = picture.evse
    parts = [
        f"pilot {_pilot(picture)}",
        f"contactor {_text(evse.get('contactor'))}",
        f"limit {_number(evse.get('limit_amps'), 1, 'A')} by {_text(evse.get('limit_set_by'))}",
        f"{_text(evse.get('session'))}/{_text(evse.get('charging_state'))}",
        f"CSMS {_text(picture.csms.get('state'))}",
    ]
    why = evse.get("why_not_charging")
    return "station: " + ", ".join(parts) + (f" ({why})" if why else "")


def measures_line(picture: Picture) -> str:
    """What moves all the time."""
    energy = _number(picture.transaction.get("energy_wh"), 2, "Wh")
    return f"meter: {_amps(picture)}, {energy} in this transaction"


def _pilot(picture: Picture) -> str:
    evse = picture.evse
    duty = f" {_number(evse.get('duty_percent'), 1, '%')}" if evse.get("pilot_signal") == "pwm" else ""
    return f"{_text(evse.get('pilot_state'))} {_text(evse.get('pilot_signal'))}{duty}"


def _amps(picture: Picture) -> str:
    amps = _part(picture.evse, "meter").get("currents_amps")
    return " / ".join(_number(value, 1, "A") for value in amps) if amps else UNKNOWN


def _part(owner: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = owner.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(value: object) -> str:
    return UNKNOWN if value is None else str(value)


def _number(value: object, digits: int, unit: str) -> str:
    return UNKNOWN if not isinstance(value, int | float) else f"{value:.{digits}f} {unit}"
