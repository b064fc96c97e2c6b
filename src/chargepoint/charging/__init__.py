"""The pure heart: events in, effects out. No clock, no I/O, no wire vocabulary; never awaits."""
