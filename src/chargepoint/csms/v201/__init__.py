"""OCPP 2.0.1 over the neutral core: one file per functional block, each a translator.

It never opens a socket, keeps no state of the station, and does not know that OCPP 1.6 exists.
"""
