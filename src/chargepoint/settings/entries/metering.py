"""What is measured, how often, and into which message it goes."""

from chargepoint.model.metering import PHASES_OF, STOP_VALUES_TOLD, Measurand
from chargepoint.settings.setting import Access, ComponentVariable, Setting

MeasurandsSetting = Setting[tuple[str, ...]]

MEASURANDS: tuple[str, ...] = (
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER.value,
    Measurand.ENERGY_ACTIVE_EXPORT_REGISTER.value,
    Measurand.POWER_ACTIVE_IMPORT.value,
    Measurand.POWER_FACTOR.value,
    Measurand.CURRENT_IMPORT.value,
    Measurand.CURRENT_OFFERED.value,
    Measurand.VOLTAGE.value,
    Measurand.FREQUENCY.value,
    Measurand.TEMPERATURE.value,
)
"""What the core can put into a report; a meter that lacks one leaves it out."""

PHASED_MEASURANDS: tuple[str, ...] = tuple(
    f"{measurand.value}.{phase.value}" for measurand, phases in PHASES_OF.items() for phase in phases
)
"""1.6 section 9.1.17: a measurand combined with the one phase that is wanted."""
MOST_MEASURANDS = len(MEASURANDS) + len(PHASED_MEASURANDS)

ENERGY_ONLY: tuple[str, ...] = (Measurand.ENERGY_ACTIVE_IMPORT_REGISTER.value,)
ENERGY_POWER_CURRENT: tuple[str, ...] = (
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER.value,
    Measurand.POWER_ACTIVE_IMPORT.value,
    Measurand.CURRENT_IMPORT.value,
)
ONE_DAY_SECONDS = 86400


def _item_limit(key: str, of: str) -> Setting[int]:
    return Setting(
        name=of + "_max_items",
        default=MOST_MEASURANDS,
        summary=f"Most measurands that {key.removesuffix('MaxLength')} takes.",
        access=Access.READ_ONLY,
        key_1_6=key,
        is_fact=True,
    )


