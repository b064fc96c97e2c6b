"""Meters that sign what they measured. What they signed is passed on byte by byte; nothing here computes energy."""
