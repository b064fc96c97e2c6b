"""IEC 61851-1 as pure functions and one table: what the pilot says, what the station may answer.

Nothing here reads a clock, a pin or a file: time and volts are arguments, orders are results. The safety process
feeds it; tests and the bench use the same words.
"""