METER_VALUE_SAMPLE_INTERVAL = Setting(
    name="meter_value_sample_interval_seconds",
    default=60,
    summary="Time between samples of a running transaction; 0 samples nothing.",
    minimum=0,
    maximum=ONE_DAY_SECONDS,
    unit="s",
    key_1_6="MeterValueSampleInterval",
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "TxUpdatedInterval"),
    mandatory_2_0_1=True,
)
CLOCK_ALIGNED_DATA_INTERVAL = Setting(
    name="clock_aligned_data_interval_seconds",
    default=0,
    summary="Time between samples on the wall clock's grid since midnight UTC; 0 samples nothing.",
    minimum=0,
    maximum=ONE_DAY_SECONDS,
    unit="s",
    key_1_6="ClockAlignedDataInterval",
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "Interval"),
    mandatory_2_0_1=True,
)
TX_ENDED_SAMPLE_INTERVAL = Setting(
    name="tx_ended_sample_interval_seconds",
    default=METER_VALUE_SAMPLE_INTERVAL.default,
    summary="Time between the samples that the report of the end carries, 0: only start and end (2.0.1 E06.FR.11); "
    "until it is set, as meter_value_sample_interval_seconds, which is 1.6's rule.",
    minimum=0,
    maximum=ONE_DAY_SECONDS,
    unit="s",
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "TxEndedInterval"),
    mandatory_2_0_1=True,
    follows=METER_VALUE_SAMPLE_INTERVAL,
)
TX_ENDED_ALIGNED_INTERVAL = Setting(
    name="tx_ended_aligned_interval_seconds",
    default=CLOCK_ALIGNED_DATA_INTERVAL.default,
    summary="The grid of the clock-aligned samples that the report of the end carries, 0: none; "
    "until it is set, as clock_aligned_data_interval_seconds, which is 1.6's rule.",
    minimum=0,
    maximum=ONE_DAY_SECONDS,
    unit="s",
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "TxEndedInterval"),
    mandatory_2_0_1=True,
    follows=CLOCK_ALIGNED_DATA_INTERVAL,
)
METER_VALUES_SAMPLED_DATA: MeasurandsSetting = Setting(
    name="meter_values_sampled_data",
    default=ENERGY_POWER_CURRENT,
    summary="Measurands of the periodic samples of a transaction.",
    choices=MEASURANDS,
    choices_1_6=PHASED_MEASURANDS,
    maximum_length=MOST_MEASURANDS,
    key_1_6="MeterValuesSampledData",
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "TxUpdatedMeasurands"),
    mandatory_2_0_1=True,
)
METER_VALUES_ALIGNED_DATA: MeasurandsSetting = Setting(
    name="meter_values_aligned_data",
    default=ENERGY_ONLY,
    summary="Measurands of the clock-aligned samples.",
    choices=MEASURANDS,
    choices_1_6=PHASED_MEASURANDS,
    maximum_length=MOST_MEASURANDS,
    key_1_6="MeterValuesAlignedData",
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "Measurands"),
    mandatory_2_0_1=True,
)
STOP_TXN_SAMPLED_DATA: MeasurandsSetting = Setting(
    name="stop_txn_sampled_data",
    default=ENERGY_ONLY,
    summary="Measurands of the samples that the report of the end carries.",
    choices=MEASURANDS,
    choices_1_6=PHASED_MEASURANDS,
    maximum_length=MOST_MEASURANDS,
    key_1_6="StopTxnSampledData",
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "TxEndedMeasurands"),
    mandatory_2_0_1=True,
)
STOP_TXN_ALIGNED_DATA: MeasurandsSetting = Setting(
    name="stop_txn_aligned_data",
    default=(),
    summary="Measurands of the clock-aligned samples that the report of the end carries.",
    choices=MEASURANDS,
    choices_1_6=PHASED_MEASURANDS,
    maximum_length=MOST_MEASURANDS,
    key_1_6="StopTxnAlignedData",
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "TxEndedMeasurands"),
    mandatory_2_0_1=True,
)
TX_STARTED_MEASURANDS: MeasurandsSetting = Setting(
    name="tx_started_measurands",
    default=ENERGY_ONLY,
    summary="Measurands of the report of the start (1.6 has meterStart alone).",
    choices=MEASURANDS,
    maximum_length=len(MEASURANDS),
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "TxStartedMeasurands"),
    mandatory_2_0_1=True,
)
SAMPLED_DATA_SIGN_READINGS = Setting(
    name="sampled_data_sign_readings",
    default=False,
    summary="Have the meter sign the begin and the end of a transaction, for the report of its end.",
    key_1_6="SampledDataSignReadings",
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "SignReadings"),
)
SAMPLED_DATA_SIGN_STARTED_READINGS = Setting(
    name="sampled_data_sign_started_readings",
    default=False,
    summary="Tell the signed value of the begin as soon as it is there; without SampledDataSignReadings nothing.",
    key_1_6="SampledDataSignStartedReadings",
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "SignStartedReadings"),
)
PUBLIC_KEY_WITH_SIGNED_METER_VALUE = Setting(
    name="public_key_with_signed_meter_value",
    default="OncePerTransaction",
    summary="How often the meter's public key goes along with what it signed.",
    choices=("Never", "OncePerTransaction", "EveryMeterValue"),
    key_1_6="PublicKeyWithSignedMeterValue",
    variable_2_0_1=ComponentVariable("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue"),
)
SAMPLED_DATA_SIGN_UPDATED_READINGS = Setting(
    name="sampled_data_sign_updated_readings",
    default=False,
    summary="Have the meter sign the periodic samples that are told between begin and end, too; without "
    "SampledDataSignReadings nothing. Read-only where the meter signs begin and end alone.",
    key_1_6="SampledDataSignUpdatedReadings",
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "SignUpdatedReadings"),
)
ALIGNED_DATA_SIGN_READINGS = Setting(
    name="aligned_data_sign_readings",
    default=False,
    summary="Have the meter sign the clock-aligned samples that the report of the end carries, and both ends; "
    "read-only where the meter signs begin and end alone.",
    key_1_6="AlignedDataSignReadings",
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "SignReadings"),
)
ALIGNED_DATA_SIGN_UPDATED_READINGS = Setting(
    name="aligned_data_sign_updated_readings",
    default=False,
    summary="Have the meter sign the clock-aligned samples that are told between begin and end, too; without "
    "AlignedDataSignReadings nothing. Read-only where the meter signs begin and end alone.",
    key_1_6="AlignedDataSignUpdatedReadings",
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "SignUpdatedReadings"),
)
SIGNED_VALUES = (
    SAMPLED_DATA_SIGN_READINGS,
    SAMPLED_DATA_SIGN_STARTED_READINGS,
    SAMPLED_DATA_SIGN_UPDATED_READINGS,
    ALIGNED_DATA_SIGN_READINGS,
    ALIGNED_DATA_SIGN_UPDATED_READINGS,
    PUBLIC_KEY_WITH_SIGNED_METER_VALUE,
)
"""Absent where no meter signs."""
SIGNED_BETWEEN = (SAMPLED_DATA_SIGN_UPDATED_READINGS, ALIGNED_DATA_SIGN_READINGS, ALIGNED_DATA_SIGN_UPDATED_READINGS)
"""Read-only where no meter signs between begin and end."""


