"""One SQLite file that survives power cuts: outbox, journal of transactions, settings, remembered verdicts.

Decides nothing about charging and knows no wire format: reports go in and come out as neutral values.
"""
