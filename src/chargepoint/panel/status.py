"""The station's state as the JSON of `GET /api/status`. Pure: reads values, asks nobody.

Unknown is null, never 0. Id tokens appear shortened.
"""

from dataclasses import dataclass
from typing import Any

from chargepoint.charging.effects import Notice
from chargepoint.charging.fault_words import FAULT_WORDS
from chargepoint.charging.ports import CsmsStatus, OutboxDepth
from chargepoint.charging.snapshot import EvseSnapshot, StationSnapshot
from chargepoint.model.cost import CostShown
from chargepoint.model.display import MessageBoard, MessagePriority, printable
from chargepoint.model.limits import LIMIT_WORDS
from chargepoint.model.moment import Moment
from chargepoint.model.power import EvseObservation
from chargepoint.model.self_test import CAUSE_WORDS, SelfTestRecord
from chargepoint.model.transactions import Transaction
from chargepoint.panel.notices import ShownNotice
from chargepoint.panel.ports import (
    CertificateEnd,
    FrameView,
    LoopStatisticsView,
    SafetyLinkView,
    StationFacts,
    TransferShown,
)
from chargepoint.panel.site_limits import site_limits_json
from chargepoint_hal.contract import MeterReading

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the local interface shows, taken at one moment."""

    moment: Moment
    station: StationSnapshot
    csms: CsmsStatus
    outbox: OutboxDepth | None
    """None: the database did not answer."""
    safety: SafetyLinkView
    facts: StationFacts
    clock_source: str
    task_restarts: tuple[tuple[str, int], ...]
    certificates: tuple[CertificateEnd, ...] = ()
    transfers: tuple[TransferShown, ...] = ()


def status_of(picture: Picture) -> Json:
    """The body of `GET /api/status`."""
    now = picture.moment.monotonic
    return {
        "evses": {str(evse_id): evse_status(evse, now) for evse_id, evse in sorted(picture.station.evses.items())},
        "csms": csms_status(picture.csms),
        "outbox": {
            "pending": None if picture.outbox is None else picture.outbox.pending,
            "dead": None if picture.outbox is None else picture.outbox.dead,
        },
        "display": display_status(picture.station.display),
        "station": _station(picture, now),
        "site_limits": site_limits_json(picture.station.profiles),
        "safety": _safety(picture.safety),
        "certificates": [
            {"use": each.use, "name": each.name, "ends": each.ends_utc.isoformat(timespec="seconds")}
            for each in picture.certificates
        ],
        "transfers": [
            {"what": each.what, "done_bytes": each.done_bytes, "total_bytes": each.total_bytes}
            for each in picture.transfers
        ],
    }


def evse_status(evse: EvseSnapshot, now: float) -> Json:
    """One EVSE; `now` is on the clock of its observation and its meter."""
    return {
        **_seen(evse.observation, now),
        "limit_amps": evse.limit.amps,
        "limit_set_by": evse.limit.set_by,
        "limit_text": LIMIT_WORDS.get(evse.limit.set_by),
        "power_allowed": evse.power_allowed,
        "session": evse.session,
        "status": evse.status,
        "availability": evse.availability,
        "charging_state": evse.charging_state,
        "waiting_token": None if evse.waiting_token is None else evse.waiting_token.redacted,
        "transaction": None if evse.transaction is None else _transaction(evse.transaction, evse.meter),
        "meter": None if evse.meter is None else _meter(evse.meter, now),
        "cost": None if evse.cost is None else _cost(evse.cost),
        "last_self_test": None if evse.self_test is None else _self_test(evse.self_test, evse.self_tested_at, now),
        "faults": sorted(evse.faults),
        "latched_faults": sorted(evse.latched_faults),
        "fault_texts": [FAULT_WORDS[fault] for fault in sorted(evse.faults)],
        "why_not_charging": evse.why_not_charging,
    }


def csms_status(csms: CsmsStatus) -> Json:
    """The link to the CSMS."""
    return {
        "state": csms.state,
        "url": csms.url,
        "subprotocol": csms.subprotocol,
        "last_error": csms.last_error,
        "next_attempt_seconds": _rounded(csms.next_attempt_seconds, 1),
        "connected_since": csms.connected_since_utc,
        "connections": csms.connections,
    }


def display_status(board: MessageBoard) -> Json:
    """The CSMS's message whose turn it is, as text: whoever shows it escapes it, for nobody vouches for it."""
    current = board.current
    return {
        "message": None
        if current is None
        else {
            "id": current.message_id,
            "text": printable(current.content),
            "format": current.format,
            "language": current.language,
            "priority": current.priority,
        },
        "taking_turns": [message.message_id for message in board.cycle],
        "is_alone": current is not None and current.priority is MessagePriority.ALWAYS_FRONT,
        "messages_set": len(board.messages),
    }


def frame_json(frame: FrameView) -> Json:
    """One OCPP frame as the interface shows it."""
    return {
        "number": frame.number,
        "direction": str(frame.direction),
        "utc": frame.utc.isoformat(timespec="milliseconds"),
        "text": frame.text,
    }


def notice_json(shown: ShownNotice) -> Json:
    """One notice as the interface shows it."""
    return {
        "number": shown.number,
        "utc": shown.utc.isoformat(timespec="milliseconds"),
        "notice": Notice(shown.notice),
        "evse": shown.evse_id,
        "text": shown.text,
    }


