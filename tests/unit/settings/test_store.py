"""One value per setting, changed only to what it may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.settings import catalogue as c
from chargepoint.settings import values
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.settings.setting import AnySetting, SetOutcome, Setting
from chargepoint.settings.store import SettingsStore


def test_a_fact_beats_a_change_beats_a_preset_beats_the_default() -> None:
    store = SettingsStore(
        presets={"heartbeat_interval_seconds": "100", "connection_time_out_seconds": "30"},
        overrides={"heartbeat_interval_seconds": "200"},
        facts={"number_of_connectors": 2},
    )
    assert store.get(c.HEARTBEAT_INTERVAL) == 200
    assert store.get(c.CONNECTION_TIME_OUT) == 30
    assert store.get(c.NUMBER_OF_CONNECTORS) == 2
    assert store.get(c.METER_VALUE_SAMPLE_INTERVAL) == 60
    assert store.refused == []


def test_what_an_old_database_holds_and_no_longer_fits_is_named_and_left_out() -> None:
    store = SettingsStore(
        overrides={
            "heartbeat_interval_seconds": "-5",
            "gone": "1",
            "number_of_connectors": "9",
            "free_vend_active": "true",
        }
    )
    assert store.get(c.HEARTBEAT_INTERVAL) == c.HEARTBEAT_INTERVAL.default
    assert store.get(c.NUMBER_OF_CONNECTORS) == 1
    assert store.get(c.FREE_VEND_ACTIVE) is True
    assert [line.split(":")[0] for line in store.refused] == [
        "heartbeat_interval_seconds",
        "gone",
        "number_of_connectors",
    ]


@pytest.mark.parametrize(
    ("setting", "text", "outcome"),
    [
        (c.HEARTBEAT_INTERVAL, "60", SetOutcome.ACCEPTED),
        (c.HEARTBEAT_INTERVAL, "0", SetOutcome.REJECTED),
        (c.HEARTBEAT_INTERVAL, "60.0", SetOutcome.REJECTED),
        (c.HEARTBEAT_INTERVAL, "6_0", SetOutcome.REJECTED),
        (c.HEARTBEAT_INTERVAL, "٦٠", SetOutcome.REJECTED),
        (c.HEARTBEAT_INTERVAL, "9" * 5000, SetOutcome.REJECTED),
        (c.HEARTBEAT_INTERVAL, "", SetOutcome.REJECTED),
        (c.FREE_VEND_ACTIVE, "TRUE", SetOutcome.ACCEPTED),
        (c.FREE_VEND_ACTIVE, "1", SetOutcome.REJECTED),
        (c.FREE_VEND_TOKEN, "X" * 20, SetOutcome.ACCEPTED),
        (c.FREE_VEND_TOKEN, "X" * 21, SetOutcome.REJECTED),
        (c.FREE_VEND_TOKEN, "", SetOutcome.REJECTED),
        (c.FREE_VEND_TOKEN, "a\nb", SetOutcome.REJECTED),
        (c.METER_VALUES_SAMPLED_DATA, "Voltage,Current.Import", SetOutcome.ACCEPTED),
        (c.METER_VALUES_SAMPLED_DATA, "", SetOutcome.ACCEPTED),
        (c.METER_VALUES_SAMPLED_DATA, "Voltage.L1,current.import.l3", SetOutcome.ACCEPTED),
        (c.METER_VALUES_SAMPLED_DATA, "Voltage,Frequency.L1", SetOutcome.REJECTED),
        (c.TX_STARTED_MEASURANDS, "Voltage.L1", SetOutcome.REJECTED),
        (c.METER_VALUES_SAMPLED_DATA, "Voltage,SoC", SetOutcome.REJECTED),
        (c.METER_VALUES_SAMPLED_DATA, "Voltage,,Current.Import", SetOutcome.REJECTED),
        (c.NETWORK_CONFIGURATION_PRIORITY, "2,1", SetOutcome.REBOOT_REQUIRED),
        (c.NETWORK_CONFIGURATION_PRIORITY, "4", SetOutcome.REJECTED),
        (c.NUMBER_OF_CONNECTORS, "3", SetOutcome.READ_ONLY),
        (c.MESSAGE_TIMEOUT, "3", SetOutcome.ACCEPTED),
        (c.METER_VALUES_SAMPLED_DATA, ",".join(["Voltage"] * 22), SetOutcome.REJECTED),
    ],
)
def test_a_change_is_assessed_without_changing_anything(setting: AnySetting, text: str, outcome: SetOutcome) -> None:
    store = SettingsStore()
    before = store.text(setting)
    assert store.assess(setting, text)[0] is outcome
    assert store.text(setting) == before


def test_the_refusal_says_what_is_wanted() -> None:
    store = SettingsStore()
    assert store.assess(c.HEARTBEAT_INTERVAL, "x")[1] == "a whole number from 1 to 86400 s is wanted, got 'x'"
    assert store.assess(c.FREE_VEND_ACTIVE, "x")[1] == "true or false is wanted, got 'x'"


def test_a_setting_that_is_not_in_the_catalogue_is_unknown() -> None:
    assert SettingsStore().assess(Setting("nothing_seconds", 1, "Nothing."), "1")[0] is SetOutcome.UNKNOWN


def test_a_list_is_taken_whole_in_its_own_spelling_or_not_at_all() -> None:
    store = SettingsStore()
    store.apply(c.METER_VALUES_SAMPLED_DATA, " voltage , CURRENT.import,Voltage")
    assert store.get(c.METER_VALUES_SAMPLED_DATA) == ("Voltage", "Current.Import")
    with pytest.raises(ValueError, match="SoC"):
        store.apply(c.METER_VALUES_SAMPLED_DATA, "Frequency,SoC")
    assert store.text(c.METER_VALUES_SAMPLED_DATA) == "Voltage,Current.Import"


def test_what_needs_a_restart_is_said_so_and_changes_only_then() -> None:
    slow = Setting("slow_seconds", 1, "Slow.", reboot_required=True)
    store = SettingsStore((slow,))
    assert store.assess(slow, "2")[0] is SetOutcome.REBOOT_REQUIRED
    store.apply(slow, "2")
    assert store.get(slow) == 1
    assert SettingsStore((slow,), overrides={"slow_seconds": "2"}).get(slow) == 2


def test_names_are_found_whatever_the_case_and_an_alias_is_the_same_entry() -> None:
    store = SettingsStore()
    assert store.find_1_6("HEARTBEATINTERVAL") is c.HEARTBEAT_INTERVAL
    assert store.find_2_0_1("ocppcommctrlr", "MESSAGETIMEOUT", "default") is c.MESSAGE_TIMEOUT
    assert store.find_2_0_1("OCPPCommCtrlr", "MessageTimeout", None) is None
    assert store.find_2_0_1("SampledDataCtrlr", "TxEndedInterval") is c.TX_ENDED_SAMPLE_INTERVAL
    assert store.find("free_vend_active") is c.FREE_VEND_ACTIVE
    assert tuple(store.all()) == CATALOGUE


def test_a_fact_of_no_setting_is_our_own_mistake() -> None:
    with pytest.raises(KeyError, match="number_of_wheels"):
        SettingsStore(facts={"number_of_wheels": 4})


@given(st.sampled_from(CATALOGUE), st.text(max_size=40))
def test_no_text_breaks_the_store(setting: AnySetting, text: str) -> None:
    store = SettingsStore()
    outcome, _ = store.assess(setting, text)
    if outcome is SetOutcome.ACCEPTED:
        store.apply(setting, text)
        again = SettingsStore(overrides={setting.name: store.text(setting)})
        assert again.text(setting) == store.text(setting)


@given(st.floats(min_value=0, max_value=10))
def test_a_decimal_survives_its_text(value: float) -> None:
    assert values.parse(c.CALL_SPACING, values.text_of(value)) == pytest.approx(value, abs=1e-6)


def test_a_setting_follows_another_until_it_is_set() -> None:
    store = SettingsStore(presets={"meter_value_sample_interval_seconds": "20"})
    assert store.get(c.TX_ENDED_SAMPLE_INTERVAL) == 20
    store.apply(c.TX_ENDED_SAMPLE_INTERVAL, "0")
    store.apply(c.METER_VALUE_SAMPLE_INTERVAL, "30")
    assert store.text(c.TX_ENDED_SAMPLE_INTERVAL) == "0"
    assert store.text(c.METER_VALUE_SAMPLE_INTERVAL) == "30"
