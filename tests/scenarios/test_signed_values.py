"""What a meter signs at the begin and at the end of a transaction reaches the CSMS byte by byte, in both versions."""

import json
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.settings import catalogue
from chargepoint_hal.bench.world import World
from dev_csms.tokens import TokenRule, TokenStatus
from scenarios.meters_that_sign import IntervalSigningMeter, SigningMeter
from scenarios.stories import Operator, all_told, calls_of_station, is_1_6, start_offline, under_both
from support.ocmf_verifier import is_genuine, key_in, payload_of
from support.rig import KNOWN_TOKEN, Rig
from support.virtual_time import run_virtual

WANTED = {"sampled_data_sign_readings": "true"}
Story = Callable[[Rig, list[SigningMeter]], Awaitable[None]]


def tell(
    tmp_path: Path,
    version: str,
    story: Story,
    settings: Mapping[str, str],
    kind: type[SigningMeter] = SigningMeter,
    **manner: float,
) -> None:
    made: list[SigningMeter] = []

    def meter(world: World, evse: int) -> SigningMeter:
        made.append(kind(world, evse))
        for name, value in manner.items():
            setattr(made[-1], name, value)
        return made[-1]

    async def told() -> None:
        rig = Rig(tmp_path, version, settings=settings)
        rig.meter_kind = meter
        async with rig:
            await story(rig, made)

    run_virtual(told())


