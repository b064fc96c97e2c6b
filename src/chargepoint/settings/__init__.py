"""One catalogue of every setting and one store; both OCPP versions are names for the same entries.

Pure but for reading station.toml; knows no database, no wire and no clock.
"""
