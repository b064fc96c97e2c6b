"""What the station tells of itself when it is asked to: its log, the bundle of evidence, and their way to the CSMS.

Knows no OCPP version. Nothing secret goes in: what gathers leaves secrets out, and what writes looks again.
"""