def _seen(seen: EvseObservation | None, now: float) -> Json:
    """What the safety process says; all null while it says nothing."""
    return {
        "pilot_state": None if seen is None else seen.pilot_state,
        "pilot_signal": None if seen is None else seen.pilot_signal,
        "pilot_settled": None if seen is None else seen.is_settled,
        "duty_percent": None if seen is None else _rounded(seen.duty_percent, 2),
        "phases": None if seen is None else seen.phases,
        "pilot_high_volts": None if seen is None else _rounded(seen.pilot_high_volts, 2),
        "pilot_low_volts": None if seen is None else _rounded(seen.pilot_low_volts, 2),
        "contactor": None if seen is None else seen.contactor,
        "contactor_commanded": None if seen is None else seen.contactor_commanded,
        "why_open": None if seen is None else list(seen.why_open),
        "lock": None if seen is None else seen.lock,
        "plugged_in": None if seen is None else seen.is_plugged_in,
        "cable_rating_amps": None if seen is None else seen.cable_rating_amps,
        "simplified_ev": None if seen is None else seen.simplified_ev,
        "temperature_celsius": None if seen is None else _rounded(seen.temperature_celsius, 1),
        "self_test": None if seen is None else seen.self_test,
        "self_test_age_seconds": None if seen is None else _rounded(seen.self_test_age_seconds, 0),
        "mains_present": None if seen is None else seen.mains_present,
        "lockout_remaining_seconds": None if seen is None else _rounded(seen.lockout_remaining_seconds, 1),
        "lease_remaining_seconds": None if seen is None else _rounded(seen.lease_remaining_seconds, 1),
        "last_open_seconds": None if seen is None else _rounded(seen.last_open_seconds, 4),
        "closings": None if seen is None else seen.closings,
        "observation_age_seconds": None if seen is None else _age(seen.at_monotonic, now),
    }


def energy_so_far_wh(transaction: Transaction, meter: MeterReading | None) -> float | None:
    """By the fresh reading, else by the last one that was believed; None when there is no start to count from."""
    latest_wh = transaction.last_energy_wh
    if meter is not None and meter.energy_import_wh is not None:
        latest_wh = meter.energy_import_wh
    if latest_wh is None or transaction.start_energy_wh is None:
        return None
    return latest_wh - transaction.start_energy_wh


def _cost(cost: CostShown) -> Json:
    """What the driver is shown; an estimate is none of the CSMS's numbers."""
    return {
        "price": cost.price,
        "amount": cost.amount,
        "is_estimate": cost.is_estimate,
        "is_final": cost.is_final,
        "state": cost.state,
        "next_price": cost.next_price,
        "qr_text": cost.qr_text,
        "currency": cost.currency,
        "instead": cost.instead,
    }


def _self_test(record: SelfTestRecord, tested_at: float | None, now: float) -> Json:
    """The last verdict on the residual-current monitor, of whichever start of the station."""
    return {
        "verdict": record.verdict,
        "cause": record.cause,
        "text": CAUSE_WORDS[record.cause],
        "utc": record.stamp.utc.isoformat(timespec="seconds"),
        "utc_trusted": record.stamp.trusted,
        "age_seconds": None if tested_at is None else _rounded(max(0.0, now - tested_at), 0),
    }


def _transaction(transaction: Transaction, meter: MeterReading | None) -> Json:
    return {
        "id": transaction.transaction_id,
        "token": None if transaction.id_token is None else transaction.id_token.redacted,
        "started_at": transaction.started_at.utc.isoformat(timespec="seconds"),
        "started_at_trusted": transaction.started_at.trusted,
        "start_energy_wh": transaction.start_energy_wh,
        "energy_wh": _rounded(energy_so_far_wh(transaction, meter), 3),
        "seq": transaction.next_sequence - 1 if transaction.next_sequence else None,
        "stop_reason": transaction.stop_reason,
    }


def _meter(meter: MeterReading, now: float) -> Json:
    return {
        "energy_import_wh": meter.energy_import_wh,
        "power_watts": meter.power_watts,
        "currents_amps": list(meter.currents_amps),
        "voltages_volts": list(meter.voltages_volts),
        "serial_number": meter.serial_number,
        "age_seconds": _age(meter.at_monotonic, now),
    }


def _station(picture: Picture, now: float) -> Json:
    return {
        "identity": picture.facts.identity,
        "version": picture.facts.version,
        "availability": picture.station.availability,
        "online": picture.station.is_online,
        "faults": sorted(picture.station.faults),
        "fault_texts": [FAULT_WORDS[fault] for fault in sorted(picture.station.faults)],
        "reset_pending": picture.station.reset_pending,
        "uptime_seconds": _age(picture.facts.started_at, now),
        "clock": {
            "utc": picture.moment.utc.isoformat(timespec="seconds"),
            "trusted": picture.moment.utc_trusted,
            "source": picture.clock_source,
        },
        "task_restarts": dict(picture.task_restarts),
        "database_set_aside": picture.facts.database_set_aside,
    }


def _safety(link: SafetyLinkView) -> Json:
    return {
        "connected": link.is_connected,
        "board": link.board,
        "why_lost": link.why_lost,
        "loop": None if link.statistics is None else _loop(link.statistics),
    }


def _loop(statistics: LoopStatisticsView) -> Json:
    return {
        "ticks": statistics.ticks,
        "late_ticks": statistics.late_ticks,
        "worst_lateness_seconds": statistics.worst_lateness_seconds,
        "worst_tick_seconds": statistics.worst_tick_seconds,
        "period_seconds": statistics.period_seconds,
    }


def _age(at: float, now: float) -> float:
    return round(max(0.0, now - at), 1)


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)
