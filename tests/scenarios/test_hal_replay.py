"""A session is recorded from the hardware's words, and played again it is the same session with the same bill."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chargepoint.app.hal_tap import LETTERS, note_board, tapped_meter
from chargepoint.cli.commands import application
from chargepoint.iec61851.duty_cycle import duty_for
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation
from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.bench.in_process import InProcessMeter, InProcessReader
from chargepoint_hal.boards.mock import MockBoard
from chargepoint_hal.boards.supervised.openevse import open_board
from chargepoint_hal.contract import EnergyMeter, EvseHardware, EvseNumber, MeterReading, TokenSighting
from chargepoint_hal.contract import IntervalSigningMeter as SignsBetween
from chargepoint_hal.contract import SigningMeter as SigningMeterContract
from chargepoint_hal.faults import Fault
from chargepoint_hal.pilot_controller import PilotLetter
from chargepoint_hal.recording.events import (
    BoardSeen,
    CardSeen,
    EvseFitted,
    Header,
    MeterSeen,
    Recording,
    RecordingError,
    read_recording,
)
from chargepoint_hal.recording.recorder import Recorder
from chargepoint_hal.recording.replay import ReplayBoard, ReplayMeter, ReplayReader
from dev_csms.transactions import CsmsTransaction
from scenarios.meters_that_sign import IntervalSigningMeter, SigningMeter
from scenarios.stories import all_told, assert_clean, at_rest, calls_of_station, only_transaction, under_both
from support.rig import KNOWN_TOKEN, Rig
from support.virtual_time import run_virtual
from unit.boards.controlled_station import ControlledStation
from unit.boards.fake_openevse import A, B, C, FakeOpenEvse
from unit.boards.patience import until

LIMITS = {"safety": {"external_limit_amps": 10.0}}
HEADER = Header("mock", {1: EvseFitted(external_limit_amps=10.0)}, "2026-06-01T12:00:00+00:00")


class LimitedBoard(MockBoard):
    """Has an input by which the building lowers the current."""

    is_limiting = False

    @property
    def evses(self) -> Mapping[EvseNumber, EvseHardware]:
        return {number: replace(each, external_limit=self) for number, each in super().evses.items()}

    def is_limited(self) -> bool:
        return self.is_limiting


class ListeningReader:
    """The rig's reader, with a recorder beside it."""

    def __init__(self, reader: InProcessReader, recorder: Recorder) -> None:
        self._reader = reader
        self._recorder = recorder

    def sightings(self) -> list[TokenSighting]:
        seen = self._reader.sightings()
        for sighting in seen:
            self._recorder.note(CardSeen(1, sighting), asyncio.get_running_loop().time())
        return seen


async def charge_for_a_minute(rig: Rig) -> None:
    await rig.wait(60)


async def recorded_session(
    directory: Path,
    version: str,
    path: Path,
    *,
    keeps_cards: bool = True,
    meanwhile: Callable[[Rig], Awaitable[None]] = charge_for_a_minute,
) -> CsmsTransaction:
    """Somebody charges for as long as `meanwhile` lasts; the recording is at `path`."""
    clock = asyncio.get_running_loop().time
    rig = Rig(directory, version, config=LIMITS)
    rig.board_kind = LimitedBoard
    with Recorder(path, HEADER, clock(), keeps_cards=keeps_cards) as recorder:
        rig.tap = lambda observation: note_board(recorder, observation)
        rig.meter_kind = lambda world, evse: tapped_meter(InProcessMeter(world, evse), evse, recorder, clock)
        rig.readers = [ListeningReader(InProcessReader(rig.world), recorder)]
        async with rig:
            await at_rest(rig)
            rig.plug_in(plug=PlugIn(max_current_amps=16.0))
            await rig.wait(1)
            await rig.swipe()
            await rig.until(rig.is_live, what="the contactor is closed")
            await meanwhile(rig)
            await rig.finish()
            await all_told(rig)
            assert_clean(rig)
            return only_transaction(rig)


async def replayed_session(
    directory: Path,
    version: str,
    recording: Recording,
    watch: Callable[[EvseObservation], None] = lambda observation: None,
) -> CsmsTransaction:
    """The same again: nobody touches anything, and no world is behind the board."""
    clock = asyncio.get_running_loop().time
    rig = Rig(directory, version, config=LIMITS)
    rig.tap = watch
    rig.longest_step_seconds = 0.02
    rig.board_kind = lambda wires, at: ReplayBoard(recording, clock)
    rig.meter_kind = lambda world, evse: ReplayMeter(recording, evse, clock)
    rig.readers = [ReplayReader(recording, 1, clock)]
    async with rig:
        await rig.wait(recording.lasts_seconds - clock())
        await all_told(rig)
        assert_clean(rig)
        return only_transaction(rig)


