"""Advertise only what is honoured: every variable that the CSMS may set is set, and is known to change something."""

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from scenarios.firmware_workshop import Workshop
from scenarios.meters_that_sign import IntervalSigningMeter
from scenarios.stories import at_rest, calls_of_station, tell
from support.contract_ev import StackOnTheBench
from support.file_transfer import FakeFileTransfer
from support.rig import Rig
from support.virtual_time import run_virtual

TESTS = Path(__file__).resolve().parent.parent
HERE = "scenarios/test_writable_variables.py"
CONTROL = "unit/charging"

SHOWN_BY = {
    "AlignedDataCtrlr.Interval": (
        "scenarios/test_settings.py::test_clock_aligned_values_come_on_the_grid_of_the_wall_clock"
    ),
    "AlignedDataCtrlr.Measurands": f"{HERE}::test_the_measurands_of_the_grid",
    "AlignedDataCtrlr.SendDuringIdle": (
        "scenarios/test_meter_values_2_0_1.py::test_aligned_values_only_while_nothing_runs"
    ),
    "AlignedDataCtrlr.TxEndedInterval": (
        "scenarios/test_ended_samples.py::test_the_clock_aligned_samples_of_the_end_have_a_grid_of_their_own"
    ),
    "AlignedDataCtrlr.TxEndedMeasurands": (
        "scenarios/test_ended_samples.py::test_the_clock_aligned_samples_of_the_end_have_a_grid_of_their_own"
    ),
    "AuthCacheCtrlr.DisablePostAuthorize": (
        "scenarios/test_authorization_2_0_1.py::test_what_the_cache_refuses_is_not_asked_about_where_that_is_turned_off"
    ),
    "AuthCacheCtrlr.LifeTime": (
        "scenarios/test_authorization_2_0_1.py::test_a_cached_token_is_too_old_after_its_life_time"
    ),
    "AuthCtrlr.DisableRemoteAuthorization": (
        "scenarios/test_authorization_2_0_1.py::test_nobody_is_asked_where_that_is_turned_off"
    ),
    "AuthCtrlr.MasterPassGroupId": (
        "scenarios/test_authorization_2_0_1.py::test_a_master_pass_stops_every_transaction"
    ),
    "AuthCacheCtrlr.Enabled": f"{CONTROL}/test_authorization.py::test_a_switched_off_cache_is_neither_read_nor_written",
    "AuthCtrlr.AuthorizationTimeout": (
        "unit/daemon/test_controller_answers.py::test_no_answer_falls_into_the_offline_branch_in_bounded_time"
    ),
    "AuthCtrlr.AuthorizeRemoteStart": f"{CONTROL}/test_starts_without_a_card.py::test_a_remote_start_and_a_remote_stop",
    "AuthCtrlr.FreeVendActive": f"{HERE}::test_a_free_vend",
    "AuthCtrlr.LocalAuthorizeOffline": f"{CONTROL}/test_authorization.py::test_every_row_of_the_truth_table",
    "AuthCtrlr.LocalPreAuthorize": f"{CONTROL}/test_authorization.py::test_every_row_of_the_truth_table",
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": f"{CONTROL}/test_authorization.py::test_every_row_of_the_truth_table",
    "ChargingStation.AllowNewSessionsPendingFirmwareUpdate": (
        "scenarios/test_firmware_2_0_1.py::"
        "test_the_installation_waits_for_transactions_and_new_ones_may_begin_where_the_csms_says_so"
    ),
    "ChargingStation.MaximumCurrent": (
        "scenarios/test_station_protections.py::test_the_operator_can_lower_the_installers_current_and_never_raise_it"
    ),
    "DisplayMessageCtrlr.Enabled": (
        "scenarios/test_display_limits_2_0_1.py::test_while_messages_are_turned_off_none_is_taken_and_none_is_seen"
    ),
    "LocalAuthListCtrlr.DisablePostAuthorize": (
        "scenarios/test_authorization_2_0_1.py::"
        "test_online_what_the_list_refuses_is_not_asked_about_where_that_is_turned_off"
    ),
    "LocalAuthListCtrlr.Enabled": (
        f"{CONTROL}/test_local_list.py::test_while_it_is_turned_off_the_list_says_nothing_and_is_not_forgotten"
    ),
    "MonitoringCtrlr.Enabled": (
        "scenarios/test_monitoring_events_2_0_1.py::test_turned_off_nothing_is_told_and_the_monitors_stay"
    ),
    "MonitoringCtrlr.OfflineQueuingSeverity": (
        "scenarios/test_monitoring_events_2_0_1.py::test_what_is_severe_enough_is_queued_while_offline"
    ),
    "OCPPCommCtrlr.HeartbeatInterval": f"{HERE}::test_heartbeats_come_at_their_interval",
    "OCPPCommCtrlr.MessageAttemptInterval": (
        "scenarios/test_bad_answers.py::test_two_errors_and_then_an_answer_are_one_transaction"
    ),
    "OCPPCommCtrlr.MessageAttempts": (
        "scenarios/test_bad_answers.py::"
        "test_a_2_0_1_start_that_is_never_taken_is_buried_and_the_next_transaction_goes_fine"
    ),
    "OCPPCommCtrlr.NetworkConfigurationPriority": (
        "scenarios/test_network_profiles.py::test_the_station_moves_to_another_csms_after_a_reset"
    ),
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts": (
        "scenarios/test_network_profiles.py::test_a_csms_that_does_not_answer_is_given_its_attempts_and_then_left"
    ),
    "OCPPCommCtrlr.OfflineThreshold": (
        f"{CONTROL}/test_status.py::test_after_a_reconnect_all_is_told_only_beyond_the_threshold"
    ),
    "OCPPCommCtrlr.ResetRetries": (
        "scenarios/test_keys_of_delivery.py::test_a_reset_takes_along_how_often_it_may_be_tried_again"
    ),
    "OCPPCommCtrlr.RetryBackOffRandomRange": f"{HERE}::test_waits_between_attempts_to_connect",
    "OCPPCommCtrlr.RetryBackOffRepeatTimes": f"{HERE}::test_waits_between_attempts_to_connect",
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": f"{HERE}::test_waits_between_attempts_to_connect",
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect": (
        f"{CONTROL}/test_sessions.py::test_a_pulled_plug_stays_locked_until_its_owner_comes"
    ),
    "OCPPCommCtrlr.WebSocketPingInterval": (
        "unit/csms/test_keep_alive.py::test_a_new_ping_interval_counts_on_the_open_link"
    ),
    "ReservationCtrlr.Enabled": f"{CONTROL}/test_reservations.py::test_reservations_can_be_turned_off",
    "SampledDataCtrlr.TxEndedInterval": (
        "scenarios/test_ended_samples.py::test_in_2_0_1_the_end_has_samples_at_its_own_interval"
    ),
    "SampledDataCtrlr.TxEndedMeasurands": f"{HERE}::test_the_measurands_of_start_middle_and_end",
    "SampledDataCtrlr.TxStartedMeasurands": f"{HERE}::test_the_measurands_of_start_middle_and_end",
    "SampledDataCtrlr.TxUpdatedInterval": f"{HERE}::test_samples_come_at_their_interval",
    "SampledDataCtrlr.TxUpdatedMeasurands": f"{HERE}::test_the_measurands_of_start_middle_and_end",
    "SecurityCtrlr.AllowCSMSTLSWildcards": (
        "scenarios/test_security_2_0_1.py::test_a_wildcard_certificate_is_taken_where_the_csms_allowed_it"
    ),
    "SecurityCtrlr.CertSigningRepeatTimes": (
        "scenarios/test_station_signing.py::test_a_certificate_that_does_not_come_is_asked_for_after_doubled_waits"
    ),
    "SecurityCtrlr.CertSigningWaitMinimum": (
        "scenarios/test_station_signing.py::test_a_certificate_that_does_not_come_is_asked_for_after_doubled_waits"
    ),
    "SecurityCtrlr.OrganizationName": (
        "unit/security/test_certificates.py::test_a02_fr_03_a_request_names_station_and_operator"
    ),
    "SmartChargingCtrlr.Enabled": (
        "scenarios/test_smart_charging_2_0_1_rules.py::test_while_it_is_turned_off_no_profile_is_taken_and_none_holds"
    ),
    "SmartChargingCtrlr.LimitChangeSignificance": (
        "scenarios/test_smart_charging_2_0_1_site.py::test_what_is_not_significant_is_not_told_and_small_steps_add_up"
    ),
    "SmartChargingCtrlr.NotifyChargingLimitWithSchedules": (
        "scenarios/test_smart_charging_2_0_1_site.py::test_the_limit_itself_is_told_where_the_csms_wishes_it"
    ),
    "TariffCostCtrlr.Currency": (
        "scenarios/test_tariff_and_cost_2_0_1.py::test_the_running_cost_comes_in_requests_of_the_csms"
    ),
    "TariffCostCtrlr.Enabled": (
        "scenarios/test_tariff_and_cost_2_0_1.py::test_tariffs_and_costs_can_be_turned_off_one_by_one"
    ),
    "TariffCostCtrlr.TariffFallbackMessage": (
        "scenarios/test_tariff_and_cost_2_0_1.py::"
        "test_without_a_tariff_of_his_own_a_driver_is_shown_what_is_said_to_all"
    ),
    "TariffCostCtrlr.TotalCostFallbackMessage": (
        "scenarios/test_tariff_and_cost_2_0_1.py::"
        "test_offline_a_driver_is_shown_the_fallbacks_and_late_costs_are_nobodys_business"
    ),
    "TxCtrlr.EVConnectionTimeOut": f"{HERE}::test_who_does_not_plug_in_in_time_starts_anew",
    "TxCtrlr.MaxEnergyOnInvalidId": f"{CONTROL}/test_late_refusal.py::test_the_allowance_is_given_and_no_more",
    "TxCtrlr.ResumeTransactionsOnBoot": f"{CONTROL}/test_recovery.py::test_with_the_setting_off_nothing_is_resumed",
    "TxCtrlr.StopTxOnEVSideDisconnect": (
        f"{CONTROL}/test_sessions.py::test_with_the_setting_off_unplugging_only_suspends"
    ),
    "TxCtrlr.TxBeforeAcceptedEnabled": (
        "scenarios/test_transaction_courses_2_0_1.py::"
        "test_where_that_is_turned_off_nothing_begins_before_the_station_is_accepted"
    ),
    "TxCtrlr.TxStartPoint": (f"{CONTROL}/test_transaction_span.py::test_every_combination_is_one_bill_of_what_flowed"),
    "TxCtrlr.TxStopPoint": f"{CONTROL}/test_transaction_span.py::test_every_combination_is_one_bill_of_what_flowed",
    "TxCtrlr.StopTxOnInvalidId": (
        "scenarios/test_late_refusals.py::test_a_late_refusal_without_the_stop_suspends_until_the_ev_leaves"
    ),
}
"""Where each variable's behaviour is observed."""

