"""Text to frame and back."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.csms import frames
from chargepoint.csms.dialect import ErrorCode


@settings(deadline=None)
@given(st.text(), st.text(alphabet='[]{}",:\\0123456789.eE-+NaIn tru', max_size=80))
def test_parsing_never_raises(anything: str, jsonish: str) -> None:
    for text in (anything, jsonish, "[2," + jsonish, '[2,"a","X",' + jsonish + "]"):
        frame = frames.parse(text)
        assert isinstance(frame, frames.Call | frames.CallResult | frames.CallError | frames.Malformed)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(alphabet=st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), json_values))
def test_what_is_written_is_read_back(payload: dict[str, object]) -> None:
    assert frames.parse(frames.call_text("id", "Act", payload)) == frames.Call("id", "Act", payload)
    assert frames.parse(frames.result_text("id", payload)) == frames.CallResult("id", payload)


def test_floats_carry_no_binary_noise_and_no_spaces() -> None:
    assert frames.call_text("i", "A", {"limit": 0.1 + 0.2, "list": (8.1,)}) == '[2,"i","A",{"limit":0.3,"list":[8.1]}]'


@pytest.mark.parametrize("payload", [{"x": float("nan")}, {"x": float("inf")}, {"x": object()}])
def test_what_is_no_json_is_not_written(payload: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="JSON"):
        frames.result_text("i", payload)


def test_brackets_inside_texts_are_not_depth() -> None:
    text = json.dumps([2, "i", "A", {"x": "[" * 5000 + '\\"{'}])
    assert isinstance(frames.parse(text), frames.Call)


def test_depth_is_refused_before_it_can_hurt() -> None:
    for text in ("[" * 2000, '[2,"i","A",' + '{"a":' * 2000, "[" * 1_000_000):
        frame = frames.parse(text)
        assert isinstance(frame, frames.Malformed)
        assert "deep" in frame.reason


def test_unterminated_texts_are_read_in_linear_time() -> None:
    frame = frames.parse("[" * 100 + '"' + '\\"' * 400_000)
    assert isinstance(frame, frames.Malformed)


def test_too_long_a_frame_is_refused_with_its_id() -> None:
    frame = frames.parse('[2,"big","A",{"x":"' + "x" * frames.MAXIMUM_FRAME_BYTES + '"}]')
    assert isinstance(frame, frames.Malformed)
    assert frame.message_id == "big"


def test_duplicate_keys_are_tolerated_and_the_last_counts() -> None:
    assert frames.parse('[2,"i","A",{"a":1,"a":2}]') == frames.Call("i", "A", {"a": 2})


@pytest.mark.parametrize("number", ["1" * 41, "1" * 5000, "1e400", "NaN", "-Infinity"])
def test_numbers_that_no_machine_holds_are_refused(number: str) -> None:
    frame = frames.parse(f'[2,"i","A",{{"x":{number}}}]')
    assert isinstance(frame, frames.Malformed)
    assert frame.message_id == "i"


def test_a_lone_surrogate_is_refused() -> None:
    assert isinstance(frames.parse('[2,"i","A",{"x":"\\ud800"}]'), frames.Malformed)
    assert isinstance(frames.parse('[2,"i","A",{"x":"\\ud83d\\ude00"}]'), frames.Call)


def test_a_message_type_of_the_future_is_named() -> None:
    frame = frames.parse('[5,"i",{}]')
    assert frame == frames.Malformed("message type '5' is not known", ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "i")
    assert isinstance(frames.parse('[true,"i",{}]'), frames.Malformed)
    assert isinstance(frames.parse('[[2],"i",{}]'), frames.Malformed)


def test_the_description_of_an_error_fits_255_characters() -> None:
    assert len(json.loads(frames.error_text("i", "GenericError", "x" * 999, {}))[3]) == 255
