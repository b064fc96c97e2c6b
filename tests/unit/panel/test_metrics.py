"""`GET /metrics` as Prometheus reads it."""

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from chargepoint.csms.client import STATE_OF
from chargepoint.model.faults import Fault
from chargepoint.panel.metrics import CSMS_STATES, LINKED_STATES
from unit.panel.conftest import Visitor
from unit.panel.fakes import CHARGING_EVSE, IDLE_EVSE


async def scrape(visitor: Visitor) -> list[Sample]:
    async with visitor.http.get(f"{visitor.url}/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await response.text()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(samples: list[Sample], name: str, **labels: str) -> float | None:
    found = [sample.value for sample in samples if sample.name == name and sample.labels == labels]
    assert len(found) <= 1
    return found[0] if found else None


async def test_a_charging_evse_in_numbers(visitor: Visitor) -> None:
    visitor.world.station.evse = CHARGING_EVSE
    visitor.world.restarts["courier"] = 2
    samples = await scrape(visitor)
    assert value(samples, "chargepoint_pilot_state", evse="1", chargepoint_pilot_state="C") == 1
    assert value(samples, "chargepoint_pilot_state", evse="1", chargepoint_pilot_state="A") == 0
    assert value(samples, "chargepoint_contactor_closed", evse="1") == 1
    assert value(samples, "chargepoint_current_amps", evse="1", phase="L2") == 31.7
    assert value(samples, "chargepoint_current_amps", evse="1", phase="L3") is None
    assert value(samples, "chargepoint_energy_import_wh_total", evse="1") == 123_456.5
    assert value(samples, "chargepoint_transaction_energy_wh", evse="1") == 3456.5
    assert value(samples, "chargepoint_meter_age_seconds", evse="1") == 0.5
    assert value(samples, "chargepoint_outbox_pending") == 3
    assert value(samples, "chargepoint_outbox_dead") == 1
    assert value(samples, "chargepoint_csms_connected") == 1
    assert value(samples, "chargepoint_csms_connections_total") == 1
    assert value(samples, "chargepoint_safety_worst_lateness_seconds") == 0.0031
    assert value(samples, "chargepoint_task_restarts_total", task="courier") == 2
    assert value(samples, "chargepoint_info", identity="CP-0001", version="0.1.0") == 1
    assert (value(samples, "process_resident_memory_bytes") or 0) > 0


async def test_what_is_unknown_has_no_sample(visitor: Visitor) -> None:
    visitor.world.station.evse = replace(IDLE_EVSE, observation=None, meter=None)
    visitor.world.outbox.is_broken = True
    visitor.world.safety.statistics = None
    names = {sample.name for sample in await scrape(visitor)}
    unknown = {"pilot_state", "contactor_closed", "power_watts", "energy_import_wh_total", "outbox_pending"}
    assert not {f"chargepoint_{name}" for name in unknown | {"safety_late_ticks"}} & names
    assert "chargepoint_limit_amps" in names


async def test_a_fault_is_a_series_while_it_is_present(visitor: Visitor) -> None:
    assert value(await scrape(visitor), "chargepoint_fault", evse="1", fault="diode") is None
    visitor.world.station.has_latched(Fault.DIODE)
    assert value(await scrape(visitor), "chargepoint_fault", evse="1", fault="diode") == 1


async def test_a_held_link_is_not_connected(visitor: Visitor) -> None:
    visitor.world.csms.hold_closed()
    samples = await scrape(visitor)
    assert value(samples, "chargepoint_csms_connected") == 0
    assert value(samples, "chargepoint_csms_state", chargepoint_csms_state="held") == 1


def test_every_state_of_the_link_has_its_series() -> None:
    assert {"held", "waiting", "connecting", *STATE_OF.values()} == set(CSMS_STATES)
    assert set(STATE_OF.values()) == LINKED_STATES