CONTRACTS, CERTIFICATES = "scenarios/test_contracts_2_0_1.py", "scenarios/test_contract_certificates_2_0_1.py"
SIGNED = "scenarios/test_signed_values.py"
SHOWN_BY_FITTED = {
    "AlignedDataCtrlr.SignReadings": f"{SIGNED}::test_clock_aligned_samples_of_the_end_are_signed_each",
    "AlignedDataCtrlr.SignUpdatedReadings": (
        f"{SIGNED}::test_what_is_told_on_the_grid_is_signed_where_the_csms_wants_that"
    ),
    "ISO15118Ctrlr.CentralContractValidationAllowed": (
        f"{CONTRACTS}::test_a_contract_without_a_root_here_is_judged_by_the_csms"
    ),
    "ISO15118Ctrlr.ContractCertificateInstallationEnabled": (
        f"{CERTIFICATES}::test_an_ev_is_answered_in_its_time_whatever_the_csms_does"
    ),
    "ISO15118Ctrlr.ContractValidationOffline": (
        f"{CONTRACTS}::test_offline_no_contract_charges_where_it_may_not_be_proven_here"
    ),
    "ISO15118Ctrlr.CountryName": f"{CERTIFICATES}::test_the_station_gets_a_certificate_towards_evs",
    "ISO15118Ctrlr.Enabled": f"{CONTRACTS}::test_switched_off_no_contract_is_accepted",
    "ISO15118Ctrlr.OrganizationName": f"{CERTIFICATES}::test_the_station_gets_a_certificate_towards_evs",
    "ISO15118Ctrlr.PnCEnabled": f"{CONTRACTS}::test_switched_off_no_contract_is_accepted",
    "ISO15118Ctrlr.SeccId": f"{CERTIFICATES}::test_the_station_gets_a_certificate_towards_evs",
    "ISO15118Ctrlr.V2GCertificateInstallationEnabled": (
        f"{CERTIFICATES}::test_a_v2g_certificate_is_only_asked_for_where_that_is_on_and_the_station_has_its_names"
    ),
    "OCPPCommCtrlr.PublicKeyWithSignedMeterValue": (
        f"{SIGNED}::test_the_signed_begin_is_told_at_once_where_the_csms_wants_that"
    ),
    "SampledDataCtrlr.SignReadings": f"{SIGNED}::test_the_report_of_the_end_has_both_ends_signed",
    "SampledDataCtrlr.SignStartedReadings": (
        f"{SIGNED}::test_the_signed_begin_is_told_at_once_where_the_csms_wants_that"
    ),
    "SampledDataCtrlr.SignUpdatedReadings": f"{SIGNED}::test_periodic_samples_are_signed_or_told_all_the_same",
}
"""The same of those that only a station with all its parts has."""