@under_both
def test_a_recorded_session_yields_the_same_bill_when_it_is_replayed(tmp_path: Path, version: str) -> None:
    path = tmp_path / "session.jsonl"
    for name in ("then", "now"):
        (tmp_path / name).mkdir()
    then = run_virtual(recorded_session(tmp_path / "then", version, path))
    now = run_virtual(replayed_session(tmp_path / "now", version, read_recording(path.read_text(encoding="utf-8"))))
    assert then.energy_wh is not None
    assert then.energy_wh > 50
    assert now.energy_wh == pytest.approx(then.energy_wh, abs=1.0)
    assert (now.id_token, now.stop_reason) == (then.id_token, then.stop_reason)
    assert [reading.energy_wh for reading in now.readings] == pytest.approx(
        [reading.energy_wh for reading in then.readings], abs=5.0
    )
    for earlier, later in ((then.start_at, now.start_at), (then.stop_at, now.stop_at)):
        assert earlier is not None
        assert later is not None
        assert abs((later - earlier).total_seconds()) < 1.0


def test_cards_are_told_apart_but_not_told_and_the_command_shows_what_happened(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    run_virtual(recorded_session(tmp_path, "2.0.1", path, keeps_cards=False))
    text = path.read_text(encoding="utf-8")
    assert KNOWN_TOKEN not in text
    cards = {line.seen.sighting.value for line in read_recording(text).lines if isinstance(line.seen, CardSeen)}
    assert len(cards) == 1
    shown = CliRunner().invoke(application, ["hal", "replay", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "pilot C, pwm 53.3 %, contactor closed" in shown.output
    assert "reader 1: a card of type ISO14443" in shown.output
    assert "contactor_welded" not in shown.output


def test_a_session_on_a_controller_is_recorded_by_its_word_and_played_again(tmp_path: Path) -> None:
    path = tmp_path / "controlled.jsonl"
    device = FakeOpenEvse()
    board = open_board({"serial_port": device.path, "silent_seconds": 3.0})
    header = Header(board.name, {1: EvseFitted(phases=1, has_socket=False)}, "2026-06-01T12:00:00+00:00")
    try:
        with Recorder(path, header, 0.0) as recorder:
            station = ControlledStation(board)

            def shows(claim: Callable[[EvseObservation], bool]) -> None:
                def look() -> bool:
                    seen = station.seen()
                    note_board(recorder, seen)
                    return claim(seen)

                until(look)

            shows(lambda seen: seen.at_monotonic > 4.0)
            device.ev = B
            shows(lambda seen: seen.pilot_state is PilotState.B)
            station.allow()
            device.ev = C
            shows(lambda seen: seen.contactor is ContactorState.CLOSED)
            device.fault_state = 0x05
            shows(lambda seen: Fault.DIODE in seen.faults and not seen.contactor_commanded)
            device.ev, device.fault_state = A, 0
            shows(lambda seen: seen.pilot_state is PilotState.A)
    finally:
        board.close()
        device.close()
    shown = CliRunner().invoke(application, ["hal", "replay", str(path)])
    assert shown.exit_code == 0, shown.output
    told = [line for line in shown.output.splitlines() if "EVSE 1:" in line]
    courses = ("pilot A, steady", "pilot B, pwm", "pilot C, pwm 53.3 %, contactor closed", "diode", "pilot A")
    assert [course for course in courses if any(course in line for line in told)] == list(courses), shown.output
    assert "pilot_fault" not in shown.output
    assert "board_silent" not in shown.output


def test_an_external_limit_lowers_the_current_again_when_it_is_replayed(tmp_path: Path) -> None:
    async def be_limited(rig: Rig) -> None:
        assert isinstance(rig.board, LimitedBoard)
        for is_limiting in (False, True, False):
            rig.board.is_limiting = is_limiting
            await rig.wait(20)

    path = tmp_path / "limited.jsonl"
    for name in ("then", "now"):
        (tmp_path / name).mkdir()
    run_virtual(recorded_session(tmp_path / "then", "2.0.1", path, meanwhile=be_limited))
    recording = read_recording(path.read_text(encoding="utf-8"))
    duties: list[float] = []

    def note_duty(observation: EvseObservation) -> None:
        duty = observation.duty_percent
        if duty is not None and observation.contactor_commanded and (not duties or duties[-1] != duty):
            duties.append(duty)

    run_virtual(replayed_session(tmp_path / "now", "2.0.1", recording, note_duty))
    assert min(duties) == duty_for(10.0)
    assert max(duties[: duties.index(min(duties))]) == max(duties[duties.index(min(duties)) :]) == duty_for(32.0)
    shown = CliRunner().invoke(application, ["hal", "replay", str(path)])
    assert f"pwm {duty_for(10.0):.1f} %" in shown.output


def test_a_recorded_meter_that_is_slow_is_slow_again(tmp_path: Path) -> None:
    path = tmp_path / "slow.jsonl"
    with Recorder(path, HEADER, 0.0) as recorder:
        recorder.note(MeterSeen(1, MeterReading(1.0, energy_import_wh=5.0, read_seconds=2.7)), 1.0)
    text = path.read_text(encoding="utf-8")
    for written, seconds in ((text, 2.7), (text.replace(', "read_seconds": 2.7', ""), 0.0)):
        (line,) = read_recording(written).lines
        assert isinstance(line.seen, MeterSeen)
        assert line.seen.reading is not None
        assert line.seen.reading.read_seconds == seconds


def test_a_recording_of_an_earlier_release_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    with Recorder(path, HEADER, 0.0) as recorder:
        recorder.note(BoardSeen(1, high_volts=12.0, low_volts=12.0), 1.0)
    text = path.read_text(encoding="utf-8")
    for later in (
        ', "letter": null',
        ', "limited": null',
        ', "external_limit_amps": 10.0',
        ', "switches_phases": false',
    ):
        assert later in text
        text = text.replace(later, "")
    recording = read_recording(text)
    assert len(recording.lines) == 1
    hardware = ReplayBoard(recording, lambda: 1.0).evses[1]
    assert hardware.controller is None
    assert hardware.external_limit is None
    assert not hardware.switches_phases


def test_every_state_of_the_pilot_has_its_letter_or_none() -> None:
    assert set(LETTERS) == set(PilotState)
    assert {letter for letter in LETTERS.values() if letter is not None} == set(PilotLetter)


def test_a_meter_goes_on_signing_while_it_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "signed.jsonl"

    async def session() -> None:
        clock = asyncio.get_running_loop().time
        rig = Rig(tmp_path, "2.0.1", settings={"sampled_data_sign_readings": "true"})
        with Recorder(path, HEADER, clock()) as recorder:
            rig.meter_kind = lambda world, evse: tapped_meter(SigningMeter(world, evse), evse, recorder, clock)
            async with rig:
                await rig.charge(60)
                await rig.finish()
                await all_told(rig)
                ended = calls_of_station(rig, "TransactionEvent")[-1]
        samples = [sample for value in ended["meterValue"] for sample in value["sampledValue"]]
        signed = [sample["context"] for sample in samples if "signedMeterValue" in sample]
        assert signed == ["Transaction.Begin", "Transaction.End"]

    run_virtual(session())
    assert any(isinstance(line.seen, MeterSeen) for line in read_recording(path.read_text(encoding="utf-8")).lines)


@pytest.mark.parametrize(
    ("meter", "kind"),
    [(InProcessMeter, EnergyMeter), (SigningMeter, SigningMeterContract), (IntervalSigningMeter, SignsBetween)],
)
def test_a_recorded_meter_can_do_what_the_meter_can_and_not_more(
    tmp_path: Path, meter: type[InProcessMeter], kind: type[object]
) -> None:
    kinds = (EnergyMeter, SigningMeterContract, SignsBetween)
    with Recorder(tmp_path / "any.jsonl", HEADER, 0.0) as recorder:
        tapped = tapped_meter(meter(Rig(tmp_path, "2.0.1").world, 1), 1, recorder)
    assert [isinstance(tapped, each) for each in kinds] == [each in kinds[: kinds.index(kind) + 1] for each in kinds]


def record(path: Path, most_bytes: int, words: Callable[[Recorder], None]) -> None:
    with Recorder(path, HEADER, 0.0, keeps_cards=True, most_bytes=most_bytes) as recorder:
        words(recorder)


def test_a_recording_is_bounded_and_what_fits_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "full.jsonl"

    def talk(recorder: Recorder) -> None:
        for second in range(1000):
            recorder.note(CardSeen(1, TokenSighting("04A2B3C4", "ISO14443")), float(second))
        assert not recorder.is_recording

    record(path, 2000, talk)
    assert path.stat().st_size <= 2000
    assert 10 < len(read_recording(path.read_text(encoding="utf-8")).lines) < 1000


def test_what_is_no_recording_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "short.jsonl"
    record(path, 9000, lambda recorder: recorder.note(CardSeen(1, TokenSighting("AB", "Local")), 1.0))
    good = path.read_text(encoding="utf-8")
    assert len(read_recording(good[:-5]).lines) == 0, "the last line was cut off"
    with pytest.raises(RecordingError, match="line 2"):
        read_recording(good.replace('"card"', '"cart"') + good.splitlines()[1])
    with pytest.raises(RecordingError, match="version 2"):
        read_recording(good.replace('"version": 1', '"version": 2'))
    for text in ("", "{}", "no JSON", good.replace('"evses": {"1"', '"evses": {"x"')):
        with pytest.raises(RecordingError, match="line 1"):
            read_recording(text)


def test_a_recording_that_can_not_be_read_is_an_error_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("hello\n", encoding="utf-8")
    for name, words in (("other", "not JSON"), ("nothing", "can not be read")):
        shown = CliRunner().invoke(application, ["hal", "replay", str(tmp_path / name)])
        assert shown.exit_code == 2
        assert words in shown.output
