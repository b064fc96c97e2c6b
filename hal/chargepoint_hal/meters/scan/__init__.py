"""Finds meters that nobody has described yet, says what they are and what looks wrong about their wiring."""