NOT_OBSERVED = {
    "ClockCtrlr.TimeSource": "there is one source to choose from: the only value that can be set is the present one",
    "SecurityCtrlr.BasicAuthPassword": "needs a key store: shown on real connections in test_security_2_0_1.py",
}
"""Why a variable may be set though nothing changes."""


def name_of(row: dict[str, Any]) -> str:
    return f"{row['component']['name']}.{row['variable']['name']}"


def is_writable(row: dict[str, Any]) -> bool:
    return any(attribute["mutability"] != "ReadOnly" for attribute in row["variableAttribute"])


async def inventory(rig: Rig) -> list[dict[str, Any]]:
    answer = await rig.csms.call("GetBaseReport", {"requestId": 1, "reportBase": "ConfigurationInventory"})
    assert answer.payload == {"status": "Accepted"}
    await rig.until(lambda: any(not part["tbc"] for part in calls_of_station(rig, "NotifyReport")), 60)
    return [row for part in calls_of_station(rig, "NotifyReport") for row in part["reportData"]]


async def put(rig: Rig, name: str, value: str, instance: str | None = None) -> str:
    component, variable = name.split(".")
    place = {"name": variable} if instance is None else {"name": variable, "instance": instance}
    item = {"component": {"name": component}, "variable": place, "attributeValue": value}
    answer = await rig.csms.call("SetVariables", {"setVariableData": [item]})
    assert answer.payload is not None
    return str(answer.payload["setVariableResult"][0]["attributeStatus"])


