"""Which monitors there are (N02 to N06), by the steps of part 6 and its errata."""

from pathlib import Path

import pytest

from scenarios.monitors import (
    ENERGY,
    POWER,
    POWER_LIMIT_WATTS,
    STATE_OF_EVSE,
    STATE_OF_STATION,
    Wire,
    ask,
    clear,
    get_variable,
    installed,
    kinds_in,
    monitor,
    monitors_in,
    named,
    report,
    set_base,
    set_level,
    set_monitors,
    subjects_in,
)
from scenarios.stories import tell
from support.rig import Rig

EVERY_KIND = (
    monitor(POWER, "LowerThreshold", 100.0),
    monitor(POWER, "UpperThreshold", 20_000.0),
    monitor(POWER, "Periodic", 600.0),
    monitor(ENERGY, "Delta", 5000.0),
    monitor(ENERGY, "PeriodicClockAligned", 900.0),
)
REASON = "reasonCode"


@pytest.mark.requirement(
    "N02.FR.01",
    "N02.FR.03",
    "N02.FR.04",
    "N02.FR.05",
    "N02.FR.06",
    "N02.FR.09",
    "N02.FR.12",
    "N02.FR.13",
    "N02.FR.14",
)
def test_a_report_by_criteria_has_those_kinds_alone(tmp_path: Path) -> None:
    """TC_N_01_CS"""

    async def story(rig: Rig) -> None:
        await installed(rig, *EVERY_KIND)
        thresholds = {"UpperThreshold", "LowerThreshold"}
        periodics = {"Periodic", "PeriodicClockAligned"}
        assert kinds_in(await report(rig, criteria=["ThresholdMonitoring"])) == thresholds
        both = await report(rig, criteria=["ThresholdMonitoring", "DeltaMonitoring"])
        assert kinds_in(both) == thresholds | {"Delta"}
        assert kinds_in(await report(rig, criteria=["DeltaMonitoring", "PeriodicMonitoring"])) == periodics | {"Delta"}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N02.FR.05", "N02.FR.08", "N02.FR.16")
def test_a_report_by_component_and_variable(tmp_path: Path) -> None:
    """TC_N_02_CS"""

    async def story(rig: Rig) -> None:
        ids = await installed(rig, monitor(STATE_OF_STATION, "Delta"), monitor(STATE_OF_EVSE, "Delta"))
        rows = await report(rig, STATE_OF_STATION, {"component": STATE_OF_EVSE["component"]})
        assert {each["id"] for each in monitors_in(rows)} >= set(ids)
        states = [row for row in rows if row["variable"]["name"] == "AvailabilityState"]
        assert subjects_in(states) == {("ChargingStation", "AvailabilityState"), ("EVSE", "AvailabilityState")}
        assert kinds_in(states) == {"Delta"}
        assert {row["component"]["name"] for row in rows} == {"ChargingStation", "EVSE"}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N02.FR.05", "N02.FR.10", "N02.FR.13")
def test_a_report_by_criteria_and_variables_that_may_be_empty(tmp_path: Path) -> None:
    """TC_N_03_CS"""

    async def story(rig: Rig) -> None:
        ids = await installed(rig, monitor(STATE_OF_STATION, "Delta"), monitor(STATE_OF_EVSE, "Delta"))
        places = (STATE_OF_STATION, STATE_OF_EVSE)
        assert await report(rig, *places, criteria=["ThresholdMonitoring"]) == []
        rows = await report(rig, *places, criteria=["DeltaMonitoring"])
        assert sorted(each["id"] for each in monitors_in(rows)) == sorted(ids)
        assert kinds_in(rows) == {"Delta"}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N02.FR.02", "N03.FR.02")
def test_unknown_criteria_and_bases_are_not_supported(tmp_path: Path) -> None:
    """TC_N_04_CS, TC_N_07_CS"""

    async def story(rig: Rig) -> None:
        for action, payload in (
            ("GetMonitoringReport", {"requestId": 1, "monitoringCriteria": ["DeltaMonitoring", "Astrology"]}),
            ("SetMonitoringBase", {"monitoringBase": "Everything"}),
        ):
            answer = await rig.csms.call(action, payload, strict=False)
            assert answer.error is None
            assert (answer.payload or {})["status"] == "NotSupported"
            assert (answer.payload or {})["statusInfo"][REASON] == "InvalidValue"
        assert await get_variable(rig, "MonitoringCtrlr", "ActiveMonitoringBase") == "FactoryDefault"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N02.FR.01", "N02.FR.11")