def meter_public_key(evse_id: int) -> Setting[str]:
    """The one of an EVSE's meter that signs; in no catalogue of its own, as only such stations have it."""
    return Setting(
        name=f"meter_public_key_{evse_id}",
        default="",
        summary="With which the signed values of this meter are checked; empty until the meter was read.",
        access=Access.READ_ONLY,
        maximum_length=500,
        key_1_6=f"MeterPublicKey{evse_id}",
        variable_2_0_1=ComponentVariable("FiscalMetering", "PublicKey", evse_id=evse_id),
        is_fact=True,
    )


SAMPLED_DATA_AVAILABLE = Setting(
    name="sampled_data_available",
    default=True,
    summary="Samples of a transaction can be taken.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "Available"),
    is_fact=True,
)
ALIGNED_DATA_SEND_DURING_IDLE = Setting(
    name="aligned_data_send_during_idle",
    default=False,
    summary="Tell clock-aligned samples only while no transaction is open at the station.",
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "SendDuringIdle"),
)
REGISTER_VALUES_WITHOUT_PHASES = Setting(
    name="register_values_without_phases",
    default=True,
    summary="Energy registers are told as one total over all phases.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable("SampledDataCtrlr", "RegisterValuesWithoutPhases"),
    is_fact=True,
)
ALIGNED_DATA_AVAILABLE = Setting(
    name="aligned_data_available",
    default=True,
    summary="Clock-aligned samples can be taken.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable("AlignedDataCtrlr", "Available"),
    is_fact=True,
)
METER_VALUES_SAMPLED_DATA_MAX_LENGTH = _item_limit("MeterValuesSampledDataMaxLength", "meter_values_sampled_data")
METER_VALUES_ALIGNED_DATA_MAX_LENGTH = _item_limit("MeterValuesAlignedDataMaxLength", "meter_values_aligned_data")
STOP_TRANSACTION_MAX_METER_VALUES = Setting(
    name="stop_transaction_max_meter_values",
    default=STOP_VALUES_TOLD,
    summary="Most meter values that a StopTransaction tells; of a longer transaction those between its begin and its "
    "end are thinned, evenly over its time.",
    access=Access.READ_ONLY,
    key_1_6="StopTransactionMaxMeterValues",
    is_fact=True,
)
STOP_TXN_SAMPLED_DATA_MAX_LENGTH = _item_limit("StopTxnSampledDataMaxLength", "stop_txn_sampled_data")
STOP_TXN_ALIGNED_DATA_MAX_LENGTH = _item_limit("StopTxnAlignedDataMaxLength", "stop_txn_aligned_data")