def another(row: dict[str, Any]) -> str:
    """A value that fits and is not the present one."""
    present = row["variableAttribute"][0]["value"]
    about = row["variableCharacteristics"]
    match about["dataType"]:
        case "boolean":
            return "false" if present == "true" else "true"
        case "integer" | "decimal":
            limit = about["maxLimit"] if float(present) != about["maxLimit"] else about["minLimit"]
            return str(limit).removesuffix(".0")
        case "MemberList" | "SequenceList" | "OptionList":
            values = str(about["valuesList"]).split(",")
            return next(value for value in values if value != present)
        case _:
            return "ANOTHER"[: int(about.get("maxLimit", 7))]


def tell_of(tmp_path: Path, is_fitted: bool, story: Callable[[Rig], Awaitable[None]]) -> None:
    """On a station of the plainest kind, or on one with all that can be fitted."""
    if not is_fitted:
        tell(tmp_path, "2.0.1", story)
        return

    async def whole() -> None:
        rig = Rig(tmp_path, "2.0.1", evses=2, has_key_store=True, file_transfer=FakeFileTransfer())
        rig.meter_kind = IntervalSigningMeter
        rig.firmware = Workshop(tmp_path).edge()
        rig.iso15118 = StackOnTheBench()
        async with rig:
            await at_rest(rig)
            await story(rig)

    run_virtual(whole())