def test_a_report_without_criteria_has_all_monitors(tmp_path: Path) -> None:
    """TC_N_47_CS"""

    async def story(rig: Rig) -> None:
        ids = await installed(rig, monitor(STATE_OF_STATION, "Delta"), monitor(STATE_OF_EVSE, "Delta"))
        rows = await report(rig)
        assert {each["id"] for each in monitors_in(rows)} > set(ids), "and the station's own"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N02.FR.17", "N02.FR.18", "N02.FR.20", "N02.FR.21")
@pytest.mark.requirement("N02.FR.19")
def test_what_a_report_leaves_open_matches_everything(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        def current(phase: str, evse: int) -> Wire:
            place = named("FiscalMetering", "ACCurrent", evse)
            return {**place, "variable": {**place["variable"], "instance": phase}}

        of_evses = [monitor(named("EVSE", "AvailabilityState", evse), "Delta") for evse in (1, 2)]
        of_connector = monitor(named("Connector", "AvailabilityState", 1, 1), "Delta")
        of_phases = [monitor(current(phase, 1), "UpperThreshold", 16.0) for phase in ("L1", "L2")]
        controller = monitor(named("OCPPCommCtrlr", "OfflineThreshold"), "Delta", 60.0)
        await installed(rig, *of_evses, of_connector, *of_phases, controller)

        async def found(place: Wire) -> int:
            return len(await report(rig, place))

        assert await found(named("EVSE", "AvailabilityState")) == 2, "of every EVSE"
        assert await found(named("EVSE", "AvailabilityState", 2)) == 1
        assert await found(named("Connector", "AvailabilityState", 1)) == 1, "of every connector"
        assert await found(named("FiscalMetering", "ACCurrent", 1)) == 2, "of every instance"
        assert await found(current("L2", 1)) == 1
        assert await found({"component": {"name": "OCPPCommCtrlr"}}) == 1
        assert await found({"component": {"name": "OCPPCommCtrlr", "instance": "Other"}}) == 0

    tell(tmp_path, "2.0.1", story, evses=2)


@pytest.mark.requirement("N03.FR.01", "N03.FR.03", "N03.FR.04", "N03.FR.05")
def test_the_base_can_be_set_and_read(tmp_path: Path) -> None:
    """TC_N_05_CS"""

    async def story(rig: Rig) -> None:
        (custom,) = await installed(rig, monitor(POWER, "UpperThreshold", 100.0))
        found: dict[str, set[int]] = {}
        for base in ("All", "FactoryDefault", "HardWiredOnly"):
            assert await set_base(rig, base) == {"status": "Accepted"}
            assert await get_variable(rig, "MonitoringCtrlr", "ActiveMonitoringBase") == base
            found[base] = {each["id"] for each in monitors_in(await report(rig))}
        assert custom in found["All"]
        assert custom not in found["FactoryDefault"]
        assert found["All"] - {custom} > found["FactoryDefault"] > found["HardWiredOnly"] != set()

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N03.FR.01", "N03.FR.05")
def test_hard_wired_only_ends_custom_and_preconfigured_monitors(tmp_path: Path) -> None:
    """TC_N_06_CS"""

    async def story(rig: Rig) -> None:
        await set_base(rig, "All")
        (preconfigured,) = await report(rig, STATE_OF_STATION)
        assert kinds_in([preconfigured]) == {"Delta"}
        await installed(rig, monitor(STATE_OF_STATION, "Delta", severity=3))
        (row,) = await report(rig, STATE_OF_STATION)
        assert len(row["variableMonitoring"]) == 2
        await set_base(rig, "HardWiredOnly")
        assert await report(rig, STATE_OF_STATION) == []

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.01", "N04.FR.02", "N04.FR.08", "N04.FR.11")
def test_one_monitor_is_set(tmp_path: Path) -> None:
    """TC_N_08_CS"""

    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta", severity=8))
        (row,) = await report(rig, STATE_OF_EVSE)
        assert (row["component"], row["variable"]) == (STATE_OF_EVSE["component"], STATE_OF_EVSE["variable"])
        expected = {"id": number, "transaction": False, "value": 1.0, "type": "Delta", "severity": 8}
        assert row["variableMonitoring"] == [expected]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.01", "N04.FR.02", "N04.FR.08", "N04.FR.11")
def test_monitors_on_several_variables_and_several_on_one(tmp_path: Path) -> None:
    """TC_N_09_CS, TC_N_10_CS"""

    async def story(rig: Rig) -> None:
        several = await installed(
            rig,
            monitor(STATE_OF_EVSE, "Delta", severity=8),
            monitor(STATE_OF_STATION, "Delta", severity=8),
            monitor(STATE_OF_EVSE, "Delta", severity=7),
        )
        assert len(set(several)) == 3
        rows = await report(rig, STATE_OF_EVSE, STATE_OF_STATION)
        assert sorted(each["id"] for each in monitors_in(rows)) == sorted(several)
        assert len(rows) == 2, "each variable once"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.03", "N04.FR.04")
def test_unknown_components_and_variables(tmp_path: Path) -> None:
    """TC_N_11_CS, TC_N_37_CS"""

    async def story(rig: Rig) -> None:
        results = await set_monitors(
            rig,
            monitor(named("EVSE", "AvailabilityState", 99), "Delta"),
            monitor(named("NonExistent", "Power"), "UpperThreshold", 1234.0),
            monitor(named("EVSE", "unknownVariable", 1), "Delta"),
            monitor(named("EVSE", "unknownVariable"), "Delta"),
        )
        assert [each["status"] for each in results] == [
            "UnknownComponent",
            "UnknownComponent",
            "UnknownVariable",
            "UnknownVariable",
        ]
        assert {each["statusInfo"][REASON] for each in results} == {"NotFound"}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.06", "N04.FR.14")
def test_values_out_of_range_are_rejected(tmp_path: Path) -> None:
    """TC_N_12_CS, TC_N_13_CS"""

    async def story(rig: Rig) -> None:
        results = await set_monitors(
            rig,
            monitor(ENERGY, "Delta", -1.0),
            monitor(STATE_OF_EVSE, "Delta", -1.0),
            monitor(POWER, "UpperThreshold", POWER_LIMIT_WATTS + 1),
            monitor(POWER, "UpperThreshold", POWER_LIMIT_WATTS),
            monitor(POWER, "Periodic", 0.0),
            monitor(POWER, "LowerThreshold", 10.0, severity=10),
            monitor(ENERGY, "PeriodicClockAligned", 1e300),
        )
        assert [each["status"] for each in results] == [*["Rejected"] * 3, "Accepted", *["Rejected"] * 3]
        reasons = [each["statusInfo"][REASON] for each in results if each["status"] == "Rejected"]
        assert reasons == ["ValuePositiveOnly", "ValuePositiveOnly", *["ValueOutOfRange"] * 4]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.05")
def test_a_threshold_needs_a_number(tmp_path: Path) -> None:
    """TC_N_38_CS"""

    async def story(rig: Rig) -> None:
        results = await set_monitors(
            rig,
            monitor(STATE_OF_EVSE, "UpperThreshold"),
            monitor(named("EVSE", "AvailabilityState"), "UpperThreshold"),
            monitor(named("ClockCtrlr", "DateTime"), "Periodic", 60.0),
        )
        assert [each["status"] for each in results] == ["UnsupportedMonitorType"] * 3

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.10")
def test_two_of_one_kind_and_severity_are_duplicates(tmp_path: Path) -> None:
    """TC_N_15_CS"""

    async def story(rig: Rig) -> None:
        first, second = await set_monitors(rig, monitor(STATE_OF_EVSE, "Delta"), monitor(STATE_OF_EVSE, "Delta"))
        assert (first["status"], second["status"]) == ("Accepted", "Duplicate")
        assert second["statusInfo"][REASON] == "InvalidValue"
        (other,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta", severity=6))
        (result,) = await set_monitors(rig, monitor(STATE_OF_EVSE, "Delta", severity=5, id=other))
        assert result["status"] == "Duplicate", "also where one is replaced"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N05.FR.02")
def test_a_level_out_of_range_is_rejected(tmp_path: Path) -> None:
    """TC_N_17_CS"""

    async def story(rig: Rig) -> None:
        for severity in (10, -1):
            answer = await set_level(rig, severity)
            assert (answer["status"], answer["statusInfo"][REASON]) == ("Rejected", "ValueOutOfRange")
        assert await get_variable(rig, "MonitoringCtrlr", "ActiveMonitoringLevel") == "9"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N06.FR.01", "N06.FR.02", "N06.FR.05")
def test_monitors_are_cleared_by_their_ids(tmp_path: Path) -> None:
    """TC_N_18_CS, TC_N_19_CS"""

    async def story(rig: Rig) -> None:
        ids = await installed(rig, monitor(STATE_OF_STATION, "Delta"), monitor(STATE_OF_EVSE, "Delta"))
        unknown = max(each["id"] for each in monitors_in(await report(rig))) + 1
        assert await clear(rig, *ids) == ["Accepted", "Accepted"]
        assert await report(rig, STATE_OF_STATION, STATE_OF_EVSE) == []
        assert await clear(rig, unknown) == ["NotFound"]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.18", "N06.FR.03")
def test_hard_wired_monitors_are_neither_cleared_nor_replaced(tmp_path: Path) -> None:
    """TC_N_44_CS"""

    async def story(rig: Rig) -> None:
        first = (await report(rig))[0]
        (number,) = [each["id"] for each in first["variableMonitoring"]]
        assert await clear(rig, number) == ["Rejected"]
        place = {name: first[name] for name in ("component", "variable")}
        (result,) = await set_monitors(rig, monitor(place, "Delta", id=number))
        assert result["status"] == "Rejected"
        assert (await report(rig))[0] == first

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.13", "N04.FR.16")
def test_the_variable_of_a_monitor_can_not_be_changed(tmp_path: Path) -> None:
    """TC_N_39_CS"""

    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta"))
        (result,) = await set_monitors(rig, monitor(ENERGY, "Delta", id=number))
        assert result["status"] == "Rejected"
        (row,) = await report(rig, STATE_OF_EVSE)
        assert (
            row["variableMonitoring"][0] | {"id": number, "value": 1.0, "type": "Delta"} == row["variableMonitoring"][0]
        )
        (result,) = await set_monitors(rig, monitor(STATE_OF_EVSE, "Delta", id=number + 1))
        assert (result["status"], result["statusInfo"][REASON]) == ("Rejected", "NotFound")

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.12")
def test_a_monitor_is_replaced_by_its_id(tmp_path: Path) -> None:
    """TC_N_40_CS"""

    async def story(rig: Rig) -> None:
        (number,) = await installed(rig, monitor(STATE_OF_EVSE, "Delta", severity=5))
        assert await installed(rig, monitor(STATE_OF_EVSE, "Delta", severity=4, id=number)) == [number]
        (row,) = await report(rig, STATE_OF_EVSE, criteria=["DeltaMonitoring"])
        assert [(each["id"], each["severity"]) for each in row["variableMonitoring"]] == [(number, 4)]

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N03.FR.03", "N03.FR.04", "N04.FR.15")
def test_a_preconfigured_monitor_is_overruled_and_comes_back(tmp_path: Path) -> None:
    """TC_N_41_CS"""

    async def story(rig: Rig) -> None:
        await set_base(rig, "FactoryDefault")
        place = named("EVSE", "Temperature", 1)
        (row,) = await report(rig, place)
        (own,) = row["variableMonitoring"]
        changed = monitor(place, own["type"], own["value"], own["severity"] + 1, id=own["id"], transaction=False)
        assert await installed(rig, changed) == [own["id"]]
        await set_base(rig, "All")
        (row,) = await report(rig, place)
        assert row["variableMonitoring"] == [own | {"severity": own["severity"] + 1}]
        await set_base(rig, "FactoryDefault")
        (row,) = await report(rig, place)
        assert row["variableMonitoring"] == [own]
        assert await clear(rig, own["id"]) == ["Accepted"]
        assert await report(rig, place) == []
        await set_base(rig, "FactoryDefault")
        assert len(await report(rig, place)) == 1

    tell(tmp_path, "2.0.1", story)


def test_one_bad_item_keeps_none_of_the_others_out(tmp_path: Path) -> None:
    """TC_N_43_CS"""

    async def story(rig: Rig) -> None:
        results = await set_monitors(
            rig,
            monitor(POWER, "UpperThreshold", 20_000.0),
            monitor(ENERGY, "Delta", -1.0),
            monitor(POWER, "LowerThreshold", 10.0),
        )
        assert [each["status"] for each in results] == ["Accepted", "Rejected", "Accepted"]
        assert kinds_in(await report(rig, POWER)) == {"UpperThreshold", "LowerThreshold"}

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N07.FR.13")
def test_monitors_base_and_level_outlive_a_power_cut(tmp_path: Path) -> None:
    """TC_N_53_CS"""

    async def story(rig: Rig) -> None:
        await set_base(rig, "All")
        (number,) = await installed(rig, monitor(POWER, "UpperThreshold", 20_000.0, transaction=True))
        await set_level(rig, 8)
        before = await report(rig, criteria=["ThresholdMonitoring"])
        await rig.power_cut()
        await rig.power_up()
        await rig.wait(2)
        after = await report(rig, criteria=["ThresholdMonitoring"])
        assert after == before
        assert number in {each["id"] for each in monitors_in(after)}
        assert await get_variable(rig, "MonitoringCtrlr", "ActiveMonitoringBase") == "All"
        assert await get_variable(rig, "MonitoringCtrlr", "ActiveMonitoringLevel") == "8"

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("N04.FR.09", "N06.FR.06", "N06.FR.07", "N02.FR.07")
def test_too_many_items_and_too_many_bytes_are_refused(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        too_many = [monitor(POWER, "UpperThreshold", float(n)) for n in range(51)]
        long_name = named("x" * 50, "y" * 50, 1)
        wide = [monitor(long_name, "Delta") | {"customData": {"vendorId": "v", "text": "z" * 2000}} for _ in range(50)]
        for action, payload, code in (
            ("SetVariableMonitoring", {"setMonitoringData": too_many}, "OccurrenceConstraintViolation"),
            ("SetVariableMonitoring", {"setMonitoringData": wide}, "FormatViolation"),
            ("ClearVariableMonitoring", {"id": list(range(51))}, "OccurrenceConstraintViolation"),
            (
                "ClearVariableMonitoring",
                {"id": [1], "customData": {"vendorId": "v", "text": "z" * 70_000}},
                "FormatViolation",
            ),
            (
                "GetMonitoringReport",
                {"requestId": 1, "componentVariable": [POWER] * 101},
                "OccurrenceConstraintViolation",
            ),
        ):
            answer = await rig.csms.call(action, payload)
            assert answer.error is not None, action
            assert answer.error.code == code
        assert kinds_in(await report(rig, criteria=["ThresholdMonitoring"])) == {"UpperThreshold"}, "the station's own"

    tell(tmp_path, "2.0.1", story)


def test_there_is_an_end_to_the_number_of_monitors(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        places = [named(name, "AvailabilityState", evse) for name, evse in (("ChargingStation", None), ("EVSE", 1))]
        places += [POWER, ENERGY, named("EVSE", "Temperature", 1)]
        wanted: list[Wire] = [
            monitor(place, kind, 60.0, severity)
            for place in places
            for kind in ("Delta", "Periodic", "PeriodicClockAligned")
            for severity in range(9)
        ]
        assert len(wanted) == 135
        statuses = []
        for start in range(0, len(wanted), 45):
            statuses += [each["status"] for each in await set_monitors(rig, *wanted[start : start + 45])]
        assert statuses == ["Accepted"] * 100 + ["Rejected"] * 35

    tell(tmp_path, "2.0.1", story)


def test_the_device_model_says_what_can_be_monitored(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert (await ask(rig, "GetBaseReport", {"requestId": 9, "reportBase": "FullInventory"}))[
            "status"
        ] == "Accepted"
        await rig.until(lambda: any(not part["tbc"] for part in rig.csms.record.reports.get(9, [])), 60, "the report")
        rows = [row for part in rig.csms.record.reports[9] for row in part["reportData"]]
        assert {row["variableCharacteristics"]["supportsMonitoring"] for row in rows} == {True}
        own = {row["variable"]["name"] for row in rows if row["component"]["name"] == "MonitoringCtrlr"}
        assert own == {
            "ActiveMonitoringBase",
            "ActiveMonitoringLevel",
            "Available",
            "BytesPerMessage",
            "Enabled",
            "ItemsPerMessage",
            "OfflineQueuingSeverity",
        }

    tell(tmp_path, "2.0.1", story)
