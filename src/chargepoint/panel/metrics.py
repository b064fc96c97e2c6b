"""The station in Prometheus's words, made anew for every scrape. What is unknown has no sample. Pure but for the
process's own memory and CPU figures."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, StateSetMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from chargepoint.charging.snapshot import EvseSnapshot
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState
from chargepoint.model.status import EvseStatus
from chargepoint.panel.status import Picture, energy_so_far_wh

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CSMS_STATES = ("held", "waiting", "connecting", "connected", "pending", "rejected", "accepted")
LINKED_STATES = frozenset({"connected", "pending", "rejected", "accepted"})
CLOSED = frozenset({ContactorState.CLOSED, ContactorState.ASSUMED_CLOSED})


def exposition(picture: Picture) -> bytes:
    """The body of `GET /metrics`."""
    registry = CollectorRegistry()
    registry.register(_Scrape(families(picture)))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Scrape(Collector):
    """One scrape's families in the shape that the library asks for."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = tuple(found)

    def collect(self) -> Iterable[Metric]:
        return self._found


def families(picture: Picture) -> Iterator[Metric]:
    """Every metric of the station."""
    evses = [(str(evse_id), evse) for evse_id, evse in sorted(picture.station.evses.items())]
    now = picture.moment.monotonic
    yield from _pilot_and_contactor(evses)
    yield from _session(evses)
    yield from _meter(evses, now)
    yield _faults(picture, evses)
    yield from _csms(picture)
    yield from _outbox(picture)
    yield from _safety(picture)
    yield _certificates(picture)
    yield from _process(picture, now)


