"""Counts how late ticks begin and how long they last. Pure."""

from chargepoint.safety.link_messages import LoopStatistics


class Punctuality:
    """Over one span; `start_again` begins the next."""

    def __init__(self, period_seconds: float) -> None:
        self.period_seconds = period_seconds
        self.start_again()

    def start_again(self) -> None:
        self.ticks = 0
        self.late_ticks = 0
        self.worst_lateness_seconds = 0.0
        self.worst_tick_seconds = 0.0

    def note(self, lateness_seconds: float, tick_seconds: float) -> None:
        """One tick that began so late and lasted so long."""
        self.ticks += 1
        self.late_ticks += lateness_seconds > self.period_seconds
        self.worst_lateness_seconds = max(self.worst_lateness_seconds, lateness_seconds)
        self.worst_tick_seconds = max(self.worst_tick_seconds, tick_seconds)

    def told(self) -> LoopStatistics:
        """As a message."""
        return LoopStatistics(
            ticks=self.ticks,
            late_ticks=self.late_ticks,
            worst_lateness_seconds=self.worst_lateness_seconds,
            worst_tick_seconds=self.worst_tick_seconds,
            period_seconds=self.period_seconds,
        )
