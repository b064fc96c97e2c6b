"""The plug's mark: equal marks are the same plug-in, and one that was seen empty is never mistaken for it."""

from chargepoint.model.pilot import PilotState
from chargepoint.safety.plug_watch import UNWATCHED_SECONDS, PlugWatch


def test_a_plug_that_was_seen_empty_counts_on() -> None:
    watch = PlugWatch("start")
    for at, state in enumerate([PilotState.B, PilotState.C, PilotState.A, PilotState.A, PilotState.B, PilotState.A]):
        watch.see(state, at * 1.0)
    assert watch.mark.generation == 2


def test_a_plug_out_of_sight_for_long_begins_a_new_watch_that_has_not_seen_it_empty() -> None:
    watch = PlugWatch("start")
    watch.see(PilotState.C, 0.0)
    before = watch.mark
    watch.see(PilotState.F, 3.0)
    watch.see(PilotState.C, UNWATCHED_SECONDS + 1.0)
    assert watch.mark.watch != before.watch
    assert watch.mark.generation == 0


def test_a_plug_that_is_empty_when_it_comes_into_sight_again_was_seen_empty() -> None:
    watch = PlugWatch("start")
    watch.see(PilotState.C, 0.0)
    watch.see(PilotState.A, UNWATCHED_SECONDS + 1.0)
    watch.see(PilotState.B, UNWATCHED_SECONDS + 2.0)
    assert watch.mark.generation == 1
