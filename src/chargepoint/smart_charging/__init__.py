"""Limits over time and the one that wins. Pure: no clock, no wire, no storage."""