def _per_evse(name: str, text: str, numbers: Iterable[tuple[str, float | None]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"chargepoint_{name}", text, labels=["evse"])
    for evse_id, number in numbers:
        if number is not None:
            family.add_metric([evse_id], number)
    return family


def _pilot_and_contactor(evses: list[tuple[str, EvseSnapshot]]) -> Iterator[Metric]:
    pilot = StateSetMetricFamily("chargepoint_pilot_state", "State of the control pilot.", labels=["evse"])
    seen = [(evse_id, evse.observation) for evse_id, evse in evses if evse.observation is not None]
    for evse_id, observation in seen:
        pilot.add_metric([evse_id], {state.value: observation.pilot_state is state for state in PilotState})
    yield pilot
    yield _per_evse("pilot_duty_percent", "PWM duty cycle offered.", [(n, o.duty_percent) for n, o in seen])
    known = [(n, o) for n, o in seen if o.contactor is not ContactorState.UNKNOWN]
    yield _per_evse("contactor_closed", "1: closed, by its feedback.", [(n, o.contactor in CLOSED) for n, o in known])
    yield _per_evse("contactor_commanded", "1: told to be closed.", [(n, o.contactor_commanded) for n, o in seen])
    yield _per_evse("contactor_closings", "Closings since the start of safety.", [(n, o.closings) for n, o in seen])
    yield _per_evse("lease_remaining_seconds", "Permission left.", [(n, o.lease_remaining_seconds) for n, o in seen])
    yield _per_evse("temperature_celsius", "By the board's sensor.", [(n, o.temperature_celsius) for n, o in seen])


def _session(evses: list[tuple[str, EvseSnapshot]]) -> Iterator[Metric]:
    status = StateSetMetricFamily("chargepoint_status", "What drivers and the CSMS see.", labels=["evse"])
    for evse_id, evse in evses:
        status.add_metric([evse_id], {each.value: evse.status is each for each in EvseStatus})
    yield status
    yield _per_evse("limit_amps", "Current limit per phase.", [(n, e.limit.amps) for n, e in evses])
    yield _per_evse("power_allowed", "1: power may flow.", [(n, e.power_allowed) for n, e in evses])
    yield _per_evse("transaction_running", "1: a bill is open.", [(n, e.transaction is not None) for n, e in evses])
    energy = [(n, energy_so_far_wh(e.transaction, e.meter)) for n, e in evses if e.transaction is not None]
    yield _per_evse("transaction_energy_wh", "Energy of the open transaction.", energy)


def _meter(evses: list[tuple[str, EvseSnapshot]], now: float) -> Iterator[Metric]:
    meters = [(evse_id, evse.meter) for evse_id, evse in evses if evse.meter is not None]
    register = CounterMetricFamily("chargepoint_energy_import_wh", "The meter's import register.", labels=["evse"])
    amps = GaugeMetricFamily("chargepoint_current_amps", "Current by the meter.", labels=["evse", "phase"])
    for evse_id, meter in meters:
        if meter.energy_import_wh is not None:
            register.add_metric([evse_id], meter.energy_import_wh)
        for phase, current_amps in enumerate(meter.currents_amps, start=1):
            if current_amps is not None:
                amps.add_metric([evse_id, f"L{phase}"], current_amps)
    yield register
    yield amps
    yield _per_evse("power_watts", "Power by the meter.", [(n, m.power_watts) for n, m in meters])
    yield _per_evse("meter_fresh", "1: a reading that may be used.", [(n, e.meter is not None) for n, e in evses])
    yield _per_evse("meter_age_seconds", "Since the last reading.", [(n, now - m.at_monotonic) for n, m in meters])


def _faults(picture: Picture, evses: list[tuple[str, EvseSnapshot]]) -> Metric:
    text = "1: present now; evse is empty for the station."
    family = GaugeMetricFamily("chargepoint_fault", text, labels=["evse", "fault"])
    for evse_id, faults in [("", picture.station.faults), *((n, e.faults) for n, e in evses)]:
        for fault in sorted(faults):
            family.add_metric([evse_id, fault.value], 1)
    return family


def _csms(picture: Picture) -> Iterator[Metric]:
    csms = picture.csms
    state = StateSetMetricFamily("chargepoint_csms_state", "State of the link to the CSMS.")
    state.add_metric([], {each: csms.state == each for each in CSMS_STATES})
    yield state
    yield GaugeMetricFamily("chargepoint_csms_connected", "1: a link is open.", value=csms.state in LINKED_STATES)
    connections = CounterMetricFamily("chargepoint_csms_connections", "Links opened since the start.")
    if csms.connections is not None:
        connections.add_metric([], csms.connections)
    yield connections


def _outbox(picture: Picture) -> Iterator[Metric]:
    pending = GaugeMetricFamily("chargepoint_outbox_pending", "Reports that wait for the CSMS.")
    dead = GaugeMetricFamily("chargepoint_outbox_dead", "Reports that the CSMS never took.")
    if picture.outbox is not None:
        pending.add_metric([], picture.outbox.pending)
        dead.add_metric([], picture.outbox.dead)
    yield pending
    yield dead


def _safety(picture: Picture) -> Iterator[Metric]:
    link = picture.safety
    yield GaugeMetricFamily("chargepoint_safety_connected", "1: the safety process is there.", value=link.is_connected)
    lateness = GaugeMetricFamily("chargepoint_safety_worst_lateness_seconds", "Worst tick of the last seconds.")
    late = GaugeMetricFamily("chargepoint_safety_late_ticks", "Late ticks of the last seconds.")
    longest = GaugeMetricFamily("chargepoint_safety_worst_tick_seconds", "Longest tick of the last seconds.")
    if link.statistics is not None:
        lateness.add_metric([], link.statistics.worst_lateness_seconds)
        late.add_metric([], link.statistics.late_ticks)
        longest.add_metric([], link.statistics.worst_tick_seconds)
    yield lateness
    yield late
    yield longest


def _certificates(picture: Picture) -> Metric:
    text = "When a certificate that is shown or trusted ends, in seconds of Unix time."
    family = GaugeMetricFamily("chargepoint_certificate_end_timestamp_seconds", text, labels=["use", "certificate"])
    for each in picture.certificates:
        family.add_metric([each.use, each.name], each.ends_utc.timestamp())
    return family


def _process(picture: Picture, now: float) -> Iterator[Metric]:
    restarts = CounterMetricFamily("chargepoint_task_restarts", "Tasks that failed and began again.", labels=["task"])
    for task, count in picture.task_restarts:
        restarts.add_metric([task], count)
    yield restarts
    yield GaugeMetricFamily("chargepoint_uptime_seconds", "Of the controller.", value=now - picture.facts.started_at)
    yield GaugeMetricFamily("chargepoint_clock_trusted", "1: wall time is right.", value=picture.moment.utc_trusted)
    yield InfoMetricFamily(
        "chargepoint", "The station.", {"identity": picture.facts.identity, "version": picture.facts.version}
    )