def signed_values(call: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Context and SignedMeterValueType of each, in order."""
    found = []
    for value in call.get("meterValue") or call.get("transactionData") or []:
        for sample in value["sampledValue"]:
            if "signedMeterValue" in sample:
                found.append((sample["context"], sample["signedMeterValue"]))
            elif sample.get("format") == "SignedData":
                found.append((sample["context"], json.loads(sample["value"])))
    return found


def end_of(rig: Rig) -> dict[str, Any]:
    return calls_of_station(rig, "StopTransaction" if is_1_6(rig) else "TransactionEvent")[-1]


def reading_in(signed: dict[str, Any], public_key: str) -> tuple[str, float]:
    """What a genuine data set says."""
    text = b64decode(signed["signedMeterData"]).decode()
    assert (signed["encodingMethod"], signed["signingMethod"]) == ("OCMF", "")
    assert is_genuine(text, public_key)
    assert payload_of(text)["ID"] == KNOWN_TOKEN
    reading = payload_of(text)["RD"][0]
    return reading["TX"], reading["RV"]


@pytest.mark.requirement("E02.FR.14", "E07.FR.12", "J02.FR.21")
@pytest.mark.ocpp_1_6("SampledDataSignReadings", "PublicKeyWithSignedMeterValue")
@under_both
def test_the_report_of_the_end_has_both_ends_signed(tmp_path: Path, version: str) -> None:
    """TC_J_11_CS"""

    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        before = rig.energy_wh()
        await rig.charge(100)
        await rig.finish()
        await all_told(rig)
        (began, begin), (ended, end) = signed_values(end_of(rig))
        assert (began, ended) == ("Transaction.Begin", "Transaction.End")
        key = key_in(begin["publicKey"])
        assert end["publicKey"] == "", "once in a transaction is enough"
        assert reading_in(begin, key) == ("B", before)
        assert reading_in(end, key) == ("E", rig.energy_wh())
        assert [order.token for order in meters[0].orders] == [KNOWN_TOKEN, KNOWN_TOKEN]
        assert rig.bill_wh() == pytest.approx(rig.energy_wh() - before, abs=1)
        told = calls_of_station(rig, "MeterValues" if is_1_6(rig) else "TransactionEvent")
        assert [call for call in told if signed_values(call)] == ([] if is_1_6(rig) else [end_of(rig)])

    tell(tmp_path, version, story, WANTED)


@pytest.mark.ocpp_1_6("SampledDataSignStartedReadings", "PublicKeyWithSignedMeterValue")
@under_both
def test_the_signed_begin_is_told_at_once_where_the_csms_wants_that(tmp_path: Path, version: str) -> None:
    settings = {
        **WANTED,
        "sampled_data_sign_started_readings": "true",
        "public_key_with_signed_meter_value": "EveryMeterValue",
    }

    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(30)
        calls = calls_of_station(rig, "MeterValues" if is_1_6(rig) else "TransactionEvent")
        told = [call for call in calls if signed_values(call)]
        assert len(told) == 1
        ((context, begin),) = signed_values(told[0])
        assert context == "Transaction.Begin"
        assert reading_in(begin, key_in(begin["publicKey"]))[0] == "B"
        if not is_1_6(rig):
            assert (told[0]["eventType"], told[0]["triggerReason"]) == ("Updated", "SignedDataReceived")
        await rig.finish()
        await all_told(rig)
        assert all(signed["publicKey"] for _, signed in signed_values(end_of(rig)))

    tell(tmp_path, version, story, settings)


@under_both
def test_a_meter_that_signs_both_ends_together_is_told_at_the_end(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(30)
        await rig.finish()
        await all_told(rig)
        ((context, _),) = signed_values(end_of(rig))
        assert context == "Transaction.End"

    tell(tmp_path, version, story, WANTED, signs_in_one=True)


@under_both
def test_a_meter_that_does_not_sign_delays_the_end_but_never_loses_it(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        before = rig.energy_wh()
        await rig.charge(30)
        await rig.finish()
        await all_told(rig)
        assert signed_values(end_of(rig)) == []
        assert rig.bill_wh() == pytest.approx(rig.energy_wh() - before, abs=1)

    tell(tmp_path, version, story, WANTED, breaks=True)


@under_both
def test_nothing_is_signed_that_nobody_asked_for(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(30)
        await rig.finish()
        await all_told(rig)
        assert meters[0].orders == []
        assert signed_values(end_of(rig)) == []

    tell(tmp_path, version, story, {})


def test_the_signed_begin_survives_a_power_cut(tmp_path: Path) -> None:
    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(30)
        await rig.power_cut()
        await rig.wait(5)
        await rig.power_up()
        await rig.until(lambda: rig.snapshot().transaction is None or rig.is_live(), 120)
        if rig.is_live():
            await rig.finish()
        await all_told(rig)
        contexts = [context for context, _ in signed_values(end_of(rig))]
        assert contexts == ["Transaction.Begin", "Transaction.End"]

    tell(tmp_path, "2.0.1", story, WANTED)


@under_both
def test_the_csms_can_read_the_public_key_whenever_it_wants(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        if is_1_6(rig):
            answer = (await rig.csms.call("GetConfiguration", {"key": ["MeterPublicKey1", "MeterPublicKey2"]})).payload
            assert answer is not None
            (told,) = answer["configurationKey"]
            assert (told["readonly"], answer["unknownKey"]) == (True, ["MeterPublicKey2"])
        else:
            asked = {"component": {"name": "FiscalMetering", "evse": {"id": 1}}, "variable": {"name": "PublicKey"}}
            answer = (await rig.csms.call("GetVariables", {"getVariableData": [asked]})).payload
            assert answer is not None
            (told,) = answer["getVariableResult"]
            told = {"value": told["attributeValue"]}
        assert key_in(told["value"]) == meters[0].signer.der().hex()

    tell(tmp_path, version, story, {"public_key_with_signed_meter_value": "Never"})


@under_both
def test_a_station_whose_meters_do_not_sign_has_no_word_of_it(tmp_path: Path, version: str) -> None:
    async def story() -> None:
        async with Rig(tmp_path, version) as rig:
            assert rig.assembly is not None
            names = {setting.name for setting in rig.assembly.settings.all()}
            absent = {setting.name for setting in (*catalogue.SIGNED_VALUES, catalogue.meter_public_key(1))}
            assert names.isdisjoint(absent)

    run_virtual(story())


async def card_first(rig: Rig) -> None:
    await rig.swipe()
    rig.plug_in()
    await rig.until(rig.is_live)
    await rig.wait(30)
    await rig.finish()


async def pulled_at_the_ev(rig: Rig) -> None:
    await rig.charge(30)
    rig.plug_out(cable_stays=True)
    await rig.until(lambda: rig.snapshot().transaction is None)
    rig.plug_out()


async def offline_from_begin_to_end(rig: Rig) -> None:
    rig.csms.go_offline()
    await rig.wait(2)
    await rig.charge(30)
    await rig.finish()
    rig.csms.come_back()


async def offline_for_a_while(rig: Rig) -> None:
    await rig.charge(20)
    rig.csms.go_offline()
    await rig.wait(60)
    rig.csms.come_back()
    await rig.wait(60)
    await rig.finish()


async def suspended_without_its_cable(rig: Rig) -> None:
    await Operator(rig).change(catalogue.STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT, "false")
    await Operator(rig).change(catalogue.TX_STOP_POINT, "Authorized")
    await rig.charge(30)
    rig.plug_out(cable_stays=True)
    await rig.wait(10)
    rig.plug_in()
    await rig.until(rig.is_live)
    await rig.finish()


async def refused_afterwards(rig: Rig) -> None:
    rig.csms.core.tokens.set(KNOWN_TOKEN, TokenRule(TokenStatus.INVALID))
    await start_offline(rig)
    await rig.until(rig.is_live)
    await rig.wait(20)
    rig.csms.come_back()
    await rig.until(lambda: rig.snapshot().transaction is None, 120)
    rig.plug_out()


WAYS = [
    card_first,
    pulled_at_the_ev,
    offline_from_begin_to_end,
    offline_for_a_while,
    suspended_without_its_cable,
    refused_afterwards,
]


@pytest.mark.requirement("E05.FR.06", "E10.FR.07")
@pytest.mark.requirement("E03.FR.10", "E04.FR.10", "E08.FR.12", "E09.FR.08", "E11.FR.08", "E12.FR.10")
@pytest.mark.parametrize("way", WAYS)
def test_values_are_signed_however_a_transaction_goes(tmp_path: Path, way: Callable[[Rig], Awaitable[None]]) -> None:
    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        before = rig.energy_wh()
        await way(rig)
        await all_told(rig)
        assert end_of(rig)["eventType"] == "Ended"
        (_, begin), (_, end) = signed_values(end_of(rig))
        key = key_in(begin["publicKey"])
        assert reading_in(begin, key) == ("B", before)
        assert reading_in(end, key) == ("E", rig.energy_wh())

    tell(tmp_path, "2.0.1", story, {**WANTED, "allow_offline_tx_for_unknown_id": "true"})


BETWEEN = ("SampledDataSignUpdatedReadings", "AlignedDataSignReadings", "AlignedDataSignUpdatedReadings")


def test_what_is_not_signed_says_so_and_can_not_be_asked_for(tmp_path: Path) -> None:
    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        answer = (await rig.csms.call("GetConfiguration", {"key": list(BETWEEN)})).payload
        assert answer is not None
        told = {each["key"]: (each["readonly"], each["value"]) for each in answer["configurationKey"]}
        assert told == dict.fromkeys(BETWEEN, (True, "false"))
        for key in BETWEEN:
            changed = (await rig.csms.call("ChangeConfiguration", {"key": key, "value": "true"})).payload
            assert changed == {"status": "Rejected"}

    tell(tmp_path, "1.6", story, WANTED)


GRID = {
    "aligned_data_sign_readings": "true",
    "tx_ended_aligned_interval_seconds": "60",
    "stop_txn_aligned_data": "Energy.Active.Import.Register",
    "meter_value_sample_interval_seconds": "0",
}


def clock_samples(call: dict[str, Any]) -> list[dict[str, Any]]:
    values = call.get("meterValue") or call.get("transactionData") or []
    return [value for value in values if value["sampledValue"][0]["context"] == "Sample.Clock"]


@pytest.mark.requirement("J01.FR.21")
@pytest.mark.ocpp_1_6("AlignedDataSignReadings")
@under_both
def test_clock_aligned_samples_of_the_end_are_signed_each(tmp_path: Path, version: str) -> None:
    """TC_J_04_CS"""

    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(200)
        await rig.finish()
        await all_told(rig)
        samples = clock_samples(end_of(rig))
        assert len(samples) == 3
        assert {value["timestamp"].rstrip("Z").partition(".")[0][-2:] for value in samples} == {"00"}
        found = signed_values(end_of(rig))
        assert [context for context, _ in found] == ["Transaction.Begin", *["Sample.Clock"] * 3, "Transaction.End"]
        key = key_in(found[0][1]["publicKey"])
        assert [signed["publicKey"] for _, signed in found[1:]] == [""] * 4, "once in a transaction is enough"
        assert [reading_in(signed, key)[0] for _, signed in found] == ["B", "C", "C", "C", "E"]
        registers = [reading_in(signed, key)[1] for _, signed in found]
        assert registers == sorted(registers)
        told = calls_of_station(rig, "MeterValues" if is_1_6(rig) else "TransactionEvent")
        assert not [call for call in told if call != end_of(rig) and signed_values(call)]

    tell(tmp_path, version, story, GRID, IntervalSigningMeter)


@pytest.mark.ocpp_1_6("AlignedDataSignUpdatedReadings")
@under_both
def test_what_is_told_on_the_grid_is_signed_where_the_csms_wants_that(tmp_path: Path, version: str) -> None:
    settings = {
        "aligned_data_sign_readings": "true",
        "aligned_data_sign_updated_readings": "true",
        "clock_aligned_data_interval_seconds": "60",
        "meter_value_sample_interval_seconds": "0",
        "stop_txn_aligned_data": "Energy.Active.Import.Register",
        "public_key_with_signed_meter_value": "EveryMeterValue",
    }

    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(200)
        told = told_between(rig, "Sample.Clock")
        assert len(told) == 3
        for call in told:
            ((_, signed),) = signed_values(call)
            assert reading_in(signed, key_in(signed["publicKey"]))[0] == "C"
        await rig.finish()
        await all_told(rig)
        assert [context for context, _ in signed_values(end_of(rig))].count("Sample.Clock") == 3

    tell(tmp_path, version, story, settings, IntervalSigningMeter)


def told_between(rig: Rig, context: str) -> list[dict[str, Any]]:
    """What was told of a running transaction in this context."""
    calls = calls_of_station(rig, "MeterValues" if is_1_6(rig) else "TransactionEvent")
    return [
        call
        for call in calls
        if call.get("eventType", "Updated") == "Updated"
        and any(value["sampledValue"][0].get("context") == context for value in call.get("meterValue", []))
        and "transactionId" in {**call, **call.get("transactionInfo", {})}
    ]


@pytest.mark.ocpp_1_6("SampledDataSignUpdatedReadings")
@under_both
@pytest.mark.parametrize("breaks", [False, True])
def test_periodic_samples_are_signed_or_told_all_the_same(tmp_path: Path, version: str, breaks: bool) -> None:
    settings = {**WANTED, "sampled_data_sign_updated_readings": "true", "meter_value_sample_interval_seconds": "20"}

    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(65)
        told = told_between(rig, "Sample.Periodic")
        assert len(told) == 3
        assert [bool(signed_values(call)) for call in told] == [not breaks] * 3
        await rig.finish()
        await all_told(rig)

    tell(tmp_path, version, story, settings, IntervalSigningMeter, breaks=breaks)


@under_both
def test_a_sample_that_waits_for_its_signature_is_told_before_the_end(tmp_path: Path, version: str) -> None:
    settings = {**WANTED, "sampled_data_sign_updated_readings": "true", "meter_value_sample_interval_seconds": "20"}

    async def story(rig: Rig, meters: list[SigningMeter]) -> None:
        await rig.charge(0)
        await rig.until(lambda: len(meters[0].orders) == 2, 60, "the first sample is being signed")
        assert told_between(rig, "Sample.Periodic") == []
        await rig.finish()
        await all_told(rig)
        (told,) = told_between(rig, "Sample.Periodic")
        assert signed_values(told) == []
        assert len(signed_values(end_of(rig))) == 2

    tell(tmp_path, version, story, settings, IntervalSigningMeter)


BETWEEN_TOO = {**WANTED, "sampled_data_sign_updated_readings": "true"}


@under_both
@pytest.mark.parametrize("charged_seconds", [8, 70])
def test_a_slow_meter_is_given_time_for_what_it_has_to_sign_before_the_end(
    tmp_path: Path, version: str, charged_seconds: int
) -> None:
    """The begin of a short transaction, or a sample of a long one: a meter signs one thing after the other."""

    async def story(rig: Rig, _: list[SigningMeter]) -> None:
        await rig.charge(charged_seconds)
        await rig.finish()
        await rig.until(lambda: rig.snapshot().transaction is None, 200)
        await all_told(rig)
        contexts = [context for context, _ in signed_values(end_of(rig))]
        assert contexts == ["Transaction.Begin", "Transaction.End"]

    tell(
        tmp_path,
        version,
        story,
        {**BETWEEN_TOO, "meter_value_sample_interval_seconds": "60"},
        IntervalSigningMeter,
        signs_in_seconds=27.0,
    )


@under_both
def test_samples_behind_one_that_is_being_signed_are_told_in_order(tmp_path: Path, version: str) -> None:
    async def story(rig: Rig, _: list[SigningMeter]) -> None:
        await rig.charge(100)
        await rig.finish()
        await rig.until(lambda: rig.snapshot().transaction is None, 200)
        await all_told(rig)
        assert rig.csms.record.anomalies == []

    tell(tmp_path, version, story, BETWEEN_TOO, IntervalSigningMeter, signs_in_seconds=27.0)


@under_both
def test_a_sample_that_waits_for_its_signature_gets_the_right_time_when_the_clock_is_set(
    tmp_path: Path, version: str
) -> None:
    async def story(rig: Rig, _: list[SigningMeter]) -> None:
        await rig.wait(60)
        await rig.finish()
        await rig.until(lambda: rig.snapshot().transaction is None, 200)
        await all_told(rig)
        assert rig.csms.record.anomalies == []

    tell_with_a_wrong_clock(tmp_path, version, story)


def tell_with_a_wrong_clock(tmp_path: Path, version: str, story: Story) -> None:
    """The CSMS comes in the middle of the transaction."""
    settings = {**BETWEEN_TOO, "allow_offline_tx_for_unknown_id": "true"}

    async def told() -> None:
        rig = Rig(tmp_path, version, settings=settings, clock_is_trusted=False)
        rig.system_clock_error = -timedelta(days=9000)
        rig.meter_kind = slowly_signing
        rig.csms.is_reachable = False
        async with rig:
            await rig.wait(10)
            await rig.charge(19)
            rig.csms.come_back()
            await rig.until(lambda: rig.csms.record.is_boot_accepted, 600)
            await story(rig, [])

    run_virtual(told())


def slowly_signing(world: World, evse: int) -> SigningMeter:
    meter = IntervalSigningMeter(world, evse)
    meter.signs_in_seconds = 27.0
    return meter