plain_and_fitted = pytest.mark.parametrize("is_fitted", [False, True], ids=["plain", "fitted"])


@plain_and_fitted
def test_each_writable_variable_has_a_place_where_its_behaviour_is_observed(tmp_path: Path, is_fitted: bool) -> None:
    shown_by = SHOWN_BY | SHOWN_BY_FITTED if is_fitted else SHOWN_BY

    async def story(rig: Rig) -> None:
        writable = {name_of(row) for row in await inventory(rig) if is_writable(row)}
        assert writable == shown_by.keys() | NOT_OBSERVED.keys()
        assert shown_by.keys().isdisjoint(NOT_OBSERVED)

    tell_of(tmp_path, is_fitted, story)


@pytest.mark.parametrize("reference", sorted({*SHOWN_BY.values(), *SHOWN_BY_FITTED.values()}))
def test_the_places_are_there(reference: str) -> None:
    path, function = reference.split("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    assert function in {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@plain_and_fitted
@pytest.mark.requirement("B05.FR.01", "B05.FR.10", "B06.FR.10")
def test_each_writable_variable_can_be_set_and_says_so_afterwards(tmp_path: Path, is_fitted: bool) -> None:
    async def story(rig: Rig) -> None:
        for row in await inventory(rig):
            if name_of(row) in NOT_OBSERVED or name_of(row) == "OCPPCommCtrlr.NetworkConfigurationPriority":
                continue
            value, instance = another(row), row["variable"].get("instance")
            assert await put(rig, name_of(row), value, instance) == "Accepted", row
            item = {"component": row["component"], "variable": row["variable"]}
            answer = await rig.csms.call("GetVariables", {"getVariableData": [item]})
            assert answer.payload is not None
            assert answer.payload["getVariableResult"][0]["attributeValue"] == value, row

    tell_of(tmp_path, is_fitted, story)


@pytest.mark.requirement("B05.FR.01", "B05.FR.08")
def test_of_one_time_source_that_one_alone_can_be_set(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, "ClockCtrlr.TimeSource", "Heartbeat") == "Accepted"
        for text in ("NTP", "NTP,Heartbeat", "Heartbeat,NTP", ""):
            assert await put(rig, "ClockCtrlr.TimeSource", text) == "Rejected", text
        (row,) = [row for row in await inventory(rig) if name_of(row) == "ClockCtrlr.TimeSource"]
        assert row["variableAttribute"][0]["value"] == "Heartbeat"
        assert row["variableCharacteristics"]["valuesList"] == "Heartbeat"

    tell(tmp_path, "2.0.1", story)


@plain_and_fitted
@pytest.mark.requirement("B05.FR.08")
def test_beyond_its_limits_no_number_is_taken(tmp_path: Path, is_fitted: bool) -> None:
    async def story(rig: Rig) -> None:
        for row in await inventory(rig):
            about = row["variableCharacteristics"]
            if about["dataType"] in ("integer", "decimal"):
                for value in (about["minLimit"] - 1, about["maxLimit"] + 1):
                    text = str(value).removesuffix(".0")
                    assert await put(rig, name_of(row), text, row["variable"].get("instance")) == "Rejected", row

    tell_of(tmp_path, is_fitted, story)


def measurands(event: dict[str, Any]) -> set[str]:
    return {sample["measurand"] for value in event.get("meterValue", []) for sample in value["sampledValue"]}


def test_the_measurands_of_start_middle_and_end(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, "SampledDataCtrlr.TxStartedMeasurands", "Voltage") == "Accepted"
        assert await put(rig, "SampledDataCtrlr.TxUpdatedMeasurands", "Current.Import") == "Accepted"
        assert await put(rig, "SampledDataCtrlr.TxEndedMeasurands", "Power.Active.Import") == "Accepted"
        await rig.charge(35)
        await rig.finish()
        await rig.drained()
        events = calls_of_station(rig, "TransactionEvent")
        billed = {"Energy.Active.Import.Register"}  # is always told at both ends
        told = {event["eventType"]: measurands(event) for event in events if event["eventType"] != "Updated"}
        assert told == {"Started": {"Voltage"} | billed, "Ended": {"Power.Active.Import"} | billed}
        periodic = [event for event in events if event["triggerReason"] == "MeterValuePeriodic"]
        assert periodic
        assert all(measurands(event) == {"Current.Import"} for event in periodic)

    tell(tmp_path, "2.0.1", story)


def test_samples_come_at_their_interval(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, "SampledDataCtrlr.TxUpdatedInterval", "5") == "Accepted"
        await rig.charge(31)
        await rig.drained()
        events = calls_of_station(rig, "TransactionEvent")
        assert sum(event["triggerReason"] == "MeterValuePeriodic" for event in events) >= 6

    tell(tmp_path, "2.0.1", story)


def test_the_measurands_of_the_grid(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, "AlignedDataCtrlr.Measurands", "Voltage") == "Accepted"
        assert await put(rig, "AlignedDataCtrlr.Interval", "60") == "Accepted"
        await rig.wait(130)
        told = calls_of_station(rig, "MeterValues")
        assert told
        assert all(measurands(message) == {"Voltage"} for message in told)

    tell(tmp_path, "2.0.1", story)


@pytest.mark.requirement("G02.FR.02")
def test_heartbeats_come_at_their_interval(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, "OCPPCommCtrlr.HeartbeatInterval", "20") == "Accepted"
        before = rig.csms.actions().count("Heartbeat")
        await rig.wait(90)
        assert rig.csms.actions().count("Heartbeat") - before in (3, 4)

    tell(tmp_path, "2.0.1", story)


def test_a_free_vend(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, "AuthCtrlr.FreeVendActive", "true") == "Accepted"
        rig.plug_in()
        await rig.until(rig.is_live, 20)
        await rig.drained()
        started = calls_of_station(rig, "TransactionEvent")[0]
        assert started["idToken"] == {"idToken": "", "type": "NoAuthorization"}

    tell(tmp_path, "2.0.1", story)


def test_who_does_not_plug_in_in_time_starts_anew(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert await put(rig, "TxCtrlr.EVConnectionTimeOut", "10") == "Accepted"
        await rig.swipe()
        await rig.wait(12)
        rig.plug_in()
        await rig.wait(20)
        assert not rig.is_live()

    tell(tmp_path, "2.0.1", story)


@pytest.mark.parametrize(
    ("minimum", "chance", "repeats", "waits"),
    [("7", "0", "0", [7.0, 7.0]), ("7", "10", "0", [12.0, 12.0]), ("7", "0", "2", [7.0, 14.0])],
)
def test_waits_between_attempts_to_connect(
    tmp_path: Path, minimum: str, chance: str, repeats: str, waits: list[float]
) -> None:
    """The rig's chance is always one half."""

    async def story(rig: Rig) -> None:
        assert await put(rig, "OCPPCommCtrlr.RetryBackOffWaitMinimum", minimum) == "Accepted"
        assert await put(rig, "OCPPCommCtrlr.RetryBackOffRandomRange", chance) == "Accepted"
        assert await put(rig, "OCPPCommCtrlr.RetryBackOffRepeatTimes", repeats) == "Accepted"
        rig.csms.go_offline()
        assert rig.assembly is not None
        client = rig.assembly.client
        seen: list[float] = []
        before = 0.0
        while len(seen) < len(waits):
            left = client.status().next_attempt_seconds or before
            if left > before:
                seen.append(left)
            before = left
            await rig.wait(0.05)
        assert seen == pytest.approx(waits, abs=0.3)
        rig.csms.come_back()

    tell(tmp_path, "2.0.1", story)
